//! Tokens, one by one.

use super::*;

const INVALID: &str = "The access token is not valid";
const EXPIRED: &str = "The access token is expired";
const ELSEWHERE: &str = "The access token is not for this resource";

/// Changes a value; `null` takes a member away.
fn with(mut value: Value, changes: Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        if change.is_null() {
            value.as_object_mut().unwrap().remove(name);
        } else {
            value[name] = change.clone();
        }
    }
    value
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": "rsa", "typ": "at+jwt"})
}

/// A token with a header and claims that are the good ones but for some changes.
fn changed(header_changes: Value, claims_changes: Value) -> String {
    let header = with(header(), header_changes).to_string();
    let claims = with(claims(), claims_changes).to_string();
    RSA.sign(Signing::RS256, &header, &claims)
}

fn jwks() -> Vec<Value> {
    vec![
        RSA.jwk("rsa"),
        P256.jwk("p256"),
        P384.jwk("p384"),
        ED25519.jwk("ed25519"),
        with(OTHER_RSA.jwk("pinned"), json!({"alg": "RS512"})),
    ]
}

/// Verifies tokens as the one issuer has them. Each is verified twice: what failed fails again.
async fn outcomes<const N: usize>(rows: [(&str, String, &str); N]) {
    let file = KeyFile::new(&jwks());
    let authentication = authentication(vec![issuer(file.keys())]);
    let (verifier, _) = verifier();
    for (name, token, expected) in rows {
        for _ in 0..2 {
            let answer = verifier.verify(ask(&authentication, &token)).await;
            assert_eq!(outcome(&answer), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn good_tokens_are_taken() {
    let by = |signer: &Signer, kid| signer.token(kid, &claims());
    let header = |changes| changed(changes, json!({}));
    let claims = |changes| changed(json!({}), changes);
    let rsa = |algorithm: Signing| {
        let header = with(
            super::tokens::header(),
            json!({"alg": format!("{algorithm:?}")}),
        );
        RSA.sign(algorithm, &header.to_string(), &super::claims().to_string())
    };
    outcomes([
        ("RS256", by(&RSA, "rsa"), "alice"),
        ("RS384", rsa(Signing::RS384), "alice"),
        ("RS512", rsa(Signing::RS512), "alice"),
        ("PS256", rsa(Signing::PS256), "alice"),
        ("PS384", rsa(Signing::PS384), "alice"),
        ("PS512", rsa(Signing::PS512), "alice"),
        ("ES256", by(&P256, "p256"), "alice"),
        ("ES384", by(&P384, "p384"), "alice"),
        ("EdDSA", by(&ED25519, "ed25519"), "alice"),
        ("no typ", header(json!({"typ": null})), "alice"),
        ("typ JWT", header(json!({"typ": "jwt"})), "alice"),
        ("long typ", header(json!({"typ": "Application/AT+JWT"})), "alice"),
        (
            "no kid, and one key that fits",
            ED25519.sign(Signing::EdDSA, r#"{"alg":"EdDSA"}"#, &super::claims().to_string()),
            "alice",
        ),
        (
            "keys elsewhere are not looked at",
            header(json!({"jku": "https://evil.example", "x5u": "https://evil.example", "x5c": ["x"], "x5t": "x"})),
            "alice",
        ),
        ("audiences", claims(json!({"aud": ["other", RESOURCE]})), "alice"),
        ("a slash more", claims(json!({"aud": format!("{RESOURCE}/")})), "alice"),
        ("expired within the leeway", claims(json!({"exp": START - 29})), "alice"),
        ("early within the leeway", claims(json!({"nbf": START + 30, "iat": START + 30})), "alice"),
        ("fraction", claims(json!({"exp": START as f64 + 0.5})), "alice"),
        ("no iat", claims(json!({"iat": null})), "alice"),
    ])
    .await;
}

#[tokio::test]
async fn claims_have_to_be_right() {
    let claims = |changes| changed(json!({}), changes);
    let raw = |claims: &str| RSA.sign(Signing::RS256, &header().to_string(), claims);
    let text = super::claims().to_string();
    outcomes([
        ("expired", claims(json!({"exp": START - 30})), EXPIRED),
        ("no exp", claims(json!({"exp": null})), INVALID),
        ("exp as a text", claims(json!({"exp": "1900000000"})), INVALID),
        ("exp before 1970", claims(json!({"exp": -1})), INVALID),
        ("exp after 9999", claims(json!({"exp": 1e15})), INVALID),
        ("exp too large", raw(&text.replace("1800000300", "1e999")), INVALID),
        ("nbf in the future", claims(json!({"nbf": START + 31})), INVALID),
        ("nbf as a text", claims(json!({"nbf": "0"})), INVALID),
        ("iat in the future", claims(json!({"iat": START + 31})), INVALID),
        ("iat as an array", claims(json!({"iat": [0]})), INVALID),
        ("no sub", claims(json!({"sub": null})), INVALID),
        ("empty sub", claims(json!({"sub": ""})), INVALID),
        ("sub as a number", claims(json!({"sub": 7})), INVALID),
        ("no iss", claims(json!({"iss": null})), INVALID),
        ("another iss", claims(json!({"iss": "https://evil.example/"})), INVALID),
        ("iss without its slash", claims(json!({"iss": "https://idp.example.com"})), INVALID),
        ("iss as an array", claims(json!({"iss": [ISSUER]})), INVALID),
        ("no aud", claims(json!({"aud": null})), INVALID),
        ("another aud", claims(json!({"aud": "https://mcp.example.com/mcp/b"})), ELSEWHERE),
        ("aud above", claims(json!({"aud": "https://mcp.example.com/mcp"})), ELSEWHERE),
        ("aud with two slashes", claims(json!({"aud": format!("{RESOURCE}//")})), ELSEWHERE),
        ("no audience", claims(json!({"aud": []})), ELSEWHERE),
        ("aud as an object", claims(json!({"aud": {"a": RESOURCE}})), INVALID),
        ("aud with a number", claims(json!({"aud": [RESOURCE, 1]})), INVALID),
        ("bound to a key", claims(json!({"cnf": {"jkt": "x"}})), INVALID),
        ("a claim twice", raw(&text.replacen('{', r#"{"sub":"bob","#, 1)), INVALID),
        (
            "a claim twice, once in escapes",
            raw(&text.replacen('{', r#"{"\u0073ub":"bob","#, 1)),
            INVALID,
        ),
        ("claims in an array", raw(&format!("[{text}]")), INVALID),
        ("no claims", raw(""), INVALID),
        ("claims twice", raw(&format!("{text}{text}")), INVALID),
        ("a byte order mark", raw(&format!("\u{feff}{text}")), INVALID),
        (
            "too deep",
            claims(json!({"x": serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(70), "]".repeat(70))).unwrap()})),
            INVALID,
        ),
    ])
    .await;
}

#[tokio::test]
async fn headers_have_to_be_right() {
    let header = |changes| changed(changes, json!({}));
    let raw = |header: &str| RSA.sign(Signing::RS256, header, &claims().to_string());
    outcomes([
        ("no alg", header(json!({"alg": null})), INVALID),
        ("alg none", header(json!({"alg": "none"})), INVALID),
        ("alg NONE", header(json!({"alg": "NONE"})), INVALID),
        (
            "alg in another case",
            header(json!({"alg": "rs256"})),
            INVALID,
        ),
        (
            "alg as an array",
            header(json!({"alg": ["RS256"]})),
            INVALID,
        ),
        ("unknown alg", header(json!({"alg": "ES256K"})), INVALID),
        ("crit", header(json!({"crit": ["exp"]})), INVALID),
        ("crit of nothing", header(json!({"crit": []})), INVALID),
        ("b64", header(json!({"b64": true})), INVALID),
        ("zip", header(json!({"zip": "DEF"})), INVALID),
        ("enc", header(json!({"enc": "A128GCM"})), INVALID),
        (
            "its own key",
            header(json!({"jwk": OTHER_RSA.jwk("rsa")})),
            INVALID,
        ),
        (
            "typ of a proof",
            header(json!({"typ": "dpop+jwt"})),
            INVALID,
        ),
        ("typ as a number", header(json!({"typ": 1})), INVALID),
        ("unknown kid", header(json!({"kid": "other"})), INVALID),
        ("empty kid", header(json!({"kid": ""})), INVALID),
        ("kid as a number", header(json!({"kid": 1})), INVALID),
        (
            "kid as a path",
            header(json!({"kid": "../../dev/null"})),
            INVALID,
        ),
        (
            "alg twice",
            raw(r#"{"alg":"none","alg":"RS256","kid":"rsa"}"#),
            INVALID,
        ),
        (
            "kid twice",
            raw(r#"{"alg":"RS256","kid":"x","kid":"rsa"}"#),
            INVALID,
        ),
        (
            "header in an array",
            raw(r#"[{"alg":"RS256","kid":"rsa"}]"#),
            INVALID,
        ),
        (
            "header that is not UTF-8",
            raw("{}").replacen("e3", "_w", 1),
            INVALID,
        ),
    ])
    .await;
}

#[tokio::test]
async fn keys_have_to_fit() {
    let as_if = |signer: &Signer, alg: Signing, named: &str, kid: Option<&str>| {
        let header = with(header(), json!({"alg": named, "kid": kid}));
        signer.sign(alg, &header.to_string(), &claims().to_string())
    };
    // Whoever takes the public key for a secret signs with what everyone can read.
    let public = Signer(
        Signing::HS256,
        EncodingKey::from_secret(RSA.jwk("rsa").to_string().as_bytes()),
    );
    let modulus = RSA.jwk("rsa")["n"].as_str().unwrap().to_owned();
    let modulus = base64::Engine::decode(&BASE64, modulus).unwrap();
    let modulus = Signer(Signing::HS256, EncodingKey::from_secret(&modulus));
    outcomes([
        (
            "another's signature",
            OTHER_RSA.token("rsa", &claims()),
            INVALID,
        ),
        (
            "HS256 with the public key",
            public.token("rsa", &claims()),
            INVALID,
        ),
        (
            "HS256 with the modulus",
            modulus.token("rsa", &claims()),
            INVALID,
        ),
        (
            "HS256 that says RS256",
            as_if(&public, Signing::HS256, "RS256", Some("rsa")),
            INVALID,
        ),
        (
            "RS256 that says PS256",
            as_if(&RSA, Signing::RS256, "PS256", Some("rsa")),
            INVALID,
        ),
        (
            "RS256 that says RS512",
            as_if(&RSA, Signing::RS256, "RS512", Some("rsa")),
            INVALID,
        ),
        (
            "a key of another kind",
            P256.token("rsa", &claims()),
            INVALID,
        ),
        (
            "a key of another curve",
            P256.token("p384", &claims()),
            INVALID,
        ),
        (
            "a key for another algorithm",
            OTHER_RSA.token("pinned", &claims()),
            INVALID,
        ),
        (
            "no kid, and two keys that fit",
            as_if(&RSA, Signing::RS512, "RS512", None),
            INVALID,
        ),
    ])
    .await;
}

#[tokio::test]
async fn tokens_have_to_be_whole() {
    let good = RSA.token("rsa", &claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let encode = |text: &str| base64::Engine::encode(&BASE64, text);
    // The signature has 256 bytes: of its last letter, four bits say nothing.
    let (body, last) = signature.split_at(signature.len() - 1);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = letters.find(last).unwrap() + 1;
    let other = with(claims(), json!({"sub": "bob"})).to_string();
    outcomes([
        ("good", good.clone(), "alice"),
        ("one part", "opaque".to_owned(), INVALID),
        ("two parts", message.to_owned(), INVALID),
        ("no signature", format!("{message}."), INVALID),
        ("four parts", format!("{good}.x"), INVALID),
        ("encrypted", format!("{head}.a.b.c.d"), INVALID),
        ("padding", format!("{good}="), INVALID),
        ("letters of base64", good.replace(['-', '_'], "+"), INVALID),
        (
            "bits that say nothing",
            format!("{message}.{body}{}", letters.chars().nth(next).unwrap()),
            INVALID,
        ),
        (
            "half a signature",
            format!("{message}.{}", signature.split_at(170).0),
            INVALID,
        ),
        (
            "other claims",
            format!("{head}.{}.{signature}", encode(&other)),
            INVALID,
        ),
        (
            "none, unsigned",
            format!("{}.{payload}.", encode(r#"{"alg":"none"}"#)),
            INVALID,
        ),
        (
            "none, with a signature",
            format!("{}.{payload}.{signature}", encode(r#"{"alg":"none"}"#)),
            INVALID,
        ),
        (
            "another header",
            format!("{}.{payload}.{signature}", encode(r#"{"alg":"RS256"}"#)),
            INVALID,
        ),
        ("empty parts", "..".to_owned(), INVALID),
    ])
    .await;
}
