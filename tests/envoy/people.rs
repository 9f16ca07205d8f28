//! Callers who are someone: what each of them may do, with what credential, and in which session.

mod canaries;
mod credentials;
mod failures;
mod load;
mod oauth;
mod place;
mod sessions;
mod tools;
mod visitor;
mod vouched;
