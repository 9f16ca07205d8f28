//! The context of a trace: which trace, which span of it, and whether anyone records it (W3C Trace
//! Context). Pure: where random ids come from is someone else's affair.

/// The id of a trace: 16 bytes, not all of them zero.
pub type TraceId = [u8; 16];

/// The id of a span: 8 bytes, not all of them zero.
pub type SpanId = [u8; 8];

/// The longest `tracestate` that is handed on, in bytes (W3C Trace Context section 3.3.1.5 asks for
/// at least 512).
const MAX_STATE: usize = 512;

/// The flag by which a caller says that it records (W3C Trace Context section 3.2.2.5.1).
const SAMPLED: u8 = 0x01;

/// A span of somebody's, as it is named to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// The flags.
    pub flags: u8,
    /// What systems on the way have said, as it came.
    pub state: Option<String>,
}

impl TraceContext {
    /// Reads the texts `traceparent` and `tracestate`. Nothing if the first is not one: it is then as
    /// if neither were there (W3C Trace Context section 4.3).
    #[must_use]
    pub fn read(parent: &str, state: Option<&str>) -> Option<Self> {
        let mut parts = parent.split('-');
        let version: [u8; 1] = hex(parts.next()?)?;
        let trace_id: TraceId = hex(parts.next()?)?;
        let span_id: SpanId = hex(parts.next()?)?;
        let [flags] = hex(parts.next()?)?;
        // Later versions may have more parts; this one has not, and 255 is none.
        let ends = parts.next().is_none() || version != [0];
        let is_valid = ends && version != [255] && trace_id != [0; 16] && span_id != [0; 8];
        let is_text = |state: &&str| {
            let mut bytes = state.bytes();
            !state.is_empty() && state.len() <= MAX_STATE && bytes.all(|b| (32..127).contains(&b))
        };
        is_valid.then(|| Self {
            trace_id,
            span_id,
            flags,
            state: state.filter(is_text).map(str::to_owned),
        })
    }

    /// Whether whoever named it records it.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The text `traceparent`.
    #[must_use]
    pub fn parent(&self) -> String {
        let (trace_id, span_id) = (text(&self.trace_id), text(&self.span_id));
        format!("00-{trace_id}-{span_id}-{:02x}", self.flags)
    }
}

/// The hexadecimal digits of an id, in lower case.
#[must_use]
pub fn text(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hexadecimal digits in lower case, exactly as many.
fn hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair.first_chunk()?;
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

/// What a process that records spans gives an exchange, so that it can join the trace that its request
/// belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What the proxy in front says of its own span, if it records.
    pub proxy: Option<TraceContext>,
    /// The trace, if the request belongs to none.
    pub trace_id: TraceId,
    /// The span of what is done here.
    pub server_span: SpanId,
    /// The span of what the upstream does.
    pub client_span: SpanId,
    /// Whether a trace that begins here is recorded.
    pub samples: bool,
}

/// Where an exchange stands in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The span that it is part of: what the message says, else what the HTTP request says.
    pub parent: Option<TraceContext>,
    /// The other one, if both say something (OpenTelemetry's conventions for MCP, "Context
    /// propagation").
    pub link: Option<TraceContext>,
    /// The trace.
    pub trace_id: TraceId,
    /// The flags.
    flags: u8,
}

impl Hop {
    /// Joins the trace of a message that says this of itself (`_meta`), in an HTTP request that says
    /// that.
    #[must_use]
    pub fn join(&self, message: Option<&TraceContext>, http: Option<&TraceContext>) -> Place {
        let ambient = self.proxy.as_ref().or(http);
        let (parent, link) = match (message, ambient) {
            (Some(message), ambient) => (Some(message), ambient),
            (None, ambient) => (ambient, None),
        };
        let root = if self.samples { SAMPLED } else { 0 };
        Place {
            trace_id: parent.map_or(self.trace_id, |parent| parent.trace_id),
            flags: parent.map_or(root, |parent| parent.flags),
            parent: parent.cloned(),
            link: link.filter(|link| Some(*link) != parent).cloned(),
        }
    }

    /// What the upstream is told: the span that waits for it. Nothing where nobody records, so that
    /// what came goes on as it is.
    #[must_use]
    pub fn onward(&self, place: &Place) -> Option<TraceContext> {
        place.is_sampled().then(|| TraceContext {
            trace_id: place.trace_id,
            span_id: self.client_span,
            flags: place.flags,
            state: place.parent.as_ref().and_then(|it| it.state.clone()),
        })
    }
}

impl Place {
    /// Whether it is recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const OTHER: &str = "00-11112222333344445555666677778888-1111222233334444-00";

    fn hop(samples: bool) -> Hop {
        Hop {
            proxy: None,
            trace_id: [1; 16],
            server_span: [2; 8],
            client_span: [3; 8],
            samples,
        }
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        let read = TraceContext::read(PARENT, Some("a=1,b=2")).unwrap();
        assert_eq!(read.parent(), PARENT);
        assert_eq!(read.state.as_deref(), Some("a=1,b=2"));
        assert!(read.is_sampled());
        assert!(!TraceContext::read(OTHER, None).unwrap().is_sampled());
    }

    #[test]
    fn what_is_no_context_is_none() {
        let rows = [
            "",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "é0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];
        for row in rows {
            assert_eq!(TraceContext::read(row, None), None, "{row}");
        }
        let later = "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more";
        assert!(TraceContext::read(later, None).is_some());
        let long = "x".repeat(MAX_STATE + 1);
        for state in ["", "a\n", long.as_str()] {
            assert_eq!(TraceContext::read(PARENT, Some(state)).unwrap().state, None);
        }
    }

    #[test]
    fn the_message_is_the_parent_and_http_a_link() {
        let (message, http) = (
            TraceContext::read(PARENT, Some("a=1")),
            TraceContext::read(OTHER, None),
        );
        let hop = hop(false);
        let place = hop.join(message.as_ref(), http.as_ref());
        assert_eq!((&place.parent, &place.link), (&message, &http));
        let onward = hop.onward(&place).unwrap();
        let expected = format!(
            "00-{}-{}-01",
            "0af7651916cd43dd8448eb211c80319c", "0303030303030303"
        );
        assert_eq!(onward.parent(), expected);
        assert_eq!(onward.state.as_deref(), Some("a=1"));

        let place = hop.join(None, http.as_ref());
        assert_eq!((&place.parent, &place.link), (&http, &None));
        assert_eq!(hop.onward(&place), None);

        let proxied = Hop {
            proxy: message.clone(),
            ..hop.clone()
        };
        assert_eq!(proxied.join(None, http.as_ref()).parent, message);
        assert_eq!(proxied.join(message.as_ref(), None).link, None);
    }

    #[test]
    fn a_trace_that_begins_here_is_recorded_if_the_process_says_so() {
        for samples in [true, false] {
            let hop = hop(samples);
            let place = hop.join(None, None);
            assert_eq!(place.trace_id, [1; 16]);
            assert_eq!(place.is_sampled(), samples);
            assert_eq!(hop.onward(&place).is_some(), samples);
        }
    }
}
