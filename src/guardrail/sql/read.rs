//! Reading a text as SQL that all readers of the dialect take for the same.

use std::ops::Range;

use sqlparser::ast::Statement;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::Flaw;
use super::dialect::Dialect;

/// How deep parentheses and the like may be.
const DEEPEST: usize = 40;

/// The most words, signs and literals.
const MOST_TOKENS: usize = 20_000;

/// The most operators: chains of them are deep trees.
const MOST_OPERATORS: usize = 1_000;

/// SQL, read.
#[derive(Debug)]
pub(super) struct Read<'t> {
    pub(super) statements: Vec<Statement>,
    /// Without spaces and comments.
    pub(super) tokens: Vec<Piece<'t>>,
    pub(super) has_comments: bool,
}

/// A token, and where it is in the text.
#[derive(Debug, Clone)]
pub(super) struct Piece<'t> {
    pub(super) token: Token,
    pub(super) range: Range<usize>,
    pub(super) at: Location,
    /// As it is written.
    pub(super) raw: &'t str,
}

/// Reads a text.
pub(super) fn read(text: &str, dialect: Dialect) -> Result<Read<'_>, Flaw> {
    characters(text)?;
    let parser = dialect.parser();
    let tokens = Tokenizer::new(&*parser, text)
        .tokenize_with_location()
        .map_err(|_| Flaw::syntax("it has a string, name or comment that does not end"))?;
    if tokens.len() > MOST_TOKENS {
        return Err(Flaw::too_long());
    }
    let pieces = pieces(text, &tokens).ok_or(Flaw::ambiguous("its lines can't be told apart"))?;
    let mut has_comments = false;
    let mut kept = Vec::new();
    let mut operators = 0;
    for piece in pieces {
        if let Token::Whitespace(space) = &piece.token {
            has_comments |= is_comment(space, &piece, dialect)?;
            continue;
        }
        literal(&piece, dialect)?;
        operators += usize::from(is_operator(&piece.token));
        kept.push(piece);
    }
    if operators > MOST_OPERATORS {
        return Err(Flaw::too_long());
    }
    let statements = parse(dialect, tokens)?;
    Ok(Read {
        statements,
        tokens: kept,
        has_comments,
    })
}

fn parse(dialect: Dialect, tokens: Vec<TokenWithSpan>) -> Result<Vec<Statement>, Flaw> {
    let parser = dialect.parser();
    let mut parser = Parser::new(&*parser)
        .with_recursion_limit(DEEPEST)
        .with_tokens_with_locations(tokens);
    let statements = parser.parse_statements();
    // Some words end a list of statements, and what follows them is not read.
    let is_whole = parser.peek_token().token == Token::EOF;
    match statements {
        Ok(statements) if is_whole => Ok(statements),
        _ => Err(Flaw::syntax(
            "it does not parse as the dialect of this server",
        )),
    }
}

/// What no text may have, wherever it is.
fn characters(text: &str) -> Result<(), Flaw> {
    let is_odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if text.chars().any(is_odd) {
        return Err(Flaw::ambiguous("it has control characters"));
    }
    let lower = text.to_ascii_lowercase();
    // Comments that some servers run, or take for orders.
    if ["/*!", "/*m!", "/*+", "--+"]
        .iter()
        .any(|sign| lower.contains(sign))
    {
        return Err(Flaw::new(
            "sql_hint",
            "it has a comment that is run or is a hint; leave it out",
        ));
    }
    // Names and strings with escapes of their own.
    if lower.contains("u&\"") || lower.contains("u&'") {
        return Err(Flaw::ambiguous("it has names or strings in `U&` form"));
    }
    Ok(())
}

/// Finds the tokens in the text. `None` if they are not where they say.
fn pieces<'t>(text: &'t str, tokens: &[TokenWithSpan]) -> Option<Vec<Piece<'t>>> {
    let mut starts = Places::new(text);
    let mut pieces = Vec::with_capacity(tokens.len());
    for token in tokens {
        let start = starts.find(token.span.start)?;
        let end = starts.find(token.span.end)?;
        if matches!(token.token, Token::EOF) {
            continue;
        }
        pieces.push(Piece {
            token: token.token.clone(),
            raw: text.get(start..end)?,
            range: start..end,
            at: token.span.start,
        });
    }
    // Nothing may lie between tokens.
    let is_gapless = pieces.windows(2).all(|pair| match pair {
        [first, second] => first.range.end == second.range.start,
        _ => true,
    });
    let begins = pieces.first().is_none_or(|first| first.range.start == 0);
    let ends = pieces
        .last()
        .is_none_or(|last| last.range.end == text.len());
    (is_gapless && begins && ends).then_some(pieces)
}

/// Turns lines and columns, which only grow, into offsets.
struct Places<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
    column: u64,
}

impl<'t> Places<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    fn find(&mut self, place: Location) -> Option<usize> {
        while (self.line, self.column) < (place.line, place.column) {
            let c = self.text.get(self.offset..)?.chars().next()?;
            self.offset += c.len_utf8();
            match c {
                '\n' => {
                    self.line += 1;
                    self.column = 1;
                }
                _ => self.column += 1,
            }
        }
        ((self.line, self.column) == (place.line, place.column)).then_some(self.offset)
    }
}

/// Whether white space is a comment, if all readers take it for the same.
fn is_comment(space: &Whitespace, piece: &Piece<'_>, dialect: Dialect) -> Result<bool, Flaw> {
    let is_odd = |c: char| c.is_whitespace() && !matches!(c, ' ' | '\t' | '\n' | '\r');
    if piece.raw.contains(is_odd) {
        return Err(Flaw::ambiguous("it has spaces that are not ASCII"));
    }
    match space {
        Whitespace::Space | Whitespace::Newline | Whitespace::Tab => Ok(false),
        Whitespace::SingleLineComment { comment, prefix } => {
            let line = comment.trim_end_matches(['\r', '\n']);
            let is_plain = comment.is_empty() || comment.starts_with([' ', '\t', '\r', '\n']);
            let generic = dialect == Dialect::Generic;
            if line.contains('\r') || (generic && (!is_plain || prefix != "--")) {
                return Err(Flaw::ambiguous(
                    "it has a comment that servers end or begin in different places",
                ));
            }
            Ok(true)
        }
        Whitespace::MultiLineComment(comment) => {
            // Some servers nest comments, and some don't.
            if comment.contains("/*") || comment.contains("*/") {
                return Err(Flaw::ambiguous("it has a comment in a comment"));
            }
            Ok(true)
        }
    }
}

/// Whether a token is what all readers of the dialect take it for.
fn literal(piece: &Piece<'_>, dialect: Dialect) -> Result<(), Flaw> {
    let raw = piece.raw;
    let Some(quote) = raw.chars().find(|c| matches!(c, '\'' | '"' | '`')) else {
        return plain(piece, dialect);
    };
    // Whether a backslash keeps a quote from ending a string is a setting of some servers.
    if raw.contains(&format!("\\{quote}")) {
        return Err(Flaw::ambiguous(
            "it has a backslash before a quote; write a quote in a string twice",
        ));
    }
    let token = &piece.token;
    let is_quoted = matches!(
        token,
        Token::QuoteDelimitedStringLiteral(_) | Token::NationalQuoteDelimitedStringLiteral(_)
    );
    if matches!(token, Token::EscapedStringLiteral(_)) && !dialect.has_escape_strings() {
        return Err(Flaw::ambiguous("it has a string in `E` form"));
    }
    if is_quoted && dialect != Dialect::Oracle {
        return Err(Flaw::ambiguous("it has a string in `Q` form"));
    }
    if matches!(token, Token::DollarQuotedString(_)) {
        return plain(piece, dialect);
    }
    Ok(())
}

fn plain(piece: &Piece<'_>, dialect: Dialect) -> Result<(), Flaw> {
    let token = &piece.token;
    // In brackets, as SQL Server and SQLite have names.
    let is_name = matches!(token, Token::Word(word) if word.quote_style.is_some());
    let is_odd = matches!(
        token,
        Token::Backslash | Token::CopyData { .. } | Token::Char(_)
    );
    let is_sharp = matches!(token, Token::Sharp | Token::DoubleSharp);
    let is_dollar = matches!(token, Token::DollarQuotedString(_));
    let is_ascii = piece
        .raw
        .chars()
        .all(|c| c.is_ascii() || c.is_alphanumeric());
    let is_fine = !is_odd
        && (!is_sharp || dialect != Dialect::Generic)
        && (!is_dollar || dialect.has_dollar_strings())
        && (is_name || is_dollar || is_ascii);
    match is_fine {
        true => Ok(()),
        false => Err(Flaw::ambiguous(
            "it has signs that servers read in different ways",
        )),
    }
}

/// Whether a token may make the tree deeper by one.
fn is_operator(token: &Token) -> bool {
    if let Token::Word(word) = token {
        let is_value = matches!(word.keyword, Keyword::NULL | Keyword::TRUE | Keyword::FALSE);
        return word.keyword != Keyword::NoKeyword && !is_value;
    }
    !matches!(
        token,
        Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Comma
            | Token::LParen
            | Token::RParen
            | Token::Period
            | Token::SemiColon
    )
}
