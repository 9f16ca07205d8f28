//! What names stand for at a place in a statement: tables, their aliases, and common table
//! expressions.

use sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, SelectItem, TableFactor, TableWithJoins, With,
};

use super::names::folded;

/// What a FROM brings.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The table's name in parts; none of a subquery or a function.
    pub(super) table: Option<ObjectName>,
    /// What it is called by in the statement, if it has an alias.
    pub(super) alias: Option<String>,
}

impl Source {
    /// Whether a qualifier of a column may mean it.
    pub(super) fn is_called(&self, qualifier: &[String]) -> bool {
        if let Some(alias) = &self.alias {
            return matches!(qualifier, [only] if only == alias);
        }
        let Some(table) = &self.table else {
            return false;
        };
        let name = parts(table);
        let pairs = name.iter().rev().zip(qualifier.iter().rev());
        qualifier.len() <= name.len() && pairs.into_iter().all(|(own, other)| own == other)
    }
}

/// The names that a part of a statement may use.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) sources: Vec<Source>,
    /// What the columns of the result are called, folded.
    pub(super) aliases: Vec<String>,
    /// Of a query, what its parts brought, for its ORDER BY.
    pub(super) later: Vec<Source>,
    pub(super) later_aliases: Vec<String>,
    /// Whether only the existence of rows counts.
    pub(super) is_exists: bool,
}

/// The common table expressions of a query.
#[derive(Debug)]
pub(super) struct Frame {
    bodies: Vec<*const Query>,
    names: Vec<Ident>,
    is_recursive: bool,
    /// How many of them have been walked.
    done: usize,
}

impl Frame {
    pub(super) fn new(with: Option<&With>) -> Self {
        let ctes = with.map_or(&[][..], |with| with.cte_tables.as_slice());
        Self {
            bodies: ctes
                .iter()
                .map(|cte| std::ptr::from_ref(&*cte.query))
                .collect(),
            names: ctes.iter().map(|cte| cte.alias.name.clone()).collect(),
            is_recursive: with.is_some_and(|with| with.recursive),
            done: 0,
        }
    }

    /// Counts the next one, if this query is its body.
    pub(super) fn leave(&mut self, query: &Query) {
        let body = self.bodies.get(self.done);
        if body.is_some_and(|body| std::ptr::eq(*body, query)) {
            self.done += 1;
        }
    }

    /// Whether a name is one of those that can be used here. They are compared as they are written:
    /// which others are the same is for the server to know, and what is not one of these is a table.
    pub(super) fn has(&self, name: &Ident) -> bool {
        let reach = self.done + usize::from(self.is_recursive && self.done < self.names.len());
        let mut usable = self.names.iter().take(reach);
        usable.any(|own| own.value == name.value && own.quote_style == name.quote_style)
    }
}

/// The sources of a FROM.
pub(super) fn sources(from: &[TableWithJoins]) -> Vec<Source> {
    let mut found = Vec::new();
    for table in from {
        add(&table.relation, &mut found);
        for join in &table.joins {
            add(&join.relation, &mut found);
        }
    }
    found
}

/// The sources of one part of a FROM.
pub(super) fn add(factor: &TableFactor, found: &mut Vec<Source>) {
    let called = |alias: &Option<sqlparser::ast::TableAlias>| {
        alias.as_ref().map(|alias| folded(&alias.name.value))
    };
    let (table, alias) = match factor {
        TableFactor::Table {
            name, alias, args, ..
        } => (args.is_none().then(|| name.clone()), called(alias)),
        TableFactor::NestedJoin {
            table_with_joins,
            alias,
        } => {
            let inner = sources(std::slice::from_ref(table_with_joins));
            match called(alias) {
                Some(alias) => found.extend(inner.into_iter().map(|source| Source {
                    alias: Some(alias.clone()),
                    ..source
                })),
                None => found.extend(inner),
            }
            return;
        }
        TableFactor::Derived { alias, .. }
        | TableFactor::TableFunction { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. }
        | TableFactor::JsonTable { alias, .. }
        | TableFactor::OpenJsonTable { alias, .. }
        | TableFactor::XmlTable { alias, .. }
        | TableFactor::SemanticView { alias, .. } => (None, called(alias)),
        TableFactor::Pivot { table, .. }
        | TableFactor::Unpivot { table, .. }
        | TableFactor::MatchRecognize { table, .. } => {
            add(table, found);
            return;
        }
        TableFactor::UnpivotExpr { .. } => return,
    };
    found.push(Source { table, alias });
}

/// What columns of a result are called.
pub(super) fn aliases(items: &[SelectItem]) -> Vec<String> {
    let mut found = Vec::new();
    for item in items {
        match item {
            SelectItem::ExprWithAlias { alias, .. } => found.push(folded(&alias.value)),
            SelectItem::ExprWithAliases { aliases, .. } => {
                found.extend(aliases.iter().map(|alias| folded(&alias.value)));
            }
            SelectItem::UnnamedExpr(_)
            | SelectItem::QualifiedWildcard(..)
            | SelectItem::Wildcard(_) => {}
        }
    }
    found
}

/// The parts of a name, folded.
pub(super) fn parts(name: &ObjectName) -> Vec<String> {
    let parts = name.0.iter().map(|part| match part {
        ObjectNamePart::Identifier(ident) => folded(&ident.value),
        ObjectNamePart::Function(function) => folded(&function.name.value),
    });
    parts.collect()
}
