//! The decoder of event streams, and the one form in which events are written.

use sluice::mcp::sse::{COMMENT, Decoder, Event, Item, TooLarge};

use crate::reader::{self, Lines, Read};

/// Checks all that must hold of a stream of events.
///
/// # Panics
///
/// Panics if something does not hold.
pub fn check(data: &[u8]) {
    // From a limit that no event passes to one that some do.
    for limit in [usize::MAX, data.len() / 2, 16] {
        chunks_make_no_difference(data, limit);
    }
    let (items, result) = decode([data], usize::MAX);
    assert_eq!(result, Ok(()));
    let events: Vec<Event> = items.iter().filter_map(event).collect();
    let read: Vec<Read> = events.iter().map(as_read).collect();
    assert_eq!(read, reader::events(data, Lines::Standard));
    writing(&items, &events);
}

fn event(item: &Item) -> Option<Event> {
    match item {
        Item::Event(event) => Some(event.clone()),
        Item::Comment => None,
    }
}

/// What a client has of an event.
fn as_read(event: &Event) -> Read {
    let data = event.data.as_deref();
    Read {
        event: event.event.clone(),
        data: data.map(|data| String::from_utf8_lossy(data).into_owned()),
        id: event.id.clone(),
        retry: event.retry.clone(),
    }
}

fn decode<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
) -> (Vec<Item>, Result<(), TooLarge>) {
    let mut decoder = Decoder::new(limit);
    let mut items = Vec::new();
    for chunk in chunks {
        let pushed = decoder.push(chunk, &mut items);
        if pushed.is_err() {
            return (items, pushed);
        }
    }
    let finished = decoder.finish(&mut items);
    (items, finished)
}

fn chunks_make_no_difference(data: &[u8], limit: usize) {
    let whole = decode([data], limit);
    assert_eq!(decode(data.chunks(1), limit), whole);
    let length = usize::from(data.last().copied().unwrap_or(0)) + 1;
    assert_eq!(decode(data.chunks(length), limit), whole);
    if let Some((first, rest)) = data.split_at_checked(length) {
        assert_eq!(decode([first, &[], rest], limit), whole);
    }
}

/// What is written says the same to all readers, and written again it is the same bytes.
fn writing(items: &[Item], events: &[Event]) {
    let mut written = Vec::new();
    for item in items {
        match item {
            Item::Comment => written.extend_from_slice(COMMENT),
            Item::Event(event) => event.write(&mut written),
        }
    }
    let expected: Vec<Read> = events
        .iter()
        .map(canonical)
        .filter(|event| *event != Read::default())
        .collect();
    for lines in Lines::ALL {
        let read = reader::events(&written, lines);
        assert_eq!(read, expected, "{}", written.escape_ascii());
    }
    let (again, result) = decode([written.as_slice()], usize::MAX);
    assert_eq!(result, Ok(()));
    let again: Vec<Event> = again.iter().filter_map(event).collect();
    assert_eq!(again.iter().map(as_read).collect::<Vec<_>>(), expected);
    let write = |events: &[Event]| {
        let mut written = Vec::new();
        for event in events {
            event.write(&mut written);
        }
        written
    };
    let once = write(&again);
    let (twice, _) = decode([once.as_slice()], usize::MAX);
    let twice: Vec<Event> = twice.iter().filter_map(event).collect();
    assert_eq!(twice, again);
    for event in events {
        leaves_marks(event);
    }
}

/// What is left of an event that is not passed on says nothing but where and when to resume.
fn leaves_marks(event: &Event) {
    let mut left = Vec::new();
    event.clone().leave_marks(&mut left);
    for lines in Lines::ALL {
        for read in reader::events(&left, lines) {
            assert_eq!((read.event, read.data), (None, None));
        }
    }
}

/// What is to be read of an event once it is written.
fn canonical(event: &Event) -> Read {
    let read = as_read(event);
    let plain = |text: &String| !text.contains(|c| escape(c).is_some());
    Read {
        event: read.event.map(|text| {
            text.chars()
                .map(|c| escape(c).map_or(c, |_| '\u{fffd}'))
                .collect()
        }),
        data: read.data.map(|text| {
            text.chars()
                .map(|c| escape(c).map_or_else(|| c.to_string(), str::to_owned))
                .collect()
        }),
        id: read.id.filter(plain),
        retry: read.retry.filter(plain),
    }
}

/// How a character that ends lines for some client is written in JSON.
fn escape(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{b}' => "\\u000b",
        '\u{c}' => "\\u000c",
        '\u{1c}' => "\\u001c",
        '\u{1d}' => "\\u001d",
        '\u{1e}' => "\\u001e",
        '\u{85}' => "\\u0085",
        '\u{2028}' => "\\u2028",
        '\u{2029}' => "\\u2029",
        _ => return None,
    })
}
