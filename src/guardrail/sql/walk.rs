//! The walk over what was read.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, JoinConstraint, JoinOperator,
    ObjectName, ObjectNamePart, Query, SelectItem, SetExpr, Statement, TableWithJoins, Visit,
    Visitor, WindowType,
};

use super::columns::Place;
use super::functions::{SECRET_TABLES, denied, is_collecting, is_without_tables};
use super::kind::StatementKind;
use super::names::{NamePattern, folded};
use super::scope::{Frame, Scope, parts};
use super::{Flaw, Sql, limit};

/// What is wrong with statements.
pub(super) fn walk(policy: &Sql, statements: &[Statement]) -> Vec<Flaw> {
    let mut walker = Walker {
        policy,
        is_tracking: policy.tables.is_listed() || policy.columns.is_listed(),
        flaws: Vec::new(),
        scopes: Vec::new(),
        frames: Vec::new(),
        explained: HashSet::new(),
        seen: Vec::new(),
        named: HashSet::new(),
        exists: Vec::new(),
    };
    for statement in statements {
        let ControlFlow::Continue(()) = statement.visit(&mut walker);
    }
    walker.finish()
}

/// An identifier at its place in the text.
pub(super) type Mark = (u64, u64, String);

pub(super) fn mark(ident: &Ident) -> Mark {
    let at = ident.span.start;
    (at.line, at.column, ident.value.clone())
}

pub(super) struct Walker<'p> {
    pub(super) policy: &'p Sql,
    /// Whether it matters what each name stands for.
    pub(super) is_tracking: bool,
    pub(super) flaws: Vec<Flaw>,
    pub(super) scopes: Vec<Scope>,
    pub(super) frames: Vec<Frame>,
    /// The names of which it is known what they stand for.
    pub(super) explained: HashSet<Mark>,
    /// All names there are.
    pub(super) seen: Vec<Ident>,
    /// Names that stand for a column of the result, or for a function, where a column or a table
    /// would be looked for.
    pub(super) named: HashSet<Mark>,
    /// Queries of which only the existence of rows counts.
    pub(super) exists: Vec<*const Query>,
}

impl Walker<'_> {
    fn finish(mut self) -> Vec<Flaw> {
        let seen = std::mem::take(&mut self.seen);
        let unknown = seen
            .iter()
            .find(|ident| !self.explained.contains(&mark(ident)));
        if let Some(ident) = unknown.filter(|_| self.is_tracking) {
            let text = format!(
                "it can't be told what `{}` stands for; write the statement in a simpler way",
                ident.value
            );
            self.flaw("sql_unknown", text);
        }
        self.flaws
    }

    pub(super) fn flaw(&mut self, rule: &'static str, text: impl Into<String>) {
        self.flaws.push(Flaw::new(rule, text));
    }

    pub(super) fn explain(&mut self, ident: &Ident) {
        self.explained.insert(mark(ident));
    }

    /// Explains all names in a part of the tree in which there are neither tables nor columns.
    pub(super) fn explain_all(&mut self, node: &impl Visit) {
        struct Explainer<'e>(&'e mut HashSet<Mark>);
        impl Visitor for Explainer<'_> {
            type Break = std::convert::Infallible;
            fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<Self::Break> {
                self.0.insert(mark(ident));
                ControlFlow::Continue(())
            }
        }
        let ControlFlow::Continue(()) = node.visit(&mut Explainer(&mut self.explained));
    }

    pub(super) fn place(&self) -> Place<'_> {
        Place {
            policy: self.policy,
            scopes: &self.scopes,
            frames: &self.frames,
        }
    }

    pub(super) fn kind(&mut self, kind: StatementKind) {
        if !self.policy.kinds.contains(&kind) {
            let allowed: Vec<&str> = self.policy.kinds.iter().map(|it| it.as_str()).collect();
            let text = format!(
                "it does what is called `{}` here, which is not allowed; allowed is {}",
                kind.as_str(),
                allowed.join(", ")
            );
            self.flaw("sql_statement", text);
        }
        if self.is_tracking && !kind.is_readable() {
            let text = format!(
                "it can't be told which tables a statement of the kind `{}` touches",
                kind.as_str()
            );
            self.flaw("sql_unknown", text);
        }
    }

    pub(super) fn unclear(&mut self, what: &str) {
        if self.is_tracking {
            let text = format!("it can't be told which tables and columns {what} touches");
            self.flaw("sql_unknown", text);
        }
    }

    /// All columns of a table are asked for.
    pub(super) fn star(&mut self) {
        let is_exists = self.scopes.last().is_some_and(|scope| scope.is_exists);
        if is_exists {
            return;
        }
        if !self.policy.select_star || self.policy.columns.is_listed() {
            self.flaw(
                "sql_select_star",
                "it asks for all columns; name the columns that are needed instead of `*`",
            );
        }
    }

    pub(super) fn column(&mut self, name: &[&Ident]) {
        for part in name {
            self.explain(part);
        }
        if let [only] = name {
            if self.named.contains(&mark(only)) {
                return;
            }
            self.whole_row(only);
        }
        if self.policy.columns.is_listed() {
            let flaw = self.place().column(name);
            self.flaws.extend(flaw);
        }
    }

    /// Whether a name alone stands for all columns of a table.
    pub(super) fn whole_row(&mut self, name: &Ident) {
        let is_listed = self.policy.columns.is_listed();
        let matters = is_listed || self.policy.dialect.has_whole_rows();
        if matters && self.place().is_whole_row(&folded(&name.value)) {
            let allow = self.policy.columns.allow.as_deref().unwrap_or_default();
            // Where a column of the name is listed, it is the column that is meant.
            let column = folded(&name.value);
            let is_column = |it: &NamePattern| it.column().is_some_and(|(own, _)| own == column);
            if !allow.iter().any(is_column) {
                self.star();
            }
        }
    }

    pub(super) fn columns<'i>(&mut self, names: impl IntoIterator<Item = &'i ObjectName>) {
        for name in names {
            let idents: Option<Vec<&Ident>> = name.0.iter().map(ObjectNamePart::as_ident).collect();
            match idents {
                Some(idents) => self.plain_column(&idents),
                None => self.unclear("a name that is made up"),
            }
        }
    }

    /// A column that is written to, or joined by: it is no row of a table.
    pub(super) fn plain_column(&mut self, name: &[&Ident]) {
        for part in name {
            self.explain(part);
        }
        if self.policy.columns.is_listed() {
            let flaw = self.place().column(name);
            self.flaws.extend(flaw);
        }
    }

    pub(super) fn table(&mut self, name: &ObjectName) {
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(ident) => self.explain(ident),
                ObjectNamePart::Function(_) => self.unclear("a name that is made up"),
            }
        }
        if self.place().is_cte(name) {
            return;
        }
        // Some servers read files, and what is behind URLs, by names in the place of tables.
        let is_file = |it: &Ident| it.quote_style == Some('\'') || it.value.contains(['/', '\\']);
        if name
            .0
            .iter()
            .filter_map(ObjectNamePart::as_ident)
            .any(is_file)
        {
            self.flaw("sql_table", "it names a file in the place of a table");
        }
        let parts = parts(name);
        let tables = &self.policy.tables;
        let is_secret = |it: &&str| NamePattern::parse(it).is_ok_and(|it| it.may_be(&parts));
        let is_secret = tables.allow.is_none() && SECRET_TABLES.iter().any(is_secret);
        if is_secret || !tables.has_table(&parts) {
            let mut text = format!("the table `{}` may not be used", parts.join("."));
            if let Some(allow) = &tables.allow {
                let allowed: Vec<String> = allow.iter().map(|it| format!("`{it}`")).collect();
                text = format!("{text}; those that may be are {}", allowed.join(", "));
            }
            self.flaw("sql_table", text);
        }
    }

    /// A function by its name; `is_table` where it stands in the place of a table.
    pub(super) fn function(&mut self, name: &ObjectName, is_table: bool) {
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(ident) => {
                    self.explain(ident);
                    self.named.insert(mark(ident));
                }
                ObjectNamePart::Function(_) => self.unclear("a name that is made up"),
            }
        }
        let parts = parts(name);
        let last = parts.last().cloned().unwrap_or_default();
        let functions = &self.policy.functions;
        let may_be = |patterns: &[NamePattern]| patterns.iter().any(|it| it.may_be(&parts));
        let is_named = functions
            .allow
            .as_deref()
            .is_some_and(|allow| allow.iter().any(|it| it.is(&parts)));
        let is_dangerous = || {
            let mut patterns = denied(self.policy.dialect);
            patterns.any(|it| NamePattern::parse(it).is_ok_and(|it| it.may_be(&parts)))
        };
        let is_refused = match functions.allow {
            Some(_) => !is_named,
            None => is_dangerous(),
        };
        if is_refused || may_be(&functions.deny) {
            let text = format!("the function `{}` may not be called", parts.join("."));
            self.flaw("sql_function", text);
        }
        if self.policy.require_limit.is_some() && !is_named && is_collecting(&parts) {
            self.collects(&format!("the function `{}` puts", parts.join(".")));
        }
        if is_table && self.is_tracking && !is_named && !is_without_tables(&last) {
            let text = format!(
                "it can't be told which tables the function `{}` reads",
                parts.join(".")
            );
            self.flaw("sql_table", text);
        }
    }

    /// What makes one value of a query has to say how many rows that has: a limit is about rows.
    pub(super) fn collected(&mut self, query: &Query, what: &str) {
        let Some(most) = self.policy.require_limit else {
            return;
        };
        if !limit::is_few(query, most, self.policy.dialect) {
            self.collects(what);
        }
    }

    fn collects(&mut self, what: &str) {
        let text = format!("{what} the values of many rows into one; ask for rows instead");
        self.flaw("sql_limit", text);
    }

    pub(super) fn call(&mut self, function: &Function) {
        self.function(&function.name, false);
        let name = parts(&function.name).pop().unwrap_or_default();
        let is_count = name == "count" && function.name.0.len() == 1;
        for arguments in [&function.parameters, &function.args] {
            if let FunctionArguments::Subquery(query) = arguments {
                self.collected(query, "a query as an argument puts");
            }
            let FunctionArguments::List(list) = arguments else {
                continue;
            };
            for argument in &list.args {
                self.argument(argument, is_count);
            }
        }
        // Columns by a pattern.
        if name == "columns" {
            self.star();
        }
        if let Some(WindowType::NamedWindow(window)) = &function.over {
            self.explain(window);
        }
    }

    pub(super) fn argument(&mut self, argument: &FunctionArg, is_count: bool) {
        let argument = match argument {
            FunctionArg::Named { name, arg, .. } => {
                self.explain(name);
                arg
            }
            FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => arg,
        };
        match argument {
            FunctionArgExpr::Expr(_) => {}
            FunctionArgExpr::QualifiedWildcard(name) => {
                self.explain_all(name);
                if !is_count {
                    self.star();
                }
            }
            FunctionArgExpr::Wildcard if is_count => {}
            FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => self.star(),
        }
    }

    pub(super) fn items(&mut self, items: &[SelectItem]) {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(_) => {}
                SelectItem::ExprWithAlias { alias, .. } => self.explain(alias),
                SelectItem::ExprWithAliases { aliases, .. } => {
                    aliases.iter().for_each(|alias| self.explain(alias));
                }
                SelectItem::QualifiedWildcard(kind, _) => {
                    self.explain_all(kind);
                    self.star();
                }
                SelectItem::Wildcard(_) => self.star(),
            }
        }
    }

    /// `TABLE name`, which is short for `SELECT * FROM name`.
    pub(super) fn table_commands(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Table(table) => {
                let parts = [&table.schema_name, &table.table_name];
                let parts: Vec<Ident> = parts.into_iter().flatten().cloned().collect();
                self.table(&ObjectName::from(parts));
                self.star();
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.table_commands(left);
                self.table_commands(right);
            }
            SetExpr::Select(_)
            | SetExpr::Query(_)
            | SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_) => {}
        }
    }

    pub(super) fn joins(&mut self, tables: &[TableWithJoins]) {
        for join in tables.iter().flat_map(|table| &table.joins) {
            use JoinOperator as J;
            let constraint = match &join.join_operator {
                J::Join(it)
                | J::Inner(it)
                | J::Left(it)
                | J::LeftOuter(it)
                | J::Right(it)
                | J::RightOuter(it)
                | J::FullOuter(it)
                | J::CrossJoin(it)
                | J::Semi(it)
                | J::LeftSemi(it)
                | J::RightSemi(it)
                | J::Anti(it)
                | J::LeftAnti(it)
                | J::RightAnti(it)
                | J::StraightJoin(it)
                | J::AsOf { constraint: it, .. } => it,
                J::CrossApply | J::OuterApply => continue,
                J::ArrayJoin | J::LeftArrayJoin | J::InnerArrayJoin => {
                    self.unclear("ARRAY JOIN");
                    continue;
                }
            };
            match constraint {
                JoinConstraint::On(_) | JoinConstraint::None => {}
                JoinConstraint::Using(columns) => self.columns(columns),
                JoinConstraint::UsingAlias(columns, alias) => {
                    self.columns(columns);
                    self.explain(alias);
                }
                // By which columns depends on the tables.
                JoinConstraint::Natural if self.policy.columns.is_listed() => {
                    self.unclear("NATURAL JOIN");
                }
                JoinConstraint::Natural => {}
            }
        }
    }
}
