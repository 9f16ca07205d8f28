use std::fmt::Write as _;
use std::io;
use std::sync::Mutex;

use super::*;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Logs everything on this thread, while what it returns is kept.
    fn begin() -> (Self, tracing::Dispatch, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone());
        // Of one alone, other threads would not know when they decide what nobody wants to hear.
        let second = tracing::Dispatch::new(tracing_subscriber::fmt().finish());
        let first = tracing::subscriber::set_default(subscriber.finish());
        (log, second, first)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn mapping(path: &std::path::Path) -> AuthData {
    AuthData::Mapping(Mapping {
        claim: ClaimPath::top("sub"),
        file: path.to_owned(),
        header: "authorization".into(),
        prefix: "Bearer ".into(),
        default: None,
    })
}

#[tokio::test]
async fn no_secret_is_logged() {
    let (log, _second, _first) = Log::begin();
    let (server, address) = Server::start().await;
    let mut shown = String::new();
    let mut show = |credential: Result<Credential, CredentialFailure>| {
        writeln!(shown, "{credential:?}").unwrap();
    };
    let key = text("-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----");
    let key = ClientAuthentication::PrivateKeyJwt {
        key,
        algorithm: Algorithm::Es256,
        key_id: None,
    };
    let post = ClientAuthentication::SecretPost(text("canary"));
    let basic = ClientAuthentication::SecretBasic(text("canary"));
    let error = |error: &str| {
        json!({"error": error, "error_description": "canary", "error_uri": "canary"}).to_string()
    };
    let answers = [
        (
            200,
            r#"{"access_token":"canary","token_type":"Bearer"}"#.to_owned(),
        ),
        (
            200,
            r#"{"access_token":"canary\n","token_type":"canary"}"#.to_owned(),
        ),
        (200, r#"{"canary":"canary","canary":1}"#.to_owned()),
        (200, "<html>canary".to_owned()),
        (400, error("invalid_grant")),
        (400, error("canary")),
        (503, "canary".to_owned()),
    ];
    for (status, body) in answers {
        server.say(status, body);
        for client_authentication in [&key, &post, &basic] {
            for grant in [EXCHANGE, Grant::JwtBearer, Grant::ClientCredentials] {
                let (broker, _) = broker();
                let oauth2 = OAuth2 {
                    client_authentication: client_authentication.clone(),
                    ..oauth2(address, grant)
                };
                show(broker.obtain(asks(&oauth2, json!({"sub": "alice"}))).await);
            }
        }
    }
    let (broker, clock) = broker();
    let headers = AuthData::Header(vec![("x-key".into(), text("canary\n"))]);
    show(
        broker
            .cached(&ask(headers, caller(json!({"sub": "alice"}))))
            .unwrap(),
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens.yaml");
    for content in [
        "alice: [canary",
        "alice: canary\nalice: canary",
        "canary: 1",
        "- canary",
    ] {
        std::fs::write(&path, content).unwrap();
        clock.advance(Duration::from_secs(1));
        let ask = ask(mapping(&path), caller(json!({"sub": "alice"})));
        show(broker.cached(&ask).unwrap());
    }
    let log = log.text();
    for line in [
        "a token was issued",
        "no token was issued",
        "no token can be asked for",
        "the credentials of callers have an error",
        "the credential is not visible ASCII",
        "tokens.yaml:2",
    ] {
        assert!(log.contains(line), "{line} is not in {log}");
    }
    for text in [log, shown] {
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn a_file_with_an_empty_credential_is_broken() {
    let (broker, clock) = broker();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tokens.yaml");
    let found = || {
        let ask = ask(mapping(&path), caller(json!({"sub": "alice"})));
        broker.cached(&ask).unwrap()
    };
    let write = |content: &str| {
        std::fs::write(&path, content).unwrap();
        clock.advance(Duration::from_secs(1));
    };
    write("alice: one\n");
    assert_eq!(value(found()), "authorization: Bearer one");
    for broken in ["alice: ''", "alice:", "alice: ' '", "alice: two\nbob: ''"] {
        write(broken);
        assert_eq!(value(found()), "authorization: Bearer one", "{broken}");
    }
    // Room for the tokens of some thousands.
    let mut all = "alice: three\n".to_owned();
    for number in 0..2_000 {
        writeln!(all, "caller-{number}@example.com: {}", "t".repeat(93)).unwrap();
    }
    write(&all);
    assert_eq!(value(found()), "authorization: Bearer three");
}
