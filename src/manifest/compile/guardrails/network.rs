//! Guardrails of type `network`.

use super::{bad, each, paths, strings};
use crate::guardrail::Network;
use crate::guardrail::network::{HostRule, SCHEMES};
use crate::manifest::compile::Context;
use crate::manifest::schema;
use crate::manifest::span::Spanned;

pub(super) fn compile(context: &mut Context<'_>, keys: &mut schema::Guardrail) -> Option<Network> {
    let places = paths(context, keys.arguments.take());
    let schemes = schemes(context, keys.schemes.take());
    let (allow, deny) = match keys.hosts.take() {
        Some(hosts) => (hosts.value.allow, hosts.value.deny),
        None => (None, None),
    };
    let has_allow = allow.is_some();
    let allow = hosts(context, allow);
    let deny = hosts(context, deny);
    let ports = keys.ports.take().map(|ports| ports.value);
    let ports = ports.unwrap_or_default().into_iter();
    let private = keys.private.take().map(|private| private.value);
    // A list that came to nothing must not come to allow everything.
    let is_whole = !has_allow || !allow.is_empty();
    is_whole.then(|| Network {
        places,
        schemes,
        allow,
        deny,
        ports: ports.map(|port| port.value).collect(),
        private: private == Some(schema::AllowOrDeny::Allow),
    })
}

fn schemes(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Vec<String> {
    let Some(written) = written else {
        return SCHEMES.map(str::to_owned).into();
    };
    if written.value.is_empty() && context.is_intact(written.span) {
        let help = "leave `schemes` out to allow `https` and `http`";
        bad(
            context,
            written.span,
            "no URL has no scheme",
            help.to_owned(),
        );
    }
    let read = |text: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let is_scheme =
            text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_part);
        match is_scheme {
            true => Ok(text.to_ascii_lowercase()),
            false => Err("this is no scheme of URLs"),
        }
    };
    each(
        context,
        written.value,
        read,
        "write it like `https`, without `://`",
    )
}

fn hosts(
    context: &mut Context<'_>,
    written: Option<Spanned<Vec<Spanned<String>>>>,
) -> Vec<HostRule> {
    let (written, place) = strings(written);
    if let Some(place) = place.filter(|place| written.is_empty() && context.is_intact(*place)) {
        let help = "name a host, or leave the list out";
        bad(
            context,
            place,
            "an empty list of hosts would be about none",
            help.to_owned(),
        );
    }
    let help = "`*.example.com` is about all names below `example.com`, and not about itself";
    each(context, written, HostRule::parse, help)
}
