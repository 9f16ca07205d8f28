//! `sluice schema`

use std::io;

use clap::Args;

use crate::manifest;

use super::{Exit, Out};

/// Print the JSON Schema of manifests, for editors
#[derive(Debug, Args)]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        out.print(&format!("{:#}\n", manifest::json_schema()))?;
        Ok(Exit::Ok)
    }
}
