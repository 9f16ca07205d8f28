//! What Sluice costs: `cargo bench --bench envoy [-- --rounds N --seconds S --json]`.
//!
//! Three Envoys on the same config stand side by side: one without an external processor, one
//! with a processor that decides nothing (`examples/support/do_nothing.rs`: the least that these
//! body modes can cost), and one with `sluice serve`. Each load is put on one after the other, in
//! rounds, so that what else the machine is doing meets all of them. A figure of one round is
//! compared with the figure of the same round; what is printed is the median over the rounds,
//! with the least and the most.
//!
//! CPU time is that of the process over all its threads, as the kernel counts it, so this needs
//! Linux. Read the ratios: the absolute figures are those of the machine.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a person"
)]

mod load;
mod report;
mod setup;
mod upstream;

#[path = "../../examples/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use load::Load;
use report::{Figures, Report};
use setup::Setup;

#[derive(Debug, Parser)]
#[command(about = "Measures what Sluice adds to Envoy")]
struct Arguments {
    /// Rounds; in each, every load meets every set-up once
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds under full load a round, load and set-up; half as long again for the latency
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Connections under full load; the latency is measured with one
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Print JSON, with the figures of every round
    #[arg(long)]
    json: bool,
    /// Only this load: `allowed call`, `denied call` or `list`
    #[arg(long)]
    load: Option<String>,
    /// Leave Sluice out: plain Envoy and the do-nothing processor only
    #[arg(long)]
    without_sluice: bool,
    /// A second Sluice, which writes spans for a collector that takes them and never answers; says
    /// what that costs in relation to the first
    #[arg(long, conflicts_with = "without_sluice")]
    blackhole: bool,
    /// What `cargo bench` passes; means nothing
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What else this executable can be, so that each part is a process of its own.
#[derive(Debug, Subcommand)]
enum Role {
    /// The MCP server; prints its address
    #[command(hide = true)]
    Upstream,
    /// The do-nothing external processor
    #[command(hide = true)]
    DoNothing { socket: PathBuf },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.role {
        None => measure(&arguments),
        Some(Role::Upstream) => upstream::serve_forever(),
        Some(Role::DoNothing { socket }) => support::do_nothing::serve_forever(socket),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<(), String> {
    let full = Duration::try_from_secs_f64(arguments.seconds).map_err(|error| error.to_string())?;
    let setups = Setup::start_all(!arguments.without_sluice, arguments.blackhole)?;
    let loads = Load::all();
    let wanted = |load: &Load| arguments.load.as_ref().is_none_or(|name| name == load.name);
    if !loads.iter().any(wanted) {
        return Err("there is no such load".to_owned());
    }
    let mut report = Report::new(arguments.rounds, full, arguments.connections);
    for round in 0..arguments.rounds {
        eprintln!("round {} of {}", round + 1, arguments.rounds);
        for load in loads.iter().filter(|load| wanted(load)) {
            // Each set-up comes first in some round.
            for index in 0..setups.len() {
                let Some(setup) = setups.get((index + round) % setups.len()) else {
                    continue;
                };
                let figures = one(setup, load, full, arguments.connections)
                    .map_err(|error| format!("{} / {}: {error}", load.name, setup.name))?;
                report.add(load.name, setup.name, figures);
            }
        }
    }
    match arguments.json {
        true => println!("{}", report.json()),
        false => println!("{}", report.table()),
    }
    if arguments.blackhole && !arguments.json {
        println!("{}", report.spans());
        for setup in &setups {
            if let Some(bytes) = setup.resident_bytes()? {
                println!("  {} holds {} MiB", setup.name, bytes >> 20);
            }
        }
    }
    Ok(())
}

/// The figures of one load on one set-up in one round.
fn one(setup: &Setup, load: &Load, full: Duration, connections: usize) -> Result<Figures, String> {
    let answer = load.answer(setup.decides());
    let run = |connections, time| load::run(setup.address(), load, answer, connections, time);
    run(connections, full / 5)?;
    let before = setup.cpu()?;
    let busy = run(connections, full)?;
    let used = setup.cpu()?.since(before);
    run(1, full / 10)?;
    let alone = run(1, full / 2)?;
    #[expect(clippy::cast_precision_loss, reason = "these are not so many")]
    let requests = busy.latencies.len() as f64;
    Ok(Figures {
        envoy_cpu_us: used.envoy.as_secs_f64() * 1e6 / requests,
        processor_cpu_us: used
            .processor
            .map(|used| used.as_secs_f64() * 1e6 / requests),
        requests_per_second: requests / busy.elapsed.as_secs_f64(),
        p50_us: micros(alone.latencies.value_at_quantile(0.50)),
        p99_us: micros(alone.latencies.value_at_quantile(0.99)),
        busy_p50_us: micros(busy.latencies.value_at_quantile(0.50)),
        busy_p99_us: micros(busy.latencies.value_at_quantile(0.99)),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a latency is not so long")]
fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1e3
}
