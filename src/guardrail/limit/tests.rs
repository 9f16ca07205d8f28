mod fields;

use proptest::prelude::*;

use super::super::{Form, Operation, Part, Phase, Report};
use super::*;
use crate::json::{Document, Limits, quoted};

fn pattern(text: &str) -> PathPattern {
    PathPattern::parse(text).unwrap()
}

/// What becomes of a result with a text and structured content, and what is said of it.
fn limited(limit: &Limit, text: &str, structured: &str) -> (String, String, Report) {
    let source = format!(r#"[{},{structured}]"#, quoted(text));
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let elements: Vec<_> = document.root().elements().collect();
    let parts = [
        Part {
            path: Path::default().key("content").index(0).key("text"),
            value: elements[0],
            form: Form::Text,
        },
        Part {
            path: Path::default().key("structuredContent"),
            value: elements[1],
            form: Form::Data,
        },
    ];
    let exempt = [pattern("keep")];
    let input = Input {
        exempt: &exempt,
        ..Input::new(Phase::Result, Operation::Mutate, &parts)
    };
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    limit.inspect(&input, &mut splice, &mut report).unwrap();
    let edited = splice.finish();
    let document = Document::parse(edited.as_bytes(), &Limits::default()).unwrap();
    let elements: Vec<_> = document.root().elements().collect();
    let text = elements[0].as_str().unwrap().into_owned();
    (text, elements[1].raw().to_owned(), report)
}

#[test]
fn bytes_are_fitted_without_reading_again() {
    let limit = Limit {
        max_bytes: Some(1000),
        ..Limit::default()
    };
    let body = format!(r#"{{"a":"{}","b":{}}}"#, "x".repeat(3000), rows(500));
    for json in [
        rows(500),
        body,
        format!(r#"{{"result":{}}}"#, quoted(&rows(500))),
    ] {
        nested::PARSED.set(0);
        let (text, structured, report) = limited(&limit, &json, &json);
        assert!(!report.is_blocked() && text == structured);
        let parsed = nested::PARSED.get();
        // Reading it, cutting it to the limits, measuring it and cutting it to size, in two levels.
        assert!(parsed <= 2 * 8 * json.len(), "{parsed} of {}", json.len());
    }
}

fn rows(count: usize) -> String {
    let rows: Vec<_> = (0..count).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    format!(r#"{{"rows":[{}]}}"#, rows.join(","))
}

#[test]
fn rows_are_counted_and_both_copies_say_the_same() {
    let limit = Limit {
        max_rows: Some(100),
        ..Limit::default()
    };
    let all = rows(4812);
    let (text, structured, report) = limited(&limit, &all, &all);
    assert_eq!(text, rows(100));
    assert_eq!(structured, text);
    assert_eq!(report.notes(), ["100 of 4,812 rows; narrow the query"]);
    assert_eq!(
        report.reason(),
        "at most 100 rows are allowed; narrow the query"
    );
    let paths: Vec<_> = report.findings().iter().map(|it| &*it.path).collect();
    assert_eq!(
        paths,
        ["$.content[0].text.rows", "$.structuredContent.rows"]
    );

    let few = rows(100);
    let (text, structured, report) = limited(&limit, &few, &few);
    assert_eq!((&text, &structured), (&few, &few));
    assert!(report.is_clean() && report.notes().is_empty());
}

#[test]
fn each_limit_cuts_in_its_way() {
    for (limit, structured, expected) in [
        (
            Limit {
                max_items: Some(2),
                ..Limit::default()
            },
            r#"{"a":[1, 2, 3],"keep":[1,2,3],"b":[[1,2,3]]}"#,
            r#"{"a":[1, 2],"keep":[1,2,3],"b":[[1,2]]}"#,
        ),
        (
            Limit {
                max_items: Some(1),
                paths: vec![pattern("a")],
                ..Limit::default()
            },
            r#"{"a":[1,2],"b":[1,2]}"#,
            r#"{"a":[1],"b":[1,2]}"#,
        ),
        (
            Limit {
                max_rows: Some(1),
                ..Limit::default()
            },
            r#"{"a":[1,2],"b":[{},{}]}"#,
            r#"{"a":[1,2],"b":[{}]}"#,
        ),
        (
            Limit {
                max_depth: Some(2),
                ..Limit::default()
            },
            r#"{"a":{"b":{"c":1},"d":[1],"e":[],"f":2}}"#,
            r#"{"a":{"b":{},"d":[],"e":[],"f":2}}"#,
        ),
        (
            Limit {
                deny: vec![pattern("**.ssn"), pattern("a[*].x")],
                ..Limit::default()
            },
            r#"{"a":[{"x":1,"y":2}],"ssn":1,"b":"{\"ssn\":1,\"z\":2}"}"#,
            r#"{"a":[{"y":2}],"b":"{\"z\":2}"}"#,
        ),
        (
            Limit {
                allow: vec![pattern("a[*].y"), pattern("c")],
                ..Limit::default()
            },
            r#"{"a":[{"x":1,"y":{"z":2}}],"b":1,"c":[3],"keep":4}"#,
            r#"{"a":[{"y":{"z":2}}],"c":[3],"keep":4}"#,
        ),
    ] {
        let (text, cut, report) = limited(&limit, structured, structured);
        assert_eq!(cut, expected, "{limit:?}");
        assert_eq!(text, expected, "the copy in the text, {limit:?}");
        assert!(!report.is_clean() && !report.is_blocked());
        assert_eq!(limit.self_test(), Ok(()));
    }
}

#[test]
fn bytes_are_saved_by_rows_then_by_strings() {
    let limit = Limit {
        max_bytes: Some(1000),
        ..Limit::default()
    };
    let all = rows(500);
    let (text, structured, report) = limited(&limit, &all, &all);
    assert_eq!(text, structured);
    assert!(
        text.len() + structured.len() <= 1000 && text.len() > 400,
        "{text}"
    );
    assert!(report.notes()[0].ends_with(" of 500 rows; narrow the query"));

    let long = format!(r#"{{"tags":["a","b"],"body":"{}"}}"#, "é".repeat(2000));
    let (text, structured, report) = limited(&limit, &long, &long);
    assert_eq!(text, structured);
    assert!(
        text.starts_with(r#"{"tags":["a","b"],"body":"éé"#),
        "{text}"
    );
    assert!(text.ends_with("[…4,000 bytes in all]\"}"), "{text}");
    assert!(!report.is_blocked());

    let plain = "é".repeat(2000);
    let (text, structured, report) = limited(&limit, &plain, "{}");
    assert_eq!(structured, "{}");
    assert!(text.len() <= 1000 && text.len() > 900 && text.ends_with("4,000 bytes in all]"));
    assert_eq!(report.findings()[0].rule, "max_bytes");

    let keys: Vec<_> = (0..500).map(|at| format!(r#""key{at}":{at}"#)).collect();
    let wide = format!("{{{}}}", keys.join(","));
    let (_, _, report) = limited(&limit, "x", &wide);
    assert!(report.is_blocked());
    assert!(
        report.reason().contains("and at most 1,000 are allowed"),
        "{}",
        report.reason()
    );
}

#[test]
fn blocks_of_rows_are_rows() {
    let block = |text: &str| format!(r#"{{"type":"text","text":{}}}"#, quoted(text));
    let texts = [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#];
    let content = |texts: &[&str]| {
        let blocks: Vec<_> = texts.iter().map(|text| block(text)).collect();
        format!("[{}]", blocks.join(","))
    };
    let limited = |limit: &Limit, source: &str| {
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let content = Path::default().key("content");
        let mut parts = vec![Part {
            path: content.clone(),
            value: document.root(),
            form: Form::Blocks,
        }];
        for (at, block) in document.root().elements().enumerate() {
            parts.push(Part {
                path: content.clone().index(at).key("text"),
                value: block.get("text").unwrap(),
                form: Form::Text,
            });
        }
        let input = Input::new(Phase::Result, Operation::Mutate, &parts);
        let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
        limit.inspect(&input, &mut splice, &mut report).unwrap();
        (splice.finish(), report)
    };
    let rows = Limit {
        max_rows: Some(2),
        ..Limit::default()
    };
    let (cut, report) = limited(&rows, &content(&texts));
    assert_eq!(cut, content(&texts[..2]));
    assert_eq!(report.notes(), ["2 of 3 rows; narrow the query"]);
    let mixed = content(&["{}", "no row", "{}"]);
    assert_eq!(limited(&rows, &mixed).0, mixed);
    let bytes = Limit {
        max_bytes: Some(20),
        ..Limit::default()
    };
    assert_eq!(limited(&bytes, &content(&texts)).0, content(&texts[..2]));
}

#[test]
fn tables_in_texts_have_rows() {
    let limit = Limit {
        max_rows: Some(2),
        ..Limit::default()
    };
    for (text, expected) in [
        ("a,b\n1,2\n3,4\n5,6\n", "a,b\n1,2\n3,4\n"),
        ("a,b\n1,\"2,3\"\n3,4\n5,6", "a,b\n1,\"2,3\"\n3,4\n"),
        (
            "Rows:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n| 5 | 6 |\n\nend\n",
            "Rows:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nend\n",
        ),
        (
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
            "{\"a\":1}\n{\"a\":2}\n",
        ),
        ("one\ntwo\nthree\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("a, b\nc\nd\ne\n", "a, b\nc\nd\ne\n"),
    ] {
        let (cut, _, report) = limited(&limit, text, "{}");
        assert_eq!(cut, expected);
        assert_eq!(report.is_clean(), cut == text);
    }
}

#[test]
fn numbers_are_grouped() {
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (4812, "4,812"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(tally::grouped(number), expected);
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        "[0-9]{1,3}".prop_map(|digits| format!("1{digits}")),
        "[a-zé \\n\"]{0,200}".prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..4).prop_map(|members| {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("{}:{value}", quoted(key)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// A limit that is only there to be measured.
fn measured(source: &str, caps: Caps, room: usize) -> (bool, usize) {
    let limit = Limit::default();
    let mut tally = Tally::default();
    let mut cutter = cut::Cutter {
        limit: &limit,
        exempt: &[],
        caps,
        tally: &mut tally,
        longest: 0,
    };
    let cut = cutter.json(source, &[], 0);
    let ruler = size::Ruler { exempt: &[], room };
    let fits = ruler.measure(source, &[], 0).fit(caps, room).is_some();
    (fits, cut.map_or(source.len(), |cut| cut.len()))
}

proptest! {
    #[test]
    fn what_is_measured_is_what_is_cut(
        value in json(),
        levels in 0..4,
        items in prop::option::of(0_usize..9),
        string in prop::option::of(64_usize..200),
        room in 0_usize..900,
    ) {
        let nest = |inner: String, _| format!(r#"{{"a": [ {} , "\\u00e9"]}}"#, quoted(&inner));
        let source = (0..levels).fold(format!("{{\"b\":{value} }}"), nest);
        let caps = Caps { items, string };
        let (fits, bytes) = measured(&source, caps, room);
        prop_assert_eq!(fits, bytes <= room, "{} in {}: {}", bytes, room, &source);
        // What is near the edge is what matters.
        for room in [bytes.saturating_sub(1), bytes] {
            prop_assert_eq!(measured(&source, caps, room).0, bytes <= room);
        }
    }

    #[test]
    fn what_is_cut_fits_and_stays_json(value in json(), most in 64_usize..600) {
        let limit = Limit { max_bytes: Some(most), ..Limit::default() };
        let source = format!(r#"{{"a":{value}}}"#);
        let (text, structured, report) = limited(&limit, &source, &source);
        if report.is_blocked() {
            return Ok(());
        }
        prop_assert_eq!(&text, &structured);
        prop_assert!(text.len() + structured.len() <= most);
        prop_assert_eq!(report.is_clean(), text == source);
    }

    #[test]
    fn twice_is_as_once(value in json(), most in 0_usize..4) {
        let limit = Limit { max_items: Some(most), max_depth: Some(3), ..Limit::default() };
        let source = format!(r#"{{"a":{value}}}"#);
        let (_, once, _) = limited(&limit, "", &source);
        let (_, twice, report) = limited(&limit, "", &once);
        prop_assert_eq!(once, twice);
        prop_assert!(report.is_clean());
    }
}
