//! Limits within their ranges.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::json;
use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema;
use crate::manifest::span::{Span, Spanned};
use crate::policy::Limits;

use super::Context;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Bodies are held in memory while they are judged.
const BODY: RangeInclusive<u64> = KIB..=(256 * MIB);
const ID: RangeInclusive<u64> = 16..=(64 * KIB);
/// A call's envelope itself nests; deeper than 128, common readers give up.
const DEPTH: RangeInclusive<u64> = 8..=128;
const DIGITS: RangeInclusive<u64> = 16..=1024;
const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Limits>>,
) -> Limits {
    let default = Limits::default();
    let Some(Spanned { value: written, .. }) = written else {
        return default;
    };
    let schema::Limits {
        max_request_bytes,
        max_response_bytes,
        max_sse_event_bytes,
        max_id_bytes,
        max_json_depth,
        max_number_digits,
        max_list_ttl,
    } = written;
    Limits {
        request_bytes: size(context, max_request_bytes, BODY).unwrap_or(default.request_bytes),
        response_bytes: size(context, max_response_bytes, BODY).unwrap_or(default.response_bytes),
        sse_event_bytes: size(context, max_sse_event_bytes, BODY)
            .unwrap_or(default.sse_event_bytes),
        id_bytes: size(context, max_id_bytes, ID).unwrap_or(default.id_bytes),
        json: json::Limits {
            depth: number(context, max_json_depth, DEPTH).unwrap_or(default.json.depth),
            number_digits: number(context, max_number_digits, DIGITS)
                .unwrap_or(default.json.number_digits),
            lone_surrogates: default.json.lone_surrogates,
        },
        list_ttl: max_list_ttl
            .and_then(|ttl| list_ttl(context, &ttl))
            .unwrap_or(default.list_ttl),
    }
}

/// A number of bytes within a range; or `None` after reporting why it is not.
pub(super) fn size(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Size>>,
    range: RangeInclusive<u64>,
) -> Option<usize> {
    let Spanned { value, span } = written?;
    let bytes = match value {
        schema::Size::Bytes(bytes) => bytes,
        schema::Size::Text(text) => match parse_size(&text) {
            Some(bytes) => bytes,
            None => {
                let message = format!("{} is no size", quote(&text));
                let help = "write a number of bytes, or one with a unit, like `64KiB` or `4MiB`";
                context
                    .report(Diagnostic::new(Code::BadLimit, span, message).help(help.to_owned()));
                return None;
            }
        },
    };
    in_range(context, bytes, span, range)
}

/// A number within a range; or `None` after reporting why it is not.
pub(super) fn number(
    context: &mut Context<'_>,
    written: Option<Spanned<u64>>,
    range: RangeInclusive<u64>,
) -> Option<usize> {
    let Spanned { value, span } = written?;
    in_range(context, value, span, range)
}

fn in_range(
    context: &mut Context<'_>,
    value: u64,
    span: Span,
    range: RangeInclusive<u64>,
) -> Option<usize> {
    if !range.contains(&value) {
        let (start, end) = range.into_inner();
        let message = format!("{value} is out of range");
        let help = format!("it must be from {start} to {end}");
        context.report(Diagnostic::new(Code::BadLimit, span, message).help(help));
        return None;
    }
    usize::try_from(value).ok()
}

fn list_ttl(context: &mut Context<'_>, written: &Spanned<schema::Time>) -> Option<Duration> {
    time(context, written, MAX_TTL, "a day")
}

/// A time that is not longer than `max`, in words `longest`; or `None` after reporting why it is
/// none.
pub(super) fn time(
    context: &mut Context<'_>,
    written: &Spanned<schema::Time>,
    max: Duration,
    longest: &str,
) -> Option<Duration> {
    let parsed = parse_duration(&written.value.0);
    let problem = match parsed {
        Some(duration) if duration <= max => return Some(duration),
        Some(_) => format!("is longer than {longest}"),
        None => "is no duration".to_owned(),
    };
    let message = format!("{} {problem}", quote(&written.value.0));
    let help = "write a number with a unit: `ms`, `s`, `m` or `h`, like `60s`";
    context.report(Diagnostic::new(Code::BadLimit, written.span, message).help(help.to_owned()));
    None
}

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let factor = match unit {
        "" | "B" => 1,
        "KiB" => KIB,
        "MiB" => MIB,
        "GiB" => KIB * MIB,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).map(Duration::from_millis)
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, unit.trim_start_matches(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            ("0", Some(0)),
            ("512", Some(512)),
            ("512B", Some(512)),
            ("64KiB", Some(65_536)),
            ("4 MiB", Some(4_194_304)),
            ("1GiB", Some(1_073_741_824)),
            ("64kib", None),
            ("64KB", None),
            ("64K", None),
            ("1.5MiB", None),
            ("-1", None),
            ("+1", None),
            ("MiB", None),
            ("", None),
            ("18446744073709551615GiB", None),
            ("18446744073709551616", None),
            ("٣", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_size(text), expected, "{text}");
        }
    }

    #[test]
    fn durations() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let table = [
            ("60s", seconds(60)),
            ("0s", seconds(0)),
            ("1500ms", Some(Duration::from_millis(1500))),
            ("2m", seconds(120)),
            ("1h", seconds(3600)),
            ("60", None),
            ("s", None),
            ("1d", None),
            ("-1s", None),
            ("18446744073709551615h", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }
}
