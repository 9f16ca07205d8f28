//! Vectors against one server: first through Sluice, where nothing may be executed, and then
//! straight, where it shows that they bite.

use std::net::SocketAddr;
use std::time::Duration;

use super::vector::{ALLOWED, Expect, Form, HIDDEN, Place, Request, Vector};
use super::wire::{self, Answer, Heard};

/// What stands in all that is hidden, and reaches nobody through Sluice.
const MARKER: &str = "HIDDEN-7f3a9c";

/// How long Sluice may take, on a machine that has other things to do.
const BOUND: Duration = Duration::from_secs(20);

/// How long it is waited for a server that may well hang.
const DIRECT_BOUND: Duration = Duration::from_secs(2);

/// A server with the hidden tool, as vectors need it.
pub(crate) struct Server<'a> {
    /// Where it is.
    pub(crate) direct: SocketAddr,
    /// Where Envoy is.
    pub(crate) envoy: SocketAddr,
    /// Its column.
    pub(crate) column: char,
    /// All that it executed so far.
    pub(crate) executions: &'a (dyn Fn() -> Vec<String> + Sync),
}

/// What came of the vectors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    /// All of them.
    pub(crate) vectors: u64,
    /// Refused by Sluice or Envoy.
    pub(crate) refused: u64,
    /// Those of the allowed tool that were executed.
    pub(crate) passed: u64,
    /// How many vectors had the hidden tool executed without Sluice.
    pub(crate) direct: u64,
    /// How many had it executed through Sluice.
    pub(crate) through: u64,
    /// What is not as it must be.
    pub(crate) failures: Vec<String>,
}

/// Runs the vectors of a form.
pub(crate) fn run(server: &Server<'_>, form: Form, vectors: &[Vector]) -> Counts {
    let mut counts = Counts {
        vectors: vectors.len() as u64,
        ..Counts::default()
    };
    through(server, form, vectors, &mut counts);
    if counts.through == 0 {
        straight(server, form, vectors, &mut counts);
    }
    counts
}

fn through(server: &Server<'_>, form: Form, vectors: &[Vector], counts: &mut Counts) {
    // Envoy closes these connections without a word, a second later: all at once then.
    let (silent, spoken): (Vec<&Vector>, Vec<&Vector>) =
        vectors.iter().partition(|vector| vector.is_silent());
    self::spoken(server, form, &spoken, counts);
    self::silent(server, form, &silent, counts);
}

fn silent(server: &Server<'_>, form: Form, vectors: &[&Vector], counts: &mut Counts) {
    let place = Place {
        path: "/mcp/scope",
        session: server.session(form, server.envoy, "/mcp/scope"),
    };
    let before = server.executed();
    let heard: Vec<_> = std::thread::scope(|scope| {
        let place = &place;
        let send = |vector| scope.spawn(move || send(server.envoy, vector, place, BOUND));
        let sent: Vec<_> = vectors.iter().copied().map(send).collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    for (vector, heard) in vectors.iter().zip(heard) {
        match heard
            .map_err(|error| error.to_string())
            .and_then(|heard| judge(vector, &heard))
        {
            Ok(()) => counts.refused += 1,
            Err(what) => counts.fail(vector, &what),
        }
    }
    if server.executed() != before {
        counts.through += 1;
        counts
            .failures
            .push("one of those that Envoy refuses was executed".to_owned());
    }
}

fn spoken(server: &Server<'_>, form: Form, vectors: &[&Vector], counts: &mut Counts) {
    let mut place = Place {
        path: "/mcp/scope",
        session: server.session(form, server.envoy, "/mcp/scope"),
    };
    let mut before = server.executed();
    for vector in vectors {
        let heard = match send(server.envoy, vector, &place, BOUND) {
            Ok(heard) => heard,
            Err(error) => {
                counts.fail(vector, &error.to_string());
                continue;
            }
        };
        let after = server.executed();
        let (hidden, allowed) = (after.0 - before.0, after.1 - before.1);
        before = after;
        if hidden > 0 {
            counts.through += 1;
            counts.fail(vector, "the hidden tool was executed");
        }
        if heard.holds(MARKER) {
            counts.fail(
                vector,
                &format!("the marker came through: {}", shown(&heard)),
            );
        }
        let passes = vector
            .requests
            .iter()
            .filter(|(_, expect)| *expect == Expect::Passed);
        if allowed != passes.count() as u64 {
            let heard = shown(&heard);
            counts.fail(
                vector,
                &format!("the allowed tool was executed {allowed} times: {heard}"),
            );
        }
        match judge(vector, &heard) {
            Ok(())
                if vector
                    .requests
                    .iter()
                    .all(|(_, expect)| *expect == Expect::Passed) =>
            {
                counts.passed += 1;
            }
            Ok(()) => counts.refused += 1,
            Err(what) => {
                counts.fail(vector, &what);
                place.session = server.session(form, server.envoy, "/mcp/scope");
            }
        }
    }
}

/// Whether what came is what was expected.
fn judge(vector: &Vector, heard: &Heard) -> Result<(), String> {
    if heard.hung {
        return Err(format!(
            "no end after {} s: {}",
            BOUND.as_secs(),
            shown(heard)
        ));
    }
    let closes = |expect: &Expect| *expect == Expect::Envoy(0);
    let expected: Vec<&Expect> = vector.requests.iter().map(|(_, expect)| expect).collect();
    let spoken: Vec<&Expect> = expected.iter().copied().filter(|e| !closes(e)).collect();
    if heard.answers.len() != spoken.len() {
        return Err(format!(
            "{} answers, not {}: {}",
            heard.answers.len(),
            spoken.len(),
            shown(heard)
        ));
    }
    for (expect, answer) in spoken.into_iter().zip(&heard.answers) {
        is(expect, answer).map_err(|what| format!("{what}: {}", shown(heard)))?;
    }
    Ok(())
}

fn is(expect: &Expect, answer: &Answer) -> Result<(), String> {
    let body = answer.message();
    let reason = body["error"]["data"]["reason"].as_str();
    match *expect {
        Expect::Refused(status, code, word) => {
            let is = (answer.status, body["error"]["code"].as_i64(), reason);
            let must = (status, Some(code), Some(word));
            let no_id = body.get("id").is_some_and(serde_json::Value::is_null);
            match is == must && !no_id {
                true => Ok(()),
                false => Err(format!("not refused with {must:?}, but {is:?}")),
            }
        }
        Expect::Envoy(status) => match answer.status == status && reason.is_none() {
            true => Ok(()),
            false => Err(format!("Envoy did not answer {status}")),
        },
        Expect::Passed => match reason {
            None if answer.status < 300 => Ok(()),
            _ => Err("it did not pass".to_owned()),
        },
    }
}

fn straight(server: &Server<'_>, form: Form, vectors: &[Vector], counts: &mut Counts) {
    let mut place = Place {
        path: "/mcp",
        session: server.session(form, server.direct, "/mcp"),
    };
    let mut before = server.executed().0;
    for vector in vectors.iter().filter(|vector| vector.direct) {
        let heard = send(server.direct, vector, &place, DIRECT_BOUND);
        let after = server.executed().0;
        let executed = after > before;
        before = after;
        if executed {
            counts.direct += 1;
        }
        if !executed && vector.bites.contains(server.column) {
            let heard = heard.as_ref().map(shown).unwrap_or_default();
            counts.fail(vector, &format!("not executed without Sluice: {heard}"));
        }
        if !heard.is_ok_and(|heard| heard.answers.iter().any(|answer| answer.status < 500)) {
            place.session = server.session(form, server.direct, "/mcp");
        }
    }
}

fn send(
    address: SocketAddr,
    vector: &Vector,
    place: &Place,
    bound: Duration,
) -> std::io::Result<Heard> {
    let last = vector.requests.len() - 1;
    let requests = vector.requests.iter().enumerate();
    let bytes: Vec<u8> = requests
        .flat_map(|(number, (request, _))| request.bytes(place, number == last))
        .collect();
    wire::exchange(address, &bytes, vector.requests.len(), bound)
}

impl Server<'_> {
    /// How often the hidden and the allowed tool were executed.
    fn executed(&self) -> (u64, u64) {
        let all = (self.executions)();
        let count = |name| all.iter().filter(|line| *line == name).count() as u64;
        (count(HIDDEN), count(ALLOWED))
    }

    /// Opens a session, if the server keeps any.
    fn session(&self, form: Form, address: SocketAddr, path: &'static str) -> Option<String> {
        let Form::Legacy(version) = form else {
            return None;
        };
        let mut place = Place {
            path,
            session: None,
        };
        let hello = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{"sampling":{{}}}},"clientInfo":{{"name":"raw","version":"1"}}}}}}"#
        );
        let post = |body: &str| -> Request {
            form.post("", body)
                .without("Mcp-Method")
                .without("Mcp-Name")
        };
        let heard = wire::exchange(address, &post(&hello).bytes(&place, true), 1, BOUND).unwrap();
        let head = &heard
            .answers
            .first()
            .unwrap_or_else(|| panic!("no session: {}", shown(&heard)))
            .head;
        let id = head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case("mcp-session-id")
                .then(|| value.trim().to_owned())
        });
        place.session = Some(id?);
        let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let heard = wire::exchange(address, &post(ready).bytes(&place, true), 1, BOUND).unwrap();
        assert_eq!(heard.answers[0].status, 202, "{}", shown(&heard));
        place.session
    }
}

impl Counts {
    fn fail(&mut self, vector: &Vector, what: &str) {
        self.failures.push(format!("{}: {what}", vector.what));
    }
}

/// What came back, short enough to be read.
fn shown(heard: &Heard) -> String {
    let mut text = String::new();
    for answer in &heard.answers {
        let body = String::from_utf8_lossy(&answer.body);
        let body: String = body.chars().take(300).collect();
        text.push_str(&format!("[{} {body:?}]", answer.status));
    }
    if heard.answers.is_empty() {
        let bytes: String = String::from_utf8_lossy(&heard.bytes)
            .chars()
            .take(300)
            .collect();
        text.push_str(&format!("no whole answer in {bytes:?}"));
    }
    text
}
