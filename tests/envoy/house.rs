//! An MCP server, Sluice and Envoy, as they stand in production.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use sluice::policy::View;
use sluice::seal::Keys;
use tempfile::NamedTempFile;

use crate::message;
use crate::support::envoy::{Config, Envoy};
use crate::support::github::{self, Github, Options};
use crate::support::sluice::{Process, Setup};

/// What one may have of the GitHub-like server.
pub(crate) const MANIFEST: &str = r#"
servers:
  github: {}
virtual_servers:
  triage:
    description: Reads issues and writes comments; deletes nothing.
    match: {path: /mcp/triage}
    servers:
      - name: github
        enabled_tools:
          [get_me, get_issue, add_issue_comment, "list_*", "search_*", "test_*", "generated_*7"]
        disabled_tools: [search_code]
    enabled_prompts: [triage_issue]
    enabled_resources: ["repo://octo-org/*", "repo://{owner}/{repo}/{+path}"]
  maintainer:
    match: {route: maintainer}
    servers:
      - {name: github, enabled_tools: [get_me, merge_pull_request]}
"#;

/// The tools of [`MANIFEST`]'s `triage`, in the order in which the server lists its own.
pub(crate) const ENABLED: &[&str] = &[
    "get_me",
    "search_repositories",
    "get_issue",
    "list_issues",
    "search_issues",
    "list_issue_comments",
    "add_issue_comment",
    "list_pull_requests",
];

/// A `sluice` with a manifest.
pub(crate) fn sluice(manifest: &str) -> Setup {
    Setup::new(env!("CARGO_BIN_EXE_sluice"), manifest)
}

/// A key of the test's own, with which it seals what a client would have been given.
pub(crate) struct Key(NamedTempFile);

impl Key {
    pub(crate) fn new() -> Self {
        let file = NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [5; 32]).unwrap();
        Self(file)
    }

    /// The same `sluice`, with the key.
    pub(crate) fn give(&self, setup: Setup) -> Setup {
        setup.argument("--seal-key-file", self.0.path().to_str().unwrap())
    }

    /// The id of a session, as a virtual server of this manifest hands it out to nobody in particular.
    pub(crate) fn session(&self, manifest: &str, server: &str, id: &str) -> String {
        let view = self.view(manifest, server);
        view.session_ids().unwrap().seal(id).unwrap()
    }

    /// The id of an event of a session, likewise.
    pub(crate) fn event(
        &self,
        manifest: &str,
        server: &str,
        (session, id): (&str, &str),
    ) -> String {
        let view = self.view(manifest, server);
        view.session_ids().unwrap().seal_event(session, id).unwrap()
    }

    fn view(&self, manifest: &str, server: &str) -> View {
        let key = std::fs::read(self.0.path()).unwrap();
        let keys = Arc::new(Keys::new([key]).unwrap());
        let policy = sluice::manifest::load("manifest", manifest).unwrap().policy;
        let policy = policy.with_seal_keys(&keys);
        View::anonymous(Arc::clone(policy.virtual_server(server).unwrap()))
    }
}

/// An MCP server, Sluice, and Envoy.
pub(crate) struct House {
    pub(crate) github: github::Running,
    pub(crate) sluice: Process,
    pub(crate) envoy: Envoy,
    pub(crate) client: reqwest::Client,
}

impl House {
    /// With [`MANIFEST`].
    pub(crate) fn new(options: Options) -> Self {
        Self::with(options, MANIFEST, |config| config)
    }

    /// Without sessions, with the test tools.
    pub(crate) fn stateless() -> Self {
        Self::new(stateless())
    }

    /// With a manifest and an Envoy config of its own.
    pub(crate) fn with(
        options: Options,
        manifest: &str,
        change: impl FnOnce(Config) -> Config,
    ) -> Self {
        Self::from(options, &sluice(manifest), change)
    }

    /// With a `sluice` started in its own way.
    pub(crate) fn from(
        options: Options,
        setup: &Setup,
        change: impl FnOnce(Config) -> Config,
    ) -> Self {
        let github = Github::start(options).unwrap();
        let sluice = setup.start().unwrap();
        let config = Config::new(&sluice.unix(), github.address()).unwrap();
        let envoy = Envoy::start(&change(config)).unwrap();
        Self {
            github,
            sluice,
            envoy,
            client: reqwest::Client::new(),
        }
    }

    /// The URL of the MCP server itself.
    pub(crate) fn direct(&self) -> String {
        format!("http://{}/mcp", self.github.address())
    }

    /// The URL of a virtual server.
    pub(crate) fn url(&self, name: &str) -> String {
        self.envoy.url(&format!("/mcp/{name}"))
    }

    /// How often the MCP server executed anything.
    pub(crate) fn executed(&self) -> u64 {
        self.github.github().all_executions()
    }

    /// A POST of a message, with the headers that belong to its version.
    pub(crate) fn request(&self, url: &str, message: &Value) -> reqwest::RequestBuilder {
        post(&self.client, url, message)
    }

    /// The answer of the virtual server `triage`.
    pub(crate) async fn ask(&self, message: &Value) -> Answer {
        Answer::of(self.request(&self.url("triage"), message)).await
    }

    /// The answer of the MCP server itself.
    pub(crate) async fn ask_directly(&self, message: &Value) -> Answer {
        Answer::of(self.request(&self.direct(), message)).await
    }
}

/// Without sessions, with the test tools.
pub(crate) fn stateless() -> Options {
    Options {
        sessions: false,
        test_tools: true,
        ..Options::default()
    }
}

/// The same, answering in JSON where a stream is not needed.
pub(crate) fn json() -> Options {
    Options {
        json_response: true,
        ..stateless()
    }
}

/// A POST of a message, with the headers that belong to its version.
pub(crate) fn post(
    client: &reqwest::Client,
    url: &str,
    message: &Value,
) -> reqwest::RequestBuilder {
    let claim = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let headers = match claim.is_string() {
        true => message::mirrors(message),
        false => vec![("mcp-protocol-version", message::LEGACY.to_owned())],
    };
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .body(message.to_string());
    headers.into_iter().fold(request, |request, (name, value)| {
        request.header(name, value)
    })
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.text().await.unwrap();
        Self {
            status,
            headers,
            body,
        }
    }

    /// The content type, empty if there is none.
    pub(crate) fn kind(&self) -> &str {
        let kind = self.headers.get("content-type");
        kind.map_or("", |kind| kind.to_str().unwrap())
    }

    /// The message that it holds: the last one, if it is a stream.
    pub(crate) fn message(&self) -> Value {
        message::answer(&self.body)
    }

    /// Asserts that Envoy says that Sluice can't answer: nothing else is to be told then.
    #[track_caller]
    pub(crate) fn is_fail_closed(&self) {
        assert_eq!(self.status, StatusCode::SERVICE_UNAVAILABLE, "{self:?}");
        assert_eq!(self.kind(), "application/json", "{self:?}");
        let body = self.message();
        assert_eq!(body["jsonrpc"], "2.0", "{self:?}");
        assert_eq!(body["error"]["code"], -32603, "{self:?}");
        let words = body["error"]["message"].as_str().unwrap();
        assert!(words.contains("policy service"), "{self:?}");
        assert!(body.get("id").is_none(), "{self:?}");
    }
}

/// Waits for something to become true, and fails if it does not within 20 s.
pub(crate) async fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The address of an Envoy for this Sluice, in front of another server.
pub(crate) fn envoy_to(sluice: &Process, upstream: SocketAddr) -> Envoy {
    Envoy::start(&Config::new(&sluice.unix(), upstream).unwrap()).unwrap()
}
