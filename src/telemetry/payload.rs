//! What calls carried, for whoever collects spans: redacted, and no more than the manifest allows.
//!
//! It is looked for when the exchange is over, in the bytes that were kept of it. What can't be read, or
//! is longer than what is kept, can't be redacted, and is not told.

use opentelemetry::KeyValue;

use super::bodies::{Kept, Wanted};
use super::cover::Cover;
use super::record::{Message, Record};
use crate::json::{Document, Limits, Value};
use crate::jsonrpc::RequestId;
use crate::mcp::sse::{Decoder, Item};
use crate::policy::{TargetKind, VirtualServer};

/// How much of a body is kept to look into it. What is longer is not told at all.
const KEPT: usize = 64 << 10;

/// What bodies are read with: they have been read before, with the limits of the manifest.
const LIMITS: Limits = Limits {
    depth: 128,
    number_digits: 1024,
    lone_surrogates: crate::json::LoneSurrogates::Refuse,
};

/// What stands in the place of what could not be redacted.
const LEFT_OUT: &str = "[left out: too long to be redacted]";

/// What is wanted of exchanges for a virtual server.
pub(super) fn wanted(server: &VirtualServer) -> Wanted {
    let payloads = server.payloads();
    let kept = |wanted| if wanted { KEPT } else { 0 };
    Wanted {
        request: kept(payloads.arguments),
        response: kept(payloads.results),
        heads: false,
    }
}

/// Finds what calls carried, and redacts it.
#[derive(Debug, Default)]
pub(super) struct Payloads {
    cover: Cover,
}

impl Payloads {
    /// What the span of a message tells of what it carried.
    pub(super) fn of(&self, record: &Record, message: &Message) -> Vec<KeyValue> {
        let (Some(server), true) = (&record.virtual_server, is_call(message)) else {
            return Vec::new();
        };
        let wanted = server.payloads();
        let id = message.asked.id.as_deref();
        let bodies = &record.bodies;
        let arguments = wanted.arguments.then(|| {
            self.told(&bodies.request, server, wanted.most, &|root| {
                arguments(root, id)
            })
        });
        let result = wanted.results.then(|| {
            self.told(&bodies.response_sent, server, wanted.most, &|root| {
                result(root, id)
            })
        });
        let arguments = arguments.flatten();
        let arguments = arguments.map(|it| KeyValue::new("gen_ai.tool.call.arguments", it));
        let result = result.flatten();
        let result = result.map(|it| KeyValue::new("gen_ai.tool.call.result", it));
        arguments.into_iter().chain(result).collect()
    }

    /// What is told of a body: what `find` finds in it.
    fn told(
        &self,
        body: &Kept,
        server: &VirtualServer,
        most: usize,
        find: &dyn Fn(Value<'_>) -> Option<String>,
    ) -> Option<String> {
        let found = messages(&body.whole()).into_iter().find_map(|text| {
            let document = Document::parse(text.as_bytes(), &LIMITS).ok()?;
            find(document.root())
        });
        match found {
            Some(json) => Some(cut(self.cover.cover(&json, server), most)),
            None => body.is_cut.then(|| LEFT_OUT.to_owned()),
        }
    }
}

fn is_call(message: &Message) -> bool {
    message.asked.method == Some("tools/call") && message.asked.kind == Some(TargetKind::Tool)
}

/// The messages in a body, be it JSON or events.
fn messages(body: &[u8]) -> Vec<String> {
    let is_json = body.trim_ascii_start().first();
    if is_json.is_some_and(|first| matches!(first, b'{' | b'[')) {
        return String::from_utf8(body.to_vec()).into_iter().collect();
    }
    let (mut decoder, mut items) = (Decoder::new(KEPT), Vec::new());
    // What was read before an event that is too long stays.
    let _failed = decoder.push(body, &mut items).is_err();
    let data = items.into_iter().filter_map(|item| match item {
        Item::Event(event) => String::from_utf8(event.data?).ok(),
        Item::Comment => None,
    });
    data.collect()
}

/// The message of this id: the root, or one of a batch.
fn message<'d>(root: Value<'d>, id: Option<&str>) -> Option<Value<'d>> {
    let is_it = |message: &Value<'d>| {
        let read = message
            .get("id")
            .and_then(|id| RequestId::read(id, KEPT).ok());
        read.as_ref().map(RequestId::as_text) == id
    };
    if root.is_array() {
        return root.elements().find(is_it);
    }
    Some(root).filter(is_it)
}

fn arguments(root: Value<'_>, id: Option<&str>) -> Option<String> {
    let arguments = message(root, id)?.get("params")?.get("arguments")?;
    Some(arguments.raw().to_owned())
}

fn result(root: Value<'_>, id: Option<&str>) -> Option<String> {
    Some(message(root, id)?.get("result")?.raw().to_owned())
}

/// No more than so many bytes of a text, and how many there were.
fn cut(mut text: String, most: usize) -> String {
    let length = text.len();
    if length > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(&format!("… [{length} bytes]"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        assert_eq!(cut("abc".to_owned(), 3), "abc");
        assert_eq!(cut("aéé".to_owned(), 4), "aé… [5 bytes]");
    }

    #[test]
    fn a_message_is_found_by_its_id_in_json_batches_and_events() {
        let rows: &[(&str, Option<&str>)] = &[
            (r#"{"id":1,"result":{"a":1}}"#, Some(r#"{"a":1}"#)),
            (r#"{"id":"1","result":{"a":1}}"#, Some(r#"{"a":1}"#)),
            (
                r#"[{"id":2,"result":{}},{"id":1,"result":{"b":1}}]"#,
                Some(r#"{"b":1}"#),
            ),
            (
                "data: {\"method\":\"x\"}\n\n:\n\ndata: {\"id\":1,\"result\":[]}\n\n",
                Some("[]"),
            ),
            (r#"{"id":1,"error":{}}"#, None),
            (r#"{"id":3,"result":{}}"#, None),
            (r#"{"result":{}}"#, None),
            (r#"{"id":1,"result":{"#, None),
            ("", None),
        ];
        for (body, expected) in rows {
            let found = messages(body.as_bytes()).into_iter().find_map(|text| {
                let document = Document::parse(text.as_bytes(), &LIMITS).ok()?;
                result(document.root(), Some("1"))
            });
            assert_eq!(found.as_deref(), *expected, "{body}");
        }
    }
}
