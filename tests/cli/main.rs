//! The built binary: what it prints, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that can't go on must fail")]

mod audit;
mod check;
mod explain;
mod guardrails;
mod lock;
mod serve;
mod tls;

use std::path::Path;
use std::process::{Command, Output};

fn sluice(directory: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sluice"))
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap()
}

fn show(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "exit code: {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr)
    )
}
