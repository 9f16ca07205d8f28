//! Who may see and call what, and the reasons.
//!
//! A [`Policy`] holds the [`VirtualServer`]s of one manifest. [`VirtualServer::decide`] is the one
//! decision function: a list is filtered with it and a call is judged with it, so that what is
//! not listed cannot be called.

mod auth_data;
mod authentication;
mod caller;
mod condition;
pub mod decision;
pub mod endpoint;
mod expression;
pub mod guard;
pub mod limits;
pub mod pattern;
mod payloads;
mod principal;
pub mod reason;
mod recording;
pub mod rule;
mod secret_text;
mod sessions;
mod skill;
mod tasks;
mod tool_labels;
mod tool_names;
mod uri;
mod uri_rules;
mod values;
mod view;
pub mod virtual_server;

use std::collections::HashMap;
use std::sync::Arc;

pub use auth_data::{AuthData, ClientAuthentication, Grant, Mapping, OAuth2};
pub use authentication::{Authentication, Issuer, IssuerKeys, Trust};
pub use caller::{Caller, ClaimNames, ClaimPath, InvalidClaims, SUPPOSED_ISSUER};
pub use condition::Condition;
pub use decision::{Decision, Target, TargetKind};
pub use endpoint::{Endpoint, HttpSse};
pub use expression::{Expression, ExpressionError, Facts, Outcome};
pub use limits::Limits;
pub use pattern::{CanonicalUri, Pattern, PatternError};
pub use payloads::Payloads;
pub use principal::{Membership, Principal};
pub use reason::Reason;
pub use recording::Recording;
pub use rule::{Location, Rule, RuleId, Rules};
pub use secret_text::{InvalidSecretText, Piece, SecretText};
pub use sessions::SessionIds;
pub use tasks::TaskIds;
pub use tool_names::ToolNames;
pub use values::HiddenValues;
pub use view::View;
pub use virtual_server::{Definition, Instructions, Match, Shown, Stopwatch, VirtualServer};

use crate::guardrail::Learned;
use crate::oauth;
use crate::seal::Keys;

/// What one manifest says: its virtual servers and its limits.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    virtual_servers: Vec<Arc<VirtualServer>>,
    by_route: HashMap<Box<str>, Arc<VirtualServer>>,
    by_path: HashMap<Box<str>, (Arc<VirtualServer>, Endpoint)>,
    limits: Limits,
    digest: Option<Arc<str>>,
}

impl Policy {
    /// A policy of these virtual servers, in the order in which the manifest has them.
    ///
    /// That their names and matches are unique has been checked by whoever compiled them; of two
    /// with the same match the first would answer.
    #[must_use]
    pub fn new(virtual_servers: Vec<VirtualServer>, limits: Limits) -> Self {
        let mut policy = Self {
            limits,
            ..Self::default()
        };
        for server in virtual_servers.into_iter().map(Arc::new) {
            match server.matches() {
                Match::Route(route) => {
                    let entry = policy.by_route.entry(route.as_str().into());
                    entry.or_insert_with(|| Arc::clone(&server));
                }
                Match::Path(path) => {
                    let http_sse = server.http_sse().into_iter().flat_map(|http_sse| {
                        [
                            (&http_sse.path, Endpoint::EventStream),
                            (&http_sse.messages, Endpoint::Messages),
                        ]
                    });
                    for (path, endpoint) in
                        std::iter::once((path, Endpoint::Streamable)).chain(http_sse)
                    {
                        let entry = policy.by_path.entry(path.as_str().into());
                        entry.or_insert_with(|| (Arc::clone(&server), endpoint));
                    }
                }
            }
            policy.virtual_servers.push(server);
        }
        policy
    }

    /// The same policy, with the keys that seal what clients keep: without keys no session and no
    /// task passes.
    #[must_use]
    pub fn with_seal_keys(self, keys: &Arc<Keys>) -> Self {
        self.each(|server| server.with_seal_keys(keys))
    }

    /// The same policy, with what lists have told of tools: without it nothing is learned.
    #[must_use]
    pub fn with_learned(self, learned: &Arc<Learned>) -> Self {
        self.each(|server| server.with_learned(learned))
    }

    /// The same policy, where it can be told how long something took: without it everything takes no
    /// time.
    #[must_use]
    pub fn with_stopwatch(self, stopwatch: Stopwatch) -> Self {
        self.each(|server| server.with_stopwatch(stopwatch))
    }

    /// The same policy, which is what the text of this digest says.
    #[must_use]
    pub fn with_digest(self, digest: Arc<str>) -> Self {
        Self {
            digest: Some(digest),
            ..self
        }
    }

    /// The digest of the manifest's text, if it comes from one: SHA-256, in hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> Option<&Arc<str>> {
        self.digest.as_ref()
    }

    /// The same policy, each of whose virtual servers is changed.
    fn each(self, change: impl Fn(VirtualServer) -> VirtualServer) -> Self {
        // The maps hold the servers too, which must not be copied but for that.
        drop((self.by_route, self.by_path));
        let servers = self.virtual_servers.into_iter();
        let servers = servers.map(|server| change(Arc::unwrap_or_clone(server)));
        Self {
            digest: self.digest,
            ..Self::new(servers.collect(), self.limits)
        }
    }

    /// The virtual server that answers a request and at which of its endpoints, or `None` if none
    /// does.
    ///
    /// `route` is the value that Envoy's route sets; where there is one it alone decides, and an
    /// unknown one never falls back to the path. `path` is the request's `:path` without its
    /// query. It is compared as it is: whoever normalises paths must do so before.
    #[must_use]
    pub fn select(
        &self,
        route: Option<&str>,
        path: &str,
    ) -> Option<(&Arc<VirtualServer>, Endpoint)> {
        match route {
            Some(route) => {
                let server = self.by_route.get(route)?;
                let http_sse = server.http_sse().and_then(|sse| sse.endpoint(path));
                Some((server, http_sse.unwrap_or(Endpoint::Streamable)))
            }
            None => self
                .by_path
                .get(path)
                .map(|(server, endpoint)| (server, *endpoint)),
        }
    }

    /// The virtual server whose metadata as a protected resource is asked for by the path that
    /// stands behind the well-known one (RFC 9728 section 3.1); by no path, that of the only one
    /// that has metadata.
    #[must_use]
    pub fn protected_resource(&self, path: &str) -> Option<&Arc<VirtualServer>> {
        let mut protected = self
            .virtual_servers
            .iter()
            .filter(|server| server.authentication().is_some());
        if matches!(path, "" | "/") {
            let only = protected.next()?;
            return protected.next().is_none().then_some(only);
        }
        let has_path = |server: &&Arc<VirtualServer>| match server.resource() {
            Some(resource) => oauth::metadata_url(&resource)
                .is_some_and(|url| url.ends_with(&format!("{}{path}", oauth::WELL_KNOWN))),
            None => server.match_path() == Some(path),
        };
        protected.find(has_path)
    }

    /// The virtual server of this name, or `None`.
    #[must_use]
    pub fn virtual_server(&self, name: &str) -> Option<&Arc<VirtualServer>> {
        self.virtual_servers
            .iter()
            .find(|server| server.name() == name)
    }

    /// Every virtual server, in the order of the manifest.
    pub fn virtual_servers(&self) -> impl Iterator<Item = &Arc<VirtualServer>> {
        self.virtual_servers.iter()
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str, matches: Match) -> VirtualServer {
        VirtualServer::new(Definition::new(name, "backend", matches))
    }

    fn policy() -> Policy {
        Policy::new(
            vec![
                server("by-path", Match::Path("/mcp/a".into())),
                server("by-route", Match::Route("a".into())),
            ],
            Limits::default(),
        )
    }

    #[test]
    fn a_route_alone_decides_where_there_is_one() {
        let table = [
            (None, "/mcp/a", Some("by-path")),
            (None, "/mcp/A", None),
            (None, "/mcp/a/", None),
            (None, "/mcp//a", None),
            (None, "/mcp/%61", None),
            (None, "a", None),
            (Some("a"), "/mcp/a", Some("by-route")),
            (Some("a"), "/nowhere", Some("by-route")),
            (Some("b"), "/mcp/a", None),
            (Some("/mcp/a"), "/mcp/a", None),
            (Some(""), "/mcp/a", None),
        ];
        for (route, path, expected) in table {
            let policy = policy();
            let selected = policy.select(route, path).map(|(server, _)| server.name());
            assert_eq!(selected, expected, "route {route:?}, path {path}");
        }
    }

    #[test]
    fn endpoints_are_found_by_their_paths() {
        let with_sse = |name, matches| {
            let http_sse = Some(HttpSse {
                path: format!("/{name}/sse"),
                messages: format!("/{name}/messages"),
            });
            VirtualServer::new(Definition {
                http_sse,
                ..Definition::new(name, "backend", matches)
            })
        };
        let policy = Policy::new(
            vec![
                with_sse("a", Match::Path("/a".into())),
                with_sse("b", Match::Route("b".into())),
            ],
            Limits::default(),
        );
        let table = [
            (None, "/a", Some(("a", Endpoint::Streamable))),
            (None, "/a/sse", Some(("a", Endpoint::EventStream))),
            (None, "/a/messages", Some(("a", Endpoint::Messages))),
            (None, "/a/messages/", None),
            (None, "/b/sse", None),
            (Some("b"), "/b/sse", Some(("b", Endpoint::EventStream))),
            (Some("b"), "/b/messages", Some(("b", Endpoint::Messages))),
            (Some("b"), "/a/sse", Some(("b", Endpoint::Streamable))),
        ];
        for (route, path, expected) in table {
            let selected = policy.select(route, path);
            let selected = selected.map(|(server, endpoint)| (server.name(), endpoint));
            assert_eq!(selected, expected, "route {route:?}, path {path}");
        }
    }

    #[test]
    fn virtual_servers_keep_their_order() {
        let policy = policy();
        let names: Vec<_> = policy
            .virtual_servers()
            .map(|server| server.name())
            .collect();
        assert_eq!(names, ["by-path", "by-route"]);
        assert!(policy.virtual_server("by-route").is_some());
        assert!(policy.virtual_server("by-rout").is_none());
    }
}
