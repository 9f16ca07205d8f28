//! Addresses to listen on: Unix sockets and TCP.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::transport::server::{Router, TcpIncoming};

use super::tls::{Encrypted, Tls};

/// An address to listen on, as it is written on the command line: `unix:/run/sluice.sock`,
/// `127.0.0.1:9000`, `[::1]:9000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A TCP address; port 0 finds a free one.
    Tcp(SocketAddr),
}

/// An address that is bound; written as [`Listen`] is.
pub type Address = Listen;

/// The text is not an address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither `unix:/path/to.sock` nor `address:port`")]
pub struct InvalidListen(String);

/// An address can't be bound.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {listen}: {source}")]
pub struct BindError {
    listen: Listen,
    source: io::Error,
}

impl FromStr for Listen {
    type Err = InvalidListen;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(InvalidListen(text.to_owned()));
            }
            return Ok(Self::Unix(path.into()));
        }
        let address = text.strip_prefix("tcp:").unwrap_or(text);
        address
            .parse()
            .map(Self::Tcp)
            .map_err(|_| InvalidListen(text.to_owned()))
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// A bound listener, which several runtimes accept from.
#[derive(Debug)]
pub(super) struct Listener {
    address: Address,
    socket: Socket,
}

#[derive(Debug)]
enum Socket {
    Unix(UnixListener, Arc<SocketFile>),
    Tcp(TcpListener),
}

impl Listener {
    pub(super) fn bind(listen: &Listen) -> Result<Self, BindError> {
        let bound = match listen {
            Listen::Unix(path) => bind_unix(path)
                .map(|(socket, file)| (listen.clone(), Socket::Unix(socket, Arc::new(file)))),
            Listen::Tcp(address) => TcpListener::bind(address).and_then(|socket| {
                socket.set_nonblocking(true)?;
                Ok((Listen::Tcp(socket.local_addr()?), Socket::Tcp(socket)))
            }),
        };
        bound
            .map(|(address, socket)| Self { address, socket })
            .map_err(|source| BindError {
                listen: listen.clone(),
                source,
            })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn try_clone(&self) -> io::Result<Self> {
        let socket = match &self.socket {
            Socket::Unix(socket, file) => Socket::Unix(socket.try_clone()?, Arc::clone(file)),
            Socket::Tcp(socket) => Socket::Tcp(socket.try_clone()?),
        };
        Ok(Self {
            address: self.address.clone(),
            socket,
        })
    }

    /// Serves what comes in until `stopped`, and then until what is in flight has finished; over
    /// TLS, if there is one and the socket is none of Unix.
    pub(super) fn serve(
        self,
        router: Router,
        tls: Option<Tls>,
        stopped: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<impl Future<Output = Result<(), tonic::transport::Error>> + Send + 'static>
    {
        enum Incoming {
            Unix(UnixListenerStream, Arc<SocketFile>),
            Tcp(TcpIncoming),
            Tls(ReceiverStream<io::Result<Encrypted>>),
        }
        let incoming = match self.socket {
            Socket::Unix(socket, file) => {
                let socket = tokio::net::UnixListener::from_std(socket)?;
                Incoming::Unix(UnixListenerStream::new(socket), file)
            }
            Socket::Tcp(socket) => {
                let socket = tokio::net::TcpListener::from_std(socket)?;
                match tls {
                    Some(tls) => Incoming::Tls(tls.incoming(socket)),
                    None => Incoming::Tcp(TcpIncoming::from(socket).with_nodelay(Some(true))),
                }
            }
        };
        Ok(async move {
            match incoming {
                Incoming::Unix(incoming, _file) => {
                    router.serve_with_incoming_shutdown(incoming, stopped).await
                }
                Incoming::Tcp(incoming) => {
                    router.serve_with_incoming_shutdown(incoming, stopped).await
                }
                Incoming::Tls(incoming) => {
                    router.serve_with_incoming_shutdown(incoming, stopped).await
                }
            }
        })
    }
}

/// A listener that accepts connections as they are.
#[derive(Debug)]
pub(super) enum Accepting {
    Unix {
        socket: tokio::net::UnixListener,
        _file: Arc<SocketFile>,
    },
    Tcp(tokio::net::TcpListener),
}

/// A connection as it is.
#[derive(Debug)]
pub(super) enum Connection {
    Unix(tokio::net::UnixStream),
    Tcp(tokio::net::TcpStream),
}

impl Accepting {
    pub(super) fn new(listener: Listener) -> io::Result<Self> {
        Ok(match listener.socket {
            Socket::Unix(socket, file) => Self::Unix {
                socket: tokio::net::UnixListener::from_std(socket)?,
                _file: file,
            },
            Socket::Tcp(socket) => Self::Tcp(tokio::net::TcpListener::from_std(socket)?),
        })
    }

    pub(super) async fn accept(&self) -> io::Result<Connection> {
        Ok(match self {
            Self::Unix { socket, .. } => Connection::Unix(socket.accept().await?.0),
            Self::Tcp(socket) => Connection::Tcp(socket.accept().await?.0),
        })
    }
}

/// The file of a Unix socket, removed with the last of its listeners, unless a successor has put
/// its own in its place.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| metadata.ino() == self.inode);
        if is_ours {
            // Nobody is left to tell, and the next start replaces it.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// Binds a Unix socket in the place of one that may be there: of a server that has died, or of one
/// that is being replaced and still finishes its exchanges. Envoy finds one of the two at any time.
fn bind_unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is a file at the path that is not a socket",
            ));
        }
        Ok(_) | Err(_) => {}
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let socket = UnixListener::bind(&fresh)?;
    socket.set_nonblocking(true)?;
    let inode = std::fs::symlink_metadata(&fresh)?.ino();
    std::fs::rename(&fresh, path)?;
    Ok((
        socket,
        SocketFile {
            path: path.to_owned(),
            inode,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in ["unix:/run/sluice.sock", "127.0.0.1:9000", "[::1]:0"] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "unix:",
            "/run/sluice.sock",
            "localhost:9000",
            "127.0.0.1",
        ] {
            assert!(text.parse::<Listen>().is_err(), "{text}");
        }
    }
}
