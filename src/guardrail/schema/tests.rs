use super::super::leaf::shown::places;
use super::*;

/// What a check makes of arguments: rules with paths, why, and the arguments as they go on.
fn look(
    check: &SchemaCheck,
    arguments: &str,
    operation: Operation,
    known: Option<&ToolFacts>,
    exempt: &[&str],
) -> Result<(Vec<String>, String, String), String> {
    let document = Document::parse(arguments.as_bytes(), &Limits::default()).unwrap();
    let exempt = places(exempt);
    let parts = [Part::whole(document.root())];
    let input = Input {
        tool: Some("t"),
        exempt: &exempt,
        known,
        ..Input::new(Phase::Call, operation, &parts)
    };
    let mut splice = Splice::new(document.source());
    let mut report = Report::default();
    let looked = check.inspect(&input, &mut splice, &mut report);
    looked.map_err(|failure| failure.to_string())?;
    let found = report.findings().iter();
    let found = found.map(|finding| format!("{} {}", finding.rule, finding.path));
    Ok((found.collect(), report.reason(), splice.finish()))
}

fn against(schema: &str, additional: Additional) -> SchemaCheck {
    SchemaCheck::new(Some(CompiledSchema::read(schema).unwrap()), additional)
}

#[test]
fn what_breaks_a_schema_is_told_with_what_is_expected() {
    let query = r#"{"type":"object","required":["q"],"additionalProperties":false,"properties":{
        "q":{"type":"string","minLength":2,"pattern":"^[a-z]+$"},
        "n":{"type":"integer","minimum":1,"maximum":100},
        "s":{"enum":["open","closed"]},
        "l":{"type":"array","maxItems":2,"items":{"type":["string","null"]}},
        "o":{"oneOf":[{"type":"string"},{"type":"object","required":["id"],
             "properties":{"id":{"type":"integer"}}}]}}}"#;
    let check = against(query, Additional::AsSchema);
    let table = [
        (r#"{"q":"ab","n":100,"l":[null],"o":{"id":1}}"#, "", ""),
        (r#"{"q":"ab","n":1.0}"#, "", ""),
        (r#"{}"#, "required $", "`$`: the member `q` is missing"),
        (
            r#"{"q":"ab","x":1}"#,
            "additionalProperties $",
            "`$`: there must be no member `x`",
        ),
        (
            r#"{"q":"a"}"#,
            "minLength $.q",
            "`$.q`: must have at least 2 characters",
        ),
        (
            r#"{"q":"A1"}"#,
            "pattern $.q",
            "`$.q`: must match the pattern `^[a-z]+$`",
        ),
        (
            r#"{"q":"ab","n":"5"}"#,
            "type $.n",
            "`$.n`: must be of type integer",
        ),
        (
            r#"{"q":"ab","n":101}"#,
            "maximum $.n",
            "`$.n`: must be at most 100",
        ),
        (
            r#"{"q":"ab","s":"x"}"#,
            "enum $.s",
            r#"`$.s`: must be one of ["open","closed"]"#,
        ),
        (
            r#"{"q":"ab","l":["a",5]}"#,
            "type $.l[1]",
            "`$.l[1]`: must be of type null or string",
        ),
        (
            r#"{"q":"ab","o":{"id":"7"}}"#,
            "oneOf $.o",
            "`$.o`: fits none of the forms that are allowed; of the closest: `$.o.id`: must be of \
             type integer",
        ),
    ];
    for (arguments, found, reason) in table {
        let looked = look(&check, arguments, Operation::Validate, None, &[]).unwrap();
        assert_eq!(looked.0.join(", "), found, "{arguments}");
        assert_eq!(looked.1, reason, "{arguments}");
    }
}

#[test]
fn no_value_is_told() {
    let schema = r#"{"properties":{"a":{"type":"integer"},"b":{"not":{}},"c":{"format":"email"},
        "d":{"contentEncoding":"base64"},"e":{"maxLength":3},"f":{"uniqueItems":true},
        "g":{"contains":{"type":"null"}},"h":{"const":1},"i":false}},
        "$schema":"http://json-schema.org/draft-07/schema#"}"#;
    let schema = schema.replacen("}},\n        \"$schema", "},\n        \"$schema", 1);
    let check = against(&schema, Additional::AsSchema);
    let arguments = r#"{"a":"secret","b":"secret","c":"secret","d":"secret!","e":"secret",
        "f":["secret","secret"],"g":["secret"],"h":"secret","i":"secret"}"#;
    let looked = look(&check, arguments, Operation::Validate, None, &[]).unwrap();
    assert_eq!(looked.0.len(), 9, "{looked:?}");
    assert!(!looked.1.contains("secret"), "{}", looked.1);
}

#[test]
fn large_numbers_are_compared_as_they_can_be() {
    let check = against(
        r#"{"properties":{"n":{"maximum":9007199254740992}}}"#,
        Additional::AsSchema,
    );
    for (number, passes) in [
        ("9007199254740992", true),
        ("9007199254740993", false),
        ("18446744073709551615", false),
        ("18446744073709551616", false),
        ("-18446744073709551616", true),
        ("1e-400", true),
    ] {
        let arguments = format!(r#"{{"n":{number}}}"#);
        let looked = look(&check, &arguments, Operation::Validate, None, &[]).unwrap();
        assert_eq!(looked.0.is_empty(), passes, "{number}: {looked:?}");
    }
    assert_eq!(
        super::number("1e400"),
        None,
        "which the strict reader refuses"
    );
}

#[test]
fn what_the_schema_does_not_name_is_refused_or_taken_out() {
    let open = r##"{"type":"object","additionalProperties":true,"properties":{
        "a":{"type":"object","properties":{"b":{}}},
        "free":{"type":"object"},
        "map":{"additionalProperties":{"properties":{"v":{}}}},
        "list":{"items":{"$ref":"#/$defs/item"}}},
        "allOf":[{"properties":{"c":{}}},{"if":{"properties":{"d":{}}}}],
        "patternProperties":{"^x-":{}},
        "$defs":{"item":{"properties":{"id":{}}}}}"##;
    let check = against(open, Additional::Deny);
    for (arguments, found, mended) in [
        (r#"{"a":{"b":1},"c":1,"d":1,"x-y":1}"#, "", None),
        (r#"{"free":{"any":{"thing":1}}}"#, "", None),
        (r#"{"map":{"k":{"v":1}}}"#, "", None),
        (
            r#"{"map":{"k":{"w":1}}}"#,
            "additional $.map.k.w",
            Some(r#"{"map":{"k":{}}}"#),
        ),
        (
            r#"{"e":1,"c":2,"f":3}"#,
            "additional $.e, additional $.f",
            Some(r#"{"c":2}"#),
        ),
        (
            r#"{"a":{"b":1,"z":2}}"#,
            "additional $.a.z",
            Some(r#"{"a":{"b":1}}"#),
        ),
        (
            r#"{"list":[{"id":1},{"id":1,"z":2}]}"#,
            "additional $.list[1].z",
            Some(r#"{"list":[{"id":1},{"id":1}]}"#),
        ),
    ] {
        let looked = look(&check, arguments, Operation::Validate, None, &[]).unwrap();
        assert_eq!(looked.0.join(", "), found, "{arguments}");
        let looked = look(&check, arguments, Operation::Mutate, None, &[]).unwrap();
        assert_eq!(looked.2, mended.unwrap_or(arguments), "{arguments}");
    }
}

#[test]
fn what_is_taken_out_breaks_nothing() {
    let closed = r#"{"additionalProperties":false,"properties":{"a":{}}}"#;
    let check = against(closed, Additional::Deny);
    let arguments = r#"{"a":1,"b":2}"#;
    let looked = look(&check, arguments, Operation::Mutate, None, &[]).unwrap();
    assert_eq!(looked.0, ["additional $.b"]);
    assert_eq!(looked.2, r#"{"a":1}"#);
    let as_schema = against(closed, Additional::AsSchema);
    let looked = look(&as_schema, arguments, Operation::Mutate, None, &[]).unwrap();
    assert_eq!(looked.0, ["additionalProperties $"]);
}

#[test]
fn what_is_exempt_is_left_alone() {
    let check = against(
        r#"{"properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}"#,
        Additional::Deny,
    );
    let arguments = r#"{"a":"x","b":"y","c":1}"#;
    let looked = look(&check, arguments, Operation::Validate, None, &["a", "c"]).unwrap();
    assert_eq!(looked.0, ["type $.b"]);
}

#[test]
fn schemas_are_learned() {
    let check = SchemaCheck::new(None, Additional::AsSchema);
    let failed = look(&check, "{}", Operation::Validate, None, &[]).unwrap_err();
    assert!(failed.contains("list the tools first"), "{failed}");
    let tool = r#"{"name":"t","inputSchema":{"required":["a"]}}"#;
    let document = Document::parse(tool.as_bytes(), &Limits::default()).unwrap();
    let facts = ToolFacts::of(document.root());
    let looked = look(&check, "{}", Operation::Validate, Some(&facts), &[]).unwrap();
    assert_eq!(looked.0, ["required $"]);
    let looked = look(&check, r#"{"a":1}"#, Operation::Validate, Some(&facts), &[]);
    assert!(looked.unwrap().0.is_empty());
    let none = ToolFacts::default();
    let failed = look(&check, "{}", Operation::Validate, Some(&none), &[]).unwrap_err();
    assert!(failed.contains("has no schema"), "{failed}");
}

#[test]
fn schemas_that_can_not_be_used_say_why() {
    let many = (0..65).map(|at| format!(r#""p{at}":{{"pattern":"x"}}"#));
    let many = many.collect::<Vec<_>>().join(",");
    let references = vec![r##"{"$ref":"#/$defs/x"}"##; 501];
    let multiplied = (0..16).map(|at| {
        let to = format!(r##"{{"$ref":"#/$defs/d{}"}}"##, at + 1);
        format!(r#""d{at}":{{"anyOf":[{to},{to}]}}"#)
    });
    let multiplied = multiplied.collect::<Vec<_>>().join(",");
    let multiplied = format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{multiplied},"d16":{{}}}}}}"##);
    let table = [
        (
            r#"{"$ref":"https://example.com/x.json"}"#.to_owned(),
            SchemaError::Reference,
        ),
        (
            r#"{"$ref":"file:///etc/passwd"}"#.to_owned(),
            SchemaError::Reference,
        ),
        (
            r##"{"$ref":"#/$defs/none"}"##.to_owned(),
            SchemaError::Reference,
        ),
        (
            r#"{"$schema":"https://example.com/draft"}"#.to_owned(),
            SchemaError::Draft,
        ),
        ("5".to_owned(), SchemaError::NotObject),
        (r#"{"a":1,"a":2}"#.to_owned(), SchemaError::Unreadable),
        ("[".repeat(65) + &"]".repeat(65), SchemaError::Unreadable),
        (
            format!(r#"{{"title":"{}"}}"#, "x".repeat(MOST)),
            SchemaError::TooLong,
        ),
        (
            format!(r#"{{"properties":{{{many}}}}}"#),
            SchemaError::Patterns,
        ),
        (
            format!(r#"{{"anyOf":[{}]}}"#, references.join(",")),
            SchemaError::References,
        ),
        (multiplied, SchemaError::Work),
    ];
    for (schema, expected) in table {
        let error = CompiledSchema::read(&schema).unwrap_err();
        assert_eq!(error, expected, "{}", schema.get(..60).unwrap_or(&schema));
    }
    for schema in [
        r#"{"type":"strange"}"#,
        r#"{"pattern":"(?=a)b"}"#,
        r#"{"pattern":"(((a{1,999}){1,999}){1,999})"}"#,
    ] {
        let error = CompiledSchema::read(schema).unwrap_err();
        assert!(
            matches!(error, SchemaError::Invalid(_)),
            "{schema}: {error}"
        );
    }
}

const MOST: usize = 256 << 10;

#[test]
fn it_proves_itself() {
    for additional in [Additional::AsSchema, Additional::Deny] {
        SchemaCheck::new(None, additional).self_test().unwrap();
    }
}

#[test]
fn many_members_that_are_not_named_take_no_day() {
    let schema = r#"{"properties":{"a":{}},"patternProperties":{"^x-[a-z]+$":{}}}"#;
    let check = against(schema, Additional::Deny);
    let many = |count: usize| {
        let members = (0..count).map(|at| format!(r#""m{at}":0"#));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    };
    for operation in [Operation::Validate, Operation::Mutate] {
        let looked = look(&check, &many(100_000), operation, None, &[]).unwrap();
        assert!(looked.1.contains("too many members"), "{}", looked.1);
    }
    let looked = look(&check, &many(900), Operation::Mutate, None, &[]).unwrap();
    assert_eq!(looked.2, "{}");
}
