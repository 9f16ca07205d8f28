//! Where one request ends and the next begins: what two servers could see in two ways is refused.

use std::time::Duration;

use serde_json::json;

use super::wire::{USUAL, Wire, ask, each, post, post_with, reached};
use crate::house::House;
use crate::message::call;

fn allowed() -> String {
    call(1, "get_me", json!({})).to_string()
}

/// A request that must not arrive, as a whole.
fn smuggled() -> String {
    post(&call(7, "delete_repo", json!({})))
}

#[test]
fn requests_that_could_be_cut_in_two_ways() {
    let house = House::stateless();
    let (body, hidden) = (allowed(), smuggled());
    let length = body.len();
    let chunk = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let chunked = "transfer-encoding: chunked\r\n";
    let own = format!("content-length: {length}\r\n");
    // What is wrong; the lines about the length; what follows the head.
    let table: Vec<(&str, String, String)> = vec![
        (
            "both, the length first",
            format!("{own}{chunked}"),
            format!("{chunk}{hidden}"),
        ),
        (
            "both, the length last",
            format!("{chunked}{own}"),
            format!("{chunk}{hidden}"),
        ),
        (
            "a length of the chunks",
            format!("content-length: {}\r\n{chunked}", chunk.len()),
            format!("{chunk}{hidden}"),
        ),
        (
            "no length, by the length",
            format!("content-length: 0\r\n{chunked}"),
            format!("{chunk}{hidden}"),
        ),
        (
            "two lengths",
            format!("{own}content-length: {}\r\n", length + hidden.len()),
            format!("{body}{hidden}"),
        ),
        ("the same length twice", format!("{own}{own}"), body.clone()),
        (
            "lengths in one line",
            format!("content-length: {length}, {length}\r\n"),
            body.clone(),
        ),
        (
            "a signed length",
            format!("content-length: +{length}\r\n"),
            body.clone(),
        ),
        (
            "a negative length",
            "content-length: -1\r\n".to_owned(),
            body.clone(),
        ),
        (
            "a length in hexadecimal",
            format!("content-length: 0x{length:x}\r\n"),
            body.clone(),
        ),
        (
            "a length beyond numbers",
            "content-length: 18446744073709551616\r\n".to_owned(),
            body.clone(),
        ),
        (
            "an empty length",
            "content-length: \r\n".to_owned(),
            body.clone(),
        ),
        (
            "a length with a space before the colon",
            format!("content-length : {length}\r\n"),
            body.clone(),
        ),
        (
            "another coding last",
            "transfer-encoding: chunked, identity\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "another coding first",
            "transfer-encoding: gzip, chunked\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "identity",
            "transfer-encoding: identity\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "chunked twice",
            format!("{chunked}{chunked}"),
            format!("{chunk}{hidden}"),
        ),
        (
            "something like chunked",
            "transfer-encoding: xchunked\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "chunked after a tab of another kind",
            "transfer-encoding: \x0bchunked\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "chunked with a space before the colon",
            "transfer-encoding : chunked\r\n".to_owned(),
            format!("{chunk}{hidden}"),
        ),
        (
            "chunked with an underscore",
            format!("transfer_encoding: chunked\r\n{own}"),
            body.clone(),
        ),
        ("a NUL", format!("x: \0\r\n{own}"), body.clone()),
        (
            "a chunk without a length",
            chunked.to_owned(),
            format!("\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk with a negative length",
            chunked.to_owned(),
            format!("-1\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk with a length in another form",
            chunked.to_owned(),
            format!("0x{length:x}\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk beyond numbers",
            chunked.to_owned(),
            format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        ),
        (
            "a chunk that is longer than it says",
            chunked.to_owned(),
            format!("{:x}\r\n{body}\r\n0\r\n\r\n", length - 1),
        ),
        (
            "a chunk that ends in LF",
            chunked.to_owned(),
            format!("{length:x}\n{body}\n0\n\n"),
        ),
    ];
    each(&table, |(what, lines, rest)| {
        let head = format!("POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{USUAL}{lines}\r\n");
        let mut wire = Wire::open(house.envoy.address());
        wire.send(head + rest);
        // Where nothing is answered, the connection is closed, or waits for what does not come.
        wire.patience(Duration::from_secs(3));
        let reply = wire.answer();
        wire.finish();
        let status = reply.as_ref().map_or(400, |reply| reply.status);
        // What follows must not be read.
        let over = matches!(status, 400 | 501) && wire.ends();
        (!over).then(|| format!("{what}: {reply:?}"))
    });
    assert_eq!(reached(&house), 0);
    assert_eq!(house.executed(), 0);
}

#[test]
fn requests_in_one_write_are_answered_one_by_one() {
    let house = House::stateless();
    let get_me = |id| post(&call(id, "get_me", json!({})));
    let hidden = |id| post(&call(id, "delete_repo", json!({})));
    let mut wire = Wire::open(house.envoy.address());
    wire.send([get_me(1), hidden(2), get_me(3), hidden(4)].concat());
    for (id, executed) in [(1, true), (2, false), (3, true), (4, false)] {
        let reply = wire.answer().unwrap();
        let message = reply.message();
        assert_eq!((reply.status, &message["id"]), (200, &json!(id)));
        assert_eq!(message["result"].is_object(), executed, "{message}");
    }
    assert_eq!((house.executed(), reached(&house)), (2, 2));

    // Bytes beyond the length are the next request, and judged as one.
    let allowed = get_me(5);
    wire.send(format!("{allowed}{}", smuggled()));
    assert!(wire.answer().unwrap().message()["result"].is_object());
    assert_eq!(wire.answer().unwrap().reason(), "tool_not_enabled");
    wire.send(format!("{}garbage\r\n\r\n", get_me(6)));
    assert!(wire.answer().unwrap().message()["result"].is_object());
    let reply = wire.answer();
    assert!(
        reply.as_ref().is_none_or(|reply| reply.status == 400),
        "{reply:?}"
    );
    assert!(wire.ends());
    assert_eq!(house.executed(), 4);

    // A line that is folded is one line for Envoy, and what it sends on has no fold.
    let body = self::allowed();
    let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let folded = "transfer-encoding:\r\n chunked\r\n";
    let mut wire = Wire::open(house.envoy.address());
    wire.send(format!(
        "POST /mcp/triage HTTP/1.1\r\nhost: 127.0.0.1\r\n{USUAL}{folded}\r\n{chunk}{}",
        smuggled()
    ));
    assert!(wire.answer().unwrap().message()["result"].is_object());
    assert_eq!(wire.answer().unwrap().reason(), "tool_not_enabled");
    assert_eq!(house.executed(), 5);
    assert_eq!(house.github.github().executions("delete_repo"), 0);
}

#[test]
fn old_and_incomplete_requests() {
    let house = House::stateless();
    let body = allowed();
    let head = |line: &str, host: &str| {
        format!(
            "{line}\r\n{host}{USUAL}content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let host = "host: 127.0.0.1\r\n";
    // The request line; the host; the status, 0 where Envoy closes without a word: its answer
    // would have to go by Sluice, which it does not wait for.
    let table = [
        ("POST /mcp/triage HTTP/1.0", host, 0),
        ("POST /mcp/triage HTTP/1.0", "", 0),
        ("POST /mcp/triage HTTP/0.9", host, 0),
        ("POST /mcp/triage HTTP/1.2", host, 0),
        ("POST /mcp/triage HTTP/2.0", host, 0),
        ("POST /mcp/triage", host, 0),
        ("POST /mcp/triage x HTTP/1.1", host, 0),
        ("post /mcp/triage HTTP/1.1", host, 0),
        ("POST /mcp/triage HTTP/1.1", "", 400),
        (
            "POST /mcp/triage HTTP/1.1",
            "host: 127.0.0.1\r\nhost: x\r\n",
            400,
        ),
        ("POST /mcp/triage HTTP/1.1", "host: a b\r\n", 0),
        ("POST /mcp/triage HTTP/1.1", "host: 127.0.0.1\r\nfoo\r\n", 0),
        ("POST /mcp/triage HTTP/1.1", "host: 127.0.0.1\r\n: x\r\n", 0),
    ];
    each(&table, |&(line, host, status)| {
        let reply = ask(&house, head(line, host));
        let said = reply.as_ref().map_or(0, |reply| reply.status);
        (said != status).then(|| format!("{line:?} {host:?}: {reply:?}"))
    });
    // A request that ends before its body does is never whole.
    for left in [1, body.len() / 2, body.len()] {
        let whole = post_with("/mcp/triage", USUAL, &body);
        let mut wire = Wire::open(house.envoy.address());
        wire.send(&whole.as_bytes()[..whole.len() - left]);
        wire.finish();
        let reply = wire.answer();
        assert!(reply.is_none_or(|reply| reply.status >= 400), "{left}");
    }
    assert_eq!((house.executed(), reached(&house)), (0, 0));
}
