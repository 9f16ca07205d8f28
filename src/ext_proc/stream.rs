//! The replies of one stream, made as its messages come.

use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use envoy_types::pb::envoy::service::ext_proc::v3::{ProcessingRequest, ProcessingResponse};
use tokio_stream::Stream;
use tonic::{Status, Streaming};

use super::resolver::{Answer, Pending, Resolver};
use super::response::Owed;
use super::{Machine, request, response};
use crate::exchange::{Ask, Reply, Step};
use crate::telemetry::Observer;

/// For how long Envoy is told to wait for an answer. Whoever answers takes less.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The replies of one stream.
///
/// INVARIANT: the last item is an error. A stream that ends without one tells Envoy to carry on
/// alone.
pub struct Replies<M> {
    messages: Streaming<ProcessingRequest>,
    state: State<M>,
    resolver: Arc<dyn Resolver>,
    observer: Observer,
}

impl<M: fmt::Debug> fmt::Debug for Replies<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replies")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum State<M> {
    /// No message has come.
    First(M),
    /// The machine waits for the next event.
    Running(M),
    /// The machine waits for an answer, and Envoy for the reply.
    Asking(Asking<M>),
    /// The machine is at work; should it panic, this is what it leaves behind.
    Busy,
    /// The error has gone out.
    Ended,
}

/// A machine that has asked.
struct Asking<M> {
    machine: M,
    owed: Owed,
    answer: Pending,
    /// Whether Envoy has been told to wait.
    is_told: bool,
}

impl<M: fmt::Debug> fmt::Debug for Asking<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

type Outcome = Result<ProcessingResponse, Status>;

impl<M: Machine> Replies<M> {
    pub(super) fn new(
        messages: Streaming<ProcessingRequest>,
        machine: M,
        resolver: Arc<dyn Resolver>,
        observer: Observer,
    ) -> Self {
        Self {
            messages,
            state: State::First(machine),
            resolver,
            observer,
        }
    }

    /// Takes a message. `None` if its reply is not known yet.
    fn take(&mut self, message: ProcessingRequest) -> Option<Outcome> {
        let machine = match std::mem::replace(&mut self.state, State::Busy) {
            State::First(machine) => match self.first(machine, &message) {
                Ok(machine) => machine,
                Err(status) => return Some(Err(status)),
            },
            State::Running(machine) => machine,
            State::Asking(_) => return Some(Err(Status::internal("a message out of turn"))),
            State::Busy | State::Ended => {
                return Some(Err(Status::internal("the exchange is over")));
            }
        };
        let observer = &mut self.observer;
        // The machine goes in by value: one that panics is gone, and can't be asked again.
        let handled = catch_unwind(AssertUnwindSafe(|| {
            request::read(message, |owed, event| {
                observer.sees(&event);
                (owed, machine.handle(event))
            })
        }));
        match handled {
            Ok(Ok((owed, (machine, step)))) => self.step(machine, owed, step),
            Ok(Err(unexpected)) => Some(Err(Status::invalid_argument(unexpected.to_string()))),
            Err(_) => Some(Err(panicked())),
        }
    }

    /// Checks the first message, and has the machine know what Envoy vouches for.
    fn first(&mut self, machine: M, message: &ProcessingRequest) -> Result<M, Status> {
        request::check_modes(message).map_err(|unexpected| {
            tracing::error!(%unexpected, "Envoy is not configured for Sluice");
            Status::failed_precondition(unexpected.to_string())
        })?;
        let hop = self.observer.hop();
        let is_audited = self.observer.is_audited();
        self.observer.manifest(machine.manifest());
        Ok(match request::vouched(message, hop, is_audited) {
            Some(vouched) => machine.vouched(vouched),
            None => machine,
        })
    }

    /// Does what the machine says. `None` if it asks, and the answer is not there yet.
    fn step(&mut self, mut machine: M, owed: Owed, mut step: Step) -> Option<Outcome> {
        loop {
            self.observer
                .handled(machine.virtual_server(), machine.caller(), &step);
            if let Some(ticket) = step.rejected {
                self.resolver.rejected(ticket);
            }
            let ask = match reply_to(owed, step.reply) {
                ControlFlow::Continue(ask) => ask,
                ControlFlow::Break(outcome) => {
                    self.state = State::Running(machine);
                    return Some(outcome.map(|reply| self.telling(reply)));
                }
            };
            let event = match self.resolver.answer(*ask) {
                Answer::Now(event) => {
                    self.observer.answered();
                    event
                }
                Answer::Later(answer) => {
                    self.state = State::Asking(Asking {
                        machine,
                        owed,
                        answer,
                        is_told: false,
                    });
                    return None;
                }
            };
            match catch_unwind(AssertUnwindSafe(|| machine.handle(event))) {
                Ok(handled) => (machine, step) = handled,
                Err(_) => return Some(Err(panicked())),
            }
        }
    }

    /// A reply with what Envoy is to be told of the exchange.
    fn telling(&mut self, reply: ProcessingResponse) -> ProcessingResponse {
        match self.observer.metadata() {
            Some(metadata) => response::telling(reply, metadata),
            None => reply,
        }
    }

    /// Looks whether the answer is there. While it is not, Envoy is told to wait, once.
    fn poll_answer(&mut self, context: &mut Context<'_>) -> Poll<Option<Outcome>> {
        let State::Asking(mut asking) = std::mem::replace(&mut self.state, State::Busy) else {
            return Poll::Ready(Some(Err(Status::internal("nothing was asked"))));
        };
        let polled = catch_unwind(AssertUnwindSafe(|| asking.answer.as_mut().poll(context)));
        match polled {
            Ok(Poll::Ready(event)) => {
                self.observer.answered();
                let Asking { machine, owed, .. } = asking;
                Poll::Ready(
                    match catch_unwind(AssertUnwindSafe(|| machine.handle(event))) {
                        Ok((machine, step)) => self.step(machine, owed, step),
                        Err(_) => Some(Err(panicked())),
                    },
                )
            }
            Ok(Poll::Pending) if asking.is_told => {
                self.state = State::Asking(asking);
                Poll::Pending
            }
            Ok(Poll::Pending) => {
                asking.is_told = true;
                self.state = State::Asking(asking);
                Poll::Ready(Some(Ok(response::wait(LONGEST_WAIT))))
            }
            Err(_) => Poll::Ready(Some(Err(panicked()))),
        }
    }
}

/// What the machine asks, or what Envoy is told.
fn reply_to(owed: Owed, reply: Reply) -> ControlFlow<Outcome, Box<Ask>> {
    ControlFlow::Break(match reply {
        Reply::Ask(ask) => return ControlFlow::Continue(ask),
        Reply::Continue { headers, body } => Ok(response::go_on(owed, headers, body)),
        Reply::Refuse(refusal) => Ok(response::refuse(&refusal)),
        Reply::Answer(json) => Ok(response::answer(json)),
        Reply::Abort(reason) => Err(Status::aborted(reason.as_str())),
    })
}

fn panicked() -> Status {
    tracing::error!("an exchange panicked; its request was refused");
    Status::internal("the exchange panicked")
}

impl<M: Machine> Stream for Replies<M> {
    type Item = Outcome;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let reply = loop {
            let reply = match &self.state {
                State::Ended => return Poll::Ready(None),
                State::Asking(_) => match self.poll_answer(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(reply) => reply,
                },
                State::First(_) | State::Running(_) | State::Busy => {
                    match Pin::new(&mut self.messages).poll_next(context) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Some(Ok(message))) => self.take(message),
                        // Envoy resets its streams when it is done with them; that is no failure.
                        Poll::Ready(Some(Err(status))) => Some(Err(status)),
                        Poll::Ready(None) => Some(Err(Status::cancelled("Envoy ended the stream"))),
                    }
                }
            };
            if let Some(reply) = reply {
                break reply;
            }
        };
        if reply.is_err() {
            self.state = State::Ended;
        }
        Poll::Ready(Some(reply))
    }
}
