//! What the command line says of the audit log.

use std::path::PathBuf;

use clap::Args;

use crate::telemetry::Telemetry;
use crate::telemetry::audit::{AuditOptions, AuditTarget};

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Where to write the audit log, a line of JSON for each message that is decided about: a file,
    /// or `-` for standard output. Nowhere, unless said
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// How many bytes the file may have; then it is put aside as FILE.1, and another one begins
    #[arg(long, value_name = "BYTES", default_value_t = 100 << 20, requires = "audit")]
    audit_max_bytes: u64,
    /// How many files that were put aside are kept, at least one
    #[arg(long, value_name = "COUNT", default_value_t = 10, requires = "audit",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    audit_keep: u32,
    /// Have each line hold its number and the digest of the one before it, for `sluice audit verify`
    #[arg(long, requires = "audit")]
    audit_chain: bool,
}

impl Audit {
    /// The same, with an audit log if one is asked for.
    ///
    /// # Errors
    ///
    /// Fails with a sentence for a person.
    pub(super) fn with_audit(&self, telemetry: Telemetry) -> Result<Telemetry, String> {
        let Some(file) = &self.audit else {
            return Ok(telemetry);
        };
        let target = if file.as_os_str() == "-" {
            AuditTarget::Stdout
        } else {
            AuditTarget::File(file.clone())
        };
        let options = AuditOptions {
            target,
            max_bytes: self.audit_max_bytes,
            keep: self.audit_keep,
            chain: self.audit_chain,
        };
        telemetry
            .with_audit(&options)
            .map_err(|error| format!("--audit {}: {error}", file.display()))
    }
}
