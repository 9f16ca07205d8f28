//! Tokens and issuers of the tests' own: real keys, real signatures, a real server.

mod cached;
mod issuers;
mod places;
mod tokens;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::http::StatusCode;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm as Signing, EncodingKey};
use serde_json::{Value, json};

use super::*;
use crate::oauth::BearerToken;
use crate::policy::{Authentication, ClaimNames};

const ISSUER: &str = "https://idp.example.com/";
const RESOURCE: &str = "https://mcp.example.com/mcp/a";
/// When the tests begin, in seconds since 1970.
const START: u64 = 1_800_000_000;

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
struct TestClock(AtomicU64);

impl TestClock {
    fn forward(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn unix(&self) -> Duration {
        Duration::from_secs(START) + self.steady()
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Who signs.
struct Signer(Signing, EncodingKey);

static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::new(Signing::RS256));
static OTHER_RSA: LazyLock<Signer> = LazyLock::new(|| Signer::new(Signing::RS256));
static P256: LazyLock<Signer> = LazyLock::new(|| Signer::new(Signing::ES256));
static P384: LazyLock<Signer> = LazyLock::new(|| Signer::new(Signing::ES384));
static ED25519: LazyLock<Signer> = LazyLock::new(|| Signer::new(Signing::EdDSA));

impl Signer {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the tests have keys of four kinds"
    )]
    fn new(algorithm: Signing) -> Self {
        let pem = |kind| rcgen::KeyPair::generate_for(kind).unwrap().serialize_pem();
        let key = match algorithm {
            Signing::RS256 => EncodingKey::from_rsa_pem(pem(&rcgen::PKCS_RSA_SHA256).as_bytes()),
            Signing::ES256 => {
                EncodingKey::from_ec_pem(pem(&rcgen::PKCS_ECDSA_P256_SHA256).as_bytes())
            }
            Signing::ES384 => {
                EncodingKey::from_ec_pem(pem(&rcgen::PKCS_ECDSA_P384_SHA384).as_bytes())
            }
            _ => {
                let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
                // Without the public key behind it, as the making of the JWK wants it.
                let mut der = key.serialize_der()[..48].to_vec();
                (der[1], der[4]) = (46, 0);
                Ok(EncodingKey::from_ed_der(&der))
            }
        };
        Self(algorithm, key.unwrap())
    }

    /// The public key.
    fn jwk(&self, kid: &str) -> Value {
        let jwk = Jwk::from_encoding_key(&self.1, self.0).unwrap();
        let mut jwk = serde_json::to_value(jwk).unwrap();
        jwk["kid"] = kid.into();
        jwk.as_object_mut().unwrap().remove("alg");
        jwk
    }

    /// A token with this header and these claims, in whatever algorithm.
    fn sign(&self, algorithm: Signing, header: &str, claims: &str) -> String {
        let encode = |text: &str| base64::Engine::encode(&BASE64, text);
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.1, algorithm);
        format!("{message}.{}", signature.unwrap())
    }

    /// A token as it should be.
    fn token(&self, kid: &str, claims: &Value) -> String {
        let header = json!({"alg": format!("{:?}", self.0), "kid": kid, "typ": "at+jwt"});
        self.sign(self.0, &header.to_string(), &claims.to_string())
    }
}

const BASE64: base64::engine::GeneralPurpose = base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Claims as they should be.
fn claims() -> Value {
    json!({"iss": ISSUER, "sub": "alice", "aud": RESOURCE, "exp": START + 300, "iat": START})
}

fn issuer(keys: IssuerKeys) -> Issuer {
    let all = Algorithm::ALL.iter().copied();
    Issuer {
        issuer: ISSUER.to_owned(),
        audiences: Vec::new(),
        algorithms: all.filter(|algorithm| !algorithm.is_symmetric()).collect(),
        keys,
        leeway: Duration::from_secs(30),
        max_stale: Duration::from_secs(24 * 3600),
    }
}

fn authentication(issuers: Vec<Issuer>) -> Arc<Authentication> {
    Arc::new(Authentication {
        trust: Trust::Issuers(issuers),
        claims: ClaimNames::default(),
        resource: None,
    })
}

fn ask(authentication: &Arc<Authentication>, token: &str) -> IdentityAsk {
    IdentityAsk {
        authentication: Arc::clone(authentication),
        token: BearerToken::read(format!("Bearer {token}").as_bytes()).unwrap(),
        resource: Some(RESOURCE.to_owned()),
    }
}

/// The subject, or what the client is told.
async fn verify(verifier: &Verifier, authentication: &Arc<Authentication>, token: &str) -> String {
    outcome(&verifier.verify(ask(authentication, token)).await).to_owned()
}

/// A verifier with a clock of its own.
fn verifier() -> (Arc<Verifier>, Arc<TestClock>) {
    let clock = Arc::new(TestClock::default());
    let secrets = |text: &SecretText| match text.0.as_slice() {
        [crate::policy::Piece::Text(secret)] => Some(SecretString::from(secret.as_str())),
        _ => None,
    };
    let verifier = Verifier::new(
        Arc::clone(&clock) as Arc<dyn Clock>,
        secrets,
        Arc::default(),
    );
    (Arc::new(verifier), clock)
}

/// What an answer comes to: the subject, or what the client is told.
fn outcome(answer: &Result<Arc<Caller>, IdentityFailure>) -> &str {
    match answer {
        Ok(caller) => caller.subject().unwrap().1,
        Err(IdentityFailure::InvalidToken(text)) => text,
        Err(IdentityFailure::Unavailable) => "unavailable",
    }
}

/// A set of keys in a file.
struct KeyFile(tempfile::TempDir);

impl KeyFile {
    fn new(keys: &[Value]) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        file.write(&json!({"keys": keys}).to_string());
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("jwks.json")
    }

    fn write(&self, text: &str) {
        let fresh = self.0.path().join("fresh");
        std::fs::write(&fresh, text).unwrap();
        std::fs::rename(fresh, self.path()).unwrap();
    }

    fn keys(&self) -> IssuerKeys {
        IssuerKeys::File(self.path())
    }
}

/// A server with keys, on a port of its own.
struct Idp {
    address: std::net::SocketAddr,
    answer: Arc<Mutex<(StatusCode, String, Duration)>>,
    fetches: Arc<AtomicUsize>,
}

impl Idp {
    async fn start(keys: &[Value]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let idp = Self {
            address: listener.local_addr().unwrap(),
            answer: Arc::default(),
            fetches: Arc::default(),
        };
        idp.serve(keys);
        let (answer, fetches) = (Arc::clone(&idp.answer), Arc::clone(&idp.fetches));
        let handler = move || async move {
            fetches.fetch_add(1, Ordering::SeqCst);
            let (status, body, delay) = answer.lock().unwrap().clone();
            tokio::time::sleep(delay).await;
            let to = [("location", "/other"), ("content-type", "text/plain")];
            (status, to, body)
        };
        let app = axum::Router::new()
            .route("/jwks", axum::routing::get(handler.clone()))
            .route("/other", axum::routing::get(handler));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        idp
    }

    fn serve(&self, keys: &[Value]) {
        self.answer(StatusCode::OK, &json!({"keys": keys}).to_string());
    }

    fn answer(&self, status: StatusCode, body: &str) {
        *self.answer.lock().unwrap() = (status, body.to_owned(), Duration::ZERO);
    }

    fn slow(&self, delay: Duration) {
        self.answer.lock().unwrap().2 = delay;
    }

    fn keys(&self) -> IssuerKeys {
        IssuerKeys::Uri(format!("http://{}/jwks", self.address))
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    /// Waits for a fetch that nobody waits for, and then for what comes of it.
    async fn fetched(&self, fetches: usize) {
        let at_last = async {
            while self.fetches() < fetches {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        tokio::time::timeout(Duration::from_secs(20), at_last)
            .await
            .unwrap();
    }
}
