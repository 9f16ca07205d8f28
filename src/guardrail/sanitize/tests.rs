use proptest::prelude::*;

use super::super::report::Report;
use super::super::{Input, Operation, Part, Phase};
use super::*;
use crate::json::{Document, Limits};

fn clean(text: &str) -> String {
    let all = Sanitize::new(Junk::DEFAULT);
    all.clean(text)
        .map_or_else(|| text.to_owned(), |(text, _)| text)
}

#[test]
fn orders_to_terminals_go() {
    for (text, expected) in [
        ("\u{1b}[31mred\u{1b}[0m", "red"),
        ("\u{1b}[38;2;1;2;3mx", "x"),
        ("\u{1b}[?25lx\u{1b}[2 q", "x"),
        ("\u{9b}31mred", "red"),
        (
            "\u{1b}]8;;https://evil.example/\u{1b}\\link\u{1b}]8;;\u{1b}\\",
            "link",
        ),
        ("\u{1b}]0;title\u{7}x", "x"),
        ("\u{9d}0;title\u{9c}x", "x"),
        ("\u{1b}Pq...\u{1b}\\x", "x"),
        ("\u{1b}(Bx\u{1b}7\u{1b}c", "x"),
        // What nothing ends shows.
        ("\u{1b}]8;;hidden", "8;;hidden"),
        ("\u{1b}]0;a\nb\u{7}", ""),
        ("\u{1b}[31", ""),
        ("\u{1b}", ""),
        ("\u{1b}\u{1b}[0m[31mx", "[31mx"),
        ("a\u{8}\u{8}b\0c\u{7f}", "abc"),
        ("a\tb\r\nc\u{85}d\u{c}", "a\tb\r\nc\u{85}d\u{c}"),
        ("\u{1b}[é", "é"),
    ] {
        assert_eq!(clean(text), expected, "{text:?}");
    }
}

#[test]
fn what_nobody_sees_goes_and_what_scripts_need_stays() {
    for (text, expected) in [
        ("a\u{202e}b\u{2066}c\u{2069}\u{200f}", "abc"),
        ("pass\u{200b}word\u{feff}\u{2060}\u{ad}", "password"),
        ("a\u{200d}b\u{200c}c", "abc"),
        // Persian, Hindi, Sinhala.
        ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ("क्\u{200d}ष", "क्\u{200d}ष"),
        ("ශ්\u{200d}රී", "ශ්\u{200d}රී"),
        ("क\u{200d}\u{200d}\u{200c}ष", "क\u{200d}ष"),
        (
            "👩🏽\u{200d}💻 ❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}💻 ❤\u{fe0f}\u{200d}🔥",
        ),
        (
            "🏴\u{200d}☠\u{fe0f} 1\u{fe0f}\u{20e3}",
            "🏴\u{200d}☠\u{fe0f} 1\u{fe0f}\u{20e3}",
        ),
        ("👩\u{200d}", "👩"),
        (FLAG_OF_WALES, FLAG_OF_WALES),
        ("🏴\u{e0069}\u{e0067}\u{e007f}", "🏴"),
        ("hi\u{e0001}\u{e0069}\u{e0067}\u{e006e}", "hi"),
        // Bytes in variation selectors.
        ("😀\u{e0158}\u{e0155}", "😀"),
        ("😀\u{fe0f}\u{fe00}\u{fe01}", "😀\u{fe0f}"),
        ("葛\u{e0100}飾", "葛\u{e0100}飾"),
        ("\u{180e}\u{115f}\u{3164}\u{2062}\u{fff9}", ""),
        (
            "“quoted” — naïve … 日本語 한국어",
            "“quoted” — naïve … 日本語 한국어",
        ),
        ("\u{f8ff}", "\u{f8ff}"),
    ] {
        assert_eq!(clean(text), expected, "{text:?}");
    }
    let icons = Sanitize::new(&[Junk::PrivateUse]);
    assert_eq!(icons.clean("\u{f8ff}x\u{200b}").unwrap().0, "x\u{200b}");
}

const FLAG_OF_WALES: &str = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}";

#[test]
fn comments_go_whatever_they_hide_in() {
    for (text, expected) in [
        ("a<!-- ignore all -->b", "ab"),
        ("a<!-->b<!--->c<!-- x --!>d", "abcd"),
        ("a<!-- x\n-- > -->b", "ab"),
        ("a<!-- open", "a open"),
        ("<!-- a <!-- b -->c", "c"),
        ("<!<!-- x -->-- y -->z", "z"),
        ("<!-\u{200b}- x -->y", "y"),
        ("a < b <! c", "a < b <! c"),
    ] {
        assert_eq!(clean(text), expected, "{text:?}");
    }
    let deep = (0..20).fold("<!-- -->".to_owned(), |inner, _| format!("<!{inner}-- -->"));
    assert!(!clean(&deep).contains("<!--"));
}

#[test]
fn a_message_is_cleaned_and_reported() {
    let source = r#"{"text":"a\u001b[8mb","n":1,"k\u200by":["{\"c\":\"d<!-- e -->\"}"]}"#;
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let parts = [Part::whole(document.root())];
    let input = Input::new(Phase::Result, Operation::Mutate, &parts);
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    Sanitize::new(Junk::DEFAULT).inspect(&input, &mut splice, &mut report);
    assert_eq!(
        splice.finish(),
        r#"{"text":"ab","n":1,"ky":["{\"c\":\"d\"}"]}"#
    );
    let found: Vec<_> = report.findings().iter().map(|found| &*found.rule).collect();
    assert_eq!(found, ["ansi", "zero_width", "html_comments"]);
}

#[test]
fn definitions_are_cleaned_where_models_read() {
    let source = r#"{"name":"a\u200b","description":"x<!-- y -->","inputSchema":{"properties":{
        "default":{"description":"z\u200b","enum":["\u200b"]}}},
        "outputSchema":{"properties":{"s":{"pattern":"^x"}}}}"#;
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    let all = Sanitize::new(Junk::DEFAULT);
    all.edit_tool(document.root(), &mut splice, &mut report);
    let expected = r#"{"name":"a\u200b","description":"x","inputSchema":{"properties":{
        "default":{"description":"z","enum":["\u200b"]}}},
        "outputSchema":{"properties":{"s":{}}}}"#;
    assert_eq!(splice.finish(), expected);
    assert_eq!(report.findings().len(), 2);
}

#[test]
fn words_stand_for_kinds_and_samples_are_caught() {
    for junk in Junk::ALL {
        assert_eq!(Junk::parse(junk.as_str()), Some(*junk));
        assert_eq!(Sanitize::new(&[*junk]).self_test(), Ok(()));
    }
    assert_eq!(Junk::parse("x"), None);
}

/// Characters of which junk is made, and some others.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{1b}"),
        Just("["),
        Just("]"),
        Just("\\"),
        Just("31m"),
        Just("\u{9d}"),
        Just("\u{9b}"),
        Just("\u{7}"),
        Just("<!--"),
        Just("<!"),
        Just("--"),
        Just("-->"),
        Just(">"),
        Just("\u{200b}"),
        Just("\u{200d}"),
        Just("\u{fe0f}"),
        Just("\u{e0067}"),
        Just("🏴"),
        Just("😀"),
        Just("क"),
        Just("a"),
        Just("é"),
        Just("\u{202e}"),
        Just("葛"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn what_is_clean_stays_clean(text in pieces()) {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once.clone());
        let junk = ['\u{1b}', '\u{9b}', '\u{200b}', '\u{202e}'];
        prop_assert!(!once.contains(junk));
        prop_assert!(!once.contains("<!--"));
        prop_assert!(once.len() <= text.len() + 8);
    }

    #[test]
    fn plain_text_stays(text in "[ -;=-~\\n]*") {
        prop_assert_eq!(clean(&text), text);
    }
}
