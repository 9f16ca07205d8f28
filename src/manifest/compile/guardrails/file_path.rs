//! Guardrails of type `path`.

use super::{bad, each, paths, strings};
use crate::guardrail::FilePath;
use crate::guardrail::file_path::{PathGlob, Root};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;
use crate::manifest::span::Span;

pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<FilePath> {
    let arguments = keys.arguments.take();
    if arguments.as_ref().is_none_or(|list| list.value.is_empty()) && context.is_intact(place) {
        let message = "a guardrail of type `path` says in `arguments` which ones are paths";
        context.report(Diagnostic::new(Code::MissingKey, place, message));
    }
    let places = paths(context, arguments);
    let (roots, roots_place) = strings(keys.roots.take());
    if let Some(place) = roots_place.filter(|place| roots.is_empty() && context.is_intact(*place)) {
        let help = "name a directory, or leave `roots` out";
        bad(
            context,
            place,
            "an empty list of roots would allow nothing",
            help.to_owned(),
        );
    }
    let had_roots = roots_place.is_some();
    let help = "write it as the server that reads the paths has it";
    let roots = each(context, roots, Root::parse, help);
    let (deny, _) = strings(keys.deny.take());
    let help = "`*` stands for a part of a name, `**` for any number of names";
    let deny = each(context, deny, PathGlob::parse, help);
    let relative = keys.relative.take().map(|relative| relative.value);
    let is_whole = !places.is_empty() && (!had_roots || !roots.is_empty());
    is_whole.then(|| FilePath {
        places,
        roots,
        deny,
        relative: relative == Some(schema::AllowOrDeny::Allow),
    })
}
