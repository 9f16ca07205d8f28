//! TLS between Envoy and a TCP listener. Handshakes run beside accepting and beside one another,
//! so that nobody waits for a client that is slow.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::reload::TlsConfigs;

/// How long one handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many handshakes of one listener may be under way in one runtime. One more ends the oldest
/// one: clients that say nothing then fill the places, but hold none against a client that speaks.
const MAX_HANDSHAKES: usize = 256;

/// How many connections may wait for the server to take them.
const MAX_READY: usize = 16;

/// How long nothing is accepted after that has failed, as it does for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a listener needs for TLS, the same one for all runtimes.
#[derive(Debug, Clone)]
pub(super) struct Tls {
    configs: TlsConfigs,
    told: Arc<Told>,
}

impl Tls {
    pub(super) fn new(configs: TlsConfigs) -> Self {
        let told = Arc::default();
        Self { configs, told }
    }

    /// The connections whose handshake is done. The socket is closed soon after this is dropped.
    pub(super) fn incoming(self, socket: TcpListener) -> ReceiverStream<io::Result<Encrypted>> {
        let (ready, incoming) = mpsc::channel(MAX_READY);
        tokio::spawn(self.accept(socket, ready));
        ReceiverStream::new(incoming)
    }

    /// Accepts until nobody takes what is accepted any more.
    async fn accept(self, socket: TcpListener, ready: mpsc::Sender<io::Result<Encrypted>>) {
        let mut handshakes = Handshakes::default();
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = ready.closed() => return,
            };
            match accepted {
                Ok((stream, peer)) => {
                    if !handshakes.make_room() {
                        self.told.tell(peer, Failure::Crowded, None);
                    }
                    handshakes.begin(self.clone().greet(stream, peer, ready.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Does one handshake, and hands the connection on.
    async fn greet(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        ready: mpsc::Sender<io::Result<Encrypted>>,
    ) {
        let config = Arc::clone(&self.configs.borrow());
        match tokio::time::timeout(HANDSHAKE, handshake(stream, config)).await {
            // Nobody takes it any more when the server ends.
            Ok(Ok(stream)) => drop(ready.send(Ok(stream)).await),
            Ok(Err(error)) => self.told.tell(peer, Failure::of(&error), Some(&error)),
            Err(_) => self.told.tell(peer, Failure::Late, None),
        }
    }
}

async fn handshake(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<Encrypted> {
    stream.set_nodelay(true)?;
    let stream = TlsAcceptor::from(config).accept(stream).await?;
    Ok(Encrypted(stream))
}

/// The handshakes under way, the oldest one first. They end when this is dropped.
#[derive(Debug, Default)]
struct Handshakes {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

impl Handshakes {
    /// Makes room for one more; false, if one had to be ended for it.
    fn make_room(&mut self) -> bool {
        while self.tasks.try_join_next().is_some() {}
        self.order.retain(|handshake| !handshake.is_finished());
        if self.order.len() < MAX_HANDSHAKES {
            return true;
        }
        if let Some(oldest) = self.order.pop_front() {
            oldest.abort();
        }
        false
    }

    fn begin(&mut self, handshake: impl Future<Output = ()> + Send + 'static) {
        self.order.push_back(self.tasks.spawn(handshake));
    }
}

/// Why a handshake failed.
#[derive(Debug, Clone, Copy)]
enum Failure {
    NotTls,
    NoCertificate,
    BadCertificate,
    Incompatible,
    Refused,
    Closed,
    Late,
    Crowded,
    Other,
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        let inner = error.get_ref();
        match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            None => Self::Closed,
            Some(rustls::Error::InvalidMessage(_)) => Self::NotTls,
            Some(rustls::Error::NoCertificatesPresented) => Self::NoCertificate,
            Some(rustls::Error::InvalidCertificate(_)) => Self::BadCertificate,
            Some(rustls::Error::PeerIncompatible(_) | rustls::Error::NoApplicationProtocol) => {
                Self::Incompatible
            }
            Some(rustls::Error::AlertReceived(_)) => Self::Refused,
            Some(_) => Self::Other,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTls => "the client does not speak TLS",
            Self::NoCertificate => "the client has no certificate",
            Self::BadCertificate => "the client's certificate is not accepted",
            Self::Incompatible => "no version, cipher or protocol (h2) is common to both",
            Self::Refused => "the client does not accept the server",
            Self::Closed => "the client closed the connection",
            Self::Late => "it took too long",
            Self::Crowded => "too many are under way, and the oldest was ended",
            Self::Other => "the client broke the protocol",
        })
    }
}

/// What was told of already: a bit for each [`Failure`].
#[derive(Debug, Default)]
struct Told(AtomicU32);

impl Told {
    /// Logs a failure, so that a mistake is seen, and a scan of ports does not fill the log.
    fn tell(&self, peer: SocketAddr, failure: Failure, error: Option<&io::Error>) {
        let bit = 1 << failure as u32;
        let error = error.map(tracing::field::display);
        if self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            tracing::info!(%peer, why = %failure, error, "a TLS handshake failed; more of these at debug");
        } else {
            tracing::debug!(%peer, why = %failure, error, "a TLS handshake failed");
        }
    }
}

/// A connection whose handshake is done.
#[derive(Debug)]
pub(super) struct Encrypted(TlsStream<TcpStream>);

impl Connected for Encrypted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.0.get_ref().0.connect_info()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }
}
