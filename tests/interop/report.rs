//! The tables that are printed when everything has run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;

/// A table whose cells come in any order, from any thread.
#[derive(Debug)]
pub(crate) struct Table {
    title: &'static str,
    rows: Vec<String>,
    columns: Vec<String>,
    filled: Mutex<Filled>,
}

#[derive(Debug, Default)]
struct Filled {
    /// By row and column.
    cells: BTreeMap<(usize, usize), String>,
    /// Why cells are empty: the first reason is `a`.
    legend: Vec<String>,
    /// What was counted, in the order in which it was first counted.
    totals: Vec<(&'static str, u64)>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(title: &'static str, rows: Vec<String>, columns: Vec<String>) -> Self {
        Self {
            title,
            rows,
            columns,
            filled: Mutex::default(),
        }
    }

    /// Fills a cell.
    pub(crate) fn set(&self, row: &str, column: &str, text: impl Into<String>) {
        let at = |names: &[String], name: &str| names.iter().position(|other| other == name);
        let row = at(&self.rows, row).unwrap();
        let column = at(&self.columns, column).unwrap();
        let mut filled = self.filled.lock().unwrap();
        filled.cells.insert((row, column), text.into());
    }

    /// Says that there is nothing to fill a cell with, and why.
    pub(crate) fn cannot(&self, row: &str, column: &str, reason: &str) {
        let mut filled = self.filled.lock().unwrap();
        let known = filled.legend.iter().position(|other| other == reason);
        let number = known.unwrap_or_else(|| {
            filled.legend.push(reason.to_owned());
            filled.legend.len() - 1
        });
        drop(filled);
        self.set(row, column, format!("– {}", letter(number)));
    }

    /// Adds to a total; adding 0 has it printed.
    pub(crate) fn count(&self, what: &'static str, number: u64) {
        let totals = &mut self.filled.lock().unwrap().totals;
        match totals.iter_mut().find(|(other, _)| *other == what) {
            Some((_, total)) => *total += number,
            None => totals.push((what, number)),
        }
    }

    /// Prints the table, the legend and the totals; nothing if nothing was filled.
    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let filled = self.filled.lock().unwrap();
        if filled.cells.is_empty() && filled.totals.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}\n", self.title)?;
        let lines = self.lines(&filled.cells);
        let widths: Vec<usize> = (0..=self.columns.len())
            .map(|column| lines.iter().map(|line| width(&line[column])).max())
            .map(Option::unwrap_or_default)
            .collect();
        for line in &lines {
            let cells = line.iter().zip(&widths);
            let padded = cells.map(|(cell, width)| pad(cell, *width));
            let line = padded.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
        }
        for (number, reason) in filled.legend.iter().enumerate() {
            writeln!(out, "– {}: {reason}", letter(number))?;
        }
        let totals = filled.totals.iter();
        let totals = totals.map(|(what, number)| format!("{what}: {number}"));
        writeln!(out, "\n{}", totals.collect::<Vec<_>>().join("; "))
    }

    /// The titles and the cells, row by row. Titles of columns are split over lines at spaces,
    /// since there are many columns.
    fn lines(&self, cells: &BTreeMap<(usize, usize), String>) -> Vec<Vec<String>> {
        let words =
            |title: &String| -> Vec<String> { title.split(' ').map(str::to_owned).collect() };
        let titles: Vec<Vec<String>> = self.columns.iter().map(words).collect();
        let height = titles.iter().map(Vec::len).max().unwrap_or_default();
        let head = (0..height).map(|line| {
            let word = |title: &Vec<String>| title.get(line).cloned().unwrap_or_default();
            let words = titles.iter().map(word);
            std::iter::once(String::new()).chain(words).collect()
        });
        let body = self.rows.iter().enumerate().map(|(row, title)| {
            let cell = |column| cells.get(&(row, column)).cloned().unwrap_or_default();
            let cells = (0..self.columns.len()).map(cell);
            std::iter::once(title.clone()).chain(cells).collect()
        });
        head.chain(body).collect()
    }
}

/// The letter of a reason; there are never many.
fn letter(number: usize) -> char {
    ('a'..='z').nth(number).unwrap_or('?')
}

/// Columns of a terminal, as far as the texts here need it.
fn width(text: &str) -> usize {
    text.chars().count()
}

fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}
