//! How well and how fast entities are found: `cargo bench --bench detection [-- DATA_DIR]`.
//!
//! Three things are measured, all with one detector: labelled texts of `DATA_DIR` (`corpus` says of
//! what shapes), beside what others reach on them (`baseline`); the hard negatives of Sluice's own,
//! in which there is nothing to find; and the time that it takes, as a ratio to a plain copy of
//! the same bytes and to another parser's reading of them (`speed`). Read the ratios: the absolute
//! figures are those of the machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a person"
)]

mod baseline;
mod corpus;
mod entities;
mod mixed;
mod negatives;
mod report;
mod score;
mod speed;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sluice::detect::{Detector, Entity, Selection};

use corpus::Corpus;
use entities::LookedFor;
use report::{Options, Report};

#[derive(Debug, Parser)]
#[command(about = "Measures how well and how fast entities are found")]
struct Arguments {
    /// A directory of labelled data: `*.json` with texts and spans, `*.jsonl` with examples of secrets
    data: Option<PathBuf>,
    /// What to look for: `default`, `all`, or names of entities with commas between them
    #[arg(long, default_value = "default")]
    entities: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// List what is labelled and was not found
    #[arg(long)]
    misses: bool,
    /// List what was found and is not labelled so
    #[arg(long)]
    false_positives: bool,
    /// Leave the speed out
    #[arg(long, conflicts_with = "only_speed")]
    no_speed: bool,
    /// Measure nothing but the speed
    #[arg(long)]
    only_speed: bool,
    /// Measure the speed on mixed JSON only, not on texts that invite the detector to look far
    #[arg(long)]
    only_mixed: bool,
    /// Rounds of each measurement of speed
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// What `cargo bench` passes; means nothing
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let entities = selected(&arguments.entities)?;
    let selection = Selection {
        entities: entities.clone(),
        custom: Vec::new(),
    };
    let detector = Detector::new(&selection).map_err(|error| error.to_string())?;
    let mut report = Report::new(LookedFor(entities));
    if !arguments.only_speed {
        let data = arguments.data.as_deref().map(Corpus::read).transpose()?;
        report.negatives = Some(negatives::score(&detector)?);
        match data {
            Some(data) => report.score(&detector, &data),
            None => eprintln!("no directory was given: labelled data is left out"),
        }
    }
    if !arguments.no_speed {
        report.speed = Some(speed::measure(
            (&detector, &selection),
            arguments.rounds.max(1),
            !arguments.only_mixed,
        )?);
    }
    if arguments.json {
        println!("{:#}", report.json());
    } else {
        let options = Options {
            misses: arguments.misses,
            false_positives: arguments.false_positives,
        };
        print!("{}", report.text(options));
    }
    Ok(())
}

/// The entities that the command line names.
fn selected(text: &str) -> Result<Vec<Entity>, String> {
    match text {
        "default" => Ok(Entity::DEFAULT.to_vec()),
        "all" => Ok(Entity::ALL.to_vec()),
        names => names
            .split(',')
            .map(|name| {
                Entity::parse(name.trim()).ok_or_else(|| {
                    let known = LookedFor(Entity::ALL.to_vec()).names().join(", ");
                    format!("there is no entity `{name}`; there are: {known}")
                })
            })
            .collect(),
    }
}
