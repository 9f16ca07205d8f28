//! Headers of tokens that talk the reader into another algorithm, another key, or none.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Row, Stage};
use crate::authorization_server::{Key, Kind, hmac, part, sign, unsigned};

#[test]
fn algorithms_that_verify_nothing_or_with_what_everyone_knows() {
    let stage = Stage::new();
    let payload = stage.good().payload_json();
    let kid = stage.rsa.kid();
    let mut rows = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": alg, "kid": kid, "typ": "at+jwt"}).to_string();
        rows.push(Row::token(
            "alg none, unsigned",
            unsigned(&header, &payload),
        ));
        rows.push(Row::token(
            "alg none, signed",
            sign(&header, &payload, &stage.rsa),
        ));
    }
    let header = json!({"alg": "HS256", "kid": kid, "typ": "at+jwt"}).to_string();
    let pem = stage.rsa.public_pem();
    let modulus = stage.rsa.bare_jwk()["n"].to_string();
    for secret in [
        pem.as_bytes(),
        pem.trim_end().as_bytes(),
        pem.replace("\r\n", "\n").as_bytes(),
        &stage.rsa.public_der(),
        stage.rsa.jwk().to_string().as_bytes(),
        stage.place.issuer.jwks().as_bytes(),
        modulus.trim_matches('"').as_bytes(),
        b"",
        b"secret",
    ] {
        rows.push(Row::token(
            "a public key as a secret",
            hmac(&header, &payload, secret),
        ));
    }
    let header = json!({"alg": "HS256", "kid": stage.p256.kid()}).to_string();
    let point = stage.p256.public_der();
    rows.push(Row::token(
        "a point as a secret",
        hmac(&header, &payload, &point),
    ));
    let alg = |name, alg: Value| Row::token(name, stage.good().header("alg", alg).text());
    rows.extend([
        alg("alg of another family", json!("ES256")),
        alg("alg of the same family that did not sign", json!("PS256")),
        alg("alg with another digest", json!("RS512")),
        alg("alg in lower case", json!("rs256")),
        alg("alg with a space", json!("RS256 ")),
        alg("alg unknown", json!("XS256")),
        alg("alg that is no text", json!(256)),
        alg("alg as an array", json!(["RS256"])),
        Row::token("no alg", stage.good().without_header("alg").text()),
        Row::token(
            "wrong curve",
            stage.by(&stage.p384).header("alg", "ES256").text(),
        ),
        Row::token(
            "wrong curve, the other way",
            stage.by(&stage.p256).header("alg", "ES384").text(),
        ),
        Row::token(
            "wrong kind",
            stage.by(&stage.ed25519).header("alg", "ES256").text(),
        ),
    ]);
    stage.assert_refused(&rows);
}

#[test]
fn keys_that_are_not_the_issuers_or_not_for_this() {
    let stage = Stage::new();
    let forger = Key::new(Kind::Rsa);
    let forged = || stage.good().signed_by(&forger);
    let encryption = Key::new(Kind::Rsa);
    let mut jwk = encryption.jwk();
    jwk["use"] = json!("enc");
    stage.place.issuer.add_jwk(jwk);
    let wrapping = Key::new(Kind::Rsa);
    let mut jwk = wrapping.bare_jwk();
    jwk["kid"] = json!(wrapping.kid());
    jwk["key_ops"] = json!(["encrypt", "wrapKey"]);
    stage.place.issuer.add_jwk(jwk);
    let theirs = stage.attacker.key(Kind::Rsa);
    let own = |name, key: &Arc<Key>| Row::token(name, stage.by(key).text());
    let header =
        |name, parameter, value: Value| Row::token(name, forged().header(parameter, value).text());
    let url = |path| json!(stage.attacker.url(path));
    let other_key = stage.good().signed_by(&stage.p256).header("alg", "ES256");
    let rows = [
        Row::token("forged", forged().text()),
        Row::token("kid of another key of the issuer", other_key.text()),
        own("kid unknown", &forger),
        own("key of another issuer", &theirs),
        Row::token(
            "token of another issuer",
            stage.attacker.token("alice").text(),
        ),
        own("key for encryption", &encryption),
        own("key for wrapping", &wrapping),
        Row::token(
            "no kid where two would fit",
            stage.good().without_header("kid").text(),
        ),
        header("kid that is no text", "kid", json!(1)),
        header("kid empty", "kid", json!("")),
        header("kid as a path", "kid", json!("../../../../dev/null")),
        header("kid as a query", "kid", json!("' OR 1=1 --")),
        header("kid as a URL", "kid", url("/jwks")),
        header("kid as long as a page", "kid", json!("k".repeat(4000))),
        header("a key in the header", "jwk", forger.jwk()),
        header("keys elsewhere", "jku", url("/jwks")),
        header("certificates elsewhere", "x5u", url("/x5u")),
        header(
            "a certificate in the header",
            "x5c",
            json!([part(forger.public_der())]),
        ),
        header("a certificate's digest", "x5t#S256", json!("abc")),
        Row::token(
            "a right signature, and a key in the header",
            stage.good().header("jwk", forger.jwk()).text(),
        ),
    ];
    stage.assert_refused(&rows);
}

#[test]
fn headers_that_mean_something_else() {
    let stage = Stage::new();
    let header = |name, parameter, value: Value| {
        Row::token(name, stage.good().header(parameter, value).text())
    };
    let payload = stage.good().payload_json();
    let kid = stage.rsa.kid();
    let signed = |name, header: &str| Row::token(name, sign(header, &payload, &stage.rsa));
    let rows = [
        header(
            "crit of what nobody knows",
            "crit",
            json!(["https://example.com/x"]),
        ),
        header("crit of what is known", "crit", json!(["exp"])),
        header("crit empty", "crit", json!([])),
        header("crit that is no list", "crit", json!("exp")),
        header("crit null", "crit", json!(null)),
        header("payload not encoded", "b64", json!(false)),
        header("compressed", "zip", json!("DEF")),
        header("encrypted", "enc", json!("A128GCM")),
        header("an id token of a kind", "typ", json!("id_token+jwt")),
        header("a proof", "typ", json!("dpop+jwt")),
        header("a logout token", "typ", json!("logout+jwt")),
        header("an event", "typ", json!("secevent+jwt")),
        header("an introspection", "typ", json!("token-introspection+jwt")),
        header("typ that is no text", "typ", json!(1)),
        signed(
            "alg twice",
            &format!(r#"{{"alg":"none","alg":"RS256","kid":"{kid}"}}"#),
        ),
        signed(
            "alg twice, the other way",
            &format!(r#"{{"alg":"RS256","kid":"{kid}","alg":"none"}}"#),
        ),
        signed(
            "kid twice",
            &format!(r#"{{"alg":"RS256","kid":"x","kid":"{kid}"}}"#),
        ),
        signed(
            "crit in escapes",
            &format!(r#"{{"alg":"RS256","kid":"{kid}","\u0063rit":["x"]}}"#),
        ),
        signed("an array", &format!(r#"[{{"alg":"RS256","kid":"{kid}"}}]"#)),
        signed("a text", "\"RS256\""),
        signed("nothing", ""),
        signed(
            "a brace too few",
            &format!(r#"{{"alg":"RS256","kid":"{kid}""#),
        ),
    ];
    stage.assert_refused(&rows);
}
