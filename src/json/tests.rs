//! What the reader takes and refuses, row by row.

use super::*;
use ErrorKind::*;

fn kind_of(bytes: &[u8]) -> Option<ErrorKind> {
    Document::parse(bytes, &Limits::default())
        .err()
        .map(|error| error.kind)
}

#[test]
fn what_parsers_read_differently_is_refused() {
    let rows: &[(&[u8], ErrorKind)] = &[
        // Two equal keys, at any depth and however they are written.
        (br#"{"name":"safe","name":"secret"}"#, DuplicateKey),
        (br#"{"id":1,"id":1}"#, DuplicateKey),
        (br#"{"params":{"name":"a","name":"b"}}"#, DuplicateKey),
        (br#"[[{"a":[{"b":0,"c":1,"b":0}]}]]"#, DuplicateKey),
        (br#"{"name":1,"n\u0061me":2}"#, DuplicateKey),
        (br#"{"n\u0061me":1,"na\u006De":2}"#, DuplicateKey),
        (br#"{"a/":1,"a\/":2}"#, DuplicateKey),
        (br#"{"":1,"":2}"#, DuplicateKey),
        (r#"{"é":1,"\u00e9":2}"#.as_bytes(), DuplicateKey),
        (r#"{"😀":1,"\ud83d\uDE00":2}"#.as_bytes(), DuplicateKey),
        (br#"{"\u0000":1,"\u0000":2}"#, DuplicateKey),
        // More than one value.
        (br#"{"a":1}{"a":2}"#, TrailingData),
        (b"{}\n{}", TrailingData),
        (b"{} xyz", TrailingData),
        (b"{}\0", TrailingData),
        (b"{},", TrailingData),
        (b"1 2", TrailingData),
        (b"[]]", TrailingData),
        (b"{}\xc2\xa0", TrailingData),
        // Encodings.
        (b"\xef\xbb\xbf{}", ByteOrderMark),
        (b" \xef\xbb\xbf{}", UnexpectedByte),
        (b"{\0}\0", UnexpectedByte),
        (b"\0{\0}", UnexpectedByte),
        (b"\xff\xfe{\0}\0", NotUtf8),
        (b"\xfe\xff\0{\0}", NotUtf8),
        (b"{\0\0\0}\0\0\0", UnexpectedByte),
        (b"[\"\xff\"]", NotUtf8),
        (b"[\"\xed\xa0\x80\"]", NotUtf8),
        (b"{\"n\xc1\xa1me\":1}", NotUtf8),
        (b"[\"\xe2\x82\"]", NotUtf8),
        (br#"["\ud800"]"#, LoneSurrogate),
        (br#"["\ud800 "]"#, LoneSurrogate),
        (br#"["\ud800\n"]"#, LoneSurrogate),
        (br#"["\ud800\ud800"]"#, LoneSurrogate),
        (br#"["\ud800\u0041"]"#, LoneSurrogate),
        (br#"["\udc00"]"#, LoneSurrogate),
        (br#"["\udc00\ud800"]"#, LoneSurrogate),
        (br#"{"\ud800":1}"#, LoneSurrogate),
        // Things that are not JSON.
        (b"{/* */}", UnexpectedByte),
        (b"{} // end", TrailingData),
        (b"[1,]", UnexpectedByte),
        (br#"{"a":1,}"#, UnexpectedByte),
        (b"{,}", UnexpectedByte),
        (b"[,1]", UnexpectedByte),
        (b"[1 2]", UnexpectedByte),
        (b"[1}", UnexpectedByte),
        (br#"{"a":1]"#, UnexpectedByte),
        (br#"{"a" 1}"#, UnexpectedByte),
        (br#"{"a"}"#, UnexpectedByte),
        (b"{1:1}", UnexpectedByte),
        (b"{a:1}", UnexpectedByte),
        (b"['a']", UnexpectedByte),
        (b"[\x0b1]", UnexpectedByte),
        (b"[\x0c1]", UnexpectedByte),
        (b"[NaN]", UnexpectedByte),
        (b"[Infinity]", UnexpectedByte),
        (b"[-Infinity]", InvalidNumber),
        (b"[True]", UnexpectedByte),
        (b"[nul]", UnexpectedByte),
        (b"[nulll]", UnexpectedByte),
        (b"[undefined]", UnexpectedByte),
        (b"[\"a\nb\"]", ControlCharacter),
        (b"[\"a\tb\"]", ControlCharacter),
        (b"[\"a\0b\"]", ControlCharacter),
        (b"[\"\x1f\"]", ControlCharacter),
        (br#"["\x41"]"#, InvalidEscape),
        (br#"["\'"]"#, InvalidEscape),
        (br#"["\u00g0"]"#, InvalidEscape),
        (br#"["\u+041"]"#, InvalidEscape),
        (br#"["\U0041"]"#, InvalidEscape),
        // Numbers.
        (b"[01]", InvalidNumber),
        (b"[-01]", InvalidNumber),
        (b"[00]", InvalidNumber),
        (b"[1.]", InvalidNumber),
        (b"[.5]", UnexpectedByte),
        (b"[+1]", UnexpectedByte),
        (b"[-]", InvalidNumber),
        (b"[1e]", InvalidNumber),
        (b"[1e+]", InvalidNumber),
        (b"[1e1.5]", UnexpectedByte),
        (b"[0x10]", UnexpectedByte),
        (b"[1_000]", UnexpectedByte),
        (b"[1e999]", NumberNotFinite),
        (b"[-1E+999]", NumberNotFinite),
        (b"[1.8e308]", NumberNotFinite),
        (b"[1.7976931348623158e308]", NumberNotFinite),
        (b"[1e99999999999999999999]", NumberNotFinite),
        // Ends.
        (b"", Empty),
        (b" \r\n\t", Empty),
        (b"{", UnexpectedEnd),
        (b"[", UnexpectedEnd),
        (b"[1", UnexpectedEnd),
        (b"[1,", UnexpectedEnd),
        (br#"{"a"#, UnexpectedEnd),
        (br#"{"a""#, UnexpectedEnd),
        (br#"{"a":"#, UnexpectedEnd),
        (br#"{"a":1"#, UnexpectedEnd),
        (br#"{"a":1,"#, UnexpectedEnd),
        (b"\"", UnexpectedEnd),
        (b"\"\\", UnexpectedEnd),
        (b"\"\\u12", UnexpectedEnd),
        (b"\"\\ud800\\u12", UnexpectedEnd),
        (b"-", UnexpectedEnd),
        (b"1.", UnexpectedEnd),
        (b"1e", UnexpectedEnd),
        (b"tru", UnexpectedEnd),
    ];
    for (bytes, kind) in rows {
        assert_eq!(kind_of(bytes), Some(*kind), "{}", bytes.escape_ascii());
    }
}

#[test]
fn strict_json_is_accepted() {
    let rows: &[&[u8]] = &[
        b" \r\n\t{} \r\n\t",
        br#"{ "a" : [ 1 , 2 ] , "b" : { } }"#,
        br#"{"name":1,"Name":2,"n":{"name":3}}"#,
        br#"[{"a":1},{"a":1}]"#,
        br#"{"a":{"a":{"a":[]}}}"#,
        b"null",
        b"true",
        b"false",
        b"\"\"",
        b"0",
        b"-0",
        b"-0.0e-0",
        b"1.7976931348623157e308",
        b"1e-999",
        b"0e999",
        b"9007199254740993",
        b"9223372036854775808",
        "\"\u{7f}\u{2028}\u{feff}😀\u{10ffff}\"".as_bytes(),
        br#""\u0000\"\\\/\b\f\n\r\t\ud83d\uDE00\uffff""#,
    ];
    for bytes in rows {
        assert_eq!(kind_of(bytes), None, "{}", bytes.escape_ascii());
    }
}

/// Limits of a reader that lets half characters pass.
fn replacing() -> Limits {
    Limits {
        lone_surrogates: LoneSurrogates::Replace,
        ..Limits::default()
    }
}

#[test]
fn half_characters_are_replaced_where_that_is_asked_for() {
    let rows = [
        // The source, what it becomes, and the text of its first string.
        (r#"["cut \ud83d"]"#, r#"["cut \ufffd"]"#, "cut \u{fffd}"),
        (r#"["\uDe00 rest"]"#, r#"["\ufffd rest"]"#, "\u{fffd} rest"),
        (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#, "😀"),
        (
            r#"["\ud83d\ud83d\ude00\ude00"]"#,
            r#"["\ufffd\ud83d\ude00\ufffd"]"#,
            "\u{fffd}😀\u{fffd}",
        ),
        (
            r#"["\ude00\ud83d"]"#,
            r#"["\ufffd\ufffd"]"#,
            "\u{fffd}\u{fffd}",
        ),
        (r#"["\ud83d\u0041"]"#, r#"["\ufffd\u0041"]"#, "\u{fffd}A"),
        (r#"["\ud83d\n"]"#, r#"["\ufffd\n"]"#, "\u{fffd}\n"),
        (
            r#"["\ud83d\\ude00"]"#,
            r#"["\ufffd\\ude00"]"#,
            "\u{fffd}\\ude00",
        ),
        (r#"["\\ud83d"]"#, r#"["\\ud83d"]"#, r"\ud83d"),
        (r#"["\ud83d😀"]"#, r#"["\ufffd😀"]"#, "\u{fffd}😀"),
        // All else stays as it is written, and so does what is written elsewhere.
        (
            r#" [ "\/\u0061\ud83d\t" , {"\u0061":["\ud800"]} ] "#,
            r#" [ "\/\u0061\ufffd\t" , {"\u0061":["\ufffd"]} ] "#,
            "/a\u{fffd}\t",
        ),
    ];
    for (source, expected, text) in rows {
        let document = Document::parse(source.as_bytes(), &replacing()).unwrap();
        let first = document.root().elements().next().unwrap();
        assert_eq!(first.as_str().unwrap(), text, "{source}");
        let mut splice = Splice::new(document.source());
        splice.replace_lone_surrogates(&document);
        assert_eq!(splice.is_empty(), source == expected, "{source}");
        assert_eq!(splice.finish(), expected);
        assert_eq!(kind_of(expected.as_bytes()), None);
        let strict = (source != expected).then_some(LoneSurrogate);
        assert_eq!(kind_of(source.as_bytes()), strict, "{source}");
    }
    for (source, kind) in [
        (r#"{"\ud83d":1}"#, LoneSurrogate),
        (r#"[{"a\ude00":"\ud83d"}]"#, LoneSurrogate),
        (r#"["\ud83d"#, UnexpectedEnd),
        (r#"["\ud83d\"#, UnexpectedEnd),
        (r#"["\ud83d\u12"#, UnexpectedEnd),
        (r#"["\ud83"]"#, InvalidEscape),
        (r#"["\ud83d\x"]"#, InvalidEscape),
        (r#"["\ud83d\u00g0"]"#, InvalidEscape),
        ("[\"\\ud83d\n\"]", ControlCharacter),
        (r#"{"a":"\ud83d","\u0061":1}"#, DuplicateKey),
    ] {
        let error = Document::parse(source.as_bytes(), &replacing()).unwrap_err();
        assert_eq!(error.kind, kind, "{source}");
    }
}

#[test]
fn half_characters_go_with_what_is_removed_or_replaced() {
    let source = r#"{"a":"\ud800","b":["\ud801",{"c":"x\udc02"}],"d":"\udc03\udc04"}"#;
    let document = Document::parse(source.as_bytes(), &replacing()).unwrap();
    let root = document.root();
    let list = root.get("b").unwrap();
    for halves_first in [false, true] {
        let mut splice = Splice::new(document.source());
        if halves_first {
            splice.replace_lone_surrogates(&document);
        }
        splice.remove_member(root, "a");
        splice.remove_elements(list, |half| !half.is_object());
        splice.replace(root.get("d").unwrap(), "0");
        splice.insert_member(root, "e", "1");
        splice.replace_lone_surrogates(&document);
        assert_eq!(splice.finish(), r#"{"b":[{"c":"x\ufffd"}],"d":0,"e":1}"#);
    }
    let mut splice = Splice::new(document.source());
    splice.replace(list, "[]");
    splice.replace_lone_surrogates(&document);
    let expected = r#"{"a":"\ufffd","b":[],"d":"\ufffd\ufffd"}"#;
    assert_eq!(splice.finish(), expected);
}

#[test]
fn limits_are_exact() {
    let limits = Limits {
        depth: 3,
        number_digits: 4,
        ..Limits::default()
    };
    let kind_of = |text: &str| {
        Document::parse(text.as_bytes(), &limits)
            .err()
            .map(|e| e.kind)
    };
    assert_eq!(kind_of(r#"[{"a":[1]},[[]]]"#), None);
    assert_eq!(kind_of("[[[[]]]]"), Some(TooDeep));
    assert_eq!(kind_of(r#"[[{"a":{}}]]"#), Some(TooDeep));
    assert_eq!(kind_of("[[[]],[[]],[[]],[[]]]"), None);
    assert_eq!(kind_of("-1234"), None);
    assert_eq!(kind_of("-1.2e+34"), None);
    assert_eq!(kind_of("12345"), Some(NumberTooLong));
    assert_eq!(kind_of("1.2e345"), Some(NumberTooLong));
    assert_eq!(kind_of("0.00001"), Some(NumberTooLong));

    let deep = "[".repeat(1_000_000);
    assert_eq!(kind_of(&deep), Some(TooDeep));
    let bottomless = Limits {
        depth: usize::MAX,
        number_digits: usize::MAX,
        ..Limits::default()
    };
    let nested = deep.clone() + &"]".repeat(1_000_000);
    assert!(Document::parse(nested.as_bytes(), &bottomless).is_ok());
    let digits = |count| Document::parse("9".repeat(count).as_bytes(), &bottomless).map(drop);
    assert_eq!(digits(308), Ok(()));
    assert_eq!(
        digits(400),
        Err(Error {
            kind: NumberNotFinite,
            offset: 0
        })
    );
}

#[test]
fn duplicates_are_found_among_many_keys() {
    for count in [2, 15, 16, 17, 18, 1000, 100_000] {
        for (last, duplicate) in [
            ("k0", true),
            ("k1", true),
            ("K0", false),
            (r"\u006b1", true),
        ] {
            let keys: String = (0..count)
                .map(|index| format!("\"k{index}\":[0],"))
                .collect();
            let source = format!("{{{keys}\"{last}\":0}}");
            let expected = duplicate.then(|| Error {
                kind: DuplicateKey,
                offset: 1 + keys.len(),
            });
            let result = Document::parse(source.as_bytes(), &Limits::default());
            assert_eq!(result.err(), expected, "{count} keys, then {last}");
        }
    }
}

#[test]
fn strings_end_where_they_end() {
    // Every distance from the eight bytes that the scan takes at once.
    for length in 0..40 {
        let plain = "é".repeat(length / 2) + &"x".repeat(length % 2);
        for special in [r#"\""#, r"\\", r"\u0000", "\u{1f}", ""] {
            let source = format!("[\"{plain}{special}{plain}\",\"\"]");
            let ours = Document::parse(source.as_bytes(), &Limits::default());
            let theirs = serde_json::from_str::<Vec<String>>(&source);
            match (ours, theirs) {
                (Ok(document), Ok(strings)) => {
                    let decoded: Vec<_> = document
                        .root()
                        .elements()
                        .filter_map(Value::as_str)
                        .collect();
                    assert_eq!(decoded, strings);
                }
                (Err(error), Err(_)) => {
                    assert_eq!(
                        error,
                        Error {
                            kind: ControlCharacter,
                            offset: 2 + plain.len()
                        }
                    );
                }
                (ours, theirs) => panic!("{source}: {ours:?}, {theirs:?}"),
            }
        }
    }
}

#[test]
fn errors_say_what_and_where_and_nothing_else() {
    let error = |bytes| {
        Document::parse(bytes, &Limits::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        error(br#"{"secret":1,"secret":2}"#),
        "duplicate key at byte 12"
    );
    assert_eq!(error(br#"["secret" x]"#), "unexpected byte at byte 10");
    assert_eq!(error(b"[\"ab\xff\"]"), "invalid UTF-8 at byte 4");
    assert_eq!(error(b"[12, 1e999]"), "number out of range at byte 5");
    assert_eq!(error(br#"["ab\ud800"]"#), "lone surrogate at byte 4");
    assert_eq!(error(b"[1"), "unexpected end at byte 2");
    let document = Document::parse(br#"["secret"]"#, &Limits::default()).unwrap();
    assert_eq!(format!("{document:?}"), "Document { bytes: 10, nodes: 2 }");
    assert_eq!(
        format!("{:?}", document.root()),
        "Value { kind: Array, span: 0..10 }"
    );
}

#[test]
fn views_borrow_and_decode() {
    let source = r#" {"n\u0061me": "tools\/call", "plain":"é", "n": -1.50e+3, "t":true, "f":false,
        "none":null, "list":[ [1,[2]], {"name":"inner"}, 3 ], "empty":{}} "#;
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let root = document.root();
    assert_eq!(document.source(), source);
    assert_eq!(root.raw(), source.trim());

    let name = root.get("name").unwrap();
    assert_eq!(name.raw(), r#""tools\/call""#);
    assert_eq!(name.as_str().unwrap(), "tools/call");
    assert!(matches!(
        root.get("plain").unwrap().as_str(),
        Some(std::borrow::Cow::Borrowed("é"))
    ));
    assert_eq!(root.get("n").unwrap().as_number(), Some("-1.50e+3"));
    assert_eq!(root.get("t").unwrap().as_bool(), Some(true));
    assert_eq!(root.get("f").unwrap().as_bool(), Some(false));
    assert!(root.get("none").unwrap().is_null());
    assert!(root.get("missing").is_none());
    assert!(root.get(r"n\u0061me").is_none());
    assert!(root.get("NAME").is_none());

    let list = root.get("list").unwrap();
    let raws: Vec<_> = list.elements().map(Value::raw).collect();
    assert_eq!(raws, ["[1,[2]]", r#"{"name":"inner"}"#, "3"]);
    assert_eq!(list.members().count(), 0);
    assert!(list.get("name").is_none());

    let keys: Vec<_> = root.members().map(Member::key).collect();
    assert_eq!(
        keys,
        ["name", "plain", "n", "t", "f", "none", "list", "empty"]
    );
    let first = root.members().next().unwrap();
    assert_eq!(
        source.get(first.span()).unwrap(),
        r#""n\u0061me": "tools\/call""#
    );
    assert_eq!(root.elements().count(), 0);
    assert_eq!(root.get("empty").unwrap().members().count(), 0);
    assert_eq!(name.members().count(), 0);

    let kinds: Vec<_> = root.members().map(|member| member.value().kind()).collect();
    use Kind::*;
    assert_eq!(
        kinds,
        [String, String, Number, Bool, Bool, Null, Array, Object]
    );
    assert!(name.as_bool().is_none() && name.as_number().is_none() && root.as_str().is_none());
}

#[test]
fn the_end_is_seen_at_the_byte_that_closes() {
    for (text, complete) in [
        (r#"  {"a":[1,{"b":"}]\"\\"}]}"#, true),
        ("[]", true),
        (r#"["\\"]"#, true),
        (r#"["\"]"#, false),
        (r#"{"a":"#, false),
        ("1 ", false),
        ("null", false),
        ("\"a\"[]", false),
        ("\u{feff}{}", false),
        ("", false),
    ] {
        let mut detector = EndDetector::new();
        let last = text.len().saturating_sub(1);
        for (index, byte) in text.bytes().enumerate() {
            assert_eq!(
                detector.push(&[byte]),
                complete && index == last,
                "{text} at {index}"
            );
        }
        assert_eq!(EndDetector::new().push(text.as_bytes()), complete, "{text}");
        assert_eq!(detector.push(b" more"), complete, "{text} and more");
    }
}
