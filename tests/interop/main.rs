//! Every MCP server that the tests have, before every client and every trick.
//!
//! - [`batches`] are several messages at once, at servers that execute them.
//! - [`requests`] are bytes that try to have executed what is hidden.
//! - [`framings`] are answers that try to tell of what is hidden.
//! - [`replay`] asks servers that keep what they say to say it again.
//! - [`upstreams`] are the servers: one row for each way in which an SDK serves.
//! - [`clients`] are the clients: one column for each SDK, version and way.
//! - [`matrix`] brings them together, directly and through Sluice, as [`plan`] says.
//! - [`inspector`] is MCP Inspector's command line.
//! - [`report`] prints what came of it, when all has run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../../examples/support/mod.rs"]
mod support;

mod batches;
mod clients;
mod compare;
mod everything;
mod features;
mod framings;
mod inspector;
mod job;
mod matrix;
mod pair;
mod place;
mod plan;
mod replay;
mod report;
mod requests;
mod rust_client;
mod script;
mod tap;
mod upstreams;

fn main() {
    let mut arguments = libtest_mimic::Arguments::from_args();
    // Each trial has several processes at work, and some measure time.
    arguments.test_threads.get_or_insert(matrix::LANES);
    let matrix = matrix::table();
    let mut trials = upstreams::trials();
    trials.extend(matrix::trials(&matrix));
    trials.extend(inspector::trials());
    trials.extend(batches::trials());
    trials.extend(requests::trials());
    trials.extend(framings::trials());
    trials.extend(replay::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    requests::print(&mut std::io::stdout()).unwrap();
    framings::print(&mut std::io::stdout()).unwrap();
    matrix.print(&mut std::io::stdout()).unwrap();
    conclusion.exit();
}
