//! The two streams that a command writes to.

use std::fmt;
use std::io::{self, IsTerminal, Write};

/// What a command writes to: results on one stream, errors and diagnostics on the other.
pub struct Out {
    results: Stream,
    errors: Stream,
}

struct Stream {
    writer: Box<dyn Write + Send>,
    color: bool,
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out")
            .field("colors", &self.results.color)
            .field("colors_errors", &self.errors.color)
            .finish_non_exhaustive()
    }
}

impl Out {
    /// The process's standard output and standard error; with colors where they are a terminal,
    /// unless `no_color` (what the variable `NO_COLOR` asks for).
    #[must_use]
    pub fn standard(no_color: bool) -> Self {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        Self {
            results: Stream {
                color: stdout.is_terminal() && !no_color,
                writer: Box::new(stdout),
            },
            errors: Stream {
                color: stderr.is_terminal() && !no_color,
                writer: Box::new(stderr),
            },
        }
    }

    /// Whether results may have colors.
    #[must_use]
    pub fn colors(&self) -> bool {
        self.results.color
    }

    /// Whether errors may have colors.
    #[must_use]
    pub fn colors_errors(&self) -> bool {
        self.errors.color
    }

    /// Writes a result, line breaks included.
    ///
    /// # Errors
    ///
    /// The stream cannot be written.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.results.write(text)
    }

    /// Writes an error or a diagnostic, line breaks included.
    ///
    /// # Errors
    ///
    /// The stream cannot be written.
    pub fn error(&mut self, text: &str) -> io::Result<()> {
        self.errors.write(text)
    }
}

impl Stream {
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}
