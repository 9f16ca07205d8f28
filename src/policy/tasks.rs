//! The ids by which clients know tasks (SEP-2663).

use crate::seal::{Keys, Purpose};

/// How a virtual server writes the ids of tasks: each carries its tool, and opens for this virtual
/// server only.
#[derive(Debug, Clone, Copy)]
pub struct TaskIds<'p> {
    pub(super) keys: &'p Keys,
    pub(super) virtual_server: &'p str,
}

impl TaskIds<'_> {
    /// The id that a client gets for the server's own one. `None` if that is too long.
    #[must_use]
    pub fn seal(self, tool: &str, id: &str) -> Option<String> {
        self.keys
            .seal(Purpose::TaskId, self.virtual_server, &[tool, id])
    }

    /// The tool and the server's own id of one that a client has. `None` if it is none that this
    /// virtual server gave out.
    #[must_use]
    pub fn open(self, sealed: &str) -> Option<(String, String)> {
        let texts = self
            .keys
            .open(Purpose::TaskId, self.virtual_server, sealed)?;
        let [tool, id]: [String; 2] = texts.try_into().ok()?;
        Some((tool, id))
    }
}
