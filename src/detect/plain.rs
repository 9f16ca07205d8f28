//! Tokens that are full of digits and nobody's: ids of 128 bits, days and times.

use std::ops::Range;

use super::number::is_day;
use super::text::Text;

/// The length of an id such as `550e8400-e29b-41d4-a716-446655440000`, in bytes.
const UUID: usize = 36;

/// Where the token's group may begin in such an id.
const GROUPS: [usize; 5] = [0, 9, 14, 19, 24];

/// Where to go on after the id or the time that this token is in.
pub(super) fn skip(text: Text<'_>, token: &Range<usize>) -> Option<usize> {
    match token.len() {
        4 => uuid(text, token).or_else(|| day(text, token.start)),
        8 | 12 => uuid(text, token),
        _ => None,
    }
}

fn uuid(text: Text<'_>, token: &Range<usize>) -> Option<usize> {
    let is_joined =
        text.byte(token.end) == Some(b'-') || text.byte_before(token.start) == Some(b'-');
    if !is_joined {
        return None;
    }
    let starts = GROUPS
        .iter()
        .filter_map(|group| token.start.checked_sub(*group));
    let ends = starts.filter(|start| is_uuid(text.get(*start..start + UUID)));
    ends.map(|start| start + UUID).find(|end| *end >= token.end)
}

fn is_uuid(bytes: &[u8]) -> bool {
    let fits = |(index, byte): (usize, &u8)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    bytes.len() == UUID && bytes.iter().enumerate().all(fits)
}

/// The end of the day `2024-01-31` at `start`, and of the time after it.
fn day(text: Text<'_>, start: usize) -> Option<usize> {
    let &[b'1' | b'2', b'0' | b'9', _, _, b'-', m, n, b'-', d, e] = text.get(start..start + 10)
    else {
        return None;
    };
    let number = |tens: u8, ones: u8| {
        let both = [tens, ones].iter().all(u8::is_ascii_digit);
        both.then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
    };
    let end = start + 10;
    if !is_day(number(m, n)?, number(d, e)?)
        || text.byte(end).is_some_and(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let is_time =
        matches!(text.get(end..end + 4), [b'T' | b' ', h, i, b':'] if number(*h, *i).is_some());
    let is_part = |byte: u8| byte.is_ascii_digit() || b":.,TZ+-".contains(&byte);
    Some(if is_time {
        text.run(end + 1, 24, is_part)
    } else {
        end
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where to go on after the first token of a text.
    fn after(text: &str) -> Option<usize> {
        let text = Text::new(text, None);
        let end = text.run(0, usize::MAX, |byte| byte.is_ascii_alphanumeric());
        skip(text, &(0..end))
    }

    #[test]
    fn ids_and_times_are_skipped_as_a_whole() {
        assert_eq!(after("550e8400-e29b-41d4-a716-446655440000"), Some(36));
        assert_eq!(after("2024-01-31"), Some(10));
        assert_eq!(after("2024-01-31T10:30:00.123Z x"), Some(24));
        assert_eq!(after("2024-01-31 4111"), Some(10));
    }

    #[test]
    fn what_is_none_is_looked_at() {
        let texts = [
            "550e8400-e29b-41d4-a716-44665544000",
            "2024-13-31",
            "4111-11-11",
            "2024-01-311",
        ];
        for text in texts {
            assert_eq!(after(text), None, "{text}");
        }
    }

    #[test]
    fn a_later_group_leads_to_the_end_too() {
        let text = Text::new("abcdefab-1234-abcd-abcd-abcdefabcdef", None);
        assert_eq!(skip(text, &(9..13)), Some(36));
    }
}
