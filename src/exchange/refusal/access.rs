//! What is told to who may not pass, and about credentials.

use std::borrow::Cow;
use std::sync::Arc;

use super::{BAD_GATEWAY, Refusal, telling_name};
use crate::exchange::ask::{CredentialFailure, IdentityFailure};
use crate::exchange::guard::Blocked;
use crate::guardrail::Phase;
use crate::jsonrpc::code;
use crate::mcp::{ProtocolVersion, code as mcp_code};
use crate::oauth::{Challenge, Problem};
use crate::policy::guard::About;
use crate::policy::{Caller, Reason, RuleId, Target, View};

impl Refusal {
    /// The caller has to say who it is (RFC 6750 section 3.1: a challenge without an error).
    pub(in super::super) fn unauthenticated(challenge: &Challenge) -> Self {
        let mut refusal = Self::new(
            Reason::Unauthenticated,
            401,
            code::INVALID_REQUEST,
            "An access token is needed",
        );
        refusal.0.challenge = Some(challenge.header(None));
        refusal
    }

    /// The caller's token is none, or not one for this place. `description` is ASCII.
    pub(in super::super) fn invalid_token(
        mut challenge: Challenge,
        description: &'static str,
    ) -> Self {
        challenge.problem = Some(Problem::InvalidToken);
        let mut refusal = Self::new(
            Reason::InvalidToken,
            401,
            code::INVALID_REQUEST,
            description,
        );
        refusal.0.challenge = Some(challenge.header(Some(description)));
        refusal
    }

    /// The request has several credentials, of which each reader may take another one.
    pub(in super::super) fn several_tokens(mut challenge: Challenge) -> Self {
        const TEXT: &str = "The header Authorization must be there once";
        challenge.problem = Some(Problem::InvalidRequest);
        let mut refusal = Self::new(Reason::InvalidToken, 400, code::INVALID_REQUEST, TEXT);
        refusal.0.challenge = Some(challenge.header(Some(TEXT)));
        refusal
    }

    /// Who calls can't be told, for this reason.
    pub(in super::super) fn unidentified(challenge: Challenge, failure: IdentityFailure) -> Self {
        match failure {
            IdentityFailure::InvalidToken(description) => {
                Self::invalid_token(challenge, description)
            }
            IdentityFailure::Unavailable => Self::new(
                Reason::IdentityUnavailable,
                503,
                code::INTERNAL_ERROR,
                "Access tokens cannot be checked now. Try again later",
            ),
        }
    }

    /// The caller may not use the virtual server; `challenge` names the scopes that would help.
    pub(in super::super) fn not_a_collaborator(
        mut challenge: Challenge,
        caller: Arc<Caller>,
    ) -> Self {
        const TEXT: &str = "You may not use this MCP server";
        let mut refusal = Self::new(Reason::NotACollaborator, 403, code::INVALID_REQUEST, TEXT);
        if !challenge.scopes.is_empty() {
            challenge.problem = Some(Problem::InsufficientScope);
            refusal.0.challenge = Some(challenge.header(Some(TEXT)));
        }
        refusal.0.caller = Some(caller);
        refusal
    }

    /// The session is none that this virtual server gave to this caller: told as servers tell it of
    /// one that they do not know (MCP 2025-11-25, "Session Management").
    pub(in super::super) fn unknown_session() -> Self {
        Self::new(
            Reason::UnknownSession,
            404,
            mcp_code::SESSION_NOT_FOUND,
            "Session not found",
        )
    }

    /// The call is of something that the caller may use, but not with these arguments. Since
    /// 2025-11-25 a model is told so by the result of the tool (SEP-1303).
    pub(in super::super) fn arguments(
        view: &View,
        target: Target<'_>,
        version: ProtocolVersion,
    ) -> Self {
        let mut refusal = Self::new(
            Reason::ArgumentsNotAllowed,
            200,
            code::INVALID_PARAMS,
            "These arguments are not allowed for you here",
        );
        refusal.0.scope = Some(view.name().to_owned());
        refusal.0.target = Some(telling_name(target));
        let tells_models = version >= ProtocolVersion::V2025_11_25;
        if matches!(target, Target::Tool(_)) && tells_models {
            refusal.0.is_tool_error = Some(version);
        }
        refusal
    }

    /// A guardrail does not let a call or its result through, and says why. A model is told so by the
    /// result of the tool: of its arguments, since 2025-11-25 (SEP-1303).
    pub(in super::super) fn guardrail(
        view: &View,
        about: About<'_>,
        (phase, version): (Phase, ProtocolVersion),
        guardrail: &str,
        blocked: Blocked,
    ) -> Self {
        let Blocked {
            is_violation,
            answers_call,
            text,
        } = blocked;
        let reason = match is_violation {
            true => Reason::GuardrailViolation,
            false => Reason::GuardrailFailed,
        };
        let (code, tells_models) = match phase {
            Phase::Call => (
                code::INVALID_PARAMS,
                version >= ProtocolVersion::V2025_11_25,
            ),
            Phase::Result => (code::INTERNAL_ERROR, true),
        };
        let mut refusal = Self::new(reason, 200, code, text);
        refusal.0.scope = Some(format!("{}.guardrails.{guardrail}", view.name()));
        // What is said may repeat names of the arguments.
        refusal.0.detail = format!("the guardrail {guardrail} looked at the {phase}").into();
        refusal.0.target = about.tool().map(|tool| telling_name(Target::Tool(tool)));
        refusal.0.rule = Some(RuleId::new(format!("guardrails.{guardrail}")));
        if answers_call && tells_models {
            refusal.0.is_tool_error = Some(version);
        }
        refusal
    }

    /// The request can't go on without its credential.
    pub(in super::super) fn credential(failure: CredentialFailure) -> Self {
        let (reason, message) = match failure {
            CredentialFailure::NoneForCaller => (
                Reason::NoCredential,
                "There is no credential for you at the MCP server",
            ),
            CredentialFailure::Refused => (
                Reason::NoCredential,
                "The gateway was given no credential for the MCP server on your behalf",
            ),
            CredentialFailure::Unavailable => (
                Reason::CredentialUnavailable,
                "The credential for the MCP server cannot be had now. Try again later",
            ),
        };
        let mut refusal = Self::new(reason, BAD_GATEWAY, code::INTERNAL_ERROR, message);
        refusal.0.detail = Cow::Owned(failure.to_string());
        refusal
    }

    /// The upstream refused the caller, or the credential it came with. A challenge would send the
    /// client to an authorization server that is not its own, so it is not passed on.
    pub(in super::super) fn upstream_unauthorized(status: u16) -> Self {
        let mut refusal = Self::new(
            Reason::CredentialRefused,
            BAD_GATEWAY,
            code::INTERNAL_ERROR,
            "The MCP server refused the gateway's credential",
        );
        refusal.0.detail = format!("upstream answered HTTP {status}").into();
        refusal
    }
}
