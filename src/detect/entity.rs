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
    /// An address of the Internet Protocol, version 4 or 6.
    IpAddress = "ip_address",
    /// An EUI-48 hardware address.
    MacAddress = "mac_address",
    /// An address of Bitcoin or Ethereum, by its checksum.
    CryptoAddress = "crypto_address",
    /// A Social Security number of the United States.
    UsSsn = "us_ssn",
    /// An Individual Taxpayer Identification Number of the United States.
    UsItin = "us_itin",
    /// An Employer Identification Number of the United States, by a word near.
    UsEin = "us_ein",
    /// A routing number of a bank of the United States, by a word near.
    UsBankRouting = "us_bank_routing",
    /// A National Provider Identifier of the United States, by a word near.
    UsNpi = "us_npi",
    /// A Medicare Beneficiary Identifier of the United States.
    UsMbi = "us_mbi",
    /// A registration of the Drug Enforcement Administration, by a word near.
    UsDea = "us_dea",
    /// A Social Insurance Number of Canada, by a word near.
    CaSin = "ca_sin",
    /// A number of the National Health Service of the United Kingdom, by a word near.
    UkNhs = "uk_nhs",
    /// A National Insurance number of the United Kingdom.
    UkNino = "uk_nino",
    /// A PPS number of Ireland, by a word near.
    IePps = "ie_pps",
    /// A tax identification number of Germany, by a word near.
    DeTaxId = "de_tax_id",
    /// A social insurance number of Austria, by a word near.
    AtSvnr = "at_svnr",
    /// An AHV number of Switzerland.
    ChAhv = "ch_ahv",
    /// A citizen service number of the Netherlands, by a word near.
    NlBsn = "nl_bsn",
    /// A national register number of Belgium.
    BeNrn = "be_nrn",
    /// A registration number (NIR) of France, by a word near where it is not in groups.
    FrNir = "fr_nir",
    /// A NIF or NIE of Spain, by a word near.
    EsNif = "es_nif",
    /// A taxpayer number of Portugal, by a word near.
    PtNif = "pt_nif",
    /// A tax code of Italy.
    ItCodiceFiscale = "it_codice_fiscale",
    /// A PESEL of Poland, by a word near.
    PlPesel = "pl_pesel",
    /// A birth number of Czechia or Slovakia.
    CzBirthNumber = "cz_birth_number",
    /// A CNP of Romania, by a word near.
    RoCnp = "ro_cnp",
    /// An EGN of Bulgaria, by a word near.
    BgEgn = "bg_egn",
    /// A personal identity code of Finland.
    FiHetu = "fi_hetu",
    /// A personal number of Sweden.
    SePersonnummer = "se_personnummer",
    /// A birth number of Norway, by a word near where it is not in groups.
    NoFnr = "no_fnr",
    /// A CPR number of Denmark, by a word near.
    DkCpr = "dk_cpr",
    /// An identity number of Turkey, by a word near.
    TrTckn = "tr_tckn",
    /// A CPF of Brazil.
    BrCpf = "br_cpf",
    /// A CNPJ of Brazil.
    BrCnpj = "br_cnpj",
    /// A CUIT or CUIL of Argentina.
    ArCuit = "ar_cuit",
    /// A RUT of Chile.
    ClRut = "cl_rut",
    /// A CURP of Mexico.
    MxCurp = "mx_curp",
    /// A tax file number of Australia, by a word near.
    AuTfn = "au_tfn",
    /// A Medicare number of Australia, by a word near.
    AuMedicare = "au_medicare",
    /// An Aadhaar number of India, by a word near.
    InAadhaar = "in_aadhaar",
    /// A permanent account number of India.
    InPan = "in_pan",
    /// An NRIC or FIN of Singapore.
    SgNric = "sg_nric",
    /// A resident registration number of Korea.
    KrRrn = "kr_rrn",
    /// An identity number of Thailand.
    ThId = "th_id",
    /// An identity number of China.
    CnResidentId = "cn_resident_id",
    /// An individual number of Japan, by a word near.
    JpMyNumber = "jp_my_number",
    /// An identity number of Israel, by a word near.
    IlId = "il_id",
    /// An identity number of the United Arab Emirates.
    AeEmiratesId = "ae_emirates_id",
    /// An identity number of South Africa, by a word near where it is not in groups.
    ZaId = "za_id",
    /// An International Mobile Equipment Identity, by a word near.
    Imei = "imei",
    /// A vehicle identification number, by a word near.
    Vin = "vin",
    /// A telephone number, international or national.
    Phone = "phone",
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

    pub(super) fn has_any(self, entities: &[Entity]) -> bool {
        entities.iter().any(|entity| self.has(*entity))
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
