//! Whether lines still are what was written.

use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use super::tail::digest;

/// How many problems are told, at most.
const MAX_PROBLEMS: usize = 1_000;

/// Reads the files of an audit log, the oldest first, and checks that each line follows the one
/// before it.
#[derive(Debug, Default)]
pub struct Verifier {
    previous: Option<Previous>,
    anchor: Option<(u64, String)>,
    checked: Checked,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Checked {
    /// How many lines there are.
    pub lines: u64,
    /// How many of them are in a chain.
    pub chained: u64,
    /// The number of the first line in the chain.
    pub first: Option<u64>,
    /// The last line in the chain.
    pub last: Option<Last>,
    /// How many exchanges and lines were dropped, as lines say it.
    pub dropped: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How many more problems there are.
    pub more_problems: u64,
    /// How many bytes the last file has after its last whole line.
    pub torn: u64,
    /// Whether the line that must be there is, if one must.
    pub is_anchored: Option<bool>,
}

impl Checked {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty() && self.is_anchored != Some(false)
    }
}

/// By what a line can be known again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Last {
    /// Its number.
    pub seq: u64,
    /// Its digest: SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub what: String,
}

#[derive(Debug)]
struct Previous {
    seq: Option<u64>,
    digest: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "v")]
    _version: u64,
    seq: Option<u64>,
    prev: Option<String>,
    dropped: Option<u64>,
}

impl Verifier {
    /// Has read nothing. A line with the number and the digest of the `anchor` must be there.
    #[must_use]
    pub fn new(anchor: Option<(u64, String)>) -> Self {
        let checked = Checked {
            is_anchored: anchor.is_some().then_some(false),
            ..Checked::default()
        };
        Self {
            previous: None,
            anchor,
            checked,
        }
    }

    /// Reads the next file. Lines end in a line break; what follows the last one is noted.
    ///
    /// # Errors
    ///
    /// It can't be read.
    pub fn read(&mut self, file: &str, mut reader: impl BufRead) -> io::Result<()> {
        if self.checked.torn > 0 {
            self.problem(file, 1, "the file before this one ends within a line");
            self.checked.torn = 0;
        }
        let mut number = 0;
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes)? > 0 {
            number += 1;
            match bytes.strip_suffix(b"\n") {
                Some(line) => self.line(file, number, line),
                None => self.checked.torn = u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            }
            bytes.clear();
        }
        Ok(())
    }

    /// Says what was found.
    #[must_use]
    pub fn finish(self) -> Checked {
        self.checked
    }

    fn line(&mut self, file: &str, number: u64, line: &[u8]) {
        self.checked.lines += 1;
        let digest = digest(line);
        let seq = match serde_json::from_slice::<Line>(line) {
            Ok(line) => {
                self.checked.dropped += line.dropped.unwrap_or(0);
                self.follows(file, number, &line);
                line.seq
            }
            Err(_) => {
                self.problem(file, number, "it is no line of an audit log");
                None
            }
        };
        if let Some(seq) = seq {
            self.checked.chained += 1;
            self.checked.first.get_or_insert(seq);
            let sha256 = digest.clone();
            let is_it = |(number, digest): &(u64, String)| (*number, digest) == (seq, &sha256);
            if self.anchor.as_ref().is_some_and(is_it) {
                self.checked.is_anchored = Some(true);
            }
            self.checked.last = Some(Last { seq, sha256 });
        }
        self.previous = Some(Previous { seq, digest });
    }

    /// Checks that a line follows the one before it.
    fn follows(&mut self, file: &str, number: u64, line: &Line) {
        let (Some(seq), Some(prev)) = (line.seq, &line.prev) else {
            if line.seq.is_some() || line.prev.is_some() {
                self.problem(file, number, "it has only one of `seq` and `prev`");
            } else if self.checked.first.is_some() {
                self.problem(
                    file,
                    number,
                    "it is not in the chain, and lines before it are",
                );
            }
            return;
        };
        let Some(previous) = &self.previous else {
            if seq <= 1 && prev.bytes().any(|byte| byte != b'0') {
                self.problem(
                    file,
                    number,
                    "line 1 of the chain follows one that is not there",
                );
            }
            return;
        };
        let expected = previous.seq.unwrap_or(0) + 1;
        let is_next = seq == expected;
        if previous.digest != *prev {
            let what = if is_next {
                "it does not follow from the line before it: one of the two was changed".to_owned()
            } else {
                format!(
                    "its number is {seq} where {expected} is due: lines are gone, were put in, or change places"
                )
            };
            self.problem(file, number, what);
        } else if !is_next {
            let what = format!("its number is {seq} where {expected} is due");
            self.problem(file, number, what);
        }
    }

    fn problem(&mut self, file: &str, line: u64, what: impl Into<String>) {
        if self.checked.problems.len() == MAX_PROBLEMS {
            self.checked.more_problems += 1;
            return;
        }
        self.checked.problems.push(Problem {
            file: file.to_owned(),
            line,
            what: what.into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::tail::Link;
    use super::*;
    use serde_json::{Value, json};

    /// Lines of a chain, each with what a line may have.
    fn chain(count: u64) -> Vec<String> {
        let mut link = Link::first();
        (1..=count)
            .map(|seq| {
                let line = json!({
                    "v": 1, "seq": seq, "prev": link.digest, "time": "2026-01-01T00:00:00.000Z",
                    "subject": "alice", "virtual_server": "triage", "target": format!("tool_{seq}"),
                    "decision": "deny", "findings": [{"path": "$.x"}],
                });
                let line = line.to_string();
                link = Link::after(line.as_bytes());
                line
            })
            .collect()
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn check(text: &str) -> Checked {
        let mut verifier = Verifier::default();
        verifier.read("a", text.as_bytes()).unwrap();
        verifier.finish()
    }

    fn places(checked: &Checked) -> Vec<u64> {
        checked
            .problems
            .iter()
            .map(|problem| problem.line)
            .collect()
    }

    #[test]
    fn a_chain_is_whole_over_several_files_and_from_any_line_on() {
        let lines = chain(6);
        let checked = check(&text(&lines));
        assert!(checked.is_whole());
        assert_eq!(
            (checked.lines, checked.chained, checked.first),
            (6, 6, Some(1))
        );
        let last = checked.last.unwrap();
        assert_eq!(last.seq, 6);
        assert_eq!(last.sha256, digest(lines[5].as_bytes()));

        let mut verifier = Verifier::default();
        verifier.read("b", text(&lines[2..4]).as_bytes()).unwrap();
        verifier.read("a", text(&lines[4..]).as_bytes()).unwrap();
        let checked = verifier.finish();
        assert!(checked.is_whole());
        assert_eq!(checked.first, Some(3));
    }

    #[test]
    fn each_member_that_is_changed_is_found() {
        let lines = chain(5);
        let line: Value = serde_json::from_str(&lines[2]).unwrap();
        for member in line.as_object().unwrap().keys() {
            let mut changed = line.clone();
            changed[member] = match &changed[member] {
                Value::Number(number) => json!(number.as_u64().unwrap() + 1),
                Value::String(text) => json!(format!("{text}0")),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => json!([]),
            };
            let mut lines = lines.clone();
            lines[2] = changed.to_string();
            assert!(!check(&text(&lines)).problems.is_empty(), "{member}");
            let mut gone = line.clone();
            gone.as_object_mut().unwrap().remove(member);
            lines[2] = gone.to_string();
            assert!(!check(&text(&lines)).problems.is_empty(), "{member}");
        }
    }

    #[test]
    fn lines_that_are_gone_put_in_or_elsewhere_are_found_where_they_are() {
        let lines = chain(5);
        let mut gone = lines.clone();
        gone.remove(2);
        assert_eq!(places(&check(&text(&gone))), [3]);
        let mut twice = lines.clone();
        twice.insert(2, lines[1].clone());
        assert_eq!(places(&check(&text(&twice))), [3]);
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert_eq!(places(&check(&text(&swapped))), [2, 3, 4]);
        let mut foreign = lines.clone();
        foreign.insert(3, "hello".to_owned());
        assert_eq!(places(&check(&text(&foreign))), [4, 5]);
        let mut unchained = lines.clone();
        unchained.push(r#"{"v": 1}"#.to_owned());
        assert_eq!(places(&check(&text(&unchained))), [6]);
        let first = text(&lines[1..]).replacen("\"seq\":2", "\"seq\":1", 1);
        assert_eq!(places(&check(&first)), [1, 2]);
        // What nothing follows can be changed or gone: nothing here shows it.
        assert!(check(&text(&lines[..3])).is_whole());
    }

    #[test]
    fn a_torn_end_is_noted_and_is_wrong_within() {
        let lines = chain(3);
        let torn = text(&lines[..2]) + lines[2].get(..20).unwrap();
        let checked = check(&torn);
        assert_eq!((checked.is_whole(), checked.torn), (true, 20));
        let mut verifier = Verifier::default();
        verifier.read("a.1", torn.as_bytes()).unwrap();
        verifier.read("a", text(&lines[2..]).as_bytes()).unwrap();
        let checked = verifier.finish();
        assert_eq!(checked.problems.len(), 1);
        assert_eq!(checked.problems[0].file, "a");
    }

    #[test]
    fn a_chain_can_begin_after_lines_without_one() {
        let first = r#"{"v": 1, "dropped": 3}"#;
        let link = Link::after(first.as_bytes());
        assert_eq!(link.seq, 0);
        let second = json!({"v": 1, "seq": 1, "prev": link.digest}).to_string();
        let checked = check(&text(&[first.to_owned(), second]));
        assert!(checked.is_whole());
        assert_eq!((checked.lines, checked.chained, checked.dropped), (2, 1, 3));
    }
}
