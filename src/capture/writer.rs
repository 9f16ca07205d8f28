//! Whoever writes a capture.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Summary};
use super::frame::{self, CaptureKey};
use super::segment::{self, HEADER, Header};

/// How a capture is written.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a segment gets before the next one begins, in bytes.
    pub segment_bytes: u64,
    /// How much the directory may take, in bytes; the oldest segments go.
    pub total_bytes: u64,
    /// The key, if it is to be encrypted.
    pub key: Option<Arc<CaptureKey>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            total_bytes: 1 << 30,
            key: None,
        }
    }
}

/// Writes a capture. Each start begins a new segment: nothing is ever written behind what a crash may
/// have left.
#[derive(Debug)]
pub struct Writer {
    directory: PathBuf,
    options: Options,
    current: Current,
    keep: Duration,
}

#[derive(Debug)]
struct Current {
    number: u64,
    /// When its first entry began, since 1970.
    began: Option<Duration>,
    header: Header,
    segment: File,
    index: File,
    index_header: Header,
    length: u64,
    index_length: u64,
}

/// An entry in an index.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Indexed {
    pub(super) offset: u64,
    pub(super) summary: Summary,
}

impl Writer {
    /// A writer into this directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// The directory can't be read or written.
    pub fn new(directory: &Path, options: Options) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let last = segments(directory)?.last().map_or(0, |(number, _)| *number);
        let current = Current::begin(directory, last + 1, options.key.is_some())?;
        let writer = Self {
            directory: directory.to_owned(),
            options,
            current,
            keep: Duration::MAX,
        };
        writer.make_room()?;
        Ok(writer)
    }

    /// Appends an entry, of a virtual server whose exchanges are kept for so long. It can be read as soon as this is done.
    ///
    /// # Errors
    ///
    /// The file can't be written: what was begun of the entry is known as torn, and the next entry
    /// goes into a new segment.
    pub fn append(&mut self, entry: &Entry, keep: Duration) -> io::Result<()> {
        self.keep = keep;
        let at = Duration::from_micros(entry.summary.at_us);
        let began = *self.current.began.get_or_insert(at);
        // A segment goes as a whole, so that none may span much more than what is kept.
        let is_old = at.saturating_sub(began) > keep / 8;
        if is_old || self.current.length >= self.options.segment_bytes {
            self.begin_next()?;
        }
        let key = self.options.key.as_deref();
        let written = self.current.append(entry, key);
        if written.is_err() {
            self.begin_next()?;
        }
        written
    }

    fn begin_next(&mut self) -> io::Result<()> {
        let (number, is_encrypted) = (self.current.number + 1, self.options.key.is_some());
        self.current = Current::begin(&self.directory, number, is_encrypted)?;
        self.make_room()
    }

    /// Removes the oldest segments, until another one can get full, and those that are older than what
    /// is kept.
    fn make_room(&self) -> io::Result<()> {
        let mut kept = self.options.segment_bytes;
        for (number, path) in segments(&self.directory)?.into_iter().rev() {
            let index = segment::index(&path);
            let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
            kept += size(&path) + size(&index);
            let age = fs::metadata(&path)
                .and_then(|file| file.modified()?.elapsed().map_err(io::Error::other));
            let is_old = age.is_ok_and(|age| age > self.keep);
            let is_too_much = kept > self.options.total_bytes;
            if (is_old || is_too_much) && number != self.current.number {
                fs::remove_file(&path)?;
                match fs::remove_file(&index) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    Ok(()) | Err(_) => {}
                }
            }
        }
        Ok(())
    }
}

impl Current {
    fn begin(directory: &Path, number: u64, is_encrypted: bool) -> io::Result<Self> {
        let path = segment::path(directory, number);
        let (segment, header) = begin(&path, is_encrypted)?;
        let (index, index_header) = begin(&segment::index(&path), is_encrypted)?;
        Ok(Self {
            number,
            began: None,
            header,
            segment,
            index,
            index_header,
            length: HEADER as u64,
            index_length: HEADER as u64,
        })
    }

    fn append(&mut self, entry: &Entry, key: Option<&CaptureKey>) -> io::Result<()> {
        let text = serde_json::to_vec(entry)?;
        let offset = self.length;
        let bytes = framed(&text, key, self.header, offset)?;
        self.segment.write_all(&bytes)?;
        self.length += bytes.len() as u64;
        let indexed = Indexed {
            offset,
            summary: entry.summary.clone(),
        };
        let text = serde_json::to_vec(&indexed)?;
        let bytes = framed(&text, key, self.index_header, self.index_length)?;
        self.index.write_all(&bytes)?;
        self.index_length += bytes.len() as u64;
        Ok(())
    }
}

fn framed(
    text: &[u8],
    key: Option<&CaptureKey>,
    header: Header,
    offset: u64,
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() + frame::HEAD);
    frame::write(text, key, header.place(offset), &mut bytes)
        .ok_or_else(|| io::Error::other("an exchange is too long to be kept"))?;
    Ok(bytes)
}

/// Begins a file that only its owner can read.
fn begin(path: &Path, is_encrypted: bool) -> io::Result<(File, Header)> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(io::Error::other)?;
    let header = Header { id, is_encrypted };
    let mut file = OpenOptions::new()
        .create_new(true)
        .append(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(&header.write())?;
    Ok((file, header))
}

/// The segments of a directory, oldest first.
pub(super) fn segments(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        found.extend(segment::number(&path).map(|number| (number, path)));
    }
    found.sort_unstable();
    Ok(found)
}
