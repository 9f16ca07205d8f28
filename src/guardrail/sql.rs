//! `sql`: what statements among the arguments do, and to which tables and columns.
//!
//! What does not parse as the dialect of the server is refused, and so is what its readers might
//! take in different ways. The walk is over the whole tree: a name whose meaning it does not know is
//! refused wherever tables or columns are listed.

mod changes;
mod columns;
mod dialect;
mod functions;
mod kind;
mod limit;
mod names;
mod read;
mod scope;
mod visit;
mod walk;

use std::collections::BTreeSet;

pub use dialect::Dialect;
pub use kind::StatementKind;
pub use names::{InvalidName, NamePattern};
use read::Read;

use super::leaf::{Leaf, leaves};
use super::{Action, Finding, Input, Operation, PathPattern, Report, TextKind};
use crate::json::{Splice, quoted};
use limit::Rows;

/// The longest SQL, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// What is allowed, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// These, and nothing else; anything, if there is no list.
    pub allow: Option<Vec<NamePattern>>,
    /// Not these.
    pub deny: Vec<NamePattern>,
}

/// What statements may do.
#[derive(Debug, Clone)]
pub struct Sql {
    /// Arguments that are SQL.
    pub places: Vec<PathPattern>,
    /// How they are read.
    pub dialect: Dialect,
    /// What statements may do.
    pub kinds: BTreeSet<StatementKind>,
    /// The tables that they may touch.
    pub tables: Names,
    /// The columns that they may touch.
    pub columns: Names,
    /// The functions that they may call. What is dangerous is denied unless it is allowed by name.
    pub functions: Names,
    /// Whether they may ask for all columns.
    pub select_star: bool,
    /// Which of SELECT, UPDATE and DELETE need a WHERE.
    pub require_where: BTreeSet<StatementKind>,
    /// How many rows they may give at most, which they have to say.
    pub require_limit: Option<u64>,
    /// Whether there may be comments.
    pub comments: bool,
    /// Whether there may be several statements.
    pub multiple_statements: bool,
}

/// What is wrong with SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    rule: &'static str,
    text: String,
}

impl Flaw {
    fn new(rule: &'static str, text: impl Into<String>) -> Self {
        Self {
            rule,
            text: text.into(),
        }
    }

    fn syntax(text: &str) -> Self {
        Self::new("sql_syntax", text)
    }

    fn ambiguous(text: &str) -> Self {
        Self::new("sql_ambiguous", text)
    }

    fn too_long() -> Self {
        Self::new(
            "sql_too_complex",
            "it is too long or too complex; make it shorter",
        )
    }
}

/// What is made of SQL.
struct Verdict {
    flaws: Vec<Flaw>,
    /// The text with a limit, where it has none that is small enough.
    limited: Option<String>,
}

impl Default for Sql {
    /// SELECT alone, of one statement at a time.
    fn default() -> Self {
        Self {
            places: Vec::new(),
            dialect: Dialect::Generic,
            kinds: BTreeSet::from([StatementKind::Select]),
            tables: Names::default(),
            columns: Names::default(),
            functions: Names::default(),
            select_star: true,
            require_where: BTreeSet::new(),
            require_limit: None,
            comments: true,
            multiple_statements: false,
        }
    }
}

impl Names {
    /// Whether anything is listed.
    fn is_listed(&self) -> bool {
        self.allow.is_some() || !self.deny.is_empty()
    }
}

impl Sql {
    pub(super) fn inspect<'d>(
        &self,
        input: &Input<'_, 'd>,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) {
        let mut has_any = false;
        leaves(input, &self.places, report, &mut |leaf, report| {
            has_any = true;
            self.text(&leaf, input.operation, splice, report);
        });
        if !has_any {
            // What is not there can't be judged, and a server may take something else for it.
            let text = "the argument that holds the SQL is missing; give it as a string";
            report.block(text);
            report.find(finding("sql_syntax", "$".to_owned(), Action::Block));
        }
    }

    fn text<'d>(
        &self,
        leaf: &Leaf<'_, 'd>,
        operation: Operation,
        splice: &mut Splice<'d>,
        report: &mut Report,
    ) {
        let place = leaf.place();
        let value = leaf.value.filter(|_| leaf.kind == TextKind::String);
        let Some(value) = value else {
            report.block(format!("`{place}` has to be a string of SQL"));
            report.find(finding("sql_syntax", place, Action::Block));
            return;
        };
        let verdict = self.judge(&leaf.text);
        for flaw in &verdict.flaws {
            report.block(format!("the SQL in `{place}` is refused: {}", flaw.text));
            report.find(finding(flaw.rule, place.clone(), Action::Block));
        }
        let Some(limited) = verdict.limited else {
            return;
        };
        report.explain(format!(
            "the SQL in `{place}` is refused: {}",
            self.limit_text()
        ));
        let action = match operation {
            Operation::Validate => Action::Block,
            Operation::Mutate => Action::Change,
        };
        report.find(finding("sql_limit", place, action));
        splice.replace(value, quoted(&limited));
    }

    fn limit_text(&self) -> String {
        let most = self.require_limit.unwrap_or_default();
        format!("it has to end in a limit of at most {most} rows, as `LIMIT {most}` is one")
    }

    /// What is wrong with a text.
    fn judge(&self, text: &str) -> Verdict {
        let refused = |flaw| Verdict {
            flaws: vec![flaw],
            limited: None,
        };
        if text.len() > MAX_BYTES {
            return refused(Flaw::too_long());
        }
        match read::read(text, self.dialect) {
            Ok(read) => self.read(text, &read),
            Err(flaw) => refused(flaw),
        }
    }

    fn read(&self, text: &str, read: &Read<'_>) -> Verdict {
        let mut flaws = Vec::new();
        if read.statements.is_empty() {
            flaws.push(Flaw::syntax("there is no statement in it"));
        }
        if read.has_comments && !self.comments {
            flaws.push(Flaw::new("sql_comment", "it has comments; leave them out"));
        }
        if read.statements.len() > 1 && !self.multiple_statements {
            flaws.push(Flaw::new(
                "sql_multiple_statements",
                "it has several statements; send one at a time",
            ));
        }
        for flaw in walk::walk(self, &read.statements) {
            if !flaws.contains(&flaw) {
                flaws.push(flaw);
            }
        }
        let limited = self.limited(text, read, &mut flaws);
        Verdict { flaws, limited }
    }

    /// The text with the limit that it lacks, if it lacks one and can have it.
    fn limited(&self, text: &str, read: &Read<'_>, flaws: &mut Vec<Flaw>) -> Option<String> {
        let most = self.require_limit?;
        let rows = |read: &Read<'_>| -> Vec<Rows> {
            let statements = read.statements.iter();
            statements
                .map(|it| limit::rows(it, most, self.dialect))
                .collect()
        };
        let said = rows(read);
        if said.iter().all(|rows| *rows == Rows::Few) {
            return None;
        }
        let change = match said.as_slice() {
            [rows] if !limit::is_all(&read.tokens) => {
                limit::change(*rows, most, &read.tokens, self.dialect)
            }
            _ => None,
        };
        let limited = change.and_then(|change| {
            let before = text.get(..change.range.start)?;
            let after = text.get(change.range.end..)?;
            Some(format!("{before}{}{after}", change.text))
        });
        // The text is looked at again as a whole: it must be few rows now, and nothing else.
        let limited = limited.filter(|text| {
            let again = read::read(text, self.dialect);
            again.is_ok_and(|again| {
                again.statements.len() == 1 && rows(&again).iter().all(|rows| *rows == Rows::Few)
            })
        });
        if limited.is_none() {
            flaws.push(Flaw::new("sql_limit", self.limit_text()));
        }
        limited
    }

    /// Shows the check statements that it must refuse.
    ///
    /// # Errors
    ///
    /// One of them passes.
    pub fn self_test(&self) -> Result<(), String> {
        let passes = |sql: &str| {
            let verdict = self.judge(sql);
            verdict.flaws.is_empty() && verdict.limited.is_none()
        };
        let samples = self.samples();
        match samples.iter().find(|sql| passes(sql)) {
            Some(sql) => Err(format!("the statement `{sql}` passes")),
            None => Ok(()),
        }
    }

    fn samples(&self) -> Vec<String> {
        let mut samples = vec!["SELECT FROM WHERE".to_owned(), "SELECT 'x".to_owned()];
        let mut add = |text: String| samples.push(text);
        for kind in StatementKind::ALL {
            let sample = kind.sample().filter(|_| !self.kinds.contains(&kind));
            if let Some(sample) = sample {
                add(sample.to_owned());
            }
        }
        if !self.multiple_statements {
            add("SELECT a FROM sample_table; SELECT a FROM sample_table".to_owned());
        }
        if !self.comments {
            add("SELECT a FROM sample_table -- sample".to_owned());
        }
        if !self.select_star {
            add("SELECT * FROM sample_table".to_owned());
        }
        if self.require_limit.is_some() {
            add("SELECT a FROM sample_table".to_owned());
        }
        for pattern in &self.tables.deny {
            add(format!("SELECT a FROM {}", self.name(&pattern.sample())));
        }
        for pattern in &self.columns.deny {
            let column = self.name(&pattern.sample().pop().into_iter().collect::<Vec<_>>());
            let table = pattern
                .sample()
                .split_last()
                .map(|(_, table)| table.to_vec());
            let table = table.filter(|table| !table.is_empty());
            let table = table.unwrap_or_else(|| vec!["sample_table".to_owned()]);
            add(format!("SELECT {column} FROM {}", self.name(&table)));
        }
        samples
    }

    /// A name in the quotes of the dialect.
    fn name(&self, parts: &[String]) -> String {
        let (open, close) = match self.dialect {
            Dialect::MySql
            | Dialect::BigQuery
            | Dialect::Hive
            | Dialect::Spark
            | Dialect::Databricks
            | Dialect::ClickHouse => ('`', '`'),
            Dialect::MsSql => ('[', ']'),
            Dialect::Generic
            | Dialect::Ansi
            | Dialect::DuckDb
            | Dialect::Oracle
            | Dialect::Postgres
            | Dialect::Redshift
            | Dialect::Snowflake
            | Dialect::Sqlite => ('"', '"'),
        };
        let quoted: Vec<String> = parts
            .iter()
            .map(|part| format!("{open}{part}{close}"))
            .collect();
        quoted.join(".")
    }
}

fn finding(rule: &'static str, path: String, action: Action) -> Finding {
    Finding {
        rule: rule.into(),
        path,
        entity: None,
        action,
    }
}

#[cfg(test)]
mod tests;
