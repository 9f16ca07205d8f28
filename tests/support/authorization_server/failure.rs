//! The ways in which an authorization server fails.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// What an endpoint does instead of answering.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    /// It answers, but only after a while.
    Slow(Duration),
    /// It never answers.
    Silent,
    /// It answers with a status and a little text.
    Status(u16),
    /// 200 with a page for people.
    Html,
    /// 200 with nothing.
    Empty,
    /// 200 with JSON of as many bytes, whose members nobody asked for.
    Huge(usize),
    /// 200 with JSON that never ends.
    Endless,
    /// 200 with a body of the test's choice, as JSON.
    Body(String),
    /// 307 to elsewhere.
    Redirect(String),
    /// 400 with an error of RFC 6749 section 5.2, such as `invalid_grant`.
    Error(&'static str),
}

impl Failure {
    /// The answer, if this is one that replaces the right one.
    pub(super) async fn answer(&self) -> Option<Response<Body>> {
        match self {
            Self::Slow(time) => {
                tokio::time::sleep(*time).await;
                None
            }
            Self::Silent => std::future::pending().await,
            Self::Status(status) => Some(answer(*status, "text/plain", "it hurts")),
            Self::Html => {
                let page = "<!DOCTYPE html><title>Sign in</title><p>Sign in to go on.";
                Some(answer(200, "text/html", page))
            }
            Self::Empty => Some(answer(200, "application/json", "")),
            Self::Huge(bytes) => {
                let text = format!("{{\"keys\":[],\"pad\":\"{}\"}}", "x".repeat(*bytes));
                Some(answer(200, "application/json", text))
            }
            Self::Endless => Some(answer(200, "application/json", endless())),
            Self::Body(text) => Some(answer(200, "application/json", text.clone())),
            Self::Redirect(to) => {
                let mut answer = answer(307, "text/plain", "over there");
                answer.headers_mut().insert("location", to.parse().unwrap());
                Some(answer)
            }
            Self::Error(code) => {
                let body = serde_json::json!({"error": code, "error_description": "as told"});
                Some(answer(400, "application/json", body.to_string()))
            }
        }
    }
}

fn answer(status: u16, kind: &str, body: impl Into<Body>) -> Response<Body> {
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", kind)
        .body(body.into())
        .unwrap()
}

fn endless() -> Body {
    Body::from_stream(futures_util::stream::repeat_with(|| {
        Ok::<_, Infallible>("{\"keys\":[".repeat(512))
    }))
}

/// Whether the server is down, and how many connections it was asked for.
#[derive(Debug, Default)]
pub(super) struct Line {
    down: AtomicBool,
    connections: AtomicU64,
}

impl Line {
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }

    fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    fn check(&self) -> io::Result<()> {
        match self.is_down() {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

/// A listener whose connections break while the line is down: old ones too.
pub(super) struct Breakable {
    pub(super) listener: TcpListener,
    pub(super) line: Arc<Line>,
}

impl Listener for Breakable {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            self.line.connections.fetch_add(1, Ordering::SeqCst);
            if !self.line.is_down() {
                let line = Arc::clone(&self.line);
                return (Wire { stream, line }, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that breaks while the line is down.
pub(super) struct Wire {
    stream: TcpStream,
    line: Arc<Line>,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.line.check()?;
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
