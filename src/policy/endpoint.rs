//! Where a virtual server answers, and for which transport.

/// What of a virtual server a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// The one endpoint of streamable HTTP.
    Streamable,
    /// The stream of HTTP+SSE, on which all that the server sends comes.
    EventStream,
    /// Where clients of HTTP+SSE post what they send.
    Messages,
}

/// The endpoints of the transport HTTP+SSE (MCP 2024-11-05, "HTTP with SSE"), as clients see them:
/// paths without a query, compared as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSse {
    /// Where the stream is opened.
    pub path: String,
    /// Where messages are posted. What the server announces in its place is not passed on.
    pub messages: String,
}

impl HttpSse {
    /// Which of the endpoints is at `path`, if one is.
    pub(super) fn endpoint(&self, path: &str) -> Option<Endpoint> {
        if path == self.path {
            Some(Endpoint::EventStream)
        } else if path == self.messages {
            Some(Endpoint::Messages)
        } else {
            None
        }
    }
}
