//! An exchange whose guardrails elsewhere are answered by the test.

use std::sync::Arc;

use bytes::Bytes;
use sluice::exchange::{Ask, Credential};
use sluice::exchange::{
    BodyEdit, Event, Exchange, GuardrailAsk, Headers, Judgement, JudgementFailure, Occurrence,
    Refusal, Reply, Step,
};
use sluice::policy::Policy;

/// What a service says.
pub(super) type Answer = Result<Judgement, JudgementFailure>;

/// An exchange under way.
pub(super) struct Talk<J> {
    exchange: Option<Exchange>,
    judge: J,
    /// What was asked, in order: the guardrail, the tool, the method and the payload.
    pub(super) asked: Vec<String>,
    pub(super) occurrences: Vec<Occurrence>,
    /// The headers that mirror arguments, as they were written anew: with what is removed, without a
    /// value.
    pub(super) mirrors: Vec<(String, Option<String>)>,
}

/// What became of an event.
#[derive(Debug)]
pub(super) enum Came {
    /// It went on, with other bytes if there are some.
    On(Option<String>),
    /// The client was answered.
    Refused(Refusal),
    /// The exchange was cut.
    Cut,
}

impl Came {
    #[track_caller]
    pub(super) fn on(self) -> Option<String> {
        match self {
            Self::On(body) => body,
            other @ (Self::Refused(_) | Self::Cut) => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn refused(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            other @ (Self::On(_) | Self::Cut) => panic!("{other:?}"),
        }
    }
}

/// Lets everything pass.
pub(super) fn allow() -> Answer {
    Ok(Judgement {
        allowed: true,
        message: None,
        payload: None,
        findings: Vec::new(),
    })
}

/// Puts this in the place of what it is asked about.
pub(super) fn replace(payload: impl Into<String>) -> Answer {
    Ok(Judgement {
        payload: Some(payload.into()),
        ..allow()?
    })
}

/// Refuses, in these words.
pub(super) fn block(message: &str) -> Answer {
    Ok(Judgement {
        allowed: false,
        message: Some(message.to_owned()),
        ..allow()?
    })
}

impl<J: FnMut(&GuardrailAsk) -> Answer> Talk<J> {
    pub(super) fn new(policy: &Arc<Policy>, judge: J) -> Self {
        Self {
            exchange: Some(Exchange::new(Arc::clone(policy), None)),
            judge,
            asked: Vec::new(),
            occurrences: Vec::new(),
            mirrors: Vec::new(),
        }
    }

    /// The head of a POST, in this version.
    pub(super) fn post(&mut self, path: &str, headers: &[(&str, &str)]) -> Came {
        let more = [
            (":method", "POST"),
            (":path", path),
            (":authority", "gateway.example.com"),
            ("content-type", "application/json"),
        ];
        let headers: Headers<'_> = more
            .iter()
            .chain(headers)
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        self.tell(Event::RequestHeaders {
            headers,
            end_of_stream: false,
        })
    }

    pub(super) fn body(&mut self, body: &str) -> Came {
        self.tell(Event::RequestBody(Bytes::copy_from_slice(body.as_bytes())))
    }

    /// The head of a response with 200.
    pub(super) fn answers(&mut self, content_type: &str) -> Came {
        let headers = [(":status", "200"), ("content-type", content_type)];
        let headers: Headers<'_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()))
            .collect();
        self.tell(Event::ResponseHeaders {
            headers,
            end_of_stream: false,
        })
    }

    pub(super) fn chunk(&mut self, chunk: &str, end_of_stream: bool) -> Came {
        self.tell(Event::ResponseBody {
            chunk: Bytes::copy_from_slice(chunk.as_bytes()),
            end_of_stream,
        })
    }

    fn tell(&mut self, event: Event<'_>) -> Came {
        let (exchange, step) = self.exchange.take().unwrap().handle(event);
        let Step {
            reply, occurrences, ..
        } = step;
        self.exchange = Some(exchange);
        self.occurrences.extend(occurrences);
        match reply {
            Reply::Continue { headers, body } => {
                let set = headers.mirrors.into_iter();
                self.mirrors
                    .extend(set.map(|(name, value)| (name, Some(value))));
                let removed = headers.remove.into_iter();
                let removed = removed.filter(|name| name.starts_with("mcp-param-"));
                self.mirrors.extend(removed.map(|name| (name, None)));
                Came::On(match body {
                    BodyEdit::Keep => None,
                    BodyEdit::Replace(body) => Some(String::from_utf8(body.to_vec()).unwrap()),
                })
            }
            Reply::Refuse(refusal) => Came::Refused(refusal),
            Reply::Abort(_) => Came::Cut,
            Reply::Answer(json) => panic!("answered: {json}"),
            Reply::Ask(ask) => match *ask {
                Ask::Guardrail(ask) => {
                    self.asked.push(format!(
                        "{} {} {} {} {}",
                        ask.guardrail,
                        ask.phase,
                        ask.tool.as_deref().unwrap_or("-"),
                        ask.method,
                        ask.payload
                    ));
                    let answer = (self.judge)(&ask);
                    self.tell(Event::Judged(answer))
                }
                Ask::Credential(_) => self.tell(Event::Credential(Ok(Credential::default()))),
                Ask::Identity(ask) => panic!("asked: {ask:?}"),
            },
        }
    }
}
