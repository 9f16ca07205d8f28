//! An exchange that panics, or gives up, at each of Envoy's messages.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use sluice::exchange::{Ask, Event, Exchange, Reply, Step, Ticket, Vouched};
use sluice::ext_proc::{Machine, Resolver};
use sluice::policy::{Caller, Policy, Reason, VirtualServer};
use sluice::server::{Listen, Options as ServerOptions, Server};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::failures::read;
use crate::house::{Answer, MANIFEST, json as answers_in_json, post, stateless};
use crate::message::{call, legacy, modern};
use crate::support::envoy::{Config, Envoy, Sluice};
use crate::support::github::{Github, Options, Running};

/// One of Envoy's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    RequestHeaders,
    RequestBody,
    ResponseHeaders,
    /// The body of a response, at the nth piece.
    ResponseBody(u32),
    Never,
}

#[derive(Debug, Clone, Copy)]
enum Failure {
    Panic,
    Abort,
}

/// An exchange that fails at its moment.
struct Faulty {
    exchange: Exchange,
    moment: Moment,
    failure: Failure,
    pieces: u32,
}

impl Machine for Faulty {
    fn handle(mut self, event: Event<'_>) -> (Self, Step) {
        let now = match &event {
            Event::RequestHeaders { .. } => Moment::RequestHeaders,
            Event::RequestBody(_) => Moment::RequestBody,
            Event::ResponseHeaders { .. } => Moment::ResponseHeaders,
            Event::ResponseBody { .. } => {
                self.pieces += 1;
                Moment::ResponseBody(self.pieces)
            }
            Event::RequestTrailers
            | Event::ResponseTrailers
            | Event::Identified(_)
            | Event::Credential(_)
            | Event::Judged(_) => Moment::Never,
        };
        if now == self.moment {
            match self.failure {
                Failure::Panic => panic!("told to, at {now:?}"),
                Failure::Abort => {
                    let step = Step {
                        reply: Reply::Abort(Reason::Internal),
                        occurrences: Vec::new(),
                        rejected: None,
                    };
                    return (self, step);
                }
            }
        }
        let (exchange, step) = self.exchange.handle(event);
        (Self { exchange, ..self }, step)
    }

    fn vouched(self, vouched: Vouched) -> Self {
        let exchange = self.exchange.vouched(vouched);
        Self { exchange, ..self }
    }

    fn virtual_server(&self) -> Option<&Arc<VirtualServer>> {
        self.exchange.virtual_server()
    }

    fn caller(&self) -> Option<&Arc<Caller>> {
        self.exchange.caller()
    }

    fn manifest(&self) -> Option<&Arc<str>> {
        self.exchange.manifest()
    }
}

/// Nobody: these exchanges ask nothing.
struct Nobody;

impl Resolver for Nobody {
    fn answer(&self, ask: Ask) -> sluice::ext_proc::Answer {
        panic!("asked {ask:?}");
    }

    fn rejected(&self, _: Ticket) {}
}

/// Sluice within this process, until this is dropped.
struct Inside {
    directory: TempDir,
    stop: Option<oneshot::Sender<()>>,
}

impl Inside {
    fn start(moment: Moment, failure: Failure) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("inside-")
            .tempdir()
            .unwrap();
        let listen = Listen::Unix(directory.path().join("sock"));
        let options = ServerOptions {
            workers: 1,
            drain: Duration::from_secs(1),
            ..ServerOptions::default()
        };
        let server = Server::bind(&[listen], options).unwrap();
        let loaded = sluice::manifest::load("manifest", MANIFEST).unwrap();
        let policy: Arc<Policy> = Arc::new(loaded.policy);
        let new = move |route| Faulty {
            exchange: Exchange::new(Arc::clone(&policy), route),
            moment,
            failure,
            pieces: 0,
        };
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            server.run_with(new, Arc::new(Nobody), async { drop(stopped.await) })
        });
        Self {
            directory,
            stop: Some(stop),
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("sock")
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

struct Stand {
    github: Running,
    envoy: Envoy,
    client: reqwest::Client,
    _sluice: Inside,
}

impl Stand {
    fn new(options: Options, moment: Moment, failure: Failure) -> Self {
        let github = Github::start(options).unwrap();
        let sluice = Inside::start(moment, failure);
        let config = Config::new(&Sluice::Unix(sluice.socket()), github.address());
        Self {
            github,
            envoy: Envoy::start(&config.unwrap()).unwrap(),
            client: reqwest::Client::new(),
            _sluice: sluice,
        }
    }

    fn post(&self, message: &serde_json::Value) -> reqwest::RequestBuilder {
        post(&self.client, &self.envoy.url("/mcp/triage"), message)
    }
}

#[tokio::test]
async fn before_the_request_has_gone_on() {
    for failure in [Failure::Panic, Failure::Abort] {
        for moment in [Moment::RequestHeaders, Moment::RequestBody] {
            let stand = Stand::new(stateless(), moment, failure);
            for message in [
                call(1, "get_me", json!({})),
                call(1, "delete_repo", json!({})),
                legacy(1, "tools/list", json!({})),
            ] {
                Answer::of(stand.post(&message)).await.is_fail_closed();
                Answer::of(stand.post(&modern(message)))
                    .await
                    .is_fail_closed();
            }
            assert_eq!(stand.github.github().all_executions(), 0, "{moment:?}");
        }
    }
}

#[tokio::test]
async fn once_the_answer_is_there() {
    let list = legacy(1, "tools/list", json!({}));
    for failure in [Failure::Panic, Failure::Abort] {
        for moment in [Moment::ResponseHeaders, Moment::ResponseBody(1)] {
            for options in [stateless(), answers_in_json()] {
                let stand = Stand::new(options, moment, failure);
                for message in [list.clone(), modern(list.clone())] {
                    let piece = read(stand.post(&message)).await;
                    let refused = piece.status == StatusCode::SERVICE_UNAVAILABLE;
                    assert!(refused || piece.cut, "{moment:?}: {piece:?}");
                    assert!(!piece.bytes.contains("tools"), "{moment:?}: {piece:?}");
                    assert!(!piece.bytes.contains("delete"), "{moment:?}: {piece:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn between_two_events() {
    for failure in [Failure::Panic, Failure::Abort] {
        let stand = Stand::new(stateless(), Moment::ResponseBody(3), failure);
        let mut trickle = call(1, "test_trickle", json!({"events": 50, "interval_ms": 30}));
        trickle["params"]["_meta"] = json!({"progressToken": 1});
        let piece = read(stand.post(&trickle)).await;
        assert_eq!(piece.status, StatusCode::OK);
        assert!(
            piece.cut,
            "a clean end would pass for a whole answer: {piece:?}"
        );
        assert!(piece.bytes.contains("event 1 of 50"), "{piece:?}");
        assert!(!piece.bytes.contains("event 10 of 50"), "{piece:?}");
    }
}

#[tokio::test]
async fn the_stand_works_without_a_fault() {
    let stand = Stand::new(stateless(), Moment::Never, Failure::Panic);
    let answer = Answer::of(stand.post(&call(1, "get_me", json!({})))).await;
    assert_eq!(answer.message()["id"], 1);
    assert_eq!(stand.github.github().all_executions(), 1);
}
