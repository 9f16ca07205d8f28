//! An issuer, Sluice, Envoy and an upstream that keeps all that reaches it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::authorization_server::{AuthorizationServer, Running};
use crate::house::{envoy_to, post, sluice};
use crate::message::call;
use crate::support::envoy::Envoy;
use crate::support::sluice::Process;
use crate::upstream::{self, Arrived, Upstream};

/// The audience of good tokens.
pub(crate) const AUDIENCE: &str = "https://mcp.example.com/";

/// The credential that the upstream gets, and nobody else sees.
pub(crate) const CREDENTIAL: &str = "Bearer upstream-credential";

/// Where the metadata of the virtual server is.
pub(crate) const METADATA: &str =
    "https://mcp.example.com/.well-known/oauth-protected-resource/mcp/triage";

/// An upstream, and how often it was connected to.
pub(crate) struct Counted {
    pub(crate) upstream: Upstream,
    connections: Arc<AtomicU64>,
}

impl Counted {
    /// Answers each call with a result, whatever it is.
    pub(crate) fn start() -> Self {
        let connections = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&connections);
        let upstream = Upstream::serving(move |mut stream, log| {
            counter.fetch_add(1, Ordering::SeqCst);
            let Some(arrived) = upstream::read(&stream)? else {
                return Ok(());
            };
            let answer = result_for(&arrived);
            log.lock().unwrap().push(arrived);
            let upstream::Wire::Raw(bytes) = upstream::json(answer) else {
                return Ok(());
            };
            std::io::Write::write_all(&mut stream, &bytes)
        });
        Self {
            upstream,
            connections,
        }
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

fn result_for(arrived: &Arrived) -> String {
    let message: Value = serde_json::from_str(&arrived.body).unwrap_or_default();
    let content = json!([{"type": "text", "text": "done"}]);
    let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": {"content": content}});
    answer.to_string()
}

/// All of them.
pub(crate) struct Place {
    pub(crate) issuer: Running,
    pub(crate) upstream: Counted,
    pub(crate) sluice: Process,
    pub(crate) envoy: Envoy,
    pub(crate) client: reqwest::Client,
}

/// The manifest with one issuer, as lines of YAML to which `more` adds some for the issuer.
pub(crate) fn manifest(issuer: &str, more: &str) -> String {
    format!(
        r#"
identity:
  resource: https://mcp.example.com
  issuers:
    - issuer: {issuer}
      audiences: [{AUDIENCE}]
      jwks: {{uri: "{issuer}/jwks"}}
      {more}
servers:
  github:
    auth_data: {{type: header, headers: {{authorization: "Bearer ${{env:CREDENTIAL}}"}}}}
virtual_servers:
  triage:
    match: {{path: /mcp/triage}}
    servers:
      - {{name: github, enabled_tools: [get_me]}}
"#
    )
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// With more lines for the issuer.
    pub(crate) fn with(more: &str) -> Self {
        Self::of(AuthorizationServer::start(), |issuer| {
            manifest(issuer, more)
        })
    }

    /// With an issuer as it is, and a manifest for it.
    pub(crate) fn of(issuer: Running, manifest: impl FnOnce(&str) -> String) -> Self {
        let upstream = Counted::start();
        let sluice = sluice(&manifest(issuer.issuer()))
            .environment("CREDENTIAL", "upstream-credential")
            .environment("CLIENT_SECRET", "client-secret")
            .start()
            .unwrap();
        let envoy = envoy_to(&sluice, upstream.upstream.address());
        Self {
            issuer,
            upstream,
            sluice,
            envoy,
            client: reqwest::Client::new(),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.envoy.address()
    }

    /// All that reached the upstream.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.upstream.upstream.arrived()
    }

    /// Asserts that nothing reached the upstream.
    #[track_caller]
    pub(crate) fn assert_untouched(&self) {
        assert_eq!(self.upstream.connections(), 0, "{:?}", self.arrived());
    }

    /// Calls a tool with a token. The answer is the status, and for a refusal its reason.
    pub(crate) async fn call(&self, token: &str) -> (u16, String) {
        self.call_as(token, "").await
    }

    /// The same, saying in the arguments as whom.
    pub(crate) async fn call_as(&self, token: &str, user: &str) -> (u16, String) {
        let message = call(1, "get_me", json!({"user": user}));
        let request = post(&self.client, &self.envoy.url("/mcp/triage"), &message);
        let request = request.bearer_auth(token).timeout(Duration::from_secs(30));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        let reason = body["error"]["data"]["reason"].as_str();
        (status, reason.unwrap_or_default().to_owned())
    }

    /// Asserts that a call was executed.
    #[track_caller]
    pub(crate) fn assert_taken(&self, answer: &(u16, String)) {
        assert_eq!(*answer, (200, String::new()));
    }
}
