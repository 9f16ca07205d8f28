//! Addresses of networks: IPv4 (not a version of four parts), IPv6 (RFC 4291), EUI-48.

// Types without input or output, hence from `core`.
use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::cluster::{Gap, span};
use super::engine::Site;
use super::entity::Entity;
use super::found::Found;
use super::text::Text;
use super::vocabulary::Topics;

/// The longest IPv6 address, in bytes: with an IPv4 address at its end.
const LONGEST: usize = 45;

/// Words that stand between what is said and an address.
const BETWEEN: &[&str] = &[
    "to", "from", "at", "on", "via", "by", "is", "in", "with", "and", "or", "for", "are", "was",
];

/// How near the word `version` or the like must be to settle what four octets are, in bytes.
const LABEL: usize = 24;

/// Looks for an IPv4 address whose first octet is the group of this index.
pub(super) fn ipv4(site: &mut Site<'_, '_, '_>, first: usize) {
    let groups = site
        .cluster
        .groups()
        .get(first..first + 4)
        .unwrap_or_default();
    let Some((head, rest)) = groups.split_first() else {
        return;
    };
    if head.len() > 3 || head.gap == Gap::Dot || !rest.iter().all(|group| group.gap == Gap::Dot) {
        return;
    }
    if site.cluster.gap_after(first + 3) == Gap::Dot {
        return;
    }
    let Some(range) = span(groups) else {
        return;
    };
    let Ok(address) = site.text.str(range.clone()).parse::<Ipv4Addr>() else {
        return;
    };
    if is_address(site, &range, address) {
        site.add(Found::new(range, Entity::IpAddress));
    }
}

/// Whether four octets are an address by what stands beside them, and not a version.
fn is_address(site: &mut Site<'_, '_, '_>, range: &Range<usize>, address: Ipv4Addr) -> bool {
    let text = site.text;
    if !text.is_alone(range) || goes_on(text, range.end) || is_marked_version(text, range.start) {
        return false;
    }
    if text.byte_before(range.start).is_none()
        && text.byte(range.end).is_none()
        && text.key.is_none()
    {
        return true;
    }
    let context = site.context(range);
    let version = context.nearest(Topics::VERSION);
    let network = context.nearest(Topics::NETWORK);
    if version < network {
        return version > LABEL && !looks_like_version(address);
    }
    // A name of something before small numbers, and no word of networks: a version of it.
    network < usize::MAX || !looks_like_version(address) || !follows_name(text, range.start)
}

/// Whether what follows four octets makes them a version or a part of one: `1.2.3.4-rc1`.
fn goes_on(text: Text<'_>, end: usize) -> bool {
    let next = text.byte(end + 1);
    match text.byte(end) {
        Some(b'-' | b'+' | b'~') => next.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(b'.') => next.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'*'),
        _ => false,
    }
}

/// Whether a sign before four octets makes them a version: `app/1.2.3.4`, `==1.2.3.4`, `< 1.2.3.4`,
/// `app-1.2.3.4`.
fn is_marked_version(text: Text<'_>, start: usize) -> bool {
    let before = start.checked_sub(2).and_then(|at| text.byte(at));
    match text.byte_before(start) {
        Some(b'/' | b'-') => before.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(b'=') => matches!(before, Some(b'=' | b'>' | b'<' | b'~' | b'!')),
        Some(b' ') => matches!(before, Some(b'<' | b'>' | b'=' | b'^' | b'~')),
        Some(b'^' | b'~' | b'#' | b'.') => true,
        _ => false,
    }
}

fn looks_like_version(address: Ipv4Addr) -> bool {
    let [major, rest @ ..] = address.octets();
    major < 32 && major != 10 && rest.iter().all(|part| *part < 100)
}

/// Whether a name stands right before, with one space between: `nginx 1.25.3.1`.
fn follows_name(text: Text<'_>, start: usize) -> bool {
    let Some(space) = start
        .checked_sub(1)
        .filter(|at| text.byte(*at) == Some(b' '))
    else {
        return false;
    };
    let word = text.run_back(space, 16, |byte| byte.is_ascii_alphanumeric());
    let word = text.str(word..space);
    !word.is_empty() && !BETWEEN.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The IPv6 or hardware address around the `:` at `at`, with where to go on.
pub(super) fn colon(text: Text<'_>, at: usize) -> Option<(Range<usize>, Entity)> {
    let next = text.byte(at + 1)?;
    if !(next.is_ascii_hexdigit() || next == b':') {
        return None;
    }
    let start = text.run_back(at, 4, |byte| byte.is_ascii_hexdigit());
    if text.is_glued_before(start) || matches!(text.byte_before(start), Some(b':' | b'.')) {
        return None;
    }
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let end = text.run(start, LONGEST + 1, is_part);
    let end = start + text.str(start..end).trim_end_matches('.').len();
    let mac = start..start + 17;
    if mac.end == end && is_mac(text.get(mac.clone()), b':') && !text.is_glued_after(end) {
        return Some((mac, Entity::MacAddress));
    }
    ipv6(text, start..end).map(|range| (range, Entity::IpAddress))
}

fn ipv6(text: Text<'_>, range: Range<usize>) -> Option<Range<usize>> {
    // A colon at the end may be the sentence's.
    let written = text.str(range.clone());
    let written = match written.strip_suffix(':') {
        Some(rest) if !rest.ends_with(':') => rest,
        _ => written,
    };
    let range = range.start..range.start + written.len();
    written.parse::<Ipv6Addr>().ok()?;
    // `::` alone, and paths of names such as `a::b`, are no addresses of anyone.
    let groups = written.split(':').filter(|group| !group.is_empty()).count();
    let has_digit = written.bytes().any(|byte| byte.is_ascii_digit());
    // Eight pairs are an identifier of 64 bits.
    let is_eui = !written.contains("::") && written.split(':').all(|group| group.len() == 2);
    let is_plain = (groups >= 3 || (groups > 0 && has_digit)) && !is_eui;
    (is_plain && !text.is_glued_after(range.end)).then_some(range)
}

/// Whether these are six pairs of hexadecimal digits with `mark` between them.
fn is_mac(bytes: &[u8], mark: u8) -> bool {
    let fits = |(index, byte): (usize, &u8)| match index % 3 {
        2 => *byte == mark,
        _ => byte.is_ascii_hexdigit(),
    };
    bytes.len() == 17 && bytes.iter().enumerate().all(fits)
}

/// The hardware address written as three groups of four with dots between, of which one is the
/// token at `token`. Without a letter it would be a number or a version.
pub(super) fn dotted_mac(text: Text<'_>, token: &Range<usize>) -> Option<Range<usize>> {
    let is_group = |from: usize| {
        let group = text.get(from..from + 4);
        group.len() == 4 && group.iter().all(u8::is_ascii_hexdigit)
    };
    let mut start = token.start;
    for _ in 0..2 {
        match start.checked_sub(5) {
            Some(before) if is_group(before) && text.byte(before + 4) == Some(b'.') => {
                start = before;
            }
            _ => break,
        }
    }
    let range = start..start + 14;
    let parted = text.byte(start + 4) == Some(b'.') && text.byte(start + 9) == Some(b'.');
    let lettered = text.get(range.clone()).iter().any(u8::is_ascii_alphabetic);
    let goes_on = text.byte_before(start) == Some(b'.')
        || text.byte(range.end) == Some(b'.')
            && text
                .byte(range.end + 1)
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
    let is_one =
        parted && lettered && is_group(start) && is_group(start + 5) && is_group(start + 10);
    (is_one && !goes_on && text.is_alone(&range)).then_some(range)
}

/// The hardware address written with dashes of which a pair is the token at `token`.
pub(super) fn dashed_mac(text: Text<'_>, token: &Range<usize>) -> Option<Range<usize>> {
    let mut start = token.start;
    let is_pair = |bytes: &[u8]| matches!(bytes, [a, b, b'-'] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    for _ in 0..5 {
        match start.checked_sub(3) {
            Some(before) if is_pair(text.get(before..start)) => start = before,
            _ => break,
        }
    }
    let range = start..start + 17;
    let is_one = is_mac(text.get(range.clone()), b'-') && text.is_alone(&range);
    let is_longer = text.byte(range.end) == Some(b'-') || text.byte_before(start) == Some(b'-');
    (is_one && !is_longer).then_some(range)
}
