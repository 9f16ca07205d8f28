//! Fields in texts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// What a limit makes of one text: what it becomes, if that can be told, and the report.
fn of_text(limit: &Limit, text: &str, form: Form) -> (Result<String, Failure>, Report) {
    let source = quoted(text);
    let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
    let parts = [Part {
        path: Path::default().key("content").index(0).key("text"),
        value: document.root(),
        form,
    }];
    let input = Input::new(Phase::Result, Operation::Mutate, &parts);
    let (mut splice, mut report) = (Splice::new(document.source()), Report::default());
    let looked = limit.inspect(&input, &mut splice, &mut report);
    let edited = splice.finish();
    let document = Document::parse(edited.as_bytes(), &Limits::default()).unwrap();
    let text = document.root().as_str().unwrap().into_owned();
    (looked.map(|()| text), report)
}

fn without_ssn() -> Limit {
    Limit {
        deny: vec![pattern("**.ssn")],
        ..Limit::default()
    }
}

#[test]
fn fields_go_from_each_line_and_from_json_that_is_a_string() {
    for (text, expected) in [
        (
            "{\"ssn\":1,\"a\":2}\n\n{\"a\": 3}\r\n[{\"ssn\":4}]\n",
            "{\"a\":2}\n\n{\"a\": 3}\r\n[{}]\n",
        ),
        ("7\n{\"ssn\":1}\n\"x\"", "7\n{}\n\"x\""),
        (r#""{\"ssn\":1,\"a\":2}""#, r#""{\"a\":2}""#),
        (
            r#"{"a":"{\"ssn\":1}\n{\"b\":1}"}"#,
            r#"{"a":"{}\n{\"b\":1}"}"#,
        ),
    ] {
        let (cut, report) = of_text(&without_ssn(), text, Form::Text);
        assert_eq!(cut.unwrap(), expected);
        assert!(
            report
                .findings()
                .iter()
                .all(|it| it.action == Action::Remove)
        );
    }
}

#[test]
fn fields_of_what_cannot_be_read_cannot_be_told() {
    let deep = |levels: usize| {
        (0..levels).fold(r#"{"ssn":1}"#.to_owned(), |inner, _| {
            format!(r#"{{"a":{}}}"#, quoted(&inner))
        })
    };
    for text in [
        r#"{"ssn":1,"ssn":2}"#,
        r#" [{"ssn":1},]"#,
        "\u{feff}{\"ssn\":1}",
        "{'ssn': 1}",
        "{\"a\":1}\n{\"ssn\":1",
        r#"{"a":"{\"ssn\":1,\"ssn\":2}"}"#,
        &format!("{}{{\"ssn\":1}}{}", "[".repeat(200), "]".repeat(200)),
        &deep(9),
    ] {
        let (cut, report) = of_text(&without_ssn(), text, Form::Text);
        assert_eq!(
            cut,
            Err(Failure::new(
                "a text in it looks like JSON and can't be read"
            )),
            "{text}"
        );
        assert!(report.is_clean());
        // Without fields there is nothing that could hide in it.
        let rows = Limit {
            max_rows: Some(2),
            ..Limit::default()
        };
        assert_eq!(of_text(&rows, text, Form::Text).0.as_deref(), Ok(text));
    }
    let (cut, _) = of_text(&without_ssn(), &deep(3), Form::Text);
    assert!(!cut.unwrap().contains("ssn"));
    let title = r#"{"title":"[Bug] it hangs"}"#;
    assert_eq!(
        of_text(&without_ssn(), title, Form::Text).0.as_deref(),
        Ok(title)
    );
}

#[test]
fn prose_is_reported_where_fields_are_listed() {
    let prose = "Rows: [{\"ssn\":1}]";
    let (cut, report) = of_text(&without_ssn(), prose, Form::Text);
    assert_eq!(cut.as_deref(), Ok(prose));
    let [found] = report.findings() else {
        panic!("{report:?}");
    };
    assert_eq!(
        (&*found.rule, found.action),
        ("fields_unread", Action::Report)
    );
    assert_eq!(found.path, "$.content[0].text");
    assert!(!report.is_clean() && !report.finds_fault());
    let (_, report) = of_text(&Limit::default(), prose, Form::Text);
    assert!(report.is_clean());
    let (_, report) = of_text(&without_ssn(), " ", Form::Text);
    assert!(report.is_clean());
    let (_, _, report) = limited(&without_ssn(), "prose", r#"{"ssn":1}"#);
    assert!(report.finds_fault());
}

#[test]
fn what_lenient_readers_take_for_base64_is_read() {
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain(r#"{"ssn":1}"#.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
    let plain = encoded(br#"{"ssn":1}   "#);
    for blob in [
        encoded(br#"{"ssn":1}"#),
        encoded(br#"{"ssn":11}"#).trim_end_matches('=').to_owned(),
        {
            let (head, tail) = plain.split_at(8);
            format!("{head}\r\n{tail}")
        },
        encoded(b"{\"\xff\xfe\":2,\"ssn\":1}").replace('/', "_"),
        encoded(&utf16),
        r#"{"ssn":1}"#.to_owned(),
    ] {
        let (cut, report) = of_text(&without_ssn(), &blob, Form::Base64);
        let cut = cut.unwrap();
        assert_ne!(cut, blob);
        assert_eq!(report.findings()[0].rule, "fields", "{blob}");
        let decoded = STANDARD
            .decode(&cut)
            .map(|it| String::from_utf8(it).unwrap());
        assert!(!decoded.unwrap_or(cut).contains("ssn"), "{blob}");
    }
    let image = "iVBORw0KGgo=";
    let (cut, report) = of_text(&without_ssn(), image, Form::Base64);
    assert_eq!(cut.as_deref(), Ok(image));
    assert!(report.is_clean());
}
