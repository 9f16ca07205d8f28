//! Diagnostics for people and for programs.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::json;

use super::diagnostic::{Diagnostic, Diagnostics, Severity};
use super::span::{Source, Span};

/// More than a person wants to read at once.
const MAX_RENDERED: usize = 100;

impl Diagnostics {
    /// The text that a person reads, with the offending lines underlined. `color` adds the
    /// escapes of a terminal.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut text = String::new();
        for diagnostic in self.iter().take(MAX_RENDERED) {
            text.push_str(&render(diagnostic, self.source(), &renderer));
            text.push_str("\n\n");
        }
        match self.iter().count().saturating_sub(MAX_RENDERED) {
            0 => {}
            more => text.push_str(&format!("and {more} more\n\n")),
        }
        text
    }

    /// One JSON object a diagnostic, each on its line.
    #[must_use]
    pub fn render_json(&self) -> String {
        self.iter()
            .map(|diagnostic| format!("{}\n", json(diagnostic, self.source())))
            .collect()
    }
}

fn render(diagnostic: &Diagnostic, source: &Source, renderer: &Renderer) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    // Only the lines from the first place to the last: rendering reads all that it is given.
    let places =
        || std::iter::once(&diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| span));
    let first = places().map(|span| span.start).min().unwrap_or(0);
    let last = places()
        .map(|span| source.clip(*span).end)
        .max()
        .unwrap_or(0);
    let (window, line) = source.lines(first, last);
    let range = |span| {
        let Span { start, end } = source.clip(span);
        start - window.start..end - window.start
    };
    let mut primary = AnnotationKind::Primary.span(range(diagnostic.span));
    if !diagnostic.label.is_empty() {
        primary = primary.label(diagnostic.label.as_str());
    }
    let mut snippet = Snippet::source(source.slice(window))
        .line_start(line)
        .path(source.file())
        .annotation(primary);
    for (span, label) in &diagnostic.related {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(range(*span))
                .label(label.as_str()),
        );
    }
    let title = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.as_str());
    let mut group = title.element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

fn json(diagnostic: &Diagnostic, source: &Source) -> serde_json::Value {
    let place = |span| {
        let span = source.clip(span);
        (source.position(span.start), source.position(span.end))
    };
    let (start, end) = place(diagnostic.span);
    let related = diagnostic.related.iter().map(|(span, message)| {
        let (start, end) = place(*span);
        json!({
            "message": message,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        })
    });
    json!({
        "file": source.file(),
        "severity": diagnostic.severity().as_str(),
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
        "label": Some(&diagnostic.label).filter(|label| !label.is_empty()),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "related": related.collect::<Vec<_>>(),
        "help": diagnostic.help,
    })
}
