//! What Prometheus reads of Sluice, after traffic that is known.

mod collector;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::{House, MANIFEST, post, sluice, stateless, wait_for};
use crate::message;
use crate::support::sluice::Process;

/// A page of metrics: the value of each series.
type Page = BTreeMap<String, f64>;

/// Where the administrator is answered.
fn admin(sluice: &Process) -> String {
    let log = sluice.log();
    let line = log.lines().find(|line| line.contains("/metrics")).unwrap();
    let (_, address) = line.split_once("address=").unwrap();
    format!("http://{}", address.split(' ').next().unwrap())
}

fn house() -> House {
    let setup = sluice(MANIFEST).argument("--admin", "127.0.0.1:0");
    House::from(stateless(), &setup, |config| config)
}

/// The page, held to the text format as strictly as what Sluice writes needs.
async fn page(house: &House) -> Page {
    let url = format!("{}/metrics", admin(&house.sluice));
    let answer = house.client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.headers()["content-type"], kind);
    read(&answer.text().await.unwrap())
}

/// The page when all exchanges have ended, which is a moment after their clients have their answers.
async fn settled(house: &House) -> Page {
    let began = Instant::now();
    loop {
        let page = page(house).await;
        if page["sluice_exchanges_in_flight"] == 0.0 {
            return page;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{page:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn read(text: &str) -> Page {
    assert!(text.ends_with('\n'), "{text}");
    let mut page = Page::new();
    let mut families = Vec::new();
    let mut is_histogram = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            assert!(!words.is_empty() && !families.contains(&name), "{line}");
            let kind = lines.next().unwrap().strip_prefix("# TYPE ").unwrap();
            let kind = kind.strip_prefix(name).unwrap().trim_start();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            families.push(name);
            is_histogram = kind == "histogram";
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let mut suffixes = ["_bucket", "_sum", "_count"].into_iter();
        let family = match is_histogram {
            true => suffixes
                .find_map(|suffix| name.strip_suffix(suffix))
                .unwrap(),
            false => name,
        };
        assert_eq!(families.last(), Some(&family), "{line}");
        let labels = labels.strip_suffix('}').unwrap();
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (name, value) = label.split_once("=\"").unwrap();
            let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(name.chars().all(is_name), "{line}");
            let value = value.strip_suffix('"').unwrap();
            assert!(!value.contains(['"', '\\']), "{line}");
        }
        let before = page.insert(series.to_owned(), value.parse().unwrap());
        assert_eq!(before, None, "{line}");
    }
    page
}

fn decision(server: &str, decision: &str, reason: &str) -> String {
    format!(
        "sluice_decisions_total{{virtual_server=\"{server}\",decision=\"{decision}\",reason=\"{reason}\"}}"
    )
}

/// The decisions of a page.
fn decisions(page: &Page) -> Vec<(String, f64)> {
    let decisions = page.iter();
    let decisions = decisions.filter(|(series, _)| series.starts_with("sluice_decisions_total"));
    decisions
        .map(|(series, count)| (series.clone(), *count))
        .collect()
}

fn call(tool: &str) -> serde_json::Value {
    message::call(1, tool, json!({}))
}

#[tokio::test]
async fn decisions_are_counted_exactly_by_reason() {
    let house = house();
    assert_eq!(decisions(&page(&house).await), []);
    for _ in 0..3 {
        house.ask(&call("get_me")).await;
    }
    for _ in 0..5 {
        house.ask(&call("delete_repository")).await;
    }
    house
        .ask(&message::legacy(1, "tools/list", json!({})))
        .await;
    post(&house.client, &house.url("nowhere"), &call("get_me"))
        .send()
        .await
        .unwrap();
    let page = page(&house).await;
    let expected = [
        (decision("-", "deny", "unknown_virtual_server"), 1.0),
        (decision("triage", "allow", "-"), 4.0),
        (decision("triage", "deny", "tool_not_enabled"), 5.0),
    ];
    assert_eq!(decisions(&page), expected);
    assert_eq!(
        page["sluice_lists_filtered_total{virtual_server=\"triage\"}"],
        1.0
    );
    assert!(page["sluice_list_entries_removed_total{virtual_server=\"triage\"}"] >= 1.0);
    assert_eq!(page["sluice_manifest_generation"], 1.0);
}

#[tokio::test]
async fn what_clients_invent_makes_no_series() {
    let house = house();
    let send = async |word: &str| {
        let (url, elsewhere) = (house.url("triage"), house.url(word));
        let invented = message::legacy(1, word, json!({}));
        let (enabled, slashed) = (format!("test_{word}"), format!("list_{word}/{word}"));
        for (url, message) in [
            (&url, &call(word)),
            (&url, &call(&enabled)),
            (&url, &call(&slashed)),
            (&url, &invented),
            (&elsewhere, &call("get_me")),
        ] {
            let answer = post(&house.client, url, message).send().await.unwrap();
            // One that leaves early is counted as another outcome.
            answer.bytes().await.unwrap();
        }
    };
    send("invented").await;
    let before = settled(&house).await;
    for index in 0..200 {
        send(&format!("invented-{index}")).await;
    }
    let after = settled(&house).await;
    let is_new = |series: &&String| !before.contains_key(*series);
    let new: Vec<_> = after.keys().filter(is_new).collect();
    assert_eq!(new, Vec::<&String>::new());
    // A name that matches a pattern is refused when the server says that it does not have it.
    for (reason, expected) in [("tool_not_enabled", 603.0), ("method_not_enabled", 201.0)] {
        assert_eq!(after[&decision("triage", "deny", reason)], expected);
    }
    assert_eq!(
        after[&decision("-", "deny", "unknown_virtual_server")],
        201.0
    );
}

#[tokio::test]
async fn health_is_told_until_the_drain_is_over_which_nobody_holds_up() {
    let setup = sluice(MANIFEST)
        .argument("--admin", "127.0.0.1:0")
        .argument("--drain", "20");
    let mut house = House::from(stateless(), &setup, |config| config);
    let admin = admin(&house.sluice);
    let status = async |path: &str| {
        let answer = reqwest::get(format!("{admin}{path}")).await;
        answer.map(|answer| answer.status().as_u16()).ok()
    };
    assert_eq!(status("/healthz").await, Some(200));
    for path in ["/", "/metrics/", "/healthz?x/metrics/x", "/debug"] {
        let expected = if path.contains('?') { 200 } else { 404 };
        assert_eq!(status(path).await, Some(expected), "{path}");
    }
    let posted = house.client.post(format!("{admin}/metrics")).send().await;
    assert_eq!(posted.unwrap().status(), 404);
    // One that connects and says nothing.
    let address = admin.strip_prefix("http://").unwrap();
    let _idle = std::net::TcpStream::connect(address).unwrap();
    let trickle = message::call(1, "test_trickle", json!({"events": 20, "interval_ms": 50}));
    let url = house.url("triage");
    let slow = post(&house.client, &url, &trickle).send().await.unwrap();
    house.sluice.signal("TERM").unwrap();
    let began = Instant::now();
    let mut draining = 0;
    while let Some(found) = status("/healthz").await {
        draining += u32::from(found == 503);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(draining > 0);
    assert!(began.elapsed() < Duration::from_secs(10), "held up");
    assert_eq!(slow.status(), 200);
    wait_for("the end", || house.sluice.ended().is_some()).await;
}

/// `sluice top` of what answers at this address.
fn top(address: &str, arguments: &[&str]) -> std::process::Output {
    let mut top = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"));
    top.args(["top", "--admin", address]).args(arguments);
    top.output().unwrap()
}

#[tokio::test]
async fn a_terminal_shows_what_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", directory.path().join("admin").display());
    let tcp = house();
    let setup = sluice(MANIFEST).argument("--admin", &socket);
    let unix = House::from(stateless(), &setup, |config| config);
    let address = admin(&tcp.sluice);
    let address = address.strip_prefix("http://").unwrap().to_owned();
    for (house, address) in [(&tcp, &address), (&unix, &socket)] {
        for (id, tool) in [(1, "get_me"), (2, "get_me"), (3, "delete_repo")] {
            house.ask(&message::call(id, tool, json!({}))).await;
        }
        wait_for("the calls are counted", || {
            let shown = top(address, &["--json"]);
            let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
            shown["in_flight"] == 0.0 && shown["refusals"][0]["name"] == "tool_not_enabled"
        })
        .await;
        let shown = top(address, &["--json"]);
        let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let tools = shown["tools"].as_array().unwrap();
        let got = tools
            .iter()
            .find(|it| it["name"] == "triage get_me")
            .unwrap();
        assert_eq!((&got["total"], &got["failed"]), (&json!(2.0), &json!(0.0)));
        assert!(got["quantiles"][2].as_f64().unwrap() > 0.0, "{got}");
        let text = String::from_utf8(top(address, &["--once"]).stdout).unwrap();
        for part in ["triage get_me", "tool_not_enabled", "in flight 0", "p99"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    let nowhere = top("127.0.0.1:1", &["--once"]);
    assert_eq!(nowhere.status.code(), Some(2));
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(
        said.contains("can't read the metrics at 127.0.0.1:1"),
        "{said}"
    );
}
