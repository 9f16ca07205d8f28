//! Writes what each fuzz target begins with: the rows of the tables that the tests have.
//!
//! `seeds` writes into `fuzz/corpus`, a directory for each target.

#[path = "../../../tests/differential/literals.rs"]
mod literals;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

type Seeds = BTreeSet<Vec<u8>>;

fn main() -> io::Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new(".."));
    let root = fuzz.parent().unwrap_or(Path::new(".."));
    for (target, seeds) in [
        ("json", json(root)?),
        ("sse", sse(root)?),
        ("manifest", manifest(root)?),
        ("exchange", exchange(root)?),
    ] {
        let directory = fuzz.join("corpus").join(target);
        write(&directory, &seeds)?;
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}

fn write(directory: &Path, seeds: &Seeds) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for seed in seeds {
        let hash = seed.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
        });
        fs::write(directory.join(format!("seed-{hash:016x}")), seed)?;
    }
    Ok(())
}

/// The files below `directory` whose names end so.
fn files(directory: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    Ok(found)
}

/// All literals below `directory`, and what those are that `format!` would fill in.
fn rows(directory: &Path) -> io::Result<Seeds> {
    let mut rows = Seeds::new();
    for file in files(directory, "rs")? {
        for literal in literals::literals(&fs::read_to_string(file)?) {
            if let Ok(text) = std::str::from_utf8(&literal)
                && text.contains("{{")
            {
                rows.insert(text.replace("{{", "{").replace("}}", "}").into_bytes());
            }
            rows.insert(literal);
        }
    }
    Ok(rows)
}

fn messages(root: &Path) -> io::Result<Seeds> {
    let mut messages = rows(&root.join("tests"))?;
    messages.extend(rows(&root.join("src/exchange"))?);
    messages.extend(rows(&root.join("src/jsonrpc"))?);
    messages.retain(|row| matches!(row.trim_ascii_start().first(), Some(b'{' | b'[')));
    Ok(messages)
}

fn json(root: &Path) -> io::Result<Seeds> {
    let mut seeds = rows(&root.join("src/json"))?;
    seeds.extend(messages(root)?);
    Ok(seeds)
}

fn sse(root: &Path) -> io::Result<Seeds> {
    let mut seeds = rows(&root.join("src/mcp/sse"))?;
    let mut streams = rows(&root.join("tests"))?;
    streams.retain(|row| row.windows(5).any(|window| window == b"data:"));
    seeds.extend(streams);
    Ok(seeds)
}

fn manifest(root: &Path) -> io::Result<Seeds> {
    let mut seeds = rows(&root.join("src/manifest"))?;
    seeds.extend(rows(&root.join("src/policy"))?);
    let mut texts = rows(&root.join("tests"))?;
    texts.retain(|row| row.windows(15).any(|window| window == b"virtual_servers"));
    seeds.extend(texts);
    for directory in ["tests", "examples"] {
        for file in files(&root.join(directory), "yaml")? {
            seeds.insert(fs::read(file)?);
        }
    }
    Ok(seeds)
}

/// Every message as each side may send it, on every kind of stream.
fn exchange(root: &Path) -> io::Result<Seeds> {
    let mut seeds = Seeds::new();
    let list = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_repo"}}"#;
    for message in messages(root)? {
        let mut add = |parts: &[&[u8]]| seeds.insert(parts.concat());
        add(&[b"P\xfeB", &message]);
        add(&[b"X\xfeB", &message]);
        add(&[
            b"Q:method: POST\n:path: /mcp/batches\ncontent-type: application/json\xfeB",
            &message,
        ]);
        add(&[b"Vrouted\xfeP\xfeB", &message]);
        add(&[b"P\xfeB", list, b"\xfeJ\xfec", &message]);
        add(&[
            b"P\xfeB",
            call,
            b"\xfeE\xfeCid: 1\ndata: ",
            &message,
            b"\n\n\xfec",
        ]);
        add(&[b"G\xfeE\xfeCdata: ", &message, b"\n\n"]);
        add(&[
            b"S\xfeE\xfeCevent: endpoint\ndata: /m?sessionId=1\n\n\xfeCdata: ",
            &message,
            b"\n\n",
        ]);
    }
    for stream in sse(root)? {
        seeds.insert([b"P\xfeB".as_slice(), list, b"\xfeE\xfeC", &stream, b"\xfec"].concat());
    }
    let modern = br#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    for (method, name, params) in [
        ("tools/list", "", ""),
        (
            "tools/call",
            "mcp-name: get_repo\n",
            r#""name":"get_repo","#,
        ),
        (
            "tools/call",
            "mcp-name: delete_repo\n",
            r#""name":"delete_repo","#,
        ),
        (
            "subscriptions/listen",
            "",
            r#""notifications":{"resourceSubscriptions":["repo://a"]},"#,
        ),
    ] {
        let head = format!("Mmcp-method: {method}\n{name}");
        let before = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}"#);
        let answer = br#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[{"name":"get_repo"},{"name":"delete_repo"}]}}"#;
        let request = [head.as_bytes(), b"\xfeB", before.as_bytes(), modern, b"}}"].concat();
        seeds.insert([&request, b"\xfeJ\xfec".as_slice(), answer].concat());
        seeds.insert(
            [
                &request,
                b"\xfeE\xfeCdata: ".as_slice(),
                answer,
                b"\n\n\xfec",
            ]
            .concat(),
        );
    }
    Ok(seeds)
}
