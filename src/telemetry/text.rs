//! Numbers as Prometheus reads them: its text format, version 0.0.4.

use std::fmt::Display;

/// A page that is being written.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// Begins a family of series. All of its samples follow before the next family begins.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}"));
    }

    /// One series. The names of labels are Sluice's own; their values may be any text.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
        let labels = labels.collect::<Vec<_>>().join(",");
        if labels.is_empty() {
            self.line(format_args!("{name} {value}"));
        } else {
            self.line(format_args!("{name}{{{labels}}} {value}"));
        }
    }

    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: impl Display) {
        self.0.push_str(&line.to_string());
        self.0.push('\n');
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

    #[test]
    fn values_of_labels_stay_on_their_line_and_in_their_quotes() {
        let mut text = Text::default();
        text.family("x_total", "counter", "Things.");
        text.sample("x_total", &[("a", "1\\2\"3\n4"), ("b", "é")], 7);
        text.sample("x_total", &[], 0.5);
        assert_eq!(
            text.finish(),
            "# HELP x_total Things.\n# TYPE x_total counter\n\
             x_total{a=\"1\\\\2\\\"3\\n4\",b=\"é\"} 7\nx_total 0.5\n"
        );
    }
}
