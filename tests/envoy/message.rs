//! Messages of MCP, and reading what comes back.

use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The versions that the tests speak: the last one with sessions, and the one without.
pub(crate) const LEGACY: &str = "2025-11-25";
/// See [`LEGACY`].
pub(crate) const MODERN: &str = "2026-07-28";

/// A request to a server that keeps no sessions, in a version before 2026-07-28.
pub(crate) fn legacy(id: impl Into<Value>, method: &str, params: Value) -> Value {
    let id: Value = id.into();
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

/// A call, in a version before 2026-07-28.
pub(crate) fn call(id: impl Into<Value>, tool: &str, arguments: Value) -> Value {
    legacy(
        id,
        "tools/call",
        json!({"name": tool, "arguments": arguments}),
    )
}

/// The same as `message`, in 2026-07-28.
pub(crate) fn modern(mut message: Value) -> Value {
    let meta = &mut message["params"]["_meta"];
    meta["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
    meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
    message
}

/// The headers that mirror a message of 2026-07-28.
pub(crate) fn mirrors(message: &Value) -> Vec<(&'static str, String)> {
    let method = message["method"].as_str().unwrap().to_owned();
    let mut headers = vec![
        ("mcp-protocol-version", MODERN.to_owned()),
        ("mcp-method", method),
    ];
    let params = &message["params"];
    if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
        headers.push(("mcp-name", name.to_owned()));
    }
    headers
}

/// The data of each event of a stream, comments and empty events left out.
pub(crate) fn events(stream: &str) -> Vec<String> {
    stream
        .split("\n\n")
        .map(|event| {
            let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
            let data = data.map(|data| data.strip_prefix(' ').unwrap_or(data));
            data.collect::<Vec<_>>().join("\n")
        })
        .filter(|data| !data.is_empty())
        .collect()
}

/// The text of the answer in a body, be it JSON or the last event of a stream.
pub(crate) fn answer_text(body: &str) -> String {
    if body.starts_with('{') {
        return body.to_owned();
    }
    let last = events(body).pop();
    last.unwrap_or_else(|| panic!("no answer in {body:?}"))
}

/// The answer in a body.
pub(crate) fn answer(body: &str) -> Value {
    let text = answer_text(body);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The entries of a list in the answer in a body, each as it is written there, by name.
pub(crate) fn entries(body: &str, list: &str) -> Vec<(String, String)> {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        result: std::collections::BTreeMap<String, &'a RawValue>,
    }
    let text = answer_text(body);
    let answer: Answer<'_> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let list: Vec<&RawValue> = serde_json::from_str(answer.result[list].get()).unwrap();
    let entry = |raw: &RawValue| {
        let value: Value = serde_json::from_str(raw.get()).unwrap();
        let name = ["name", "uri", "uriTemplate"].map(|key| value[key].as_str());
        // Resources have a `name` too, but it is their URI that names them.
        let name = name[1].or(name[2]).or(name[0]).unwrap().to_owned();
        (name, raw.get().to_owned())
    };
    list.into_iter().map(entry).collect()
}
