//! What the server knows, and what it remembers for the test.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::client::Client;
use super::failure::{Failure, Line};
use super::key::{Key, Kind};
use super::mint::{Token, now};

/// A request to `/token`.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The form, in its order.
    pub(crate) form: Vec<(String, String)>,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The status of the answer; 0 while there is none.
    pub(crate) status: u16,
}

impl Asked {
    /// The value of a parameter, the first if there are several.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut pairs = self.form.iter().filter(|(key, _)| key == name);
        pairs.next().map(|(_, value)| value.as_str())
    }

    /// The value of a header, the first if there are several.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.headers.iter().filter(|(key, _)| key == name);
        pairs.next().map(|(_, value)| value.as_str())
    }
}

/// An access token that `/token` gave away.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) token: String,
    /// The client that got it.
    pub(crate) client: String,
    pub(crate) grant: String,
    pub(crate) claims: Map<String, Value>,
}

/// What a code or a refresh token stands for.
#[derive(Debug, Clone)]
pub(super) struct Consent {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) claims: Map<String, Value>,
    pub(super) audience: Option<String>,
    pub(super) scope: Option<String>,
    /// Seconds since 1970.
    pub(super) until: u64,
}

/// Everything behind the lock.
pub(super) struct World {
    pub(super) keys: Vec<Arc<Key>>,
    /// More keys for `/jwks`, as they are, which sign nothing.
    pub(super) other_jwks: Vec<Value>,
    pub(super) clients: BTreeMap<String, Client>,
    /// The claims of whoever sits before the browser.
    pub(super) user: Map<String, Value>,
    /// How long tokens live, in seconds.
    pub(super) lifetime: u64,
    /// The audience of tokens for which nobody asked for one.
    pub(super) audience: String,
    pub(super) failures: BTreeMap<String, Failure>,
    pub(super) codes: BTreeMap<String, Consent>,
    pub(super) refresh_tokens: BTreeMap<String, Consent>,
    pub(super) assertions: BTreeSet<String>,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) asked: Vec<Asked>,
    pub(super) issued: Vec<Issued>,
}

/// The server as its handlers and the test share it.
pub(super) struct Shared {
    /// The issuer, which is the origin of the server.
    pub(super) issuer: String,
    pub(super) line: Arc<Line>,
    world: Mutex<World>,
}

impl Shared {
    pub(super) fn new(issuer: String, line: Arc<Line>) -> Self {
        let user = json!({"sub": "alice"});
        let world = World {
            keys: vec![
                Key::new(Kind::Rsa),
                Key::new(Kind::P256),
                Key::new(Kind::Ed25519),
            ],
            other_jwks: Vec::new(),
            clients: BTreeMap::new(),
            user: user.as_object().cloned().unwrap_or_default(),
            lifetime: 300,
            audience: "https://mcp.example.com/".to_owned(),
            failures: BTreeMap::new(),
            codes: BTreeMap::new(),
            refresh_tokens: BTreeMap::new(),
            assertions: BTreeSet::new(),
            counts: BTreeMap::new(),
            asked: Vec::new(),
            issued: Vec::new(),
        };
        Self {
            issuer,
            line,
            world: Mutex::new(world),
        }
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL of an endpoint.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// Who is meant by whom this server is meant (RFC 7523 section 3).
    pub(super) fn names(&self) -> [String; 3] {
        [self.issuer.clone(), self.url("/token"), self.url("/")]
    }
}

impl World {
    /// The keys as `/jwks` has them.
    pub(super) fn jwks(&self) -> Vec<Value> {
        let keys = self.keys.iter().map(|key| key.jwk());
        keys.chain(self.other_jwks.iter().cloned()).collect()
    }

    /// The key that signs.
    pub(super) fn key(&self) -> Arc<Key> {
        Arc::clone(&self.keys[0])
    }

    /// Signs a token with these claims over the usual ones.
    pub(super) fn mint(&self, issuer: &str, claims: Map<String, Value>) -> (String, Value) {
        let token = Token::new(issuer, &self.audience, "nobody", self.key())
            .claims(Value::Object(claims))
            .claims(json!({"iss": issuer, "iat": now(), "exp": now() + self.lifetime}))
            .claim("jti", super::mint::unique())
            .without("nbf");
        let claims = serde_json::from_str(&token.payload_json()).unwrap();
        (token.text(), claims)
    }
}
