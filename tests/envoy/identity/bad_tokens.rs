//! Tokens that nobody should take. Each is refused before the upstream hears of it.

mod claims;
mod encodings;
mod headers;
mod requests;

use std::sync::Arc;

use serde_json::{Value, json};

use super::place::{AUDIENCE, METADATA, Place};
use crate::authorization_server::{AuthorizationServer, Key, Kind, Running, Token};
use crate::edges::wire::{Reply, USUAL, Wire, each, post_with};
use crate::message::call;

/// A request that must be refused.
pub(crate) struct Row {
    name: &'static str,
    /// The bytes of the request.
    request: String,
    /// The status, 0 for none, and the `error` of the challenge, which has none if the request
    /// brings no token.
    expected: (u16, Option<&'static str>),
}

impl Row {
    /// A call with these header lines besides the usual ones.
    fn with(name: &'static str, lines: &str, expected: (u16, Option<&'static str>)) -> Self {
        let body = call(1, "get_me", json!({})).to_string();
        Self {
            name,
            request: post_with("/mcp/triage", &format!("{USUAL}{lines}"), &body),
            expected,
        }
    }

    /// A call with this in the place of a token: it is not a valid one.
    fn token(name: &'static str, token: impl AsRef<str>) -> Self {
        let lines = format!("authorization: Bearer {}\r\n", token.as_ref());
        Self::with(name, &lines, (401, Some("invalid_token")))
    }

    /// What is wrong with the answer, if anything is.
    fn check(&self, place: &Place) -> Option<String> {
        let mut wire = Wire::open(place.address());
        wire.send(&self.request);
        let (status, error) = self.expected;
        let Some(reply) = wire.answer() else {
            return (status != 0).then(|| format!("{}: no answer", self.name));
        };
        let challenge = reply.header("www-authenticate").unwrap_or_default();
        let is_right = reply.status == status
            && is_challenge(challenge, error)
            && is_refusal(&reply)
            && !is_telling(&format!("{reply:?}"));
        (!is_right).then(|| format!("{}: {reply:?}", self.name))
    }
}

/// Whether it is a challenge of RFC 6750 with the metadata of RFC 9728, and no more than that.
fn is_challenge(challenge: &str, error: Option<&str>) -> bool {
    let metadata = format!("resource_metadata=\"{METADATA}\"");
    match error {
        None => challenge == format!("Bearer {metadata}"),
        Some(error) => {
            challenge.starts_with(&format!("Bearer error=\"{error}\", error_description=\""))
                && challenge.ends_with(&format!("\", {metadata}"))
        }
    }
}

fn is_refusal(reply: &Reply) -> bool {
    let body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    body["jsonrpc"] == "2.0" && body["error"]["code"].is_i64() && body.get("result").is_none()
}

/// Whether a text has a token in it: all of them begin with a brace and a quote, in base64url.
fn is_telling(text: &str) -> bool {
    text.contains("eyJ")
}

/// The place, and who would like to be let in.
pub(crate) struct Stage {
    pub(crate) place: Place,
    /// Keys of every kind, all of which are in the issuer's set.
    pub(crate) rsa: Arc<Key>,
    pub(crate) p256: Arc<Key>,
    pub(crate) p384: Arc<Key>,
    pub(crate) ed25519: Arc<Key>,
    /// Another server, which signs for whoever asks.
    pub(crate) attacker: Running,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let issuer = AuthorizationServer::start();
        // Two RSA keys, so that a token has to say which one it means.
        let keys = [Kind::Rsa, Kind::Rsa, Kind::P256, Kind::P384, Kind::Ed25519].map(Key::new);
        issuer.set_keys(&keys);
        let [rsa, _, p256, p384, ed25519] = keys;
        Self {
            place: Place::of(issuer, |issuer| super::place::manifest(issuer, "")),
            rsa,
            p256,
            p384,
            ed25519,
            attacker: AuthorizationServer::start(),
        }
    }

    /// A token that is good in all respects, to be spoilt.
    pub(crate) fn good(&self) -> Token {
        self.place.issuer.token("alice")
    }

    /// The same, of another key and with its algorithm.
    pub(crate) fn by(&self, key: &Arc<Key>) -> Token {
        Token::new(
            self.place.issuer.issuer(),
            AUDIENCE,
            "alice",
            Arc::clone(key),
        )
    }

    /// Checks that the issuer's own tokens are taken, and that nothing of the rows is.
    #[track_caller]
    pub(crate) fn assert_refused(&self, rows: &[Row]) {
        each(rows, |row| row.check(&self.place));
        self.place.assert_untouched();
        assert_eq!(self.attacker.connections(), 0);
        // A good token passes the same way, so that it was not something else that refused.
        let good = Row::token("good", self.good().text());
        let answer = good.check(&self.place).unwrap();
        assert!(answer.contains("status: 200"), "{answer}");
        assert_eq!(self.place.upstream.connections(), 1);
        let logs = self.place.sluice.log() + &self.place.envoy.log();
        assert!(!is_telling(&logs), "{logs}");
    }
}
