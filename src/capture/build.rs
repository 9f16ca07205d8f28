//! Entries, made of the records of exchanges.

use std::time::Duration;

use super::entry::{Entry, Finding, Message, Phase, Piece, Request, Response, Summary};
use crate::policy::VirtualServer;
use crate::telemetry::{Cover, End, Kept, PhaseKind, Record, Verdict};
use crate::trace;

/// What is kept of an exchange; its texts are covered, if there is someone who covers. Nothing of one
/// that is for no virtual server.
pub(super) fn entry(record: &Record, cover: Option<&Cover>) -> Option<Entry> {
    let server = record.virtual_server.as_deref()?;
    let build = Build {
        record,
        server,
        cover,
    };
    Some(Entry {
        summary: build.summary(),
        manifest: record.manifest.as_deref().map(str::to_owned),
        request: build.request(),
        response: build.response(),
        messages: build.messages(),
        phases: build.phases(),
        worked_us: micros(record.worked),
        end: match record.end {
            End::Cancelled => "cancelled",
            End::Complete => "complete",
            End::Aborted => "aborted",
        }
        .to_owned(),
        redacted: cover.is_some(),
    })
}

struct Build<'r> {
    record: &'r Record,
    server: &'r VirtualServer,
    cover: Option<&'r Cover>,
}

impl Build<'_> {
    fn summary(&self) -> Summary {
        let record = self.record;
        let caller = record.caller.as_deref();
        let subject = caller.and_then(|caller| caller.subject());
        let first = record.messages.first();
        let refused = first.and_then(|first| first.refused());
        let trace = first.and_then(|first| record.place(first));
        Summary {
            at_us: micros(record.at),
            took_us: micros(record.took()),
            virtual_server: self.server.name().to_owned(),
            server: self.server.server().to_owned(),
            subject: subject.map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned())),
            agent: caller.and_then(|caller| caller.agent()).map(str::to_owned),
            session: record.session.clone(),
            trace_id: trace.map(|trace| trace::text(&trace.trace_id)),
            method: first
                .and_then(|first| first.asked.method)
                .map(str::to_owned),
            target: first.and_then(|first| first.asked.target.clone()),
            decision: first.map_or("allow", decision).to_owned(),
            reason: refused.map(|refused| refused.reason.as_str().to_owned()),
            outcome: first
                .map_or("cancelled", |first| record.outcome(first).as_str())
                .to_owned(),
        }
    }

    fn request(&self) -> Request {
        let bodies = &self.record.bodies;
        let head = |name: &str| {
            let mut head = bodies.request_head.iter();
            let found = head.find(|(header, _)| header == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let is_header = |(name, _): &&(String, String)| !name.starts_with(':');
        let text = |kept: &Kept| (!kept.pieces.is_empty()).then(|| self.text(&kept.whole()));
        let is_forwarded = self.record.messages.iter().any(|it| match &it.verdict {
            Verdict::Allowed { .. } => true,
            Verdict::Refused(_) => false,
        });
        Request {
            http_method: head(":method"),
            path: head(":path"),
            headers: bodies
                .request_head
                .iter()
                .filter(is_header)
                .cloned()
                .collect(),
            received: text(&bodies.request),
            sent: bodies.request_sent.as_ref().and_then(text),
            forwarded: is_forwarded,
            truncated: bodies.request.is_cut,
        }
    }

    fn response(&self) -> Option<Response> {
        let bodies = &self.record.bodies;
        let refused = self.record.messages.iter().find_map(|it| it.refused());
        let status = self
            .record
            .upstream_status
            .or_else(|| refused.map(|refused| refused.status))?;
        let mut head = bodies.response_head.iter();
        let content_type = head.find(|(name, _)| name == "content-type");
        let content_type = content_type.map_or("application/json", |(_, value)| value);
        Some(Response {
            status,
            content_type: content_type.to_owned(),
            received: self.pieces(&bodies.response),
            sent: self.pieces(&bodies.response_sent),
            truncated: bodies.response.is_cut || bodies.response_sent.is_cut,
        })
    }

    /// The pieces of a body. Where it is covered, what stands at the border of two pieces has to be
    /// seen whole: then pieces that are no whole events become one.
    fn pieces(&self, kept: &Kept) -> Vec<Piece> {
        let ends_event = |piece: &[u8]| piece.ends_with(b"\n\n") || piece.ends_with(b"\r\n\r\n");
        let mut pieces = Vec::new();
        let mut open: Option<(Duration, Vec<u8>)> = None;
        for (at, bytes) in &kept.pieces {
            let (_, text) = open.get_or_insert_with(|| (*at, Vec::new()));
            text.extend_from_slice(bytes);
            if ends_event(bytes) {
                pieces.extend(open.take());
            }
        }
        pieces.extend(open);
        let piece = |(at, bytes): (Duration, Vec<u8>)| Piece {
            at_us: self.since(at),
            text: self.text(&bytes),
        };
        pieces.into_iter().map(piece).collect()
    }

    fn messages(&self) -> Vec<Message> {
        let messages = self.record.messages.iter();
        let message = |message: &crate::telemetry::Message| Message {
            method: message.asked.method.map(str::to_owned),
            kind: message.asked.kind.map(|kind| kind.as_str().to_owned()),
            target: message.asked.target.clone(),
            id: message.asked.id.clone(),
            decision: decision(message).to_owned(),
            reason: message.refused().map(|it| it.reason.as_str().to_owned()),
            rule: message.rule().map(|rule| rule.as_str().to_owned()),
            outcome: self.record.outcome(message).as_str().to_owned(),
        };
        messages.map(message).collect()
    }

    fn phases(&self) -> Vec<Phase> {
        let phase = |phase: &crate::telemetry::Phase| {
            let mut kept = Phase {
                kind: phase.kind.as_str().to_owned(),
                began_us: self.since(phase.began),
                took_us: micros(phase.took),
                ..Phase::default()
            };
            match &phase.kind {
                PhaseKind::Guardrail(guarded) => {
                    kept.name = Some(guarded.guardrail.to_string());
                    kept.outcome = Some(guarded.outcome.as_str().to_owned());
                    kept.findings = guarded.findings.iter().map(finding).collect();
                }
                PhaseKind::Middleware(name) => kept.name = Some(name.to_string()),
                PhaseKind::Identity
                | PhaseKind::Policy
                | PhaseKind::Credential
                | PhaseKind::Upstream => {}
            }
            kept
        };
        self.record.phases.iter().map(phase).collect()
    }

    fn text(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        match self.cover {
            Some(cover) => cover.cover(&text, self.server),
            None => text.into_owned(),
        }
    }

    fn since(&self, at: Duration) -> u64 {
        micros(at.saturating_sub(self.record.began))
    }
}

fn decision(message: &crate::telemetry::Message) -> &'static str {
    match message.verdict {
        Verdict::Allowed { .. } => "allow",
        Verdict::Refused(_) => "deny",
    }
}

fn finding(finding: &crate::guardrail::Finding) -> Finding {
    Finding {
        rule: finding.rule.to_string(),
        path: finding.path.clone(),
        entity: finding.entity.clone(),
        action: finding.action.to_string(),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
