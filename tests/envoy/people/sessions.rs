//! Sessions are good where they were given, for whom they were given to, and nowhere else.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use super::visitor::{Visitor, is_unknown_session};
use crate::house::{House, MANIFEST, sluice, stateless};
use crate::message::call;
use crate::support::envoy::{Config, Envoy};
use crate::support::github::{Github, Options, Running};
use crate::support::sluice::Process;

fn options() -> Options {
    Options {
        sessions: true,
        gate: true,
        ..stateless()
    }
}

/// The server's own id of the session that began last.
fn own_id(github: &Running) -> String {
    let arrived = github.github().gate().arrived();
    let mut ids = arrived.iter().map(|it| it.header("mcp-session-id"));
    let id = ids.rfind(|id| !id.is_empty());
    id.unwrap().to_owned()
}

/// Ids that nobody was given: each character of one changed, pieces of one, and others.
fn forged(id: &str) -> Vec<String> {
    let (first, second) = id.split_at(id.len() / 2);
    let swapped = |at: usize| {
        let mut swapped: Vec<char> = id.chars().collect();
        swapped[at] = if swapped[at] == 'A' { 'B' } else { 'A' };
        swapped.into_iter().collect()
    };
    let mut ids: Vec<String> = (0..id.len()).map(swapped).collect();
    ids.extend([
        first.to_owned(),
        second.to_owned(),
        format!("{id}{id}"),
        format!("{id}A"),
        "0".to_owned(),
        "a".repeat(4000),
    ]);
    ids
}

/// Asserts that a session is none for this visitor, whatever is done with it, and that the server
/// hears of none of it.
async fn is_closed_to(visitor: &Visitor, github: &Running) {
    let before = github.github().gate().arrived().len();
    is_unknown_session(&visitor.call("get_me", json!({})).await);
    is_unknown_session(&visitor.no_stream(None).await);
    is_unknown_session(&visitor.no_stream(Some("0/0")).await);
    is_unknown_session(&visitor.end().await);
    assert_eq!(github.github().gate().arrived().len(), before);
}

#[tokio::test]
async fn sessions_do_not_open_other_virtual_servers() {
    let house = House::from(options(), &sluice(MANIFEST), |config| config);
    let triage = Visitor::at(&house.url("triage")).begin().await;
    let maintainer = Visitor::at(&house.envoy.url("/maintainer")).begin().await;
    let own = own_id(&house.github);
    let (one, other) = (
        triage.session.clone().unwrap(),
        maintainer.session.clone().unwrap(),
    );
    assert!(
        ![&one, &other].contains(&&own),
        "what clients get is sealed"
    );

    is_closed_to(&triage.in_session(&other), &house.github).await;
    is_closed_to(&maintainer.in_session(&one), &house.github).await;
    is_closed_to(&triage.in_session(&own), &house.github).await;
    is_closed_to(&maintainer.in_session(&own), &house.github).await;
    let before = house.github.github().gate().arrived().len();
    for id in forged(&one) {
        is_unknown_session(&triage.in_session(&id).call("get_me", json!({})).await);
    }
    is_closed_to(&triage.in_session(&forged(&one)[7]), &house.github).await;
    assert_eq!(house.github.github().gate().arrived().len(), before);
    assert_eq!(house.executed(), 0);

    // Nobody ended them.
    triage.works().await;
    maintainer.works().await;
    for visitor in [&triage, &maintainer] {
        assert!(visitor.end().await.status.is_success());
        let after = visitor.call("get_me", json!({})).await;
        assert_eq!(after.status, 404, "the server's own word: {after:?}");
    }
    assert_eq!(house.executed(), 2);
}

/// Reads a stream until it holds a text.
async fn read_until(stream: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await;
        match chunk.unwrap().unwrap() {
            Some(chunk) => read.push_str(&String::from_utf8_lossy(&chunk)),
            None => panic!("the stream ends without `{text}`: {read}"),
        }
    }
    read
}

/// The last id of an event in a stream that is not empty.
fn last_id(stream: &str) -> String {
    let ids = stream.lines().filter_map(|line| line.strip_prefix("id:"));
    let last = ids.map(str::trim).rfind(|id| !id.is_empty());
    last.unwrap_or_else(|| panic!("no id of an event: {stream}"))
        .to_owned()
}

#[tokio::test]
async fn streams_are_resumed_in_their_own_session_alone() {
    let house = House::from(options(), &sluice(MANIFEST), |config| config);
    let visitor = Visitor::at(&house.url("triage"));
    let (ours, theirs) = (visitor.begin().await, visitor.begin().await);
    let trickle = json!({"events": 8, "interval_ms": 150});
    let mut trickle = call(1, "test_trickle", trickle);
    trickle["params"]["_meta"] = json!({"progressToken": "p"});
    let mut stream = ours.begin_call(&trickle).await;
    let event = last_id(&read_until(&mut stream, "event 2 of 8").await);
    drop(stream);

    let before = house.github.github().gate().arrived().len();
    is_unknown_session(&theirs.no_stream(Some(&event)).await);
    is_unknown_session(&visitor.no_stream(Some(&event)).await);
    for forged in forged(&event).iter().step_by(9) {
        is_unknown_session(&ours.no_stream(Some(forged)).await);
    }
    let maintainer = house.envoy.url("/maintainer");
    is_unknown_session(&ours.elsewhere(&maintainer).no_stream(Some(&event)).await);
    assert_eq!(house.github.github().gate().arrived().len(), before);

    let mut resumed = ours.stream(Some(&event)).await;
    assert_eq!(resumed.status(), 200);
    let rest = read_until(&mut resumed, "8 events").await;
    assert!(!rest.contains("event 1 of 8"), "it begins anew: {rest}");
    assert!(rest.contains("event 8 of 8"), "{rest}");
    assert_ne!(last_id(&rest), event);
    let arrived = house.github.github().gate().arrived();
    let resumed = arrived.last().unwrap();
    assert_eq!(resumed.method, "GET");
    // rmcp counts: the second event of the first stream.
    assert_eq!(resumed.header("last-event-id"), "2/0");
    assert_eq!(house.github.github().abandoned(), 0);
}

/// A Sluice and an Envoy before a server that others stand before too.
struct Replica {
    _sluice: Process,
    envoy: Envoy,
}

impl Replica {
    fn new(github: &Running, keys: &[&PathBuf]) -> Self {
        let setup = keys.iter().fold(sluice(MANIFEST), |setup, key| {
            setup.argument("--seal-key-file", &key.display().to_string())
        });
        let sluice = setup.start().unwrap();
        let config = Config::new(&sluice.unix(), github.address()).unwrap();
        let envoy = Envoy::start(&config).unwrap();
        let _sluice = sluice;
        Self { _sluice, envoy }
    }

    fn visitor(&self) -> Visitor {
        Visitor::at(&self.envoy.url("/mcp/triage"))
    }
}

fn key(directory: &TempDir, name: &str, byte: u8) -> PathBuf {
    let path = directory.path().join(name);
    std::fs::write(&path, [byte; 32]).unwrap();
    path
}

#[tokio::test]
async fn whoever_has_the_key_takes_the_session() {
    let github = Github::start(options()).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (key(&directory, "old", 1), key(&directory, "new", 2));
    let first = Replica::new(&github, &[&old]);
    let began = first.visitor().begin().await;
    let session = began.session.clone().unwrap();
    began.works().await;

    let second = Replica::new(&github, &[&old]);
    second.visitor().in_session(&session).works().await;
    // The key changes: the new one seals, and the old one still opens.
    let both = Replica::new(&github, &[&new, &old]);
    both.visitor().in_session(&session).works().await;
    let later = both.visitor().begin().await;
    let later = later.session.unwrap();
    let after = Replica::new(&github, &[&new]);
    after.visitor().in_session(&later).works().await;
    assert_eq!(github.github().all_executions(), 4);

    is_closed_to(&after.visitor().in_session(&session), &github).await;
    is_closed_to(&first.visitor().in_session(&later), &github).await;
    // One without a key has one of its own.
    for _ in 0..2 {
        let alone = Replica::new(&github, &[]);
        is_closed_to(&alone.visitor().in_session(&session), &github).await;
        is_closed_to(&alone.visitor().in_session(&later), &github).await;
        alone.visitor().begin().await.works().await;
    }
    assert_eq!(github.github().all_executions(), 6);
}
