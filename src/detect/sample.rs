//! A text for each entity that holds one, by which a detector shows that it works.

use super::entity::Entity;
use super::secret;

impl Entity {
    /// A text that holds one of these, and nothing else that is found. None of it is anyone's: the
    /// numbers are made up or published as examples.
    #[must_use]
    pub fn sample(self) -> String {
        match self {
            Self::Secret => secret::sample(),
            Self::PrivateKey => private_key(),
            Self::Jwt => [
                "eyJhbGciOiJIUzI1NiJ9",
                "eyJzdWIiOiIxIn0",
                "c2lnbmF0dXJlLW9mLWEtc2FtcGxl",
            ]
            .join("."),
            Self::DatabaseUrl => {
                ["postgres://reader:", "not-a-password", "@db.example/app"].concat()
            }
            Self::CreditCard => "4111 1111 1111 1111".to_owned(),
            Self::Iban => "DE89 3704 0044 0532 0130 00".to_owned(),
            Self::Email => "reader@mail.example".to_owned(),
            Self::Phone => "+1 202-555-0143".to_owned(),
            Self::IpAddress => "2001:db8::17".to_owned(),
            Self::MacAddress => "00:00:5e:00:53:af".to_owned(),
            Self::UsSsn => "512-73-4096".to_owned(),
            Self::UsItin => "912-70-1234".to_owned(),
        }
    }
}

fn private_key() -> String {
    let name = "PRIVATE KEY";
    let body = "c2FtcGxlIG9mIGEga2V5LCB3aGljaCBpcyBub25l".repeat(2);
    format!("-----BEGIN {name}-----\n{body}\n-----END {name}-----")
}
