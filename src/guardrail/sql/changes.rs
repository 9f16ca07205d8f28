//! Statements that change rows: what they write to, and which rows.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, Merge,
    MergeAction, MergeInsertKind, MergeUpdateKind, OnConflictAction, OnInsert, OutputClause,
    SelectItem, Statement, TableObject, Update, UpdateTableFromKind, Visit, Visitor,
};

use super::kind::StatementKind;
use super::names::folded;
use super::scope::{self, Scope, parts, sources};
use super::walk::Walker;

impl Walker<'_> {
    pub(super) fn assignments(&mut self, assignments: &[Assignment]) {
        for assignment in assignments {
            match &assignment.target {
                AssignmentTarget::ColumnName(name) => self.columns([name]),
                AssignmentTarget::Tuple(names) => self.columns(names),
            }
        }
    }

    pub(super) fn output(
        &mut self,
        returning: Option<&Vec<SelectItem>>,
        output: Option<&OutputClause>,
    ) {
        if let Some(items) = returning {
            self.items(items);
        }
        match output {
            Some(OutputClause::Output {
                select_items,
                into_table,
                ..
            }) => {
                self.items(select_items);
                if into_table.is_some() {
                    self.kind(StatementKind::Insert);
                    self.unclear("OUTPUT INTO");
                }
            }
            Some(OutputClause::Returning { select_items, .. }) => self.items(select_items),
            None => {}
        }
    }

    pub(super) fn where_needed(&mut self, kind: StatementKind, condition: Option<&Expr>) {
        let is_needed = self.policy.require_where.contains(&kind);
        if is_needed && !condition.is_some_and(restricts) {
            let text = format!(
                "its {} has no WHERE that narrows it down; add one",
                kind.as_str().to_ascii_uppercase()
            );
            self.flaw("sql_where", text);
        }
    }

    pub(super) fn insert(&mut self, insert: &Insert) {
        if let TableObject::TableFunction(function) = &insert.table {
            self.function(&function.name, true);
        }
        if let Some(alias) = &insert.table_alias {
            self.explain(&alias.alias);
        }
        let has_columns = !insert.columns.is_empty() || !insert.assignments.is_empty();
        if !has_columns && self.policy.columns.is_listed() {
            self.flaw("sql_column", "its INSERT names no columns; name them");
        }
        self.columns(&insert.columns);
        self.assignments(&insert.assignments);
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => self.assignments(assignments),
            Some(OnInsert::OnConflict(conflict)) => {
                match &conflict.conflict_target {
                    Some(ConflictTarget::Columns { columns, .. }) => {
                        columns
                            .iter()
                            .for_each(|column| self.plain_column(&[column]));
                    }
                    Some(ConflictTarget::OnConstraint(name)) => self.explain_all(name),
                    None => {}
                }
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    self.kind(StatementKind::Update);
                    self.assignments(&update.assignments);
                }
            }
            Some(_) | None => {}
        }
        if matches!(insert.on, Some(OnInsert::DuplicateKeyUpdate(_))) || insert.replace_into {
            self.kind(StatementKind::Update);
        }
        if insert.overwrite {
            self.kind(StatementKind::Delete);
        }
        let is_multiple = !insert.multi_table_into_clauses.is_empty()
            || !insert.multi_table_when_clauses.is_empty()
            || insert.multi_table_else_clause.is_some();
        if is_multiple {
            self.unclear("an INSERT into several tables");
        }
        self.output(insert.returning.as_ref(), insert.output.as_ref());
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.where_needed(StatementKind::Update, update.selection.as_ref());
        self.joins(std::slice::from_ref(&update.table));
        match &update.from {
            Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) => {
                self.joins(from);
            }
            None => {}
        }
        self.assignments(&update.assignments);
        self.output(update.returning.as_ref(), update.output.as_ref());
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.where_needed(StatementKind::Delete, delete.selection.as_ref());
        // Of several tables, by names or aliases of what FROM and USING bring.
        for name in &delete.tables {
            self.explain_all(name);
            let parts = parts(name);
            if !self
                .scopes
                .last()
                .is_some_and(|scope| scope.sources.iter().any(|it| it.is_called(&parts)))
            {
                self.table(name);
            }
        }
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        self.joins(from);
        self.joins(delete.using.as_deref().unwrap_or_default());
        self.output(delete.returning.as_ref(), delete.output.as_ref());
    }

    pub(super) fn merge(&mut self, merge: &Merge) {
        for clause in &merge.clauses {
            match &clause.action {
                MergeAction::Insert(insert) => {
                    self.kind(StatementKind::Insert);
                    self.columns(&insert.columns);
                    let names_none = insert.columns.is_empty()
                        || matches!(
                            insert.kind,
                            MergeInsertKind::Wildcard | MergeInsertKind::Row
                        );
                    if names_none {
                        self.star();
                    }
                }
                MergeAction::Update(update) => {
                    self.kind(StatementKind::Update);
                    match &update.kind {
                        MergeUpdateKind::Set(assignments) => self.assignments(assignments),
                        MergeUpdateKind::Wildcard => self.star(),
                    }
                }
                MergeAction::Delete { .. } => self.kind(StatementKind::Delete),
                MergeAction::DoNothing { .. } => {}
            }
        }
        self.output(None, merge.output.as_ref());
    }

    /// What a statement brings to the names in it.
    pub(super) fn brought(statement: &Statement) -> Scope {
        let mut found = Vec::new();
        if let Statement::Update(update) = statement {
            found.extend(sources(std::slice::from_ref(&update.table)));
            if let Some(
                UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
            ) = &update.from
            {
                found.extend(sources(from));
            }
        } else if let Statement::Delete(delete) = statement {
            let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
            found.extend(sources(from));
            found.extend(sources(delete.using.as_deref().unwrap_or_default()));
        } else if let Statement::Merge(merge) = statement {
            scope::add(&merge.table, &mut found);
            scope::add(&merge.source, &mut found);
        } else if let Statement::Insert(insert) = statement
            && let TableObject::TableName(name) = &insert.table
        {
            found.push(scope::Source {
                table: Some(name.clone()),
                alias: insert
                    .table_alias
                    .as_ref()
                    .map(|it| folded(&it.alias.value)),
            });
            // What an INSERT would have added.
            if insert.on.is_some() {
                found.push(scope::Source {
                    table: Some(name.clone()),
                    alias: Some("excluded".to_owned()),
                });
            }
        }
        Scope {
            sources: found,
            ..Scope::default()
        }
    }
}

/// Whether a condition leaves rows out, as far as can be seen: it compares a column, and is not true
/// for any.
fn restricts(condition: &Expr) -> bool {
    use sqlparser::ast::BinaryOperator as Op;
    if let Expr::Nested(inner) = condition {
        return restricts(inner);
    }
    let Expr::BinaryOp { left, op, right } = condition else {
        return has_name(condition);
    };
    if *op == Op::And {
        return restricts(left) || restricts(right);
    }
    if *op == Op::Or {
        return restricts(left) && restricts(right);
    }
    left != right && has_name(condition)
}

/// Whether there is a column, or what may be one, in an expression.
fn has_name(expr: &Expr) -> bool {
    struct Finder(bool);
    impl Visitor for Finder {
        type Break = std::convert::Infallible;
        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
            self.0 |= matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
            ControlFlow::Continue(())
        }
    }
    let mut finder = Finder(false);
    let ControlFlow::Continue(()) = expr.visit(&mut finder);
    finder.0
}
