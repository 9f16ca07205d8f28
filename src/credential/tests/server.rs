use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::json;

/// An authorization server that says what it is told to say, and keeps what it is asked.
#[derive(Default)]
pub(super) struct Server {
    asked: Mutex<Vec<(HashMap<String, String>, HeaderMap)>>,
    says: Mutex<Option<(u16, String)>>,
    pub(super) takes: Mutex<Duration>,
}

impl Server {
    pub(super) async fn start() -> (Arc<Self>, SocketAddr) {
        let server = Arc::new(Self::default());
        let app = Router::new()
            .route("/token", post(token))
            .with_state(Arc::clone(&server));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (server, address)
    }

    pub(super) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(super) fn last(&self) -> (HashMap<String, String>, HeaderMap) {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    pub(super) fn say(&self, status: u16, body: impl ToString) {
        *self.says.lock().unwrap() = Some((status, body.to_string()));
    }
}

async fn token(State(server): State<Arc<Server>>, headers: HeaderMap, body: String) -> Response {
    let form = url::form_urlencoded::parse(body.as_bytes()).into_owned();
    let number = {
        let mut asked = server.asked.lock().unwrap();
        asked.push((form.collect(), headers));
        asked.len()
    };
    let takes = *server.takes.lock().unwrap();
    tokio::time::sleep(takes).await;
    let said = server.says.lock().unwrap().clone();
    let (status, body) = said.unwrap_or_else(|| {
        let token = json!({
            "access_token": format!("canary-issued-{number}"),
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 300,
        });
        (200, token.to_string())
    });
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}
