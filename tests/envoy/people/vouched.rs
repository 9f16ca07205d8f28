//! Callers whom Envoy knows: its filter `jwt_authn` has verified the token, or TLS the certificate.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use serde_json::json;

use super::place::{AUDIENCE, Place, Plan};
use crate::authorization_server::Running;
use crate::support::envoy::Config;

const TRUST: &str = r#"
identity:
  trust: envoy_jwt_authn
  payload_in_metadata: jwt_payload
  authorization_servers: [IDP]
"#;

const EXT_PROC: &str = "          - name: envoy.filters.http.ext_proc\n";

/// Puts the filter before Sluice. Whoever comes without a token passes by the filter.
fn filter(config: Config, idp: &Running) -> Config {
    let filter = json!({
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"idp": {
                "issuer": idp.issuer(),
                "audiences": [AUDIENCE],
                "local_jwks": {"inline_string": idp.jwks()},
                "payload_in_metadata": "jwt_payload",
                "forward": true,
            }},
            "rules": [{
                "match": {"prefix": "/mcp"},
                "requires": {"requires_any": {"requirements": [
                    {"provider_name": "idp"}, {"allow_missing": {}},
                ]}},
            }],
        },
    });
    let filters = format!("          - {filter}\n{EXT_PROC}");
    config.replace(EXT_PROC, &filters).unwrap()
}

fn plan() -> Plan {
    Plan::new(r#"{type: mapping, claim: sub, file: "SECRETS/github.yaml"}"#)
        .identity(TRUST)
        .secret("github.yaml", "alice: canary-alice\nbob: canary-bob\n")
}

/// Asserts that nobody is known here, whatever is sent.
async fn knows_nobody(place: &Place, tokens: &[String]) {
    let before = place.gate().arrived().len();
    let refused = place.nobody().call("get_me", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let challenge = refused.headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    for token in tokens {
        let refused = place.nobody().with_token(token);
        let refused = refused.call("get_me", json!({})).await;
        // Envoy's filter says 403 where the audience is another one.
        assert!([401, 403].contains(&refused.status.as_u16()), "{refused:?}");
    }
    assert_eq!(place.gate().arrived().len(), before);
}

#[tokio::test]
async fn the_claims_that_envoy_verified_are_the_callers() {
    let place = plan().envoy(filter).build();
    let (alice, bob) = (place.visitor(&place.alice()), place.visitor(&place.bob()));
    alice.works().await;
    assert_eq!(place.last_token(), "canary-alice");
    bob.works().await;
    assert_eq!(place.last_token(), "canary-bob");
    assert!(!alice.tools().await.contains(&"delete_repo".to_owned()));
    assert!(bob.tools().await.contains(&"delete_repo".to_owned()));
    assert!(bob.tools().await.contains(&"merge_pull_request".to_owned()));
    let other = alice.elsewhere(&place.url("other"));
    assert_eq!(other.call("get_me", json!({})).await.status, 403);
    bob.elsewhere(&place.url("other")).works().await;

    let expired = place.alice().claim("exp", 1_000_000_000);
    let foreign = place.alice().claim("aud", "https://elsewhere.example.com/");
    knows_nobody(
        &place,
        &[expired.text(), foreign.text(), "x.y.z".to_owned()],
    )
    .await;
    assert_eq!(place.idp.requests("/jwks"), 0, "nobody verifies it twice");
    let log = place.sluice.log();
    let aloud = log
        .lines()
        .any(|line| line.contains("WARN") && line.contains("envoy_jwt_authn"));
    assert!(aloud, "{log}");
}

#[tokio::test]
async fn without_the_filter_nobody_is_known() {
    let place = plan().build();
    knows_nobody(&place, &[place.alice().text(), place.bob().text()]).await;
}

/// An authority, and what it has issued.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "mesh");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key, in PEM.
    fn issue(&self, name: SanType) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = vec![name];
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// A client of a server that this authority vouches for, with a certificate of this URI from
    /// one or the other, or with none.
    fn client(&self, certificate: Option<(&Self, &str)>) -> reqwest::Client {
        let root = reqwest::Certificate::from_pem(self.0.pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([root]);
        let client = match certificate {
            Some((issuer, uri)) => {
                let (certificate, key) = issuer.issue(SanType::URI(uri.try_into().unwrap()));
                let both = format!("{certificate}{key}");
                client.identity(reqwest::Identity::from_pem(both.as_bytes()).unwrap())
            }
            None => client,
        };
        client.build().unwrap()
    }
}

/// Ends TLS at Envoy's listener, and takes the certificates of clients that have one.
fn tls(config: Config, authority: &Authority) -> Config {
    let (certificate, key) = authority.issue(SanType::IpAddress([127, 0, 0, 1].into()));
    let inline = |pem: &str| json!({"inline_string": pem}).to_string();
    let validation = format!(
        "alpn_protocols: [h2, http/1.1]\n            validation_context: {{trusted_ca: {}}}",
        inline(&authority.0.pem())
    );
    config
        .uncomment("      # transport_socket:")
        .and_then(|it| it.replace("alpn_protocols: [h2, http/1.1]", &validation))
        .and_then(|it| it.replace("{filename: /etc/envoy/tls.crt}", &inline(&certificate)))
        .and_then(|it| it.replace("{filename: /etc/envoy/tls.key}", &inline(&key)))
        .unwrap()
}

#[tokio::test]
async fn the_certificate_that_envoy_verified_is_the_callers() {
    let (authority, other) = (Authority::new(), Authority::new());
    let of = |issuer, uri| authority.client(Some((issuer, uri)));
    let alice = of(&authority, "spiffe://mesh.example/agents/alice");
    let bob = of(&authority, "spiffe://mesh.example/agents/bob");
    let no_spiffe = of(&authority, "https://mesh.example/agents/alice");
    let stranger = of(&other, "spiffe://mesh.example/agents/alice");
    let nobody = authority.client(None);
    let tokens = "spiffe://mesh.example/agents/alice: canary-alice\n\
                  spiffe://mesh.example/agents/bob: canary-bob\n";
    let place = Plan::new(r#"{type: mapping, claim: sub, file: "SECRETS/github.yaml"}"#)
        .identity("identity: {trust: envoy_peer_certificate}")
        .secret("github.yaml", tokens)
        .envoy(move |config, _| tls(config, &authority))
        .build();
    let url = place.url("triage").replace("http://", "https://");
    let visitor = place.nobody().elsewhere(&url);
    for (client, token) in [(alice, "canary-alice"), (bob, "canary-bob")] {
        // A token says nothing here, and stays behind.
        let visitor = visitor
            .with_client(client)
            .with_token("canary-of-the-caller");
        visitor.works().await;
        assert_eq!(place.last_token(), token);
    }
    let before = place.gate().arrived().len();
    for client in [no_spiffe, nobody] {
        let visitor = visitor.with_client(client);
        for visitor in [&visitor, &visitor.with_token(&place.alice().text())] {
            let refused = visitor.call("get_me", json!({})).await;
            assert_eq!(refused.status, 401, "{refused:?}");
        }
    }
    // One of another authority gets no further than TLS.
    let request = stranger.post(&url).body("{}").send().await;
    assert!(request.is_err());
    assert_eq!(place.gate().arrived().len(), before);
}
