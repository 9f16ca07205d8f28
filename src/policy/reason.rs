//! Why something was refused.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])+ $variant:ident => $text:literal,)+) => {
        /// Why something was refused: a stable word for clients, logs, metrics and tests.
        ///
        /// A reason never tells a hidden thing from one that does not exist.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($(#[$doc])+ $variant,)+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

reasons! {
    /// The virtual server does not enable a tool of this name.
    ToolNotEnabled => "tool_not_enabled",
    /// The virtual server does not enable a prompt of this name.
    PromptNotEnabled => "prompt_not_enabled",
    /// The virtual server does not enable a resource at this URI.
    ResourceNotEnabled => "resource_not_enabled",
    /// The virtual server does not enable a skill at this URI.
    SkillNotEnabled => "skill_not_enabled",
    /// The call is of something that the caller may use, but not with these arguments.
    ArgumentsNotAllowed => "arguments_not_allowed",
    /// A guardrail does not let it through.
    GuardrailViolation => "guardrail_violation",
    /// A guardrail could not tell whether it may pass.
    GuardrailFailed => "guardrail_failed",
    /// The caller has to say who it is.
    Unauthenticated => "unauthenticated",
    /// The caller's token is none, or not one for this place.
    InvalidToken => "invalid_token",
    /// The caller is known, and may not use the virtual server.
    NotACollaborator => "not_a_collaborator",
    /// It can't be told now who the caller is.
    IdentityUnavailable => "identity_unavailable",
    /// The session is none that this virtual server gave to this caller.
    UnknownSession => "unknown_session",
    /// There is no credential for this caller.
    NoCredential => "no_credential",
    /// The credential can't be had now.
    CredentialUnavailable => "credential_unavailable",
    /// The upstream refused the credential.
    CredentialRefused => "credential_refused",
    /// The task is none that this virtual server handed out, or one of a tool that is not enabled.
    UnknownTask => "unknown_task",
    /// The client has not declared the extension that the method belongs to.
    ExtensionNotDeclared => "extension_not_declared",
    /// The method is not one that Sluice lets through.
    MethodNotEnabled => "method_not_enabled",
    /// No virtual server answers on this route.
    UnknownVirtualServer => "unknown_virtual_server",
    /// The protocol version is not served here.
    UnsupportedVersion => "unsupported_version",
    /// A header is missing, malformed, repeated, or at odds with the body.
    HeaderMismatch => "header_mismatch",
    /// The HTTP method is not one of MCP's.
    HttpMethod => "http_method_not_allowed",
    /// The content type is not one that Sluice reads.
    ContentType => "unsupported_content_type",
    /// The body is encoded.
    ContentEncoding => "unsupported_content_encoding",
    /// The body is not strict JSON.
    MalformedJson => "malformed_json",
    /// The body is JSON, but not one JSON-RPC message.
    MalformedMessage => "malformed_message",
    /// The message is JSON-RPC, but its `params` are not what its method takes.
    InvalidParams => "invalid_params",
    /// The body is an array of messages.
    Batch => "batch_not_enabled",
    /// Another message of the same batch was refused.
    BatchRefused => "batch_refused",
    /// The body is longer than the limit.
    BodyTooLarge => "body_too_large",
    /// The JSON nests deeper than the limit.
    TooDeep => "json_too_deep",
    /// A number has more digits than the limit.
    NumberTooLong => "number_too_long",
    /// The id is longer than the limit.
    IdTooLong => "id_too_long",
    /// A server-sent event is longer than the limit.
    EventTooLarge => "event_too_large",
    /// The upstream's answer is not one that Sluice understands.
    UpstreamInvalid => "upstream_invalid",
    /// The upstream's answer is longer than the limit.
    UpstreamTooLarge => "upstream_too_large",
    /// The upstream refused the request at the HTTP level.
    UpstreamRefused => "upstream_refused",
    /// Envoy's messages came in an order that has no meaning.
    OutOfOrder => "out_of_order",
    /// Something went wrong inside Sluice.
    Internal => "internal",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
