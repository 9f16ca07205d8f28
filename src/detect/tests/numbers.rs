//! Numbers and codes: as they are written, with another check digit, and without a word near.

use super::{check, detector, found};
use crate::detect::Entity;

/// The entities whose last character, or the one before it, checks the rest.
const CHECKED: &[Entity] = &[
    Entity::CreditCard,
    Entity::Iban,
    Entity::CryptoAddress,
    Entity::UsBankRouting,
    Entity::UsNpi,
    Entity::UsDea,
    Entity::CaSin,
    Entity::UkNhs,
    Entity::IePps,
    Entity::DeTaxId,
    Entity::AtSvnr,
    Entity::ChAhv,
    Entity::NlBsn,
    Entity::BeNrn,
    Entity::FrNir,
    Entity::EsNif,
    Entity::PtNif,
    Entity::ItCodiceFiscale,
    Entity::PlPesel,
    Entity::CzBirthNumber,
    Entity::RoCnp,
    Entity::BgEgn,
    Entity::FiHetu,
    Entity::SePersonnummer,
    Entity::NoFnr,
    Entity::TrTckn,
    Entity::BrCpf,
    Entity::BrCnpj,
    Entity::ArCuit,
    Entity::ClRut,
    Entity::MxCurp,
    Entity::AuTfn,
    Entity::InAadhaar,
    Entity::SgNric,
    Entity::KrRrn,
    Entity::ThId,
    Entity::CnResidentId,
    Entity::JpMyNumber,
    Entity::IlId,
    Entity::AeEmiratesId,
    Entity::ZaId,
    Entity::Imei,
    Entity::Vin,
];

/// A text with its last character changed to the next one of its kind.
fn changed(text: &str) -> String {
    let (last, rest) = text.as_bytes().split_last().unwrap();
    let next = match last {
        b'9' => b'0',
        b'z' => b'a',
        b'Z' => b'A',
        other => other + 1,
    };
    String::from_utf8([rest, &[next]].concat()).unwrap()
}

#[test]
fn a_wrong_check_digit_is_no_finding() {
    for entity in CHECKED {
        let text = changed(&entity.sample());
        assert!(
            found(&detector(&[*entity]), &text).is_empty(),
            "{entity:?}: {text}"
        );
    }
}

#[test]
fn short_numbers_are_none_without_a_word_near() {
    let all = detector(Entity::ALL);
    let samples = Entity::ALL.iter().map(|entity| entity.sample());
    let with_word =
        |text: &String| text.starts_with(|c: char| !c.is_ascii_digit()) && text.contains(' ');
    for sample in samples.filter(with_word) {
        let digits = sample
            .split(' ')
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let digits = digits.collect::<Vec<_>>().concat();
        assert!(found(&all, &digits).is_empty(), "{sample}");
        assert!(
            found(&all, &format!("order {digits}")).is_empty(),
            "{sample}"
        );
    }
}

#[test]
fn cards() {
    check(
        Entity::CreditCard,
        &[
            "[4111111111111111]",
            "pay with [4111 1111 1111 1111] 12/29 123",
            "[5555-5555-5555-4444], [378282246310005] and [3782 822463 10005]",
            "[4111\u{a0}1111\u{a0}1111\u{a0}1111] and [4111\u{2011}1111\u{2011}1111\u{2011}1111]",
            "卡号[4111111111111111]。",
            "card: [630427373398], card [4131034282458809939]",
            "4131034282458809939",
            "630427373398",
            "4111 1111 1111 1112",
            "order 4111111111111111",
            "1234 4111 1111 1111 1111 1234",
            "a4111111111111111, 4111111111111111b, 0.4111111111111111",
            "0000 0000 0000 0000",
            "9111 1111 1111 1110",
        ],
    );
}

#[test]
fn accounts() {
    check(
        Entity::Iban,
        &[
            "[GB82WEST12345698765432]",
            "IBAN:[NO9386011117947].",
            "[gb82west12345698765432]",
            "[DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00] bank",
            "GB82WEST12345698765433",
            "GB82WEST1234569876543",
            "ZZ82WEST12345698765432",
            "Gb82WeSt12345698765432",
            "XGB82WEST12345698765432",
        ],
    );
}

#[test]
fn social_security_numbers() {
    check(
        Entity::UsSsn,
        &[
            "[512-73-4096]",
            "SSN [512734096], ssn: [512 73 4096]",
            "512734096, SIN 512345679",
            "512 73 4096",
            "000-12-3456, 666-12-3456, 912-12-3456, 512-00-4096, 512-73-0000",
            "1-512-73-4096, 512-73-4096-1",
            "078-05-1120",
        ],
    );
    check(
        Entity::CaSin,
        &["SIN [512345679], Canadian [512 345 679]", "SIN 512345678"],
    );
    check(
        Entity::UsItin,
        &["[912-70-1234]", "912-66-1234", "812-70-1234"],
    );
}

#[test]
fn numbers_of_people() {
    check(
        Entity::UkNino,
        &[
            "[AB123456C]",
            "[AB 12 34 56 C]",
            "BG123456C",
            "AB123456E",
            "part AB123456C",
        ],
    );
    check(
        Entity::FiHetu,
        &[
            "[131052-308T], hetu [131052-308T]",
            "230628-2222, 160823-1407",
            "[131052A308T] x",
            "131352-308T",
            "131052-308TA",
        ],
    );
    check(
        Entity::EsNif,
        &["DNI: [54362315-K]", "NIE [X2482300W]", "54362315K"],
    );
    check(
        Entity::UsMbi,
        &["[1EG4-TE5-MK73]", "[1EG4TE5MK73]", "1EG4-SE5-MK73"],
    );
    check(
        Entity::CnResidentId,
        &[
            "[11010519491231002X]",
            "110105194912310021",
            "11010519491231002Y",
        ],
    );
    check(
        Entity::SePersonnummer,
        &[
            "[811218-9876] [19811218-9876], [198112189876]",
            "personnummer [880320-0016], [8803200016]",
            "880320-0016, 19880320-0016, 198803200016",
            "8112189876",
            "811318-9876, 811218-9877",
        ],
    );
    check(
        Entity::BrCpf,
        &[
            "[390.533.447-05]",
            "CPF [39053344705]",
            "39053344705",
            "111.111.111-11",
        ],
    );
    check(
        Entity::InAadhaar,
        &[
            "Aadhaar: [2341 2341 2346]",
            "2341 2341 2346",
            "Aadhaar 1341 2341 2346",
        ],
    );
}

#[test]
fn addresses_of_coins() {
    check(
        Entity::CryptoAddress,
        &[
            "[1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa]",
            "[BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4]",
            "[bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0]",
            "[0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed]",
            "wallet [0xde709f2102306220921060314715629080e2fb77]",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
            "0xde709f2102306220921060314715629080e2fb77",
        ],
    );
}
