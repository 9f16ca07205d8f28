//! Guardrails of type `schema`.

use crate::guardrail::SchemaCheck;
use crate::guardrail::schema::{Additional, CompiledSchema};
use crate::manifest::compile::Context;
use crate::manifest::diagnostic::{Code, Diagnostic};
use crate::manifest::schema;

/// The check, or `None` after reporting why there is none.
pub(super) fn compile(
    context: &mut Context<'_>,
    keys: &mut schema::Guardrail,
) -> Option<SchemaCheck> {
    let additional = match keys.additional.take().map(|it| it.value) {
        None | Some(schema::Additional::AsSchema) => Additional::AsSchema,
        Some(schema::Additional::Deny) => Additional::Deny,
    };
    let Some(written) = keys.input_schema.take() else {
        return Some(SchemaCheck::new(None, additional));
    };
    let text = serde_json::Value::Object(written.value).to_string();
    match CompiledSchema::read(&text) {
        Ok(schema) => Some(SchemaCheck::new(Some(schema), additional)),
        Err(error) => {
            let bad = Diagnostic::new(Code::BadGuardrail, written.span, error.to_string());
            let help = "write a JSON Schema of draft 2020-12, or name its draft in `$schema`";
            context.report(bad.help(help.to_owned()));
            None
        }
    }
}
