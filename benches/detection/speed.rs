//! How long it takes, as a ratio to a plain copy and to another parser's reading.
//!
//! What is compared is done in turns, in rounds, so that what else the machine is doing meets all
//! of it. One thread does everything.

use std::fs;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sluice::detect::{Detector, Selection};
use sluice::guardrail::{Form, Input, Operation, Part, Path, Phase, Redact, Redacting, Report};
use sluice::json::{Document, Kind, Limits, Splice, Value};

use crate::mixed;

/// The sizes, in millions of bytes.
const SIZES: [usize; 3] = [1, 4, 16];
/// How long each measurement takes at the least: the kernel counts by its ticks.
const LEAST: Duration = Duration::from_millis(100);

/// All that was measured.
#[derive(Debug)]
pub(crate) struct Speed {
    pub(crate) rounds: usize,
    pub(crate) sizes: Vec<Size>,
    pub(crate) hostile: Vec<Hostile>,
}

/// The times for a document of one size.
#[derive(Debug)]
pub(crate) struct Size {
    pub(crate) bytes: usize,
    /// Bytes of these that are text in strings that are values.
    pub(crate) string_bytes: usize,
    pub(crate) strings: usize,
    pub(crate) findings: usize,
    pub(crate) copy: Times,
    pub(crate) serde_json: Times,
    /// Sluice's own strict reader.
    pub(crate) read: Times,
    /// The detector over all strings of a document that was read.
    pub(crate) detect: Times,
    /// The guardrail `redact` over a document that was read, and the writing of what comes out.
    pub(crate) redact: Times,
}

/// The time of each round for one document.
#[derive(Debug, Default, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn best(&self) -> f64 {
        self.0
            .iter()
            .min()
            .copied()
            .unwrap_or_default()
            .as_secs_f64()
    }

    pub(crate) fn median(&self) -> f64 {
        let mut times = self.0.clone();
        times.sort_unstable();
        times
            .get(times.len() / 2)
            .copied()
            .unwrap_or_default()
            .as_secs_f64()
    }

    /// The median of the ratios to `other`, round by round.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let mut ratios: Vec<_> = self
            .0
            .iter()
            .zip(&other.0)
            .map(|(own, other)| own.as_secs_f64() / other.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or_default()
    }
}

/// Millions of bytes a second.
pub(crate) fn rate(bytes: usize, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "these are not so many")]
    let bytes = bytes as f64;
    bytes / 1e6 / seconds
}

/// Measures the detector on mixed documents and, where `hostile` says so, on texts that invite it to look far.
pub(crate) fn measure(
    (detector, selection): (&Detector, &Selection),
    rounds: usize,
    hostile: bool,
) -> Result<Speed, String> {
    let mut sizes = Vec::new();
    for size in SIZES {
        sizes.push(measure_size((detector, selection), rounds, size)?);
    }
    let hostile = match hostile {
        true => measure_hostile(detector, rounds),
        false => Vec::new(),
    };
    Ok(Speed {
        rounds,
        sizes,
        hostile,
    })
}

fn measure_size(
    (detector, selection): (&Detector, &Selection),
    rounds: usize,
    size: usize,
) -> Result<Size, String> {
    let text = mixed::document(size * 1_000_000);
    let bytes = text.as_bytes();
    let limits = Limits::default();
    let document = Document::parse(bytes, &limits).map_err(|error| error.to_string())?;
    let mut walk = Walk {
        detector,
        strings: 0,
        string_bytes: 0,
        findings: 0,
    };
    walk.value(document.root(), None);
    let mut measured = Size {
        bytes: bytes.len(),
        string_bytes: walk.string_bytes,
        strings: walk.strings,
        findings: walk.findings,
        copy: Times::default(),
        serde_json: Times::default(),
        read: Times::default(),
        detect: Times::default(),
        redact: Times::default(),
    };
    let redact = Redact::new(Redacting {
        selection: selection.clone(),
        ..Redacting::default()
    })
    .map_err(|error| error.to_string())?;
    let mut buffer = vec![0; bytes.len()];
    for _ in 0..rounds {
        measured.copy.0.push(time(|| {
            black_box(&mut buffer[..]).copy_from_slice(black_box(bytes));
        }));
        let mut read_all = true;
        measured.serde_json.0.push(time(|| {
            let value = serde_json::from_slice::<serde_json::Value>(black_box(bytes));
            read_all &= black_box(value).is_ok();
        }));
        measured.read.0.push(time(|| {
            read_all &= black_box(Document::parse(black_box(bytes), &limits)).is_ok();
        }));
        if !read_all {
            return Err("a reader does not take the document".to_owned());
        }
        measured.detect.0.push(time(|| {
            walk.value(black_box(document.root()), None);
        }));
        measured.redact.0.push(time(|| {
            black_box(redacted(&redact, black_box(&document)));
        }));
    }
    Ok(measured)
}

/// The time that one run takes. It runs as often as [`LEAST`] allows.
fn time(mut run: impl FnMut()) -> Duration {
    let begin = (Instant::now(), now());
    let mut times = 0;
    while times == 0 || begin.0.elapsed() < LEAST {
        run();
        times += 1;
    }
    now().saturating_sub(begin.1) / times
}

/// How long this thread has run, as the kernel counts it, so that what else the machine has to do
/// does not count. Where no kernel says, the time that has passed.
fn now() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let ran = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = ran.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}

/// The document as the guardrail `redact` lets it go on.
fn redacted(redact: &Redact, document: &Document<'_>) -> String {
    let input = Input {
        phase: Phase::Result,
        operation: Operation::Mutate,
        tool: None,
        parts: &[Part {
            path: Path(Vec::new()),
            value: document.root(),
            form: Form::Data,
        }],
        exempt: &[],
        vault: None,
        known: None,
    };
    let mut splice = Splice::new(document.source());
    redact.inspect(&input, &mut splice, &mut Report::default());
    splice.finish()
}

/// Goes over all strings of a document.
struct Walk<'d> {
    detector: &'d Detector,
    strings: usize,
    string_bytes: usize,
    findings: usize,
}

impl Walk<'_> {
    fn value(&mut self, value: Value<'_>, key: Option<&str>) {
        match value.kind() {
            Kind::String => {
                let Some(text) = value.as_str() else { return };
                self.strings += 1;
                self.string_bytes += text.len();
                self.findings += black_box(self.detector.find(&text, key)).len();
            }
            Kind::Array => value.elements().for_each(|value| self.value(value, key)),
            Kind::Object => value
                .members()
                .for_each(|member| self.value(member.value(), Some(&member.key()))),
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }
}

/// The times for a text that is one thing over and over.
#[derive(Debug)]
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    /// Millions of bytes a second for the long text.
    pub(crate) rate: f64,
    /// The time for a byte of the long text, as a ratio to that of the short one.
    pub(crate) growth: f64,
}

/// Texts of which each piece may be the beginning of something.
const PIECES: &[(&str, &str)] = &[
    ("digits", "4111111111111111"),
    ("digits in groups", "4111 1111 1111 1111 "),
    ("digits with dots", "12.34.56."),
    ("one @ after another", "@"),
    ("a long local part", "abcdefgh.ijklmnop+"),
    ("addresses in a chain", "a@b.cd@"),
    ("colons", "::"),
    ("hexadecimal with colons", "fe80:"),
    ("password=", "password="),
    ("keys and quotes", "\"api_key\": \""),
    (
        "beginnings of private keys",
        "-----BEGIN PRIVATE KEY-----\n",
    ),
    ("beginnings of tokens", "eyJhbGciOiJIUzI1NiJ9."),
    ("URLs with users", "postgres://user:"),
    ("letters and digits", "a1B2c3D4e5F6g7H8"),
    ("words about phones", "phone number fax tel. "),
    ("plus signs", "+1 "),
    ("brackets", "("),
    ("letters of another script", "пароль "),
];

fn measure_hostile(detector: &Detector, rounds: usize) -> Vec<Hostile> {
    const SHORT: usize = 250_000;
    const LONG: usize = 4 * SHORT;
    let measure = |(name, piece): &(&'static str, &str)| {
        let text = |length: usize| piece.repeat(length / piece.len());
        let (short, long) = (text(SHORT), text(LONG));
        let (mut times_short, mut times_long) = (Times::default(), Times::default());
        for _ in 0..rounds {
            let run = |text: &str| {
                black_box(detector.find(black_box(text), None));
            };
            times_short.0.push(time(|| run(&short)));
            times_long.0.push(time(|| run(&long)));
        }
        let per_byte = |text: &str, times: &Times| 1.0 / rate(text.len(), times.best());
        Hostile {
            name,
            rate: rate(long.len(), times_long.best()),
            growth: per_byte(&long, &times_long) / per_byte(&short, &times_short),
        }
    };
    PIECES.iter().map(measure).collect()
}
