//! Everything that Sluice can ever tell a client.
//!
//! A client is told what it asked for and that it is not to be had; never a pattern, a rule's
//! text, or whether the thing exists. What the log says besides is `detail`.

mod access;
mod told;

use std::borrow::Cow;
use std::sync::Arc;

use told::echo;
pub(super) use told::telling_name;

use super::asked::Asked;
use super::occurrence::{Answer, Occurrence};
use crate::json;
use crate::jsonrpc::{Invalid, InvalidId, RequestId, code};
use crate::mcp::{ProtocolVersion, code as mcp_code};
use crate::policy::{Caller, Decision, Reason, RuleId, Target, View};

/// The status of what went wrong behind Sluice.
const BAD_GATEWAY: u16 = 502;

/// An answer in place of the upstream's.
#[derive(Debug, Clone)]
pub struct Refusal(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    reason: Reason,
    status: u16,
    code: i64,
    message: Cow<'static, str>,
    id: Option<RequestId>,
    /// The part of the policy that decides, the same for what is hidden and what does not exist.
    scope: Option<String>,
    /// The resource that was asked for, as it was asked for (SEP-2164).
    uri: Option<String>,
    versions: Option<Versions>,
    /// The extension that the client would have to declare.
    extension: Option<&'static str>,
    allow: Option<&'static str>,
    /// The value of `WWW-Authenticate`.
    challenge: Option<String>,
    /// Whether it is told as the result of a tool that failed, from which a model can learn.
    is_tool_error: Option<ProtocolVersion>,
    detail: Cow<'static, str>,
    target: Option<String>,
    /// What the message asked for, if that could be read.
    asked: Option<Arc<Asked>>,
    /// Who calls, if that is why.
    caller: Option<Arc<Caller>>,
    rule: Option<RuleId>,
    /// The answers to the requests of a batch, which stand in the place of one answer.
    batch: Vec<Refusal>,
    /// What a batch is refused for.
    causes: Vec<Occurrence>,
}

/// Whom an answer is for.
#[derive(Debug, Clone)]
pub(super) enum Recipients {
    /// Nobody waits for it, or whoever does can't be told.
    Nobody,
    /// One request.
    One(RequestId),
    /// The requests of a batch.
    Batch(Vec<RequestId>),
}

#[derive(Debug, Clone)]
struct Versions {
    requested: String,
    supported: Vec<ProtocolVersion>,
}

impl Refusal {
    fn new(reason: Reason, status: u16, code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self(Box::new(Parts {
            reason,
            status,
            code,
            detail: message.clone(),
            message,
            id: None,
            scope: None,
            uri: None,
            versions: None,
            extension: None,
            allow: None,
            challenge: None,
            is_tool_error: None,
            target: None,
            asked: None,
            caller: None,
            rule: None,
            batch: Vec::new(),
            causes: Vec::new(),
        }))
    }

    /// The virtual server does not have what the message names. One answer for what is hidden and
    /// what does not exist (MCP "Error Handling"; the resource code changed in 2026-07-28). The name
    /// of a tool is the server's; the client is told the one that it knows.
    pub(super) fn unknown(server: &View, target: Target<'_>, version: ProtocolVersion) -> Self {
        let resource = if version.is_modern() {
            code::INVALID_PARAMS
        } else {
            mcp_code::RESOURCE_NOT_FOUND
        };
        let (reason, code, what, list, name) = match target {
            Target::Tool(name) => (
                Reason::ToolNotEnabled,
                code::INVALID_PARAMS,
                "Unknown tool",
                "tools",
                server.tool_names().shown(name),
            ),
            Target::Prompt(name) => (
                Reason::PromptNotEnabled,
                code::INVALID_PARAMS,
                "Unknown prompt",
                "prompts",
                name,
            ),
            Target::Resource(uri) | Target::ResourceTemplate(uri) => (
                Reason::ResourceNotEnabled,
                resource,
                "Resource not found",
                "resources",
                uri,
            ),
            Target::Skill(uri) => (
                Reason::SkillNotEnabled,
                code::INVALID_PARAMS,
                "Unknown skill",
                "skills",
                uri,
            ),
        };
        let mut refusal = Self::new(reason, 200, code, format!("{what}: {}", echo(name)));
        refusal.0.detail = Cow::Borrowed("the MCP server does not have it");
        refusal.0.scope = Some(format!("{}.{list}", server.name()));
        refusal.0.target = Some(telling_name(target));
        if let Target::Resource(uri) | Target::ResourceTemplate(uri) = target {
            refusal.0.uri = Some(uri.to_owned());
        }
        refusal
    }

    /// The client uses the server's name of a tool that it knows by another one: there is none of this
    /// name for it, and no answer tells more.
    pub(super) fn renamed(server: &View, name: &str, version: ProtocolVersion) -> Self {
        let mut refusal = Self::unknown(server, Target::Tool(name), version);
        refusal.0.message = format!("Unknown tool: {}", echo(name)).into();
        refusal.0.detail = Cow::Borrowed("clients know the tool by another name");
        refusal
    }

    /// The task is none that the virtual server gave out, or one of a tool that it does not enable:
    /// one answer for both, as servers give it for an unknown one (SEP-2663).
    pub(super) fn unknown_task(server: &View) -> Self {
        let code = code::INVALID_PARAMS;
        let mut refusal = Self::new(Reason::UnknownTask, 200, code, "Unknown task");
        refusal.0.scope = Some(format!("{}.tools", server.name()));
        refusal
    }

    /// The method is of an extension that the client has not declared.
    pub(super) fn undeclared(extension: &'static str) -> Self {
        let mut refusal = Self::new(
            Reason::ExtensionNotDeclared,
            400,
            mcp_code::MISSING_CLIENT_CAPABILITY,
            "The client has not declared the extension that the method belongs to",
        );
        refusal.0.extension = Some(extension);
        refusal
    }

    /// The virtual server does not enable what the message names.
    pub(super) fn not_enabled(server: &View, target: Target<'_>, version: ProtocolVersion) -> Self {
        let mut refusal = Self::unknown(server, target, version);
        refusal.0.detail = Cow::Borrowed("the virtual server does not enable it");
        refusal.0.rule = match server.decide(target) {
            Decision::Allow { rule } => Some(rule.id().clone()),
            Decision::Deny { rule, .. } => rule.map(|rule| rule.id().clone()),
        };
        refusal
    }

    /// The method is not one that passes. 404 for modern requests only: older clients take it for
    /// the end of their session.
    pub(super) fn method(method: &str, version: ProtocolVersion) -> Self {
        let status = if version.is_modern() { 404 } else { 200 };
        let message = format!("Method not found: {}", echo(method));
        let mut refusal = Self::new(
            Reason::MethodNotEnabled,
            status,
            code::METHOD_NOT_FOUND,
            message,
        );
        refusal.0.target = Some(echo(method));
        refusal
    }

    /// A notification that does not pass. It has no id, so the HTTP status has to say it.
    pub(super) fn notification(method: &str) -> Self {
        Self::method(method, ProtocolVersion::V2025_03_26).unanswerable()
    }

    /// The parameters are not what the method takes.
    pub(super) fn params(message: &'static str) -> Self {
        Self::new(Reason::InvalidParams, 200, code::INVALID_PARAMS, message)
    }

    /// The `_meta` of a modern request is not what every request must carry.
    pub(super) fn envelope(message: &'static str) -> Self {
        Self::new(Reason::InvalidParams, 400, code::INVALID_PARAMS, message)
    }

    /// A header is missing, malformed, repeated, or at odds with the body.
    pub(super) fn header(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            Reason::HeaderMismatch,
            400,
            mcp_code::HEADER_MISMATCH,
            message,
        )
    }

    /// The version is unknown, or not served here.
    pub(super) fn version(requested: &str, supported: &[ProtocolVersion]) -> Self {
        let mut refusal = Self::new(
            Reason::UnsupportedVersion,
            400,
            mcp_code::UNSUPPORTED_PROTOCOL_VERSION,
            "Unsupported protocol version",
        );
        refusal.0.versions = Some(Versions {
            requested: echo(requested),
            supported: supported.to_vec(),
        });
        refusal
    }

    /// No virtual server answers here.
    pub(super) fn unknown_virtual_server() -> Self {
        Self::new(
            Reason::UnknownVirtualServer,
            404,
            code::METHOD_NOT_FOUND,
            "No MCP server at this path",
        )
    }

    /// The HTTP method is not one that MCP uses here; `allow` names those that it does.
    pub(super) fn http_method(message: &'static str, allow: &'static str) -> Self {
        let mut refusal = Self::new(Reason::HttpMethod, 405, code::METHOD_NOT_FOUND, message);
        refusal.0.allow = Some(allow);
        refusal
    }

    /// The body is not `application/json` in UTF-8.
    pub(super) fn content_type() -> Self {
        Self::new(
            Reason::ContentType,
            415,
            code::INVALID_REQUEST,
            "Content-Type must be application/json, with no charset but utf-8",
        )
    }

    /// The body is encoded.
    pub(super) fn content_encoding() -> Self {
        Self::new(
            Reason::ContentEncoding,
            415,
            code::INVALID_REQUEST,
            "Content-Encoding is not accepted: send the body as it is",
        )
    }

    /// The body is longer than the limit.
    pub(super) fn body_too_large(limit: usize) -> Self {
        Self::new(
            Reason::BodyTooLarge,
            413,
            code::INVALID_REQUEST,
            format!("The body is longer than {limit} bytes"),
        )
    }

    /// There is a body where there must be none, or none where there must be one.
    pub(super) fn presence(message: &'static str) -> Self {
        Self::new(
            Reason::MalformedMessage,
            400,
            code::INVALID_REQUEST,
            message,
        )
    }

    /// The body is not strict JSON.
    pub(super) fn json(error: &json::Error) -> Self {
        let reason = if error.kind == json::ErrorKind::TooDeep {
            Reason::TooDeep
        } else if error.kind == json::ErrorKind::NumberTooLong {
            Reason::NumberTooLong
        } else {
            Reason::MalformedJson
        };
        Self::new(
            reason,
            400,
            code::PARSE_ERROR,
            format!("Parse error: {error}"),
        )
    }

    /// The JSON is not one message.
    pub(super) fn message(invalid: Invalid) -> Self {
        let reason = if invalid == Invalid::Batch {
            Reason::Batch
        } else if matches!(invalid, Invalid::Id(InvalidId::TooLong { .. })) {
            Reason::IdTooLong
        } else {
            Reason::MalformedMessage
        };
        Self::new(
            reason,
            400,
            code::INVALID_REQUEST,
            format!("Invalid request: {invalid}"),
        )
    }

    /// The message is one, but not one that may be sent so.
    pub(super) fn malformed(message: &'static str) -> Self {
        Self::new(
            Reason::MalformedMessage,
            400,
            code::INVALID_REQUEST,
            message,
        )
    }

    /// The upstream refused at the HTTP level. Its status goes on, its words do not.
    pub(super) fn upstream_status(status: u16) -> Self {
        let message = format!("The MCP server answered HTTP {status}");
        Self::new(
            Reason::UpstreamRefused,
            status,
            code::INTERNAL_ERROR,
            message,
        )
    }

    /// The upstream's answer is not one that can be understood.
    pub(super) fn upstream_invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        let mut refusal = Self::new(
            Reason::UpstreamInvalid,
            BAD_GATEWAY,
            code::INTERNAL_ERROR,
            "The MCP server's answer was not understood and was withheld",
        );
        refusal.0.detail = detail.into();
        refusal
    }

    /// The upstream's answer is longer than the limit.
    pub(super) fn upstream_too_large(limit: usize) -> Self {
        let message = format!("The MCP server's answer is longer than {limit} bytes");
        Self::new(
            Reason::UpstreamTooLarge,
            BAD_GATEWAY,
            code::INTERNAL_ERROR,
            message,
        )
    }

    /// One event of the upstream's answer is longer than the limit.
    pub(super) fn event_too_large(limit: usize) -> Self {
        let mut refusal = Self::upstream_too_large(limit);
        refusal.0.reason = Reason::EventTooLarge;
        refusal
    }

    /// Envoy's messages came in an order that has no meaning.
    pub(super) fn out_of_order(detail: &'static str) -> Self {
        let mut refusal = Self::new(
            Reason::OutOfOrder,
            500,
            code::INTERNAL_ERROR,
            "Internal error",
        );
        refusal.0.detail = Cow::Borrowed(detail);
        refusal
    }

    /// A batch of which `causes` are refused: no part of a batch goes on alone. `answers` are for
    /// its requests.
    pub(super) fn batch(answers: Vec<Self>, causes: &[Self]) -> Self {
        let mut whole = Self::with_its_batch();
        whole.0.batch = answers;
        whole.0.causes = causes.iter().map(Self::occurrence).collect();
        whole
    }

    /// A request that was not sent on because of another one of its batch.
    pub(super) fn with_its_batch() -> Self {
        Self::new(
            Reason::BatchRefused,
            200,
            code::INVALID_REQUEST,
            "Not sent on: another message of the batch was refused",
        )
    }

    /// The same, as the answer to requests.
    pub(super) fn answering(mut self, recipients: Recipients) -> Self {
        match recipients {
            Recipients::Nobody => {}
            Recipients::One(id) => self.0.id = Some(id),
            Recipients::Batch(ids) => {
                let answer = |id| self.clone().answering(Recipients::One(id));
                self.0.batch = ids.into_iter().map(answer).collect();
            }
        }
        self
    }

    /// The same, to a message that gets no answer: then the HTTP status has to say it.
    pub(super) fn unanswerable(mut self) -> Self {
        self.0.status = 400;
        self
    }

    /// The same, of a message that asked for this.
    pub(super) fn of(mut self, asked: Option<Arc<Asked>>) -> Self {
        self.0.asked = asked;
        self
    }

    /// Who is refused, where it is for who it is.
    pub(super) fn caller(&self) -> Option<&Arc<Caller>> {
        self.0.caller.as_ref()
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The HTTP status. What went wrong behind Sluice is told with 200 where it answers a request:
    /// of no other status does every client read the error.
    #[must_use]
    pub fn status(&self) -> u16 {
        if self.0.status == BAD_GATEWAY && self.has_recipients() {
            200
        } else {
            self.0.status
        }
    }

    /// Whether it answers requests, under their ids.
    pub(super) fn has_recipients(&self) -> bool {
        self.0.id.is_some() || !self.0.batch.is_empty()
    }

    /// What the log says: one thing, or one for each message for which a batch is refused.
    pub(super) fn occurrences(&self) -> Vec<Occurrence> {
        if self.0.causes.is_empty() {
            vec![self.occurrence()]
        } else {
            self.0.causes.clone()
        }
    }

    fn occurrence(&self) -> Occurrence {
        Occurrence::Refused {
            reason: self.0.reason,
            status: self.status(),
            answer: match self.0.is_tool_error {
                Some(_) => Answer::ToolError,
                None => Answer::Error {
                    code: Some(self.0.code),
                },
            },
            detail: self.0.detail.clone(),
            target: self.0.target.clone(),
            asked: self.0.asked.clone(),
            rule: self.0.rule.clone(),
        }
    }
}
