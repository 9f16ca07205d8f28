//! Tokens that were right before something happened to them.

use super::{Row, Stage};
use crate::authorization_server::{part, sign_parts};

#[test]
fn tokens_that_are_not_written_as_tokens_are() {
    let stage = Stage::new();
    let good = stage.good().text();
    let other = stage.place.issuer.token("bob").text();
    let [header, payload, signature]: [&str; 3] = parts(&good).try_into().unwrap();
    let theirs = parts(&other)[2];
    let padded = |text: &str| format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let signed = |header: &str, payload: &str| sign_parts(header, payload, &stage.rsa);
    let half = signature.split_at(signature.len() / 2).0;
    let rows = [
        Row::token("one part", header),
        Row::token("two parts", format!("{header}.{payload}")),
        Row::token("two parts, the last", format!("{payload}.{signature}")),
        Row::token("four parts", format!("{good}.{signature}")),
        Row::token(
            "five parts",
            format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        ),
        Row::token("encrypted", jwe()),
        Row::token("a dot before", format!(".{good}")),
        Row::token("a dot after", format!("{good}.")),
        Row::token("only dots", ".."),
        Row::token("no header", format!(".{payload}.{signature}")),
        Row::token("no payload", format!("{header}..{signature}")),
        Row::token("signature stripped", format!("{header}.{payload}.")),
        Row::token(
            "signature of another token",
            format!("{header}.{payload}.{theirs}"),
        ),
        Row::token(
            "payload of another token",
            format!("{header}.{}.{signature}", parts(&other)[1]),
        ),
        Row::token("half a signature", format!("{header}.{payload}.{half}")),
        Row::token("a signature and more", format!("{good}AAAA")),
        Row::token(
            "signature of zeros",
            format!("{header}.{payload}.{}", part([0; 256])),
        ),
        Row::token("truncated", good.split_at(good.len() - 3).0),
        Row::token(
            "truncated in the payload",
            good.split_at(header.len() + payload.len() / 2).0,
        ),
        Row::token("a bit flipped", flipped(&good, header.len() + 10)),
        Row::token(
            "a bit flipped in the signature",
            flipped(&good, good.len() - 20),
        ),
        Row::token("signature padded", padded(&good)),
        Row::token("payload padded", signed(header, &format!("{payload}="))),
        Row::token("bits left over in the signature", left_over(&good)),
        Row::token("standard base64", standard(&stage)),
        Row::token("a space inside", good.replacen('.', ". ", 1)),
        Row::token("a tab inside", good.replacen('.', ".\t", 1)),
        Row::token(
            "a space in the middle of a part",
            spaced(&good, header.len() + 8),
        ),
        Row::token(
            "a letter that is none of base64",
            good.replacen('e', "é", 1),
        ),
        Row::token("a percent", good.replacen('.', "%2e", 1)),
        Row::token("in quotes", format!("\"{good}\"")),
        Row::token("a comma after", format!("{good},")),
        Row::token("a semicolon after", format!("{good};")),
        Row::token("a parameter after", format!("{good}, realm=\"x\"")),
    ];
    stage.assert_refused(&rows);
}

/// An ECDSA signature is two numbers: as others write them, or so that every key fits.
#[test]
fn signatures_of_curves_that_are_no_signatures() {
    let stage = Stage::new();
    let good = stage.by(&stage.p256).text();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let der = [
        &[0x30, 0x44, 0x02, 0x20],
        &[1; 32][..],
        &[0x02, 0x20],
        &[1; 32][..],
    ]
    .concat();
    let rows = [
        Row::token("both zero", format!("{message}.{}", part([0; 64]))),
        Row::token("in DER", format!("{message}.{}", part(der))),
        Row::token(
            "one number",
            format!("{message}.{}", signature.split_at(43).0),
        ),
        Row::token(
            "three numbers",
            format!("{message}.{signature}{}", signature.split_at(43).0),
        ),
        Row::token("of Ed25519, all zero", {
            let good = stage.by(&stage.ed25519).text();
            let message = good.rsplit_once('.').unwrap().0;
            format!("{message}.{}", part([0; 64]))
        }),
    ];
    stage.assert_refused(&rows);
}

fn parts(token: &str) -> Vec<&str> {
    token.split('.').collect()
}

/// Five parts that look like a JWE (RFC 7516 section 7.1).
fn jwe() -> String {
    let header = part(r#"{"alg":"dir","enc":"A128GCM"}"#);
    let [iv, text, tag] = [part([1; 12]), part([2; 64]), part([3; 16])];
    format!("{header}..{iv}.{text}.{tag}")
}

fn flipped(token: &str, at: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[at] = match bytes[at] {
        b'A' => b'B',
        _ => b'A',
    };
    String::from_utf8(bytes).unwrap()
}

fn spaced(token: &str, at: usize) -> String {
    let (before, after) = token.split_at(at);
    format!("{before} {after}")
}

/// The same bytes, but with bits set that no byte has: 256 bytes leave four of them.
fn left_over(token: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let at = LETTERS.find(last).unwrap();
    assert_eq!(at % 16, 0);
    let next = LETTERS.as_bytes()[at + 1];
    format!("{rest}{}", char::from(next))
}

/// Signed as it is, but with `+` and `/`: a header of which all readers but strict ones read the same.
fn standard(stage: &Stage) -> String {
    let good = stage.good().header("x", "?>?>?>~~~");
    let header = part(good.header_json());
    let standard = header.replace('-', "+").replace('_', "/");
    assert_ne!(header, standard);
    sign_parts(&standard, &part(good.payload_json()), &stage.rsa)
}
