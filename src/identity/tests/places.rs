//! What is at the places of keys.

use super::*;

const INVALID: &str = "The access token is not valid";

#[tokio::test]
async fn answers_without_a_good_set_are_none() {
    let good = json!({"keys": [RSA.jwk("a")]}).to_string();
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    let many = |count: usize| json!({"keys": vec![RSA.jwk("a"); count]}).to_string();
    let secret = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"});
    for (name, status, body, expected) in [
        ("good", 200, good.clone(), "alice"),
        ("no content", 204, String::new(), "unavailable"),
        ("not found", 404, good.clone(), "unavailable"),
        ("elsewhere", 302, good.clone(), "unavailable"),
        ("created", 201, good.clone(), "unavailable"),
        ("a page", 200, "<html>".to_owned(), "unavailable"),
        ("a key alone", 200, RSA.jwk("a").to_string(), "unavailable"),
        (
            "keys twice",
            200,
            good.replacen('{', r#"{"keys":[],"#, 1),
            "unavailable",
        ),
        (
            "no keys",
            200,
            json!({"keys": []}).to_string(),
            "unavailable",
        ),
        (
            "a secret alone",
            200,
            json!({"keys": [secret]}).to_string(),
            "unavailable",
        ),
        (
            "a secret too",
            200,
            json!({"keys": [secret, RSA.jwk("a")]}).to_string(),
            "alice",
        ),
        (
            "nonsense too",
            200,
            json!({"keys": [7, {"kty": 1}, RSA.jwk("a")]}).to_string(),
            "alice",
        ),
        ("too many", 200, many(101), "unavailable"),
        ("1 MiB", 200, padded(1 << 20), "alice"),
        ("more than 1 MiB", 200, padded((1 << 20) + 1), "unavailable"),
    ] {
        let idp = Idp::start(&[]).await;
        idp.answer(StatusCode::from_u16(status).unwrap(), &body);
        let (verifier, _) = verifier();
        let authentication = authentication(vec![issuer(idp.keys())]);
        let answer = verify(&verifier, &authentication, &RSA.token("a", &claims())).await;
        assert_eq!(answer, expected, "{name}");
        assert_eq!(idp.fetches(), 1, "{name}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/jwks", free.local_addr().unwrap());
    drop(free);
    let (verifier, _) = verifier();
    let authentication = authentication(vec![issuer(IssuerKeys::Uri(uri))]);
    let answer = verify(&verifier, &authentication, &RSA.token("a", &claims())).await;
    assert_eq!(answer, "unavailable");
}

#[tokio::test]
async fn a_file_is_read_again_when_it_changes() {
    let file = KeyFile::new(&[RSA.jwk("a")]);
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(file.keys())]);
    let (old, new) = (RSA.token("a", &claims()), P256.token("b", &claims()));
    let set = |keys: &[Value]| json!({"keys": keys}).to_string();
    for (text, expected) in [
        (set(&[RSA.jwk("a")]), ["alice", INVALID]),
        (set(&[P256.jwk("b"), RSA.jwk("a")]), ["alice", "alice"]),
        (set(&[P256.jwk("b")]), [INVALID, "alice"]),
        // What can't be read leaves the last good set, and keys that are not in it unknown.
        ("{".to_owned(), ["unavailable", "alice"]),
        (set(&[RSA.jwk("a")]), ["alice", INVALID]),
    ] {
        file.write(&text);
        clock.forward(1);
        let outcomes = [
            verify(&verifier, &authentication, &old).await,
            verify(&verifier, &authentication, &new).await,
        ];
        assert_eq!(outcomes, expected, "{text}");
    }
}

#[tokio::test]
async fn a_file_that_is_missing_may_come() {
    let file = KeyFile::new(&[]);
    std::fs::remove_file(file.path()).unwrap();
    let (verifier, clock) = verifier();
    let authentication = authentication(vec![issuer(file.keys())]);
    let token = RSA.token("a", &claims());
    for _ in 0..3 {
        assert_eq!(
            verify(&verifier, &authentication, &token).await,
            "unavailable"
        );
        clock.forward(1);
    }
    file.write(&json!({"keys": [RSA.jwk("a")]}).to_string());
    assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
    std::fs::remove_file(file.path()).unwrap();
    clock.forward(24 * 3600);
    assert_eq!(
        verify(&verifier, &authentication, &token).await,
        "The access token is expired"
    );
}

#[tokio::test]
async fn a_secret_is_as_long_as_its_algorithm_wants() {
    let secret = |length: usize| "s".repeat(length);
    for (length, algorithm, expected) in [
        (31, Signing::HS256, "unavailable"),
        (32, Signing::HS256, "alice"),
        (47, Signing::HS384, INVALID),
        (48, Signing::HS384, "alice"),
        (63, Signing::HS512, INVALID),
        (64, Signing::HS512, "alice"),
    ] {
        let (verifier, _) = verifier();
        let text = SecretText::parse(&secret(length)).unwrap();
        let mut issuer = issuer(IssuerKeys::Secret(text));
        issuer.algorithms = Algorithm::ALL.to_vec();
        let signer = Signer(
            algorithm,
            EncodingKey::from_secret(secret(length).as_bytes()),
        );
        let token = signer.token("any", &claims());
        let authentication = authentication(vec![issuer]);
        assert_eq!(
            verify(&verifier, &authentication, &token).await,
            expected,
            "{length}"
        );
        // The algorithms of the manifest don't make a secret out of a key, nor a key out of a secret.
        let ask = ask(&authentication, &RSA.token("a", &claims()));
        assert_eq!(verifier.try_attempt(&ask).err(), Some(Flaw::Algorithm));
    }
}

#[tokio::test]
async fn a_secret_that_changes_ends_what_it_signed() {
    let secret = Arc::new(Mutex::new("a".repeat(32)));
    let clock = Arc::new(TestClock::default());
    let read = Arc::clone(&secret);
    let secrets = move |_: &SecretText| Some(SecretString::from(read.lock().unwrap().as_str()));
    let dynamic = Arc::clone(&clock) as Arc<dyn Clock>;
    let verifier = Verifier::new(dynamic, secrets, Arc::default());
    let mut issuer = issuer(IssuerKeys::Secret(SecretText::parse("${env:S}").unwrap()));
    issuer.algorithms = vec![Algorithm::Hs256];
    let authentication = authentication(vec![issuer]);
    let signer = Signer(
        Signing::HS256,
        EncodingKey::from_secret("a".repeat(32).as_bytes()),
    );
    let token = signer.token("any", &claims());
    assert_eq!(verify(&verifier, &authentication, &token).await, "alice");
    *secret.lock().unwrap() = "b".repeat(32);
    clock.forward(1);
    assert_eq!(verify(&verifier, &authentication, &token).await, INVALID);
}
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let idp = Idp::start(&[RSA.jwk("a")]).await;
    let mut issuer = issuer(idp.keys());
    issuer.algorithms = Algorithm::ALL.to_vec();
    let authentication = authentication(vec![issuer]);
    let public = EncodingKey::from_secret(RSA.jwk("a").to_string().as_bytes());
    let token = Signer(Signing::HS256, public).token("a", &claims());
    let (verifier, _) = verifier();
    assert_eq!(verify(&verifier, &authentication, &token).await, INVALID);
    assert_eq!(
        verifier.try_attempt(&ask(&authentication, &token)).err(),
        Some(Flaw::Algorithm)
    );
    assert_eq!(idp.fetches(), 0, "it is not even worth a fetch");
}
