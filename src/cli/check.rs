//! `sluice check`

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::manifest::{Diagnostics, Severity};

use super::load::read;
use super::{Exit, Out};

/// Check manifests, and show all that is wrong with them
///
/// Exit codes: 0 if all is well; 1 if a manifest has errors (or, with --deny-warnings, warnings);
/// 2 if a file cannot be read.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The manifests
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object for each diagnostic, each on a line of standard output
    #[arg(long)]
    json: bool,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let mut exit = Exit::Ok;
        for file in &self.files {
            exit = exit.max(self.check(file, out)?);
        }
        Ok(exit)
    }

    fn check(&self, file: &Path, out: &mut Out) -> io::Result<Exit> {
        let name = file.to_string_lossy();
        let Some(loaded) = read(file, out)? else {
            return Ok(Exit::Usage);
        };
        let diagnostics = match &loaded {
            Ok(loaded) => &loaded.warnings,
            Err(diagnostics) => diagnostics,
        };
        if self.json {
            out.print(&diagnostics.render_json())?;
        } else {
            let color = out.colors_errors();
            out.error(&diagnostics.render(color))?;
        }
        let warnings_deny = self.deny_warnings && !diagnostics.is_empty();
        let exit = if loaded.is_err() || warnings_deny {
            Exit::Failed
        } else {
            Exit::Ok
        };
        if !self.json {
            let summary = format!("{name}: {}\n", summary(diagnostics));
            match exit {
                Exit::Ok => out.print(&summary)?,
                Exit::Failed | Exit::Usage => out.error(&summary)?,
            }
        }
        Ok(exit)
    }
}

fn summary(diagnostics: &Diagnostics) -> String {
    let count = |severity: Severity| match diagnostics.count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.as_str())),
        n => Some(format!("{n} {}s", severity.as_str())),
    };
    match (count(Severity::Error), count(Severity::Warning)) {
        (None, None) => "ok".to_owned(),
        (Some(one), None) | (None, Some(one)) => one,
        (Some(errors), Some(warnings)) => format!("{errors}, {warnings}"),
    }
}
