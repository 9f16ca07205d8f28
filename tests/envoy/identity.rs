//! Who calls: tokens that nobody should take, and issuers whose keys change or can't be had.

mod place;

mod bad_tokens;
mod delegation;
mod expiry;
mod good_tokens;
mod outage;
mod rotation;
