//! Tables in plain text: in Markdown, with separators (RFC 4180), or one JSON value a line.

/// The fewest lines of a text that is taken for a table.
const FEWEST: usize = 3;

/// The text with so many rows at most, and how many there were; `None` if it has no table, or none
/// with more.
pub(super) fn cut(text: &str, most: usize) -> Option<(String, usize)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (first, end) = markdown(&lines)
        .or_else(|| separated(&lines))
        .or_else(|| values(&lines))?;
    let rows = end - first;
    if rows <= most {
        return None;
    }
    let kept = lines.iter().take(first + most);
    let after = lines.iter().skip(end);
    Some((kept.chain(after).copied().collect(), rows))
}

/// The rows of the first table in Markdown: below a line of dashes.
fn markdown(lines: &[&str]) -> Option<(usize, usize)> {
    let is_rule = |line: &&str| {
        let line = line.trim();
        line.contains('|')
            && line.contains("--")
            && line
                .bytes()
                .all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'+'))
    };
    let first = lines.iter().position(is_rule)? + 1;
    let rows = lines
        .iter()
        .skip(first)
        .take_while(|line| line.contains('|'));
    Some((first, first + rows.count()))
}

/// The rows of a text whose lines all have as many separators as the first, which names columns.
fn separated(lines: &[&str]) -> Option<(usize, usize)> {
    let filled = lines.iter().rposition(|line| !line.trim().is_empty())? + 1;
    let lines = lines.get(..filled).filter(|lines| lines.len() >= FEWEST)?;
    let is_table = |separator: char| {
        let head = lines.first().map_or(0, |line| count(line, separator));
        head > 0 && lines.iter().all(|line| count(line, separator) == head)
    };
    let separators = ['\t', ';', '|', ','];
    separators.into_iter().any(is_table).then_some((1, filled))
}

/// How often a separator stands in a line, but for those in quotes.
fn count(line: &str, separator: char) -> usize {
    let mut is_quoted = false;
    let is_one = |c: &char| {
        is_quoted ^= *c == '"';
        *c == separator && !is_quoted
    };
    line.chars().filter(is_one).count()
}

/// The rows of a text whose lines are all objects or arrays.
fn values(lines: &[&str]) -> Option<(usize, usize)> {
    let filled = lines.iter().rposition(|line| !line.trim().is_empty())? + 1;
    let lines = lines.get(..filled).filter(|lines| lines.len() >= 2)?;
    let is_value = |line: &&str| super::nested::parse_whole(line.trim()).is_some();
    lines.iter().all(is_value).then_some((0, filled))
}
