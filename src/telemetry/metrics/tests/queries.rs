//! The dashboard and the alerts of `envoy/observability` ask for what the page has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::traffic::Traffic;
use super::*;

/// The labels of each name on a page.
type Page = BTreeMap<String, BTreeSet<String>>;

/// What a query asks for: names with the labels that it holds them to, and the labels it groups by.
#[derive(Debug, Default)]
struct Query {
    names: Vec<(String, Vec<String>)>,
    grouped: Vec<String>,
}

/// A page on which every family has a series.
fn page() -> Page {
    let traffic = Traffic::new();
    let metrics = traffic.metrics();
    let mail = r#""result":{"content":[{"type":"text","text":"ann@example.com"}]}"#;
    traffic.call("get_issue", "{}", mail);
    traffic.call("unheard_of", "{}", mail);
    let (list, kept, removed) = ("tools", 1, 1);
    let filtered = Occurrence::Filtered {
        list,
        kept,
        removed,
    };
    metrics.count(Some("triage"), &filtered);
    metrics.count(Some("triage"), &Occurrence::Dropped { detail: "" });
    metrics.token_rejected(Some("triage"));
    metrics.token_requested("crm", Fetched::Ok);
    metrics.keys_fetched("https://idp.example.com", Fetched::Ok);
    metrics.cache_hit(Cache::Credentials);
    metrics.show_drops("audit", Drops::default());
    metrics.manifest_loaded(Duration::from_secs(1));
    for family in metrics.families() {
        let name = family.description.name;
        assert!(!family.samples.is_empty(), "there is no {name}");
    }
    let mut page = Page::new();
    for line in series(metrics) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let labels = labels.trim_end_matches('}').split(',');
        let labels = labels.filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        page.entry(name.to_owned()).or_default().extend(labels);
    }
    page
}

/// The next word of a query, or its next character.
fn token(query: &str) -> (&str, &str) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let length = match query.chars().next().unwrap() {
        '"' => query.chars().skip(1).position(|c| c == '"').unwrap() + 2,
        '[' => query.find(']').unwrap() + 1,
        c if is_part(c) => query.find(|c| !is_part(c)).unwrap_or(query.len()),
        c => c.len_utf8(),
    };
    let (token, rest) = query.split_at(length);
    (token, rest.trim_start())
}

/// Reads a query as far as it names series and labels.
fn read(query: &str) -> Query {
    let mut read = Query::default();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (word, after) = token(rest);
        rest = after;
        let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic());
        match word {
            "by" | "without" | "on" | "ignoring" => {
                let (list, after) = after.strip_prefix('(').unwrap().split_once(')').unwrap();
                let labels = list.split(',').map(|label| label.trim().to_owned());
                read.grouped.extend(labels);
                rest = after.trim_start();
            }
            "and" | "or" | "unless" | "offset" | "bool" | "group_left" | "group_right" => {}
            // A function, or an aggregation with its labels before what it is of.
            _ if !is_word => {}
            _ if ["(", "by (", "without ("]
                .iter()
                .any(|next| after.starts_with(next)) => {}
            name => {
                let mut labels = Vec::new();
                if let Some(matchers) = after.strip_prefix('{') {
                    let mut inside = matchers;
                    loop {
                        let (word, after) = token(inside.trim_start());
                        inside = after;
                        match word {
                            "}" => break,
                            word if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                                labels.push(word.to_owned());
                            }
                            _ => {}
                        }
                    }
                    rest = inside.trim_start();
                }
                read.names.push((name.to_owned(), labels));
            }
        }
    }
    read
}

/// What of a query the page does not have.
fn missing(query: &str, page: &Page) -> Vec<String> {
    let read = read(query);
    let mut missing = Vec::new();
    if read.names.is_empty() {
        missing.push(format!("nothing is asked for by {query}"));
    }
    for (name, labels) in &read.names {
        let Some(known) = page.get(name) else {
            missing.push(format!("{name} in {query}"));
            continue;
        };
        for label in labels.iter().chain(&read.grouped) {
            if !known.contains(label) {
                missing.push(format!("{label} of {name} in {query}"));
            }
        }
    }
    missing
}

fn file(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("envoy/observability");
    fs::read_to_string(directory.join(name)).unwrap()
}

/// Every query of a dashboard, wherever it stands.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str().filter(|_| name == "expr") {
                    Some(query) => found.push(query.to_owned()),
                    None => queries(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn queries_are_read_as_far_as_they_name_things() {
    let query = read(
        r#"histogram_quantile(0.9, sum by (le, a) (rate(x_bucket{b="x{y}", c!~"-"}[$__rate_interval]))) > 3 * y offset 10m and z"#,
    );
    assert_eq!(query.grouped, ["le", "a"]);
    let names: Vec<_> = query.names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x_bucket", "y", "z"]);
    assert_eq!(query.names[0].1, ["b", "c"]);
    let page = page();
    for (query, expected) in [
        ("sum(sluice_decisions_total)", 0),
        ("sum(sluice_decision_total)", 1),
        ("sum by (tool) (sluice_decisions_total)", 1),
        (r#"sluice_decisions_total{tool="x"}"#, 1),
        ("mcp_server_operation_duration_seconds", 1),
        ("1", 1),
    ] {
        assert_eq!(missing(query, &page).len(), expected, "{query}");
    }
}

#[test]
fn every_query_of_the_dashboard_names_what_there_is() {
    let page = page();
    let dashboard: Value = serde_json::from_str(&file("grafana-dashboard.json")).unwrap();
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    assert!(found.len() >= 20, "{found:#?}");
    let mut wrong: Vec<_> = found
        .iter()
        .flat_map(|query| missing(query, &page))
        .collect();
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(query) = variable["query"]["query"].as_str() else {
            continue;
        };
        let arguments = query.strip_prefix("label_values(").unwrap();
        let (name, label) = arguments.trim_end_matches(')').split_once(", ").unwrap();
        if !page.get(name).is_some_and(|labels| labels.contains(label)) {
            wrong.push(query.to_owned());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_alert_names_what_there_is() {
    let page = page();
    let rules = file("prometheus-rules.yaml");
    let mut found = Vec::new();
    let mut lines = rules.lines().peekable();
    let indent = |line: &str| line.len() - line.trim_start().len();
    while let Some(line) = lines.next() {
        let Some(query) = line.trim_start().strip_prefix("expr: ") else {
            continue;
        };
        let mut query = query.trim_start_matches(">-").to_owned();
        while let Some(more) = lines.next_if(|more| indent(more) > indent(line)) {
            query = format!("{query} {}", more.trim());
        }
        found.push(query);
    }
    assert_eq!(found.len(), rules.matches("- alert:").count());
    assert!(found.len() >= 7, "{found:#?}");
    let wrong: Vec<_> = found
        .iter()
        .flat_map(|query| missing(query, &page))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
