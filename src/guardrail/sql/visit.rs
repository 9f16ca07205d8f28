//! What is done at each part of the tree.

use std::ops::ControlFlow;

use sqlparser::ast::{
    CopyTarget, Expr, ForClause, GroupByExpr, Ident, ObjectName, ObjectNamePart, OrderBy,
    OrderByKind, Query, Select, SelectFlavor, Statement, TableFactor, Value, Visitor,
};

use super::dialect::Dialect;
use super::kind::{self, StatementKind};
use super::names::folded;
use super::scope::{Frame, Scope, aliases, sources};
use super::walk::{Walker, mark};

/// The words that begin a statement in T-SQL, where nothing has to stand between statements, so
/// that they are no names.
const TSQL_WORDS: &[&str] = &[
    "add",
    "alter",
    "backup",
    "begin",
    "break",
    "bulk",
    "checkpoint",
    "close",
    "commit",
    "continue",
    "create",
    "dbcc",
    "deallocate",
    "declare",
    "delete",
    "deny",
    "drop",
    "dump",
    "exec",
    "execute",
    "fetch",
    "goto",
    "grant",
    "if",
    "insert",
    "kill",
    "load",
    "merge",
    "open",
    "print",
    "raiserror",
    "readtext",
    "reconfigure",
    "restore",
    "return",
    "revert",
    "revoke",
    "rollback",
    "save",
    "set",
    "setuser",
    "shutdown",
    "truncate",
    "update",
    "updatetext",
    "use",
    "waitfor",
    "while",
    "with",
    "writetext",
];

impl Visitor for Walker<'_> {
    type Break = std::convert::Infallible;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<Self::Break> {
        if let Some(kind) = kind::of(statement) {
            self.kind(kind);
        }
        self.scopes.push(Self::brought(statement));
        if let Statement::Insert(insert) = statement {
            self.insert(insert);
        } else if let Statement::Update(update) = statement {
            self.update(update);
        } else if let Statement::Delete(delete) = statement {
            self.delete(delete);
        } else if let Statement::Merge(merge) = statement {
            self.merge(merge);
        } else if let Statement::Copy {
            target: CopyTarget::Program { .. },
            ..
        } = statement
        {
            self.flaw("sql_program", "it runs a program on the server");
        } else if let Statement::Call(function) = statement {
            self.function(&function.name, false);
        } else if let Statement::Execute {
            name: Some(name), ..
        } = statement
        {
            self.function(name, false);
        } else if let Statement::Drop {
            object_type, names, ..
        } = statement
            && kind::is_table(*object_type)
        {
            names.iter().for_each(|name| self.table(name));
        } else if let Statement::Truncate(truncate) = statement {
            let names: Vec<_> = truncate
                .table_names
                .iter()
                .map(|it| it.name.clone())
                .collect();
            names.iter().for_each(|name| self.table(name));
        } else if let Statement::Savepoint { name } | Statement::ReleaseSavepoint { name } =
            statement
        {
            self.explain(name);
        } else if let Statement::Rollback {
            savepoint: Some(name),
            ..
        } = statement
        {
            self.explain(name);
        } else if let Statement::ExplainTable { .. } = statement {
            // It tells all columns there are.
            self.star();
        }
        ControlFlow::Continue(())
    }

    fn post_visit_statement(&mut self, _statement: &Statement) -> ControlFlow<Self::Break> {
        self.scopes.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let is_exists = self.exists.iter().any(|it| std::ptr::eq(*it, query));
        self.frames.push(Frame::new(query.with.as_ref()));
        self.scopes.push(Scope {
            is_exists,
            ..Scope::default()
        });
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.explain_all(&cte.alias);
            if cte.from.is_some() {
                self.unclear("FROM after a common table expression");
            }
        }
        for lock in &query.locks {
            self.kind(StatementKind::Lock);
            if let Some(of) = &lock.of {
                self.explain_all(of);
            }
        }
        if matches!(
            query.for_clause,
            Some(ForClause::Json { .. } | ForClause::Xml { .. })
        ) {
            self.collected(query, "`FOR` puts");
        }
        if query.settings.is_some() {
            self.kind(StatementKind::Set);
        }
        if !query.pipe_operators.is_empty() {
            self.unclear("`|>`");
        }
        self.table_commands(&query.body);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.pop();
        self.frames.pop();
        if let Some(frame) = self.frames.last_mut() {
            frame.leave(query);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        self.kind(StatementKind::Select);
        let is_exists = self.scopes.last().is_some_and(|scope| scope.is_exists);
        self.scopes.push(Scope {
            sources: sources(&select.from),
            aliases: aliases(&select.projection),
            is_exists,
            ..Scope::default()
        });
        self.items(&select.projection);
        // Below, a star is one again.
        if let Some(scope) = self.scopes.last_mut() {
            scope.is_exists = false;
        }
        if select.flavor == SelectFlavor::FromFirstNoSelect {
            self.star();
        }
        if select.into.is_some() {
            self.kind(StatementKind::Create);
            self.unclear("SELECT INTO");
        }
        if !select.optimizer_hints.is_empty() {
            self.flaw("sql_hint", "it has a comment that is a hint; leave it out");
        }
        if let Some(exclude) = &select.exclude {
            self.explain_all(exclude);
        }
        self.joins(&select.from);
        let reads_table = select.from.iter().any(|table| {
            matches!(table.relation, TableFactor::Table { .. }) || !table.joins.is_empty()
        });
        if reads_table {
            let condition = select.selection.as_ref().or(select.prewhere.as_ref());
            self.where_needed(StatementKind::Select, condition);
        }
        for window in &select.named_window {
            self.explain(&window.0);
        }
        for view in &select.lateral_views {
            self.explain_all(&view.lateral_view_name);
            view.lateral_col_alias
                .iter()
                .for_each(|alias| self.explain(alias));
        }
        if !select.connect_by.is_empty() && self.policy.columns.is_listed() {
            self.unclear("CONNECT BY");
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, _select: &Select) -> ControlFlow<Self::Break> {
        if let Some(scope) = self.scopes.pop()
            && let Some(query) = self.scopes.last_mut()
        {
            query.later.extend(scope.sources);
            query.later_aliases.extend(scope.aliases);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_group_by(&mut self, group_by: &GroupByExpr) -> ControlFlow<Self::Break> {
        let GroupByExpr::Expressions(expressions, _) = group_by else {
            return ControlFlow::Continue(());
        };
        let aliases = self
            .scopes
            .last()
            .map(|scope| scope.aliases.clone())
            .unwrap_or_default();
        for expr in expressions {
            if let Expr::Identifier(ident) = expr
                && aliases.contains(&folded(&ident.value))
            {
                self.named.insert(mark(ident));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_order_by(&mut self, order_by: &OrderBy) -> ControlFlow<Self::Break> {
        let Some(scope) = self.scopes.last_mut() else {
            return ControlFlow::Continue(());
        };
        let later = std::mem::take(&mut scope.later);
        scope.sources.extend(later);
        let aliases = std::mem::take(&mut scope.later_aliases);
        if let OrderByKind::Expressions(expressions) = &order_by.kind {
            for expr in expressions {
                if let Expr::Identifier(ident) = &expr.expr
                    && aliases.contains(&folded(&ident.value))
                {
                    self.named.insert(mark(ident));
                }
            }
        }
        if order_by.interpolate.is_some() {
            self.unclear("INTERPOLATE");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                if args.is_some() {
                    self.function(name, true);
                }
                if let Some(alias) = alias {
                    self.explain_all(alias);
                }
            }
            TableFactor::Function { name, alias, .. } => {
                self.function(name, true);
                if let Some(alias) = alias {
                    self.explain_all(alias);
                }
            }
            TableFactor::TableFunction { expr, alias } => {
                if let Expr::Function(function) = expr {
                    self.function(&function.name, true);
                } else {
                    self.unclear("TABLE(…)");
                }
                if let Some(alias) = alias {
                    self.explain_all(alias);
                }
            }
            TableFactor::NestedJoin {
                alias,
                table_with_joins,
            } => {
                self.joins(std::slice::from_ref(table_with_joins));
                if let Some(alias) = alias {
                    self.explain_all(alias);
                }
            }
            TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                if let Some(alias) = alias {
                    self.explain_all(alias);
                }
            }
            TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::SemanticView { .. } => self.unclear("an unusual FROM"),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        let idents: Option<Vec<&Ident>> = relation.0.iter().map(ObjectNamePart::as_ident).collect();
        // A function in the place of a table was looked at before.
        let is_function =
            idents.is_some_and(|all| all.iter().all(|it| self.named.contains(&mark(it))));
        if !is_function {
            self.table(relation);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        if let Expr::Identifier(ident) = expr {
            self.column(&[ident]);
        } else if let Expr::CompoundIdentifier(idents) = expr {
            self.column(&idents.iter().collect::<Vec<_>>());
        } else if let Expr::Function(function) = expr {
            self.call(function);
        } else if let Expr::Exists { subquery, .. } = expr {
            self.exists.push(&raw const **subquery);
        } else if let Expr::Wildcard(_) = expr {
            self.star();
        } else if let Expr::QualifiedWildcard(name, _) = expr {
            self.explain_all(name);
            self.star();
        } else if let Expr::Cast { data_type, .. } = expr {
            self.explain_all(data_type);
        } else if let Expr::Convert {
            data_type: Some(data_type),
            ..
        } = expr
        {
            self.explain_all(data_type);
        } else if let Expr::TypedString(typed) = expr {
            self.explain_all(&typed.data_type);
        } else if let Expr::Collate { collation, .. } = expr {
            self.explain_all(collation);
        } else if let Expr::Extract { field, .. } = expr {
            self.explain_all(field);
        } else if let Expr::Ceil { field, .. } | Expr::Floor { field, .. } = expr {
            self.explain_all(field);
        } else if let Expr::Prefixed { prefix, .. } | Expr::Named { name: prefix, .. } = expr {
            self.explain(prefix);
        } else if let Expr::MatchAgainst { columns, .. } = expr {
            self.columns(columns);
        } else if let Expr::Value(value) = expr {
            self.value(&value.value);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<Self::Break> {
        let is_statement = self.policy.dialect == Dialect::MsSql
            && ident.quote_style.is_none()
            && TSQL_WORDS.contains(&ident.value.to_ascii_lowercase().as_str());
        if is_statement {
            let text = format!("`{}` begins another statement", ident.value);
            self.flaw("sql_multiple_statements", text);
        }
        if self.is_tracking {
            self.seen.push(ident.clone());
        }
        ControlFlow::Continue(())
    }
}

impl Walker<'_> {
    /// A literal that some servers take for a column.
    fn value(&mut self, value: &Value) {
        if !self.policy.columns.is_listed() {
            return;
        }
        if let Value::DoubleQuotedString(text) = value {
            // With some settings, this is a name.
            let flaw = self.place().denied(&[folded(text)]);
            self.flaws.extend(flaw);
        } else if let Value::Placeholder(text) = value
            && self.policy.dialect == Dialect::Snowflake
            && text.starts_with('$')
        {
            // A column by its number.
            self.star();
        }
    }
}
