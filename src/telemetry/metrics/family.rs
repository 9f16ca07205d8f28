//! The numbers at one moment, in no protocol.

/// A label of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    VirtualServer,
    Decision,
    Reason,
    Method,
    Tool,
    Error,
    Outcome,
    Guardrail,
    Entity,
    Action,
    Server,
    Issuer,
    Result,
    Cache,
    Sink,
}

/// What stands where a label has nothing to say.
pub(crate) const NONE: &str = "-";

/// What series of one name have in common.
#[derive(Debug)]
pub(crate) struct Description {
    /// The name on Prometheus' page.
    pub(crate) name: &'static str,
    /// The name in OTLP.
    pub(crate) otlp: &'static str,
    /// The unit, as OTLP has it (UCUM).
    pub(crate) unit: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'static [Label],
}

/// How the numbers of series behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// They only rise.
    Counter,
    /// They rise and fall.
    Gauge,
    /// They are times, counted by their length.
    Histogram,
}

/// All series of one name.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) description: &'static Description,
    pub(crate) samples: Vec<Sample>,
}

/// One series.
#[derive(Debug)]
pub(crate) struct Sample {
    /// In the order of the description's labels.
    pub(crate) values: Vec<Box<str>>,
    pub(crate) number: Number,
}

/// What a series has come to.
#[derive(Debug)]
pub(crate) enum Number {
    Whole(u64),
    Fraction(f64),
    Times(Distribution),
}

/// Times by their length.
#[derive(Debug)]
pub(crate) struct Distribution {
    /// The longest time of each bucket but the last one, in nanoseconds.
    pub(crate) bounds: &'static [u64],
    /// How many there are in each bucket.
    pub(crate) counts: Vec<u64>,
    /// All of them together.
    pub(crate) nanoseconds: u64,
}

impl Label {
    /// The name on Prometheus' page.
    pub(crate) const fn name(self) -> &'static str {
        self.names().0
    }

    /// The name in OTLP: that of the conventions, where they have one.
    pub(crate) const fn otlp(self) -> &'static str {
        self.names().1
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::VirtualServer => ("virtual_server", "sluice.virtual_server"),
            Self::Decision => ("decision", "sluice.decision"),
            Self::Reason => ("reason", "sluice.reason"),
            Self::Method => ("mcp_method_name", "mcp.method.name"),
            Self::Tool => ("gen_ai_tool_name", "gen_ai.tool.name"),
            Self::Error => ("error_type", "error.type"),
            Self::Outcome => ("outcome", "sluice.outcome"),
            Self::Guardrail => ("guardrail", "sluice.guardrail"),
            Self::Entity => ("entity", "sluice.entity"),
            Self::Action => ("action", "sluice.action"),
            Self::Server => ("server", "sluice.server"),
            Self::Issuer => ("issuer", "sluice.issuer"),
            Self::Result => ("result", "sluice.result"),
            Self::Cache => ("cache", "sluice.cache"),
            Self::Sink => ("sink", "sluice.sink"),
        }
    }
}

impl Family {
    pub(super) fn new(description: &'static Description) -> Self {
        Self {
            description,
            samples: Vec::new(),
        }
    }

    /// Adds a series.
    pub(super) fn add(&mut self, values: &[&str], number: Number) {
        self.samples.push(Sample {
            values: values.iter().map(|value| Box::from(*value)).collect(),
            number,
        });
    }

    /// Adds a series that has counted something.
    pub(super) fn add_counted(&mut self, values: &[&str], count: u64) {
        if count > 0 {
            self.add(values, Number::Whole(count));
        }
    }
}

impl Distribution {
    /// How many times there are.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in seconds.
    pub(crate) fn sum(&self) -> f64 {
        seconds(self.nanoseconds)
    }

    /// The bounds, in seconds.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = f64> {
        self.bounds.iter().map(|bound| seconds(*bound))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a time of years may be a microsecond off"
)]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
