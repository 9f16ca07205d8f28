//! Reading a manifest from a file, for every command that does.

use std::io;
use std::path::Path;

use super::{Exit, Out};
use crate::manifest::{Diagnostics, Loaded};
use crate::reload;

/// Reads a manifest, whatever it says; `None` if it can't be read, after saying so.
pub(super) fn read(file: &Path, out: &mut Out) -> io::Result<Option<Result<Loaded, Diagnostics>>> {
    let name = file.to_string_lossy();
    let text = match reload::read(file) {
        Ok(text) => text,
        Err(error) => {
            out.error(&format!("sluice: can't read {name}: {error}\n"))?;
            return Ok(None);
        }
    };
    Ok(Some(reload::load(file, &text)))
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
