//! The tests that a manifest carries, checked. Nothing here runs them.

use std::collections::HashMap;

use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema::{self, Decision};
use crate::manifest::span::{Span, Spanned};
use crate::manifest::{Decided, Expectation, Given, Test};
use serde_json::{Map, Value};

use crate::policy::{Caller, Reason, Trust};

use super::conditions::Callers;
use super::identity::Identity;
use super::{Asked, Context};

/// The tests that can be run.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: Vec<Spanned<schema::Test>>,
    asked: &Asked,
    identity: &Identity,
) -> Vec<Test> {
    let mut names: HashMap<String, Span> = HashMap::new();
    let mut tests = Vec::new();
    for Spanned { value: test, span } in written {
        for (missing, key) in [
            (test.name.is_none(), "name"),
            (test.given.is_none(), "given"),
            (test.expect.is_none(), "expect"),
        ] {
            if missing {
                context.missing(span, key);
            }
        }
        if let Some(name) = &test.name {
            if let Some(first) = names.get(&name.value) {
                let message = format!("two tests are named {}", quote(&name.value));
                context.report(
                    Diagnostic::new(Code::DuplicateTest, name.span, message)
                        .label("again")
                        .related(*first, "first here"),
                );
            }
            names.entry(name.value.clone()).or_insert(name.span);
        }
        let given = test.given.and_then(|given| {
            let callers = check_virtual_server(context, &given, asked, identity);
            let claims = given.value.claims.as_ref();
            if let Some(claims) = claims {
                check_claims(context, claims, callers, identity);
            }
            let claims = claims.map(|claims| claims.value.clone());
            let (virtual_server, given) = compile_given(context, given)?;
            Some((virtual_server, claims, given))
        });
        let expect = test
            .expect
            .and_then(|expect| compile_expect(context, expect));
        if let (Some(name), Some((virtual_server, claims, given)), Some(expect)) =
            (test.name, given, expect)
        {
            let location = context.source.location(span);
            tests.push(Test {
                name: name.value,
                virtual_server,
                claims,
                given,
                expect,
                location,
            });
        }
    }
    tests
}

/// Checks that there is the virtual server that a test asks, and says whether it asks who calls.
fn check_virtual_server(
    context: &mut Context<'_>,
    given: &Spanned<schema::Given>,
    asked: &Asked,
    identity: &Identity,
) -> Callers {
    let Some(name) = &given.value.virtual_server else {
        context.missing(given.span, "virtual_server");
        return Callers::Known;
    };
    let found = asked.names.iter().find(|(known, _)| *known == name.value);
    match found {
        Some((_, true)) => Callers::Anonymous(name.span),
        Some((_, false)) if identity.is_absent() => Callers::NoIdentity,
        Some((_, false)) => Callers::Known,
        None if !asked.all => Callers::Known,
        None => {
            let message = format!("there is no virtual server {}", quote(&name.value));
            let known = asked.names.iter().map(|(known, _)| known.as_str());
            let help = did_you_mean(&name.value, known);
            let unknown = Diagnostic::new(Code::UnknownVirtualServer, name.span, message);
            context.report(unknown.help(help));
            Callers::Known
        }
    }
}

/// Checks that a test's claims are those of a caller.
fn check_claims(
    context: &mut Context<'_>,
    claims: &Spanned<Map<String, Value>>,
    callers: Callers,
    identity: &Identity,
) {
    callers.need(context, claims.span, "what comes of claims");
    let (Callers::Known, Some(authentication)) = (callers, identity.authentication()) else {
        return;
    };
    let Err(problem) = Caller::supposed(claims.value.clone(), authentication) else {
        return;
    };
    let help = match authentication.trust {
        Trust::EnvoyPeerCertificate => {
            "of a certificate `sub` alone is known, a SPIFFE id like `spiffe://example.com/agent`"
        }
        Trust::Issuers(_) | Trust::EnvoyJwtAuthn { .. } => {
            "a token has the claim `sub`, a text, and may have others"
        }
    };
    context.report(
        Diagnostic::new(Code::BadClaims, claims.span, problem.to_string()).help(help.to_owned()),
    );
}

fn compile_given(
    context: &mut Context<'_>,
    given: Spanned<schema::Given>,
) -> Option<(String, Given)> {
    let Spanned {
        value:
            schema::Given {
                virtual_server,
                call,
                prompt,
                resource,
                skill,
                message,
                result,
                claims: _,
            },
        span,
    } = given;
    if let Some(result) = &result
        && call.is_none()
    {
        let message = "only a call has a result";
        context.report(Diagnostic::new(Code::UselessKey, result.span, message));
    }
    let result = result.map(|result| result.value);
    let mut choices = Vec::new();
    let mut named = |context: &mut Context<'_>, call: Option<Spanned<schema::Call>>, make: Make| {
        let Some(Spanned {
            value: schema::Call { name, arguments },
            span,
        }) = call
        else {
            return;
        };
        if name.is_none() {
            context.missing(span, "name");
        }
        choices.push(name.map(|name| make(name, arguments)));
    };
    named(context, call, |name, arguments| Given::Call {
        name,
        arguments,
        result: None,
    });
    named(context, prompt, |name, arguments| Given::Prompt {
        name,
        arguments,
    });
    let resource = resource.map(|read| (read, MakeOfUri::from(|uri| Given::Resource { uri })));
    let skill = skill.map(|read| (read, MakeOfUri::from(|uri| Given::Skill { uri })));
    for (read, make) in [resource, skill].into_iter().flatten() {
        let Spanned {
            value: schema::Read { uri },
            span,
        } = read;
        if uri.is_none() {
            context.missing(span, "uri");
        }
        choices.push(uri.map(make));
    }
    if let Some(message) = message {
        let text = message
            .as_str()
            .map_or_else(|| message.to_string(), str::to_owned);
        choices.push(Some(Given::Message(text)));
    }
    match choices.len() {
        1 => {
            let mut given = choices.pop()??;
            if let Given::Call { result: given, .. } = &mut given {
                *given = result;
            }
            Some((virtual_server?.value, given))
        }
        0 if !context.is_intact(span) => None,
        count => {
            let message =
                "a test has exactly one of `call`, `prompt`, `resource`, `skill` and `message`";
            let code = if count == 0 {
                Code::MissingKey
            } else {
                Code::Exclusive
            };
            context.report(
                Diagnostic::new(code, span, message).label(format!("this one has {count}")),
            );
            None
        }
    }
}

type MakeOfUri = fn(String) -> Given;
type Make = fn(String, Option<serde_json::Map<String, serde_json::Value>>) -> Given;

fn compile_expect(
    context: &mut Context<'_>,
    expect: Spanned<schema::Expect>,
) -> Option<Expectation> {
    let Spanned {
        value:
            schema::Expect {
                decision,
                reason,
                guardrail,
                arguments,
                result,
            },
        span,
    } = expect;
    if decision.is_none() {
        context.missing(span, "decision");
    }
    let is_allowed = decision? == Decision::Allow;
    let useless = [
        (
            is_allowed,
            reason.as_ref().map(|it| it.span),
            "what is allowed has no reason",
        ),
        (
            is_allowed,
            guardrail.as_ref().map(|it| it.span),
            "what is allowed is refused by no guardrail",
        ),
        (
            !is_allowed,
            arguments.as_ref().map(|it| it.span),
            "of what is denied the server gets no arguments",
        ),
    ];
    for (is_useless, span, message) in useless {
        if let Some(span) = span.filter(|_| is_useless) {
            context.report(Diagnostic::new(Code::BadExpectation, span, message));
            return None;
        }
    }
    let decision = match (is_allowed, reason) {
        (true, _) => Decided::Allow,
        (false, None) => Decided::Deny { reason: None },
        (false, Some(written)) => Decided::Deny {
            reason: Some(self::reason(context, &written)?),
        },
    };
    let object = |map: Spanned<Map<String, Value>>| Value::Object(map.value);
    Some(Expectation {
        decision,
        guardrail: guardrail.map(|name| name.value),
        arguments: arguments.map(object),
        result: result.map(object),
    })
}

/// The reason of this word, or `None` after reporting that there is none.
fn reason(context: &mut Context<'_>, written: &Spanned<String>) -> Option<Reason> {
    let words = || Reason::ALL.iter().map(|reason| reason.as_str());
    let found = Reason::ALL
        .iter()
        .find(|reason| reason.as_str() == written.value);
    if found.is_none() {
        let message = format!("there is no reason {}", quote(&written.value));
        let help = did_you_mean(&written.value, words())
            .unwrap_or_else(|| format!("there are {}", words().collect::<Vec<_>>().join(", ")));
        context.report(Diagnostic::new(Code::UnknownValue, written.span, message).help(help));
    }
    found.copied()
}
