//! Numbers as Prometheus reads them: its text format, version 0.0.4.

use std::fmt::Write as _;

use super::metrics::{Distribution, Family, Kind, Label, Number, Sample};

/// The page of these families. Those without series are on it too, so that what there may be is told.
pub(super) fn page(families: &[Family]) -> String {
    let mut page = Page::default();
    for family in families {
        page.family(family);
    }
    page.0
}

#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn family(&mut self, family: &Family) {
        let description = family.description;
        let name = description.name;
        let kind = match description.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.line(format_args!("# HELP {name} {}", description.help));
        self.line(format_args!("# TYPE {name} {kind}"));
        for sample in &family.samples {
            self.sample(name, description.labels, sample);
        }
    }

    fn sample(&mut self, name: &str, labels: &[Label], sample: &Sample) {
        let labels = labels.iter().zip(&sample.values);
        let labels =
            labels.map(|(label, value)| format!("{}=\"{}\"", label.name(), escaped(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        match &sample.number {
            Number::Whole(number) => self.line(format_args!("{name}{} {number}", braced(&labels))),
            Number::Fraction(number) => {
                self.line(format_args!("{name}{} {number}", braced(&labels)));
            }
            Number::Times(times) => self.times(name, &labels, times),
        }
    }

    /// A histogram: of each bucket how many are in it and in those below it, then all of them.
    fn times(&mut self, name: &str, labels: &str, times: &Distribution) {
        let comma = if labels.is_empty() { "" } else { "," };
        let bounds = times.bounds().map(|bound| bound.to_string());
        let bounds = bounds.chain(["+Inf".to_owned()]);
        let mut below = 0;
        for (bound, count) in bounds.zip(&times.counts) {
            below += count;
            self.line(format_args!(
                "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {below}"
            ));
        }
        let labels = braced(labels);
        self.line(format_args!("{name}_sum{labels} {}", times.sum()));
        self.line(format_args!("{name}_count{labels} {below}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into memory does not fail.
        writeln!(self.0, "{line}").unwrap_or_default();
    }
}

fn braced(labels: &str) -> String {
    match labels {
        "" => String::new(),
        labels => format!("{{{labels}}}"),
    }
}

/// The value of a label, in which three characters are special.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::Description;

    #[test]
    fn values_of_labels_stay_on_their_line_and_in_their_quotes() {
        const THINGS: Description = Description {
            name: "x_total",
            otlp: "x",
            unit: "{thing}",
            help: "Things.",
            kind: Kind::Counter,
            labels: &[Label::Server, Label::Result],
        };
        let sample = Sample {
            values: ["1\\2\"3\n4".into(), "é".into()].into(),
            number: Number::Whole(7),
        };
        let page = page(&[Family {
            description: &THINGS,
            samples: vec![sample],
        }]);
        assert_eq!(
            page,
            "# HELP x_total Things.\n# TYPE x_total counter\n\
             x_total{server=\"1\\\\2\\\"3\\n4\",result=\"é\"} 7\n"
        );
    }

    #[test]
    fn times_are_counted_with_all_that_are_shorter() {
        const TIMES: Description = Description {
            name: "t_seconds",
            otlp: "t",
            unit: "s",
            help: "Times.",
            kind: Kind::Histogram,
            labels: &[],
        };
        let times = Distribution {
            bounds: &[1_000, 2_000_000_000],
            counts: vec![1, 2, 3],
            nanoseconds: 12_500_000_000,
        };
        let page = page(&[Family {
            description: &TIMES,
            samples: vec![Sample {
                values: Vec::new(),
                number: Number::Times(times),
            }],
        }]);
        assert_eq!(
            page,
            "# HELP t_seconds Times.\n# TYPE t_seconds histogram\n\
             t_seconds_bucket{le=\"0.000001\"} 1\nt_seconds_bucket{le=\"2\"} 3\n\
             t_seconds_bucket{le=\"+Inf\"} 6\nt_seconds_sum 12.5\nt_seconds_count 6\n"
        );
    }
}
