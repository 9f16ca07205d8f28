//! `sluice schema`

use std::io;

use clap::Args;

use crate::manifest;
use crate::telemetry::audit;

use super::{Exit, Out};

/// Print the JSON Schema of manifests, for editors
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// That of the audit log's lines in its place
    #[arg(long)]
    audit: bool,
}

impl Schema {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let schema = if self.audit {
            audit::json_schema()
        } else {
            manifest::json_schema()
        };
        out.print(&format!("{schema:#}\n"))?;
        Ok(Exit::Ok)
    }
}
