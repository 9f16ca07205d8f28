//! `envoy/rate-limits.yaml`: limits by tool and by user.

use serde_json::{Value, json};

use super::place::Place;
use crate::house::{Answer, House, MANIFEST, stateless};
use crate::message::{call, modern};
use crate::python;

/// How many calls the tool has in a minute.
const OF_THE_TOOL: usize = 5;

/// How many calls a user has in a minute.
const OF_A_USER: usize = 8;

fn house() -> House {
    House::with(stateless(), MANIFEST, |config| {
        config.example("rate-limits.yaml").unwrap()
    })
}

fn get_issue() -> Value {
    let arguments = json!({"owner": "octo-org", "repo": "hello-world", "number": 1});
    call(7, "get_issue", arguments)
}

fn get_me() -> Value {
    call("seven", "get_me", json!({}))
}

/// Asserts that an answer is a result.
#[track_caller]
fn passes(answer: &Answer) {
    let is_result = answer.message()["result"].is_object();
    assert!(answer.status == 200 && is_result, "{answer:?}");
}

/// Asserts that an answer is the error of the limit, to the request of this id.
#[track_caller]
fn is_limited(answer: &Answer, id: &Value) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.kind(), "application/json", "{answer:?}");
    let seconds = answer.headers["retry-after"].to_str().unwrap();
    let seconds: u32 = seconds.parse().unwrap();
    assert!((1..=60).contains(&seconds), "{answer:?}");
    let said = answer.message();
    assert_eq!(said["id"], *id, "{said}");
    assert_eq!(said["error"]["code"], -32603, "{said}");
    assert_eq!(said["error"]["data"]["reason"], "rate_limited", "{said}");
}

#[tokio::test]
async fn a_tool_has_a_limit_that_other_tools_do_not_share() {
    let house = house();
    for version in [|message| message, modern] {
        // Refused by Sluice: nobody's limit is used up by what goes nowhere.
        for _ in 0..2 * OF_A_USER {
            let denied = house.ask(&version(call(1, "delete_repo", json!({})))).await;
            assert_eq!(
                denied.message()["error"]["data"]["reason"],
                "tool_not_enabled"
            );
        }
    }
    for _ in 0..OF_THE_TOOL {
        passes(&house.ask(&get_issue()).await);
    }
    let executed = house.executed();
    is_limited(&house.ask(&get_issue()).await, &json!(7));
    is_limited(&house.ask(&modern(get_issue())).await, &json!(7));
    assert_eq!(house.executed(), executed);
    passes(&house.ask(&get_me()).await);
    // No method but that of calls is limited.
    for _ in 0..2 * OF_A_USER {
        passes(&house.ask(&modern(call_list())).await);
    }
    let line = house.envoy.access_log().into_iter();
    let limited = line.filter(|line| line["status"] == 429);
    for line in limited {
        assert_eq!(line["sluice"]["tool"], "get_issue", "{line}");
        assert_eq!(line["sluice"]["outcome"], "http_error", "{line}");
        assert_eq!(line["details"], "local_rate_limited", "{line}");
    }
}

#[tokio::test]
async fn as_the_mapper_says_the_limit_has_the_status_that_all_clients_read() {
    let hint =
        "# 429 by itself. Where clients read no body but that of 200, say so: `status_code: 200`.";
    let house = House::with(stateless(), MANIFEST, |config| {
        let config = config.example("rate-limits.yaml").unwrap();
        config.replace(hint, "status_code: 200").unwrap()
    });
    for message in [get_issue(), modern(get_issue())] {
        let mut answer = house.ask(&message).await;
        for _ in 0..OF_THE_TOOL {
            answer = house.ask(&message).await;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        let said = answer.message();
        assert_eq!(said["id"], 7, "{said}");
        assert_eq!(said["error"]["data"]["reason"], "rate_limited", "{said}");
    }
}

fn call_list() -> Value {
    crate::message::legacy(2, "tools/list", json!({}))
}

#[tokio::test]
async fn a_user_has_a_limit_that_other_users_do_not_share() {
    let place = Place::with(&["rate-limits.yaml"]);
    let alice = place.token("alice");
    let get_me = async |token: &str| place.call(token, "get_me", json!({})).await;
    for _ in 0..OF_A_USER {
        passes(&get_me(&alice).await);
    }
    is_limited(&get_me(&alice).await, &json!(7));
    // Another token of hers is hers, and no header makes her someone else.
    let another = place.issuer.token("alice").claim("azp", "another-bot");
    is_limited(&get_me(&another.text()).await, &json!(7));
    for name in ["x-sluice-subject", "sluice", "x-envoy-dynamic-metadata"] {
        let request = crate::house::post(
            &place.house.client,
            &place.house.url("triage"),
            &call(7, "get_me", json!({})),
        );
        let request = request.bearer_auth(&alice).header(name, "subject=bob");
        is_limited(&Answer::of(request).await, &json!(7));
    }
    for _ in 0..OF_A_USER {
        passes(&get_me(&place.token("bob")).await);
    }
    is_limited(&get_me(&place.token("bob")).await, &json!(7));
}

#[test]
fn the_python_client_hands_the_limit_on_as_an_error() {
    for mode in ["legacy", "2026-07-28"] {
        let house = house();
        let calls = vec![json!(["get_me", {}]); OF_A_USER + 1];
        let wanted = json!({"calls": calls, "prompts": [], "resources": []});
        let done = python::client(&house.url("triage"), mode, &wanted);
        for (index, call) in done["calls"].as_array().unwrap().iter().enumerate() {
            let error = &call["error"];
            match index < OF_A_USER {
                true => assert!(call["result"].is_object(), "{mode}: {call}"),
                false => {
                    assert_eq!(error["code"], -32603, "{mode}: {call}");
                    assert_eq!(error["data"]["reason"], "rate_limited", "{mode}: {call}");
                }
            }
        }
    }
}
