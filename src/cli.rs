//! The command line: one file a command.

mod audit;
mod capture;
mod check;
mod explain;
mod load;
mod lock;
mod out;
mod schema;
mod serve;
mod top;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use out::Out;

/// Virtual MCP servers for Envoy.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::Audit),
    Capture(capture::CaptureCommand),
    Check(check::Check),
    Explain(explain::Explain),
    Lock(lock::LockCommand),
    Schema(schema::Schema),
    Serve(serve::Serve),
    Top(top::Top),
}

/// How a command ended. The number is the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is well.
    Ok = 0,
    /// A manifest has errors (or warnings that are denied), a test of it fails, or what is asked
    /// for is denied.
    Failed = 1,
    /// The command line makes no sense, or a file or a stream cannot be read or written.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the command that the arguments (the program's name first) ask for.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut Out) -> Exit {
    let ended = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli.command, out),
        Err(help_or_error) => usage(&help_or_error, out),
    };
    match ended {
        Ok(exit) => exit,
        // Whoever closed the pipe has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            // If this cannot be written either, the exit code is all that can be said.
            drop(out.error(&format!("sluice: cannot write: {error}\n")));
            Exit::Usage
        }
    }
}

fn dispatch(command: Command, out: &mut Out) -> io::Result<Exit> {
    match command {
        Command::Audit(audit) => audit.run(out),
        Command::Capture(capture) => capture.run(out),
        Command::Check(check) => check.run(out),
        Command::Explain(explain) => explain.run(out),
        Command::Lock(lock) => lock.run(out),
        Command::Schema(schema) => schema.run(out),
        Command::Serve(serve) => serve.run(out),
        Command::Top(top) => top.run(out),
    }
}

fn usage(error: &clap::Error, out: &mut Out) -> io::Result<Exit> {
    let text = error.render();
    if error.use_stderr() {
        let text = if out.colors_errors() {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        out.error(&text)?;
        return Ok(Exit::Usage);
    }
    let text = if out.colors() {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    out.print(&text)?;
    Ok(Exit::Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
