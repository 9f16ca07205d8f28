//! How many rows a statement gives at most, and how to have it give fewer.

use std::ops::Range;

use sqlparser::ast::{
    Distinct, Expr, Fetch, FunctionArguments, GroupByExpr, LimitClause, Query, Select, SelectItem,
    SetExpr, Spanned as _, Statement, Top, TopQuantity, Value,
};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token};

use super::dialect::{Bound, Dialect};
use super::kind::{self, StatementKind};
use super::read::Piece;

/// What a statement says of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// There are few enough, or none.
    Few,
    /// It does not say.
    Unsaid(Place),
    /// There may be more than is allowed: a number here would have to be smaller.
    Many(Place),
    /// It can't be told, or not be mended.
    Unclear,
}

/// Where a limit is, or would have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// This expression.
    Here(Span),
    /// `TOP` after this `SELECT`.
    After(Location),
    /// At the end, and whether an OFFSET is there already.
    End { has_offset: bool },
}

/// An edit of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// What a statement says of its rows, of which there may be this many.
pub(super) fn rows(statement: &Statement, most: u64, dialect: Dialect) -> Rows {
    if let Statement::Query(query) = statement {
        return of_query(query, most, dialect);
    }
    let returns = if let Statement::Insert(it) = statement {
        it.returning.is_some() || it.output.is_some()
    } else if let Statement::Update(it) = statement {
        it.returning.is_some() || it.output.is_some()
    } else if let Statement::Delete(it) = statement {
        it.returning.is_some() || it.output.is_some()
    } else if let Statement::Merge(it) = statement {
        it.output.is_some()
    } else if let Statement::StartTransaction { statements, .. } = statement {
        // A block of statements.
        !statements.is_empty()
    } else {
        // What these give is not to be seen here.
        use StatementKind::{Call, Copy, Execute, Other};
        matches!(kind::of(statement), Some(Call | Copy | Execute | Other))
    };
    match returns {
        true => Rows::Unclear,
        false => Rows::Few,
    }
}

/// Whether a query says that it gives this many rows at most.
pub(super) fn is_few(query: &Query, most: u64, dialect: Dialect) -> bool {
    of_query(query, most, dialect) == Rows::Few
}

fn of_query(query: &Query, most: u64, dialect: Dialect) -> Rows {
    let has_tail = !query.pipe_operators.is_empty()
        || !query.locks.is_empty()
        || query.for_clause.is_some()
        || query.settings.is_some()
        || query.format_clause.is_some();
    let said = match (&query.limit_clause, &query.fetch) {
        (Some(LimitClause::LimitOffset { limit_by, .. }), _) if !limit_by.is_empty() => {
            return Rows::Unclear;
        }
        (
            Some(LimitClause::LimitOffset {
                limit: Some(limit), ..
            }),
            None,
        )
        | (Some(LimitClause::OffsetCommaLimit { limit, .. }), None) => Some(number(limit, most)),
        (None | Some(LimitClause::LimitOffset { limit: None, .. }), Some(fetch)) => {
            Some(of_fetch(fetch, most))
        }
        (Some(_), Some(_)) => return Rows::Unclear,
        (None | Some(LimitClause::LimitOffset { limit: None, .. }), None) => None,
    };
    if let Some(said) = said {
        return match query.pipe_operators.is_empty() {
            true => said,
            false => Rows::Unclear,
        };
    }
    let has_offset = query.limit_clause.is_some();
    let is_alone = query.order_by.is_none() && !has_offset;
    let body = of_body(&query.body, most, dialect);
    match body {
        Some(Rows::Few) if query.pipe_operators.is_empty() => Rows::Few,
        Some(rows) if is_alone && !has_tail => rows,
        Some(rows @ Rows::Many(Place::After(_))) if !has_tail => rows,
        Some(_) | None if has_tail => Rows::Unclear,
        Some(_) | None => unsaid(query, has_offset, dialect),
    }
}

fn unsaid(query: &Query, has_offset: bool, dialect: Dialect) -> Rows {
    let end = Rows::Unsaid(Place::End { has_offset });
    match dialect.bound() {
        Bound::Limit if has_offset && !dialect.has_late_limit() => Rows::Unclear,
        Bound::Limit | Bound::Fetch => end,
        Bound::Top if has_offset => end,
        Bound::Top => match query.body.as_select() {
            Some(select) => Rows::Unsaid(Place::After(select.select_token.0.span.start)),
            None => Rows::Unclear,
        },
    }
}

/// What the body of a query says, if it says anything.
fn of_body(body: &SetExpr, most: u64, dialect: Dialect) -> Option<Rows> {
    match body {
        SetExpr::Select(select) => match &select.top {
            Some(top) => Some(of_top(top, select, most)),
            None => is_one_row(select).then_some(Rows::Few),
        },
        SetExpr::Query(query) => Some(of_query(query, most, dialect)),
        SetExpr::Values(_) => Some(Rows::Few),
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => Some(rows(statement, most, dialect)),
        SetExpr::SetOperation { .. } | SetExpr::Table(_) => None,
    }
}

fn of_fetch(fetch: &Fetch, most: u64) -> Rows {
    match &fetch.quantity {
        Some(_) | None if fetch.with_ties || fetch.percent => Rows::Unclear,
        Some(quantity) => number(quantity, most),
        None => Rows::Few,
    }
}

fn of_top(top: &Top, select: &Select, most: u64) -> Rows {
    let place = Place::After(select.select_token.0.span.start);
    match &top.quantity {
        Some(_) | None if top.with_ties || top.percent => Rows::Unclear,
        Some(TopQuantity::Constant(rows)) if *rows <= most => Rows::Few,
        Some(TopQuantity::Constant(_)) => Rows::Many(place),
        Some(TopQuantity::Expr(expr)) => number(expr, most),
        None => Rows::Unclear,
    }
}

fn number(expr: &Expr, most: u64) -> Rows {
    if let Expr::Nested(inner) = expr {
        return number(inner, most);
    }
    if let Expr::Value(value) = expr
        && let Value::Number(digits, _) = &value.value
        && digits.parse::<u64>().is_ok_and(|rows| rows <= most)
    {
        return Rows::Few;
    }
    Rows::Many(Place::Here(expr.span()))
}

/// Whether a SELECT gives one row, whatever there is: nothing but constants of no table, or nothing
/// but sums of all of it.
fn is_one_row(select: &Select) -> bool {
    let is_plain = matches!(&select.group_by, GroupByExpr::Expressions(by, with) if by.is_empty() && with.is_empty())
        && !matches!(select.distinct, Some(Distinct::On(_)))
        && select.lateral_views.is_empty()
        && select.connect_by.is_empty();
    let expressions = select.projection.iter().map(|item| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        SelectItem::ExprWithAliases { .. }
        | SelectItem::QualifiedWildcard(..)
        | SelectItem::Wildcard(_) => None,
    });
    let expressions: Option<Vec<&Expr>> = expressions.collect();
    let Some(expressions) = expressions.filter(|all| is_plain && !all.is_empty()) else {
        return false;
    };
    let is_constant = |expr: &&Expr| matches!(expr, Expr::Value(_));
    let without_table = select.from.is_empty() && expressions.iter().all(is_constant);
    without_table || expressions.iter().all(|expr| is_sum(expr))
}

fn is_sum(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else {
        return false;
    };
    let name = function.name.to_string().to_ascii_lowercase();
    let is_list = matches!(function.args, FunctionArguments::List(_));
    let names = ["count", "sum", "avg", "min", "max"];
    names.contains(&name.as_str()) && function.over.is_none() && is_list
}

/// Whether all rows are asked for in so many words, which the tree does not show.
pub(super) fn is_all(tokens: &[Piece<'_>]) -> bool {
    let is =
        |piece: &Piece<'_>, word| matches!(&piece.token, Token::Word(it) if it.keyword == word);
    tokens.windows(2).any(|pair| match pair {
        [first, second] => is(first, Keyword::LIMIT) && is(second, Keyword::ALL),
        _ => false,
    })
}

/// The change by which a statement gives this many rows at most. `None` if there is none.
pub(super) fn change(
    rows: Rows,
    most: u64,
    tokens: &[Piece<'_>],
    dialect: Dialect,
) -> Option<Change> {
    match rows {
        Rows::Many(Place::Here(span)) => {
            let first = tokens.iter().position(|piece| piece.at == span.start)?;
            // A sign is no part of where an expression says that it is.
            let before = tokens.get(..first)?.iter().rev();
            let is_sign = |piece: &&Piece<'_>| {
                matches!(piece.token, Token::Minus | Token::Plus | Token::Tilde)
            };
            let signs = before.take_while(is_sign).count();
            let start = tokens.get(first - signs)?;
            let mut inside = tokens
                .iter()
                .filter(|piece| piece.at >= span.start && piece.at < span.end);
            let end = inside.next_back()?;
            Some(Change {
                range: start.range.start..end.range.end,
                text: most.to_string(),
            })
        }
        Rows::Many(Place::After(select)) => {
            let number = after_select(select, tokens).find(|piece| is_number(piece))?;
            Some(Change {
                range: number.range.clone(),
                text: most.to_string(),
            })
        }
        Rows::Unsaid(Place::After(select)) => {
            let first = tokens.iter().find(|piece| piece.at == select)?;
            let distinct = after_select(select, tokens)
                .next()
                .filter(|piece| is_distinct(piece));
            let at = distinct.unwrap_or(first).range.end;
            Some(insertion(at, format!(" TOP ({most})")))
        }
        Rows::Unsaid(Place::End { has_offset }) => {
            let last = tokens
                .iter()
                .rfind(|piece| piece.token != Token::SemiColon)?;
            let text = match dialect.bound() {
                Bound::Limit => format!(" LIMIT {most}"),
                Bound::Fetch | Bound::Top if has_offset => format!(" FETCH NEXT {most} ROWS ONLY"),
                Bound::Fetch | Bound::Top => format!(" FETCH FIRST {most} ROWS ONLY"),
            };
            Some(insertion(last.range.end, text))
        }
        Rows::Few
        | Rows::Unsaid(Place::Here(_))
        | Rows::Many(Place::End { .. })
        | Rows::Unclear => None,
    }
}

fn insertion(at: usize, text: String) -> Change {
    Change {
        range: at..at,
        text,
    }
}

fn after_select<'p, 't>(
    select: Location,
    tokens: &'p [Piece<'t>],
) -> impl Iterator<Item = &'p Piece<'t>> {
    tokens
        .iter()
        .skip_while(move |piece| piece.at != select)
        .skip(1)
}

fn is_number(piece: &Piece<'_>) -> bool {
    matches!(piece.token, Token::Number(..))
}

fn is_distinct(piece: &Piece<'_>) -> bool {
    matches!(&piece.token, Token::Word(word) if matches!(word.keyword, Keyword::DISTINCT | Keyword::ALL))
}
