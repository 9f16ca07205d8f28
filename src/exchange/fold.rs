//! Keys that a reader without regard to case takes for one another.
//!
//! The strict reader sees to it that no key stands twice. Some servers and clients (Go's
//! `encoding/json` among them) compare keys without regard to case, so for the keys on which a
//! decision rests this is not enough.

use crate::json::{Value, folds_to};

/// Whether no member of `object` can be taken for another one of `decisive`, for what its key is
/// but for case.
pub(super) fn is_unambiguous(object: Value<'_>, decisive: &[&str]) -> bool {
    object.members().all(|member| {
        let key = member.key();
        decisive.contains(&&*key) || !decisive.iter().any(|name| folds_to(&key, name))
    })
}

/// The member of `object` with this key, unless another one can be taken for it.
pub(super) fn get<'d>(object: Value<'d>, name: &str) -> Option<Value<'d>> {
    let mut found = None;
    for member in object.members() {
        if member.has_key(name) {
            found = Some(member.value());
        } else if folds_to(&member.key(), name) {
            return None;
        }
    }
    found
}

/// Whether a member of `object` that can be taken for `name` has a value that `is`.
pub(super) fn any(object: Value<'_>, name: &str, is: impl Fn(Value<'_>) -> bool) -> bool {
    object
        .members()
        .any(|member| folds_to(&member.key(), name) && is(member.value()))
}
