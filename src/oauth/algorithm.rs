//! The algorithms of signatures (RFC 7518 section 3.1, RFC 8037 section 3.1).

use std::fmt;

macro_rules! algorithms {
    ($($(#[$doc:meta])+ $variant:ident => $text:literal,)+) => {
        /// An algorithm of a signature. There is no `none`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Algorithm { $($(#[$doc])+ $variant,)+ }

        impl Algorithm {
            /// Every algorithm.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in a token.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256 => "RS256",
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384 => "RS384",
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512 => "RS512",
    /// RSASSA-PSS with SHA-256.
    Ps256 => "PS256",
    /// RSASSA-PSS with SHA-384.
    Ps384 => "PS384",
    /// RSASSA-PSS with SHA-512.
    Ps512 => "PS512",
    /// ECDSA on P-256 with SHA-256.
    Es256 => "ES256",
    /// ECDSA on P-384 with SHA-384.
    Es384 => "ES384",
    /// EdDSA on Ed25519.
    EdDsa => "EdDSA",
    /// HMAC with SHA-256.
    Hs256 => "HS256",
    /// HMAC with SHA-384.
    Hs384 => "HS384",
    /// HMAC with SHA-512.
    Hs512 => "HS512",
}

impl Algorithm {
    /// The algorithm of this name, case and all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|algorithm| algorithm.as_str() == text)
    }

    /// Whether who can verify can sign too.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
