//! Well-formed tokens of the issuer's, which claim what they should not.

use serde_json::json;

use super::{Row, Stage};
use crate::authorization_server::{now, sign};

#[test]
fn claims_that_are_missing_or_wrong() {
    let stage = Stage::new();
    let good = || stage.good();
    let claim =
        |name, claim, value: serde_json::Value| Row::token(name, good().claim(claim, value).text());
    let without = |name, claim| Row::token(name, good().without(claim).text());
    let attacker = stage.attacker.issuer();
    let rows = [
        claim("aud of another", "aud", json!("https://other.example.com/")),
        claim(
            "aud without its slash",
            "aud",
            json!("https://mcp.example.com"),
        ),
        claim(
            "aud in upper case",
            "aud",
            json!("HTTPS://MCP.EXAMPLE.COM/"),
        ),
        claim(
            "aud that begins like ours",
            "aud",
            json!("https://mcp.example.com/.evil.example/"),
        ),
        claim("aud that is no text", "aud", json!(1)),
        claim(
            "aud as an object",
            "aud",
            json!({"https://mcp.example.com/": true}),
        ),
        claim("aud null", "aud", json!(null)),
        claim("aud empty", "aud", json!([])),
        claim(
            "aud of many others",
            "aud",
            json!(["https://a.example/", "https://b.example/"]),
        ),
        claim("iss of another", "iss", json!(attacker)),
        claim(
            "iss with a slash more",
            "iss",
            json!(format!("{}/", stage.place.issuer.issuer())),
        ),
        claim(
            "iss as an array",
            "iss",
            json!([stage.place.issuer.issuer()]),
        ),
        claim("iss null", "iss", json!(null)),
        claim("sub as a number", "sub", json!(7)),
        claim("sub empty", "sub", json!("")),
        claim("sub null", "sub", json!(null)),
        claim("sub as an array", "sub", json!(["alice"])),
        claim("expired", "exp", json!(now() - 31)),
        claim("expired long ago", "exp", json!(1)),
        claim("exp as a text", "exp", json!((now() + 300).to_string())),
        claim("exp null", "exp", json!(null)),
        claim("exp negative", "exp", json!(-1)),
        claim("exp negative and large", "exp", json!(i64::MIN)),
        claim("exp as a fraction in the past", "exp", json!(1.5)),
        claim("exp that is later than all times", "exp", json!(u64::MAX)),
        claim(
            "exp as a float that is later than all times",
            "exp",
            json!(1e300),
        ),
        claim("nbf in the future", "nbf", json!(now() + 120)),
        claim("nbf as a text", "nbf", json!("0")),
        claim("iat in the future", "iat", json!(now() + 120)),
        claim("iat as a text", "iat", json!("0")),
        claim("bound to a certificate", "cnf", json!({"x5t#S256": "abc"})),
        claim("bound to a key", "cnf", json!({"jkt": "abc"})),
        without("no exp", "exp"),
        without("no sub", "sub"),
        without("no iss", "iss"),
        without("no aud", "aud"),
    ];
    stage.assert_refused(&rows);
}

/// Readers differ in which of two they take.
#[test]
fn payloads_that_are_read_in_two_ways_or_none() {
    let stage = Stage::new();
    let good = stage.good();
    let (header, payload) = (good.header_json(), good.payload_json());
    let signed = |name, payload: &str| Row::token(name, sign(&header, payload, &stage.rsa));
    let more = |text: &str| format!("{{{text},{}", payload.strip_prefix('{').unwrap());
    let last = |text: &str| format!("{},{text}}}", payload.strip_suffix('}').unwrap());
    let rows = [
        signed("two subjects", &more(r#""sub":"bob""#)),
        signed("two subjects, the other way", &last(r#""sub":"bob""#)),
        signed("two subjects, one in escapes", &more(r#""\u0073ub":"bob""#)),
        signed("two ends", &last(r#""exp":99999999999"#)),
        signed("two of what nobody reads", &more(r#""x":{"a":1,"a":2}"#)),
        signed("an array", &format!("[{payload}]")),
        signed("a text", "\"sub\""),
        signed("a number", "1"),
        signed("null", "null"),
        signed("nothing", ""),
        signed("no JSON", "sub=alice"),
        signed("JSON and more", &format!("{payload}{{}}")),
        signed("a comma too many", &payload.replacen('}', ",}", 1)),
        signed("a byte order mark", &format!("\u{feff}{payload}")),
        signed("half a surrogate", &more(r#""x":"\ud800""#)),
        signed("a number that is none", &more(r#""x":NaN"#)),
        signed(
            "very deep",
            &more(&format!(r#""x":{}1{}"#, "[".repeat(2000), "]".repeat(2000))),
        ),
        Row::token(
            "no UTF-8",
            sign_bytes(&stage, &header, b"{\"sub\":\"\xff\"}"),
        ),
    ];
    stage.assert_refused(&rows);
}

fn sign_bytes(stage: &Stage, header: &str, payload: &[u8]) -> String {
    use crate::authorization_server::{part, sign_parts};
    sign_parts(&part(header), &part(payload), &stage.rsa)
}
