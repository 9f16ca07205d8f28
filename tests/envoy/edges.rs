//! The edges of HTTP: what else can be sent than what a well-behaved client sends, and what of it
//! reaches the MCP server.

mod cors;
mod sizes;
pub(crate) mod wire;

mod early;
mod encodings;
mod framing;
mod headers;
mod http2;
mod leaving;
mod methods;
mod paths;
mod pieces;
