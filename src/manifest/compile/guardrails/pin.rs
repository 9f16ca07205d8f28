//! Guardrails of type `pin`.

use super::bad;
use crate::guardrail::Pin;
use crate::guardrail::pin::{Lock, Response};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic, quote};
use crate::manifest::schema::{self, OnChange};
use crate::manifest::span::{Span, Spanned};

/// The check, or `None` after reporting why there is none.
pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
    place: Span,
) -> Option<Pin> {
    let file = keys.file.take();
    let on_change = response(keys.on_change.take(), Response::Hide);
    let on_suspicion = response(keys.on_suspicion.take(), Response::Report);
    let scans = keys.scan.take().is_none_or(|scan| scan.value);
    if file.is_none() && !scans && context.is_intact(place) {
        let message = "a guardrail of type `pin` has a `file`, or it scans";
        context.report(Diagnostic::new(Code::MissingKey, place, message));
        return None;
    }
    let lock = match file {
        Some(file) => Some(read(context, &file)?),
        None => None,
    };
    Some(Pin {
        lock,
        on_change,
        scan: scans.then_some(on_suspicion),
    })
}

fn response(written: Option<Spanned<OnChange>>, usual: Response) -> Response {
    match written.map(|it| it.value) {
        None => usual,
        Some(OnChange::Hide) => Response::Hide,
        Some(OnChange::Report) => Response::Report,
    }
}

fn read(context: &mut Context<'_>, file: &Spanned<String>) -> Option<Lock> {
    let name = quote(&file.value);
    let help = "make it with `sluice lock URL -o FILE`; a relative path is one from the manifest's own \
                directory";
    let text = (context.files)(&file.value).map_err(|error| format!("can't read {name}: {error}"));
    let lock = text.and_then(|text| Lock::read(&text).map_err(|error| format!("{name}: {error}")));
    match lock {
        Ok(lock) => Some(lock),
        Err(message) => {
            bad(context, file.span, message, help.to_owned());
            None
        }
    }
}
