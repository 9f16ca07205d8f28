//! The GitHub-like MCP server of the quickstart and the tests, on its own:
//! `cargo run --example github_server [-- 127.0.0.1:8000]`.
//!
//! 127.0.0.1:8000 is where `envoy/sluice.yaml` looks for it.

#![expect(clippy::print_stderr, reason = "it talks to a person")]

mod support;

use std::error::Error;

use support::github::{Github, Options};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let listener = tokio::net::TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}"))?;
    eprintln!(
        "an MCP server at http://{}/mcp; Ctrl-C ends it",
        listener.local_addr()?
    );
    let github = Github::new(Options::default());
    let until = async { drop(tokio::signal::ctrl_c().await) };
    github.serve(listener, until).await?;
    Ok(())
}
