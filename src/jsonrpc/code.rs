//! Error codes of JSON-RPC 2.0 (section 5.1).

/// The body is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The JSON is not one valid message.
pub const INVALID_REQUEST: i64 = -32600;
/// The method does not exist, or is not available.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters are not what the method takes; in MCP also an unknown tool or prompt.
pub const INVALID_PARAMS: i64 = -32602;
/// Something went wrong on the answering side.
pub const INTERNAL_ERROR: i64 = -32603;
