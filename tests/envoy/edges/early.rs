//! MCP servers that answer too early, too often, in part or for ever.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::wire::{Reply, USUAL, Wire, eventually, post, post_with};
use crate::house::{MANIFEST, envoy_to, sluice};
use crate::message::{call, entries, events, legacy};
use crate::support::envoy::Envoy;
use crate::support::sluice::Process;
use crate::upstream::{Upstream, read};

/// How long a client may wait for what there is to have: long enough for a machine that is busy to
/// bring all that is discarded before a cut.
const BOUND: Duration = Duration::from_secs(90);

/// What must not be delivered.
const HIDDEN: &str = "delete_repo";

/// The answer to a list, with a tool that is hidden.
fn list() -> String {
    let schema = json!({"type": "object"});
    let tools = ["get_me", HIDDEN].map(|name| json!({"name": name, "inputSchema": schema}));
    json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}).to_string()
}

/// The answer to a call of something hidden, which nobody called.
fn hidden() -> String {
    json!({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": HIDDEN}]}})
        .to_string()
}

const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
const CHUNKED: &str = "transfer-encoding: chunked\r\n\r\n";

fn sized(head: &str, body: &str) -> String {
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

fn event(message: &str) -> String {
    format!("data: {message}\n\n")
}

/// How a server ends what it says.
#[derive(Debug, Clone, PartialEq)]
enum End {
    /// Closes, with everything read.
    Close,
    /// Resets the connection.
    Reset,
    /// Says nothing more, and waits for the other side to go.
    Silence,
    /// Says something more without end.
    Flood(String),
}

impl End {
    fn carry_out(&self, mut stream: TcpStream) -> std::io::Result<()> {
        match self {
            // What was said arrives first. Closing with bytes that nobody read is a reset.
            Self::Close | Self::Reset => std::thread::sleep(Duration::from_millis(50)),
            Self::Silence => {
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                while stream.read(&mut [0; 4096])? > 0 {}
            }
            Self::Flood(bytes) => {
                let much = bytes.repeat(65_536 / bytes.len());
                loop {
                    stream.write_all(much.as_bytes())?;
                }
            }
        }
        Ok(())
    }
}

/// Everything that stands, with a server that answers each request in one way.
struct Scene {
    upstream: Upstream,
    envoy: Envoy,
}

impl Scene {
    /// A server that reads a request, all of it unless `reset`, says this and ends.
    fn new(sluice: &Process, said: String, end: End) -> Self {
        Self::serving(sluice, move |mut stream, keep| {
            // All but the last bytes: they make closing a reset.
            let arrived = match end == End::Reset {
                true => part(&mut stream)?,
                false => keep(&stream)?,
            };
            if arrived {
                stream.write_all(said.as_bytes())?;
                end.carry_out(stream)?;
            }
            Ok(())
        })
    }

    fn serving(
        sluice: &Process,
        serve: impl Fn(TcpStream, &dyn Fn(&TcpStream) -> std::io::Result<bool>) -> std::io::Result<()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let upstream = Upstream::serving(move |stream, log| {
            serve(stream, &|stream| {
                let arrived = read(stream)?;
                let came = arrived.is_some();
                log.lock().unwrap().extend(arrived);
                Ok(came)
            })
        });
        let envoy = envoy_to(sluice, upstream.address());
        Self { upstream, envoy }
    }

    /// The answer to a request, none if the connection just ended, and that it did not take long.
    #[track_caller]
    fn ask(&self, request: &str) -> Option<Reply> {
        let asked = Instant::now();
        let mut wire = Wire::open(self.envoy.address());
        wire.patience(BOUND);
        wire.send(request);
        let reply = wire.answer();
        assert!(asked.elapsed() < BOUND, "{:?}: {reply:?}", asked.elapsed());
        assert!(!format!("{reply:?}").contains(HIDDEN), "{reply:?}");
        reply
    }
}

/// Reads some of a request.
fn part(stream: &mut TcpStream) -> std::io::Result<bool> {
    stream.set_nodelay(true)?;
    Ok(stream.read(&mut [0; 64])? > 0)
}

fn ask_list() -> String {
    post(&legacy(1, "tools/list", json!({})))
}

#[test]
fn answers_before_the_request_was_read() {
    let sluice = sluice(MANIFEST).start().unwrap();
    let large = call(1, "get_me", json!({"x": "y".repeat(3 << 20)}));
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"no"}}"#;
    for status in ["413 Payload Too Large", "401 Unauthorized"] {
        for body in ["", "too large for delete_repo", error] {
            let kind = match body.starts_with('{') {
                true => "application/json",
                false => "text/plain",
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nlocation: /delete_repo\r\n");
            for end in [End::Silence, End::Close, End::Reset] {
                let ended = end.clone();
                let said = sized(&head, body);
                let scene = Scene::serving(&sluice, move |mut stream, _| {
                    if part(&mut stream)? {
                        stream.write_all(said.as_bytes())?;
                        ended.carry_out(stream)?;
                    }
                    Ok(())
                });
                let reply = scene.ask(&post(&large)).unwrap();
                let message = reply.message();
                assert!(
                    message["error"]["code"].is_i64(),
                    "{status} {body} {end:?}: {reply:?}"
                );
            }
        }
    }
    // An early answer that is one.
    let said = sized(JSON, &list());
    let scene = Scene::serving(&sluice, move |mut stream, _| {
        part(&mut stream)?;
        stream.write_all(said.as_bytes())?;
        End::Silence.carry_out(stream)
    });
    let reply = scene.ask(&ask_list()).unwrap();
    assert_eq!(entries(&reply.body, "tools").len(), 1, "{reply:?}");
}

#[test]
fn connections_that_end_before_the_answer_does() {
    let sluice = sluice(MANIFEST).start().unwrap();
    let list = list();
    let (before, _) = list.split_once(HIDDEN).unwrap();
    let half = &format!("{before}{HIDDEN}");
    let progress = event(
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}"#,
    );
    let long = |body: &str| format!("content-length: 10000\r\n\r\n{body}");
    // What is said; whether a whole event is in it.
    let table = [
        (String::new(), false),
        ("HTTP/1.1 200".to_owned(), false),
        (JSON.to_owned(), false),
        (format!("{JSON}{}", long("")), false),
        (format!("{JSON}{}", long(half)), false),
        (format!("{JSON}{CHUNKED}"), false),
        (format!("{JSON}{CHUNKED}{}", chunk(half)), false),
        (format!("{JSON}{CHUNKED}fff\r\n{half}"), false),
        (format!("{EVENTS}{CHUNKED}"), false),
        (
            format!("{EVENTS}{CHUNKED}{}", chunk(event(half).trim_end())),
            false,
        ),
        (format!("{EVENTS}{CHUNKED}{}", chunk(&progress)), true),
        (
            format!(
                "{EVENTS}{CHUNKED}{}",
                chunk(&format!("{progress}data: {half}"))
            ),
            true,
        ),
        (
            format!("{EVENTS}{}", long(&format!("{progress}data: {half}"))),
            true,
        ),
    ];
    for (said, some) in table {
        for end in [End::Close, End::Reset] {
            let scene = Scene::new(&sluice, said.clone(), end.clone());
            let reply = scene.ask(&ask_list());
            let whole = reply.as_ref().is_some_and(|reply| reply.whole);
            let error = whole && reply.as_ref().unwrap().message()["error"]["code"].is_i64();
            assert!(error || !whole, "{said:?} {end:?}: {reply:?}");
            let body = reply.map(|reply| reply.body).unwrap_or_default();
            let came = body.contains("notifications/message");
            assert!(came == some || end == End::Reset, "{said:?}: {body:?}");
            if end == End::Close {
                // It may have been executed, so that it is not sent again.
                assert_eq!(scene.upstream.arrived().len(), 1, "{said:?}");
            }
        }
    }
}

#[test]
fn informational_answers_do_not_arrive() {
    let sluice = sluice(MANIFEST).start().unwrap();
    let hints =
        format!("HTTP/1.1 103 Early Hints\r\nlink: <{HIDDEN}>\r\nmcp-session-id: stolen\r\n\r\n");
    let table = [
        ("HTTP/1.1 100 Continue\r\n\r\n".to_owned(), true),
        (
            format!("HTTP/1.1 100 Continue\r\nx: {HIDDEN}\r\n\r\n"),
            true,
        ),
        ("HTTP/1.1 102 Processing\r\n\r\n".to_owned(), true),
        (hints.clone(), true),
        (hints.repeat(50), true),
        (
            format!(
                "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: {HIDDEN}\r\n\r\n"
            ),
            false,
        ),
        (
            format!("HTTP/1.1 101 Switching Protocols\r\n\r\n{HIDDEN}"),
            false,
        ),
        (format!("HTTP/1.1 199 Odd\r\nx: {HIDDEN}\r\n\r\n"), true),
    ];
    for (before, passes) in table {
        let scene = Scene::new(
            &sluice,
            format!("{before}{}", sized(JSON, &list())),
            End::Close,
        );
        let reply = scene.ask(&ask_list()).unwrap();
        let message = reply.message();
        assert_eq!(
            message["result"].is_object(),
            passes,
            "{before:?}: {reply:?}"
        );
        assert_eq!(
            message["error"].is_object(),
            !passes,
            "{before:?}: {reply:?}"
        );
        assert_eq!(reply.header("mcp-session-id"), None);
    }
}

#[test]
fn answers_that_nobody_asked_for() {
    let sluice = sluice(MANIFEST).start().unwrap();
    for (late, unasked) in [
        (false, sized(JSON, &hidden())),
        (true, sized(JSON, &hidden())),
        (
            false,
            format!("{EVENTS}{CHUNKED}{}0\r\n\r\n", chunk(&event(&hidden()))),
        ),
        (true, sized("HTTP/1.1 408 Timeout\r\n", HIDDEN)),
        (false, HIDDEN.to_owned()),
    ] {
        let scene = Scene::serving(&sluice, move |mut stream, keep| {
            // A connection is used again, if Envoy will.
            while keep(&stream)? {
                stream.write_all(sized(JSON, &list()).as_bytes())?;
                if late {
                    std::thread::sleep(Duration::from_millis(20));
                }
                stream.write_all(unasked.as_bytes())?;
            }
            Ok(())
        });
        for round in 0..20 {
            let reply = scene.ask(&ask_list()).unwrap();
            let message = reply.message();
            assert!(message["result"].is_object(), "{late} {round}: {reply:?}");
            assert_eq!(entries(&reply.body, "tools").len(), 1);
            // Before the next request is sent: from then on it would be the answer to that.
            let over = Instant::now();
            eventually("Envoy hangs up", || {
                let stat = "cluster.github.upstream_cx_active";
                scene.envoy.stat(stat).unwrap() == 0
            });
            assert!(over.elapsed() < Duration::from_secs(3), "not idle: at once");
        }
        assert_eq!(scene.upstream.arrived().len(), 20);
    }
}

#[test]
fn servers_that_do_not_stop() {
    let sluice = sluice(MANIFEST).start().unwrap();
    let list = list();
    let odd = hidden();
    let sized_json = sized(JSON, &list);
    let json = format!("{JSON}{CHUNKED}{}", chunk(&list));
    let stream = format!("{EVENTS}{CHUNKED}{}", chunk(&event(&list)));
    let (ended_json, ended_stream) = (format!("{json}0\r\n\r\n"), format!("{stream}0\r\n\r\n"));
    let table = [
        (&sized_json, &odd),
        (&ended_json, &odd),
        (&ended_stream, &odd),
    ];
    for (said, more) in table {
        let scene = Scene::new(&sluice, said.clone(), End::Flood(more.clone()));
        let reply = scene.ask(&ask_list()).unwrap();
        let told = format!("{:.80} {:.40}: {reply:?}", said, more);
        // What is seen together with the answer makes an error of it, or cuts it.
        let is_error = reply.body.contains(r#""error":{"code":-32603"#);
        let is_cut = reply.body.is_empty() && !reply.whole;
        let expected = usize::from(!is_error && !is_cut);
        assert_eq!(answers(&reply.body), expected, "{told}");
        eventually("the server is let go", || {
            scene
                .envoy
                .stat("cluster.github.upstream_rq_active")
                .unwrap()
                == 0
        });
    }
}

#[test]
fn servers_that_do_not_say_that_they_are_done() {
    let sluice = sluice(MANIFEST).start().unwrap();
    let list = list();
    for said in [
        format!("{JSON}{CHUNKED}{}", chunk(&list)),
        format!("{EVENTS}{CHUNKED}{}", chunk(&event(&list))),
    ] {
        let scene = Scene::new(&sluice, said, End::Silence);
        let mut wire = Wire::open(scene.envoy.address());
        wire.patience(BOUND);
        wire.send(ask_list());
        assert_eq!(wire.head().unwrap().status, 200);
        // All of the answer is there, though the stream goes on.
        let body = wire.chunk().unwrap();
        assert_eq!(answers(&body), 1, "{body}");
        assert!(!body.contains(HIDDEN), "{body}");
    }
}

/// How many answers to the list a body has.
fn answers(body: &str) -> usize {
    let messages = match body.starts_with('{') {
        true => vec![body.to_owned()],
        false => events(body),
    };
    let read = |text: &String| serde_json::from_str::<Value>(text).ok();
    let messages = messages.iter().filter_map(read);
    messages
        .filter(|message| message["result"]["tools"].is_array())
        .count()
}

#[test]
fn answers_to_a_notification() {
    // There is nothing to read for the client, whatever is said.
    let sluice = sluice(MANIFEST).start().unwrap();
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let request = post_with("/mcp/triage", USUAL, &ready.to_string());
    for said in [
        sized("HTTP/1.1 202 Accepted\r\n", &hidden()),
        sized(JSON, &hidden()),
        format!("{EVENTS}{CHUNKED}{}0\r\n\r\n", chunk(&event(&hidden()))),
    ] {
        let scene = Scene::new(&sluice, said.clone(), End::Close);
        let reply = scene.ask(&request).unwrap();
        assert!(reply.status < 300, "{said}: {reply:?}");
        assert_eq!(reply.body, "", "{said}");
    }
}
