//! Values that are hidden from one caller of one virtual server.

use crate::guardrail::{Vault, token};
use crate::seal::Safe;

/// How a virtual server hides values from a caller: each is revealed for this virtual server and
/// this caller only.
#[derive(Debug)]
pub struct HiddenValues(pub(super) Safe);

impl Vault for HiddenValues {
    fn hide(&self, value: &str) -> Option<String> {
        token::write(&self.0.hide(value)?)
    }

    fn reveal(&self, token: &str) -> Option<String> {
        self.0.reveal(&token::read(token)?)
    }

    fn digest(&self, value: &str) -> String {
        self.0.digest(value)
    }
}
