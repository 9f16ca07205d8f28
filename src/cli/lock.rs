//! `sluice lock`

mod client;

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Out};
use crate::guardrail::pin::Lock;
use client::Client;

/// Write down what an MCP server says of its tools, for guardrails of type `pin`
///
/// Ask the server itself, not Sluice, which shows less. The file has a digest of each definition, and
/// of each part of it.
///
/// Exit codes: 0 if all is well; 1 with `--check` if a definition has changed; 2 if the server can't
/// be asked, or a file can't be read or written.
#[derive(Debug, Args)]
pub(super) struct LockCommand {
    /// The URL of the server's endpoint for streamable HTTP
    url: String,
    /// A header of the requests, like `authorization: Bearer …`
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The lock file; standard output, if it is left out
    #[arg(short, long, value_name = "FILE", required_if_eq("check", "true"))]
    output: Option<PathBuf>,
    /// Write nothing, and show what has changed since the file was written
    #[arg(long)]
    check: bool,
}

impl LockCommand {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        match self.lock(out) {
            Ok(Ok(exit)) => Ok(exit),
            Ok(Err(problem)) => {
                out.error(&format!("sluice: {problem}\n"))?;
                Ok(Exit::Usage)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the server; what the user did wrong, or the server, is a text.
    fn lock(self, out: &mut Out) -> io::Result<Result<Exit, String>> {
        let tools = match self.tools() {
            Ok(tools) => tools,
            Err(problem) => return Ok(Err(problem)),
        };
        let now = Lock::of(tools.iter().map(String::as_str));
        let Some(file) = self.output else {
            out.print(&now.write())?;
            return Ok(Ok(Exit::Ok));
        };
        let name = file.display();
        if self.check {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string());
            let then = text.and_then(|text| Lock::read(&text).map_err(|error| error.to_string()));
            let then = match then {
                Ok(then) => then,
                Err(error) => return Ok(Err(format!("can't read {name}: {error}"))),
            };
            let differences = then.differences(&now);
            for line in &differences {
                out.print(&format!("{line}\n"))?;
            }
            return Ok(Ok(match differences.is_empty() {
                true => Exit::Ok,
                false => Exit::Failed,
            }));
        }
        if let Err(error) = fs::write(&file, now.write()) {
            return Ok(Err(format!("can't write {name}: {error}")));
        }
        out.print(&format!("{name}: {} tools\n", tools.len()))?;
        Ok(Ok(Exit::Ok))
    }

    /// The definitions of all tools, in JSON.
    fn tools(&self) -> Result<Vec<String>, String> {
        let mut headers = Vec::new();
        for header in &self.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| format!("`--header {header}` has no colon"))?;
            headers.push((name.trim(), value.trim()));
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("can't ask: {error}"))?;
        runtime.block_on(async {
            let mut client = Client::new(&self.url, &headers)?;
            client.tools().await
        })
    }
}
