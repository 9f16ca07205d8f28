//! `docs/security.md` is true to the tests: what its table names exists, each row has a test, and
//! each test of the surface has a row.

#![expect(clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the table that has a column `tests`, without its head.
fn rows(document: &str) -> Vec<Vec<String>> {
    let lines = document
        .lines()
        .skip_while(|line| !(line.starts_with('|') && line.ends_with("| tests |")));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let inside = row.trim_matches('|');
        inside
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    })
    .collect()
}

/// The links in a cell: a test's name, and the file that it is in.
fn links(cell: &str) -> Vec<(String, PathBuf)> {
    cell.split(", ")
        .map(|link| {
            let parts = link
                .strip_prefix("[`")
                .and_then(|link| link.strip_suffix(')'))
                .and_then(|link| link.split_once("`]("));
            let (name, path) = parts.unwrap_or_else(|| panic!("`{link}` is no link to a test"));
            (name.to_owned(), root().join("docs").join(path))
        })
        .collect()
}

/// The functions of a file that are tests, or, where tests are run by a list of their own, all.
fn tests(path: &Path) -> BTreeSet<String> {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let all = !text.contains("#[test]");
    let mut tests = BTreeSet::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        let name = line
            .strip_prefix("fn ")
            .or_else(|| line.strip_prefix("async fn "))
            .or_else(|| line.strip_prefix("pub(crate) fn "))
            .or_else(|| line.strip_prefix("pub(crate) async fn "))
            .and_then(|rest| rest.split_once('('));
        if let Some((name, _)) = name.filter(|_| is_test || all) {
            tests.insert(name.to_owned());
        }
        is_test = line == "#[test]" || (is_test && line.starts_with("#["));
    }
    tests
}

#[test]
fn every_row_names_tests_that_exist() {
    let document = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = rows(&document);
    assert!(rows.len() > 30, "the table has {} rows", rows.len());
    let mut named = BTreeSet::new();
    for row in rows {
        let [_, _, _, _, cell] = row.as_slice() else {
            panic!("a row has {} columns: {row:?}", row.len());
        };
        for (name, path) in links(cell) {
            assert!(
                tests(&path).contains(&name),
                "no test `{name}` in {}",
                path.display()
            );
            named.insert(name);
        }
    }
    for entry in fs::read_dir(root().join("tests/exchange/surface")).unwrap() {
        let path = entry.unwrap().path();
        for test in tests(&path) {
            assert!(
                named.contains(&test),
                "`{test}` has no row in docs/security.md"
            );
        }
    }
}
