//! What Sluice's reader accepts, `serde_json`, Python's `json` and Node's `JSON.parse` read as the
//! same value. Its strictness is for nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on must fail"
)]

#[path = "../../examples/support/mod.rs"]
mod support;
#[path = "../../fuzz/src/tree.rs"]
mod tree;

mod generated;
mod literals;
mod peer;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sluice::json::{Document, Limits, LoneSurrogates, Splice};

use peer::{Numbers, Peer};
use tree::Tree;

/// How many documents are made up, besides those of the tables.
const GENERATED: usize = 4000;

/// All string literals in the Rust source below `directory`.
fn rows(directory: &Path) -> BTreeSet<Vec<u8>> {
    let mut rows = BTreeSet::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rows.extend(self::rows(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(path).unwrap();
            rows.extend(literals::literals(&source));
        }
    }
    rows
}

/// What of `bytes` Sluice takes: all of it or nothing, half characters mended.
fn accepted(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits {
        lone_surrogates: LoneSurrogates::Replace,
        ..Limits::default()
    };
    let document = Document::parse(bytes, &limits).ok()?;
    let mut splice = Splice::new(document.source());
    splice.replace_lone_surrogates(&document);
    Some(splice.finish().into_bytes())
}

/// Whether a key ends in a backslash. Node 24 expects the keys of objects that it has read before,
/// and from then on takes every key that goes on with an escape there for this one.
fn misleads_node(tree: &Tree) -> bool {
    match tree {
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::String(_) => false,
        Tree::Array(elements) => elements.iter().any(misleads_node),
        Tree::Object(members) => members
            .iter()
            .any(|(key, value)| key.ends_with('\\') || misleads_node(value)),
    }
}

fn read(document: &[u8]) -> Tree {
    let read = Document::parse(document, &Limits::default());
    Tree::of(read.expect("accepted before").root())
}

#[test]
fn what_is_accepted_all_read_alike() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: BTreeSet<Vec<u8>> = rows(&root.join("src"));
    documents.extend(rows(&root.join("tests")));
    let of_tables = documents.iter().filter_map(|row| accepted(row)).count();
    documents.extend(generated::documents(GENERATED));

    let documents: BTreeSet<Vec<u8>> = documents.iter().filter_map(|d| accepted(d)).collect();
    let documents = documents.into_iter();
    let documents: Vec<Vec<u8>> = documents.filter(|d| !misleads_node(&read(d))).collect();
    assert!(of_tables > 300, "{of_tables} rows of tables");
    assert!(
        documents.len() > of_tables + GENERATED / 2,
        "{}",
        documents.len()
    );

    let trees: Vec<Tree> = documents.iter().map(|document| read(document)).collect();
    for (document, tree) in documents.iter().zip(&trees) {
        let theirs = Tree::read(document);
        let theirs = theirs.unwrap_or_else(|e| panic!("{}: {e}", document.escape_ascii()));
        assert!(!theirs.has_duplicates());
        assert_eq!(*tree, theirs, "{}", document.escape_ascii());
    }
    for (peer, numbers) in [
        (Peer::python(), Numbers::OfPython),
        (Peer::node(), Numbers::Doubles),
    ] {
        let answers = peer.read(&documents);
        for ((document, tree), answer) in documents.iter().zip(&trees).zip(answers) {
            let expected = peer::said(tree, numbers);
            assert_eq!(answer, expected, "{numbers:?}: {}", document.escape_ascii());
        }
    }
}

#[test]
fn the_peers_tell_documents_apart() {
    let documents: Vec<Vec<u8>> = ["{", "\u{feff}[", "[0]", "[-0.0]", r#"{"b":1,"a":"\ud83d"}"#]
        .map(|text| text.as_bytes().to_vec())
        .into();
    let python = [
        "refused",
        "refused",
        "[i0]",
        "[d8000000000000000]",
        "{s0061:sd83d,s0062:i1}",
    ];
    assert_eq!(Peer::python().read(&documents), python);
    let node = [
        "refused",
        "refused",
        "[d0000000000000000]",
        "[d8000000000000000]",
        "{s0061:sd83d,s0062:d3ff0000000000000}",
    ];
    assert_eq!(Peer::node().read(&documents), node);
}
