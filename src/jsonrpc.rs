//! JSON-RPC 2.0 messages, as strictly as MCP needs them.
//!
//! Servers disagree about messages that are almost right: some run a request that also carries a
//! `result`, some take an id of `true` for a notification. A message that two readers can
//! understand differently is therefore not a message here.

pub mod code;
pub mod id;
pub mod message;

pub use id::{InvalidId, RequestId};
pub use message::{Invalid, Message, Notification, Outcome, Request, Response};
