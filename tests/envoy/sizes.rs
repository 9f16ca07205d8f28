//! Messages of every size, up to the limits and beyond, and the memory that they take.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::house::{Answer, House, MANIFEST, json as answers_in_json, sluice, stateless};
use crate::message::{call, entries, legacy, modern};
use crate::support::github::Options;

const MIB: usize = 1 << 20;

/// [`MANIFEST`] with limits of its own.
fn limited(limits: &str) -> String {
    format!("{MANIFEST}limits: {{{limits}}}\n")
}

/// A call with an argument of a size such that the whole message has `length` bytes.
fn sized(id: u64, length: usize) -> Value {
    let empty = call(id, "test_argument", json!({"data": ""}));
    let padding = length - empty.to_string().len();
    let message = call(id, "test_argument", json!({"data": "x".repeat(padding)}));
    assert_eq!(message.to_string().len(), length);
    message
}

fn result(bytes: usize) -> Value {
    call(1, "test_result", json!({"bytes": bytes}))
}

fn text(message: &Value) -> &str {
    let text = message["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("no text in {:.200}", message.to_string()))
}

#[tokio::test]
async fn a_list_of_a_thousand_tools() {
    for options in [stateless(), answers_in_json()] {
        let options = Options {
            generated_tools: 1000,
            ..options
        };
        let house = House::new(options);
        for version in [|message| message, modern] {
            let list = version(legacy(1, "tools/list", json!({})));
            let (sliced, direct) = (house.ask(&list).await, house.ask_directly(&list).await);
            assert!(direct.body.len() >= 400_000, "{}", direct.body.len());
            assert_eq!(sliced.kind(), direct.kind());
            let all = entries(&direct.body, "tools");
            assert_eq!(all.len(), 1023);
            let mut kept = all;
            kept.retain(|(name, _)| {
                name.starts_with("test_")
                    || name.starts_with("generated_") && name.ends_with('7')
                    || crate::house::ENABLED.contains(&name.as_str())
            });
            assert_eq!(kept.len(), 100 + 5 + 8);
            assert_eq!(entries(&sliced.body, "tools"), kept);
        }
    }
}

#[tokio::test]
async fn a_result_of_10_mb() {
    for options in [stateless(), answers_in_json()] {
        let house = House::new(options.clone());
        for version in [|message| message, modern] {
            let message = version(result(10_000_000));
            let (sliced, direct) = (
                house.ask(&message).await,
                house.ask_directly(&message).await,
            );
            assert_eq!(text(&sliced.message()).len(), 10_000_000);
            let text = crate::message::answer_text;
            assert!(text(&sliced.body) == text(&direct.body), "byte for byte");
        }

        let reason = match options.json_response {
            true => "upstream_too_large",
            false => "event_too_large",
        };
        let manifest = limited("max_response_bytes: 1MiB, max_sse_event_bytes: 1MiB");
        let house = House::with(options, &manifest, |config| config);
        for version in [|message| message, modern] {
            let refused = house.ask(&version(result(10_000_000))).await;
            assert_eq!(refused.status, StatusCode::OK);
            let message = refused.message();
            assert_eq!(message["id"], 1);
            assert_eq!(message["error"]["code"], -32603, "{message}");
            assert_eq!(message["error"]["data"]["reason"], reason, "{message}");
            assert!(!refused.body.contains("xxxx"), "nothing of it");
            assert!(refused.body.len() < 1000, "{}", refused.body);
            assert_eq!(
                text(&house.ask(&version(result(1000))).await.message()).len(),
                1000
            );
        }
    }
}

#[tokio::test]
async fn an_answer_in_json_at_its_limit() {
    let manifest = limited("max_response_bytes: 1MiB");
    let house = House::with(answers_in_json(), &manifest, |config| config);
    let around = house.ask_directly(&result(0)).await.body.len();
    for (length, passes) in [(MIB - 1, true), (MIB, true), (MIB + 1, false)] {
        let message = result(length - around);
        assert_eq!(house.ask_directly(&message).await.body.len(), length);
        let answer = house.ask(&message).await;
        assert_eq!(answer.body.len() == length, passes, "{length}");
        let reason = &answer.message()["error"]["data"]["reason"];
        assert_eq!(*reason == "upstream_too_large", !passes, "{length}");
    }
}

#[tokio::test]
async fn an_argument_of_2_mb() {
    let house = House::stateless();
    for version in [|message| message, modern] {
        let answer = house.ask(&version(sized(1, 2_000_000))).await;
        assert!(text(&answer.message()).ends_with(" bytes"), "{answer:?}");
    }
    assert_eq!(house.executed(), 2);

    let house = House::with(stateless(), &limited("max_request_bytes: 1MiB"), |c| c);
    for version in [|message| message, modern] {
        let message = version(sized(1, 2_000_000));
        too_large(&house.ask(&message).await);
    }
    assert_eq!(house.executed(), 0);
}

#[track_caller]
fn too_large(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{answer:?}");
    assert_eq!(answer.kind(), "application/json");
    let message = answer.message();
    assert_eq!(message["error"]["code"], -32600, "{message}");
    assert_eq!(message["error"]["data"]["reason"], "body_too_large");
}

#[tokio::test]
async fn a_request_at_its_limit() {
    for (limits, limit) in [("max_request_bytes: 1MiB", MIB), ("", 4 * MIB)] {
        let house = House::with(stateless(), &limited(limits), |config| config);
        for (length, passes) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
            let message = sized(1, length);
            let body = message.to_string();
            let before = house.executed();
            // A length that is told is refused by the headers, one that is not by the body.
            let told = house.ask(&message).await;
            let chunks = body
                .into_bytes()
                .chunks(100_000)
                .map(<[u8]>::to_vec)
                .collect::<Vec<_>>();
            let chunks = chunks.into_iter().map(Ok::<_, std::io::Error>);
            let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
            let untold = house.request(&house.url("triage"), &message).body(body);
            let untold = Answer::of(untold).await;
            for answer in [told, untold] {
                if passes {
                    assert!(text(&answer.message()).ends_with(" bytes"), "{length}");
                } else {
                    too_large(&answer);
                }
            }
            assert_eq!(house.executed() - before, if passes { 2 } else { 0 });
        }
    }
}

/// After a warm-up, many rounds of what is large leave the memory where it was.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn memory_is_flat() {
    /// A leak of a list, the smallest of what goes through (430 kB), would in sixty rounds be
    /// 26 MB.
    const GROWTH: u64 = 16 << 20;
    // Left to itself, the allocator keeps room for messages to come. Told to hand back at once what
    // is freed, it shows what is held.
    let setup = sluice(MANIFEST).environment("MIMALLOC_PURGE_DELAY", "0");
    for options in [stateless(), answers_in_json()] {
        let options = Options {
            generated_tools: 1000,
            ..options
        };
        let house = House::from(options, &setup, |config| config);
        let round = async || {
            let list = house.ask(&legacy(1, "tools/list", json!({}))).await;
            assert_eq!(entries(&list.body, "tools").len(), 113);
            let argument = house.ask(&sized(1, MIB)).await;
            assert!(text(&argument.message()).ends_with(" bytes"));
            // So long that Envoy hands it over in pieces.
            let large = house.ask(&result(3 * MIB)).await;
            assert_eq!(text(&large.message()).len(), 3 * MIB);
            let hidden = call(1, "delete_repo", json!({"x": "y".repeat(MIB)}));
            let hidden = house.ask(&hidden).await;
            assert_eq!(hidden.message()["error"]["code"], -32602);
        };
        // What the allocator keeps comes and goes; what leaks stays: the least of some rounds.
        let least_after = async |rounds| {
            let mut least = u64::MAX;
            for index in 0..rounds {
                round().await;
                if index + 8 >= rounds {
                    least = least.min(house.sluice.resident_bytes().unwrap());
                }
            }
            least
        };
        let before = least_after(20).await;
        let after = least_after(60).await;
        assert!(
            after.saturating_sub(before) < GROWTH,
            "from {before} to {after} bytes"
        );
        // With the pages of a debug build, which are a good part of it.
        assert!(after < 80 << 20, "{after} bytes");
    }
}
