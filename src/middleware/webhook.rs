//! Guardrails that are asked by HTTP: the messages of gRPC as JSON, signed as Standard Webhooks has
//! it (<https://www.standardwebhooks.com>).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::grpc::request;
use super::proto::{self, CheckResponse, Decision, LONGEST};
use super::trouble::Trouble;
use crate::clock::Clock;
use crate::exchange::GuardrailAsk;
use crate::outbound;
use crate::policy::SecretText;
use crate::secret::Secrets;

/// The longest answer, in bytes. In JSON, what is JSON itself can be twice as long.
const LONGEST_ANSWER: usize = 2 * LONGEST + (1 << 20);

/// A request, as the JSON of protocol buffers has it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    phase: &'static str,
    operation: &'static str,
    guardrail: &'a str,
    virtual_server: &'a str,
    server: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject<'a>>,
    payload_json: &'a str,
}

/// Who calls.
#[derive(Serialize)]
struct Subject<'a> {
    issuer: &'a str,
    subject: &'a str,
}

/// An answer. A key that is written wrongly must not be one that is not there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answered {
    decision: Option<String>,
    message: Option<String>,
    #[serde(alias = "payload_json")]
    payload_json: Option<String>,
    findings: Option<Vec<Finding>>,
}

/// What was found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    rule: Option<String>,
    path: Option<String>,
    entity: Option<String>,
}

/// What a request is made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct With<'a> {
    pub(super) http: &'a Client,
    pub(super) secrets: &'a Secrets,
    pub(super) clock: &'a dyn Clock,
}

/// Asks. Where the connection breaks, it asks once more, with the same id.
///
/// # Errors
///
/// There is no answer.
pub(super) async fn check(
    ask: &GuardrailAsk,
    (url, secret): (&str, Option<&SecretText>),
    with: With<'_>,
) -> Result<CheckResponse, Trouble> {
    let body = body(ask);
    let id = id()?;
    let secret = secret
        .map(|secret| with.secrets.resolve(secret))
        .transpose()?;
    let once = async || {
        let timestamp = with.clock.unix().as_secs().to_string();
        let mut request = with
            .http
            .post(url)
            .header("content-type", "application/json");
        if let Some(secret) = &secret {
            let signature = signature(secret, &id, &timestamp, &body)?;
            request = request.header("webhook-signature", signature);
        }
        let request = request
            .header("webhook-id", &id)
            .header("webhook-timestamp", timestamp)
            .body(body.clone());
        let response = outbound::send(request).await?;
        match response.status().as_u16() {
            200 => Ok(outbound::read(response, LONGEST_ANSWER).await?),
            status => Err(Trouble::Status(status)),
        }
    };
    let answer = match once().await {
        Err(Trouble::Http(outbound::Trouble::Broken)) => once().await,
        other => other,
    };
    read(&answer?)
}

fn body(ask: &GuardrailAsk) -> String {
    let request = request(ask);
    let asked = Asked {
        phase: request.phase().as_str_name(),
        operation: request.operation().as_str_name(),
        guardrail: &request.guardrail,
        virtual_server: &request.virtual_server,
        server: &request.server,
        tool: request.tool.as_deref(),
        method: &request.method,
        subject: request.subject.as_ref().map(|subject| Subject {
            issuer: &subject.issuer,
            subject: &subject.subject,
        }),
        payload_json: &request.payload_json,
    };
    // Texts and texts in texts can always be written.
    serde_json::to_string(&asked).unwrap_or_default()
}

/// The id of a request.
fn id() -> Result<String, Trouble> {
    let mut unique = [0; 16];
    getrandom::fill(&mut unique).map_err(|_| Trouble::Random)?;
    Ok(format!("msg_{}", URL_SAFE_NO_PAD.encode(unique)))
}

/// The value of `webhook-signature`. The key is what stands after `whsec_`, in base64; where that is
/// not there, the secret itself.
pub(super) fn signature(
    secret: &SecretString,
    id: &str,
    timestamp: &str,
    body: &str,
) -> Result<String, Trouble> {
    let key = match secret.expose_secret().strip_prefix("whsec_") {
        Some(encoded) => STANDARD.decode(encoded).map_err(|_| Trouble::Key)?,
        None => secret.expose_secret().as_bytes().to_vec(),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| Trouble::Key)?;
    for piece in [id, ".", timestamp, ".", body] {
        mac.update(piece.as_bytes());
    }
    Ok(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

/// The answer that a body is.
fn read(body: &[u8]) -> Result<CheckResponse, Trouble> {
    let answered: Answered = serde_json::from_slice(body)
        .map_err(|_| Trouble::Nonsense("its answer is not a CheckResponse in JSON"))?;
    let decision = answered.decision.as_deref();
    let decision = decision
        .and_then(Decision::from_str_name)
        .unwrap_or_default();
    let findings = answered.findings.unwrap_or_default();
    Ok(CheckResponse {
        decision: decision.into(),
        message: answered.message.unwrap_or_default(),
        payload_json: answered.payload_json,
        findings: findings
            .into_iter()
            .map(|finding| proto::Finding {
                rule: finding.rule.unwrap_or_default(),
                path: finding.path.unwrap_or_default(),
                entity: finding.entity.unwrap_or_default(),
            })
            .collect(),
    })
}
