//! The rooms of the house stand in an order, and each uses only those before it. The pure core
//! does no input or output. No file is long before its tests begin.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, in the order in which they may use one another.
const ROOMS: &[&str] = &[
    "json",
    "jsonrpc",
    "mcp",
    "oauth",
    "trace",
    "seal",
    "detect",
    "guardrail",
    "policy",
    "manifest",
    "exchange",
    "scenario",
    "clock",
    "stamp",
    "outbound",
    "telemetry",
    "capture",
    "secret",
    "identity",
    "credential",
    "middleware",
    "reload",
    "ext_proc",
    "server",
    "cli",
];

/// The last room of the pure core.
const PURE: &str = "scenario";

/// What the pure core must not name.
const IMPURE: &[&str] = &[
    "envoy_types",
    "prost",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
    "tonic",
    "tracing",
];

const LONGEST: usize = 500;

/// The source files, with the room each belongs to.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let room = inside
                    .components()
                    .next()
                    .unwrap()
                    .as_os_str()
                    .to_str()
                    .unwrap();
                files.push((path.clone(), room.trim_end_matches(".rs").to_owned()));
            }
        }
    }
    files
}

/// The part of a file that is not its tests, without comments.
fn production(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines()
        .filter(code)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The rooms that a text names, as `crate::room` or as one of `crate::{…}`.
fn named_rooms(text: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap(),
            None => rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap(),
        };
        rooms.extend(
            list.split(',')
                .map(|item| item.trim().split("::").next().unwrap()),
        );
    }
    rooms
}

#[test]
fn every_room_uses_only_those_before_it() {
    let order: BTreeMap<&str, usize> = ROOMS
        .iter()
        .enumerate()
        .map(|(index, room)| (*room, index))
        .collect();
    let mut wrong = Vec::new();
    for (path, room) in sources() {
        if room == "lib" || room == "main" {
            continue;
        }
        let own = *order
            .get(room.as_str())
            .unwrap_or_else(|| panic!("`{room}` has no place"));
        for named in named_rooms(&production(&path)) {
            match order.get(named) {
                Some(other) if *other <= own => {}
                _ => wrong.push(format!("{} uses `{named}`", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_core_does_no_input_or_output() {
    let pure: Vec<&str> = ROOMS
        .iter()
        .copied()
        .take_while(|room| *room != PURE)
        .chain([PURE])
        .collect();
    let mut wrong = Vec::new();
    for (path, room) in sources() {
        if !pure.contains(&room.as_str()) {
            continue;
        }
        let text = production(&path);
        for name in IMPURE {
            let is_named = text.match_indices(name).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                let after = text[at + name.len()..].chars().next();
                let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                !part(before) && !part(after)
            });
            if is_named {
                wrong.push(format!("{} names `{name}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_room_is_in_the_map() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! - [`")?.split('`').next())
        .collect();
    assert_eq!(listed, ROOMS);
}

#[test]
fn no_file_is_long_before_its_tests() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter_map(|(path, _)| {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap()
                .lines()
                .count();
            (lines > LONGEST).then(|| format!("{}: {lines}", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}
