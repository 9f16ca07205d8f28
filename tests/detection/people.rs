//! What belongs to people: cards, accounts, numbers and addresses of all kinds.

use crate::finds::{Contexts, detector, not_found};
use crate::make::{card, grouped, iban};

const CARD: Contexts = Contexts {
    entity: "credit_card",
    key: "card_number",
    prose: "Please charge {} and send the receipt.",
};
const IBAN: Contexts = Contexts {
    entity: "iban",
    key: "iban",
    prose: "Transfer it to {} by Friday.",
};
const SSN: Contexts = Contexts {
    entity: "us_ssn",
    key: "ssn",
    prose: "My social security number is {}, as I said.",
};
const ITIN: Contexts = Contexts {
    entity: "us_itin",
    key: "itin",
    prose: "The ITIN on the form is {}.",
};
const EMAIL: Contexts = Contexts {
    entity: "email",
    key: "contact",
    prose: "Write to {}, or to nobody.",
};
const IP: Contexts = Contexts {
    entity: "ip_address",
    key: "remote_addr",
    prose: "The request came from {} at night.",
};
const MAC: Contexts = Contexts {
    entity: "mac_address",
    key: "mac",
    prose: "The card {} does not answer.",
};
const PHONE: Contexts = Contexts {
    entity: "phone",
    key: "phone",
    prose: "Call me at {} after six.",
};

/// Beginnings and lengths of card numbers: every network, every length that it has.
const CARDS: &[(&str, usize)] = &[
    ("4", 13),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("644", 16),
    ("65", 16),
    ("3528", 16),
    ("3589", 16),
    ("2131", 15),
    ("1800", 15),
    ("300", 14),
    ("36", 14),
    ("38", 14),
    ("50", 12),
    ("5018", 16),
    ("5893", 16),
    ("6304", 13),
    ("6759", 19),
    ("6763", 12),
    ("62", 16),
    ("62", 19),
];

fn cards() -> Vec<String> {
    let mut cards = Vec::new();
    for (start, length) in CARDS {
        let digits = card(start, *length);
        match length {
            14 | 15 => cards.push(grouped(&digits, &[4, 6], " ")),
            16 => {
                cards.push(grouped(&digits, &[4, 4, 4], " "));
                cards.push(grouped(&digits, &[4, 4, 4], "-"));
            }
            _ => {}
        }
        cards.push(digits);
    }
    cards
}

/// Countries with an account of the right length and form.
const ACCOUNTS: &[(&str, &str)] = &[
    ("AD", "00012030200359100100"),
    ("AE", "0331234567890123456"),
    ("AT", "1904300234573201"),
    ("BE", "539007547034"),
    ("BR", "00360305000010009795493C1"),
    ("CH", "00762011623852957"),
    ("CZ", "08000000192000145399"),
    ("DE", "370400440532013000"),
    ("DK", "00400440116243"),
    ("EE", "2200221020145685"),
    ("ES", "21000418450200051332"),
    ("FI", "12345600000785"),
    ("FR", "20041010050500013M02606"),
    ("GB", "NWBK60161331926819"),
    ("GR", "01101250000000012300695"),
    ("HR", "10010051863000160"),
    ("HU", "117730161111101800000000"),
    ("IE", "AIBK93115212345678"),
    ("IL", "0108000000099999999"),
    ("IT", "X0542811101000000123456"),
    ("LI", "088100002324013AA"),
    ("LT", "1000011101001000"),
    ("LU", "0019400644750000"),
    ("MT", "MALT011000012345MTLCAST001S"),
    ("NL", "ABNA0417164300"),
    ("NO", "86011117947"),
    ("PL", "109010140000071219812874"),
    ("PT", "000201231234567890154"),
    ("RO", "AAAA1B31007593840000"),
    ("SA", "80000000608010167519"),
    ("SE", "50000000058398257466"),
    ("SI", "263300012039086"),
    ("SK", "12000000198742637541"),
    ("TR", "0006100519786457841326"),
];

fn ibans() -> Vec<String> {
    let of = |(country, account): &(&str, &str)| {
        let plain = iban(country, account);
        let spaced = grouped(&plain, &[4; 8], " ");
        [plain, spaced]
    };
    ACCOUNTS.iter().flat_map(of).collect()
}

const SSNS: &[&str] = &[
    "536-22-8726",
    "001-01-0001",
    "899-99-9999",
    "665-12-3456",
    "667-12-3456",
    "536 22 8726",
    "536228726",
];

const ITINS: &[&str] = &["912-70-1234", "900-50-0001", "999-88-9999", "951-94-4321"];

const EMAILS: &[&str] = &[
    "maja.lind@example.com",
    "a@b.co",
    "first.last+tag@sub.domain.example.co.uk",
    "o'brien@example.ie",
    "x_y-z+1@mail.example.museum",
    "1234567890@example.net",
    "UPPER.CASE@EXAMPLE.ORG",
    "jörg@müller.example",
    "用户@例子.中国",
    "почта@пример.рф",
    "info@xn--bcher-kva.example",
    "a.b.c.d.e.f@very-long-subdomain-name.of.some.host.example.info",
];

const IPS: &[&str] = &[
    "203.0.113.7",
    "198.51.100.255",
    "8.8.8.8",
    "192.168.178.23",
    "100.64.0.1",
    "2001:db8::1",
    "2001:0db8:0000:0000:0000:ff00:0042:8329",
    "2001:db8:85a3::8a2e:370:7334",
    "fe80::1ff:fe23:4567:890a",
    "::ffff:192.0.2.128",
    "2A02:8108:96BF:D200::4",
    "64:ff9b::c000:221",
];

const MACS: &[&str] = &["00:1a:2b:3c:4d:5e", "B8-27-EB-12-34-56"];

/// Numbers as people of many countries write them.
const PHONES: &[&str] = &[
    "+1 415 555 2671",
    "+14155552671",
    "+1 (415) 555-2671",
    "+1-415-555-2671",
    "(415) 555-2671",
    "415-555-2671",
    "415.555.2671",
    "415 555 2671",
    "1-800-356-9377",
    "1 (206) 555-0143",
    "(206)555-0143",
    "4155552671",
    "415-555-2671 x123",
    "+44 20 7946 0018",
    "+44 (0)20 7946 0018",
    "020 7946 0018",
    "+44 7911 123456",
    "07911 123456",
    "+49 30 901820",
    "+49 (0)89 12345678",
    "+49-171-1234567",
    "030 901820",
    "0171 1234567",
    "+33 1 42 68 53 00",
    "01 42 68 53 00",
    "06.12.34.56.78",
    "+34 912 345 678",
    "+39 06 698 12345",
    "+31 20 794 0800",
    "+32 2 555 12 12",
    "+41 44 668 18 00",
    "044 668 18 00",
    "+43 1 58858 0",
    "+45 32 12 34 56",
    "+46 8 123 456 78",
    "+47 22 12 34 56",
    "+358 9 1234567",
    "+48 22 123 45 67",
    "+420 224 123 456",
    "+36 1 234 5678",
    "+351 21 123 4567",
    "+353 1 234 5678",
    "+30 21 0123 4567",
    "+90 212 555 12 12",
    "+7 495 123-45-67",
    "+380 44 123 4567",
    "+972 3-123-4567",
    "+971 4 123 4567",
    "+966 11 123 4567",
    "+91 98765 43210",
    "+86 10 6552 9988",
    "+81 3-1234-5678",
    "03-1234-5678",
    "+82 2-123-4567",
    "+65 6123 4567",
    "+852 2123 4567",
    "+60 3-1234 5678",
    "+66 2 123 4567",
    "+62 21 1234 5678",
    "+61 2 9374 4000",
    "(02) 9374 4000",
    "+64 9 123 4567",
    "+27 21 123 4567",
    "+234 1 123 4567",
    "+20 2 1234 5678",
    "+55 11 91234-5678",
    "(11) 91234-5678",
    "+52 55 1234 5678",
    "+54 11 1234-5678",
    "+57 1 123 4567",
    "+56 2 2123 4567",
    "0041 44 668 18 00",
    "011 44 20 7946 0018",
];

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// All values in a text that tells of them.
pub(crate) fn texts() -> Vec<String> {
    let all = [
        (CARD, cards()),
        (IBAN, ibans()),
        (SSN, owned(SSNS)),
        (ITIN, owned(ITINS)),
        (EMAIL, owned(EMAILS)),
        (IP, owned(IPS)),
        (MAC, owned(MACS)),
        (PHONE, owned(PHONES)),
    ];
    let in_prose = |(contexts, values): (Contexts, Vec<String>)| {
        let texts = values
            .iter()
            .map(|value| contexts.prose.replace("{}", value));
        texts.collect::<Vec<_>>()
    };
    all.into_iter().flat_map(in_prose).collect()
}

fn assert_found(contexts: &Contexts, values: &[String]) {
    let missed = not_found(&detector(), contexts, values);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn cards_of_every_network_and_length_are_found() {
    assert_found(&CARD, &cards());
}

#[test]
fn ibans_of_every_form_are_found() {
    assert_found(&IBAN, &ibans());
}

#[test]
fn social_security_numbers_are_found() {
    assert_found(&SSN, &owned(SSNS));
}

#[test]
fn taxpayer_numbers_are_found() {
    assert_found(&ITIN, &owned(ITINS));
}

#[test]
fn addresses_of_mail_are_found() {
    assert_found(&EMAIL, &owned(EMAILS));
}

#[test]
fn addresses_of_machines_are_found() {
    assert_found(&IP, &owned(IPS));
    assert_found(&MAC, &owned(MACS));
}

#[test]
fn telephone_numbers_of_many_countries_are_found() {
    let missed = not_found(&detector(), &PHONE, &owned(PHONES));
    let tried = PHONES.len() * 4;
    // People write them in more ways than any rule has.
    assert!(
        missed.len() * 20 <= tried,
        "{} of {tried}:\n{}",
        missed.len(),
        missed.join("\n")
    );
}
