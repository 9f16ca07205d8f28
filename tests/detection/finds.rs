//! Looking for what must be found.

use sluice::detect::{Detector, Entity, Selection};
use sluice::json::{Document, Kind, Limits, Value};

/// The detector as it is where nothing else is said.
pub(crate) fn detector() -> Detector {
    let selection = Selection {
        entities: Entity::DEFAULT.to_vec(),
        custom: Vec::new(),
    };
    Detector::new(&selection).expect("a selection without custom entities")
}

/// What is found in all strings of a document: the entity, and what it covers.
pub(crate) fn found_in(detector: &Detector, json: &str) -> Vec<(String, String)> {
    let document = Document::parse(json.as_bytes(), &Limits::default()).expect("strict JSON");
    let mut found = Vec::new();
    walk(detector, document.root(), None, &mut found);
    found
}

fn walk(detector: &Detector, value: Value<'_>, key: Option<&str>, to: &mut Vec<(String, String)>) {
    match value.kind() {
        Kind::String => {
            let text = value.as_str().expect("a string");
            to.extend(detector.find(&text, key).into_iter().map(|found| {
                let what = text[found.range].to_owned();
                (found.entity.to_owned(), what)
            }));
        }
        Kind::Array => value
            .elements()
            .for_each(|value| walk(detector, value, key, to)),
        Kind::Object => value
            .members()
            .for_each(|member| walk(detector, member.value(), Some(&member.key()), to)),
        Kind::Null | Kind::Bool | Kind::Number => {}
    }
}

/// An entity, a key that tells of it, and a text that tells of it, with `{}` where it stands.
pub(crate) struct Contexts {
    pub(crate) entity: &'static str,
    pub(crate) key: &'static str,
    pub(crate) prose: &'static str,
}

/// The values that are not found exactly, with what was found in their place.
pub(crate) fn not_found(
    detector: &Detector,
    contexts: &Contexts,
    values: &[String],
) -> Vec<String> {
    let mut missed = Vec::new();
    for value in values {
        let prose = contexts.prose.replace("{}", value);
        let documents = [
            serde_json::json!({ contexts.key: value }),
            serde_json::json!({"id": 7, "rows": [{ contexts.key: [value] }], "next": null}),
            serde_json::json!({"content": [{"type": "text", "text": prose}]}),
            serde_json::json!({"text": format!("before\n{prose}\nafter, ünd\tmore")}),
        ];
        for document in documents.map(|document| document.to_string()) {
            let found = found_in(detector, &document);
            let exact = (contexts.entity.to_owned(), value.clone());
            if found != [exact] {
                missed.push(format!("{document}: {found:?}"));
            }
        }
    }
    missed
}
