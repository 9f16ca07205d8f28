//! The exchange, driven by any sequence of events: what goes on names nothing that is hidden.

mod oracle;
mod script;

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use sluice::exchange::{BodyEdit, Event, Exchange, HeaderEdits, Reply};
use sluice::manifest;
use sluice::policy::{Policy, View};
use sluice::seal::Keys;

use crate::reader::{self, Lines, Read};
use oracle::Server;
use script::{Script, Step};

/// What it enables [`Server`] says once more, in other words.
const MANIFEST: &str = include_str!("exchange/sluice.yaml");

static POLICY: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    let loaded = manifest::load("sluice.yaml", MANIFEST);
    let loaded = loaded.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let keys = Arc::new(Keys::new([[9; 32]]).expect("a key"));
    Arc::new(loaded.policy.with_seal_keys(&keys))
});

/// A session of HTTP+SSE, as a client has it.
static SESSION: LazyLock<String> = LazyLock::new(|| {
    let server = POLICY.virtual_server("scope").expect("the virtual server");
    let view = View::anonymous(Arc::clone(server));
    let ids = view.session_ids().expect("keys");
    ids.seal("1").expect("a short id")
});

/// Checks all that must hold of an exchange; [`Script`] says how its events are written.
///
/// # Panics
///
/// Panics if something does not hold.
pub fn check(data: &[u8]) {
    let script = Script::read(data);
    let run = Run::of(&script);
    run.check();
    let joined = script.joined();
    if joined != script {
        let whole = Run::of(&joined);
        whole.check();
        if run.is_events && whole.is_events && !run.over && !whole.over {
            assert_eq!(run.events(Lines::Standard), whole.events(Lines::Standard));
        }
    }
}

/// What became of an exchange.
#[derive(Debug, Default)]
struct Run {
    /// What the client may see, once the head of its request has gone on.
    server: Option<Server>,
    /// Whether the response is the stream of HTTP+SSE.
    is_http_sse: bool,
    /// Whether the whole request has gone on.
    forwarded: bool,
    /// The body of the request, as the upstream has it.
    uplink: Option<Vec<u8>>,
    /// Whether the client takes the response for a stream of events.
    is_events: bool,
    /// The body of the response, as the client has it.
    downlink: Vec<u8>,
    /// Whether the exchange was refused or cut.
    over: bool,
}

impl Run {
    fn of(script: &Script) -> Self {
        let mut run = Self::default();
        let mut exchange = Exchange::new(Arc::clone(&POLICY), script.route.clone());
        for step in &script.steps {
            // One event, one reply: the type says so.
            let (next, answer) = exchange.handle(event(step));
            exchange = next;
            match answer.reply {
                Reply::Continue { headers, body } => {
                    assert!(!run.over, "something goes on after the end: {step:?}");
                    run.goes_on(script, step, &headers, body);
                }
                Reply::Refuse(refusal) => {
                    assert!((200..600).contains(&refusal.status()));
                    let body = refusal.body();
                    assert!(
                        body.is_empty() || serde_json::from_str::<serde_json::Value>(&body).is_ok()
                    );
                    assert!(run.downlink.is_empty(), "refused under way");
                    run.over = true;
                }
                Reply::Abort(_) => run.over = true,
                Reply::Answer(_) | Reply::Ask(_) => panic!("nothing is asked of this manifest"),
            }
        }
        run
    }

    /// Notes what goes on of one event.
    fn goes_on(&mut self, script: &Script, step: &Step, edits: &HeaderEdits, body: BodyEdit) {
        let edited = |bytes: &[u8]| match body {
            BodyEdit::Keep => bytes.to_vec(),
            BodyEdit::Replace(body) => body.to_vec(),
        };
        match step {
            Step::RequestHeaders(lines, _) => {
                self.server = Server::of(script.route.as_deref(), lines);
                assert!(
                    self.server.is_some(),
                    "no virtual server, and yet it goes on"
                );
                let is_stream =
                    |(name, value): &script::Line| name == ":path" && value.ends_with(b"/sse");
                self.is_http_sse = lines.iter().any(is_stream);
                let is_post = lines
                    .iter()
                    .any(|(name, value)| name == ":method" && value == b"POST");
                self.forwarded = !is_post;
            }
            Step::RequestBody(bytes) => {
                self.uplink = Some(edited(bytes));
                self.forwarded = true;
            }
            Step::ResponseHeaders(lines, _) => {
                let set = edits.set.iter().find(|(name, _)| *name == "content-type");
                let sent = lines.iter().find(|(name, _)| name == "content-type");
                let value = set
                    .map(|(_, value)| value.as_bytes())
                    .or(sent.map(|(_, value)| value.as_slice()));
                self.is_events = value.is_some_and(|value| value.starts_with(b"text/event-stream"));
            }
            Step::ResponseBody(bytes, _) => self.downlink.extend(edited(bytes)),
            Step::RequestTrailers | Step::ResponseTrailers => {}
        }
    }

    /// Nothing that is hidden was asked of the upstream or shown to the client.
    fn check(&self) {
        // A response to what has not gone on is Envoy's own.
        let (Some(server), true) = (&self.server, self.forwarded) else {
            assert_eq!(self.uplink, None);
            return;
        };
        if let Some(body) = &self.uplink {
            server.check_uplink(body);
        }
        if !self.is_events {
            server.check_downlink(&self.downlink);
            return;
        }
        for lines in Lines::ALL {
            let events = self.events(lines);
            events.iter().for_each(|event| self.check_type(event));
            let data = events.iter().filter_map(|event| event.data.as_deref());
            let answers: usize = data
                .map(|data| server.check_downlink(data.as_bytes()))
                .sum();
            if let Some(requests) = self.uplink.as_deref().map(oracle::requests) {
                assert!(
                    answers <= requests,
                    "{answers} answers to {requests} requests"
                );
            }
        }
    }

    /// An event is a message, or tells where the virtual server takes messages.
    fn check_type(&self, event: &Read) {
        match event.event.as_deref() {
            None | Some("message") => {}
            Some("endpoint") => {
                assert!(self.is_http_sse);
                let endpoint = event.data.as_deref().unwrap_or_default();
                assert!(endpoint.starts_with("/mcp/scope/messages?"), "{endpoint}");
            }
            Some(other) => panic!("an event of type {other}"),
        }
    }

    fn events(&self, lines: Lines) -> Vec<Read> {
        reader::events(&self.downlink, lines)
    }
}

fn event(step: &Step) -> Event<'_> {
    match step {
        Step::RequestHeaders(lines, end_of_stream) => Event::RequestHeaders {
            headers: script::headers(lines),
            end_of_stream: *end_of_stream,
        },
        Step::RequestBody(body) => Event::RequestBody(Bytes::copy_from_slice(body)),
        Step::RequestTrailers => Event::RequestTrailers,
        Step::ResponseHeaders(lines, end_of_stream) => Event::ResponseHeaders {
            headers: script::headers(lines),
            end_of_stream: *end_of_stream,
        },
        Step::ResponseBody(chunk, end_of_stream) => Event::ResponseBody {
            chunk: Bytes::copy_from_slice(chunk),
            end_of_stream: *end_of_stream,
        },
        Step::ResponseTrailers => Event::ResponseTrailers,
    }
}
