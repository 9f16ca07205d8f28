use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Duration;

use super::*;
use crate::capture::entry::Request;
use crate::capture::writer::{Options, Writer};

fn entry(target: &str) -> Entry {
    Entry {
        summary: Summary {
            target: Some(target.to_owned()),
            decision: "allow".to_owned(),
            ..Summary::default()
        },
        request: Request {
            received: Some(format!(r#"{{"name":"{target}"}}"#)),
            ..Request::default()
        },
        ..Entry::default()
    }
}

fn written(directory: &Path, options: &Options, targets: &[&str]) {
    let mut writer = Writer::new(directory, options.clone()).unwrap();
    for target in targets {
        writer.append(&entry(target), Duration::MAX).unwrap();
    }
}

fn targets<T>(found: impl Iterator<Item = Found<T>>, of: fn(T) -> Summary) -> Vec<String> {
    found
        .map(|found| match found {
            Ok((_, it)) => of(it).target.unwrap(),
            Err(Damage::Torn(..)) => "torn".to_owned(),
            Err(Damage::Damaged(..)) => "damaged".to_owned(),
            Err(damage) => damage.to_string(),
        })
        .collect()
}

fn all(capture: &Capture) -> Vec<String> {
    let entries = targets(capture.entries(), |entry| entry.summary);
    assert_eq!(targets(capture.summaries(), |summary| summary), entries);
    entries
}

fn last_segment(directory: &Path) -> PathBuf {
    segments(directory).unwrap().pop().unwrap().1
}

#[test]
fn what_is_written_is_read_across_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let key = Arc::new(CaptureKey::new(&[3; 32]).unwrap());
    for key in [None, Some(key)] {
        let path = directory.path().join(if key.is_some() { "a" } else { "b" });
        let options = Options {
            key: key.clone(),
            ..Options::default()
        };
        written(&path, &options, &["one", "two"]);
        written(&path, &options, &["three"]);
        let capture = Capture::open(&path, key).unwrap();
        assert_eq!(all(&capture), ["one", "two", "three"]);
        let (position, _) = capture.summaries().nth(1).unwrap().unwrap();
        assert_eq!(capture.entry(&position).unwrap(), entry("two"));
    }
    let sealed = Capture::open(&directory.path().join("a"), None).unwrap();
    assert!(matches!(
        sealed.entries().next(),
        Some(Err(Damage::Sealed(_)))
    ));
}

#[test]
fn what_a_crash_cuts_off_is_skipped_and_said() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    written(path, &Options::default(), &["one", "two"]);
    let segment = last_segment(path);
    let whole = fs::read(&segment).unwrap();
    let (second, _) = Capture::open(path, None)
        .unwrap()
        .entries()
        .nth(1)
        .unwrap()
        .unwrap();
    let second = usize::try_from(second.offset).unwrap();
    for end in second + 1..whole.len() {
        fs::write(&segment, &whole[..end]).unwrap();
        let capture = Capture::open(path, None).unwrap();
        assert_eq!(targets(capture.entries(), |it| it.summary), ["one", "torn"]);
    }
    // After the crash the next process begins another segment.
    written(path, &Options::default(), &["three"]);
    let capture = Capture::open(path, None).unwrap();
    let read = targets(capture.entries(), |it| it.summary);
    assert_eq!(read, ["one", "torn", "three"]);
}

#[test]
fn an_index_that_is_behind_or_gone_is_made_up_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    written(path, &Options::default(), &["one", "two", "three"]);
    let index = segment::index(&last_segment(path));
    let whole = fs::read(&index).unwrap();
    for end in 0..whole.len() {
        fs::write(&index, &whole[..end]).unwrap();
        let capture = Capture::open(path, None).unwrap();
        assert_eq!(all(&capture), ["one", "two", "three"], "{end}");
    }
    fs::remove_file(&index).unwrap();
    assert_eq!(all(&Capture::open(path, None).unwrap()).len(), 3);
}

#[test]
fn damage_in_the_middle_costs_one_exchange() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    written(path, &Options::default(), &["one", "two"]);
    let segment = last_segment(path);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[HEADER + frame::HEAD + 3] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let capture = Capture::open(path, None).unwrap();
    let read = targets(capture.entries(), |it| it.summary);
    assert_eq!(read, ["damaged", "two"]);
}

#[test]
fn the_directory_stays_within_its_budget() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let options = Options {
        segment_bytes: 2048,
        total_bytes: 8192,
        key: None,
    };
    let names: Vec<String> = (0..200).map(|index| format!("tool-{index:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    written(path, &options, &names);
    let files = fs::read_dir(path).unwrap();
    let size: u64 = files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    assert!(
        size <= options.total_bytes + options.segment_bytes,
        "{size}"
    );
    let kept = all(&Capture::open(path, None).unwrap());
    assert_eq!(kept.last().map(String::as_str), Some("tool-199"));
    assert!(kept.len() > 5 && kept.len() < 200, "{}", kept.len());
}

#[test]
fn other_files_are_no_captures() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("0000000001.capture");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap();
    file.write_all(b"not one").unwrap();
    let capture = Capture::open(directory.path(), None).unwrap();
    assert!(matches!(
        capture.entries().next(),
        Some(Err(Damage::NotOne(_)))
    ));
    assert!(Capture::open(&directory.path().join("none"), None).is_err());
}
