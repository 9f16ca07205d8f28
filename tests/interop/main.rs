//! Every MCP server that the tests have, before every client and every trick.
//!
//! - [`batches`] are several messages at once, at servers that execute them.
//! - [`requests`] are bytes that try to have executed what is hidden.
//! - [`upstreams`] are the servers: one row for each way in which an SDK serves.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../../examples/support/mod.rs"]
mod support;

mod batches;
mod requests;
mod upstreams;

fn main() {
    let mut arguments = libtest_mimic::Arguments::from_args();
    // Each trial has several processes at work, and some measure time.
    arguments.test_threads.get_or_insert(2);
    let mut trials = upstreams::trials();
    trials.extend(batches::trials());
    trials.extend(requests::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    requests::print(&mut std::io::stdout()).unwrap();
    conclusion.exit();
}
