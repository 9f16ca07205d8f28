//! What a listed `outputSchema` must no longer promise once results are changed.
//!
//! Clients check structured content against the schema that they were listed (MCP 2025-11-25,
//! "Output Schema"). Every keyword goes that a change could break, in all drafts of JSON Schema, so
//! that what was valid is valid still; all else stays, for models read it. The edits of several
//! guardrails to one schema go together.

use crate::json::{Kind, Splice, Value, quoted};

/// What a guardrail does to results.
pub(super) struct Change<'c> {
    /// Whether it may change a string, which stands under this key.
    pub(super) text: &'c dyn Fn(&str, Option<&str>) -> bool,
    /// Whether strings may stand in place of numbers: of those with this many digits at least.
    pub(super) numbers: Option<usize>,
    /// Whether it may change keys, in the way it changes texts.
    pub(super) keys: bool,
    /// Whether members and elements may go.
    pub(super) removes: bool,
    /// Whether arrays may lose elements from their end.
    pub(super) shortens: bool,
    /// Whether any value may become another one, a string or nothing.
    pub(super) anything: bool,
}

impl Default for Change<'_> {
    /// Some strings change.
    fn default() -> Self {
        Self {
            text: &|_, _| true,
            numbers: None,
            anything: false,
            keys: false,
            removes: false,
            shortens: false,
        }
    }
}

/// How many digits a number has at least that is taken for more than a number.
pub(super) const LONG_NUMBER: usize = 7;

/// Loosens the `outputSchema` of a tool whose results somebody changes in ways that nobody knows here.
pub fn loosen_wholly<'d>(tool: Value<'d>, splice: &mut Splice<'d>) {
    let change = Change {
        text: &|_, _| true,
        numbers: Some(0),
        keys: true,
        removes: true,
        shortens: true,
        anything: true,
    };
    loosen_output(tool, &change, splice);
}

/// Loosens the `outputSchema` of a tool, if it has one.
pub(super) fn loosen_output<'d>(tool: Value<'d>, change: &Change<'_>, splice: &mut Splice<'d>) {
    if let Some(output) = tool.get("outputSchema") {
        edit(output, None, change, splice);
        // Of all that there is, that is an object in any case.
        if !change.anything
            && change.numbers.is_some()
            && let Some(types) = output.get("type")
        {
            widen(types, change, splice);
        }
    }
}

/// Loosens a schema within another one.
fn schema<'d>(schema: Value<'d>, key: Option<&str>, change: &Change<'_>, splice: &mut Splice<'d>) {
    edit(schema, key, change, splice);
    if change.numbers.is_some()
        && let Some(types) = schema.get("type")
    {
        widen(types, change, splice);
    }
}

/// Loosens a schema and all in it, but for its `type`. `key` is that of the values that it describes,
/// if it is known.
fn edit<'d>(schema: Value<'d>, key: Option<&str>, change: &Change<'_>, splice: &mut Splice<'d>) {
    splice.remove_members(schema, |member| {
        breaks(schema, &member.key(), member.value(), key, change)
    });
    for member in schema.members() {
        let value = member.value();
        match &*member.key() {
            "oneOf" => {
                splice.rename(member, "anyOf");
                each(value, key, change, splice);
            }
            "allOf" | "anyOf" | "prefixItems" => each(value, key, change, splice),
            "items" if value.is_array() => each(value, key, change, splice),
            "items" | "additionalItems" | "additionalProperties" => {
                self::schema(value, key, change, splice);
            }
            "properties" => {
                for property in value.members() {
                    let key = property.key();
                    self::schema(property.value(), Some(&key), change, splice);
                }
            }
            "patternProperties" | "$defs" | "definitions" => {
                for member in value.members() {
                    self::schema(member.value(), None, change, splice);
                }
            }
            _ => {}
        }
    }
}

fn each<'d>(schemas: Value<'d>, key: Option<&str>, change: &Change<'_>, splice: &mut Splice<'d>) {
    for element in schemas.elements() {
        schema(element, key, change, splice);
    }
}

/// Whether a keyword of a schema may be broken by the change.
fn breaks(
    schema: Value<'_>,
    keyword: &str,
    value: Value<'_>,
    key: Option<&str>,
    change: &Change<'_>,
) -> bool {
    match keyword {
        "pattern" | "format" | "minLength" | "maxLength" | "contentEncoding"
        | "contentMediaType" | "contentSchema" => true,
        // What holds for less may hold for more, and the other way round.
        "not"
        | "if"
        | "then"
        | "else"
        | "dependentSchemas"
        | "dependentRequired"
        | "dependencies"
        | "contains"
        | "minContains"
        | "maxContains"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "propertyNames"
        | "uniqueItems" => true,
        "oneOf" => schema.get("anyOf").is_some(),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf"
        | "maxItems" | "maxProperties" => change.anything,
        "enum" | "const" if change.anything => true,
        "enum" => value.elements().any(|one| may_change(one, key, change)),
        "const" => may_change(value, key, change),
        "required" => change.removes || (change.keys && names_change(value, change)),
        "minItems" => change.removes || change.shortens,
        "minProperties" => change.removes || change.keys,
        // Elements that go move the ones after them to other places.
        "prefixItems" | "additionalItems" => change.removes,
        "items" => change.removes && (value.is_array() || schema.get("prefixItems").is_some()),
        "patternProperties" => change.keys,
        "additionalProperties" => change.keys && !is_dictionary(schema, value),
        _ => false,
    }
}

/// Whether an object has members of one kind, whatever their keys.
fn is_dictionary(schema: Value<'_>, additional: Value<'_>) -> bool {
    let is_empty = |keyword| {
        let named: Option<Value<'_>> = schema.get(keyword);
        named.is_none_or(|named| named.members().next().is_none())
    };
    additional.as_bool() != Some(false) && is_empty("properties") && is_empty("patternProperties")
}

/// Whether a value that a schema names may be changed where it occurs.
fn may_change(value: Value<'_>, key: Option<&str>, change: &Change<'_>) -> bool {
    match value.kind() {
        Kind::Null | Kind::Bool => false,
        Kind::Number => change
            .numbers
            .is_some_and(|least| value.raw().len() >= least),
        Kind::String => value.as_str().is_none_or(|text| (change.text)(&text, key)),
        Kind::Array | Kind::Object => true,
    }
}

fn names_change(names: Value<'_>, change: &Change<'_>) -> bool {
    names.elements().any(|name| may_change(name, None, change))
}

/// Lets a number be a string; where anything may change, every value, and nothing too.
fn widen<'d>(value: Value<'d>, change: &Change<'_>, splice: &mut Splice<'d>) {
    let mut types: Vec<String> = match value.as_str() {
        Some(one) => vec![one.into_owned()],
        None => {
            let types = value.elements().filter_map(Value::as_str);
            types.map(Into::into).collect()
        }
    };
    let known = types.len();
    let has = |types: &[String], name: &str| types.iter().any(|one| one == name);
    let has_number = has(&types, "number") || has(&types, "integer");
    for (name, is_wanted) in [
        ("string", has_number || change.anything),
        ("null", change.anything),
    ] {
        if is_wanted && !has(&types, name) {
            types.push(name.to_owned());
        }
    }
    if types.len() > known {
        let types: Vec<String> = types.iter().map(|name| quoted(name)).collect();
        splice.replace(value, format!("[{}]", types.join(",")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    fn loosened(schema: &str, change: &Change<'_>) -> String {
        let source = format!(r#"{{"outputSchema":{schema}}}"#);
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let mut splice = Splice::new(document.source());
        loosen_output(document.root(), change, &mut splice);
        let edited = splice.finish();
        let document = Document::parse(edited.as_bytes(), &Limits::default()).unwrap();
        document
            .root()
            .get("outputSchema")
            .unwrap()
            .raw()
            .to_owned()
    }

    #[test]
    fn what_changed_texts_break_goes() {
        let change = Change {
            text: &|text, _| text.contains('@'),
            numbers: Some(LONG_NUMBER),
            keys: true,
            ..Change::default()
        };
        for (schema, expected) in [
            ("true", "true"),
            (
                r#"{"type":"object","required":["a"],"additionalProperties":false}"#,
                r#"{"type":"object","required":["a"]}"#,
            ),
            (
                r#"{"properties":{"format":{"type":"string","format":"email","minLength":3}}}"#,
                r#"{"properties":{"format":{"type":"string"}}}"#,
            ),
            (
                r#"{"enum":["open","closed"],"x":1}"#,
                r#"{"enum":["open","closed"],"x":1}"#,
            ),
            (r#"{"enum":["open","a@b"]}"#, "{}"),
            (r#"{"enum":[1,2,true,null]}"#, r#"{"enum":[1,2,true,null]}"#),
            (r#"{"const":4111111111111111}"#, "{}"),
            (
                r#"{"type":"integer","minimum":3}"#,
                r#"{"type":["integer","string"],"minimum":3}"#,
            ),
            (
                r#"{"type":["null","number"]}"#,
                r#"{"type":["null","number","string"]}"#,
            ),
            (
                r#"{"type":["string","number"]}"#,
                r#"{"type":["string","number"]}"#,
            ),
            (r#"{"type":"boolean"}"#, r#"{"type":"boolean"}"#),
            (
                r#"{"oneOf":[{"pattern":"x"},{"type":"null"}]}"#,
                r#"{"anyOf":[{},{"type":"null"}]}"#,
            ),
            (
                r#"{"oneOf":[{}],"anyOf":[{"format":"x"}]}"#,
                r#"{"anyOf":[{}]}"#,
            ),
            (
                r##"{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{"format":"x"}]}}}"##,
                r##"{"$ref":"#/$defs/a","$defs":{"a":{"allOf":[{}]}}}"##,
            ),
            (
                r#"{"not":{},"if":{},"then":{},"else":{},"contains":{},"uniqueItems":true}"#,
                "{}",
            ),
            (
                r#"{"prefixItems":[{"format":"x"}],"items":{"format":"x"},"minItems":1}"#,
                r#"{"prefixItems":[{}],"items":{},"minItems":1}"#,
            ),
            (
                r#"{"type":"object","additionalProperties":{"type":"number"}}"#,
                r#"{"type":"object","additionalProperties":{"type":["number","string"]}}"#,
            ),
            (
                r#"{"properties":{"a":{}},"additionalProperties":{"type":"null"}}"#,
                r#"{"properties":{"a":{}}}"#,
            ),
            (r#"{"required":["a@b"],"patternProperties":{"x":{}}}"#, "{}"),
        ] {
            assert_eq!(loosened(schema, &change), expected, "{schema}");
        }
    }

    #[test]
    fn what_is_missing_breaks_goes() {
        let change = Change {
            text: &|_, _| false,
            removes: true,
            ..Change::default()
        };
        for (schema, expected) in [
            (r#"{"required":["a"],"minProperties":1}"#, "{}"),
            (
                r#"{"minItems":1,"maxItems":2,"items":{}}"#,
                r#"{"maxItems":2,"items":{}}"#,
            ),
            (r#"{"prefixItems":[{}],"items":{"type":"null"}}"#, "{}"),
            (r#"{"items":[{}],"additionalItems":false}"#, "{}"),
            (r#"{"enum":[[1]],"const":"x"}"#, r#"{"const":"x"}"#),
        ] {
            assert_eq!(loosened(schema, &change), expected, "{schema}");
        }
    }

    #[test]
    fn what_anything_breaks_goes() {
        let source = concat!(
            r#"{"outputSchema":{"type":"object","required":["n"],"additionalProperties":false,"#,
            r#""properties":{"n":{"type":"integer","minimum":3},"b":{"type":"boolean","const":true},"#,
            r#""l":{"type":"array","maxItems":2,"items":{"type":["object","null"]}}}}}"#
        );
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let mut splice = Splice::new(document.source());
        loosen_wholly(document.root(), &mut splice);
        let expected = concat!(
            r#"{"outputSchema":{"type":"object","#,
            r#""properties":{"n":{"type":["integer","string","null"]},"b":{"type":["boolean","string","null"]},"#,
            r#""l":{"type":["array","string","null"],"items":{"type":["object","null","string"]}}}}}"#
        );
        assert_eq!(splice.finish(), expected);
    }
}
