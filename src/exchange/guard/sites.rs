//! Where guardrails look: at the arguments of calls, and at the messages of servers.

use std::sync::Arc;

use super::{Guarding, Stage};
use crate::exchange::scope::{Pending, Scope};
use crate::guardrail::{Phase, Segment};
use crate::json::{Document, Splice, Value};
use crate::jsonrpc::RequestId;
use crate::mcp::{ClientMethod, ProtocolVersion};
use crate::policy::guard::About;
use crate::policy::{Limits, Target, View};

/// A place that guardrails look at.
#[derive(Debug)]
pub(super) struct Site {
    /// The way to it from the root: to an object of arguments, or to a message of the server.
    pub(super) path: Vec<Segment<'static>>,
    /// The method of the message, if it has one, or of the request that it answers.
    pub(super) method: String,
    /// Whether whoever waits for the message, or for its answer, has called a tool.
    pub(super) answers_call: bool,
    about: OwnedAbout,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnedAbout {
    Tool(String),
    Other,
    Unknown,
}

impl Site {
    /// What it is about.
    pub(super) fn about(&self) -> About<'_> {
        match &self.about {
            OwnedAbout::Tool(tool) => About::Tool(tool),
            OwnedAbout::Other => About::Other,
            OwnedAbout::Unknown => About::Unknown,
        }
    }

    /// Which message of a batch it belongs to.
    pub(super) fn index(&self) -> Option<usize> {
        match self.path.first() {
            Some(Segment::Index(index)) => Some(*index),
            Some(Segment::Key(_) | Segment::Inside) | None => None,
        }
    }
}

/// The value at the end of a way.
pub(super) fn resolve<'d>(root: Value<'d>, path: &[Segment<'_>]) -> Option<Value<'d>> {
    path.iter().try_fold(root, |value, segment| match segment {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => value.elements().nth(*index),
        Segment::Inside => None,
    })
}

impl Guarding {
    /// The body of a request that may go on, if a guardrail has to look at it.
    pub(in crate::exchange) fn calls(
        view: &Arc<View>,
        version: ProtocolVersion,
        limits: &Limits,
        (text, is_restored): (&str, bool),
    ) -> Option<Self> {
        if view.guards().attached(Phase::Call).is_empty() {
            return None;
        }
        let document = Document::parse(text.as_bytes(), &limits.json).ok()?;
        let mut finder = Finder {
            view,
            splice: Splice::new(document.source()),
            sites: Vec::new(),
        };
        let root = document.root();
        finder.message(root, &mut Vec::new());
        for (index, element) in root.elements().enumerate() {
            finder.message(element, &mut vec![Segment::Index(index)]);
        }
        let Finder { splice, sites, .. } = finder;
        let stages = stages(view, Phase::Call, sites);
        if stages.is_empty() {
            return None;
        }
        let is_changed = !splice.is_empty();
        Some(Self {
            view: Arc::clone(view),
            version,
            phase: Phase::Call,
            limits: limits.json,
            id_bytes: limits.id_bytes,
            max_bytes: limits.request_bytes,
            text: if is_changed {
                splice.finish()
            } else {
                text.to_owned()
            },
            is_changed,
            is_dropped: false,
            has_gaps: false,
            is_restored,
            is_owed: false,
            stages: stages.into(),
            occurrences: Vec::new(),
        })
    }

    /// What a server says, if a guardrail has to look at it.
    pub(in crate::exchange) fn results(scope: &Scope, limits: &Limits, text: &str) -> Option<Self> {
        let view = &scope.server;
        if view.guards().attached(Phase::Result).is_empty() {
            return None;
        }
        let document = Document::parse(text.as_bytes(), &limits.downlink_json()).ok()?;
        let root = document.root();
        let mut sites = Vec::new();
        if root.is_array() {
            for (index, element) in root.elements().enumerate() {
                let path = vec![Segment::Index(index)];
                sites.push(site_of_message(scope, limits, element, path));
            }
        } else {
            sites.push(site_of_message(scope, limits, root, Vec::new()));
        }
        let stages = stages(view, Phase::Result, sites);
        (!stages.is_empty()).then(|| Self {
            view: Arc::clone(view),
            version: scope.version,
            phase: Phase::Result,
            limits: limits.downlink_json(),
            id_bytes: limits.id_bytes,
            max_bytes: limits.response_bytes,
            text: text.to_owned(),
            is_changed: false,
            is_dropped: false,
            has_gaps: false,
            is_restored: false,
            is_owed: scope.is_owed(),
            stages: stages.into(),
            occurrences: Vec::new(),
        })
    }
}

/// Who looks at these places, in order.
fn stages(view: &View, phase: Phase, sites: Vec<Site>) -> Vec<Stage> {
    let mut stages = Vec::new();
    for site in sites {
        let site = Arc::new(site);
        for guard in view.guards().of(phase, site.about()) {
            stages.push(Stage {
                site: Arc::clone(&site),
                guard: Arc::clone(guard),
            });
        }
    }
    stages
}

/// Finds the arguments of calls in messages of the client: of `tools/call`, and of the tools that a
/// sampled message names, which the server runs. Where there are none, it writes empty ones, for
/// guardrails that set some.
struct Finder<'f, 'd> {
    view: &'f View,
    splice: Splice<'d>,
    sites: Vec<Site>,
}

impl<'d> Finder<'_, 'd> {
    fn message(&mut self, message: Value<'d>, path: &mut Vec<Segment<'static>>) {
        let method = message.get("method").and_then(Value::as_str);
        if let Some(params) = message.get("params") {
            path.push(Segment::Key("params".into()));
            if method.as_deref() == Some("tools/call") {
                self.call(params, "arguments", path);
            }
            if let Some(responses) = params.get("inputResponses") {
                path.push(Segment::Key("inputResponses".into()));
                for member in responses.members() {
                    path.push(Segment::Key(member.key().into_owned().into()));
                    self.sampled(member.value(), path);
                    path.pop();
                }
                path.pop();
            }
            path.pop();
        }
        if let Some(result) = message.get("result") {
            path.push(Segment::Key("result".into()));
            self.sampled(result, path);
            path.pop();
        }
    }

    /// A message of the client's model.
    fn sampled(&mut self, sampled: Value<'d>, path: &mut Vec<Segment<'static>>) {
        let Some(content) = sampled.get("content") else {
            return;
        };
        path.push(Segment::Key("content".into()));
        self.block(content, path);
        for (index, block) in content.elements().enumerate() {
            path.push(Segment::Index(index));
            self.block(block, path);
            path.pop();
        }
        path.pop();
    }

    fn block(&mut self, block: Value<'d>, path: &mut Vec<Segment<'static>>) {
        let kind = block.get("type").and_then(Value::as_str);
        if kind.as_deref() == Some("tool_use") {
            self.call(block, "input", path);
        }
    }

    /// A call, whose arguments are the member `key` of `holder`.
    fn call(&mut self, holder: Value<'d>, key: &'static str, path: &[Segment<'static>]) {
        let Some(tool) = holder.get("name").and_then(Value::as_str) else {
            return;
        };
        let guards = self.view.guards();
        if guards.of(Phase::Call, About::Tool(&tool)).is_empty() {
            return;
        }
        if !holder.get(key).is_some_and(Value::is_object) {
            self.splice.insert_member(holder, key, "{}");
        }
        let mut path = path.to_vec();
        path.push(Segment::Key(key.into()));
        self.sites.push(Site {
            path,
            method: "tools/call".to_owned(),
            answers_call: key == "arguments",
            about: OwnedAbout::Tool(tool.into_owned()),
        });
    }
}

/// What a message of the server is about.
fn site_of_message(
    scope: &Scope,
    limits: &Limits,
    message: Value<'_>,
    path: Vec<Segment<'static>>,
) -> Site {
    let method = message.get("method").and_then(Value::as_str);
    let asked = match method {
        // Some servers send what belongs to one request on the stream of another.
        Some(_) if scope.server.guards().differ(Phase::Result) => None,
        Some(_) => only(&scope.pending),
        None => {
            let id = message.get("id");
            let id = id.and_then(|id| RequestId::read(id, limits.id_bytes).ok());
            let mut pending = scope.pending.iter();
            let by_id = id.and_then(|id| pending.find(|pending| id.matches(&pending.id)));
            by_id.or_else(|| only(&scope.pending))
        }
    };
    let about = match asked {
        None => OwnedAbout::Unknown,
        Some(pending) => match pending.named.as_ref().map(|named| named.target()) {
            Some(Target::Tool(tool)) => OwnedAbout::Tool(tool.to_owned()),
            Some(
                Target::Prompt(_)
                | Target::Resource(_)
                | Target::ResourceTemplate(_)
                | Target::Skill(_),
            ) => OwnedAbout::Other,
            // News of tasks are about tools that are not looked up here.
            None if !pending.tasks.is_empty() => OwnedAbout::Unknown,
            // What looks like the result of a tool may be one that is replayed.
            None if is_like_a_tools(message) => OwnedAbout::Unknown,
            None => OwnedAbout::Other,
        },
    };
    let of_request = || asked.map_or("", |pending| pending.method.as_str());
    let is_call = |pending: &Pending| pending.method == ClientMethod::ToolsCall;
    let waits = asked.or_else(|| only(&scope.pending));
    Site {
        path,
        answers_call: waits.is_some_and(is_call),
        method: method.map_or_else(|| of_request().to_owned(), |method| method.into_owned()),
        about,
    }
}

/// Whether a message holds what only tools answer.
fn is_like_a_tools(message: Value<'_>) -> bool {
    let result = message.get("result");
    let has = |key| result.and_then(|result| result.get(key)).is_some();
    has("content") || has("structuredContent")
}

fn only(pending: &[Pending]) -> Option<&Pending> {
    match pending {
        [only] => Some(only),
        [] | [_, _, ..] => None,
    }
}
