//! Guardrails that are asked by gRPC, over TCP or a Unix socket.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::proto::guardrail_service_client::GuardrailServiceClient;
use super::proto::{self, CheckRequest, CheckResponse, LONGEST, Subject};
use super::trouble::Trouble;
use crate::exchange::GuardrailAsk;
use crate::guardrail::{Operation, Phase};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// What one call, and one connection, may have on the way before it is read, in bytes.
const WINDOW: u32 = 1 << 20;

/// What is longer in a message than its payload, in bytes, at most.
const AROUND: usize = 1 << 20;

/// A connection that is made when it is first needed, and made again when it breaks.
#[derive(Debug)]
pub(super) struct Line {
    client: GuardrailServiceClient<Channel>,
    /// How many answers came.
    answers: AtomicU64,
}

impl Line {
    /// A connection to `unix:/path` or `http://host:port`. It lives on the runtime that it is first
    /// used on.
    ///
    /// # Errors
    ///
    /// The address is none.
    pub(super) fn new(address: &str) -> Result<Self, Trouble> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .and_then(|endpoint| endpoint.user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION"))))
            .map_err(|_| Trouble::Address(address.to_owned()))?
            .connect_timeout(CONNECT)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let client = GuardrailServiceClient::new(endpoint.connect_lazy())
            .max_encoding_message_size(LONGEST + AROUND)
            .max_decoding_message_size(LONGEST + AROUND);
        Ok(Self {
            client,
            answers: AtomicU64::new(0),
        })
    }

    /// Asks. Where the connection breaks, it asks once more, on another one.
    ///
    /// # Errors
    ///
    /// There is no answer.
    pub(super) async fn check(&self, ask: &GuardrailAsk) -> Result<CheckResponse, Trouble> {
        match self.once(ask).await {
            Err(status) if has_broken(&status) => self.once(ask).await,
            other => other,
        }
        .map_err(|status| match has_broken(&status) {
            true => Trouble::Broken,
            false => Trouble::Grpc(status.code()),
        })
    }

    async fn once(&self, ask: &GuardrailAsk) -> Result<CheckResponse, Status> {
        let mut request = Request::new(request(ask));
        request.set_timeout(ask.external.timeout);
        let answer = self.client.clone().check(request).await;
        if !matches!(&answer, Err(status) if has_broken(status)) {
            self.answers.fetch_add(1, Ordering::Relaxed);
        }
        answer.map(tonic::Response::into_inner)
    }

    /// How many answers came so far. If there is none while a call runs out, the other side may be
    /// gone without a word.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

/// Whether a status is not the other side's word: it has broken off, or was never there. What the
/// time has run out for is given up by whoever waits.
fn has_broken(status: &Status) -> bool {
    status.source().is_some()
}

/// What is asked. [`super::webhook`] asks the same.
pub(super) fn request(ask: &GuardrailAsk) -> CheckRequest {
    let phase = match ask.phase {
        Phase::Call => proto::Phase::Call,
        Phase::Result => proto::Phase::Result,
    };
    let operation = match ask.operation {
        Operation::Validate => proto::Operation::Validate,
        Operation::Mutate => proto::Operation::Mutate,
    };
    CheckRequest {
        phase: phase.into(),
        operation: operation.into(),
        guardrail: ask.guardrail.to_string(),
        virtual_server: ask.virtual_server.clone(),
        server: ask.server.clone(),
        tool: ask.tool.clone(),
        method: ask.method.clone(),
        subject: ask
            .subject
            .clone()
            .map(|(issuer, subject)| Subject { issuer, subject }),
        payload_json: ask.payload.clone(),
    }
}
