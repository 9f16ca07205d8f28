//! TLS between Envoy and Sluice: each side knows the other, or nothing is done.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use serde_json::json;
use tempfile::TempDir;
use tokio_rustls::TlsConnector;

use crate::house::{House, MANIFEST, post, sluice, stateless, wait_for};
use crate::message::{call, legacy};
use crate::support::envoy::{Config, Envoy, Sluice};
use crate::support::github::Github;
use crate::support::sluice::{Process, Setup};

/// The name in Sluice's certificates, as it is in `envoy/sluice.yaml`.
const NAME: &str = "sluice.internal";

/// An authority that issues certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

/// A directory of certificates and keys, and two authorities: one that both sides know, and one
/// that neither does.
struct Files {
    directory: TempDir,
    known: Authority,
    unknown: Authority,
}

impl Files {
    fn new() -> Self {
        let files = Self {
            directory: tempfile::Builder::new().prefix("tls-").tempdir().unwrap(),
            known: Authority::new("known"),
            unknown: Authority::new("unknown"),
        };
        files.write("known.crt", &files.known.0.pem());
        files.write("unknown.crt", &files.unknown.0.pem());
        files.issue(&files.known, NAME, "server");
        files.issue(&files.known, "envoy.internal", "client");
        files.issue(&files.unknown, "envoy.internal", "stranger");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Puts a new file in the place of the one that may be there.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.path("fresh"), text).unwrap();
        fs::rename(self.path("fresh"), self.path(name)).unwrap();
    }

    /// Issues a certificate to `NAME.crt`, its key to `NAME.key`, and says which it is.
    fn issue(&self, authority: &Authority, subject: &str, name: &str) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![subject.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority.0).unwrap();
        self.write(&format!("{name}.key"), &key.serialize_pem());
        self.write(&format!("{name}.crt"), &certificate.pem());
        certificate.der().clone()
    }

    /// A Sluice that listens with TLS.
    fn tls(&self) -> Setup {
        sluice(MANIFEST)
            .tcp()
            .argument("--tls-cert", &self.text("server.crt"))
            .argument("--tls-key", &self.text("server.key"))
    }

    /// A Sluice that asks for certificates of the known authority too.
    fn mutual(&self) -> Setup {
        self.tls()
            .argument("--tls-client-ca", &self.text("known.crt"))
    }
}

/// Envoy's side of TLS.
struct Side {
    authority: &'static str,
    name: &'static str,
    client: Option<&'static str>,
}

/// What is right with [`Files::mutual`].
const RIGHT: Side = Side {
    authority: "known.crt",
    name: NAME,
    client: Some("client"),
};

impl Side {
    /// Has Envoy speak TLS, as the comment in `envoy/sluice.yaml` has it.
    fn of(&self, config: Config, files: &Files) -> Config {
        let config = config
            .uncomment("    # transport_socket:")
            .and_then(|config| {
                config.replace("/etc/envoy/sluice-ca.crt", &files.text(self.authority))
            })
            .and_then(|config| {
                config.replace(&format!("exact: {NAME}"), &format!("exact: {}", self.name))
            });
        let config = match self.client {
            Some(name) => config
                .and_then(|config| {
                    let file = files.text(&format!("{name}.crt"));
                    config.replace("/etc/envoy/sluice-client.crt", &file)
                })
                .and_then(|config| {
                    let file = files.text(&format!("{name}.key"));
                    config.replace("/etc/envoy/sluice-client.key", &file)
                }),
            None => config.and_then(|config| {
                config.replace(
                    "          tls_certificates:\n          \
                     - certificate_chain: {filename: /etc/envoy/sluice-client.crt}\n            \
                     private_key: {filename: /etc/envoy/sluice-client.key}\n",
                    "",
                )
            }),
        };
        config.unwrap()
    }
}

/// An MCP server, Sluice as it is set up, and Envoy, which finds it over TCP.
fn house(setup: &Setup, change: impl FnOnce(Config) -> Config) -> House {
    let github = Github::start(stateless()).unwrap();
    let sluice = setup.start().unwrap();
    let config = Config::new(&over_tcp(&sluice), github.address()).unwrap();
    let envoy = Envoy::start(&change(config)).unwrap();
    House {
        github,
        sluice,
        envoy,
        client: reqwest::Client::new(),
    }
}

fn over_tcp(sluice: &Process) -> Sluice {
    Sluice::Tcp(sluice.tcp().unwrap())
}

/// The certificate that a listener shows to a client that speaks these versions and this protocol.
async fn shown(
    address: SocketAddr,
    authority: &Authority,
    versions: &[&'static SupportedProtocolVersion],
    protocol: &[u8],
) -> io::Result<CertificateDer<'static>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await?;
    let name = ServerName::try_from(NAME).unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await?;
    let (_, connection) = stream.get_ref();
    assert_eq!(connection.alpn_protocol(), Some(protocol));
    Ok(connection.peer_certificates().unwrap()[0].clone())
}

/// The certificate that a listener shows, before it finds that the client has none.
async fn shown_now(house: &House, files: &Files) -> CertificateDer<'static> {
    let address = house.sluice.tcp().unwrap();
    shown(address, &files.known, &[&version::TLS13], b"h2")
        .await
        .unwrap()
}

/// Waits until it shows this one.
async fn wait_until_shown(house: &House, files: &Files, certificate: &CertificateDer<'_>) {
    for _ in 0..200 {
        if shown_now(house, files).await == *certificate {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never shown: the new certificate");
}

/// The beginning of an answer with so many events.
async fn begun(house: &House, events: u32, interval_ms: u32) -> reqwest::Response {
    let arguments = json!({"events": events, "interval_ms": interval_ms});
    let mut body = call(1, "test_trickle", arguments);
    body["params"]["_meta"] = json!({"progressToken": 1});
    let request = house.request(&house.url("triage"), &body);
    let answer = request.send().await.unwrap();
    wait_for("it is executed", || house.executed() == 1).await;
    answer
}

/// Asserts that an answer with so many events is whole.
async fn ends_whole(answer: reqwest::Response, events: usize) {
    let answer = answer.text().await.unwrap();
    let progress = answer.matches("notifications/progress").count();
    assert_eq!(progress, events, "{answer}");
    assert!(answer.contains("\"result\""), "{answer}");
}

/// Asserts that an allowed call is executed once.
async fn passes(house: &House) {
    let before = house.executed();
    let answer = house.ask(&call(1, "get_me", json!({}))).await;
    assert_eq!(answer.message()["id"], 1, "{answer:?}");
    assert!(answer.body.contains("octocat"), "{answer:?}");
    assert_eq!(house.executed(), before + 1);
}

#[tokio::test]
async fn envoy_speaks_tls_with_sluice() {
    let files = Files::new();
    let without = Side {
        client: None,
        ..RIGHT
    };
    for (setup, side) in [(files.tls(), without), (files.mutual(), RIGHT)] {
        let house = house(&setup, |config| side.of(config, &files));
        passes(&house).await;
        let hidden = house.ask(&call(2, "delete_repo", json!({}))).await;
        assert_eq!(
            hidden.message()["error"]["code"],
            -32602,
            "{:?}",
            side.client
        );
        let stat = |name| house.envoy.stat(&format!("cluster.sluice.ssl.{name}"));
        assert!(stat("versions.TLSv1.3").unwrap() > 0, "{:?}", side.client);
        assert!(!house.sluice.log().contains("handshake failed"));
    }
}

#[tokio::test]
async fn nothing_passes_between_strangers() {
    let files = Files::new();
    let side = |side: Side| move |config: Config, files: &Files| side.of(config, files);
    let plain = |config: Config, _: &Files| config;
    type Change = Box<dyn FnOnce(Config, &Files) -> Config>;
    // How Sluice is set up, how Envoy is, and what Sluice logs of it.
    let table: Vec<(&str, Setup, Change, &str)> = vec![
        (
            "no client certificate",
            files.mutual(),
            Box::new(side(Side {
                client: None,
                ..RIGHT
            })),
            "the client has no certificate",
        ),
        (
            "the client certificate of another authority",
            files.mutual(),
            Box::new(side(Side {
                client: Some("stranger"),
                ..RIGHT
            })),
            "the client's certificate is not accepted",
        ),
        (
            "another server name",
            files.mutual(),
            Box::new(side(Side {
                name: "other.internal",
                ..RIGHT
            })),
            "the client does not accept the server",
        ),
        (
            "another authority of the server",
            files.mutual(),
            Box::new(side(Side {
                authority: "unknown.crt",
                ..RIGHT
            })),
            "the client does not accept the server",
        ),
        (
            "an Envoy that speaks plainly",
            files.tls(),
            Box::new(plain),
            "the client does not speak TLS",
        ),
        (
            "a Sluice that speaks plainly",
            sluice(MANIFEST).tcp(),
            Box::new(side(RIGHT)),
            "",
        ),
    ];
    for (case, setup, change, why) in table {
        let house = house(&setup, |config| change(config, &files));
        for message in [
            call(1, "get_me", json!({})),
            call(2, "delete_repo", json!({})),
            legacy(3, "tools/list", json!({})),
            legacy(4, "initialize", json!({})),
        ] {
            let answer = house.ask(&message).await;
            assert_eq!(answer.status, 503, "{case}: {answer:?}");
            answer.is_fail_closed();
        }
        assert_eq!(house.executed(), 0, "{case}");
        let log = house.sluice.log();
        assert!(log.contains(why), "{case}: {log}");
        let told = log.matches("a TLS handshake failed").count();
        assert_eq!(told, usize::from(!why.is_empty()), "{case}: {log}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections() {
    let files = Files::new();
    let first = files.issue(&files.known, NAME, "server");
    let house = house(&files.mutual(), |config| RIGHT.of(config, &files));
    assert_eq!(shown_now(&house, &files).await, first);
    let old = begun(&house, 20, 500).await;

    let second = files.issue(&files.known, NAME, "server");
    wait_until_shown(&house, &files, &second).await;

    // Broken files are told of, and change nothing.
    for (file, text) in [("server.crt", "no certificate"), ("server.key", "no key")] {
        let good = fs::read_to_string(files.path(file)).unwrap();
        files.write(file, text);
        let broken = format!("{file}: ");
        let told = |log: &str| {
            let mut lines = log.lines().filter(|line| line.contains(&broken));
            lines.any(|line| line.contains("the last good ones stay"))
        };
        wait_for(file, || told(&house.sluice.log())).await;
        assert_eq!(shown_now(&house, &files).await, second);
        files.write(file, &good);
    }

    // Clients are known by another authority now: the old one's are strangers.
    files.write("known.crt", &files.unknown.0.pem());
    let third = files.issue(&files.known, NAME, "server");
    wait_until_shown(&house, &files, &third).await;
    passes(&house).await;
    files.write("authority.crt", &files.known.0.pem());
    for (client, status) in [("client", 503), ("stranger", 200)] {
        let side = Side {
            authority: "authority.crt",
            client: Some(client),
            ..RIGHT
        };
        let config = Config::new(&over_tcp(&house.sluice), house.github.address()).unwrap();
        let envoy = Envoy::start(&side.of(config, &files)).unwrap();
        let message = call(1, "get_me", json!({}));
        let answer = post(&house.client, &envoy.url("/mcp/triage"), &message).send();
        assert_eq!(answer.await.unwrap().status(), status, "{client}");
    }

    // What began before goes on to its end.
    ends_whole(old, 20).await;
}

#[tokio::test]
async fn a_drain_takes_nobody_in_and_cuts_nobody_off() {
    let files = Files::new();
    let mut house = house(&files.mutual(), |config| RIGHT.of(config, &files));
    let address = house.sluice.tcp().unwrap();
    let old = begun(&house, 20, 100).await;
    let mut slow = connect(address);
    slow.write_all(HELLO).unwrap();
    house.sluice.signal("TERM").unwrap();
    let closed = || TcpStream::connect(address).is_err();
    wait_for("nobody listens", closed).await;
    let short = Duration::from_secs(5);
    assert!(
        is_closed(&mut slow, short),
        "a handshake is nothing to wait for"
    );
    assert_eq!(house.sluice.ended(), None, "it has an answer to finish");
    ends_whole(old, 20).await;
    wait_for("it ends", || house.sluice.ended().is_some()).await;
    assert!(house.sluice.ended().unwrap().success());
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_http_2_alone() {
    let files = Files::new();
    let sluice = files.tls().start().unwrap();
    let address = sluice.tcp().unwrap();
    for version in [&version::TLS12, &version::TLS13] {
        let shown = |protocol| {
            shown(
                address,
                &files.known,
                std::slice::from_ref(&version),
                protocol,
            )
        };
        shown(b"h2").await.unwrap();
        let refused = shown(b"http/1.1").await.unwrap_err();
        assert!(
            refused.to_string().contains("NoApplicationProtocol"),
            "{refused}"
        );
    }
}

/// The beginning of a handshake, and no more.
const HELLO: &[u8] = &[22, 3, 1, 2, 0, 1];

/// A connection that says nothing yet.
fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect_timeout(&address, Duration::from_secs(5)).unwrap()
}

/// Whether the other side closes a connection within some time.
fn is_closed(stream: &mut TcpStream, within: Duration) -> bool {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(read) => read == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

#[tokio::test]
async fn clients_that_say_nothing_keep_nobody_out() {
    let files = Files::new();
    let setup = files.mutual().argument("--workers", "1");
    let house = house(&setup, |config| RIGHT.of(config, &files));
    let address = house.sluice.tcp().unwrap();
    let mut silent: Vec<TcpStream> = (0..300).map(|_| connect(address)).collect();
    let mut slow = connect(address);
    slow.write_all(HELLO).unwrap();

    let asked = tokio::time::timeout(Duration::from_secs(5), passes(&house));
    asked.await.unwrap();

    let short = Duration::from_secs(5);
    assert!(
        is_closed(silent.first_mut().unwrap(), short),
        "it is crowded"
    );
    let last = silent.last_mut().unwrap();
    assert!(!is_closed(last, Duration::from_secs(1)), "it has some time");
    let long = Duration::from_secs(15);
    assert!(is_closed(last, long), "it has no more than 10 s");
    assert!(is_closed(&mut slow, long), "it has no more than 10 s");
    passes(&house).await;
}
