//! Tokens, one by one.

use super::*;

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

/// Tokens are taken, at first and again.
async fn taken<const N: usize>(rows: [(&str, String); N]) {
    let file = KeyFile::new(&jwks());
    let authentication = authentication(vec![issuer(file.keys())]);
    let (verifier, _) = verifier();
    for (name, token) in rows {
        for _ in 0..2 {
            let answer = verifier.verify(ask(&authentication, &token)).await;
            assert_eq!(outcome(&answer), "alice", "{name}");
        }
    }
}

/// Tokens are refused, at first and again, and for no other reason.
async fn refused<const N: usize>(rows: [(&str, String, Flaw); N]) {
    let file = KeyFile::new(&jwks());
    let authentication = authentication(vec![issuer(file.keys())]);
    let (verifier, _) = verifier();
    for (name, token, flaw) in rows {
        let ask = ask(&authentication, &token);
        let answer = verifier.verify(ask.clone()).await;
        assert_eq!(answer.unwrap_err(), flaw.into(), "{name}");
        assert_eq!(verifier.try_attempt(&ask).err(), Some(flaw), "{name}");
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
    taken([
        ("RS256", by(&RSA, "rsa")),
        ("RS384", rsa(Signing::RS384)),
        ("RS512", rsa(Signing::RS512)),
        ("PS256", rsa(Signing::PS256)),
        ("PS384", rsa(Signing::PS384)),
        ("PS512", rsa(Signing::PS512)),
        ("ES256", by(&P256, "p256")),
        ("ES384", by(&P384, "p384")),
        ("EdDSA", by(&ED25519, "ed25519")),
        ("no typ", header(json!({"typ": null}))),
        ("typ JWT", header(json!({"typ": "jwt"}))),
        ("long typ", header(json!({"typ": "Application/AT+JWT"}))),
        (
            "no kid, and one key that fits",
            ED25519.sign(Signing::EdDSA, r#"{"alg":"EdDSA"}"#, &super::claims().to_string()),
        ),
        (
            "keys elsewhere are not looked at",
            header(json!({"jku": "https://evil.example", "x5u": "https://evil.example", "x5c": ["x"], "x5t": "x"})),
        ),
        ("audiences", claims(json!({"aud": ["other", RESOURCE]}))),
        ("a slash more", claims(json!({"aud": format!("{RESOURCE}/")}))),
        ("expired within the leeway", claims(json!({"exp": START - 29}))),
        ("early within the leeway", claims(json!({"nbf": START + 30, "iat": START + 30}))),
        ("fraction", claims(json!({"exp": START as f64 + 0.5}))),
        ("no iat", claims(json!({"iat": null}))),
    ])
    .await;
}

#[tokio::test]
async fn claims_have_to_be_right() {
    let claims = |changes| changed(json!({}), changes);
    let raw = |claims: &str| RSA.sign(Signing::RS256, &header().to_string(), claims);
    let text = super::claims().to_string();
    refused([
        ("expired", claims(json!({"exp": START - 30})), Flaw::Expired),
        ("no exp", claims(json!({"exp": null})), Flaw::Claim("exp")),
        ("exp as a text", claims(json!({"exp": "1900000000"})), Flaw::Claim("exp")),
        ("exp before 1970", claims(json!({"exp": -1})), Flaw::Claim("exp")),
        ("exp after 9999", claims(json!({"exp": 1e15})), Flaw::Claim("exp")),
        ("exp too large", raw(&text.replace("1800000300", "1e999")), Flaw::Payload),
        ("nbf in the future", claims(json!({"nbf": START + 31})), Flaw::TooEarly),
        ("nbf as a text", claims(json!({"nbf": "0"})), Flaw::Claim("nbf")),
        ("iat in the future", claims(json!({"iat": START + 31})), Flaw::TooEarly),
        ("iat as an array", claims(json!({"iat": [0]})), Flaw::Claim("iat")),
        ("no sub", claims(json!({"sub": null})), Flaw::Claim("sub")),
        ("empty sub", claims(json!({"sub": ""})), Flaw::Claim("sub")),
        ("sub as a number", claims(json!({"sub": 7})), Flaw::Claim("sub")),
        ("no iss", claims(json!({"iss": null})), Flaw::Claim("iss")),
        ("another iss", claims(json!({"iss": "https://evil.example/"})), Flaw::Issuer),
        ("iss without its slash", claims(json!({"iss": "https://idp.example.com"})), Flaw::Issuer),
        ("iss as an array", claims(json!({"iss": [ISSUER]})), Flaw::Claim("iss")),
        ("no aud", claims(json!({"aud": null})), Flaw::Claim("aud")),
        ("another aud", claims(json!({"aud": "https://mcp.example.com/mcp/b"})), Flaw::Audience),
        ("aud above", claims(json!({"aud": "https://mcp.example.com/mcp"})), Flaw::Audience),
        ("aud with two slashes", claims(json!({"aud": format!("{RESOURCE}//")})), Flaw::Audience),
        ("no audience", claims(json!({"aud": []})), Flaw::Audience),
        ("aud as an object", claims(json!({"aud": {"a": RESOURCE}})), Flaw::Claim("aud")),
        ("aud with a number", claims(json!({"aud": [RESOURCE, 1]})), Flaw::Claim("aud")),
        ("bound to a key", claims(json!({"cnf": {"jkt": "x"}})), Flaw::Bound),
        ("a claim twice", raw(&text.replacen('{', r#"{"sub":"bob","#, 1)), Flaw::Payload),
        (
            "a claim twice, once in escapes",
            raw(&text.replacen('{', r#"{"\u0073ub":"bob","#, 1)),
            Flaw::Payload,
        ),
        ("claims in an array", raw(&format!("[{text}]")), Flaw::Payload),
        ("no claims", raw(""), Flaw::Payload),
        ("claims twice", raw(&format!("{text}{text}")), Flaw::Payload),
        ("a byte order mark", raw(&format!("\u{feff}{text}")), Flaw::Payload),
        (
            "too deep",
            claims(json!({"x": serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(70), "]".repeat(70))).unwrap()})),
            Flaw::Payload,
        ),
    ])
    .await;
}

#[tokio::test]
async fn headers_have_to_be_right() {
    let header = |changes| changed(changes, json!({}));
    let raw = |header: &str| RSA.sign(Signing::RS256, header, &claims().to_string());
    refused([
        (
            "no alg",
            header(json!({"alg": null})),
            Flaw::Parameter("alg"),
        ),
        (
            "alg none",
            header(json!({"alg": "none"})),
            Flaw::Parameter("alg"),
        ),
        (
            "alg NONE",
            header(json!({"alg": "NONE"})),
            Flaw::Parameter("alg"),
        ),
        (
            "alg in another case",
            header(json!({"alg": "rs256"})),
            Flaw::Parameter("alg"),
        ),
        (
            "alg as an array",
            header(json!({"alg": ["RS256"]})),
            Flaw::Parameter("alg"),
        ),
        (
            "unknown alg",
            header(json!({"alg": "ES256K"})),
            Flaw::Parameter("alg"),
        ),
        (
            "crit",
            header(json!({"crit": ["exp"]})),
            Flaw::Parameter("crit"),
        ),
        (
            "crit of nothing",
            header(json!({"crit": []})),
            Flaw::Parameter("crit"),
        ),
        ("b64", header(json!({"b64": true})), Flaw::Parameter("b64")),
        ("zip", header(json!({"zip": "DEF"})), Flaw::Parameter("zip")),
        (
            "enc",
            header(json!({"enc": "A128GCM"})),
            Flaw::Parameter("enc"),
        ),
        (
            "its own key",
            header(json!({"jwk": OTHER_RSA.jwk("rsa")})),
            Flaw::Parameter("jwk"),
        ),
        (
            "typ of a proof",
            header(json!({"typ": "dpop+jwt"})),
            Flaw::Type,
        ),
        (
            "typ as a number",
            header(json!({"typ": 1})),
            Flaw::Parameter("typ"),
        ),
        (
            "unknown kid",
            header(json!({"kid": "other"})),
            Flaw::UnknownKey,
        ),
        ("empty kid", header(json!({"kid": ""})), Flaw::UnknownKey),
        (
            "kid as a number",
            header(json!({"kid": 1})),
            Flaw::Parameter("kid"),
        ),
        (
            "kid as a path",
            header(json!({"kid": "../../dev/null"})),
            Flaw::UnknownKey,
        ),
        (
            "alg twice",
            raw(r#"{"alg":"none","alg":"RS256","kid":"rsa"}"#),
            Flaw::Header,
        ),
        (
            "kid twice",
            raw(r#"{"alg":"RS256","kid":"x","kid":"rsa"}"#),
            Flaw::Header,
        ),
        (
            "header in an array",
            raw(r#"[{"alg":"RS256","kid":"rsa"}]"#),
            Flaw::Header,
        ),
        (
            "header that is not UTF-8",
            raw("{}").replacen("e3", "_w", 1),
            Flaw::Header,
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
    refused([
        (
            "another's signature",
            OTHER_RSA.token("rsa", &claims()),
            Flaw::Signature,
        ),
        (
            "HS256 with the public key",
            public.token("rsa", &claims()),
            Flaw::Algorithm,
        ),
        (
            "HS256 with the modulus",
            modulus.token("rsa", &claims()),
            Flaw::Algorithm,
        ),
        (
            "HS256 that says RS256",
            as_if(&public, Signing::HS256, "RS256", Some("rsa")),
            Flaw::Signature,
        ),
        (
            "RS256 that says PS256",
            as_if(&RSA, Signing::RS256, "PS256", Some("rsa")),
            Flaw::Signature,
        ),
        (
            "RS256 that says RS512",
            as_if(&RSA, Signing::RS256, "RS512", Some("rsa")),
            Flaw::Signature,
        ),
        (
            "a key of another kind",
            P256.token("rsa", &claims()),
            Flaw::OtherKey,
        ),
        (
            "a key of another curve",
            P256.token("p384", &claims()),
            Flaw::OtherKey,
        ),
        (
            "a key for another algorithm",
            OTHER_RSA.token("pinned", &claims()),
            Flaw::OtherKey,
        ),
        (
            "no kid, and two keys that fit",
            as_if(&RSA, Signing::RS512, "RS512", None),
            Flaw::AmbiguousKey,
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
    refused([
        ("one part", "opaque".to_owned(), Flaw::Parts),
        ("two parts", message.to_owned(), Flaw::Parts),
        ("no signature", format!("{message}."), Flaw::Encoding),
        ("four parts", format!("{good}.x"), Flaw::Parts),
        ("encrypted", format!("{head}.a.b.c.d"), Flaw::Parts),
        ("padding", format!("{good}="), Flaw::Encoding),
        (
            "letters of base64",
            good.replace(['-', '_'], "+"),
            Flaw::Encoding,
        ),
        (
            "bits that say nothing",
            format!("{message}.{body}{}", letters.chars().nth(next).unwrap()),
            Flaw::Encoding,
        ),
        (
            "half a signature",
            format!("{message}.{}", signature.split_at(172).0),
            Flaw::Signature,
        ),
        (
            "other claims",
            format!("{head}.{}.{signature}", encode(&other)),
            Flaw::Signature,
        ),
        (
            "none, unsigned",
            format!("{}.{payload}.", encode(r#"{"alg":"none"}"#)),
            Flaw::Encoding,
        ),
        (
            "none, with a signature",
            format!("{}.{payload}.{signature}", encode(r#"{"alg":"none"}"#)),
            Flaw::Parameter("alg"),
        ),
        (
            "another header",
            format!("{}.{payload}.{signature}", encode(r#"{"alg":"RS256"}"#)),
            Flaw::Signature,
        ),
        ("empty parts", "..".to_owned(), Flaw::Encoding),
    ])
    .await;
}

#[test]
fn clients_learn_little() {
    for (flaw, told) in [
        (Flaw::Expired, "The access token is expired"),
        (Flaw::Audience, "The access token is not for this resource"),
        (Flaw::Signature, "The access token is not valid"),
        (Flaw::Issuer, "The access token is not valid"),
        (Flaw::UnknownKey, "The access token is not valid"),
    ] {
        assert_eq!(
            IdentityFailure::from(flaw),
            IdentityFailure::InvalidToken(told)
        );
    }
}
