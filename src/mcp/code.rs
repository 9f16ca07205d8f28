//! Error codes that MCP adds to those of JSON-RPC.

/// A mirrored header is missing, malformed or at odds with the body (MCP 2026-07-28).
pub const HEADER_MISMATCH: i64 = -32020;
/// The client has not declared what the method needs (MCP 2026-07-28).
pub const MISSING_CLIENT_CAPABILITY: i64 = -32021;
/// The protocol version is not supported (MCP 2026-07-28).
pub const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32022;
/// The resource does not exist (MCP before 2026-07-28; since then it is `INVALID_PARAMS`).
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// The session does not exist, in the words of the SDKs; the specification says it by HTTP 404.
pub const SESSION_NOT_FOUND: i64 = -32001;
