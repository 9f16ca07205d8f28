//! Words that say what the number beside them is.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
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
    // What is done with telephones, among other things.
    REACH = 8,
    PROVIDER = 9,
    HEALTH = 10,
    DEVICE = 11,
    VEHICLE = 12,
    CRYPTO = 13,
    BRAZIL = 14,
    ARGENTINA = 15,
    CHILE = 16,
    FRANCE = 17,
    POLAND = 18,
    BELGIUM = 19,
    PORTUGAL = 20,
    CZECHIA = 21,
    ROMANIA = 22,
    BULGARIA = 23,
    TURKEY = 24,
    NETHERLANDS = 25,
    SCANDINAVIA = 26,
    DENMARK = 27,
    INDIA = 28,
    KOREA = 29,
    THAILAND = 30,
    CHINA = 31,
    JAPAN = 32,
    ISRAEL = 33,
    EMIRATES = 34,
    SOUTH_AFRICA = 35,
    SPAIN = 36,
    IRELAND = 37,
    // Where someone lives, with numbers of houses and areas.
    PLACE = 38,
    // What has numbers that may belong to a person, but are no telephone's.
    HOLDER = 39,
    FINLAND = 40,
    CANADA = 41,
}

impl Topics {
    /// What any number that says who someone is goes by, in all countries that have a topic.
    pub(super) const IDENTITY: Self = Self((1 << 38) - (1 << 14));

    /// What the number of social insurance of Canada goes by.
    pub(super) const CANADIAN: Self = Self(Self::CANADA.0 | Self::SOCIAL.0);

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
         facsimile call called calling caller callback dial desk ring sms whatsapp viber imessage \
         hotline helpline landline switchboard voicemail pager msisdn contactnumber telephonenumber phoned dialed dialing rang tlf gsm natel \
         电话 手机 電話 携帯 전화",
    ),
    (
        Topics::REACH,
        "reach reached reachable text texted texting signal telegram contact kontakt office home work \
         answer answering answered message messaged messages messaging receiving registered extension \
         line talk speak number nummer número numero numéro",
    ),
    (
        Topics::REFERENCE,
        "order invoice ticket tracking shipment parcel sku part serial batch lot item product article \
         catalog catalogue barcode ean upc gtin isbn issn doi reference ref case id identifier uuid \
         guid hash commit revision rev build job run request session trace span transaction txn \
         txid receipt booking reservation confirmation po purchase quote timestamp time epoch date \
         created updated expires size bytes length offset count total amount price sum balance \
         latitude longitude lat lon lng coordinates model version seq sequence row rows line page \
         port pid tid thread index ohm ohms resistor capacitor rpm range bestellung auftrag rechnung commande facture pedido factura",
    ),
    (
        Topics::VERSION,
        "version ver v release build firmware kernel driver sdk package upgrade upgraded downgrade \
         update updated patch nginx apache openssl chrome chromium firefox safari oracle java jdk jre \
         python node dotnet php ruby mysql postgres postgresql redis debian ubuntu android ios edge \
         library lib plugin module dependency requires changelog semver tag section chapter clause \
         figure table appendix paragraph oid affects",
    ),
    (
        Topics::NETWORK,
        "ip ipv ips address addr host hostname server client peer gateway dns subnet netmask inet \
         remote source destination src dst ping listen listening bind bound connect \
         connected connection login logged forwarded upstream endpoint route router blocked \
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
        "ssn social socialsecurity insurance sozialversicherung sozialversicherungsnummer svnr \
         vsnr ahv avs ahvn",
    ),
    (
        Topics::TAX,
        "tax taxpayer itin tin ein fein employer irs tfn steuer steueridentifikationsnummer steuerid \
         steuernummer idnr identifikationsnummer",
    ),
    (Topics::BANK, "bank routing aba rtn wire ach transit"),
    (
        Topics::PROVIDER,
        "npi provider prescriber physician dea practitioner",
    ),
    (
        Topics::HEALTH,
        "nhs medicare patient health medicarebeneficiary",
    ),
    (Topics::DEVICE, "imei device handset imeisv"),
    (
        Topics::VEHICLE,
        "vin vehicle chassis car truck automobile motorcycle",
    ),
    (
        Topics::CRYPTO,
        "eth ethereum wallet erc20 address addr crypto contract token usdt usdc ether blockchain",
    ),
    (Topics::CANADA, "sin nas canada canadian"),
    (Topics::BRAZIL, "cpf cnpj cadastro contribuinte"),
    (Topics::ARGENTINA, "cuit cuil"),
    (Topics::CHILE, "rut run"),
    (Topics::FRANCE, "nir insee sécu sociale sécurité ssn"),
    (Topics::POLAND, "pesel"),
    (
        Topics::BELGIUM,
        "rijksregisternummer rijksregister nrn insz niss registre national",
    ),
    (Topics::PORTUGAL, "nif contribuinte nipc"),
    (Topics::CZECHIA, "rodné rodne číslo cislo rč"),
    (Topics::ROMANIA, "cnp"),
    (Topics::BULGARIA, "egn егн"),
    (Topics::TURKEY, "tckn tc kimlik vatandaşlık"),
    (Topics::NETHERLANDS, "bsn burgerservicenummer sofinummer"),
    (
        Topics::SCANDINAVIA,
        "personnummer personnr samordningsnummer fødselsnummer fodselsnummer fnr",
    ),
    (Topics::DENMARK, "cpr personnummer"),
    (Topics::INDIA, "aadhaar aadhar uidai आधार"),
    (Topics::KOREA, "rrn 주민등록번호 주민번호"),
    (Topics::THAILAND, "thai thailand บัตรประชาชน"),
    (Topics::CHINA, "身份证 身份证号 身份证号码"),
    (Topics::JAPAN, "mynumber マイナンバー 個人番号"),
    (Topics::ISRAEL, "teudat zehut israeli israel"),
    (Topics::EMIRATES, "emirates"),
    (Topics::SOUTH_AFRICA, "rsa african africa saidnumber saidno"),
    (Topics::SPAIN, "nif nie dni cif extranjero"),
    (Topics::IRELAND, "pps ppsn"),
    (Topics::FINLAND, "hetu henkilötunnus"),
    (
        Topics::PLACE,
        "address street st rue avenue ave av road rd apt apartment suite unit box drive dr lane ln court \
         boulevard blvd square plaza strasse straße str via calle rua zip postcode postal located",
    ),
    (
        Topics::HOLDER,
        "license licence driver passport policy member membership account acct customer client employee \
         student patient claim voucher coupon code pin otp loan card visa ssn tax vin iban",
    ),
    // Words about anyone's identity, in whatever country.
    (
        Topics::IDENTITY,
        "national identity identification citizen citizenship resident personal passport nationalid \
         identityno idnumber nid",
    ),
];

/// FNV-1a, which is quick for short words. All words of the table are ours, so that nobody can make
/// it slow.
#[derive(Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        self.0 = bytes.iter().fold(self.0, step);
    }
}

static TABLE: LazyLock<HashMap<&'static str, Topics, BuildHasherDefault<Fnv>>> =
    LazyLock::new(|| {
        let mut table = HashMap::default();
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
