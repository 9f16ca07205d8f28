//! The replies of one stream, made as its messages come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingRequest, ProcessingResponse};
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::{Machine, request, response};
use crate::exchange::{Reply, Step};
use crate::telemetry;

/// The replies of one stream.
///
/// INVARIANT: the last item is an error. A stream that ends without one tells Envoy to carry on
/// alone.
#[derive(Debug)]
pub struct Replies<M> {
    messages: Streaming<ProcessingRequest>,
    state: State<M>,
}

#[derive(Debug)]
enum State<M> {
    /// No message has come.
    First(M),
    /// The machine waits for the next event.
    Running(M),
    /// The machine is at work; should it panic, this is what it leaves behind.
    Busy,
    /// The error has gone out.
    Ended,
}

impl<M: Machine> Replies<M> {
    pub(super) fn new(messages: Streaming<ProcessingRequest>, machine: M) -> Self {
        Self {
            messages,
            state: State::First(machine),
        }
    }

    fn reply(&mut self, message: ProcessingRequest) -> Result<ProcessingResponse, Status> {
        let machine = match std::mem::replace(&mut self.state, State::Busy) {
            State::First(machine) => {
                request::check_modes(&message).map_err(|unexpected| {
                    tracing::error!(%unexpected, "Envoy is not configured for Sluice");
                    Status::failed_precondition(unexpected.to_string())
                })?;
                machine
            }
            State::Running(machine) => machine,
            State::Busy | State::Ended => return Err(Status::internal("the exchange is over")),
        };
        // The machine goes in by value: one that panics is gone, and can't be asked again.
        let handled = catch_unwind(AssertUnwindSafe(|| {
            request::read(message, |owed, event| {
                let (machine, step) = machine.handle(event);
                (owed, machine, step)
            })
        }));
        let (owed, machine, step) = handled
            .map_err(|_| {
                tracing::error!("an exchange panicked; its request was refused");
                Status::internal("the exchange panicked")
            })?
            .map_err(|unexpected| Status::invalid_argument(unexpected.to_string()))?;
        let Step { reply, occurrences } = step;
        for occurrence in &occurrences {
            telemetry::record(machine.virtual_server(), occurrence);
        }
        self.state = State::Running(machine);
        match reply {
            Reply::Continue { headers, body } => Ok(response::go_on(owed, headers, body)),
            Reply::Refuse(refusal) => Ok(response::refuse(&refusal)),
            Reply::Abort(reason) => Err(Status::aborted(reason.as_str())),
        }
    }
}

impl<M: Machine> Stream for Replies<M> {
    type Item = Result<ProcessingResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if matches!(self.state, State::Ended) {
            return Poll::Ready(None);
        }
        let message = match Pin::new(&mut self.messages).poll_next(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(message) => message,
        };
        let reply = match message {
            Some(Ok(message)) => self.reply(message),
            // Envoy resets its streams when it is done with them; that is no failure.
            Some(Err(status)) => Err(status),
            None => Err(Status::cancelled("Envoy ended the stream")),
        };
        if reply.is_err() {
            self.state = State::Ended;
        }
        Poll::Ready(Some(reply))
    }
}
