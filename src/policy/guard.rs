//! Which guardrails look at what, in which order, and how seriously they are taken.

use std::sync::Arc;
use std::time::Duration;

use super::pattern::Pattern;
use super::rule::Location;
use super::secret_text::SecretText;
use crate::guardrail::{Check, Operation, PathPattern, Phase, Strategy};

/// A guardrail of the manifest.
#[derive(Debug)]
pub struct Guard {
    /// Its name.
    pub name: Arc<str>,
    /// Where it is written.
    pub location: Location,
    /// What it is made of.
    pub means: Means,
    /// What it does about what it finds.
    pub operation: Operation,
    /// How seriously it is taken.
    pub strategy: Strategy,
    /// What the operator has to say to a model whose call is refused, or that gets no result.
    pub message: Option<Message>,
    /// The tools that it is about; all, if there are none. They are named as the server names them.
    pub tools: Vec<Pattern>,
    /// What it leaves alone.
    pub exempt: Vec<Exemption>,
}

/// What a guardrail is made of.
#[derive(Debug)]
pub enum Means {
    /// A check of Sluice's own.
    Check(Check),
    /// A service that is asked.
    External(Arc<External>),
}

/// A service that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct External {
    /// How it is asked.
    pub transport: Transport,
    /// How long it may take.
    pub timeout: Duration,
    /// How many questions it may have at once.
    pub max_in_flight: usize,
}

/// How a service is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transport {
    /// By gRPC (`proto/sluice/guardrail/v1`).
    Grpc {
        /// `unix:/path` or `http://host:port`.
        address: String,
    },
    /// By a POST of JSON.
    Http {
        /// Where to.
        url: String,
        /// With what it is signed, if it is.
        secret: Option<SecretText>,
    },
}

/// Places that a guardrail leaves alone.
#[derive(Debug, Clone)]
pub struct Exemption {
    /// Of these tools; of all, if there are none.
    pub tools: Vec<Pattern>,
    /// The places; the whole message, if there are none.
    pub paths: Vec<PathPattern>,
}

/// The operator's words, in which `{{guardrail_message}}` stands for what the guardrail says itself
/// and `{{failed_guardrails}}` for its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message(pub String);

impl Message {
    /// The words about this guardrail, which says this itself.
    #[must_use]
    pub fn fill(&self, guardrail: &str, says: &str) -> String {
        // What is filled in is not looked at again.
        let parts = self.0.split("{{guardrail_message}}");
        let filled: Vec<_> = parts
            .map(|part| part.replace("{{failed_guardrails}}", guardrail))
            .collect();
        filled.join(says)
    }
}

/// What a message is about, for guardrails that are not about everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About<'a> {
    /// A call of this tool, or what it came to. The name is the server's.
    Tool(&'a str),
    /// Something else than a tool: a prompt, a resource.
    Other,
    /// Nobody knows.
    Unknown,
}

impl<'a> About<'a> {
    /// The tool, if it is known to be one.
    #[must_use]
    pub fn tool(self) -> Option<&'a str> {
        match self {
            Self::Tool(tool) => Some(tool),
            Self::Other | Self::Unknown => None,
        }
    }
}

impl Guard {
    /// Whether it looks at a message about this. What nobody knows it looks at.
    fn is_about(&self, about: About<'_>) -> bool {
        self.tools.is_empty() || fits(&self.tools, about)
    }

    /// The places that it leaves alone; `None` if that is the whole message.
    #[must_use]
    pub fn exempt(&self, about: About<'_>) -> Option<Vec<PathPattern>> {
        let mut paths = Vec::new();
        for exemption in &self.exempt {
            // An exemption of some tools is none where nobody knows the tool.
            let holds = exemption.tools.is_empty()
                || about.tool().is_some_and(|tool| {
                    let mut tools = exemption.tools.iter();
                    tools.any(|pattern| pattern.matches(tool))
                });
            if holds && exemption.paths.is_empty() {
                return None;
            }
            if holds {
                paths.extend_from_slice(&exemption.paths);
            }
        }
        Some(paths)
    }
}

fn fits(tools: &[Pattern], about: About<'_>) -> bool {
    match about {
        About::Tool(tool) => tools.iter().any(|pattern| pattern.matches(tool)),
        About::Other => false,
        About::Unknown => true,
    }
}

/// The guardrails of a virtual server.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    call: Vec<Attached>,
    result: Vec<Attached>,
}

/// A guardrail, where it is attached.
#[derive(Debug, Clone)]
pub struct Attached {
    /// The guardrail.
    pub guard: Arc<Guard>,
    /// The tool whose metadata attaches it; else it is attached to a server or a virtual server.
    pub tool: Option<String>,
}

impl Guards {
    /// Guardrails in the order in which they look: before a call, and after it.
    #[must_use]
    pub fn new(call: Vec<Attached>, result: Vec<Attached>) -> Self {
        Self { call, result }
    }

    /// Those that look at a message about this, each once, in order.
    #[must_use]
    pub fn of(&self, phase: Phase, about: About<'_>) -> Vec<&Arc<Guard>> {
        let mut guards: Vec<&Arc<Guard>> = Vec::new();
        for Attached { guard, tool } in self.attached(phase) {
            let is_here = match (tool, about) {
                (None, _) | (Some(_), About::Unknown) => true,
                (Some(tool), About::Tool(called)) => tool == called,
                (Some(_), About::Other) => false,
            };
            let is_new = || !guards.iter().any(|earlier| Arc::ptr_eq(earlier, guard));
            if is_here && guard.is_about(about) && is_new() {
                guards.push(guard);
            }
        }
        guards
    }

    /// Whether what looks depends on the tool.
    #[must_use]
    pub fn differ(&self, phase: Phase) -> bool {
        let mut attached = self.attached(phase).iter();
        attached.any(|it| it.tool.is_some() || !it.guard.tools.is_empty())
    }

    /// All that are attached for a phase.
    #[must_use]
    pub fn attached(&self, phase: Phase) -> &[Attached] {
        match phase {
            Phase::Call => &self.call,
            Phase::Result => &self.result,
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.call.is_empty() && self.result.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(name: &str, tools: &[&str], exempt: Vec<Exemption>) -> Arc<Guard> {
        Arc::new(Guard {
            name: name.into(),
            location: Location {
                file: "m.yaml".into(),
                line: 1,
                column: 1,
            },
            means: Means::External(Arc::new(External {
                transport: Transport::Grpc {
                    address: "unix:/x".to_owned(),
                },
                timeout: Duration::from_secs(1),
                max_in_flight: 1,
            })),
            operation: Operation::Validate,
            strategy: Strategy::Enforce,
            message: None,
            tools: patterns(tools),
            exempt,
        })
    }

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        let compiled = texts.iter().map(|text| Pattern::name(text).unwrap());
        compiled.collect()
    }

    #[test]
    fn each_looks_once_and_in_order_at_what_it_is_about() {
        let (all, some) = (guard("all", &[], vec![]), guard("some", &["get_*"], vec![]));
        let one = guard("one", &[], vec![]);
        let attached = |guard: &Arc<Guard>, tool: Option<&str>| Attached {
            guard: Arc::clone(guard),
            tool: tool.map(str::to_owned),
        };
        let guards = Guards::new(
            vec![
                attached(&some, None),
                attached(&all, None),
                attached(&one, Some("get_one")),
                attached(&all, Some("get_one")),
            ],
            vec![],
        );
        for (about, expected) in [
            (About::Tool("get_one"), vec!["some", "all", "one"]),
            (About::Tool("get_two"), vec!["some", "all"]),
            (About::Tool("set"), vec!["all"]),
            (About::Other, vec!["all"]),
            (About::Unknown, vec!["some", "all", "one"]),
        ] {
            let found = guards.of(Phase::Call, about);
            let names: Vec<_> = found.iter().map(|guard| &*guard.name).collect();
            assert_eq!(names, expected, "{about:?}");
            assert!(guards.of(Phase::Result, about).is_empty());
        }
    }

    #[test]
    fn exemptions_of_tools_hold_for_these_only() {
        let path = |text| PathPattern::parse(text).unwrap();
        let guard = guard(
            "g",
            &[],
            vec![
                Exemption {
                    tools: vec![],
                    paths: vec![path("a")],
                },
                Exemption {
                    tools: patterns(&["t"]),
                    paths: vec![path("b")],
                },
                Exemption {
                    tools: patterns(&["u"]),
                    paths: vec![],
                },
            ],
        );
        for (about, expected) in [
            (About::Tool("t"), Some(vec![path("a"), path("b")])),
            (About::Tool("u"), None),
            (About::Tool("v"), Some(vec![path("a")])),
            (About::Unknown, Some(vec![path("a")])),
        ] {
            assert_eq!(guard.exempt(about), expected, "{about:?}");
        }
    }

    #[test]
    fn words_are_filled_in_once() {
        let message = Message("No: {{guardrail_message}} ({{failed_guardrails}}).".to_owned());
        let filled = message.fill("g", "{{failed_guardrails}} {{guardrail_message}}");
        assert_eq!(
            filled,
            "No: {{failed_guardrails}} {{guardrail_message}} (g)."
        );
    }
}
