//! What a client does at `@modelcontextprotocol/server-everything`, which has a world of its own
//! and does not count what it executes.

use serde_json::json;

use crate::job::{call, cancel, list, prompt, read};
use crate::plan::{Expect, Plan, Proof, step};
use crate::upstreams::Feature;

const MANIFEST: &str = r#"
servers: {everything: {}}
virtual_servers:
  scope:
    match: {path: /mcp/scope}
    servers:
      - name: everything
        enabled_tools: [echo, get-sum, get-structured-content, get-tiny-image, "trigger-*"]
    enabled_prompts: ["*-prompt"]
    disabled_prompts: [completable-prompt, resource-prompt]
    enabled_resources: ["demo://resource/static/document/features.md"]
"#;

const TOOLS: &[&str] = &[
    "get-annotated-message",
    "get-env",
    "get-resource-links",
    "get-resource-reference",
    "get-roots-list",
    "gzip-file-as-resource",
    "simulate-research-query",
    "toggle-simulated-logging",
    "toggle-subscriber-updates",
];

const HIDDEN_RESOURCE: &str = "demo://resource/static/document/architecture.md";

const RESOURCES: &[&str] = &[
    HIDDEN_RESOURCE,
    "demo://resource/static/document/extension.md",
    "demo://resource/static/document/how-it-works.md",
    "demo://resource/static/document/instructions.md",
    "demo://resource/static/document/startup.md",
    "demo://resource/static/document/structure.md",
];

const TEMPLATES: &[&str] = &[
    "demo://resource/dynamic/text/{resourceId}",
    "demo://resource/dynamic/blob/{resourceId}",
];

const PROMPTS: &[&str] = &["completable-prompt", "resource-prompt"];

/// At server-everything.
pub(crate) fn everything() -> Plan {
    let without = Expect::Without;
    let refused = Expect::Refused;
    let long = |duration: f64| json!({"duration": duration, "steps": 4});
    let operation = "trigger-long-running-operation";
    Plan {
        manifest: MANIFEST,
        steps: vec![
            step("tools", list("tools"), without("name", TOOLS)),
            step("prompts", list("prompts"), without("name", PROMPTS)),
            step("resources", list("resources"), without("uri", RESOURCES)),
            step(
                "templates",
                list("resourceTemplates"),
                without("uriTemplate", TEMPLATES),
            ),
            step(
                "call",
                call("echo", json!({"message": "ñ 日本 🦀"})),
                Expect::Works,
            ),
            step(
                "call",
                call("get-sum", json!({"a": 1, "b": 2})),
                Expect::Works,
            ),
            step(
                "call",
                call("get-structured-content", json!({"location": "Chicago"})),
                Expect::Works,
            ),
            step("call", call("get-tiny-image", json!({})), Expect::Works),
            step(
                "failure",
                call("get-sum", json!({"a": "one"})),
                Expect::Same,
            ),
            step("progress", call(operation, long(0.2)), Expect::Works),
            step(
                "sampling",
                call("trigger-sampling-request", json!({"prompt": "Whether?"})),
                Expect::Same,
            ),
            step(
                "elicitation",
                call("trigger-elicitation-request", json!({})),
                Expect::Same,
            ),
            step(
                "hidden tool",
                call("get-env", json!({})),
                refused("Unknown tool: get-env"),
            ),
            step(
                "absent tool",
                call("no-such", json!({})),
                refused("Unknown tool: no-such"),
            ),
            step(
                "prompt",
                prompt("args-prompt", json!({"city": "Köln"})),
                Expect::Works,
            ),
            step(
                "hidden prompt",
                prompt("resource-prompt", json!({})),
                refused("resource-prompt"),
            ),
            step(
                "absent prompt",
                prompt("no-such", json!({})),
                refused("no-such"),
            ),
            step(
                "resource",
                read("demo://resource/static/document/features.md"),
                Expect::Works,
            ),
            step(
                "hidden resource",
                read(HIDDEN_RESOURCE),
                refused(HIDDEN_RESOURCE),
            ),
            step("absent resource", read("no://such"), refused("no://such")),
            step("cancellation", cancel(operation, long(30.0)), Expect::Works),
            step(
                "after it",
                call("echo", json!({"message": "still here"})),
                Expect::Works,
            ),
        ],
        forbidden: &["get-env", "resource-prompt", HIDDEN_RESOURCE],
        counted: &[],
        hidden: &[
            "helpful for debugging MCP server configuration",
            "Compresses a single file using gzip",
            "First argument choice narrows values",
            "Static document file exposed from /docs: architecture.md",
            "Plaintext dynamic resource fabricated",
        ],
        proofs: &[
            (Feature::Progress, Proof::Progress("progress", 4)),
            (Feature::Sampling, Proof::Heard("sampling: ")),
            (Feature::Elicitation, Proof::Heard("elicitation: ")),
        ],
        // It adds tools when it has seen what the client can, before or after the client listens.
        noise: &["tools changed"],
        resumed: (call(operation, long(0.4)), "\"progress\":3"),
        // The rest comes, of all streams of the session, but the answer is not in it.
        unresumed: &["rmcp-3.9.0-initialize"],
    }
}
