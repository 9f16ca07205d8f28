//! Tokens in arguments turn back into the values that they stand for.

use super::super::report::{Action, Finding, Report};
use super::super::walk::{Edit, TextKind, walk};
use super::super::{Input, Path, token};
use crate::guardrail::Vault;
use crate::json::Splice;

/// What a finding of a token that was turned back is called.
const RULE: &str = "token_restored";

/// Puts values in the place of the tokens that stand for them for this caller: as a whole text,
/// within a text, and in the JSON that a text holds. Others stay as they are, and so do those in keys.
pub fn restore<'d>(input: &Input<'_, 'd>, splice: &mut Splice<'d>, report: &mut Report) {
    let Some(vault) = input.vault else {
        return;
    };
    walk(input, splice, &mut |text| {
        // What a key is called may be told to the client.
        if text.kind != TextKind::String {
            return Edit::Keep;
        }
        let Some(restored) = restored(text.text, vault) else {
            return Edit::Keep;
        };
        report.find_with(|| Finding {
            rule: RULE.into(),
            path: Path(text.path.to_vec()).to_string(),
            entity: None,
            action: Action::Change,
        });
        Edit::Replace(restored)
    });
}

/// A text with the values in the place of the tokens that stand for them; `None` if there are none.
pub fn restored(text: &str, vault: &dyn Vault) -> Option<String> {
    let mut restored = String::new();
    let mut end = 0;
    for range in token::find(text) {
        let Some(value) = text.get(range.clone()).and_then(|it| vault.reveal(it)) else {
            continue;
        };
        restored.push_str(text.get(end..range.start).unwrap_or_default());
        restored.push_str(&value);
        end = range.end;
    }
    if end == 0 {
        return None;
    }
    restored.push_str(text.get(end..).unwrap_or_default());
    Some(restored)
}
