//! Other readers of JSON, each in a process of its own that reads many documents.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::tools::{NodeSet, PythonSdk, node_packages, python};
use crate::tree::Tree;

/// How a reader tells numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// Integers exactly, all else as doubles.
    OfPython,
    /// All as doubles.
    Doubles,
}

/// A reader: a command that answers each line of hex with a line of what it says.
pub(crate) struct Peer(Command);

impl Peer {
    /// Python's `json`.
    pub(crate) fn python() -> Self {
        let python = python(PythonSdk::ALL[0]).unwrap_or_else(|error| panic!("{error}"));
        Self(python.command()).script("read.py")
    }

    /// Node's `JSON.parse`.
    pub(crate) fn node() -> Self {
        let node = node_packages(NodeSet::Peers).unwrap_or_else(|error| panic!("{error}"));
        Self(node.command()).script("read.mjs")
    }

    fn script(mut self, name: &str) -> Self {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
        self.0.arg(directory.join(name));
        self
    }

    /// What it says of each document.
    pub(crate) fn read(mut self, documents: &[Vec<u8>]) -> Vec<String> {
        let lines: String = documents
            .iter()
            .map(|document| hex(document) + "\n")
            .collect();
        let child = self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap().unwrap();
        assert!(output.status.success());
        let answers = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
        assert_eq!(answers.len(), documents.len());
        answers
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a reader should say of a document.
pub(crate) fn said(tree: &Tree, numbers: Numbers) -> String {
    match tree {
        Tree::Null => "n".to_owned(),
        Tree::Bool(true) => "t".to_owned(),
        Tree::Bool(false) => "f".to_owned(),
        Tree::Number(text) => number(text, numbers),
        Tree::String(text) => string(text),
        Tree::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(|e| said(e, numbers)).collect();
            format!("[{}]", elements.join(","))
        }
        Tree::Object(members) => {
            let member = |(key, value): &(String, Tree)| string(key) + ":" + &said(value, numbers);
            let mut members: Vec<String> = members.iter().map(member).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn number(text: &str, numbers: Numbers) -> String {
    match (numbers, text) {
        // An integer has no sign when it is zero.
        (Numbers::OfPython, "-0") => "i0".to_owned(),
        (Numbers::OfPython, text) if !text.contains(['.', 'e', 'E']) => format!("i{text}"),
        (Numbers::OfPython | Numbers::Doubles, text) => {
            format!("d{:016x}", text.parse::<f64>().unwrap().to_bits())
        }
    }
}

fn string(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("{unit:04x}"));
    format!("s{}", units.collect::<String>())
}
