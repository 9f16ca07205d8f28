//! Words that say what the number beside them is.

use std::collections::HashMap;
use std::ops::BitOr;
use std::sync::LazyLock;

/// What words are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Topics(u64);

/// Names each topic with its bit.
macro_rules! topics {
    ($($name:ident = $bit:literal,)+) => {
        impl Topics {
            $(pub(super) const $name: Self = Self(1 << $bit);)+
        }
    };
}

topics! {
    PHONE = 0,
    // Numbers that count or refer, and are nobody's: orders, invoices, parcels, parts.
    REFERENCE = 1,
    VERSION = 2,
    NETWORK = 3,
    CARD = 4,
    SOCIAL = 5,
    TAX = 6,
    BANK = 7,
}

impl Topics {
    pub(super) const NONE: Self = Self(0);

    pub(super) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Topics {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The words in lower case and in the singular.
const WORDS: &[(Topics, &str)] = &[
    (
        Topics::PHONE,
        "phone telephone tel tél téléphone telefon telefono teléfono telefone telefoon telefonnummer \
         puhelin telefonu тел телефон cell cellular mobile mobil handy móvil celular portable mob fax \
         facsimile call called calling caller callback dial reach ring text texted sms whatsapp \
         signal telegram viber imessage hotline helpline landline switchboard voicemail pager contact \
         desk office home work answer answering message messaged messages registered msisdn phonenumber \
         电话 手机 電話 携帯 전화",
    ),
    (
        Topics::REFERENCE,
        "order invoice ticket tracking shipment parcel sku part serial batch lot item product article \
         catalog catalogue barcode ean upc gtin isbn issn doi reference ref case id identifier uuid \
         guid hash commit revision rev build job run request session trace span transaction txn \
         txid receipt booking reservation confirmation po purchase quote timestamp time epoch date \
         created updated expires size bytes length offset count total amount price sum balance \
         latitude longitude lat lon lng coordinates model version seq sequence row rows line page \
         port pid tid thread index bestellung auftrag rechnung commande facture pedido factura",
    ),
    (
        Topics::VERSION,
        "version ver v release build firmware kernel driver sdk package upgrade upgraded downgrade \
         update updated patch nginx apache openssl chrome chromium firefox safari oracle java jdk jre \
         python node dotnet php ruby mysql postgres postgresql redis debian ubuntu android ios edge \
         library lib plugin module dependency requires changelog semver tag",
    ),
    (
        Topics::NETWORK,
        "ip ipv ips address addr host hostname server client peer gateway dns subnet netmask inet \
         remote source destination src dst from to ping listen listening bind bound connect \
         connected connection login logged forwarded upstream endpoint route router via blocked \
         proxy node pod cluster",
    ),
    (
        Topics::CARD,
        "card creditcard debitcard cc ccn ccnumber credit debit visa mastercard amex american express \
         discover jcb diners maestro unionpay cvv cvc pan payment pay paying paid charge charged \
         karte kreditkarte carte tarjeta cartão carta",
    ),
    (
        Topics::SOCIAL,
        "ssn ssns social sozialversicherung socialsecurity",
    ),
    (
        Topics::TAX,
        "tax taxpayer itin tin ein fein employer irs vat steuer",
    ),
    (
        Topics::BANK,
        "bank routing aba rtn iban swift bic wire ach account acct checking savings konto",
    ),
];

static TABLE: LazyLock<HashMap<&'static str, Topics>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for (topics, words) in WORDS {
        for word in words.split_whitespace() {
            let entry = table.entry(word).or_insert(Topics::NONE);
            *entry = *entry | *topics;
        }
    }
    table
});

/// What is put behind a word that says what a number is.
const ENDINGS: &[&str] = &["s", "number", "numbers", "nummer", "num", "nr", "no", "id"];

/// The longest word that is looked up, in bytes.
const LONGEST: usize = 32;

/// What a word is about, in any case, with or without an ending such as `number`.
pub(super) fn topics(word: &str) -> Topics {
    if word.len() > LONGEST {
        return Topics::NONE;
    }
    if !word.is_ascii() {
        return look_up(&word.to_lowercase());
    }
    let mut lower = [0; LONGEST];
    for (slot, byte) in lower.iter_mut().zip(word.bytes()) {
        *slot = byte.to_ascii_lowercase();
    }
    let lower = lower.get(..word.len()).unwrap_or_default();
    look_up(std::str::from_utf8(lower).unwrap_or_default())
}

fn look_up(word: &str) -> Topics {
    if let Some(topics) = TABLE.get(word) {
        return *topics;
    }
    let stems = ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending));
    let known = stems.filter_map(|stem| TABLE.get(stem)).next();
    known.copied().unwrap_or(Topics::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_any_case_and_with_endings() {
        for word in ["phone", "Phones", "PHONENUMBER", "TÉLÉPHONE", "telNo"] {
            assert!(topics(word).intersects(Topics::PHONE), "{word}");
        }
        for word in ["", "microphone", "s", "number"] {
            assert!(!topics(word).intersects(Topics::PHONE), "{word}");
        }
    }

    #[test]
    fn a_word_may_be_about_two_things() {
        let both = topics("build");
        assert!(both.intersects(Topics::VERSION) && both.intersects(Topics::REFERENCE));
    }
}
