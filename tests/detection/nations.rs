//! The numbers that nations, their banks and their doctors give to people, and a few of things.
//!
//! All are made up, with check digits that hold. What has been changed in one place holds no more.

use crate::finds::{Contexts, detector, found_in, not_found};

/// An entity, the key and the words that tell of it, numbers, and numbers of which a digit is wrong.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("us_ein", "ein", "Our employer identification number (EIN) is {}.", &["91-9458073", "91-0215736"], &["07-1234567", "89-1234567"]),
    ("us_bank_routing", "routing_number", "The routing number is {}.", &["074766299", "084370374", "062193081"], &["074766291", "084370304"]),
    ("us_npi", "npi", "Provider, NPI {}.", &["1795422058", "1879158909", "1627622305"], &["1795422059", "1879158908"]),
    ("us_mbi", "medicare_number", "The Medicare number is {}.", &["9MD3-FE1-UT07", "1YA5-J87-JP99", "8JC9YD9CR69"], &["9SD3-FE1-UT07", "0YA5-J87-JP99"]),
    ("us_dea", "dea_number", "Prescriber, DEA number {}.", &["MJ3361437", "MS5030604", "AD2036196"], &["MJ3361438", "MS5030605"]),
    ("ca_sin", "social_insurance_number", "My SIN is {}.", &["588 951 137", "504 674 003"], &["588 951 037", "504 674 083"]),
    ("uk_nhs", "nhs_number", "NHS number {} on the letter.", &["938 625 3550", "910 321 1525", "9520765174"], &["938 625 3580", "910 321 1225"]),
    ("uk_nino", "national_insurance_number", "Her National Insurance number is {}.", &["AB 13 09 21 A", "AB595787A", "AB 51 50 77 B"], &["BG 13 09 21 A", "AB 13 09 21 E"]),
    ("ie_pps", "pps_number", "The PPS number is {}.", &["9501096M", "9137450B", "0533336I"], &["9501098M", "9137250B"]),
    ("de_tax_id", "steuer_id", "Meine Steuer-ID lautet {}.", &["80 722 425 393", "87 335 129 400", "23817694580"], &["80 722 425 373", "23817691580"]),
    ("at_svnr", "sozialversicherungsnummer", "Die SVNR ist {}.", &["5378230150", "9891 061149", "1155180848"], &["5378230155", "9891 061449"]),
    ("ch_ahv", "ahv_nummer", "AHV-Nr. {}.", &["756.6008.5560.84", "756.6251.9413.23", "7568098190629"], &["756.6008.5560.87", "756.6251.9418.23"]),
    ("nl_bsn", "bsn", "Mijn BSN is {}.", &["033058477", "047549117", "896237928"], &["033058677", "047549917"]),
    ("be_nrn", "rijksregisternummer", "Rijksregisternummer {}.", &["58.04.13-678.81", "94.11.12-565.59"], &["58.04.13-672.81", "94.11.12-565.52"]),
    ("fr_nir", "numero_de_securite_sociale", "Le numéro de sécurité sociale est {}.", &["1 44 12 75 662 624 18", "1 71 03 75 791 540 03", "147107524235402"], &["1 44 12 75 662 621 18", "1 71 03 75 791 540 73"]),
    ("es_nif", "nif", "El NIF es {}.", &["68515587J", "51399727V", "X4885515Q", "X2352698M"], &["68515583J", "X4885915Q"]),
    ("pt_nif", "contribuinte", "O NIF, número de contribuinte, é {}.", &["278794386", "220619921", "223 103 373"], &["278794686", "220619941"]),
    ("it_codice_fiscale", "codice_fiscale", "Il codice fiscale è {}.", &["ALJNJA77E17A257P", "ADEKFC91E21A633S"], &["ALJNJA77E17A237P", "ADEKFC91E22A633S"]),
    ("pl_pesel", "pesel", "PESEL: {}.", &["63061755207", "76052045234", "41122544281"], &["63061755247", "76052045232"]),
    ("cz_birth_number", "rodne_cislo", "Rodné číslo {}.", &["761202/4992", "590204/7899", "960119/8552"], &["761202/4692", "590204/9899"]),
    ("ro_cnp", "cnp", "CNP {}.", &["1491001400206", "1650120401681"], &["1491001400203", "1650120401781"]),
    ("bg_egn", "egn", "ЕГН {}.", &["6611193183", "5411230380", "5609101029"], &["6611193187", "5411230381"]),
    ("fi_hetu", "henkilotunnus", "Henkilötunnus on {}.", &["251042-675T", "030943-844H", "190968-5028"], &["251047-675T", "190968-5029"]),
    ("se_personnummer", "personnummer", "Mitt personnummer är {}.", &["920918-8334", "660118-9183", "19531228-8094"], &["920918-8339", "660118-9186"]),
    ("no_fnr", "fodselsnummer", "Fødselsnummer {}.", &["22056354976", "02028637651", "261194 91133"], &["22056354971", "02028637851"]),
    ("dk_cpr", "cpr_nummer", "CPR-nummer {}.", &["031076-3985", "010689-4083"], &["321076-3985", "011389-4083"]),
    ("tr_tckn", "tc_kimlik_no", "TC kimlik no {}.", &["40765407126", "40218365256", "84741552400"], &["40765407128", "40218365226"]),
    ("br_cpf", "cpf", "O CPF é {}.", &["496.156.011-10", "117.096.490-70", "70918752574"], &["496.156.010-10", "70918756574"]),
    ("br_cnpj", "cnpj", "CNPJ {}.", &["93.458.404/0001-04", "07.962.120/0001-19"], &["93.458.404/0001-01", "07.962.120/0001-49"]),
    ("ar_cuit", "cuit", "CUIT {}.", &["20-15955903-4", "20-10634901-1"], &["20-15955603-4", "20-10634401-1"]),
    ("cl_rut", "rut", "El RUT es {}.", &["16.743.405-3", "35.458.097-7"], &["16.743.405-4", "35.458.097-K"]),
    ("mx_curp", "curp", "CURP {}.", &["XDYD731107HDFRWN01", "NRFR501020HDFRHN04"], &["XDYD731107HDFRWN02", "NRFR501020HDFRHN94"]),
    ("au_tfn", "tax_file_number", "My TFN is {}.", &["998 791 266", "398 957 321", "395498970"], &["998 791 263", "398 958 321"]),
    ("au_medicare", "medicare_number", "Medicare card {}.", &["4278 42180 5", "2167 28699 3", "4997 51041 9"], &["4278 42181 5", "2167 28698 3"]),
    ("in_aadhaar", "aadhaar", "Aadhaar number {}.", &["6908 0206 4507", "8148 6090 8252", "527438976550"], &["6908 0206 4504", "527438976559"]),
    ("in_pan", "pan", "The PAN of the applicant is {}.", &["UNUPN3636Q", "ATMPH7711G"], &["UNUXN3636Q", "ATMPH77111"]),
    ("sg_nric", "nric", "NRIC {}.", &["S5899151A", "T9573639J", "F0695061L", "G3374514T"], &["S5899151B", "F0695061K"]),
    ("kr_rrn", "resident_registration_number", "주민등록번호 {}.", &["550126-1152798", "681225-1064071"], &["551326-1152798", "683225-1064071"]),
    ("th_id", "thai_id", "เลขประจำตัวประชาชน {}.", &["3-6083-16274-59-0", "2-3254-47193-79-0"], &["3-6083-16274-53-0", "2-3254-47193-39-0"]),
    ("cn_resident_id", "身份证号", "身份证号码 {}。", &["110101194108022304", "110101195602186050"], &["110101194108022364", "110101195602182050"]),
    ("jp_my_number", "mynumber", "マイナンバー {} です。", &["221230327790", "886128794814", "099684888192"], &["221230327791", "886128794815"]),
    ("il_id", "teudat_zehut", "Israeli ID {}.", &["525231940", "869642421"], &["525231980", "869642431"]),
    ("ae_emirates_id", "emirates_id", "Emirates ID {}.", &["784-2000-4180068-9", "784-1987-7539163-8"], &["784-2000-4180068-8", "784-1987-7539163-7"]),
    ("za_id", "south_african_id", "South African ID number {}.", &["5905225437081", "5101055693080"], &["5905225437085", "5101055690080"]),
    ("imei", "imei", "The phone's IMEI is {}.", &["356852363787403", "356657316342473"], &["356852363787803", "356657316342453"]),
    ("vin", "vin", "The VIN of the car is {}.", &["1HGCM8265HM197836", "JTDKB20U4HA489249", "5YJSA1E27HA632980"], &["1HGCM8264HM197836", "JTDKB20U3HA489249"]),
    ("crypto_address", "wallet", "Send it to {} today.", &[
        "1HdEXcxBJ9F94krywKL92JRqLNL8p9AjxV", "38fGuehSZJGqAYC6KHgVYHKwwqRLQtijg3",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ], &[
        "1HdEXcxBJ9F94krywKL92JRqLNL8p9AjxW", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
    ]),
];

/// All numbers in texts that tell of them.
pub(crate) fn texts() -> Vec<String> {
    let in_prose = |(_, _, prose, numbers, _): &Row| {
        let texts = numbers.iter().map(|number| prose.replace("{}", number));
        texts.collect::<Vec<_>>()
    };
    ROWS.iter().flat_map(in_prose).collect()
}

#[test]
fn numbers_of_nations_are_found_where_words_tell_of_them() {
    let detector = detector();
    let mut missed = Vec::new();
    for (entity, key, prose, numbers, _) in ROWS {
        let contexts = Contexts { entity, key, prose };
        let numbers: Vec<_> = numbers.iter().map(|number| (*number).to_owned()).collect();
        let of_entity = not_found(&detector, &contexts, &numbers);
        missed.extend(
            of_entity
                .into_iter()
                .map(|text| format!("{entity}: {text}")),
        );
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn numbers_with_a_wrong_digit_are_not_found() {
    let detector = detector();
    let mut wrong = Vec::new();
    for (entity, key, prose, _, changed) in ROWS {
        for number in *changed {
            let prose = prose.replace("{}", number);
            let document = serde_json::json!({*key: number, "text": prose}).to_string();
            let found = found_in(&detector, &document);
            if found.iter().any(|(as_what, _)| as_what == entity) {
                wrong.push(format!("{entity}: {document}: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
