//! Reading a manifest from a file, for every command that does.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::manifest::{self, Diagnostics, Loaded};

use super::{Exit, Out};

/// More than a manifest may have is not read; its first bytes are enough to say so.
const MAX_READ: u64 = 8 << 20;

/// Reads a manifest, whatever it says; `None` if it can't be read, after saying so.
pub(super) fn read(file: &Path, out: &mut Out) -> io::Result<Option<Result<Loaded, Diagnostics>>> {
    let name = file.to_string_lossy();
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(MAX_READ).read_to_string(&mut text));
    if let Err(error) = read {
        out.error(&format!("sluice: can't read {name}: {error}\n"))?;
        return Ok(None);
    }
    Ok(Some(manifest::load(&name, &text)))
}

/// Reads a manifest that must be without errors, and shows what is wrong with it.
pub(super) fn load(file: &Path, out: &mut Out) -> io::Result<Result<Loaded, Exit>> {
    let Some(loaded) = read(file, out)? else {
        return Ok(Err(Exit::Usage));
    };
    let diagnostics = match &loaded {
        Ok(loaded) => &loaded.warnings,
        Err(diagnostics) => diagnostics,
    };
    let text = diagnostics.render(out.colors_errors());
    out.error(&text)?;
    Ok(loaded.map_err(|_| Exit::Failed))
}
