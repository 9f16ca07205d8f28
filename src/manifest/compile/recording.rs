//! What is kept of exchanges.

use std::time::Duration;

use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;
use crate::manifest::span::Spanned;
use crate::policy::Recording;

use super::Context;
use super::limits;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const BODY: usize = 1 << 20;
const HOUR: Duration = Duration::from_secs(60 * 60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Of what there are a million parts.
const MILLION: f64 = 1_000_000.0;

pub(super) fn compile(
    context: &mut Context<'_>,
    written: Option<Spanned<schema::Capture>>,
) -> Option<Recording> {
    let schema::Capture {
        sample,
        max_bytes,
        redact,
        keep,
    } = written?.value;
    let keep = keep.and_then(|keep| time(context, &keep));
    Some(Recording {
        per_million: sample.map_or(1_000_000, |sample| per_million(context, &sample)),
        body_bytes: limits::size(context, max_bytes, KIB..=(256 * MIB)).unwrap_or(BODY),
        redacts: redact.is_none_or(|redact| redact.value),
        keep: keep.unwrap_or(WEEK),
    })
}

/// A share, of a million.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is from 1 to a million"
)]
fn per_million(context: &mut Context<'_>, written: &Spanned<f64>) -> u32 {
    let parts = (written.value * MILLION).round();
    if (1.0..=MILLION).contains(&parts) {
        return parts as u32;
    }
    let message = format!("{} is no share", written.value);
    let help = "write a number that is more than 0 and at most 1: `0.1` keeps one session in ten";
    context.report(Diagnostic::new(Code::BadLimit, written.span, message).help(help.to_owned()));
    0
}

/// For how long: an hour at least, for what is removed is removed in pieces of some minutes.
fn time(context: &mut Context<'_>, written: &Spanned<schema::Time>) -> Option<Duration> {
    let keep = limits::time(context, written, YEAR, "a year")?;
    if keep >= HOUR {
        return Some(keep);
    }
    let message = format!("`{}` is shorter than an hour", written.value.0);
    context.report(Diagnostic::new(Code::BadLimit, written.span, message));
    None
}
