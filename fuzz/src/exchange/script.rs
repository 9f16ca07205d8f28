//! How a sequence of events is written, so that tables can be turned into seeds and mutations of
//! text stay text.

use sluice::exchange::Headers;

/// A header: its name in lower case, and its value.
pub(super) type Line = (String, Vec<u8>);

/// The events of one exchange.
///
/// They are separated by the byte FE, which no UTF-8 has. The first byte of each is its kind:
///
/// | byte | event |
/// |---|---|
/// | `Q` `q` | request headers: lines of `name: value`; `q` ends the stream |
/// | `P` `M` | those of a POST with JSON, in an older version and in 2026-07-28, with more lines |
/// | `G` | those of a GET, with more lines; ends the stream |
/// | `S` `X` | those of a GET and of a POST of HTTP+SSE, with more lines |
/// | `B` | the body of the request |
/// | `t` `T` | trailers of the request and of the response |
/// | `R` `r` | response headers; `r` ends the stream |
/// | `J` `E` | those of a response of 200 with JSON and with events, with more lines |
/// | `C` `c` | a piece of the body of the response; `c` is the last one |
/// | `V` | no event: the virtual server that the route names |
///
/// Others are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// The virtual server that the route names.
    pub(super) route: Option<String>,
    /// The events.
    pub(super) steps: Vec<Step>,
}

/// An event, with what it owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    RequestHeaders(Vec<Line>, bool),
    RequestBody(Vec<u8>),
    RequestTrailers,
    ResponseHeaders(Vec<Line>, bool),
    ResponseBody(Vec<u8>, bool),
    ResponseTrailers,
}

const SEPARATOR: u8 = 0xfe;

const POST: &[u8] = b":method: POST\n:path: /mcp/scope\ncontent-type: application/json\n";
const MODERN: &[u8] = b":method: POST\n:path: /mcp/scope\ncontent-type: application/json\nmcp-protocol-version: 2026-07-28\n";
const GET: &[u8] = b":method: GET\n:path: /mcp/scope\n";
const STREAM: &[u8] = b":method: GET\n:path: /mcp/scope/sse\n";
const JSON: &[u8] = b":status: 200\ncontent-type: application/json\n";
const EVENTS: &[u8] = b":status: 200\ncontent-type: text/event-stream\n";

/// The head of a message over HTTP+SSE.
fn messages() -> Vec<u8> {
    let session = &*super::SESSION;
    let head = format!(
        ":method: POST\n:path: /mcp/scope/messages?sessionId={session}\ncontent-type: application/json\n"
    );
    head.into_bytes()
}

impl Script {
    /// Reads any bytes as a script.
    pub(super) fn read(data: &[u8]) -> Self {
        let mut script = Self {
            route: None,
            steps: Vec::new(),
        };
        for part in data.split(|byte| *byte == SEPARATOR) {
            let Some((kind, rest)) = part.split_first() else {
                continue;
            };
            let step = match kind {
                b'Q' => Step::RequestHeaders(lines(rest), false),
                b'q' => Step::RequestHeaders(lines(rest), true),
                b'P' => Step::RequestHeaders(lines(&[POST, rest].concat()), false),
                b'M' => Step::RequestHeaders(lines(&[MODERN, rest].concat()), false),
                b'G' => Step::RequestHeaders(lines(&[GET, rest].concat()), true),
                b'S' => Step::RequestHeaders(lines(&[STREAM, rest].concat()), true),
                b'X' => Step::RequestHeaders(lines(&[&messages(), rest].concat()), false),
                b'B' => Step::RequestBody(rest.to_vec()),
                b't' => Step::RequestTrailers,
                b'T' => Step::ResponseTrailers,
                b'R' => Step::ResponseHeaders(lines(rest), false),
                b'r' => Step::ResponseHeaders(lines(rest), true),
                b'J' => Step::ResponseHeaders(lines(&[JSON, rest].concat()), false),
                b'E' => Step::ResponseHeaders(lines(&[EVENTS, rest].concat()), false),
                b'C' => Step::ResponseBody(rest.to_vec(), false),
                b'c' => Step::ResponseBody(rest.to_vec(), true),
                b'V' => {
                    script.route = std::str::from_utf8(rest).ok().map(str::to_owned);
                    continue;
                }
                _ => continue,
            };
            script.steps.push(step);
        }
        script
    }

    /// The same events, with pieces of a body that follow one another as one.
    pub(super) fn joined(&self) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for step in &self.steps {
            match (steps.last_mut(), step) {
                (Some(Step::ResponseBody(whole, end @ false)), Step::ResponseBody(chunk, last)) => {
                    whole.extend_from_slice(chunk);
                    *end = *last;
                }
                _ => steps.push(step.clone()),
            }
        }
        Self {
            route: self.route.clone(),
            steps,
        }
    }
}

/// Headers as Envoy hands them over.
pub(super) fn headers(lines: &[Line]) -> Headers<'_> {
    lines
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_slice()))
        .collect()
}

fn lines(text: &[u8]) -> Vec<Line> {
    let lines = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    lines.map(line).collect()
}

fn line(line: &[u8]) -> Line {
    // The name of a pseudo-header begins with a colon.
    let colon = line.iter().skip(1).position(|byte| *byte == b':');
    let (name, value) = line.split_at(colon.map_or(line.len(), |colon| colon + 1));
    let value = value.strip_prefix(b":").unwrap_or(value);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    (name, value.to_vec())
}
