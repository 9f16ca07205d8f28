//! Who may use a virtual server, and how it knows who that is, checked.

use std::sync::Arc;

use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::{Authentication, Match, Membership};

use super::auth_data::Credential;
use super::conditions::{self, Callers};
use super::identity::Identity;
use super::{Context, texts};

/// What a virtual server says of its callers.
pub(super) struct Written {
    pub(super) collaborators: Option<Spanned<schema::Members>>,
    pub(super) anonymous: Option<Spanned<bool>>,
    pub(super) resource: Option<Spanned<String>>,
}

/// Who may use a virtual server.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) callers: Callers,
    pub(super) authentication: Option<Arc<Authentication>>,
    pub(super) collaborators: Membership,
    pub(super) resource: Option<String>,
}

/// Who may use the virtual server that `place` names.
pub(super) fn compile(
    context: &mut Context<'_>,
    identity: &Identity,
    written: Written,
    matches: Option<&Match>,
    place: Span,
) -> Access {
    let Written {
        collaborators,
        anonymous,
        resource,
    } = written;
    let callers = match &anonymous {
        Some(anonymous) if anonymous.value => Callers::Anonymous(anonymous.span),
        Some(_) | None if identity.is_absent() => Callers::NoIdentity,
        Some(_) | None => Callers::Known,
    };
    if let (Some(anonymous), Callers::NoIdentity) = (&anonymous, callers) {
        callers.need(context, anonymous.span, "`anonymous: false`");
    }
    let collaborators = collaborators.map(|Spanned { value, span }| {
        callers.need(context, span, "who collaborates");
        conditions::members(context, value, span)
    });
    let is_known = resource.is_some();
    let resource = resource.and_then(|resource| whole(context, &resource));
    let authentication = match callers {
        Callers::Known => identity.authentication().cloned(),
        Callers::NoIdentity | Callers::Anonymous(_) => None,
    };
    if let (
        Some(_),
        Identity::Written {
            without_audience: Some(issuer),
            ..
        },
    ) = (&authentication, identity)
        && matches!(matches, Some(Match::Route(_)))
        && !is_known
    {
        let message = "the key `resource` is missing";
        let help = "give the virtual server the URL that clients reach it by, or the issuer \
                    `audiences`";
        context.report(
            Diagnostic::new(Code::MissingKey, place, message)
                .label("no path tells its URL")
                .related(*issuer, "of whose tokens the audience is this URL")
                .help(help.to_owned()),
        );
    }
    Access {
        callers,
        authentication,
        collaborators: collaborators.unwrap_or_default(),
        resource,
    }
}

/// The whole URL of a virtual server.
fn whole(context: &mut Context<'_>, written: &Spanned<String>) -> Option<String> {
    let url = texts::url(context, written)?;
    if url.query().is_none() {
        return Some(written.value.clone());
    }
    let message = format!("{} has a query", quote(&written.value));
    let help = "no request with a query passes";
    context.report(Diagnostic::new(Code::BadUrl, written.span, message).help(help.to_owned()));
    None
}

/// Reports a virtual server that anyone may use, where its server's credential depends on who calls.
pub(super) fn check_credential(context: &mut Context<'_>, callers: Callers, server: &Credential) {
    let (Callers::Anonymous(anonymous), Some(credential)) = (callers, server.span) else {
        return;
    };
    if server.auth_data.needs_caller() {
        let message = "the server's credential depends on who calls, and nobody asks";
        context.report(
            Diagnostic::new(Code::NeedsIdentity, anonymous, message)
                .label("anyone may use it")
                .related(credential, "the credential"),
        );
    }
}
