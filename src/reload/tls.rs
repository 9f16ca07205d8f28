//! What the TCP listeners show and ask for in TLS, read from files that are looked at again and
//! again. While they are broken, the last good ones stay.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::watch;

use super::INTERVAL;
use crate::stamp::Stamp;

/// The most bytes of one of the files; a system's whole list of authorities has a quarter of it.
const MAX_FILE: u64 = 1 << 20;

/// What is spoken inside: gRPC, which is HTTP/2 (RFC 7301, RFC 9113 section 3.2).
const ALPN: &[u8] = b"h2";

/// The read permission of everybody.
const READ_BY_OTHERS: u32 = 0o004;

/// The files in PEM form.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The server's certificate, and after it those between it and the authority.
    pub certificate: PathBuf,
    /// Its private key, not encrypted.
    pub key: PathBuf,
    /// The authorities of which clients must have a certificate; without them none is asked for.
    pub client_ca: Option<PathBuf>,
}

/// What is in force for new connections.
pub type TlsConfigs = watch::Receiver<Arc<ServerConfig>>;

/// The files, as they were when they were last looked at.
#[derive(Debug)]
pub struct WatchedTls {
    files: TlsFiles,
    stamps: Vec<Option<Stamp>>,
    configs: watch::Sender<Arc<ServerConfig>>,
}

/// Which file is broken, and how.
#[derive(Debug, thiserror::Error)]
#[error("{option} {path}: {problem}")]
pub struct NoTls {
    option: &'static str,
    path: String,
    problem: Problem,
}

/// What is wrong with a file. What the readers of PEM and DER say is left out: it has bytes of the
/// file, which may be those of a key.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("can't be read: {0}")]
    Unreadable(io::Error),
    #[error("has more than {MAX_FILE} bytes, so it is another file")]
    TooLong,
    #[error("is not well-formed PEM; part of it may be missing")]
    Malformed,
    #[error("has no certificate; give one in PEM form, with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    #[error("has a certificate that is damaged; issue it anew")]
    BadCertificate,
    #[error("has no private key; give one in PEM form that is not encrypted")]
    NoKey,
    #[error("has a private key that can't be used; give one of RSA, ECDSA or Ed25519")]
    BadKey,
    #[error("is not the key of the certificate in {0}; give two that were issued together")]
    OtherKey(String),
    #[error("can't be used: {0}")]
    Unusable(rustls::Error),
}

impl WatchedTls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// One can't be read, or is not what it is to be.
    pub fn new(files: TlsFiles) -> Result<Self, NoTls> {
        let stamps = files.stamps();
        let (configs, _) = watch::channel(Arc::new(files.load()?));
        Ok(Self {
            files,
            stamps,
            configs,
        })
    }

    /// What is in force, now and later.
    #[must_use]
    pub fn configs(&self) -> TlsConfigs {
        self.configs.subscribe()
    }

    /// Warns, if others can read the private key; new files are looked at in this way too.
    pub fn warn_of_open_key(&self) {
        let key = &self.files.key;
        let mode = fs::metadata(key).map(|metadata| metadata.permissions().mode());
        if mode.is_ok_and(|mode| mode & READ_BY_OTHERS != 0) {
            let path = key.display();
            tracing::warn!(%path, "others can read the private key of TLS; let them not (`chmod o= FILE`)");
        }
    }

    /// Publishes each new version of the files that is not broken, for ever.
    pub async fn publish(mut self) {
        loop {
            tokio::time::sleep(INTERVAL).await;
            if let Some(config) = self.changed() {
                self.configs.send_replace(Arc::new(config));
            }
        }
    }

    /// What the files say, if one has changed and none is broken.
    fn changed(&mut self) -> Option<ServerConfig> {
        let stamps = self.files.stamps();
        if stamps == self.stamps {
            return None;
        }
        self.stamps = stamps;
        match self.files.load() {
            Ok(config) => {
                tracing::info!("the files for TLS have changed");
                self.warn_of_open_key();
                Some(config)
            }
            Err(error) => {
                tracing::error!(%error, "the files for TLS are broken; the last good ones stay");
                None
            }
        }
    }
}

impl TlsFiles {
    fn stamps(&self) -> Vec<Option<Stamp>> {
        let files = [&self.certificate, &self.key];
        let files = files.into_iter().chain(&self.client_ca);
        files.map(|path| Stamp::of(path)).collect()
    }

    /// A new config, which shares no sessions with the one before it: a client that has another
    /// authority's certificate does not resume what it began.
    fn load(&self) -> Result<ServerConfig, NoTls> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let own = self.certified_key(&provider)?;
        let clients = self.client_verifier(&provider)?;
        // TLS 1.2 and 1.3.
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| self.bad_certificate(Problem::Unusable(error)))?;
        let builder = match clients {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(config)
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, NoTls> {
        let chain =
            certificates(&self.certificate).map_err(|problem| self.bad_certificate(problem))?;
        let key = private_key(&self.key).map_err(|problem| self.bad_key(problem))?;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|_| self.bad_key(Problem::BadKey))?;
        let own = CertifiedKey::new(chain, key);
        match own.keys_match() {
            Ok(()) => Ok(own),
            Err(_) => {
                let certificate = self.certificate.display().to_string();
                Err(self.bad_key(Problem::OtherKey(certificate)))
            }
        }
    }

    fn client_verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, NoTls> {
        let Some(path) = &self.client_ca else {
            return Ok(None);
        };
        let broken = |problem| NoTls::new("--tls-client-ca", path, problem);
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path).map_err(broken)? {
            let added = roots.add(certificate);
            added.map_err(|_| broken(Problem::BadCertificate))?;
        }
        let provider = Arc::clone(provider);
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map(Some)
            .map_err(|_| broken(Problem::BadCertificate))
    }

    fn bad_certificate(&self, problem: Problem) -> NoTls {
        NoTls::new("--tls-cert", &self.certificate, problem)
    }

    fn bad_key(&self, problem: Problem) -> NoTls {
        NoTls::new("--tls-key", &self.key, problem)
    }
}

impl NoTls {
    fn new(option: &'static str, path: &Path, problem: Problem) -> Self {
        let path = path.display().to_string();
        Self {
            option,
            path,
            problem,
        }
    }
}

/// Reads a file, at most [`MAX_FILE`] of it.
fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(Problem::Unreadable)?;
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    match read.map_err(Problem::Unreadable)? as u64 {
        ..=MAX_FILE => Ok(bytes),
        _ => Err(Problem::TooLong),
    }
}

/// The certificates of a file, of which there is at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let bytes = read(path)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| Problem::Malformed)?;
    if certificates.is_empty() {
        return Err(Problem::NoCertificate);
    }
    for certificate in &certificates {
        let parsed = ParsedCertificate::try_from(certificate);
        parsed.map_err(|_| Problem::BadCertificate)?;
    }
    Ok(certificates)
}

/// The first private key of a file.
fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Problem> {
    let key = PrivateKeyDer::from_pem_slice(&read(path)?);
    key.map_err(|error| match matches!(error, PemError::NoItemsFound) {
        true => Problem::NoKey,
        false => Problem::Malformed,
    })
}
