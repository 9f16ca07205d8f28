//! The shape of a token, as its vendor documents it: literals, and runs of an alphabet.
//!
//! A shape is written in one line: `ghp_%a{36}` is `ghp_` and 36 letters or digits. After `%` stands
//! an alphabet (see [`Set`]), then how many of it: `{36}`, `{20,40}` or `{20,}`; without a number
//! it is one. `%U` is a UUID. All else stands for itself, in this case of letters.

use super::bytes::at;

/// The longest run of one alphabet; what is longer is no token.
const LONGEST: usize = 4096;

/// An alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// `%d`
    Digit,
    /// `%h`: hexadecimal, lower case
    Hex,
    /// `%H`: hexadecimal, upper case
    UpperHex,
    /// `%x`: hexadecimal, either case
    AnyHex,
    /// `%c`: lower-case letters
    Lower,
    /// `%C`: upper-case letters
    Upper,
    /// `%l`: lower-case letters and digits
    LowerDigit,
    /// `%u`: upper-case letters and digits
    UpperDigit,
    /// `%a`: letters and digits
    Alnum,
    /// `%w`: base64url, letters, digits, `_` and `-`
    Url,
    /// `%t`: base64url and dots
    Dotted,
    /// `%b`: base64 with its padding
    Base64,
}

impl Set {
    fn parse(letter: u8) -> Option<Self> {
        Some(match letter {
            b'd' => Self::Digit,
            b'h' => Self::Hex,
            b'H' => Self::UpperHex,
            b'x' => Self::AnyHex,
            b'c' => Self::Lower,
            b'C' => Self::Upper,
            b'l' => Self::LowerDigit,
            b'u' => Self::UpperDigit,
            b'a' => Self::Alnum,
            b'w' => Self::Url,
            b't' => Self::Dotted,
            b'b' => Self::Base64,
            _ => return None,
        })
    }

    /// Whether a byte is of this alphabet.
    pub(super) fn holds(self, byte: u8) -> bool {
        let sets = SETS.get(usize::from(byte)).copied().unwrap_or(0);
        sets >> (self as u16) & 1 == 1
    }

    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::UpperHex => byte.is_ascii_digit() || matches!(byte, b'A'..=b'F'),
            Self::AnyHex => byte.is_ascii_hexdigit(),
            Self::Lower => byte.is_ascii_lowercase(),
            Self::Upper => byte.is_ascii_uppercase(),
            Self::LowerDigit => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            Self::UpperDigit => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }

    /// All of them.
    const ALL: [Self; 12] = [
        Self::Digit,
        Self::Hex,
        Self::UpperHex,
        Self::AnyHex,
        Self::Lower,
        Self::Upper,
        Self::LowerDigit,
        Self::UpperDigit,
        Self::Alnum,
        Self::Url,
        Self::Dotted,
        Self::Base64,
    ];
}

/// For each byte a bit for each alphabet that has it.
static SETS: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut set = 0;
        while set < Set::ALL.len() {
            #[expect(
                clippy::indexing_slicing,
                clippy::cast_possible_truncation,
                reason = "computed by the compiler"
            )]
            if Set::ALL[set].has(byte as u8) {
                table[byte] |= 1 << (Set::ALL[set] as u16);
            }
            set += 1;
        }
        byte += 1;
    }
    table
};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    Run { set: Set, least: usize, most: usize },
}

/// A shape, ready to be held against text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape(Vec<Part>);

impl Shape {
    /// Reads a shape; `None` where it is written wrongly, which a test of all tables rules out.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let literal = rest.find('%').unwrap_or(rest.len());
            let (head, tail) = rest.split_at_checked(literal)?;
            if !head.is_empty() {
                parts.push(Part::Literal(head));
            }
            rest = match tail.strip_prefix('%') {
                Some(tail) => take_run(tail, &mut parts)?,
                None => tail,
            };
        }
        Some(Self(parts))
    }

    /// The literal that it begins with.
    pub(super) fn prefix(&self) -> &'static str {
        match self.0.first() {
            Some(Part::Literal(prefix)) => prefix,
            Some(Part::Run { .. }) | None => "",
        }
    }

    /// Whether it begins with a literal that chance does not lead to.
    pub(super) fn is_marked(&self) -> bool {
        self.prefix().len() >= 4
    }

    /// Whether a token of this shape may begin at a place, for a first run of a fixed length by
    /// the literal after it.
    pub(super) fn may_begin(&self, bytes: &[u8], from: usize) -> bool {
        match self.0.as_slice() {
            [Part::Run { set, least, most }, Part::Literal(next), ..] => {
                let literal = || {
                    bytes
                        .get(from + least..)
                        .is_some_and(|rest| rest.starts_with(next.as_bytes()))
                };
                set.holds(at(bytes, from)) && (least != most || literal())
            }
            _ => true,
        }
    }

    /// How many literals it has.
    pub(super) fn literals(&self) -> usize {
        let literal = |part: &&Part| matches!(part, Part::Literal(_));
        self.0.iter().filter(literal).count()
    }

    /// Where a token of this shape that begins at a place ends, if one does. What follows it must
    /// not carry it on.
    pub(super) fn end(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut place = from;
        let mut last = None;
        for part in &self.0 {
            place = match part {
                Part::Literal(text) => bytes
                    .get(place..)?
                    .starts_with(text.as_bytes())
                    .then(|| place + text.len())?,
                Part::Run { set, least, most } => run(bytes, place, *set, (*least, *most))?,
            };
            last = Some(part);
        }
        let next = at(bytes, place);
        let goes_on = match last? {
            Part::Run { set, .. } => set.holds(next),
            Part::Literal(_) => false,
        };
        (!goes_on && !next.is_ascii_alphanumeric()).then_some(place)
    }
}

fn run(bytes: &[u8], from: usize, set: Set, (least, most): (usize, usize)) -> Option<usize> {
    let count = bytes
        .get(from..)?
        .iter()
        .take(most)
        .take_while(|byte| set.holds(**byte))
        .count();
    (count >= least).then_some(from + count)
}

/// Takes what stands after a `%`, and gives the rest.
fn take_run(tail: &'static str, parts: &mut Vec<Part>) -> Option<&'static str> {
    let letter = *tail.as_bytes().first()?;
    let tail = tail.get(1..)?;
    if letter == b'U' {
        push_uuid(parts);
        return Some(tail);
    }
    let set = Set::parse(letter)?;
    let Some(counted) = tail.strip_prefix('{') else {
        parts.push(Part::Run {
            set,
            least: 1,
            most: 1,
        });
        return Some(tail);
    };
    let (count, tail) = counted.split_once('}')?;
    let (least, most) = match count.split_once(',') {
        None => (count.parse().ok()?, count.parse().ok()?),
        Some((least, "")) => (least.parse().ok()?, LONGEST),
        Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
    };
    parts.push(Part::Run { set, least, most });
    Some(tail)
}

fn push_uuid(parts: &mut Vec<Part>) {
    for (index, count) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            parts.push(Part::Literal("-"));
        }
        parts.push(Part::Run {
            set: Set::AnyHex,
            least: count,
            most: count,
        });
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::{Part, Shape};

    /// A text of this shape; what differs in `seed` differs in the runs.
    pub(in super::super) fn sample(shape: &Shape, seed: usize) -> String {
        let mut text = String::new();
        let mut turn = seed;
        for part in &shape.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Run { set, least, .. } => {
                    let letters: Vec<u8> = (b'!'..=b'~')
                        .filter(|byte| set.holds(*byte) && *byte != b'=')
                        .collect();
                    for _ in 0..*least {
                        turn = turn
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695);
                        text.push(char::from(letters[(turn >> 33) % letters.len()]));
                    }
                }
            }
        }
        text
    }

    /// Without the last run's last letter, where the run may not be shorter.
    pub(in super::super) fn short(shape: &Shape, seed: usize) -> Option<String> {
        match shape.0.last()? {
            Part::Run { least, .. } if *least > 1 => {
                let mut text = sample(shape, seed);
                text.pop();
                Some(text)
            }
            Part::Run { .. } | Part::Literal(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(shape: &'static str, text: &str) -> Option<usize> {
        Shape::parse(shape).unwrap().end(text.as_bytes(), 0)
    }

    #[test]
    fn a_shape_matches_what_it_says_and_nothing_longer() {
        for (shape, text, expected) in [
            ("ab_%d{3}", "ab_123", Some(6)),
            ("ab_%d{3}", "ab_123,", Some(6)),
            ("ab_%d{3}", "ab_1234", None),
            ("ab_%d{3}", "ab_12", None),
            ("ab_%d{3}", "ab_123x", None),
            ("ab_%d{2,4}", "ab_1234", Some(7)),
            ("ab_%d{2,4}", "ab_12345", None),
            ("ab_%h{2,}", "ab_00ff", Some(7)),
            ("%U", "123e4567-e89b-12d3-a456-426614174000", Some(36)),
            ("%U", "123e4567-e89b-12d3-a456-42661417400", None),
            ("%u{2}.%c{2}-x", "A1.bc-x", Some(7)),
            ("%a%w%t%b%C%l%x%H", "a_.=AafF", Some(8)),
            ("a%d{1}", "A1", None),
        ] {
            assert_eq!(end(shape, text), expected, "{shape} on {text}");
        }
    }

    #[test]
    fn a_shape_that_is_written_wrongly_is_none() {
        for shape in ["%", "%q{3}", "a%d{3", "a%d{x}", "%d{1,x}"] {
            assert_eq!(Shape::parse(shape), None, "{shape}");
        }
    }
}
