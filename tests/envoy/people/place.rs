//! An authorization server, an MCP server behind its gate, Sluice that knows callers, and Envoy.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::visitor::Visitor;
use crate::authorization_server::{AuthorizationServer, Client, Key, Kind, Method, Running, Token};
use crate::house::{sluice, stateless};
use crate::support::envoy::{Config, Envoy};
use crate::support::github::{self, Arrived, Gate, Github, Options};
use crate::support::sluice::{Process, Setup};

/// For whom tokens are.
pub(super) const AUDIENCE: &str = "https://mcp.example.com/";

/// What Sluice proves itself with at the authorization server.
pub(super) const CLIENT_SECRET: &str = "canary-client-secret-5hQ:z+/% &=";

/// How callers are known, unless a test says otherwise.
const ISSUERS: &str = r#"
identity:
  issuers:
    - issuer: IDP
      audiences: ["https://mcp.example.com/"]
      jwks: {uri: "IDP/jwks"}
"#;

/// What one may have, unless a test says otherwise. `other` is the same MCP server for others.
const VIRTUAL_SERVERS: &str = r#"
virtual_servers:
  triage:
    match: {path: /mcp/triage}
    servers:
      - name: github
        enabled_tools:
          - get_me
          - get_issue
          - "test_*"
          - {name: "delete_*", when: {in: ["group:admins"]}}
          - {name: merge_pull_request, when: '"admins" in groups && claims.level >= 3'}
          - name: list_issues
            when: '!has(arguments.owner) || arguments.owner == user || "admins" in groups'
  other:
    match: {path: /mcp/other}
    collaborators: {in: ["group:admins", "scope:other.use"], not_in: ["user:mallory"]}
    servers: [{name: github, enabled_tools: [get_me]}]
"#;

/// What is changed in Envoy's config, with what the authorization server is.
type Change = Box<dyn FnOnce(Config, &Running) -> Config>;

/// What a place is made of. In all texts `IDP` stands for the authorization server's origin,
/// `SECRETS` for a directory, and `ENVOY` for the origin under which Envoy is reached.
pub(super) struct Plan {
    identity: String,
    auth_data: String,
    options: Options,
    change: Change,
    setup: Box<dyn FnOnce(Setup) -> Setup>,
    secrets: Vec<(String, String)>,
    client: Client,
}

impl Plan {
    /// With this `auth_data`, in the flow style of YAML; none if it is empty.
    pub(super) fn new(auth_data: &str) -> Self {
        Self {
            identity: ISSUERS.to_owned(),
            auth_data: auth_data.to_owned(),
            options: Options {
                gate: true,
                ..stateless()
            },
            change: Box::new(|config, _| config),
            setup: Box::new(|setup| setup),
            secrets: Vec::new(),
            client: Client::new("sluice", Method::Basic(CLIENT_SECRET.to_owned())),
        }
    }

    /// With callers known in another way.
    pub(super) fn identity(mut self, identity: &str) -> Self {
        self.identity = identity.to_owned();
        self
    }

    /// With sessions.
    pub(super) fn sessions(mut self) -> Self {
        self.options.sessions = true;
        self
    }

    /// With Envoy's config changed.
    pub(super) fn envoy(
        mut self,
        change: impl FnOnce(Config, &Running) -> Config + 'static,
    ) -> Self {
        self.change = Box::new(change);
        self
    }

    /// With Sluice started in another way.
    pub(super) fn sluice(mut self, setup: impl FnOnce(Setup) -> Setup + 'static) -> Self {
        self.setup = Box::new(setup);
        self
    }

    /// With a file among the secrets.
    pub(super) fn secret(mut self, name: &str, text: &str) -> Self {
        self.secrets.push((name.to_owned(), text.to_owned()));
        self
    }

    /// With Sluice as another client at the authorization server.
    pub(super) fn client(mut self, client: Client) -> Self {
        self.client = client;
        self
    }

    /// Builds it.
    pub(super) fn build(self) -> Place {
        let idp = AuthorizationServer::start();
        let directory = tempfile::tempdir().unwrap();
        idp.add_client(self.client.audience(AUDIENCE));
        for (name, text) in &self.secrets {
            fs::write(directory.path().join(name), text).unwrap();
        }
        fs::write(directory.path().join("client-secret"), CLIENT_SECRET).unwrap();
        let server = match self.auth_data.is_empty() {
            true => "servers: {github: {}}".to_owned(),
            false => format!("servers: {{github: {{auth_data: {}}}}}", self.auth_data),
        };
        let listener = free_address();
        let manifest = format!("{}\n{server}\n{}", self.identity, VIRTUAL_SERVERS)
            .replace("IDP", idp.issuer())
            .replace("SECRETS", &directory.path().display().to_string())
            .replace("ENVOY", &format!("http://{listener}"));
        let github = Github::start(self.options).unwrap();
        let sluice = (self.setup)(sluice(&manifest)).start().unwrap();
        let config = Config::new(&sluice.unix(), github.address()).unwrap();
        let config = config.listener(listener).unwrap();
        let envoy = Envoy::start(&(self.change)(config, &idp)).unwrap();
        let heard = Visitor::at(&envoy.url("/mcp/triage"));
        Place {
            idp,
            github,
            sluice,
            envoy,
            directory,
            manifest,
            heard,
        }
    }
}

/// See the module.
pub(super) struct Place {
    pub(super) idp: Running,
    pub(super) github: github::Running,
    pub(super) sluice: Process,
    pub(super) envoy: Envoy,
    pub(super) manifest: String,
    directory: TempDir,
    heard: Visitor,
}

impl Place {
    /// With this `auth_data`.
    pub(super) fn new(auth_data: &str) -> Self {
        Plan::new(auth_data).build()
    }

    /// A file among the secrets.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a secret anew, as a careful operator does: at once.
    pub(super) fn write(&self, name: &str, text: &str) {
        let new = self.path(&format!("{name}.new"));
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    /// The URL of a virtual server.
    pub(super) fn url(&self, name: &str) -> String {
        self.envoy.url(&format!("/mcp/{name}"))
    }

    /// Nobody in particular, before `triage`. All who come from here share what they heard.
    pub(super) fn nobody(&self) -> Visitor {
        self.heard.clone()
    }

    /// Someone with a token of the authorization server's.
    pub(super) fn visitor(&self, token: &Token) -> Visitor {
        self.nobody().with_token(&token.text())
    }

    /// A token of Alice's: she is in support.
    pub(super) fn alice(&self) -> Token {
        let token = self.idp.token("alice");
        token.claims(json!({"groups": ["support"], "level": 1, "azp": "triage-bot"}))
    }

    /// A token of Bob's: he is an admin.
    pub(super) fn bob(&self) -> Token {
        let token = self.idp.token("bob");
        token.claims(json!({"groups": ["support", "admins"], "level": 3, "azp": "triage-bot"}))
    }

    /// The gate of the MCP server.
    pub(super) fn gate(&self) -> &Gate {
        self.github.github().gate()
    }

    /// How often the MCP server executed anything.
    pub(super) fn executed(&self) -> u64 {
        self.github.github().all_executions()
    }

    /// What arrived last at the MCP server.
    pub(super) fn last(&self) -> Arrived {
        self.gate().arrived().pop().unwrap()
    }

    /// The credential that arrived last, without `Bearer `.
    pub(super) fn last_token(&self) -> String {
        let last = self.last();
        let value = last.header("authorization");
        let token = value.strip_prefix("Bearer ");
        token
            .unwrap_or_else(|| panic!("`{value}` is not a bearer token"))
            .to_owned()
    }

    /// The claims of the token that arrived last, which the authorization server must have given.
    pub(super) fn last_claims(&self) -> Value {
        let issued = self.idp.find(&self.last_token());
        Value::Object(issued.unwrap().claims)
    }

    /// How often the authorization server was asked for tokens.
    pub(super) fn asked(&self) -> u64 {
        self.idp.requests("/token")
    }
}

/// An address that was free a moment ago: the manifest names it before Envoy is there.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap()
}

/// A key for `private_key_jwt`, and the client that has it.
pub(super) fn key_client(id: &str) -> (Client, String) {
    let key = Key::new(Kind::P256);
    let client = Client::new(id, Method::PrivateKeyJwt(vec![key.jwk()]));
    (client, key.private_pem())
}

/// The `auth_data` of an OAuth grant, with more members after it.
pub(super) fn oauth2(grant: &str, more: &str) -> String {
    format!(
        "{{type: oauth2, grant_type: {grant}, token_url: \"IDP/token\", client_id: sluice, \
         client_secret: \"${{file:SECRETS/client-secret}}\", audience: \"https://github.example.com\"{more}}}"
    )
}
