//! Why an external guardrail has not judged.

use tonic::Code;

use crate::exchange::JudgementFailure;
use crate::outbound;
use crate::secret::SecretError;

/// Why there is no judgement. Nothing of what was sent or came is in it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// As many are under way as may be.
    #[error("{0} calls are under way, and more may not be")]
    Busy(usize),
    /// There is no answer in time.
    #[error("it took too long")]
    Late,
    /// There is no client for it.
    #[error("`{0}` is no address")]
    Address(String),
    /// No connection, or one that broke.
    #[error("no connection, or one that broke off")]
    Broken,
    /// A webhook has not been answered.
    #[error(transparent)]
    Http(#[from] outbound::Trouble),
    /// The key of the signature can't be told.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The key of the signature is none.
    #[error("the secret after `whsec_` is not base64")]
    Key,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// There is more to be checked than can be sent.
    #[error("what is to be checked is longer than 16 MiB")]
    TooLong,
    /// It says that it can't judge.
    #[error("it answers with the gRPC status {0:?}")]
    Grpc(Code),
    /// It says that it can't judge.
    #[error("it answers with the HTTP status {0}")]
    Status(u16),
    /// What it says is no answer.
    #[error("{0}")]
    Nonsense(&'static str),
}

impl Trouble {
    /// What the exchange is told.
    pub(super) const fn failure(&self) -> JudgementFailure {
        match self {
            Self::Busy(_) => JudgementFailure::Busy,
            Self::Late
            | Self::Grpc(Code::DeadlineExceeded | Code::Cancelled)
            | Self::Http(outbound::Trouble::Timeout) => JudgementFailure::Timeout,
            Self::Address(_)
            | Self::Broken
            | Self::Secret(_)
            | Self::Key
            | Self::Random
            | Self::Http(
                outbound::Trouble::Client | outbound::Trouble::Connect | outbound::Trouble::Broken,
            )
            | Self::Grpc(Code::Unavailable | Code::ResourceExhausted | Code::Aborted)
            | Self::Status(429 | 500..) => JudgementFailure::Unavailable,
            Self::TooLong
            | Self::Nonsense(_)
            | Self::Http(outbound::Trouble::TooLong)
            | Self::Status(..)
            | Self::Grpc(
                Code::Ok
                | Code::Unknown
                | Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::FailedPrecondition
                | Code::OutOfRange
                | Code::Unimplemented
                | Code::Internal
                | Code::DataLoss
                | Code::Unauthenticated,
            ) => JudgementFailure::Invalid,
        }
    }
}
