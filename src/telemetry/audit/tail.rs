//! The end of a file that others have written.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::trace;

/// How far from its end a line is looked for, in bytes. Lines are much shorter.
const FAR: u64 = 8 << 20;

/// What a chain goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// The number of the last line.
    pub(super) seq: u64,
    /// Its digest.
    pub(super) digest: String,
}

#[derive(Deserialize)]
struct Numbered {
    seq: Option<u64>,
}

impl Link {
    /// Nothing is before.
    pub(super) fn first() -> Self {
        Self {
            seq: 0,
            digest: "0".repeat(64),
        }
    }

    /// What goes on from this line, which has no line break. A line without a number is followed by
    /// number one.
    pub(super) fn after(line: &[u8]) -> Self {
        let numbered = serde_json::from_slice::<Numbered>(line).ok();
        Self {
            seq: numbered.and_then(|line| line.seq).unwrap_or(0),
            digest: digest(line),
        }
    }
}

/// SHA-256 of a line, in hexadecimal digits.
pub(super) fn digest(line: &[u8]) -> String {
    trace::text(&Sha256::digest(line))
}

/// The file with this number behind its name: `audit.jsonl.1`.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    beside(path, &number.to_string())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// The last line of a file that is whole, if it has one.
pub(super) fn last_line(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let (_, bytes) = end_of(file)?;
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(None);
    };
    let line = bytes.get(..end).and_then(|it| it.rsplit(is_break).next());
    Ok(line.map(<[u8]>::to_vec))
}

/// Puts what stands behind the last line break into a file beside, and says how many bytes that was:
/// a process that was killed wrote no more of its line.
pub(super) fn set_aside(path: &Path, file: &mut File) -> io::Result<u64> {
    let (from, bytes) = end_of(file)?;
    let torn = bytes.rsplit(is_break).next().unwrap_or_default();
    if torn.is_empty() {
        return Ok(0);
    }
    if torn.len() == bytes.len() && from > 0 {
        let message = "its end is no line of an audit log";
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut options = File::options();
    let mut aside = options
        .create(true)
        .append(true)
        .open(beside(path, "torn"))?;
    aside.write_all(torn)?;
    aside.write_all(b"\n")?;
    let torn = u64::try_from(torn.len()).unwrap_or(u64::MAX);
    file.set_len(file.metadata()?.len().saturating_sub(torn))?;
    Ok(torn)
}

fn is_break(byte: &u8) -> bool {
    *byte == b'\n'
}

/// The last bytes of a file, and where they begin.
fn end_of(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let from = file.metadata()?.len().saturating_sub(FAR);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(FAR).read_to_end(&mut bytes)?;
    Ok((from, bytes))
}
