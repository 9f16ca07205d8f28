//! Which columns of which tables a name may stand for, and whether they may be touched.

use sqlparser::ast::{Ident, ObjectName};

use super::Flaw;
use super::names::{NamePattern, folded, matches};
use super::scope::{Frame, Scope, Source, parts};
use super::{Names, Sql};

/// Where a name stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'w> {
    pub(super) policy: &'w Sql,
    pub(super) scopes: &'w [Scope],
    pub(super) frames: &'w [Frame],
}

impl<'w> Place<'w> {
    /// Whether a name is that of a common table expression.
    pub(super) fn is_cte(self, name: &ObjectName) -> bool {
        match name.0.as_slice() {
            [only] => only
                .as_ident()
                .is_some_and(|ident| self.frames.iter().rev().any(|frame| frame.has(ident))),
            _ => false,
        }
    }

    fn sources(self) -> impl Iterator<Item = &'w Source> {
        self.scopes.iter().flat_map(|scope| scope.sources.iter())
    }

    /// The tables that a source is: none of a subquery.
    fn table(self, source: &Source) -> Option<Vec<String>> {
        let table = source.table.as_ref().filter(|table| !self.is_cte(table))?;
        Some(parts(table))
    }

    fn tables(self) -> Vec<Vec<String>> {
        self.sources()
            .filter_map(|source| self.table(source))
            .collect()
    }

    /// Whether a name alone stands for all columns of a source.
    pub(super) fn is_whole_row(self, name: &str) -> bool {
        let name = [name.to_owned()];
        self.sources().any(|source| source.is_called(&name))
    }

    /// What is wrong with a column, whose name may be qualified.
    pub(super) fn column(self, name: &[&Ident]) -> Option<Flaw> {
        let columns = &self.policy.columns;
        let name: Vec<String> = name.iter().map(|part| folded(&part.value)).collect();
        let shown = name.join(".");
        if let Some(flaw) = self.denied(&name) {
            return Some(flaw);
        }
        let allow = columns.allow.as_ref()?;
        match self.is_allowed(allow, &name) {
            true => None,
            false => {
                let allowed: Vec<String> = allow.iter().map(|it| format!("`{it}`")).collect();
                Some(Flaw::new(
                    "sql_column",
                    format!(
                        "it can't be told that the column `{shown}` is one of those that may be used, \
                         {}; use these, with their tables or aliases before them",
                        allowed.join(", ")
                    ),
                ))
            }
        }
    }

    /// What is wrong with a column that may be one of those that are denied.
    pub(super) fn denied(self, name: &[String]) -> Option<Flaw> {
        let mut deny = self.policy.columns.deny.iter();
        let shown = name.join(".");
        deny.any(|pattern| self.denies(pattern, name)).then(|| {
            Flaw::new(
                "sql_column",
                format!("the column `{shown}` may not be used; leave it out"),
            )
        })
    }

    /// Whether a pattern may be about a column, whichever part of the name is the column.
    fn denies(self, pattern: &NamePattern, name: &[String]) -> bool {
        let Some((column, table)) = pattern.column() else {
            return false;
        };
        name.iter().enumerate().any(|(at, part)| {
            let qualifier = name.get(..at).unwrap_or_default();
            matches(column, part) && self.may_be_of(table.as_ref(), qualifier)
        })
    }

    fn may_be_of(self, table: Option<&NamePattern>, qualifier: &[String]) -> bool {
        let Some(table) = table else { return true };
        let called: Vec<&Source> = self
            .sources()
            .filter(|source| source.is_called(qualifier))
            .collect();
        if qualifier.is_empty() || called.is_empty() {
            return table.may_be(qualifier)
                || self.tables().iter().any(|name| table.may_be(name))
                || self.sources().next().is_none();
        }
        let names = called.into_iter().filter_map(|source| self.table(source));
        names.into_iter().any(|name| table.may_be(&name))
    }

    fn is_allowed(self, allow: &[NamePattern], name: &[String]) -> bool {
        // The longest qualifier that is known is meant.
        for at in (1..name.len()).rev() {
            let (qualifier, rest) = name.split_at_checked(at).unwrap_or_default();
            let called: Vec<&Source> = self
                .sources()
                .filter(|source| source.is_called(qualifier))
                .collect();
            if let (false, Some(column)) = (called.is_empty(), rest.first()) {
                return called.into_iter().all(|source| {
                    let table = self.table(source);
                    table.is_none_or(|table| has(allow, &table, column))
                });
            }
        }
        let Some(column) = name.first() else {
            return false;
        };
        let tables = self.tables();
        match (tables.as_slice(), self.sources().next()) {
            // Of subqueries alone, which are judged themselves.
            ([], Some(_)) => true,
            ([], None) => has(allow, &[], column),
            (tables, _) => tables.iter().all(|table| has(allow, table, column)),
        }
    }
}

/// Whether one of these patterns is about this column of this table.
fn has(allow: &[NamePattern], table: &[String], column: &str) -> bool {
    allow.iter().any(|pattern| {
        let Some((wanted, of)) = pattern.column() else {
            return false;
        };
        matches(wanted, column) && of.is_none_or(|of| of.is(table))
    })
}

impl Names {
    /// Whether a table may be touched.
    pub(super) fn has_table(&self, name: &[String]) -> bool {
        let allowed = self.allow.as_ref();
        let is_allowed = allowed.is_none_or(|allow| allow.iter().any(|pattern| pattern.is(name)));
        is_allowed && !self.deny.iter().any(|pattern| pattern.may_be(name))
    }
}
