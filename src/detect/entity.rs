//! The built-in entities and their names.

/// Names every entity once: the variant, and how a manifest writes it.
macro_rules! entities {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// An entity that the detector knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Entity {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Entity {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name, as a manifest writes it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

entities! {
    /// A secret of a vendor: a token or key of one of the known formats.
    Secret = "secret",
    /// A private key in PEM (RFC 7468) or OpenSSH's form of it.
    PrivateKey = "private_key",
    /// A JSON Web Token with a header that names its algorithm (RFC 7515).
    Jwt = "jwt",
    /// A URL of a database, cache or broker with a password in it.
    DatabaseUrl = "database_url",
    /// A number of a payment card: an issuer's range, its lengths and the Luhn digit (ISO/IEC 7812).
    CreditCard = "credit_card",
    /// An International Bank Account Number: the country's length and the check digits (ISO 13616).
    Iban = "iban",
    /// An address of electronic mail, in any script.
    Email = "email",
    /// A telephone number, international or national.
    Phone = "phone",
    /// An address of the Internet Protocol, version 4 or 6.
    IpAddress = "ip_address",
    /// An EUI-48 hardware address.
    MacAddress = "mac_address",
    /// A Social Security number of the United States.
    UsSsn = "us_ssn",
    /// An Individual Taxpayer Identification Number of the United States.
    UsItin = "us_itin",
}

impl Entity {
    /// What is looked for where nothing else is said.
    pub const DEFAULT: &[Self] = Self::ALL;

    /// The entity of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == name)
    }
}

/// Some of the entities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set(u128);

impl Set {
    pub(super) fn has(self, entity: Entity) -> bool {
        self.0 >> (entity as u32) & 1 == 1
    }
}

impl FromIterator<Entity> for Set {
    fn from_iter<I: IntoIterator<Item = Entity>>(entities: I) -> Self {
        Self(
            entities
                .into_iter()
                .fold(0, |bits, entity| bits | 1 << (entity as u32)),
        )
    }
}
