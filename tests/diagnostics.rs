//! Golden diagnostics: each manifest in `tests/diagnostics` begins with what is said of it, as
//! comments. `SLUICE_BLESS=1 cargo test --test diagnostics` rewrites these comments.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sluice::manifest::{self, Code, Diagnostics};

fn manifests() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let entries = fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn diagnostics(file: &Path, text: &str) -> Diagnostics {
    let name = file.file_name().unwrap().to_str().unwrap();
    manifest::load(name, text).map_or_else(|diagnostics| diagnostics, |loaded| loaded.warnings)
}

/// What is said of a manifest, as comments.
fn head(file: &Path, text: &str) -> String {
    let rendered = diagnostics(file, text).render(false);
    let rendered = if rendered.is_empty() {
        "ok\n\n".to_owned()
    } else {
        rendered
    };
    let lines = rendered.trim_end().lines();
    lines
        .map(|line| format!("# {line}").trim_end().to_owned() + "\n")
        .collect()
}

fn body(text: &str) -> &str {
    let head: usize = text
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('#'))
        .map(str::len)
        .sum();
    text.split_at(head).1
}

/// The manifest with the comments that belong to it. They say where things are, and move them.
fn blessed(file: &Path, text: &str) -> String {
    let body = body(text);
    let mut text = body.to_owned();
    for _ in 0..3 {
        text = head(file, &text) + body;
    }
    text
}

#[test]
fn every_manifest_says_what_its_head_says() {
    #[expect(
        clippy::disallowed_methods,
        reason = "asks whether to rewrite what is expected"
    )]
    let bless = std::env::var("SLUICE_BLESS").is_ok();
    let mut wrong = Vec::new();
    for file in manifests() {
        let text = fs::read_to_string(&file).unwrap();
        if bless {
            fs::write(&file, blessed(&file, &text)).unwrap();
        } else if head(&file, &text) + body(&text) != text {
            wrong.push(format!("{}:\n{}", file.display(), head(&file, &text)));
        }
    }
    if !wrong.is_empty() {
        panic!("other diagnostics than expected:\n\n{}", wrong.join("\n"));
    }
}

#[test]
fn every_code_is_shown_by_some_manifest() {
    let mut unseen: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    // No one wants a file of megabytes here; the unit tests have it.
    unseen.remove(Code::TooLarge.as_str());
    for file in manifests() {
        for diagnostic in diagnostics(&file, &fs::read_to_string(&file).unwrap()).iter() {
            unseen.remove(diagnostic.code().as_str());
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}

#[test]
fn five_mistakes_are_five_diagnostics() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics/five_mistakes.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let diagnostics = diagnostics(&file, &text);
    let codes: BTreeSet<_> = diagnostics
        .iter()
        .map(|found| found.code().as_str())
        .collect();
    assert_eq!(
        (diagnostics.iter().count(), codes.len()),
        (5, 5),
        "{codes:?}"
    );
}

#[test]
fn json_is_one_object_a_diagnostic() {
    for file in manifests() {
        let text = fs::read_to_string(&file).unwrap();
        let diagnostics = diagnostics(&file, &text);
        let json = diagnostics.render_json();
        assert_eq!(json.lines().count(), diagnostics.iter().count());
        for (line, diagnostic) in json.lines().zip(diagnostics.iter()) {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(object["code"], diagnostic.code().as_str());
            assert_eq!(object["message"], diagnostic.message());
            let place = format!(
                "{}:{}:{}",
                object["file"].as_str().unwrap(),
                object["line"],
                object["column"]
            );
            assert!(diagnostics.render(false).contains(&place), "{place}");
        }
    }
}
