//! The server while it runs, in the test's hands.

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::client::Client;
use super::failure::{Breakable, Failure, Line};
use super::http::router;
use super::key::{Key, Kind};
use super::mint::Token;
use super::world::{Asked, Issued, Shared};

/// An authorization server.
#[derive(Debug)]
pub(crate) struct AuthorizationServer;

impl AuthorizationServer {
    /// Starts one on a thread of its own, until the value returned is dropped.
    pub(crate) fn start() -> Running {
        let (started, starts) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
                let address = listener.local_addr().unwrap();
                let line = Arc::new(Line::default());
                let shared = Shared::new(format!("http://{address}"), Arc::clone(&line));
                let shared = Arc::new(shared);
                let router = router(&shared);
                started.send((shared, address)).unwrap();
                let serve = axum::serve(Breakable { listener, line }, router);
                // What is still open ends with the runtime.
                tokio::select! {
                    served = serve => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        let (shared, address) = starts.recv().unwrap();
        Running {
            shared,
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

/// A server that runs. Ends it when dropped.
pub(crate) struct Running {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Running {
    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its issuer: its origin, without a slash at the end.
    pub(crate) fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// The URL of a path, such as `/token`.
    pub(crate) fn url(&self, path: &str) -> String {
        self.shared.url(path)
    }

    /// Makes a client known, or replaces it.
    pub(crate) fn add_client(&self, client: Client) {
        self.shared
            .world()
            .clients
            .insert(client.id.clone(), client);
    }

    /// Who sits before the browser from now on, as the claims of their tokens.
    pub(crate) fn set_user(&self, claims: Value) {
        self.shared.world().user = claims.as_object().cloned().unwrap();
    }

    /// How long tokens of `/token` live from now on, in seconds.
    pub(crate) fn set_lifetime(&self, seconds: u64) {
        self.shared.world().lifetime = seconds;
    }

    /// The audience of tokens for which nobody asks for one, those of [`Self::token`] too.
    pub(crate) fn set_audience(&self, audience: &str) {
        self.shared.world().audience = audience.to_owned();
    }

    /// Breaks every connection from now on, or no more.
    pub(crate) fn set_down(&self, down: bool) {
        self.shared.line.set_down(down);
    }

    /// Makes an endpoint, such as `/token`, fail from now on.
    pub(crate) fn fail(&self, path: &str, failure: Failure) {
        let mut world = self.shared.world();
        world.failures.insert(path.to_owned(), failure);
    }

    /// Nothing fails any more, and the server is up.
    pub(crate) fn recover(&self) {
        self.shared.world().failures.clear();
        self.set_down(false);
    }

    /// How often an endpoint was asked, those times included when it failed.
    pub(crate) fn requests(&self, path: &str) -> u64 {
        self.shared.world().counts.get(path).copied().unwrap_or(0)
    }

    /// How many connections it was asked for, those while it was down included.
    pub(crate) fn connections(&self) -> u64 {
        self.shared.line.connections()
    }

    /// What `/token` was asked, in order, without what failed as told by [`Self::fail`].
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.world().asked.clone()
    }

    /// The access tokens that `/token` gave, in order.
    pub(crate) fn issued(&self) -> Vec<Issued> {
        self.shared.world().issued.clone()
    }

    /// The token that `/token` gave, if it is one.
    pub(crate) fn find(&self, token: &str) -> Option<Issued> {
        let world = self.shared.world();
        let mut issued = world.issued.iter();
        issued.find(|issued| issued.token == token).cloned()
    }

    /// The key of a kind, the newest.
    pub(crate) fn key(&self, kind: Kind) -> Arc<Key> {
        let world = self.shared.world();
        let mut keys = world.keys.iter();
        let key = keys.find(|key| key.algorithm() == kind.algorithm());
        Arc::clone(key.unwrap())
    }

    /// A new key signs from now on. The others stay in `/jwks` or go.
    pub(crate) fn rotate(&self, kind: Kind, keep: bool) -> Arc<Key> {
        let key = Key::new(kind);
        let mut world = self.shared.world();
        if !keep {
            world.keys.clear();
        }
        world.keys.insert(0, Arc::clone(&key));
        key
    }

    /// Exactly these keys from now on; the first signs.
    pub(crate) fn set_keys(&self, keys: &[Arc<Key>]) {
        self.shared.world().keys = keys.to_vec();
    }

    /// Adds a key to `/jwks`, as it is.
    pub(crate) fn add_jwk(&self, jwk: Value) {
        self.shared.world().other_jwks.push(jwk);
    }

    /// What `/jwks` says.
    pub(crate) fn jwks(&self) -> String {
        json!({"keys": self.shared.world().jwks()}).to_string()
    }

    /// A valid token of a subject, for the test to change.
    pub(crate) fn token(&self, subject: &str) -> Token {
        let world = self.shared.world();
        Token::new(self.issuer(), &world.audience, subject, world.key())
    }
}
