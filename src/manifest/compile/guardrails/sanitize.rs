//! `sanitize`, checked.

use crate::guardrail::{Junk, Sanitize};
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;

use super::{Context, known_word};

/// The check that the keys describe.
pub(super) fn compile(context: &mut Context<'_>, keys: &mut schema::Guardrail) -> Option<Sanitize> {
    let Some(remove) = keys.remove.take() else {
        return Some(Sanitize::new(Junk::DEFAULT));
    };
    if remove.value.is_empty() && context.is_intact(remove.span) {
        let message = "an empty list would take out nothing";
        let help = "leave `remove` out to take out what is usual";
        let empty = Diagnostic::new(Code::BadGuardrail, remove.span, message);
        context.report(empty.help(help.to_owned()));
        return None;
    }
    let names = Junk::ALL.iter().map(|junk| junk.as_str());
    let names: Vec<_> = names.collect();
    let words = remove.value.iter();
    let removed =
        words.map(|word| known_word(context, word, "kind of characters", &names, Junk::parse));
    Some(Sanitize::new(&removed.collect::<Option<Vec<_>>>()?))
}
