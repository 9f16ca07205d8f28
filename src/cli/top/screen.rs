//! What is shown, drawn.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Row as Cells, StatefulWidget, Table, TableState, Widget};

use super::view::{Row, View};

/// How wide the text of `--once` is, in columns.
const WIDTH: u16 = 100;

/// By what tables can be sorted.
const SORTS: [&str; 4] = ["name", "total", "rate", "p99"];

/// What keys have chosen.
#[derive(Debug, Default)]
pub(super) struct Screen {
    table: usize,
    sort: usize,
    selected: [TableState; 3],
    /// Why there is nothing new.
    pub(super) trouble: Option<String>,
}

impl Screen {
    /// Does what a key says.
    pub(super) fn key(&mut self, key: KeyCode) {
        let state = self.selected.get_mut(self.table);
        if key == KeyCode::Tab {
            self.table = (self.table + 1) % 3;
        } else if key == KeyCode::Right {
            self.sort = (self.sort + 1) % SORTS.len();
        } else if key == KeyCode::Left {
            self.sort = (self.sort + SORTS.len() - 1) % SORTS.len();
        } else if let (KeyCode::Down, Some(state)) = (key, &state) {
            let next = state.selected().map_or(0, |index| index + 1);
            self.select(next);
        } else if let (KeyCode::Up, Some(state)) = (key, &state) {
            let next = state.selected().unwrap_or(0).saturating_sub(1);
            self.select(next);
        }
    }

    fn select(&mut self, index: usize) {
        if let Some(state) = self.selected.get_mut(self.table) {
            state.select(Some(index));
        }
    }

    /// Draws all of it.
    pub(super) fn paint(&mut self, view: &View, area: Rect, buffer: &mut Buffer) {
        let heights = [
            Constraint::Length(1),
            Constraint::Length(height(&view.servers).min(area.height / 3)),
            Constraint::Fill(1),
            Constraint::Length(height(&view.refusals).min(area.height / 3)),
        ];
        let [head, servers, tools, refusals] = Layout::vertical(heights).areas(area);
        Line::from(self.head(view)).render(head, buffer);
        let tables = [
            ("virtual servers", "refused", &view.servers, servers),
            ("tools", "failed", &view.tools, tools),
            ("refusals", "", &view.refusals, refusals),
        ];
        for (index, (title, failed, rows, area)) in tables.into_iter().enumerate() {
            let is_chosen = index == self.table;
            let table = table(title, failed, self.sorted(rows), is_chosen);
            if let Some(state) = self.selected.get_mut(index) {
                StatefulWidget::render(table, area, buffer, state);
            }
        }
    }

    fn head(&self, view: &View) -> String {
        let number = |number: Option<f64>| number.map_or("-".to_owned(), |it| format!("{it:.0}"));
        let mut head = format!(
            "in flight {}   manifest {}   sorted by {}",
            number(view.in_flight),
            number(view.generation),
            SORTS.get(self.sort).unwrap_or(&"name"),
        );
        if let Some(trouble) = &self.trouble {
            head += &format!("   nothing new: {trouble}");
        }
        head
    }

    fn sorted(&self, rows: &[Row]) -> Vec<Row> {
        let mut rows = rows.to_vec();
        let by = |row: &Row| match self.sort {
            1 => row.total,
            2 => row.rate.unwrap_or(0.0),
            3 => row.quantiles.map_or(0.0, |[_, _, last]| last),
            _ => 0.0,
        };
        rows.sort_by(|a, b| by(b).total_cmp(&by(a)));
        rows
    }
}

/// How many lines a table takes, with its border and its head.
fn height(rows: &[Row]) -> u16 {
    u16::try_from(rows.len())
        .unwrap_or(u16::MAX)
        .saturating_add(3)
}

fn table<'t>(title: &'t str, failed: &'t str, rows: Vec<Row>, is_chosen: bool) -> Table<'t> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let widths = [
        Constraint::Fill(1),
        Constraint::Length(10),
        Constraint::Length(9),
        Constraint::Length(10),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(9),
    ];
    let head = ["name", "total", "per s", failed, "p50", "p95", "p99"];
    let style = if is_chosen { bold } else { Style::new() };
    Table::new(rows.into_iter().map(cells), widths)
        .header(Cells::new(head).style(bold))
        .block(Block::bordered().title(title).border_style(style))
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED))
}

fn cells(row: Row) -> Cells<'static> {
    let number = |number: Option<f64>, places: usize| {
        number.map_or("-".to_owned(), |number| format!("{number:.places$}"))
    };
    let [p50, p95, p99] = row.quantiles.map_or([const { None }; 3], |it| it.map(Some));
    let cells = [
        row.name,
        number(Some(row.total), 0),
        number(row.rate, 1),
        number(row.failed, 0),
        span(p50),
        span(p95),
        span(p99),
    ];
    Cells::new(cells)
}

/// A time, as people say it.
fn span(seconds: Option<f64>) -> String {
    match seconds {
        None => "-".to_owned(),
        Some(seconds) if seconds < 0.001 => format!("{:.0} µs", seconds * 1e6),
        Some(seconds) if seconds < 1.0 => format!("{:.1} ms", seconds * 1e3),
        Some(seconds) => format!("{seconds:.2} s"),
    }
}

/// All of it as text.
pub(super) fn text(view: &View) -> String {
    let lines = [&view.servers, &view.tools, &view.refusals].map(|rows| height(rows));
    let all = lines.into_iter().fold(1, u16::saturating_add);
    // A third is enough for each of the tables that take no more than that.
    let longest = lines.into_iter().max().unwrap_or(0).saturating_mul(3);
    let area = Rect::new(0, 0, WIDTH, all.max(longest).min(u16::MAX / WIDTH));
    let mut buffer = Buffer::empty(area);
    Screen::default().paint(view, area, &mut buffer);
    let mut text = String::new();
    for line in buffer.content().chunks(usize::from(WIDTH)) {
        let line: String = line.iter().map(|cell| cell.symbol()).collect();
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn view() -> View {
        let row = |name: &str, total: f64, p99: f64| Row {
            name: name.to_owned(),
            total,
            rate: Some(total / 10.0),
            failed: Some(1.0),
            quantiles: Some([0.0004, 0.05, p99]),
        };
        View {
            in_flight: Some(3.0),
            generation: None,
            servers: vec![row("triage", 25.0, 1.5)],
            tools: vec![
                row("triage get_me", 20.0, 0.1),
                row("triage test_*", 5.0, 1.5),
            ],
            refusals: vec![Row {
                name: "tool_not_enabled".to_owned(),
                total: 1.0,
                ..Row::default()
            }],
        }
    }

    #[test]
    fn a_frame_has_all_of_it() {
        let mut terminal = Terminal::new(TestBackend::new(90, 18)).unwrap();
        let mut screen = Screen::default();
        let keys = [
            KeyCode::Tab,
            KeyCode::Left,
            KeyCode::Down,
            KeyCode::Down,
            KeyCode::Up,
        ];
        for key in keys {
            screen.key(key);
        }
        terminal
            .draw(|frame| screen.paint(&view(), frame.area(), frame.buffer_mut()))
            .unwrap();
        insta::assert_snapshot!(terminal.backend(), @r#"
        "in flight 3   manifest -   sorted by p99                                                  "
        "┌virtual servers─────────────────────────────────────────────────────────────────────────┐"
        "│name                       total      per s     refused    p50       p95       p99      │"
        "│triage                     25         2.5       1          400 µs    50.0 ms   1.50 s   │"
        "└────────────────────────────────────────────────────────────────────────────────────────┘"
        "┌tools───────────────────────────────────────────────────────────────────────────────────┐"
        "│name                       total      per s     failed     p50       p95       p99      │"
        "│triage test_*              5          0.5       1          400 µs    50.0 ms   1.50 s   │"
        "│triage get_me              20         2.0       1          400 µs    50.0 ms   100.0 ms │"
        "│                                                                                        │"
        "│                                                                                        │"
        "│                                                                                        │"
        "│                                                                                        │"
        "└────────────────────────────────────────────────────────────────────────────────────────┘"
        "┌refusals────────────────────────────────────────────────────────────────────────────────┐"
        "│name                       total      per s                p50       p95       p99      │"
        "│tool_not_enabled           1          -         -          -         -         -        │"
        "└────────────────────────────────────────────────────────────────────────────────────────┘"
        "#);
    }

    #[test]
    fn as_text_nothing_is_cut() {
        let text = text(&view());
        for name in [
            "triage get_me",
            "triage test_*",
            "tool_not_enabled",
            "in flight 3",
        ] {
            assert!(text.contains(name), "{text}");
        }
        assert!(super::text(&View::default()).contains("in flight -"));
    }
}
