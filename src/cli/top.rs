//! `sluice top`

mod page;
mod scrape;
mod screen;
mod view;

use std::io;
use std::time::Duration;

use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{Exit, Out};
use crate::clock::steady;
use crate::server::Listen;
use page::Page;
use screen::Screen;
use view::View;

/// How often the page is read.
const INTERVAL: Duration = Duration::from_secs(1);

/// Watch what goes on, in the terminal
///
/// Reads `/metrics` of a `sluice serve --admin ADDRESS` once a second: virtual servers, tools,
/// refusals by reason, rates and how long things take. Keys: q and Esc end it, Tab goes to the next
/// table, left and right change what it is sorted by, up and down go through it.
///
/// Exit codes: 0; 2 if the address can't be read.
#[derive(Debug, Args)]
pub(super) struct Top {
    /// Where the administrator is answered: `127.0.0.1:9902`, `unix:/path/to.sock`
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9902")]
    admin: Listen,
    /// Print what there is since Sluice has started as text, and end
    #[arg(long)]
    once: bool,
    /// The same, as JSON
    #[arg(long)]
    json: bool,
}

impl Top {
    pub(super) fn run(self, out: &mut Out) -> io::Result<Exit> {
        let first = match self.read() {
            Ok(page) => page,
            Err(error) => {
                let admin = &self.admin;
                out.error(&format!(
                    "sluice: can't read the metrics at {admin}: {error}; is there a `sluice serve --admin {admin}`?\n"
                ))?;
                return Ok(Exit::Usage);
            }
        };
        let view = View::of(&first, None);
        if self.json {
            out.print(&format!("{:#}\n", serde_json::to_value(&view)?))?;
        } else if self.once {
            out.print(&screen::text(&view))?;
        } else {
            self.watch(first)?;
        }
        Ok(Exit::Ok)
    }

    fn read(&self) -> io::Result<Page> {
        scrape::metrics(&self.admin).map(|text| Page::read(&text))
    }

    /// Draws until a key ends it. The terminal is as before then, also after a panic.
    fn watch(&self, first: Page) -> io::Result<()> {
        let mut terminal = ratatui::try_init()?;
        let ended = self.draw(&mut terminal, first);
        ratatui::try_restore()?;
        ended
    }

    fn draw(&self, terminal: &mut ratatui::DefaultTerminal, first: Page) -> io::Result<()> {
        let mut screen = Screen::default();
        let mut view = View::of(&first, None);
        let (mut last, mut at) = (first, steady());
        loop {
            terminal.draw(|frame| {
                let area = frame.area();
                screen.paint(&view, area, frame.buffer_mut());
            })?;
            let waits = INTERVAL.saturating_sub(steady().saturating_sub(at));
            if event::poll(waits)? {
                if let Event::Key(key) = event::read()?
                    && key.kind != KeyEventKind::Release
                {
                    if ends(key) {
                        return Ok(());
                    }
                    screen.key(key.code);
                }
                continue;
            }
            let now = steady();
            match self.read() {
                Ok(page) => {
                    view = View::of(&page, Some((&last, now.saturating_sub(at))));
                    (last, screen.trouble) = (page, None);
                }
                Err(error) => screen.trouble = Some(error.to_string()),
            }
            at = now;
        }
    }
}

/// Whether a key ends it.
fn ends(key: KeyEvent) -> bool {
    let is_interrupt = key.modifiers.contains(KeyModifiers::CONTROL);
    matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)
        || (is_interrupt && key.code == KeyCode::Char('c'))
}
