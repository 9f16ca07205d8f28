//! `sluice serve --tls-…`, as far as it goes without a connection.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::serve::{MANIFEST, log};
use super::{show, sluice};

/// A directory with a manifest, two certificates with their keys, and files that are neither.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    };
    write("m.yaml", MANIFEST);
    for name in ["a", "b"] {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        write(&format!("{name}.crt"), &cert.pem());
        write(&format!("{name}.key"), &signing_key.serialize_pem());
    }
    let certificate = fs::read_to_string(directory.path().join("a.crt")).unwrap();
    write("cut.crt", certificate.split("-----END").next().unwrap());
    let pem = |kind: &str| format!("-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n");
    write("damaged.crt", &pem("CERTIFICATE"));
    write("damaged.key", &pem("PRIVATE KEY"));
    write("encrypted.key", &pem("ENCRYPTED PRIVATE KEY"));
    write("empty", "");
    write("long", &" ".repeat((1 << 20) + 1));
    directory
}

fn serve(directory: &Path, arguments: &[&str]) -> String {
    let serve = ["serve", "--manifest", "m.yaml", "--listen", "unix:s.sock"];
    show(&sluice(directory, &[&serve, arguments].concat()))
}

#[test]
fn a_certificate_and_its_key_come_together() {
    let directory = directory();
    let serve = |arguments: &[&str]| serve(directory.path(), arguments);
    for (arguments, wanted) in [
        (["--tls-cert", "a.crt"], "--tls-key <FILE>"),
        (["--tls-key", "a.key"], "--tls-cert <FILE>"),
        (
            ["--tls-client-ca", "a.crt"],
            "--tls-key <FILE>\n  --tls-cert <FILE>",
        ),
    ] {
        let shown = serve(&arguments);
        let told = format!(
            "exit code: 2\n--- stdout\n--- stderr\n\
             error: the following required arguments were not provided:\n  {wanted}\n"
        );
        assert!(shown.starts_with(&told), "{shown}");
    }
}

#[test]
fn files_that_are_none_for_tls_are_told() {
    let directory = directory();
    let lines = |arguments: &[&str]| {
        let shown = serve(directory.path(), arguments);
        let told = shown.strip_prefix("exit code: 2\n--- stdout\n--- stderr\n");
        told.unwrap_or(&shown).to_owned()
    };
    let certificate = |name| lines(&["--tls-cert", name, "--tls-key", "a.key"]);
    let key = |name| lines(&["--tls-cert", "a.crt", "--tls-key", name]);
    let pair = ["--tls-cert", "a.crt", "--tls-key", "a.key"];
    let authority = |name| lines(&[&pair[..], &["--tls-client-ca", name]].concat());
    let mut told = String::new();
    for name in [
        "nowhere",
        "empty",
        "long",
        "a.key",
        "cut.crt",
        "damaged.crt",
    ] {
        told.push_str(&certificate(name));
        told.push_str(&authority(name));
    }
    for name in [
        "nowhere",
        "empty",
        "long",
        "a.crt",
        "b.key",
        "damaged.key",
        "encrypted.key",
    ] {
        told.push_str(&key(name));
    }
    insta::assert_snapshot!(told, @r#"
    sluice: --tls-cert nowhere: can't be read: No such file or directory (os error 2)
    sluice: --tls-client-ca nowhere: can't be read: No such file or directory (os error 2)
    sluice: --tls-cert empty: has no certificate; give one in PEM form, with `-----BEGIN CERTIFICATE-----`
    sluice: --tls-client-ca empty: has no certificate; give one in PEM form, with `-----BEGIN CERTIFICATE-----`
    sluice: --tls-cert long: has more than 1048576 bytes, so it is another file
    sluice: --tls-client-ca long: has more than 1048576 bytes, so it is another file
    sluice: --tls-cert a.key: has no certificate; give one in PEM form, with `-----BEGIN CERTIFICATE-----`
    sluice: --tls-client-ca a.key: has no certificate; give one in PEM form, with `-----BEGIN CERTIFICATE-----`
    sluice: --tls-cert cut.crt: is not well-formed PEM; part of it may be missing
    sluice: --tls-client-ca cut.crt: is not well-formed PEM; part of it may be missing
    sluice: --tls-cert damaged.crt: has a certificate that is damaged; issue it anew
    sluice: --tls-client-ca damaged.crt: has a certificate that is damaged; issue it anew
    sluice: --tls-key nowhere: can't be read: No such file or directory (os error 2)
    sluice: --tls-key empty: has no private key; give one in PEM form that is not encrypted
    sluice: --tls-key long: has more than 1048576 bytes, so it is another file
    sluice: --tls-key a.crt: has no private key; give one in PEM form that is not encrypted
    sluice: --tls-key b.key: is not the key of the certificate in a.crt; give two that were issued together
    sluice: --tls-key damaged.key: has a private key that can't be used; give one of RSA, ECDSA or Ed25519
    sluice: --tls-key encrypted.key: has no private key; give one in PEM form that is not encrypted
    "#);
    assert!(!directory.path().join("s.sock").exists());
}

#[test]
fn what_others_can_read_is_warned_of() {
    let directory = directory();
    let pair = ["--tls-cert", "a.crt", "--tls-key", "a.key"];
    let plain = "claims and tokens cross the network in the clear";
    let none = "--tls-cert is for TCP listeners, and there is none";
    let open = "others can read the private key of TLS";
    for (listen, arguments, mode, expected) in [
        ("127.0.0.1:0", &[][..], 0o640, None),
        ("[::1]:0", &[], 0o640, None),
        ("unix:s.sock", &[], 0o640, None),
        ("0.0.0.0:0", &[], 0o640, Some(plain)),
        ("[::]:0", &[], 0o640, Some(plain)),
        ("0.0.0.0:0", &pair, 0o640, None),
        ("unix:s.sock", &pair, 0o640, Some(none)),
        ("127.0.0.1:0", &pair, 0o644, Some(open)),
    ] {
        let key = directory.path().join("a.key");
        fs::set_permissions(key, Permissions::from_mode(mode)).unwrap();
        let log = log(directory.path(), listen, arguments);
        for warning in [plain, none, open] {
            assert_eq!(
                log.contains(warning),
                expected == Some(warning),
                "{listen} {arguments:?}: {log}"
            );
        }
        assert!(!log.contains("BEGIN"), "{log}");
    }
}
