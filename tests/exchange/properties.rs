//! What holds for every order of events, and for every way in which a body is cut.

use bytes::Bytes;
use proptest::prelude::*;
use sluice::exchange::{Event, Exchange, Headers, Reply};

use super::driver::{policy, post};

#[derive(Debug, Clone)]
enum Step {
    RequestHeaders(&'static str, bool),
    RequestBody(Vec<u8>),
    RequestTrailers,
    ResponseHeaders(&'static str, &'static str, bool),
    ResponseBody(Vec<u8>, bool),
    ResponseTrailers,
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_vec()),
        Just(br#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"hidden"}]}}"#.to_vec()),
        Just(b"data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"hidden\"}]}}\n\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..64),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let verb = prop_oneof![Just("POST"), Just("GET"), Just("DELETE"), Just("OPTIONS")];
    let status = prop_oneof![Just("200"), Just("202"), Just("404"), Just("x")];
    let content = prop_oneof![
        Just("application/json"),
        Just("text/event-stream"),
        Just("text/html")
    ];
    prop_oneof![
        (verb, any::<bool>()).prop_map(|(verb, end)| Step::RequestHeaders(verb, end)),
        body().prop_map(Step::RequestBody),
        Just(Step::RequestTrailers),
        (status, content, any::<bool>()).prop_map(|(s, c, end)| Step::ResponseHeaders(s, c, end)),
        (body(), any::<bool>()).prop_map(|(body, end)| Step::ResponseBody(body, end)),
        Just(Step::ResponseTrailers),
    ]
}

/// A hidden name can only come out of what the exchange took for Envoy's own.
fn run(steps: Vec<Step>) -> bool {
    let mut exchange = Exchange::new(policy(), None);
    let mut leaked = false;
    let mut forwarded = false;
    for step in steps {
        let headers: Headers<'_>;
        let mut kept = Vec::new();
        let event = match &step {
            Step::RequestHeaders(verb, end_of_stream) => {
                headers = [
                    (":method", verb.as_bytes()),
                    (":path", b"/mcp/triage"),
                    ("content-type", b"application/json"),
                ]
                .into_iter()
                .collect();
                Event::RequestHeaders {
                    headers,
                    end_of_stream: *end_of_stream,
                }
            }
            Step::RequestBody(body) => Event::RequestBody(Bytes::from(body.clone())),
            Step::RequestTrailers => Event::RequestTrailers,
            Step::ResponseHeaders(status, content, end_of_stream) => {
                headers = [
                    (":status", status.as_bytes()),
                    ("content-type", content.as_bytes()),
                ]
                .into_iter()
                .collect();
                Event::ResponseHeaders {
                    headers,
                    end_of_stream: *end_of_stream,
                }
            }
            Step::ResponseBody(body, end_of_stream) => {
                kept.clone_from(body);
                Event::ResponseBody {
                    chunk: Bytes::from(body.clone()),
                    end_of_stream: *end_of_stream,
                }
            }
            Step::ResponseTrailers => Event::ResponseTrailers,
        };
        // A response that comes before the request has gone on is Envoy's own.
        let is_request = matches!(&step, Step::RequestBody(_))
            || matches!(&step, Step::RequestHeaders(verb, _) if *verb != "POST");
        // One event, one reply: the type says so, and no order of events panics.
        let (next, step) = exchange.handle(event);
        exchange = next;
        match step.reply {
            Reply::Continue { body, .. } => {
                forwarded |= is_request;
                if let sluice::exchange::BodyEdit::Replace(body) = body {
                    kept = body.to_vec();
                }
                leaked |= forwarded && contains(&kept, b"hidden");
            }
            Reply::Refuse(refusal) => {
                assert!(refusal.status() >= 200);
                break;
            }
            Reply::Abort(_) => break,
            Reply::Answer(_) | Reply::Ask(_) => panic!("nothing is asked here"),
        }
    }
    leaked
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_events_panics_or_leaks(mut steps in proptest::collection::vec(step(), 0..8), ordered in any::<bool>()) {
        if ordered {
            steps.insert(0, Step::RequestHeaders("POST", false));
            steps.insert(1, Step::RequestBody(br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.to_vec()));
        }
        prop_assert!(!run(steps));
    }

    #[test]
    fn a_body_comes_out_the_same_however_it_is_cut(cuts in proptest::collection::vec(0..400usize, 0..12), events in any::<bool>()) {
        let message = r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_issue","description":"ü\r\n"},{"name":"hidden"}],"x":[{},[]]}}"#.replace("\r\n", "\\r\\n");
        let (kind, text) = if events {
            ("text/event-stream", format!("id: 1\r\nevent: message\r\ndata: {message}\r\n\r\n: ping\n\n"))
        } else {
            ("application/json", message)
        };
        let headers = [(":status", "200"), ("content-type", kind)];
        let send = |chunks: &[&[u8]]| {
            post(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).forwarded().answer(&headers, chunks).text()
        };
        let whole = send(&[text.as_bytes()]);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < text.len()).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).filter(|piece| !piece.is_empty()).collect();
        prop_assert_eq!(send(&pieces), whole);
    }
}
