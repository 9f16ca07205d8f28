//! A page of metrics, in the text format of Prometheus (version 0.0.4).

use std::collections::BTreeMap;

/// The samples of a page.
#[derive(Debug, Default)]
pub(super) struct Page(Vec<Sample>);

/// A series, and its value.
#[derive(Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

impl Page {
    /// What there is. Lines that can't be read are left out.
    pub(super) fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(sample).collect())
    }

    /// The samples of this name.
    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

impl Sample {
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("-", String::as_str)
    }
}

fn sample(line: &str) -> Option<Sample> {
    let line = line.trim();
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at_checked(end)?;
    let mut labels = BTreeMap::new();
    let rest = match rest.strip_prefix('{') {
        Some(rest) => read_labels(rest, &mut labels)?,
        None => rest,
    };
    let value = rest.split_whitespace().next()?;
    Some(Sample {
        name: name.to_owned(),
        labels,
        value: value.parse().ok()?,
    })
}

/// Reads labels to their closing brace, and gives what follows it.
fn read_labels<'t>(mut text: &'t str, labels: &mut BTreeMap<String, String>) -> Option<&'t str> {
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some(rest);
        }
        let (name, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut characters = rest.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => value.push(match characters.next()? {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        labels.insert(name.trim().to_owned(), value);
        text = characters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels_and_others_left_out() {
        let text = "# HELP x Things.\n# TYPE x counter\nx 7\nx{} 8 1700000000\n\
                    x{a=\"1\\\\2\\\"3\\n4 }\",b=\"é, =\"} 0.5\nx{a=\"1} 2\nx{a=\"1\"} many\n\
                    y_bucket{le=\"+Inf\"} +Inf\nnothing\n";
        let page = Page::read(text);
        let values: Vec<f64> = page.named("x").map(|sample| sample.value).collect();
        assert_eq!(values, [7.0, 8.0, 0.5]);
        let labelled = page.named("x").last().unwrap();
        assert_eq!(labelled.label("a"), "1\\2\"3\n4 }");
        assert_eq!((labelled.label("b"), labelled.label("c")), ("é, =", "-"));
        assert!(page.named("y_bucket").next().unwrap().value.is_infinite());
    }
}
