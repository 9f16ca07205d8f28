//! Callers who are someone: what each of them may do, with what credential, and in which session.

mod sessions;
#[allow(dead_code, reason = "more is done as someone with a token")]
mod visitor;
