//! The `sluice` command.

use std::process::ExitCode;

use sluice::cli::{self, Out};

fn main() -> ExitCode {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    cli::run(std::env::args_os(), &mut Out::standard(no_color)).into()
}
