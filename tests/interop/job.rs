//! What clients are told to do, and what they say came of it. `tests/peers/*/jobs.*` is the other
//! side.

use std::time::Duration;

use serde_json::{Value, json};

/// A job for a client.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// Where the server is.
    pub(crate) url: String,
    /// What the client does there, in this order.
    pub(crate) steps: Vec<Value>,
    /// How long it waits for what comes of one step, if not as long as clients do by themselves.
    pub(crate) patience: Option<Duration>,
}

/// A list, to its end: of `tools`, `prompts`, `resources` or `resourceTemplates`.
pub(crate) fn list(what: &str) -> Value {
    json!({"do": "list", "what": what})
}

/// A call of a tool.
pub(crate) fn call(name: &str, arguments: Value) -> Value {
    json!({"do": "call", "name": name, "arguments": arguments})
}

/// A prompt.
pub(crate) fn prompt(name: &str, arguments: Value) -> Value {
    json!({"do": "prompt", "name": name, "arguments": arguments})
}

/// A resource.
pub(crate) fn read(uri: &str) -> Value {
    json!({"do": "read", "uri": uri})
}

/// A call of a tool that is given up after a while.
pub(crate) fn cancel(name: &str, arguments: Value) -> Value {
    json!({"do": "cancel", "name": name, "arguments": arguments, "after": 0.3})
}

/// What a client did.
#[derive(Debug, Clone)]
pub(crate) struct Report(Value);

impl Report {
    /// Of a line of a client's.
    ///
    /// # Errors
    /// When there was no session to do anything in: why.
    pub(crate) fn new(line: Value) -> Result<Self, String> {
        match line.get("failed") {
            Some(_) => Err(format!("no session: {line}")),
            None => Ok(Self(line)),
        }
    }

    /// The version of the protocol that was agreed on.
    pub(crate) fn version(&self) -> &str {
        self.0["version"].as_str().unwrap_or_default()
    }

    /// The instructions of the server, or null.
    pub(crate) fn instructions(&self) -> &Value {
        &self.0["instructions"]
    }

    /// What came of a step.
    pub(crate) fn step(&self, number: usize) -> &Value {
        &self.0["steps"][number]
    }

    /// What the server said and asked without being asked. Streams race with each other, so the
    /// order is none.
    pub(crate) fn heard(&self) -> Vec<&str> {
        let heard = self.0["heard"].as_array().into_iter().flatten();
        let mut heard: Vec<&str> = heard.filter_map(Value::as_str).collect();
        heard.sort_unstable();
        heard
    }
}
