//! Whatever guardrails make of a result, it is what the loosened schema promises.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{
    Check, Form, Input, Junk, Limit, Operation, Part, Path, PathPattern, Phase, Redact, Redacting,
    Report, Sanitize, Treatment,
};
use crate::json::{Document, Limits, Splice};

/// A schema, and a value that it allows.
fn pair() -> impl Strategy<Value = (Json, Json)> {
    let text = prop_oneof![
        Just("ada@example.com".to_owned()),
        Just("to ada@example.com".to_owned()),
        Just("4111 1111 1111 1111".to_owned()),
        Just("a\u{200b}b".to_owned()),
        "[a-z ]{0,90}",
    ];
    let leaf = prop_oneof![
        text.clone().prop_map(|text| {
            let length = text.chars().count();
            let schema = json!({"type": "string", "minLength": length, "maxLength": length});
            (schema, json!(text))
        }),
        text.clone()
            .prop_map(|text| (json!({"const": text}), json!(text))),
        text.prop_map(|text| (json!({"enum": ["open", text]}), json!(text))),
        Just((
            json!({"format": "email", "pattern": "@"}),
            json!("ada@example.com")
        )),
        Just((
            json!({"type": "integer", "minimum": 9}),
            json!(4_111_111_111_111_111_u64)
        )),
        Just((json!({"type": ["null", "number"]}), json!(1.5))),
        Just((json!({"enum": [1, true, null]}), json!(true))),
        Just((json!({"not": {"maxLength": 14}}), json!("ada@example.com"))),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let array = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.clone().prop_map(|(schema, value)| {
                (
                    json!({"type": "array", "items": schema, "minItems": 3}),
                    json!([value, value, value]),
                )
            }),
            array.clone().prop_map(|pairs| {
                let (schemas, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
                let count = values.len();
                (
                    json!({"prefixItems": schemas, "items": false, "minItems": count}),
                    Json::Array(values),
                )
            }),
            array.prop_map(|pairs| {
                let keys = ["name", "owner", "ada@example.com"];
                let mut schema = json!({"type": "object", "additionalProperties": false});
                let mut object = json!({});
                for (key, (property, value)) in keys.iter().zip(pairs) {
                    schema["properties"][*key] = property;
                    object[*key] = value;
                }
                schema["required"] = object.as_object().unwrap().keys().cloned().collect();
                (schema, object)
            }),
            inner.clone().prop_map(|(schema, value)| {
                (
                    json!({"additionalProperties": schema, "minProperties": 1}),
                    json!({"ada@example.com": value}),
                )
            }),
            inner.prop_map(|(schema, value)| {
                let other = json!({"type": "object", "required": ["nothing of the kind"]});
                (json!({"oneOf": [schema, other]}), value)
            }),
        ]
    })
}

fn checks() -> Vec<Check> {
    let redact = |usual| {
        let redact = Redact::new(Redacting {
            usual,
            ..Redacting::default()
        });
        Check::Redact(Box::new(redact.unwrap()))
    };
    let field = |text| vec![PathPattern::parse(text).unwrap()];
    vec![
        redact(Treatment::Redact),
        redact(Treatment::Partial),
        redact(Treatment::Remove),
        Check::Sanitize(Sanitize::new(Junk::ALL)),
        Check::Limit(Limit {
            max_items: Some(1),
            ..Limit::default()
        }),
        Check::Limit(Limit {
            max_bytes: Some(120),
            ..Limit::default()
        }),
        Check::Limit(Limit {
            max_depth: Some(2),
            deny: field("**.owner"),
            ..Limit::default()
        }),
    ]
}

/// What a check makes of a value. `None` if it refuses it.
fn changed(check: &Check, value: &Json) -> Option<Json> {
    let source = value.to_string();
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let parts = [Part {
        path: Path::default().key("structuredContent"),
        value: document.root(),
        form: Form::Data,
    }];
    let input = Input::new(Phase::Result, Operation::Mutate, &parts);
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    check.inspect(&input, &mut splice, &mut report).unwrap();
    let is_refused = report.is_blocked();
    (!is_refused).then(|| serde_json::from_str(&splice.finish()).unwrap())
}

fn loosened(check: &Check, schema: &Json) -> Json {
    let source = json!({"name": "t", "outputSchema": schema}).to_string();
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    assert!(check.edit_tool(Phase::Result, document.root(), &mut splice, &mut report));
    let tool: Json = serde_json::from_str(&splice.finish()).unwrap();
    tool["outputSchema"].clone()
}

proptest! {
    #[test]
    fn results_are_what_schemas_promise((schema, value) in pair()) {
        let schema = json!({
            "type": "object",
            "properties": {"v": {"$ref": "#/$defs/v"}},
            "required": ["v"],
            "$defs": {"v": schema},
        });
        let value = json!({"v": value});
        prop_assume!(jsonschema::is_valid(&schema, &value));
        for check in checks() {
            let Some(changed) = changed(&check, &value) else {
                continue;
            };
            let loosened = loosened(&check, &schema);
            prop_assert!(jsonschema::is_valid(&loosened, &value), "{loosened} {value}");
            prop_assert!(
                jsonschema::is_valid(&loosened, &changed),
                "{check:?}\n{schema}\n{loosened}\n{value}\n{changed}"
            );
        }
    }
}
