//! Whoever reads a capture, also while it is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{Entry, Summary};
use super::frame::{self, CaptureKey, NoFrame};
use super::segment::{self, HEADER, Header};
use super::writer::{Indexed, segments};

/// A capture: a directory, or one segment of one.
#[derive(Debug)]
pub struct Capture {
    segments: Vec<PathBuf>,
    key: Option<Arc<CaptureKey>>,
}

/// Where an entry stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The segment.
    pub segment: PathBuf,
    /// The offset in it.
    pub offset: u64,
}

/// What of a capture can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The file is no segment.
    #[error("{0}: this is no capture of a version that is known")]
    NotOne(PathBuf),
    /// A crash, or a full disk, has cut the last entry off.
    #[error("{0}: the last exchange is cut off at byte {1}, as a crash leaves it; it is skipped")]
    Torn(PathBuf, u64),
    /// Bytes are not those that were written.
    #[error("{0}: the exchange at byte {1} is damaged; it is skipped")]
    Damaged(PathBuf, u64),
    /// There is no key, or another one.
    #[error("{0}: it is encrypted, and the key is missing or another one")]
    Sealed(PathBuf),
    /// The file can't be read.
    #[error("{0}: {1}")]
    Io(PathBuf, String),
}

/// What stands in a capture, or can't be read of it.
pub type Found<T> = Result<(Position, T), Damage>;

impl Capture {
    /// The capture in this directory, or in this segment of one.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn open(path: &Path, key: Option<Arc<CaptureKey>>) -> io::Result<Self> {
        let segments = if path.is_dir() {
            let segments = segments(path)?;
            segments.into_iter().map(|(_, path)| path).collect()
        } else {
            fs::metadata(path)?;
            vec![path.to_owned()]
        };
        Ok(Self { segments, key })
    }

    /// All exchanges, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = Found<Entry>> + '_ {
        let read = |path: &PathBuf| self.scan(path, HEADER as u64);
        self.segments.iter().flat_map(read)
    }

    /// What all exchanges are found by, oldest first. Of what an index has, no more is read.
    pub fn summaries(&self) -> impl Iterator<Item = Found<Summary>> + '_ {
        self.segments
            .iter()
            .flat_map(|path| self.summaries_of(path))
    }

    /// The exchange at a place.
    ///
    /// # Errors
    ///
    /// There is none that can be read.
    pub fn entry(&self, position: &Position) -> Result<Entry, Damage> {
        let mut found = self.scan(&position.segment, position.offset);
        let first = if found.is_empty() {
            None
        } else {
            Some(found.swap_remove(0))
        };
        match first {
            Some(Ok((_, entry))) => Ok(entry),
            Some(Err(damage)) => Err(damage),
            None => Err(Damage::Torn(position.segment.clone(), position.offset)),
        }
    }

    fn summaries_of(&self, path: &Path) -> Vec<Found<Summary>> {
        let mut found = Vec::new();
        let mut next = HEADER as u64;
        let index = segment::index(path);
        for indexed in self.read(&index, HEADER as u64).unwrap_or_default() {
            let Ok((_, text)) = indexed else { break };
            let Ok(indexed) = serde_json::from_slice::<Indexed>(&text.bytes) else {
                break;
            };
            let position = Position {
                segment: path.to_owned(),
                offset: indexed.offset,
            };
            next = indexed.offset;
            found.push(Ok((position, indexed.summary)));
        }
        // The last one of the index stands where the rest begins: it is read for its length.
        found.pop();
        let rest = self.scan(path, next).into_iter();
        found.extend(rest.map(|it| it.map(|(position, entry)| (position, entry.summary))));
        found
    }

    fn scan(&self, path: &Path, from: u64) -> Vec<Found<Entry>> {
        let frames = match self.read(path, from) {
            Ok(frames) => frames,
            Err(damage) => return vec![Err(damage)],
        };
        let entry = |frame: Found<Text>| {
            let (position, text) = frame?;
            let entry = serde_json::from_slice(&text.bytes);
            let entry =
                entry.map_err(|_| Damage::Damaged(position.segment.clone(), position.offset))?;
            Ok((position, entry))
        };
        frames.into_iter().map(entry).collect()
    }

    /// The frames of a file, from an offset on.
    fn read(&self, path: &Path, from: u64) -> Result<Vec<Found<Text>>, Damage> {
        let bytes =
            fs::read(path).map_err(|error| Damage::Io(path.to_owned(), error.to_string()))?;
        let header = Header::read(&bytes).ok_or_else(|| Damage::NotOne(path.to_owned()))?;
        let key = match (header.is_encrypted, &self.key) {
            (false, _) => None,
            (true, Some(key)) => Some(&**key),
            (true, None) => return Err(Damage::Sealed(path.to_owned())),
        };
        let mut found = Vec::new();
        let mut offset = usize::try_from(from).unwrap_or(usize::MAX);
        while let Some(rest) = bytes.get(offset..) {
            let place = header.place(offset as u64);
            let length = match frame::read(rest, key, place) {
                Ok((text, length)) => {
                    let position = Position {
                        segment: path.to_owned(),
                        offset: offset as u64,
                    };
                    found.push(Ok((position, Text { bytes: text })));
                    length
                }
                Err(NoFrame::End) => break,
                Err(NoFrame::Torn) => {
                    found.push(Err(Damage::Torn(path.to_owned(), offset as u64)));
                    break;
                }
                Err(NoFrame::Damaged(length)) => {
                    found.push(Err(Damage::Damaged(path.to_owned(), offset as u64)));
                    length
                }
                Err(NoFrame::Sealed) => return Err(Damage::Sealed(path.to_owned())),
            };
            offset += length;
        }
        Ok(found)
    }
}

#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
}

#[cfg(test)]
mod tests;
