use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::json::{Document, Limits};

fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn outcome(text: &str, claims: &Value, arguments: Option<&str>) -> Outcome {
    let expression = Expression::compile(text, true).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    evaluate(&expression, claims, arguments)
}

fn evaluate(expression: &Expression, claims: &Value, arguments: Option<&str>) -> Outcome {
    let groups = groups(&["support", "ops"]);
    let facts = Facts {
        user: Some("alice"),
        groups: &groups,
        agent: None,
        scopes: &[],
        claims: claims.as_object().unwrap(),
    };
    let Some(arguments) = arguments else {
        return expression.evaluate(&facts, None);
    };
    let document = Document::parse(arguments.as_bytes(), &Limits::default()).unwrap();
    expression.evaluate(&facts, Some(document.root()))
}

#[test]
fn what_is_wrong_is_said_and_where() {
    let table: &[(&str, &str, &str, Option<&str>)] = &[
        (
            "usr == 'a'",
            "there is no variable `usr`",
            "usr",
            Some("did you mean `user`?"),
        ),
        (
            "'é' == usr",
            "there is no variable `usr`",
            "usr",
            Some("did you mean `user`?"),
        ),
        (
            "user = 'a'",
            "`=` is no operator",
            "=",
            Some("`==` compares"),
        ),
        (
            "user == 1",
            "`==` does not compare string with int",
            "user == 1",
            None,
        ),
        (
            "groups == \"admins\"",
            "`==` does not compare list(string) with string",
            "groups == \"admins\"",
            Some("`\"admins\" in groups` finds one in a list"),
        ),
        (
            "user && true",
            "`&&` takes bool, and this is string",
            "user",
            None,
        ),
        (
            "'a' in user",
            "`in` takes a list or a map, and this is string",
            "user",
            Some("`contains` finds text in text"),
        ),
        (
            "1 in groups",
            "no int is in a list(string)",
            "1 in groups",
            None,
        ),
        (
            "user",
            "a condition is a bool, and this is string",
            "user",
            None,
        ),
        (
            "true || user == 'a'",
            "the expression is always true",
            "true || user == 'a'",
            None,
        ),
        (
            "user == 'a' && false",
            "the expression is always false",
            "user == 'a' && false",
            None,
        ),
        (
            "[1][2] == 1",
            "the expression always fails",
            "[1][2] == 1",
            None,
        ),
        (
            "claims.a + 1 == 2",
            "there is no `+` in a condition",
            "claims.a + 1",
            None,
        ),
        (
            "user.matches(agent)",
            "`matches` takes a pattern that is written out",
            "agent",
            None,
        ),
        (
            "user.matches('(')",
            "the regular expression does not parse",
            "'('",
            None,
        ),
        (
            "user.startWith('a')",
            "there is no function `startWith`",
            "user.startWith('a'",
            Some("did you mean `startsWith`?"),
        ),
        (
            "groups.map(g, g) == []",
            "a condition has no `map` and no `filter`",
            "groups.map(g, g",
            None,
        ),
        (
            "groups.all(user, user == 'a')",
            "`user` is another variable's name",
            "groups.all(user, user == 'a'",
            None,
        ),
        (
            "user.name == 'a'",
            "string has no field `name`",
            "user",
            None,
        ),
        (
            "user == 'a' &&",
            "the expression does not parse: ",
            "",
            None,
        ),
    ];
    for (text, message, at, help) in table {
        let error = Expression::compile(text, true).unwrap_err();
        assert!(error.message.starts_with(message), "{text}: {error:?}");
        assert_eq!(
            text.get(error.range.clone()),
            Some(*at),
            "{text}: {error:?}"
        );
        assert_eq!(error.help.as_deref(), *help, "{text}");
    }
}

#[test]
fn arguments_are_read_only_where_there_are_some() {
    let error = Expression::compile("arguments.a == 1", false).unwrap_err();
    assert_eq!(error.range, 0..9);
    assert!(
        Expression::compile("arguments.a == 1", true)
            .unwrap()
            .reads_arguments()
    );
    assert!(
        !Expression::compile("user == 'a'", true)
            .unwrap()
            .reads_arguments()
    );
}

#[test]
fn expressions_come_to_what_they_say() {
    use Outcome::{Error, False, True, Unknown};
    let claims = json!({"level": 3, "half": 0.5, "teams": ["a", "b"], "huge": 18446744073709551615_u64, "deep": {"a": {"b": null}}});
    let arguments = r#"{"n": 7, "big": 9223372036854775808, "f": 7.0, "path": "/a/\u0062", "list": [1, 2, 2], "o": {"x": 1}, "nul": null, "max": 9007199254740993}"#;
    let table = [
        ("user == 'alice'", True, True),
        ("user != 'alice'", False, False),
        ("agent == 'x'", Error, Error),
        ("agent == 'x' || user == 'alice'", True, True),
        ("agent == 'x' && user == 'bob'", False, False),
        ("'ops' in groups && !('x' in scopes)", True, True),
        ("claims.level >= 3 && claims.half < 1", True, True),
        ("claims.level == 3.0", True, True),
        ("claims.huge > 1", Error, Error),
        ("claims.none == 1", Error, Error),
        ("has(claims.none)", False, False),
        ("claims.deep.a.b == null", True, True),
        ("claims['teams'][1] == 'b'", True, True),
        ("claims.teams[2] == 'b'", Error, Error),
        ("claims.teams[-1] == 'b'", Error, Error),
        ("claims.level", Error, Error),
        ("claims.deep == claims.deep", Error, Error),
        ("claims.teams == ['a', 'b']", True, True),
        ("groups.exists(g, g.startsWith('sup'))", True, True),
        ("groups.all(g, g.matches('^[a-z]+$'))", True, True),
        ("groups.exists_one(g, g in ['ops', 'x'])", True, True),
        (
            "groups.exists(g, claims.teams.exists(t, t == g))",
            False,
            False,
        ),
        ("size(groups) == 2 && user.size() == 5", True, True),
        ("user == 'alice' ? arguments.n == 7 : true", Unknown, True),
        ("arguments.n == 7", Unknown, True),
        ("arguments.n == arguments.f", Unknown, True),
        ("arguments.n < 8 && arguments.n > 6.5", Unknown, True),
        ("arguments.big > 1", Unknown, Error),
        ("arguments.max == 9007199254740992.0", Unknown, False),
        ("arguments.path == '/a/b'", Unknown, True),
        ("arguments.list.exists_one(x, x == 2)", Unknown, False),
        (
            "arguments.all(k, k.size() < 5) && 'o' in arguments",
            Unknown,
            True,
        ),
        (
            "arguments.o.x == 1 && arguments['nul'] == null",
            Unknown,
            True,
        ),
        // Of values of different kinds only the server knows what it takes for equal.
        ("arguments.o == 1", Unknown, Error),
        ("arguments.n != '7'", Unknown, Error),
        ("arguments.n != null", Unknown, True),
        ("has(arguments.n)", Unknown, True),
        ("!has(arguments.z)", Unknown, True),
        ("size(arguments) == 8", Unknown, True),
        ("groups.exists(g, g == arguments.n)", Unknown, Error),
        ("user == 'bob' && arguments.n == 7", False, False),
        ("arguments.n == 7 && user == 'bob'", False, False),
        ("user == 'alice' || has(arguments.n)", True, True),
        ("scopes.exists(s, s == arguments.n)", False, False),
        ("arguments.n == 7 || agent == 'x'", Unknown, True),
    ];
    for (text, listed, called) in table {
        assert_eq!(outcome(text, &claims, None), listed, "{text}, listed");
        assert_eq!(
            outcome(text, &claims, Some(arguments)),
            called,
            "{text}, called"
        );
    }
    assert_eq!(outcome("has(arguments.n)", &claims, Some("[]")), Error);
}

#[test]
fn what_is_too_large_is_refused_at_load() {
    let depth = "(".repeat(900) + "user" + &")".repeat(900);
    let table = [
        format!("user == '{}'", "a".repeat(MAX_TEXT)),
        depth,
        format!("claims{}", ".a".repeat(900)),
        format!("claims.a{}", "+1".repeat(900)),
        format!("true{}", "?true:true".repeat(180)),
        format!("user in [{}'a']", "'a',".repeat(300)),
        "groups.all(a, groups.all(b, groups.all(c, c == user)))".to_owned(),
        "user.matches('(a{900}){900}')".to_owned(),
        "[".repeat(1_900),
        "{".repeat(1_900),
    ];
    for text in table {
        assert!(Expression::compile(&text, true).is_err(), "{text}");
    }
    // The parser takes an even number of these for none.
    let signs = "!".repeat(1_900) + "has(claims.a)";
    assert_eq!(outcome(&signs, &json!({"a": 1}), None), Outcome::True);
}

#[test]
fn what_takes_too_long_denies() {
    let many: Vec<_> = (0..2_000).map(|n| n.to_string()).collect();
    let claims = json!({"many": many, "text": "a".repeat(1_000_000)});
    let table = [
        "claims.many.all(a, claims.many.exists(b, a == b))",
        "claims.many.all(a, a in claims.many)",
        "claims.many.all(a, claims.text.contains('b') || true)",
        "claims.text.matches('b')",
        "user == 'alice' || claims.many.all(a, a in claims.many)",
    ];
    for text in &table[..4] {
        assert_eq!(outcome(text, &claims, None), Outcome::Error, "{text}");
    }
    assert_eq!(outcome(table[4], &claims, None), Outcome::True);
    let once = "claims.many.exists(a, a == '1999') && claims.text.size() == 1000000";
    assert_eq!(outcome(once, &claims, None), Outcome::True);
    // Called with arguments that end it early it does not run out, so that a list can't deny.
    let early = "arguments.go == true || claims.many.all(a, a in claims.many)";
    assert_eq!(outcome(early, &claims, None), Outcome::Unknown);
    assert_eq!(
        outcome(early, &claims, Some(r#"{"go": true}"#)),
        Outcome::True
    );
}

fn condition() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "user == 'alice'",
        "agent == 'x'",
        "arguments.a == 1",
        "has(arguments.a)",
        "arguments.b",
        "'ops' in groups",
        "claims.none == 1",
        "arguments.a in [1, 2]",
        "arguments.exists(k, k == 'a')",
        "groups.all(g, g == arguments.c)",
        "true",
        "false",
        "scopes.exists(s, arguments.b)",
        "groups.exists_one(g, g == arguments.c || g == 'ops')",
        "size(arguments) > 1",
        "arguments['c'].startsWith('o')",
    ]);
    atom.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
                inner.clone().prop_map(|a| format!("!({a})")),
                (inner.clone(), inner.clone(), inner.clone())
                    .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) == ({b})")),
            ]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_a_list_says_holds_for_every_call(
        text in condition(),
        arguments in prop::sample::select(vec![
            "{}", r#"{"a":1}"#, r#"{"a":2,"b":true}"#, r#"{"b":false,"c":"ops"}"#, "[]",
            r#"{"a":"x","b":1,"c":"support"}"#, r#"{"a":99999999999999999999}"#,
        ]),
    ) {
        if let Ok(expression) = Expression::compile(&text, true) {
            let listed = evaluate(&expression, &json!({}), None);
            let called = evaluate(&expression, &json!({}), Some(arguments));
            match listed {
                Outcome::True => prop_assert_ne!(called, Outcome::False),
                Outcome::False | Outcome::Error => prop_assert_ne!(called, Outcome::True),
                Outcome::Unknown => {}
            }
            prop_assert_ne!(called, Outcome::Unknown);
        }
    }

    #[test]
    fn no_text_makes_the_check_panic(text in "[a-z0-9.()'\"\\[\\]!&|=<>?:, é\\\\{}+-]{0,60}") {
        if let Err(error) = Expression::compile(&text, true) {
            prop_assert!(text.get(error.range).is_some());
        }
    }
}
