use super::super::Check;
use super::super::leaf::shown::{inspect, places, rules};
use super::*;

fn check(deny: &[&str], allow: &[&str], normalize: Normalize, chosen: &[&str]) -> Check {
    let owned = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
    Check::Regex(RegexCheck {
        places: places(chosen),
        deny: Denied::new(&owned(deny)).unwrap(),
        allow: Allowed::new(&owned(allow)).unwrap(),
        normalize,
        with: REMOVED.to_owned(),
    })
}

const NONE: Normalize = Normalize {
    nfc: false,
    case: false,
    percent: false,
    base64: false,
};
const ALL: Normalize = Normalize {
    nfc: true,
    case: true,
    percent: true,
    base64: true,
};

#[test]
fn what_is_denied_is_found() {
    for (normalize, arguments, expected) in [
        (NONE, r#"{"q":"drop table x"}"#, vec!["regex_deny $.q"]),
        (NONE, r#"{"q":"\u0064rop table x"}"#, vec!["regex_deny $.q"]),
        (NONE, r#"{"q":"DROP TABLE x"}"#, vec![]),
        (ALL, r#"{"q":"DROP TABLE x"}"#, vec!["regex_deny $.q"]),
        (NONE, r#"{"q":"drop%20table"}"#, vec![]),
        (ALL, r#"{"q":"drop%20table"}"#, vec!["regex_deny $.q"]),
        (ALL, r#"{"q":"drop%252520table"}"#, vec!["regex_deny $.q"]),
        (NONE, r#"{"q":"ZHJvcCB0YWJsZQ=="}"#, vec![]),
        (ALL, r#"{"q":"ZHJvcCB0YWJsZQ=="}"#, vec!["regex_deny $.q"]),
        (ALL, r#"{"q":"\uff44rop table"}"#, vec!["regex_deny $.q"]),
        (
            NONE,
            r#"{"a":[{"b":"drop table"}]}"#,
            vec!["regex_deny $.a[0].b"],
        ),
        (NONE, r#"{"drop table":1}"#, vec![r#"regex_deny $[*]"#]),
        (
            NONE,
            r#"{"q":"{\"a\":\"dr\\u006fp table\"}"}"#,
            vec!["regex_deny $.q"],
        ),
        (NONE, r#"{"n":1234567890123456}"#, vec!["regex_deny $.n"]),
        (NONE, r#"{"q":"drop the table"}"#, vec![]),
    ] {
        let check = check(&["drop table", r"\d{16}"], &[], normalize, &[]);
        let (report, _) = inspect(&check, Operation::Validate, arguments);
        assert_eq!(rules(&report), expected, "{arguments}");
        assert_eq!(report.is_blocked(), !expected.is_empty(), "{arguments}");
    }
}

#[test]
fn what_is_not_allowed_is_found() {
    for (normalize, arguments, is_fine) in [
        (NONE, r#"{"id":"ab-12"}"#, true),
        (NONE, r#"{"id":"ab-12 "}"#, false),
        (NONE, r#"{"id":"x\nab-12\nx"}"#, false),
        (NONE, r#"{"id":""}"#, false),
        (NONE, r#"{"id":7}"#, true),
        (NONE, r#"{"id":-7.5}"#, false),
        (NONE, r#"{"id":["ab-12","ab"]}"#, true),
        (NONE, r#"{"id":{"x;y":"ab-12"}}"#, false),
        (NONE, r#"{"other":"anything else!"}"#, true),
        (NONE, r#"{"id":"alpha or beta"}"#, false),
        (NONE, r#"{"id":"AB"}"#, true),
        (ALL, r#"{"id":"ab"}"#, true),
        (NONE, r#"{"id":"%3Bx"}"#, true),
        // Every reading has to be allowed.
        (ALL, r#"{"id":"%3Bx"}"#, false),
    ] {
        let check = check(&[], &["[a-z0-9-]+", "AB|%3Bx"], normalize, &["id"]);
        let (report, _) = inspect(&check, Operation::Validate, arguments);
        assert_eq!(report.is_clean(), is_fine, "{arguments}");
        let blocked = report.is_blocked();
        assert_eq!(blocked, !is_fine, "{arguments}");
    }
    let commented = check(&[], &["(?x) a b c # letters"], NONE, &["id"]);
    for (arguments, is_fine) in [(r#"{"id":"abc"}"#, true), (r#"{"id":"abcd"}"#, false)] {
        let (report, _) = inspect(&commented, Operation::Validate, arguments);
        assert_eq!(report.is_clean(), is_fine, "{arguments}");
    }
}

#[test]
fn names_of_arguments_need_not_be_allowed() {
    let check = check(&[], &["[0-9]+"], NONE, &[]);
    let (report, _) = inspect(&check, Operation::Validate, r#"{"id":"12"}"#);
    assert!(report.is_clean());
}

#[test]
fn what_is_denied_is_replaced() {
    let mutated = |normalize, arguments: &str| {
        let check = check(&["drop table", r"\d{16}"], &[], normalize, &[]);
        let (report, text) = inspect(&check, Operation::Mutate, arguments);
        (report.is_blocked(), text)
    };
    for (normalize, arguments, expected) in [
        (
            NONE,
            r#"{"q":"a drop table b drop table"}"#,
            r#"{"q":"a [removed] b [removed]"}"#,
        ),
        (NONE, r#"{"n":1234567890123456}"#, r#"{"n":"[removed]"}"#),
        // What stands in no single place goes as a whole.
        (ALL, r#"{"q":"a DROP%20table b"}"#, r#"{"q":"[removed]"}"#),
        // What a replacement makes is looked at again.
        (
            NONE,
            r#"{"q":"drop drop table table"}"#,
            r#"{"q":"drop [removed] table"}"#,
        ),
    ] {
        assert_eq!(mutated(normalize, arguments), (false, expected.to_owned()));
    }
    assert!(
        mutated(NONE, r#"{"drop table":1}"#).0,
        "a key can't be mended"
    );
}

#[test]
fn messages_say_what_and_where_and_never_the_value() {
    let check = check(&["drop table"], &["[a-z ]+"], NONE, &["q"]);
    let (report, _) = inspect(&check, Operation::Validate, r#"{"q":"drop table 4711"}"#);
    assert_eq!(
        report.reason(),
        "`$.q` holds something that is not allowed; leave it out; \
         `$.q` is not of a form that is allowed; it must match `[a-z ]+` as a whole"
    );
}

#[test]
fn every_pattern_is_shown_a_sample_of_its_own() {
    for pattern in [
        "drop table",
        "(?i)union\\s+select",
        r"\bpassword\b",
        r"^\s*--",
        r"(?m)^#!",
        r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}",
        r"(a|b|c)x+$",
        r"(?:\d{3}-){2}\d{4}",
        r"\Bx",
        r"[^\x00-\x7f]",
        r"(?-u:\d)+",
        "a?b",
        r"\.\./",
        r"x*",
        r"\p{Greek}",
        r"^$",
    ] {
        assert_eq!(
            check(&[pattern], &[], NONE, &[]).self_test(),
            Ok(()),
            "{pattern}"
        );
    }
    for pattern in [r"a\b\Bc", r"x^y", r"[a&&b]"] {
        let error = check(&[pattern], &[], NONE, &[]).self_test().unwrap_err();
        assert!(error.contains(pattern), "{error}");
    }
    let open = check(&[], &["(?s).*"], NONE, &[]).self_test();
    assert_eq!(
        open,
        Err("the patterns of `allow` match any text".to_owned())
    );
    assert_eq!(check(&[], &["[a-z]{1,9}"], NONE, &[]).self_test(), Ok(()));
}

#[test]
fn patterns_that_cannot_be_are_told() {
    let owned = |text: &str| vec!["fine".to_owned(), text.to_owned()];
    assert!(matches!(
        Denied::new(&owned("(")),
        Err(PatternError::Syntax(1, _))
    ));
    assert!(matches!(
        Allowed::new(&owned("a)|(b")),
        Err(PatternError::Syntax(1, _))
    ));
    let big = owned(r"\w{1000}{1000}");
    assert_eq!(Denied::new(&big).unwrap_err(), PatternError::TooBig(1));
    let long = owned(&"a".repeat(MAX_BYTES + 1));
    assert_eq!(Denied::new(&long).unwrap_err(), PatternError::TooLong(1));
    let many = vec!["a".to_owned(); MAX_PATTERNS + 1];
    assert_eq!(Allowed::new(&many).unwrap_err(), PatternError::TooMany);
}
