//! A text for each entity that holds one, by which a detector shows that it works.

use super::entity::Entity;
use super::secret;

impl Entity {
    /// A text that holds one of these and nothing else that is found, by default. None of it is
    /// anyone's: the numbers are made up or published as examples.
    #[must_use]
    pub fn sample(self) -> String {
        let plain = number(self);
        if plain.is_empty() {
            token(self)
        } else {
            plain.to_owned()
        }
    }
}

/// The sample of an entity that scanners take for a secret, put together here.
fn token(entity: Entity) -> String {
    if entity == Entity::PrivateKey {
        private_key()
    } else if entity == Entity::Jwt {
        ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "c2lnbmF0dXJl"].join(".")
    } else if entity == Entity::DatabaseUrl {
        ["postgres://reader:", "not-a-password", "@db.example/app"].concat()
    } else {
        secret::sample()
    }
}

/// The sample of an entity that no scanner takes for a secret, or nothing.
const fn number(entity: Entity) -> &'static str {
    match entity {
        Entity::Secret | Entity::PrivateKey | Entity::Jwt | Entity::DatabaseUrl => "",
        Entity::CreditCard => "4111 1111 1111 1111",
        Entity::Iban => "DE89 3704 0044 0532 0130 00",
        Entity::Email => "reader@mail.example",
        Entity::IpAddress => "2001:db8::17",
        Entity::MacAddress => "00:00:5e:00:53:af",
        Entity::CryptoAddress => "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        Entity::UsSsn => "512-73-4096",
        Entity::UsItin => "912-70-1234",
        Entity::UsEin => "employer 91-1144442",
        Entity::UsBankRouting => "routing number 021000034",
        Entity::UsNpi => "NPI 1234567893",
        Entity::UsMbi => "1EG4-TE5-MK73",
        Entity::UsDea => "DEA AB1234563",
        Entity::CaSin => "social insurance number 512 345 679",
        Entity::UkNhs => "NHS 943 476 5919",
        Entity::UkNino => "AB 12 34 56 C",
        Entity::IePps => "PPS 1234567T",
        Entity::DeTaxId => "Steuer-ID 86 095 742 719",
        Entity::AtSvnr => "SVNR 1237 010180",
        Entity::ChAhv => "756.9217.0769.85",
        Entity::NlBsn => "BSN 123456782",
        Entity::BeNrn => "85.07.30-033.28",
        Entity::FrNir => "1 85 05 78 006 084 91",
        Entity::EsNif => "NIF 54362315K",
        Entity::PtNif => "contribuinte 501964843",
        Entity::ItCodiceFiscale => "RSSMRA85T10A562S",
        Entity::PlPesel => "PESEL 44051401359",
        Entity::CzBirthNumber => "710319/2745",
        Entity::RoCnp => "CNP 1630615123457",
        Entity::BgEgn => "EGN 7523169263",
        Entity::FiHetu => "131052-308T",
        Entity::SePersonnummer => "811218-9876",
        Entity::NoFnr => "fødselsnummer 15108695169",
        Entity::DkCpr => "CPR 211062-5629",
        Entity::TrTckn => "TCKN 17429159660",
        Entity::BrCpf => "390.533.447-05",
        Entity::BrCnpj => "16.727.230/0001-97",
        Entity::ArCuit => "20-05536168-2",
        Entity::ClRut => "12.531.900-9",
        Entity::MxCurp => "BOXW310820HNERXN09",
        Entity::AuTfn => "TFN 123 456 782",
        Entity::AuMedicare => "Medicare 2123 45670 1",
        Entity::InAadhaar => "Aadhaar 2341 2341 2346",
        Entity::InPan => "ACUPA7085R",
        Entity::SgNric => "S1234567D",
        Entity::KrRrn => "971013-9019874",
        Entity::ThId => "1-3577-12288-61-1",
        Entity::CnResidentId => "360426199101010071",
        Entity::JpMyNumber => "マイナンバー 123456789018",
        Entity::IlId => "Israeli 039337423",
        Entity::AeEmiratesId => "784-1990-1234567-6",
        Entity::ZaId => "880101 5009 08 0",
        Entity::Imei => "IMEI 356868000041418",
        Entity::Vin => "VIN 1M8GDM9AXKP042788",
        Entity::Phone => "+1 202-555-0143",
    }
}

fn private_key() -> String {
    let name = "PRIVATE KEY";
    let body = "c2FtcGxlIG9mIGEga2V5LCB3aGljaCBpcyBub25l".repeat(2);
    format!("-----BEGIN {name}-----\n{body}\n-----END {name}-----")
}
