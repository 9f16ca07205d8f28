//! Segments: the files of a capture, and the indexes beside them.
//!
//! A segment begins with `SLUICECAP`, the version of the format (1), whether its frames are encrypted
//! (0 or 1), five bytes that are nought, and 16 random bytes that name it. Frames follow: of a segment
//! (`.capture`) entries, of an index (`.index`) the offsets of entries and what is found by them.

use std::path::{Path, PathBuf};

use super::frame::Place;

/// Begins every file.
const MAGIC: &[u8; 9] = b"SLUICECAP";

/// The version of the format.
const VERSION: u8 = 1;

/// The bytes before the first frame.
pub(super) const HEADER: usize = 32;

/// The header of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The file's own id.
    pub(super) id: [u8; 16],
    /// Whether a key is needed to read it.
    pub(super) is_encrypted: bool,
}

impl Header {
    pub(super) fn write(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        let (marks, id) = header.split_at_mut(16);
        let flags = [VERSION, u8::from(self.is_encrypted)];
        for (byte, mark) in marks.iter_mut().zip(MAGIC.iter().chain(&flags)) {
            *byte = *mark;
        }
        id.copy_from_slice(&self.id);
        header
    }

    /// Reads a header; nothing if it is none of a version that is known.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (&[version, encrypted], rest) = rest.split_first_chunk::<2>()?;
        let id = rest.get(5..)?.first_chunk::<16>()?;
        (version == VERSION && encrypted < 2).then_some(Self {
            id: *id,
            is_encrypted: encrypted == 1,
        })
    }

    /// The place of a frame in the file.
    pub(super) fn place(&self, offset: u64) -> Place {
        Place {
            file: self.id,
            offset,
        }
    }
}

/// The file of the segment of this number.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:010}.capture"))
}

/// The index of a segment.
pub(super) fn index(segment: &Path) -> PathBuf {
    segment.with_extension("index")
}

/// The number of the segment that a file is, if it is one.
pub(super) fn number(path: &Path) -> Option<u64> {
    if path.extension()? != "capture" {
        return None;
    }
    path.file_stem()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_are_written() {
        for is_encrypted in [false, true] {
            let header = Header {
                id: [9; 16],
                is_encrypted,
            };
            assert_eq!(Header::read(&header.write()), Some(header));
        }
        let mut later = Header {
            id: [9; 16],
            is_encrypted: false,
        }
        .write();
        later[9] = 2;
        assert_eq!(Header::read(&later), None);
        assert_eq!(Header::read(b"SLUICECAP"), None);
    }

    #[test]
    fn segments_are_known_by_their_names() {
        let path = path(Path::new("/tmp"), 12);
        assert_eq!(number(&path), Some(12));
        assert_eq!(number(&index(&path)), None);
        assert_eq!(number(Path::new("/tmp/x.capture")), None);
    }
}
