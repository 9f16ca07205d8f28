//! A client before all framings: through Sluice, where it must not be told of the hidden tool, and
//! straight, where it shows that they bite.

use std::time::Duration;

use serde_json::{Value, json};

use super::Reader;
use super::fake::Fake;
use super::row::{End, Row};
use crate::clients::Client;
use crate::job::{self, Job};
use crate::support::envoy::{Config, Envoy};
use crate::support::sluice::Setup;
use crate::tap::{Tap, Way};

/// What one may have of the server.
const MANIFEST: &str = r#"
servers: {repositories: {}}
virtual_servers:
  scope:
    match: {path: /mcp/scope}
    servers: [{name: repositories, enabled_tools: [get_repo]}]
"#;

/// How many framings a client has before it at a time: in some, all that it does is wait.
const LANES: usize = 4;

/// How long a client waits for what may well never come.
const SHORT: Duration = Duration::from_millis(700);

/// How long it waits for what must come, on a machine that has other things to do.
const LONG: Duration = Duration::from_secs(15);

/// What came of the framings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) framings: u64,
    /// Those that ended in the filtered list.
    pub(crate) filtered: u64,
    /// Those that ended in an error.
    pub(crate) errors: u64,
    /// Those after which the client waited in vain.
    pub(crate) nothing: u64,
    /// How many delivered the hidden tool without Sluice.
    pub(crate) direct: u64,
    /// How many delivered it through Sluice.
    pub(crate) through: u64,
    /// How often the client waited in vain for what Sluice must answer.
    pub(crate) hangs: u64,
    /// What is not as it must be.
    pub(crate) failures: Vec<String>,
}

/// Lets a client ask in all framings.
///
/// # Errors
/// When there is nothing to ask.
pub(crate) fn run(reader: &Reader) -> Result<Counts, String> {
    let mut lanes: Vec<Vec<Row>> = Vec::new();
    lanes.resize_with(LANES, Vec::new);
    for (number, row) in super::rows().into_iter().enumerate() {
        lanes[number % LANES].push(row);
    }
    let counted: Vec<_> = std::thread::scope(|scope| {
        let run = |rows: Vec<Row>| scope.spawn(move || lane(reader, &rows));
        let running: Vec<_> = lanes.into_iter().map(run).collect();
        let ended = running.into_iter();
        ended.map(|lane| lane.join().unwrap()).collect()
    });
    counted
        .into_iter()
        .try_fold(Counts::default(), |sum, lane| {
            lane.map(|counts| sum.and(counts))
        })
}

fn lane(reader: &Reader, rows: &[Row]) -> Result<Counts, String> {
    let mut counts = through(reader, rows)?;
    counts.direct = straight(reader.client(), rows)?;
    Ok(counts)
}

/// How many framings deliver the hidden tool without Sluice.
fn straight(client: &Client, rows: &[Row]) -> Result<u64, String> {
    let fake = Fake::start().map_err(|error| error.to_string())?;
    let mut delivered = 0;
    for row in rows.iter().filter(|row| row.may_deliver()) {
        fake.set(row.framing.clone());
        let report = client.run(&Job {
            url: format!("http://{}/mcp", fake.address()),
            steps: vec![job::list("tools")],
            patience: Some(SHORT),
        });
        let listed = report.is_ok_and(|report| lists_hidden(report.step(0)));
        delivered += u64::from(listed);
    }
    Ok(delivered)
}

fn through(reader: &Reader, rows: &[Row]) -> Result<Counts, String> {
    let fake = Fake::start().map_err(|error| error.to_string())?;
    let sluice = Setup::new(env!("CARGO_BIN_EXE_sluice"), MANIFEST).start()?;
    let config = Config::new(&sluice.unix(), fake.address())?.discard_access_log();
    let envoy = Envoy::start(&config)?;
    let tap = Tap::start(envoy.address()).map_err(|error| error.to_string())?;
    let mut counts = Counts::default();
    let client = reader.client();
    for row in rows {
        fake.set(row.framing.clone());
        tap.forget();
        let end = row.end_for(reader);
        let report = client.run(&Job {
            url: format!("http://{}/mcp/scope", tap.address()),
            steps: steps(end),
            patience: Some(patience(end)),
        });
        // Some clients take an error of HTTP for the end of everything.
        let (list, call) = match report {
            Ok(report) => (report.step(0).clone(), report.step(1).clone()),
            Err(error) => (json!({"unstructured": error}), Value::Null),
        };
        counts.judge(row, reader, &list, &call);
        counts.look_for_hidden(row, &tap, &list);
    }
    Ok(counts)
}

/// What a client does in a framing. Where it has the list it also has the result of a call, and
/// where it has none it has no result.
fn steps(end: End) -> Vec<Value> {
    let mut steps = vec![job::list("tools")];
    if end.is_certain() {
        steps.push(job::call("get_repo", json!({"name": "x"})));
    }
    steps
}

fn patience(end: End) -> Duration {
    match end.is_certain() {
        true => LONG,
        false => SHORT,
    }
}

fn lists_hidden(list: &Value) -> bool {
    let mut tools = list["result"].as_array().into_iter().flatten();
    tools.any(|tool| tool["name"] == "delete_repo")
}

impl End {
    /// Whether Sluice has to come to an end, and the client with it.
    fn is_certain(self) -> bool {
        match self {
            Self::Filtered | Self::Error => true,
            Self::Any | Self::Nothing | Self::Unreachable => false,
        }
    }

    /// What a step ended in.
    fn of(step: &Value) -> Self {
        match step.get("result") {
            Some(_) => Self::Filtered,
            None if step.to_string().contains("no answer within") => Self::Nothing,
            None => Self::Error,
        }
    }
}

impl Row {
    /// Whether there is a client that it may deliver something to without Sluice. The others have
    /// nothing to do but to wait.
    fn may_deliver(&self) -> bool {
        match self.end {
            End::Filtered | End::Error | End::Any => true,
            End::Nothing | End::Unreachable => false,
        }
    }

    /// What this client has in the end.
    fn end_for(&self, reader: &Reader) -> End {
        match self.end {
            End::Unreachable if !reader.is_strict => End::Error,
            End::Nothing if reader.is_modern() => End::Error,
            end @ (End::Filtered | End::Error | End::Unreachable | End::Any | End::Nothing) => end,
        }
    }
}

impl Counts {
    fn and(mut self, other: Self) -> Self {
        self.framings += other.framings;
        self.filtered += other.filtered;
        self.errors += other.errors;
        self.nothing += other.nothing;
        self.direct += other.direct;
        self.through += other.through;
        self.hangs += other.hangs;
        self.failures.extend(other.failures);
        self
    }

    /// Looks for what is hidden on its way to the client, and in what the client made of it.
    fn look_for_hidden(&mut self, row: &Row, tap: &Tap, list: &Value) {
        let mut secrets = row.secrets.iter();
        let came = secrets.find(|secret| tap.saw(Way::Down, secret));
        let listed = lists_hidden(list);
        self.through += u64::from(listed || came.is_some());
        if let Some(secret) = came {
            self.fail(row, &format!("{secret:?} came through"), list);
        }
        if listed {
            self.fail(row, "the client lists the hidden tool", list);
        }
    }

    fn judge(&mut self, row: &Row, reader: &Reader, list: &Value, call: &Value) {
        let end = row.end_for(reader);
        let ended = End::of(list);
        self.framings += 1;
        match ended {
            End::Filtered => self.filtered += 1,
            End::Error => self.errors += 1,
            End::Nothing | End::Any | End::Unreachable => self.nothing += 1,
        }
        let fits = match end {
            End::Any => true,
            End::Nothing | End::Unreachable => ended != End::Filtered,
            End::Filtered | End::Error => ended == end,
        };
        if !fits {
            self.fail(row, &format!("{ended:?}, not {end:?}"), list);
        }
        if !end.is_certain() {
            return;
        }
        let called = End::of(call);
        let in_vain = [ended, called].contains(&End::Nothing);
        self.hangs += u64::from(in_vain);
        let fits = called == end || reader.is_strict && called == End::Error;
        if !fits {
            self.fail(row, &format!("the call: {called:?}, not {end:?}"), call);
        }
    }

    fn fail(&mut self, row: &Row, what: &str, step: &Value) {
        let step: String = step.to_string().chars().take(400).collect();
        self.failures.push(format!("{}: {what}: {step}", row.what));
    }
}
