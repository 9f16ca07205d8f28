//! What a framing is: an answer with a hidden tool in it, and what comes of it.

use std::sync::Arc;

use super::fake::{Asked, Frame, Framing, Wire, chunks, plain};
use crate::upstreams::HIDDEN;

/// What a client has in the end when Sluice is between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The list without what is hidden.
    Filtered,
    /// An error.
    Error,
    /// An error that Envoy makes, since the server can't be understood at all. It has no id, so a
    /// client that insists on one waits on.
    Unreachable,
    /// Whatever the client makes of it, but nothing that is hidden.
    Any,
    /// Before 2026-07-28, nothing, until the client is tired of waiting: it may come back for the
    /// answer, so the end of a stream is none. Since then, an error.
    Nothing,
}

/// A row.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) framing: Framing,
    pub(crate) end: End,
    /// What no client may get, byte for byte.
    pub(crate) secrets: Vec<String>,
}

pub(crate) const JSON: &str = "200 OK\r\ncontent-type: application/json";
pub(crate) const EVENTS: &str = "200 OK\r\ncontent-type: text/event-stream";
pub(crate) const LAST: &str = "0\r\n\r\n";

/// The entry of a tool.
fn tool(name: &str, description: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"{description}","inputSchema":{{"type":"object"}}}}"#
    )
}

pub(crate) fn hidden() -> String {
    tool("delete_repo", "HIDDEN-7f3a9c é 日 🦀")
}

pub(crate) fn allowed() -> String {
    tool("get_repo", "Gets a repository: é 日 🦀")
}

impl Asked {
    /// The members that a result of the version needs.
    fn extra(&self) -> &'static str {
        match self.is_modern {
            true => r#","resultType":"complete","ttlMs":0,"cacheScope":"private""#,
            false => "",
        }
    }

    /// An answer whose result has this member for its tools: the answer to a list, and to a call.
    pub(crate) fn answer(&self, tools: &str) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":{},"result":{{{tools},"content":[{{"type":"text","text":"done"}}]{}}}}}"#,
            self.id,
            self.extra()
        )
    }

    /// An answer with both tools.
    pub(crate) fn all(&self) -> String {
        self.answer(&format!(r#""tools":[{},{}]"#, allowed(), hidden()))
    }

    /// An answer with what is allowed only.
    pub(crate) fn safe(&self) -> String {
        self.answer(&format!(r#""tools":[{}]"#, allowed()))
    }

    /// Both tools, in an answer with another id.
    pub(crate) fn other(&self, id: &str) -> String {
        let other = Self {
            id: id.to_owned(),
            ..self.clone()
        };
        other.all()
    }
}

/// A notification that servers of every version send.
const NEWS: &str = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;

pub(crate) fn row(
    what: impl Into<String>,
    end: End,
    frame: impl Fn(&Asked) -> Wire + Send + Sync + 'static,
) -> Row {
    Row {
        what: what.into(),
        framing: Framing {
            answer: Arc::new(frame) as Frame,
            resumed: None,
        },
        end,
        secrets: vec![HIDDEN.to_owned(), "delete_repo".to_owned()],
    }
}

/// A stream of events: the text is made of `@all`, `@safe` and `@news`.
pub(crate) fn events(what: &str, end: End, text: &str) -> Row {
    let text = text.to_owned();
    row(what, end, move |asked| {
        let text = fill(asked, &text);
        chunks(EVENTS, [text.as_bytes()], LAST)
    })
}

/// A body of JSON, made in the same way.
pub(crate) fn json(what: &str, end: End, text: &str) -> Row {
    let text = text.to_owned();
    row(what, end, move |asked| plain(JSON, fill(asked, &text)))
}

/// A JSON answer whose result is made of this.
pub(crate) fn result(what: &str, end: End, tools: &str) -> Row {
    let tools = tools.to_owned();
    row(what, end, move |asked| {
        plain(JSON, asked.answer(&fill(asked, &tools)))
    })
}

/// Puts the answers and entries in the place of their names.
pub(crate) fn fill(asked: &Asked, text: &str) -> String {
    // The longer names first.
    text.replace("@allowed", &allowed())
        .replace("@all", &asked.all())
        .replace("@safe", &asked.safe())
        .replace("@news", NEWS)
        .replace("@other", &asked.other("\"another\""))
        .replace("@hidden", &hidden())
        .replace("@id", &asked.id)
        .replace("@extra", asked.extra())
}
