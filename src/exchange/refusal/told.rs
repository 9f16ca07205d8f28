//! What of a refusal the client is told, byte for byte.

use super::{Refusal, Versions};
use crate::json;
use crate::mcp::ProtocolVersion;
use crate::policy::Target;

/// How much of a name is repeated to whoever sent it, in characters.
const ECHO_CHARS: usize = 128;

impl Refusal {
    /// Headers of the answer.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let allow = self.0.allow.map(|methods| ("allow", methods));
        let challenge = self.0.challenge.as_deref();
        let challenge = challenge.map(|challenge| ("www-authenticate", challenge));
        std::iter::once(("content-type", "application/json"))
            .chain(allow)
            .chain(challenge)
    }

    /// The body: one JSON-RPC error response, or an array of them for a batch. Without an id when
    /// the request's is unknown, since clients wait for ever after a null one.
    #[must_use]
    pub fn body(&self) -> String {
        if self.0.batch.is_empty() {
            let mut body = String::with_capacity(256);
            self.write(&mut body);
            return body;
        }
        format!("[{}]", self.messages().collect::<Vec<_>>().join(","))
    }

    /// The messages of the body: one, or one for each request of a batch.
    pub(in super::super) fn messages(&self) -> impl Iterator<Item = String> {
        let whole = self.0.batch.is_empty().then_some(self);
        whole.into_iter().chain(&self.0.batch).map(|refusal| {
            let mut message = String::with_capacity(256);
            refusal.write(&mut message);
            message
        })
    }

    fn write(&self, body: &mut String) {
        body.push_str(r#"{"jsonrpc":"2.0","#);
        if let Some(id) = &self.0.id {
            body.push_str(r#""id":"#);
            body.push_str(id.as_json());
            body.push(',');
        }
        if let Some(version) = self.0.is_tool_error {
            self.write_result(version, body);
            body.push('}');
            return;
        }
        body.push_str(r#""error":{"code":"#);
        body.push_str(&self.0.code.to_string());
        body.push_str(r#","message":"#);
        json::write_string(body, &self.0.message);
        body.push_str(r#","data":{"reason":"#);
        json::write_string(body, self.0.reason.as_str());
        if let Some(scope) = &self.0.scope {
            body.push_str(r#","rule":"#);
            json::write_string(body, scope);
        }
        if let Some(uri) = &self.0.uri {
            body.push_str(r#","uri":"#);
            json::write_string(body, uri);
        }
        if let Some(extension) = self.0.extension {
            body.push_str(r#","requiredCapabilities":{"extensions":{"#);
            json::write_string(body, extension);
            body.push_str(":{}}}");
        }
        if let Some(Versions {
            requested,
            supported,
        }) = &self.0.versions
        {
            body.push_str(r#","requested":"#);
            json::write_string(body, requested);
            body.push_str(r#","supported":["#);
            for (index, version) in supported.iter().enumerate() {
                if index > 0 {
                    body.push(',');
                }
                json::write_string(body, version.as_str());
            }
            body.push(']');
        }
        body.push_str("}}}");
    }
}

impl Refusal {
    /// Writes the result of a tool that failed (`CallToolResult`).
    fn write_result(&self, version: ProtocolVersion, body: &mut String) {
        body.push_str(r#""result":{"content":[{"type":"text","text":"#);
        json::write_string(body, &self.0.message);
        body.push_str(r#"}],"isError":true"#);
        if version.is_modern() {
            body.push_str(r#","resultType":"complete""#);
        }
        body.push('}');
    }
}

/// What of a name the log says: of a URI neither the user information nor the query, which may
/// hold credentials.
pub(in super::super) fn telling_name(target: Target<'_>) -> String {
    let uri = match target {
        Target::Tool(name) | Target::Prompt(name) => return echo(name),
        Target::Resource(uri) | Target::ResourceTemplate(uri) | Target::Skill(uri) => uri,
    };
    let uri = uri.split(['?', '#']).next().unwrap_or_default();
    match uri.split_once("://") {
        Some((scheme, rest)) => match rest
            .split_once('/')
            .unwrap_or((rest, ""))
            .0
            .rsplit_once('@')
        {
            Some((user, _)) => {
                let host = rest.get(user.len() + 1..).unwrap_or_default();
                echo(&format!("{scheme}://{host}"))
            }
            None => echo(uri),
        },
        None => echo(uri),
    }
}

/// What of a name is repeated.
pub(super) fn echo(name: &str) -> String {
    match name.char_indices().nth(ECHO_CHARS) {
        None => name.to_owned(),
        Some((end, _)) => name.get(..end).unwrap_or_default().to_owned() + "…",
    }
}
