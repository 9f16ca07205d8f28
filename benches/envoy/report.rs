//! What was measured, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::setup::{SLUICE, SPANS};

/// The figures of one load on one set-up in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) envoy_cpu_us: f64,
    pub(crate) processor_cpu_us: Option<f64>,
    pub(crate) requests_per_second: f64,
    /// With one connection.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// With all connections.
    pub(crate) busy_p50_us: f64,
    pub(crate) busy_p99_us: f64,
}

/// A column: its name, the figure, and whether it is compared with the do-nothing processor.
type Column = (&'static str, fn(&Figures) -> Option<f64>);

const COLUMNS: [Column; 7] = [
    ("processor_cpu_us", |figures| figures.processor_cpu_us),
    ("envoy_cpu_us", |figures| Some(figures.envoy_cpu_us)),
    ("p50_us", |figures| Some(figures.p50_us)),
    ("p99_us", |figures| Some(figures.p99_us)),
    ("requests_per_second", |figures| {
        Some(figures.requests_per_second)
    }),
    ("busy_p50_us", |figures| Some(figures.busy_p50_us)),
    ("busy_p99_us", |figures| Some(figures.busy_p99_us)),
];

/// What others are compared with.
const BASELINE: &str = "do-nothing";

/// All figures.
pub(crate) struct Report {
    rounds: usize,
    time: Duration,
    connections: usize,
    /// Load, set-up, and a figure a round.
    series: Vec<(&'static str, &'static str, Vec<Figures>)>,
}

/// The least, the median and the most.
#[derive(Debug, Clone, Copy)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        let median = match values.len() % 2 {
            1 => upper,
            _ => f64::midpoint(*values.get(middle.checked_sub(1)?)?, upper),
        };
        Some(Self {
            min: *values.first()?,
            median,
            max: *values.last()?,
        })
    }

    fn json(self) -> Value {
        json!({"min": self.min, "median": self.median, "max": self.max})
    }
}

impl Report {
    pub(crate) fn new(rounds: usize, time: Duration, connections: usize) -> Self {
        Self {
            rounds,
            time,
            connections,
            series: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, load: &'static str, setup: &'static str, figures: Figures) {
        let series = self
            .series
            .iter_mut()
            .find(|(l, s, _)| (*l, *s) == (load, setup));
        match series {
            Some((_, _, series)) => series.push(figures),
            None => self.series.push((load, setup, vec![figures])),
        }
    }

    /// The spread of a figure.
    fn figure(&self, load: &str, setup: &str, column: Column) -> Option<Spread> {
        Spread::of(self.of(load, setup).iter().filter_map(column.1).collect())
    }

    /// The spread of its ratio to the same figure of the baseline, round by round.
    fn ratio(&self, load: &str, setup: &str, column: Column) -> Option<Spread> {
        let ours = self.of(load, setup).iter().filter_map(column.1);
        let base = self.of(load, BASELINE).iter().filter_map(column.1);
        Spread::of(ours.zip(base).map(|(ours, base)| ours / base).collect())
    }

    /// What spans cost: latencies with them in relation to those without, round by round.
    pub(crate) fn spans(&self) -> String {
        let mut text =
            "With spans, in relation to without: median (least – most) of the rounds.\n".to_owned();
        for load in self.loads() {
            for (name, figure) in COLUMNS {
                let with = self.of(load, SPANS).iter().filter_map(figure);
                let without = self.of(load, SLUICE).iter().filter_map(figure);
                let ratios = with.zip(without).map(|(with, without)| with / without);
                if let Some(Spread { min, median, max }) = Spread::of(ratios.collect()) {
                    let line = format!("  {load}: {name} ×{median:.2} ({min:.2} – {max:.2})\n");
                    text.push_str(&line);
                }
            }
        }
        text
    }

    fn of(&self, load: &str, setup: &str) -> &[Figures] {
        let series = self
            .series
            .iter()
            .find(|(l, s, _)| (*l, *s) == (load, setup));
        series.map_or(&[], |(_, _, figures)| figures)
    }

    fn loads(&self) -> Vec<&'static str> {
        let mut loads: Vec<_> = self.series.iter().map(|(load, _, _)| *load).collect();
        loads.dedup();
        loads
    }

    fn setups(&self, load: &str) -> Vec<&'static str> {
        let series = self.series.iter().filter(|(l, _, _)| *l == load);
        series.map(|(_, setup, _)| *setup).collect()
    }

    /// The table for people.
    pub(crate) fn table(&self) -> String {
        let mut table = format!(
            "{} rounds of {:?}, Envoy with one worker. Medians (least – most) of the rounds.\n\
             CPU time in µs a request with {} connections; latency in µs with one connection.\n\
             ×: ratio to {BASELINE}, round by round.\n",
            self.rounds, self.time, self.connections
        );
        let mut row = |cells: [String; 6]| {
            let [name, processor, envoy, p50, p99, rate] = cells;
            let line =
                format!("  {name:<13} {processor:<38} {envoy:<30} {p50:<26} {p99:>7} {rate:>7}");
            table.push_str(line.trim_end());
            table.push('\n');
        };
        for load in self.loads() {
            row(Default::default());
            let head = [load, "processor CPU", "Envoy CPU", "p50", "p99", "req/s"];
            row(head.map(str::to_owned));
            for setup in self.setups(load) {
                let cell = |index: usize, places: usize, spread: bool| {
                    let column = COLUMNS.get(index).copied();
                    let figure = column.and_then(|column| self.figure(load, setup, column));
                    let ratio = column.and_then(|column| self.ratio(load, setup, column));
                    cell(figure, ratio.filter(|_| setup != BASELINE), places, spread)
                };
                let only = |index: usize| {
                    let column = COLUMNS.get(index).copied();
                    let figure = column.and_then(|column| self.figure(load, setup, column));
                    figure.map_or_else(|| "–".to_owned(), |figure| format!("{:.0}", figure.median))
                };
                row([
                    setup.to_owned(),
                    cell(0, 1, true),
                    cell(1, 0, false),
                    cell(2, 0, false),
                    only(3),
                    only(4),
                ]);
            }
        }
        table
    }

    /// Everything, for programs.
    pub(crate) fn json(&self) -> Value {
        let series = self.series.iter().map(|(load, setup, figures)| {
            let columns = COLUMNS.into_iter().filter_map(|column| {
                let figure = self.figure(load, setup, column)?.json();
                let ratio = self.ratio(load, setup, column).map(Spread::json);
                let rounds: Vec<_> = figures.iter().filter_map(column.1).collect();
                let value = json!({"figure": figure, "ratio": ratio, "rounds": rounds});
                Some((column.0.to_owned(), value))
            });
            let columns: serde_json::Map<_, _> = columns.collect();
            json!({"load": load, "setup": setup, "figures": columns})
        });
        json!({
            "rounds": self.rounds,
            "seconds": self.time.as_secs_f64(),
            "connections": self.connections,
            "baseline": BASELINE,
            "series": series.collect::<Vec<_>>(),
        })
    }
}

fn cell(
    figure: Option<Spread>,
    ratio: Option<Spread>,
    places: usize,
    ratio_spread: bool,
) -> String {
    let Some(Spread { min, median, max }) = figure else {
        return "–".to_owned();
    };
    let mut text = format!("{median:.places$} ({min:.places$} – {max:.places$})");
    if let Some(Spread { min, median, max }) = ratio {
        text.push_str(&format!(" ×{median:.2}"));
        if ratio_spread {
            text.push_str(&format!(" ({min:.2} – {max:.2})"));
        }
    }
    text
}
