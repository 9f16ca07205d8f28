//! The tests that a manifest carries, checked. Nothing here runs them.

use std::collections::HashMap;

use crate::manifest::diagnostic::{Code, Diagnostic, did_you_mean, quote};
use crate::manifest::schema::{self, Decision};
use crate::manifest::span::{Span, Spanned};
use crate::manifest::{Expectation, Given, Test};
use crate::policy::Reason;

use super::Context;

/// The tests that can be run. `known` says whether `virtual_servers` are all that the manifest
/// has, so that another name is wrong.
pub(super) fn compile(
    context: &mut Context<'_>,
    written: Vec<Spanned<schema::Test>>,
    virtual_servers: &[String],
    known: bool,
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
            check_virtual_server(context, &given, virtual_servers, known);
            compile_given(context, given)
        });
        let expect = test
            .expect
            .and_then(|expect| compile_expect(context, expect));
        if let (Some(name), Some((virtual_server, given)), Some(expect)) =
            (test.name, given, expect)
        {
            let location = context.source.location(span);
            tests.push(Test {
                name: name.value,
                virtual_server,
                given,
                expect,
                location,
            });
        }
    }
    tests
}

fn check_virtual_server(
    context: &mut Context<'_>,
    given: &Spanned<schema::Given>,
    virtual_servers: &[String],
    known: bool,
) {
    let Some(name) = &given.value.virtual_server else {
        context.missing(given.span, "virtual_server");
        return;
    };
    if known && !virtual_servers.contains(&name.value) {
        let message = format!("there is no virtual server {}", quote(&name.value));
        let help = did_you_mean(&name.value, virtual_servers.iter().map(String::as_str));
        context.report(Diagnostic::new(Code::UnknownVirtualServer, name.span, message).help(help));
    }
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
            },
        span,
    } = given;
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
        1 => Some((virtual_server?.value, choices.pop()??)),
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
        value: schema::Expect { decision, reason },
        span,
    } = expect;
    if decision.is_none() {
        context.missing(span, "decision");
    }
    match (decision?, reason) {
        (Decision::Allow, None) => Some(Expectation::Allow),
        (Decision::Allow, Some(reason)) => {
            let message = "what is allowed has no reason";
            context.report(Diagnostic::new(Code::BadExpectation, reason.span, message));
            None
        }
        (Decision::Deny, None) => Some(Expectation::Deny { reason: None }),
        (Decision::Deny, Some(written)) => {
            let words = || Reason::ALL.iter().map(|reason| reason.as_str());
            let found = Reason::ALL
                .iter()
                .find(|reason| reason.as_str() == written.value);
            if found.is_none() {
                let message = format!("there is no reason {}", quote(&written.value));
                let help = did_you_mean(&written.value, words()).unwrap_or_else(|| {
                    format!("there are {}", words().collect::<Vec<_>>().join(", "))
                });
                context
                    .report(Diagnostic::new(Code::UnknownValue, written.span, message).help(help));
            }
            found.map(|reason| Expectation::Deny {
                reason: Some(*reason),
            })
        }
    }
}
