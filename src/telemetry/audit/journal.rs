//! Where lines are written: files that follow one another, or standard output.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::line::Line;
use super::tail::{self, Link, numbered};
use super::{AuditOptions, AuditTarget};

/// Lines, as they are written one after the other.
#[derive(Debug)]
pub(super) struct Journal {
    place: Place,
    max_bytes: u64,
    keep: u32,
    /// What the next line follows, if lines say so.
    link: Option<Link>,
    /// How many bytes of a line that is not whole were put aside; the next line says so.
    torn: u64,
    /// Whether what was written last is not a whole line.
    is_broken: bool,
}

#[derive(Debug)]
enum Place {
    Stdout,
    File {
        path: PathBuf,
        file: File,
        length: u64,
    },
}

/// Lines that were not written.
#[derive(Debug)]
pub(super) struct Lost {
    /// How many.
    pub(super) lines: usize,
    /// Whether the first one is among them.
    pub(super) is_first: bool,
    /// Why.
    pub(super) error: io::Error,
}

impl Journal {
    /// Goes on where the file ends.
    ///
    /// # Errors
    ///
    /// It can't be opened, is no regular file, or another process writes it.
    pub(super) fn open(options: &AuditOptions) -> io::Result<Self> {
        let mut link = options.chain.then(Link::first);
        let mut torn = 0;
        let place = match &options.target {
            AuditTarget::Stdout => Place::Stdout,
            AuditTarget::File(path) => {
                let mut file = open(path)?;
                torn = tail::set_aside(path, &mut file)?;
                if let (Some(link), Some(line)) = (&mut link, last_line(path, &mut file)?) {
                    *link = Link::after(&line);
                }
                Place::File {
                    path: path.clone(),
                    length: file.metadata()?.len(),
                    file,
                }
            }
        };
        Ok(Self {
            place,
            max_bytes: options.max_bytes,
            keep: options.keep.max(1),
            link,
            torn,
            is_broken: false,
        })
    }

    /// Writes lines.
    ///
    /// # Errors
    ///
    /// Says how many of the last ones were not written, and why. The next ones are tried again.
    pub(super) fn write(&mut self, lines: Vec<Line<'_>>) -> Result<(), Lost> {
        let all = lines.len();
        let mut written = 0;
        self.write_counting(lines, &mut written)
            .map_err(|error| Lost {
                lines: all - written,
                is_first: written == 0,
                error,
            })
    }

    fn write_counting(&mut self, lines: Vec<Line<'_>>, written: &mut usize) -> io::Result<()> {
        self.find_again()?;
        let mut ready = Ready::after(self.link.clone());
        for (index, mut line) in lines.into_iter().enumerate() {
            let is_noting = index == 0 && self.torn > 0;
            line.torn = is_noting.then_some(self.torn);
            let mut json = ready.json(&mut line)?;
            if self.is_full(&ready, &json) {
                self.append(&ready, written)?;
                self.rotate()?;
                ready = Ready::after(self.link.clone());
                json = ready.json(&mut line)?;
            }
            ready.push(&json);
        }
        self.append(&ready, written)
    }

    /// Whether a line is too much for the file, after what is ready. One that is longer than a file
    /// may be has a file of its own.
    fn is_full(&self, ready: &Ready, line: &[u8]) -> bool {
        let more = u64::try_from(ready.bytes.len() + line.len()).unwrap_or(u64::MAX);
        match &self.place {
            Place::Stdout => false,
            Place::File { length, .. } => {
                let is_empty = *length == 0 && ready.count == 0;
                !is_empty && length.saturating_add(more) > self.max_bytes
            }
        }
    }

    /// Writes what is ready at once, so that a process that is killed leaves one torn line at most.
    fn append(&mut self, ready: &Ready, written: &mut usize) -> io::Result<()> {
        if ready.count == 0 {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if self.is_broken {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&ready.bytes);
        match &mut self.place {
            Place::Stdout => {
                let mut stdout = io::stdout().lock();
                let result = stdout.write_all(&bytes).and_then(|()| stdout.flush());
                self.is_broken = result.is_err();
                result?;
            }
            Place::File { file, length, .. } => {
                if let Err(error) = file.write_all(&bytes) {
                    // A part may be there: without it the lines before are whole.
                    self.is_broken |= file.set_len(*length).is_err();
                    return Err(error);
                }
                self.is_broken = false;
                *length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            }
        }
        *written += ready.count;
        self.link.clone_from(&ready.link);
        self.torn = 0;
        Ok(())
    }

    /// Begins another file if the one that was written is no longer where it was.
    fn find_again(&mut self) -> io::Result<()> {
        let Place::File { path, file, length } = &mut self.place else {
            return Ok(());
        };
        let written = file.metadata()?;
        let is_there = fs::metadata(&*path)
            .is_ok_and(|there| (there.dev(), there.ino()) == (written.dev(), written.ino()));
        if is_there {
            // Someone may have emptied it.
            *length = written.len();
            return Ok(());
        }
        *file = open(path)?;
        self.torn += tail::set_aside(path, file)?;
        *length = file.metadata()?.len();
        self.is_broken = false;
        Ok(())
    }

    /// Puts the file aside, and the oldest one away.
    fn rotate(&mut self) -> io::Result<()> {
        let Place::File { path, file, length } = &mut self.place else {
            return Ok(());
        };
        if *length == 0 {
            return Ok(());
        }
        for number in (1..self.keep).rev() {
            rename(&numbered(path, number), &numbered(path, number + 1))?;
        }
        rename(path, &numbered(path, 1))?;
        *file = open(path)?;
        *length = file.metadata()?.len();
        Ok(())
    }
}

/// Lines that are ready to be written.
struct Ready {
    bytes: Vec<u8>,
    count: usize,
    link: Option<Link>,
}

impl Ready {
    fn after(link: Option<Link>) -> Self {
        Self {
            bytes: Vec::new(),
            count: 0,
            link,
        }
    }

    /// The line, with its place in the chain and its line break.
    fn json(&self, line: &mut Line<'_>) -> io::Result<Vec<u8>> {
        if let Some(link) = &self.link {
            line.seq = Some(link.seq + 1);
            line.prev = Some(link.digest.clone());
        }
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        Ok(json)
    }

    fn push(&mut self, json: &[u8]) {
        self.bytes.extend_from_slice(json);
        self.count += 1;
        if let Some(link) = &mut self.link {
            link.seq += 1;
            link.digest = tail::digest(json.strip_suffix(b"\n").unwrap_or(json));
        }
    }
}

/// The last line that was written, in this file or in the one before it.
fn last_line(path: &Path, file: &mut File) -> io::Result<Option<Vec<u8>>> {
    if let Some(line) = tail::last_line(file)? {
        return Ok(Some(line));
    }
    match File::open(numbered(path, 1)) {
        Ok(mut before) => tail::last_line(&mut before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a file to append to, which nobody else may read.
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    let options = options.create(true).append(true).read(true).mode(0o600);
    // Opening a pipe would wait for whoever reads it.
    let is_other = fs::metadata(path).is_ok_and(|there| !there.is_file());
    if is_other {
        let message = "it is no regular file; `-` stands for standard output";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let file = options.open(path)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            "another process writes it",
        )),
        // Some file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

/// Renames a file, if there is one.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::line::lines;
    use super::super::{Checked, Verifier};
    use super::*;
    use crate::telemetry::{Message, Record, Verdict};

    fn options(path: &Path) -> AuditOptions {
        AuditOptions {
            target: AuditTarget::File(path.to_owned()),
            max_bytes: 1 << 20,
            keep: 2,
            chain: true,
        }
    }

    /// An exchange with so many messages.
    fn record(messages: usize) -> Record {
        let message = Message {
            asked: Arc::default(),
            verdict: Verdict::Allowed { rule: None },
            answer: None,
            withheld: None,
        };
        Record {
            messages: vec![message; messages],
            ..Record::default()
        }
    }

    fn verify(files: &[PathBuf]) -> Checked {
        let mut verifier = Verifier::default();
        for file in files {
            let bytes = fs::read(file).unwrap();
            verifier
                .read(&file.to_string_lossy(), bytes.as_slice())
                .unwrap();
        }
        verifier.finish()
    }

    #[test]
    fn files_have_as_many_bytes_and_are_as_many_as_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let mut options = options(&path);
        options.max_bytes = 1_500;
        let mut journal = Journal::open(&options).unwrap();
        let record = record(5);
        for _ in 0..10 {
            journal.write(lines(&record).collect()).unwrap();
        }
        let files = [numbered(&path, 2), numbered(&path, 1), path.clone()];
        for file in &files {
            let length = fs::metadata(file).unwrap().len();
            assert!((1..=1_500).contains(&length), "{length}");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
        let checked = verify(&files);
        assert!(checked.is_whole(), "{checked:?}");
        assert_eq!(checked.last.unwrap().seq, 50);
        assert!(checked.first.unwrap() > 1);
    }

    #[test]
    fn a_line_that_is_longer_than_a_file_may_be_has_one_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let mut options = options(&path);
        options.max_bytes = 10;
        let mut journal = Journal::open(&options).unwrap();
        journal.write(lines(&record(2)).collect()).unwrap();
        let checked = verify(&[numbered(&path, 1), path]);
        assert!(checked.is_whole());
        assert_eq!(checked.lines, 2);
    }

    #[test]
    fn the_next_process_goes_on_and_says_what_was_torn() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let options = options(&path);
        let write = || {
            let mut journal = Journal::open(&options).unwrap();
            journal.write(lines(&record(2)).collect()).unwrap();
        };
        write();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(br#"{"v":1,"seq":3,"#).unwrap();
        write();
        write();
        let checked = verify(std::slice::from_ref(&path));
        assert!(checked.is_whole(), "{checked:?}");
        assert_eq!((checked.lines, checked.torn), (6, 0));
        let text = fs::read_to_string(&path).unwrap();
        let torn = text.lines().map(|line| line.contains(r#""torn":15"#));
        assert_eq!(
            torn.collect::<Vec<_>>(),
            [false, false, true, false, false, false]
        );
        let aside = directory.path().join("audit.torn");
        assert_eq!(fs::read_to_string(aside).unwrap(), "{\"v\":1,\"seq\":3,\n");
        // Also where the file was put aside just before.
        fs::rename(&path, numbered(&path, 1)).unwrap();
        write();
        let checked = verify(&[numbered(&path, 1), path.clone()]);
        assert!(checked.is_whole(), "{checked:?}");
    }

    #[test]
    fn what_cannot_be_written_is_told_and_the_next_line_is_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("logs");
        fs::create_dir(&inside).unwrap();
        let path = inside.join("audit");
        let mut journal = Journal::open(&options(&path)).unwrap();
        journal.write(lines(&record(1)).collect()).unwrap();
        let kept = directory.path().join("kept");
        fs::rename(&path, &kept).unwrap();
        journal.write(lines(&record(1)).collect()).unwrap();
        assert_eq!(
            verify(&[kept, path.clone()]).lines,
            2,
            "a file that vanished"
        );
        fs::remove_dir_all(&inside).unwrap();
        let lost = journal.write(lines(&record(3)).collect()).unwrap_err();
        assert_eq!((lost.lines, lost.is_first), (3, true));
        fs::create_dir(&inside).unwrap();
        journal.write(lines(&record(1)).collect()).unwrap();
        let checked = verify(&[path]);
        assert!(checked.is_whole());
        assert_eq!(checked.first, Some(3));
    }

    #[test]
    fn no_two_write_one_file_and_no_file_is_something_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit");
        let _first = Journal::open(&options(&path)).unwrap();
        let second = Journal::open(&options(&path)).unwrap_err();
        assert_eq!(second.to_string(), "another process writes it");
        let other = Journal::open(&options(Path::new("/dev/null"))).unwrap_err();
        assert!(other.to_string().contains("no regular file"), "{other}");
    }
}
