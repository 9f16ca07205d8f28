//! Clients that leave: what is done for them ends, and nothing of it stays behind.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::wire::{USUAL, Wire, eventually, post, post_with, reached};
use crate::house::{House, MANIFEST, envoy_to, sluice, stateless};
use crate::message::{call, legacy, mirrors, modern};
use crate::support::envoy::Envoy;
use crate::support::github::Options;
use crate::support::sluice::Process;
use crate::upstream::{Upstream, read};

/// How many clients leave at each stage.
const CLIENTS: u64 = 200;

/// What is open of a process: its connections, above all.
fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// With an Envoy that keeps connections to the MCP server for a moment only, since they are counted.
fn house(options: Options) -> House {
    House::with(options, MANIFEST, |config| {
        let changed = config.replace("idle_timeout: 4s", "idle_timeout: 0.2s");
        changed.unwrap()
    })
}

/// Waits until Envoy has no connection but to Sluice and no request anywhere.
#[track_caller]
fn is_idle(envoy: &Envoy) {
    for stat in [
        "http.mcp.downstream_cx_active",
        "http.mcp.downstream_rq_active",
        "cluster.sluice.upstream_rq_active",
        "cluster.github.upstream_rq_active",
        "cluster.github.upstream_cx_active",
    ] {
        eventually(stat, || envoy.stat(stat).unwrap() == 0);
    }
}

/// Puts both processes through `stage` a few times, so that they have what they keep, then `CLIENTS`
/// times, and sees that both hold no more than before.
#[track_caller]
fn leaves_nothing(envoy: &Envoy, sluice: &Process, mut stage: impl FnMut(u64)) {
    stage(3);
    is_idle(envoy);
    let open = || (descriptors(sluice.pid()), descriptors(envoy.pid()));
    let before = open();
    stage(CLIENTS);
    is_idle(envoy);
    eventually("descriptors are closed", || {
        let now = open();
        now.0 <= before.0 && now.1 <= before.1
    });
}

/// Ends Sluice, which waits for every stream that it believes open.
#[track_caller]
fn has_nothing_to_finish(sluice: &mut Process) {
    let told = Instant::now();
    sluice.signal("TERM").unwrap();
    eventually("Sluice ends", || sluice.ended().is_some());
    assert!(told.elapsed() < Duration::from_secs(5), "{told:?}");
    assert!(sluice.ended().unwrap().success());
}

#[test]
fn before_the_request_is_whole() {
    let mut house = house(stateless());
    let whole = post(&call(1, "get_me", json!({"x": "y".repeat(100_000)})));
    let body = whole.find("\r\n\r\n").unwrap() + 4;
    // Nothing, half of the head, the head alone, some of the body, all but its last byte.
    for sent in [0, body / 2, body, body + 1, body + 65_000, whole.len() - 1] {
        for says_so in [true, false] {
            leaves_nothing(&house.envoy, &house.sluice, |clients| {
                for _ in 0..clients / 4 + 1 {
                    let mut wire = Wire::open(house.envoy.address());
                    wire.send(&whole.as_bytes()[..sent]);
                    if says_so {
                        wire.finish();
                    }
                }
            });
        }
    }
    assert_eq!((house.executed(), reached(&house)), (0, 0));
    has_nothing_to_finish(&mut house.sluice);
}

#[test]
fn while_sluice_thinks() {
    let mut house = house(stateless());
    let allowed = post(&call(1, "get_me", json!({})));
    let held = |house: &House| {
        let stat = "cluster.sluice.upstream_rq_active";
        house.envoy.stat(stat).unwrap()
    };
    leaves_nothing(&house.envoy, &house.sluice, |clients| {
        house.sluice.signal("STOP").unwrap();
        let mut wires = Vec::new();
        for _ in 0..clients {
            let mut wire = Wire::open(house.envoy.address());
            wire.send(&allowed);
            wires.push(wire);
        }
        eventually("they are held", || held(&house) == clients);
        drop(wires);
        eventually("they are given up", || held(&house) == 0);
        house.sluice.signal("CONT").unwrap();
    });
    assert_eq!((house.executed(), reached(&house)), (0, 0));
    has_nothing_to_finish(&mut house.sluice);
}

/// An MCP server that answers with these bytes, then works until its client leaves.
struct Working {
    upstream: Upstream,
    left: Arc<AtomicU64>,
}

impl Working {
    fn after(bytes: String) -> Self {
        let left = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&left);
        let upstream = Upstream::serving(move |mut stream, log| {
            let Some(arrived) = read(&stream)? else {
                return Ok(());
            };
            log.lock().unwrap().push(arrived);
            stream.write_all(bytes.as_bytes())?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            let ended = match stream.read(&mut [0]) {
                Ok(read) => read == 0,
                Err(error) => error.kind() == ErrorKind::ConnectionReset,
            };
            count.fetch_add(u64::from(ended), Ordering::Relaxed);
            Ok(())
        });
        Self { upstream, left }
    }

    fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

#[test]
fn while_the_mcp_server_works() {
    let event = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}});
    let events = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\ndata: {event}\n\n\r\n",
        event.to_string().len() + 8
    );
    let json = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    let answer = json!({"jsonrpc": "2.0", "id": 1, "result": {"content": []}}).to_string();
    let endless = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{answer}\r\n",
        answer.len()
    );
    // What the server has said by then, and a piece of what the client has got.
    let table = [
        ("", ""),
        ("HTTP/1.1 200 OK\r\n", ""),
        (json, ""),
        (&events, "notifications/message"),
        (&endless, "content"),
    ];
    let mut sluice = sluice(MANIFEST).start().unwrap();
    let request = post(&call(1, "get_me", json!({})));
    for (said, got) in table {
        let working = Working::after(said.to_owned());
        let envoy = envoy_to(&sluice, working.upstream.address());
        leaves_nothing(&envoy, &sluice, |clients| {
            let (before, left) = (working.upstream.arrived().len() as u64, working.left());
            let mut wires = Vec::new();
            for _ in 0..clients {
                let mut wire = Wire::open(envoy.address());
                wire.send(&request);
                wires.push(wire);
            }
            eventually("the server works", || {
                working.upstream.arrived().len() as u64 == before + clients
            });
            for wire in wires.iter_mut().filter(|_| !got.is_empty()) {
                wire.head().unwrap();
                assert!(wire.chunk().unwrap().contains(got));
            }
            assert_eq!(working.left(), left, "not before they leave");
            drop(wires);
            eventually("the server is told", || working.left() == left + clients);
        });
        // Nothing is asked again.
        let asked = working.upstream.arrived().len() as u64;
        assert_eq!(asked, CLIENTS + 3, "{said:?}");
    }
    has_nothing_to_finish(&mut sluice);
}

/// A request as a client of its version sends it.
fn request(message: &Value) -> String {
    let claim = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let lines: String = match claim.is_string() {
        true => mirrors(message)
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect(),
        false => "mcp-protocol-version: 2025-11-25\r\n".to_owned(),
    };
    let lines = format!(
        "content-type: application/json\r\naccept: application/json, text/event-stream\r\n{lines}"
    );
    post_with("/mcp/triage", &lines, &message.to_string())
}

#[test]
fn in_the_middle_of_a_stream() {
    let mut house = house(stateless());
    for version in [|message| message, modern] {
        let arguments = json!({"events": 100_000, "interval_ms": 20});
        let mut trickle = call(1, "test_trickle", arguments);
        trickle["params"]["_meta"] = json!({"progressToken": 1});
        let trickle = request(&version(trickle));
        leaves_nothing(&house.envoy, &house.sluice, |clients| {
            let abandoned = house.github.github().abandoned();
            let mut wires = Vec::new();
            for _ in 0..clients {
                let mut wire = Wire::open(house.envoy.address());
                wire.send(&trickle);
                wires.push(wire);
            }
            for wire in &mut wires {
                assert_eq!(wire.head().unwrap().status, 200);
                while !wire.chunk().unwrap().contains("event 1 of") {}
            }
            assert_eq!(house.github.github().abandoned(), abandoned);
            drop(wires);
            eventually("the tools end", || {
                house.github.github().abandoned() == abandoned + clients
            });
        });
    }
    has_nothing_to_finish(&mut house.sluice);
}

#[test]
fn on_a_stream_of_their_own() {
    let mut house = house(Options {
        sessions: true,
        ..stateless()
    });
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let hello = post(&legacy(0, "initialize", hello));
    leaves_nothing(&house.envoy, &house.sluice, |clients| {
        let mut wires = Vec::new();
        for _ in 0..clients {
            let mut wire = Wire::open(house.envoy.address());
            wire.send(&hello);
            let reply = wire.answer().unwrap();
            let session = reply.header("mcp-session-id").unwrap();
            wire.send(format!("GET /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\nmcp-session-id: {session}\r\n\r\n"));
            assert_eq!(wire.head().unwrap().status, 200);
            wires.push(wire);
        }
    });
    has_nothing_to_finish(&mut house.sluice);
}

#[test]
fn with_what_they_wanted() {
    let mut house = house(stateless());
    let list = legacy(2, "tools/list", json!({}));
    let requests = [
        request(&call(1, "get_me", json!({}))),
        request(&modern(call(1, "get_me", json!({})))),
        request(&call(1, "delete_repo", json!({}))),
        request(&list),
    ];
    for request in requests {
        // Having read it; having read no more than the head; having read nothing.
        for reads in 0..3 {
            leaves_nothing(&house.envoy, &house.sluice, |clients| {
                let mut wires: Vec<_> = (0..clients)
                    .map(|_| Wire::open(house.envoy.address()))
                    .collect();
                for wire in &mut wires {
                    wire.send(&request);
                }
                for wire in &mut wires {
                    match reads {
                        0 => assert!(wire.answer().unwrap().whole),
                        1 => assert_eq!(wire.head().unwrap().status, 200),
                        _ => {}
                    }
                }
            });
        }
    }
    assert_eq!(house.github.github().executions("delete_repo"), 0);
    has_nothing_to_finish(&mut house.sluice);
}

#[test]
fn on_a_connection_that_others_share() {
    // One that leaves takes nothing of the others' away: Envoy has one connection to Sluice.
    let house = House::stateless();
    let trickle = call(1, "test_trickle", json!({"events": 40, "interval_ms": 50}));
    let mut stays = Wire::open(house.envoy.address());
    stays.send(request(&trickle));
    assert_eq!(stays.head().unwrap().status, 200);
    let whole = post_with("/mcp/triage", USUAL, &trickle.to_string());
    for sent in [whole.len() / 2, whole.len()] {
        for _ in 0..CLIENTS {
            let mut wire = Wire::open(house.envoy.address());
            wire.send(&whole.as_bytes()[..sent]);
        }
    }
    let mut read = String::new();
    while !read.contains("40 events") {
        read.push_str(&stays.chunk().unwrap());
    }
    assert!(read.contains("event 39 of 40"), "{read}");
}
