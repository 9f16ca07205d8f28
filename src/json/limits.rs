//! What the reader accepts.

/// The limits of the strict reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep arrays and objects may nest.
    pub depth: usize,
    /// How many digits a number may have, all its parts together.
    pub number_digits: usize,
    /// What becomes of half characters in the strings of values.
    pub lone_surrogates: LoneSurrogates,
}

/// What becomes of an escape that stands for half of a character (`\ud83d` with no low half after
/// it), where it stands in a string that is a value. In a key it is always refused.
///
/// Parsers read it in different ways: some keep it, some replace it, some refuse the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LoneSurrogates {
    /// The document is refused.
    #[default]
    Refuse,
    /// It is read as U+FFFD.
    ///
    /// Servers that cut text by UTF-16 units send such halves, and clients take them. All that is
    /// written anew must then say U+FFFD as well, so that nobody reads another text than the one
    /// that was judged: [`Splice::replace_lone_surrogates`] sees to it.
    ///
    /// [`Splice::replace_lone_surrogates`]: super::Splice::replace_lone_surrogates
    Replace,
}

impl Default for Limits {
    fn default() -> Self {
        // Deeper than 128 some SDKs reject or take quadratic time; real messages stay below 20.
        Self {
            depth: 64,
            number_digits: 128,
            lone_surrogates: LoneSurrogates::Refuse,
        }
    }
}
