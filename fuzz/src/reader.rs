//! Readers of event streams as clients have them, written from the standard and not from Sluice.

/// Where a reader ends lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// At CR LF, LF and CR, as the standard says.
    Standard,
    /// Wherever Python's `splitlines` does.
    Python,
    /// At LF alone, a CR before it taken off, as scanners of lines do.
    Feeds,
}

impl Lines {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Standard, Self::Python, Self::Feeds];

    fn of(self, text: &str) -> Vec<String> {
        let unified = text.replace("\r\n", "\n");
        let lines: Vec<&str> = match self {
            Self::Standard => unified.split(['\n', '\r']).collect(),
            Self::Python => unified
                .split([
                    '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}',
                    '\u{2028}', '\u{2029}',
                ])
                .collect(),
            Self::Feeds => unified.split('\n').collect(),
        };
        lines.into_iter().map(str::to_owned).collect()
    }
}

/// An event as a client has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Read {
    /// The type, if it is not empty.
    pub(crate) event: Option<String>,
    /// The data.
    pub(crate) data: Option<String>,
    /// The id.
    pub(crate) id: Option<String>,
    /// The time to wait, in milliseconds.
    pub(crate) retry: Option<String>,
}

/// The events of a whole stream, the one that no blank line ends included.
#[must_use]
pub(crate) fn events(stream: &[u8], lines: Lines) -> Vec<Read> {
    let text = String::from_utf8_lossy(stream);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut events = Vec::new();
    let mut event = Read::default();
    for line in lines.of(text).iter().map(String::as_str).chain([""]) {
        if line.is_empty() {
            events.push(std::mem::take(&mut event));
        } else {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            event.take(name, value.strip_prefix(' ').unwrap_or(value));
        }
    }
    events.retain(|event| *event != Read::default());
    events
}

impl Read {
    fn take(&mut self, name: &str, value: &str) {
        let text = Some(value.to_owned());
        let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
        match name {
            "data" => {
                self.data = match self.data.take() {
                    Some(before) => Some(before + "\n" + value),
                    None => text,
                }
            }
            "event" => self.event = text.filter(|name| !name.is_empty()),
            "id" if !value.contains('\0') => self.id = text,
            // More digits than these some client reads as another number.
            "retry" if is_number && (1..=18).contains(&value.len()) => self.retry = text,
            _ => {}
        }
    }
}
