//! Documents that nobody thought of, written in all the ways that JSON has.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// So many documents, most of which the strict reader takes.
pub(crate) fn documents(count: usize) -> Vec<Vec<u8>> {
    let mut runner = TestRunner::default();
    let document = document();
    let one = |_| {
        document
            .new_tree(&mut runner)
            .unwrap()
            .current()
            .into_bytes()
    };
    (0..count).map(one).collect()
}

fn document() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        1 => prop::sample::select(vec!["null", "true", "false", "[]", "{}"]).prop_map(str::to_owned),
        3 => number(),
        3 => string(),
    ];
    let nested = leaf.prop_recursive(6, 40, 6, |inner| {
        let element = (space(), inner.clone(), space())
            .prop_map(|(a, b, c)| a + &b + &c)
            .boxed();
        let member = (space(), key(), space(), element.clone())
            .prop_map(|(a, key, b, element)| format!("{a}{key}{b}:{element}"));
        prop_oneof![
            prop::collection::vec(element, 1..6).prop_map(|all| format!("[{}]", all.join(","))),
            prop::collection::vec(member, 1..6).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    });
    (space(), nested, space()).prop_map(|(a, b, c)| a + &b + &c)
}

fn space() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => "[ \n\r\t]{1,3}"]
}

/// Numbers at the edges of what doubles and integers hold, and any others.
fn number() -> impl Strategy<Value = String> {
    let edges = [
        "0",
        "-0",
        "-0.0",
        "-0e0",
        "0e999",
        "9007199254740991",
        "9007199254740993",
        "-9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-999",
        "2.2250738585072011e-308",
        "0.1",
        "1E+2",
        "100000000000000000000000",
        "179769313486231580793e289",
    ];
    prop_oneof![
        1 => prop::sample::select(edges.to_vec()).prop_map(str::to_owned),
        2 => r"-?(0|[1-9][0-9]{0,24})",
        2 => r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
    ]
}

fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[ !#-\\[\\]-~]{0,6}",
        2 => prop::sample::select(vec![
            r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t", r"\u0000", r"\ud83d\ude00",
            r"\ud83d", r"\uDE00", r"\ufeff", r"\uffff", "\u{7f}", "\u{2028}", "\u{feff}", "é", "😀",
        ]).prop_map(str::to_owned),
        1 => r"\\u[0-9a-fA-F]{4}",
        1 => any::<char>()
            .prop_filter("must be escaped", |c| !c.is_control() && !['"', '\\'].contains(c))
            .prop_map(String::from),
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

/// Keys, some of which mean something to a language or are sorted by it.
fn key() -> impl Strategy<Value = String> {
    let telling = [
        r#""__proto__""#,
        r#""constructor""#,
        r#""toJSON""#,
        r#""length""#,
        r#""""#,
        r#""0""#,
        r#""10""#,
        r#""2""#,
        r#""-1""#,
        r#""\u005f_proto__""#,
        r#""name""#,
        r#""Name""#,
    ];
    prop_oneof![
        1 => prop::sample::select(telling.to_vec()).prop_map(str::to_owned),
        3 => string(),
    ]
}
