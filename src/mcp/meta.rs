//! Keys of `_meta`, and the extensions that capabilities name.

/// The version of a request (MCP 2026-07-28, required).
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The capabilities of the client (MCP 2026-07-28, required).
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// The level from which a request's stream carries log messages (MCP 2026-07-28).
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
/// Who the server is (MCP 2026-07-28, on results).
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// Ties a message to a task (MCP 2025-11-25).
pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
/// Free text for the model while a task runs (MCP 2025-11-25).
pub const MODEL_IMMEDIATE_RESPONSE: &str = "io.modelcontextprotocol/model-immediate-response";
/// W3C baggage (SEP-414): carries whatever the caller's other systems put there.
pub const BAGGAGE: &str = "baggage";

/// The context of the trace that a message belongs to (SEP-414, W3C Trace Context).
pub const TRACE_PARENT: &str = "traceparent";
/// What systems on the way say of that trace (SEP-414, W3C Trace Context).
pub const TRACE_STATE: &str = "tracestate";

/// MCP Apps always pass: what they call, they call as any client does.
pub const EXTENSION_UI: &str = "io.modelcontextprotocol/ui";
/// Skills (SEP-2640), where a virtual server enables any.
pub const EXTENSION_SKILLS: &str = "io.modelcontextprotocol/skills";
/// Tasks (SEP-2663, since MCP 2026-07-28), where a virtual server lets them pass.
pub const EXTENSION_TASKS: &str = "io.modelcontextprotocol/tasks";
