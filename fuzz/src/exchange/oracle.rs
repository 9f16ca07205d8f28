//! What may go on, told from what `serde_json` reads and from no code of Sluice's.

use serde_json::Value;

use super::script::Line;

/// A virtual server of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    Scope,
    Batches,
    Routed,
    Modern,
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tool,
    Prompt,
    Resource,
    /// Nothing of the kind is ever enabled.
    Other,
}

/// Members of a result that hold lists, and the member that names an entry.
const LISTS: [(&str, &str, Kind); 6] = [
    ("tools", "name", Kind::Tool),
    ("prompts", "name", Kind::Prompt),
    ("resources", "uri", Kind::Resource),
    ("resourcetemplates", "uritemplate", Kind::Resource),
    ("tasks", "taskid", Kind::Other),
    ("skills", "uri", Kind::Other),
];

impl Server {
    /// The virtual server that a request is for.
    pub(super) fn of(route: Option<&str>, lines: &[Line]) -> Option<Self> {
        if let Some(route) = route {
            return (route == "routed").then_some(Self::Routed);
        }
        let path = lines.iter().find(|(name, _)| name == ":path")?;
        match path.1.split(|byte| *byte == b'?').next()? {
            b"/mcp/scope" | b"/mcp/scope/sse" | b"/mcp/scope/messages" => Some(Self::Scope),
            b"/mcp/batches" => Some(Self::Batches),
            b"/mcp/modern" => Some(Self::Modern),
            _ => None,
        }
    }

    /// Whether the manifest may enable it. Of resources it knows less than the manifest.
    fn allows(self, kind: Kind, name: &str) -> bool {
        let reads = name.starts_with("get_");
        let says = reads || name.starts_with("search_") || ["count_to", "say"].contains(&name);
        match (self, kind) {
            (_, Kind::Other) => false,
            (Self::Scope, Kind::Tool) => {
                name != "get_secret" && (says || ["ask_model", "ask_user"].contains(&name))
            }
            (Self::Scope, Kind::Prompt) => name == "summarize",
            (Self::Scope, Kind::Resource) => name.starts_with("repo://"),
            (Self::Batches, Kind::Tool) => says,
            (Self::Modern, Kind::Tool) => reads,
            (Self::Batches | Self::Modern, Kind::Prompt | Kind::Resource) => false,
            (Self::Routed, Kind::Tool) => name != "delete_repo",
            (Self::Routed, Kind::Prompt) => name != "clean_up",
            (Self::Routed, Kind::Resource) => !name.to_ascii_lowercase().starts_with("secret://"),
        }
    }

    /// What the upstream gets is one message, or a batch where these are taken, and asks for
    /// nothing that is hidden.
    pub(super) fn check_uplink(self, body: &[u8]) {
        let body: Value = serde_json::from_slice(body).expect("only JSON goes on");
        if let Value::Array(messages) = &body {
            assert_eq!(self, Self::Batches, "a batch");
            assert!(!messages.is_empty());
            messages
                .iter()
                .for_each(|message| self.check_message(message));
        } else {
            self.check_message(&body);
        }
    }

    fn check_message(self, message: &Value) {
        assert!(message.is_object());
        for method in members(message, "method") {
            let params: Vec<&Value> = members(message, "params").collect();
            let named = |kind, key| {
                assert!(!params.is_empty(), "nothing is named");
                for params in &params {
                    self.check_names(kind, params, key);
                }
            };
            match method.as_str().expect("a method") {
                "tools/call" => named(Kind::Tool, "name"),
                "prompts/get" => named(Kind::Prompt, "name"),
                "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                    named(Kind::Resource, "uri");
                }
                "completion/complete" => {
                    for reference in params.iter().flat_map(|params| members(params, "ref")) {
                        self.check_reference(reference);
                    }
                }
                method => assert!(!method.starts_with("tasks/"), "{method}"),
            }
            for params in params {
                let filters = members(params, "notifications");
                for uris in filters.flat_map(|f| members(f, "resourcesubscriptions")) {
                    for uri in uris.as_array().into_iter().flatten() {
                        let uri = uri.as_str().expect("a URI");
                        assert!(self.allows(Kind::Resource, uri), "{uri}");
                    }
                }
                for responses in members(params, "inputresponses") {
                    let responses = responses.as_object().into_iter().flatten();
                    responses.for_each(|(_, response)| self.check_sampled(response));
                }
            }
        }
        for result in members(message, "result") {
            self.check_sampled(result);
        }
    }

    fn check_reference(self, reference: &Value) {
        for kind in members(reference, "type") {
            match kind.as_str() {
                Some("ref/prompt") => self.check_names(Kind::Prompt, reference, "name"),
                Some("ref/resource") => self.check_names(Kind::Resource, reference, "uri"),
                _ => panic!("a reference to {kind}"),
            }
        }
    }

    /// A sampled message, which the server acts upon, uses no tool that is hidden.
    fn check_sampled(self, sampled: &Value) {
        for content in members(sampled, "content") {
            let blocks = content
                .as_array()
                .map_or(std::slice::from_ref(content), Vec::as_slice);
            for block in blocks {
                if members(block, "type").any(|kind| kind == "tool_use") {
                    self.check_names(Kind::Tool, block, "name");
                }
            }
        }
    }

    /// Every member of `object` that some reader takes for `key` names something enabled, and
    /// there is one.
    fn check_names(self, kind: Kind, object: &Value, key: &str) {
        assert!(members(object, key).next().is_some(), "nothing is named");
        for name in members(object, key) {
            let name = name.as_str().expect("a name");
            assert!(self.allows(kind, name), "{name} goes on");
        }
    }

    /// What the client gets lists nothing that is hidden. Tells how many answers it holds.
    pub(super) fn check_downlink(self, bytes: &[u8]) -> usize {
        // Some clients take the first value of several.
        let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
        let Some(Ok(first)) = values.next() else {
            return 0;
        };
        let messages = first
            .as_array()
            .map_or(std::slice::from_ref(&first), Vec::as_slice);
        for result in messages
            .iter()
            .flat_map(|message| members(message, "result"))
        {
            for (list, key, kind) in LISTS {
                for entry in members(result, list)
                    .flat_map(|list| list.as_array())
                    .flatten()
                {
                    self.check_names(kind, entry, key);
                }
            }
            assert_eq!(members(result, "task").next(), None, "a task");
        }
        let is_answer =
            |message: &&Value| message.get("result").is_some() || message.get("error").is_some();
        messages.iter().filter(is_answer).count()
    }
}

/// How many requests a body holds.
pub(super) fn requests(body: &[u8]) -> usize {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return 0;
    };
    let messages = body
        .as_array()
        .map_or(std::slice::from_ref(&body), Vec::as_slice);
    let is_request =
        |message: &&Value| message.get("method").is_some() && message.get("id").is_some();
    messages.iter().filter(is_request).count()
}

/// The members of `object` whose key is `key`, but for case. `key` is in lower case.
fn members<'v>(object: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(move |(name, _)| name.to_lowercase() == key)
        .map(|(_, value)| value)
}
