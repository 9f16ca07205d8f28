//! Credentials. They are put together here, so that no line of this file looks like one.

use sluice::detect::Detector;

use crate::finds::{detector, found_in};
use crate::make::{BASE62, BASE64URL, DIGITS, HEX, LOWER, UPPER, random, with_crc};

/// The entities that say "there is a secret".
const SECRETS: &[&str] = &["secret", "private_key", "jwt", "database_url"];

/// A secret that is known by its form, wherever it stands.
struct Known {
    name: &'static str,
    value: String,
}

#[rustfmt::skip]
fn known() -> Vec<Known> {
    let of = |name, value| Known { name, value };
    let after = |prefix: &str, alphabet, length, seed| format!("{prefix}{}", random(alphabet, length, seed));
    vec![
        of("AWS access key id", after("AKIA", UPPER, 16, 1)),
        of("AWS temporary key id", after("ASIA", UPPER, 16, 2)),
        of("GitHub personal token", with_crc("ghp_", 30, 3)),
        of("GitHub OAuth token", with_crc("gho_", 30, 4)),
        of("GitHub server token", with_crc("ghs_", 30, 5)),
        of("GitHub fine-grained token", format!("github_pat_{}_{}", random(BASE62, 22, 6), random(BASE62, 59, 7))),
        of("GitLab token", after("glpat-", BASE64URL, 20, 8)),
        of("Slack bot token", format!("xoxb-{}-{}-{}", random(DIGITS, 12, 9), random(DIGITS, 12, 10), random(BASE62, 24, 11))),
        of("Slack app token", format!("xapp-1-A{}-{}-{}", random(UPPER, 10, 12), random(DIGITS, 13, 13), random(HEX, 64, 14))),
        of("Stripe live key", after("sk_live_", BASE62, 24, 18)),
        of("Stripe restricted key", after("rk_live_", BASE62, 99, 19)),
        of("Google API key", after("AIza", BASE64URL, 35, 20)),
        of("Google OAuth secret", after("GOCSPX-", BASE64URL, 28, 21)),
        of("npm token", with_crc("npm_", 30, 22)),
        of("PyPI token", after("pypi-AgEIcHlwaS5vcmc", BASE64URL, 130, 23)),
        of("SendGrid key", format!("SG.{}.{}", random(BASE64URL, 22, 24), random(BASE64URL, 43, 25))),
        of("Twilio key", after("SK", HEX, 32, 26)),
        of("OpenAI project key", format!("sk-proj-{}T3BlbkFJ{}", random(BASE64URL, 74, 27), random(BASE64URL, 74, 28))),
        of("Anthropic key", format!("sk-ant-api03-{}AA", random(BASE64URL, 93, 29))),
        of("Hugging Face token", after("hf_", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 34, 30)),
        of("DigitalOcean token", after("dop_v1_", HEX, 64, 31)),
        of("Shopify token", after("shpat_", HEX, 32, 32)),
        of("Databricks token", after("dapi", HEX, 32, 33)),
        of("Vault service token", after("hvs.", BASE64URL, 95, 34)),
        of("Grafana service account token", format!("glsa_{}_{}", random(BASE62, 32, 35), random(HEX, 8, 36))),
        of("Linear key", after("lin_api_", BASE62, 40, 37)),
        of("Doppler token", after("dp.pt.", BASE62, 43, 38)),
        of("Telegram bot token", format!("{}:AA{}", random("123456789", 10, 39), random(BASE64URL, 33, 40))),
        of("age secret key", format!("AGE-SECRET-KEY-1{}", random("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58, 41))),
        of("JSON Web Token", format!("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiaWF0IjoxNTE2MjM5MDIyfQ.{}", random(BASE64URL, 43, 42))),
        of("private key", format!("-----BEGIN {0}-----\n{1}\n{1}\n-----END {0}-----", "RSA PRIVATE KEY", random(BASE62, 64, 43))),
        of("OpenSSH private key", format!("-----BEGIN {0}-----\nb3BlbnNzaC1rZXktdjEA{1}\n{2}\n-----END {0}-----", "OPENSSH PRIVATE KEY", random(BASE62, 50, 44), random(BASE62, 70, 45))),
    ]
}

/// Secrets that are known by what stands before them.
#[rustfmt::skip]
fn named() -> Vec<(String, String)> {
    let of = |text: &str, value: String| (text.replace("{}", &value), value);
    vec![
        of("AWS_SECRET_ACCESS_KEY={}", random(BASE62, 40, 50)),
        of("aws_secret_access_key = \"{}\"", random(BASE62, 40, 51)),
        of("password: {}", random(BASE62, 16, 52)),
        of("DB_PASSWORD='{}'", random(BASE62, 20, 53)),
        of("api_key = \"{}\"", random(LOWER, 32, 54)),
        of("export MAILER_API_KEY={}", random(HEX, 40, 55)),
        of("client_secret: \"{}\"", random(BASE64URL, 40, 56)),
        of("curl -H 'Authorization: Bearer {}' https://api.example.com", random(BASE62, 48, 57)),
        of("Authorization: Basic {}", format!("{}==", random(BASE62, 30, 58))),
        of("AccountName=store;AccountKey={};EndpointSuffix=core.windows.net", format!("{}==", random(BASE62, 86, 59))),
        of("\"secret_key\": \"{}\"", random(BASE62, 32, 60)),
        of("https://admin:{}@git.example.com/repo.git", random(BASE62, 24, 61)),
        of("https://{}", format!("hooks.slack.com/services/T{}/B{}/{}", random(UPPER, 10, 15), random(UPPER, 10, 16), random(BASE62, 24, 17))),
        of("postgres://app:{}@db.example.com:5432/orders", random(BASE62, 16, 46)),
        of("mongodb+srv://svc:{}@cluster0.ab1cd.mongodb.net/test", random(BASE62, 20, 47)),
        of("rediss://default:{}@cache.example.com:6380/0", random(BASE62, 24, 48)),
    ]
}

/// Texts with each of them.
pub(crate) fn texts() -> Vec<String> {
    let known = known();
    let known = known
        .into_iter()
        .map(|known| format!("It is {}.", known.value));
    known
        .chain(named().into_iter().map(|(text, _)| text))
        .collect()
}

/// Whether findings that say "a secret" cover all of `value` in the strings of a document.
fn is_covered(detector: &Detector, document: &str, value: &str) -> bool {
    let found = found_in(detector, document);
    let mut secrets = found
        .iter()
        .filter(|(entity, _)| SECRETS.contains(&entity.as_str()));
    secrets.any(|(_, what)| what.contains(value))
}

#[test]
fn secrets_with_a_form_of_their_own_are_found_anywhere() {
    let detector = detector();
    let mut missed = Vec::new();
    for Known { name, value } in known() {
        let documents = [
            serde_json::json!({"note": value}),
            serde_json::json!([{"text": format!("I used {value} and it worked.")}]),
            serde_json::json!({"env": format!("A=1\nTHING={value}\nB=\"2\"")}),
            serde_json::json!({"yaml": format!("thing: \"{value}\" # keep")}),
        ];
        for document in documents.map(|document| document.to_string()) {
            // What is secret of an address comes after its scheme.
            if !is_covered(&detector, &document, value.trim_start_matches("https://")) {
                let found = found_in(&detector, &document);
                missed.push(format!("{name}: {document}: {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn secrets_that_are_named_are_found() {
    let detector = detector();
    let mut missed = Vec::new();
    for (text, value) in named() {
        let documents = [
            serde_json::json!({"text": text}),
            serde_json::json!({"log": format!("first line\n  {text}\nlast line")}),
        ];
        for document in documents.map(|document| document.to_string()) {
            if !is_covered(&detector, &document, &value) {
                let found = found_in(&detector, &document);
                missed.push(format!("{document}: {found:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// In JSON the name of a secret is the key that it stands under.
#[test]
fn the_key_of_a_member_names_a_secret() {
    let detector = detector();
    let mut missed = Vec::new();
    let keys = [
        "password",
        "db_password",
        "apiKey",
        "api_key",
        "client_secret",
        "accessToken",
        "secret_key",
        "X-Api-Key",
    ];
    for (seed, key) in (70..).zip(keys) {
        let value = random(BASE62, 32, seed);
        let document = serde_json::json!({"id": 1, key: value}).to_string();
        if !is_covered(&detector, &document, &value) {
            missed.push(document);
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
