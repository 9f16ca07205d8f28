//! The ids by which clients know tasks (SEP-2663).

use super::view::Bond;
use crate::seal::Purpose;

/// How a virtual server writes the ids of tasks: each carries its tool, and opens for this virtual
/// server and this caller only.
#[derive(Debug, Clone, Copy)]
pub struct TaskIds<'p>(pub(super) Bond<'p>);

impl TaskIds<'_> {
    /// The id that a client gets for the server's own one. `None` if that is too long.
    #[must_use]
    pub fn seal(self, tool: &str, id: &str) -> Option<String> {
        self.0.seal(Purpose::TaskId, &[], &[tool, id])
    }

    /// The tool and the server's own id of one that a client has. `None` if it is none that this
    /// virtual server gave out to this caller.
    #[must_use]
    pub fn open(self, sealed: &str) -> Option<(String, String)> {
        let texts = self.0.open(Purpose::TaskId, &[], sealed)?;
        let [tool, id]: [String; 2] = texts.try_into().ok()?;
        Some((tool, id))
    }
}
