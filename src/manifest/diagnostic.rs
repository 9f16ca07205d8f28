//! What is wrong with a manifest, where, and what would help.

use std::fmt;

use super::span::{Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The manifest cannot be used.
    Error,
    /// The manifest can be used, but hardly says what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident => $severity:ident $text:literal,)+) => {
        /// What kind of problem it is: a stable name, `E…` for errors and `W…` for warnings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])+ $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it is printed.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    Syntax => Error "E0101",
    /// A key stands twice in one map.
    DuplicateKey => Error "E0102",
    /// The text uses a part of YAML that manifests do without: anchors, aliases, tags, merge
    /// keys, several documents, keys that are not plain text.
    YamlFeature => Error "E0103",
    /// The text is too long, or nests too deep.
    TooLarge => Error "E0104",
    /// There is no such key.
    UnknownKey => Error "E0201",
    /// The value is of another type.
    WrongType => Error "E0202",
    /// The value is none of those that the key takes.
    UnknownValue => Error "E0203",
    /// A key is missing.
    MissingKey => Error "E0204",
    /// The key belongs to a later version.
    NotYet => Error "E0205",
    /// Several keys exclude one another.
    Exclusive => Error "E0206",
    /// A server is named that the manifest does not have.
    UnknownServer => Error "E0301",
    /// Two virtual servers answer on the same match.
    DuplicateMatch => Error "E0302",
    /// The path can be no request's path.
    BadPath => Error "E0303",
    /// The value cannot stand in gRPC metadata.
    BadRoute => Error "E0304",
    /// There is no virtual server.
    NoVirtualServer => Error "E0305",
    /// The name is empty, too long, or has characters that names do not have.
    BadName => Error "E0306",
    /// The name that clients are to see of a tool is another one's, or stands where the server's is
    /// needed.
    TakenName => Error "E0307",
    /// The text is no pattern.
    BadPattern => Error "E0401",
    /// The regular expression does not compile.
    BadRegex => Error "E0402",
    /// The pattern can match nothing.
    NeverMatches => Error "E0403",
    /// Another pattern of the same list matches all that this one does.
    Shadowed => Error "E0404",
    /// What is enabled is disabled as a whole.
    AlwaysDisabled => Error "E0405",
    /// Annotations, or who is in and who is not, contradict one another.
    Contradiction => Error "E0406",
    /// The value is out of its range.
    BadLimit => Error "E0501",
    /// A test names a virtual server that the manifest does not have.
    UnknownVirtualServer => Error "E0601",
    /// Two tests have one name.
    DuplicateTest => Error "E0602",
    /// A test expects what cannot be.
    BadExpectation => Error "E0603",
    /// A test's claims are none that a verified token has.
    BadClaims => Error "E0604",
    /// The text is no URL, or not one of its place.
    BadUrl => Error "E0701",
    /// The path of a file is not absolute.
    RelativePath => Error "E0702",
    /// The text refers to secrets in a way that there is not, or has none where it must.
    BadSecret => Error "E0703",
    /// The algorithm is unknown, or not for these keys.
    BadAlgorithm => Error "E0704",
    /// Two issuers have one name.
    DuplicateIssuer => Error "E0705",
    /// The text is no principal.
    BadPrincipal => Error "E0706",
    /// The expression is none, or reads what is not there.
    BadExpression => Error "E0707",
    /// What is said depends on who calls, which nobody asks.
    NeedsIdentity => Error "E0708",
    /// What is said takes the caller's token, which Sluice does not get.
    NeedsToken => Error "E0709",
    /// The header is none, or one that is not set here.
    BadHeader => Error "E0710",
    /// The key says something only together with another value of another key.
    UselessKey => Error "E0711",
    /// A guardrail is named that the manifest does not have.
    UnknownGuardrail => Error "E0801",
    /// A guardrail is attached where it has nothing to look at.
    GuardrailPhase => Error "E0802",
    /// The key belongs to guardrails of another type.
    ForeignKey => Error "E0803",
    /// A guardrail does not catch its own sample.
    SelfTest => Error "E0804",
    /// A value of a guardrail is none that it takes.
    BadGuardrail => Error "E0805",
    /// No virtual server uses the server.
    UnusedServer => Warning "W0301",
    /// The virtual server enables nothing.
    NothingEnabled => Warning "W0302",
    /// What is disabled is not enabled anyway.
    DisablesNothing => Warning "W0401",
    /// The text has characters that cannot be seen, spaces at its ends, or letters that look like
    /// others.
    OddText => Warning "W0402",
    /// What a URL leads to is not protected on its way.
    PlainHttp => Warning "W0701",
    /// A secret stands in the manifest itself.
    SecretInManifest => Warning "W0702",
    /// The caller's own token goes on.
    TokenPassthrough => Warning "W0703",
    /// Every virtual server is anonymous.
    UnusedIdentity => Warning "W0704",
    /// A guardrail is attached nowhere.
    UnusedGuardrail => Warning "W0801",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One problem of a manifest.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) label: String,
    pub(super) related: Vec<(Span, String)>,
    pub(super) help: Option<String>,
    /// Whether what stands in the place is shown to nobody.
    is_secret: bool,
}

impl Diagnostic {
    pub(super) fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: None,
            is_secret: false,
        }
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    pub(super) fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    pub(super) fn help(mut self, text: impl Into<Option<String>>) -> Self {
        self.help = text.into();
        self
    }

    /// The same, about something that may be a secret: no line is shown with it.
    pub(super) fn secret(mut self) -> Self {
        self.is_secret = true;
        self
    }

    /// What kind of problem it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// What would help.
    #[must_use]
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// The problems of one manifest, in the order of its text.
#[derive(Debug, Clone)]
pub struct Diagnostics {
    source: Source,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(source: Source, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code.as_str()));
        let secrets: Vec<Span> = list
            .iter()
            .filter(|diagnostic| diagnostic.is_secret)
            .map(|diagnostic| diagnostic.span)
            .collect();
        let source = source.masked(&secrets);
        Self { source, list }
    }

    /// The text that they are about, with stars for the secrets among it.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// How many are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.iter()
            .filter(|diagnostic| diagnostic.severity() == severity)
            .count()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// The longest piece of the user's text that a message repeats, in characters.
const QUOTE_CHARS: usize = 60;

/// The user's text for a message: in backticks, on one line, not too long, with what cannot be
/// seen escaped.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for c in text.chars().take(QUOTE_CHARS) {
        match c {
            '"' | '\'' | '\\' => quoted.push(c),
            c => quoted.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(QUOTE_CHARS).is_some() {
        quoted.push('…');
    }
    quoted.push('`');
    quoted
}

/// `did you mean …?`, if one of the candidates is close enough to what was written.
pub(super) fn did_you_mean<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // Long texts are not typos, and comparing them takes quadratic time.
    if written.len() > 128 {
        return None;
    }
    let close = candidates
        .into_iter()
        .take(1000)
        .filter(|candidate| candidate.len() <= 128)
        .map(|candidate| (likeness(written, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    close.map(|(_, candidate)| format!("did you mean {}?", quote(candidate)))
}

fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    // In a short word one slip of the fingers weighs more than Jaro and Winkler allow.
    if a.len() > 2 && strsim::osa_distance(&a, &b) == 1 {
        return 0.9;
    }
    strsim::jaro_winkler(&a, &b)
}
