//! Bearer tokens (RFC 6750).

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// The longest token, in bytes. Proxies take headers of some 8 to 60 KiB altogether.
pub(super) const MAX_BYTES: usize = 16 << 10;

/// A bearer token as it came. It is wiped from memory when it is dropped, and shows in no log.
#[derive(Clone)]
pub struct BearerToken(SecretString);

/// Why a header holds no bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// It is of another scheme.
    #[error("the `Authorization` header is not of the scheme `Bearer`")]
    Scheme,
    /// It is not one token.
    #[error("the `Authorization` header does not hold one token")]
    Malformed,
    /// It is too long.
    #[error("the access token is longer than {MAX_BYTES} bytes")]
    TooLong,
}

impl BearerToken {
    /// Reads the value of an `Authorization` header: the scheme, one space, and one token
    /// (RFC 6750 section 2.1).
    ///
    /// # Errors
    ///
    /// The value is anything else.
    pub fn read(value: &[u8]) -> Result<Self, NoToken> {
        let value = std::str::from_utf8(value).map_err(|_| NoToken::Malformed)?;
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(NoToken::Scheme);
        }
        if token.len() > MAX_BYTES {
            return Err(NoToken::TooLong);
        }
        let unpadded = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if unpadded.is_empty() || !unpadded.bytes().all(fits) {
            return Err(NoToken::Malformed);
        }
        Ok(Self(SecretString::from(token)))
    }

    /// The token itself. Whoever calls this writes it nowhere.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_holds_one_token_of_one_scheme() {
        for (value, expected) in [
            ("Bearer abc.DEF-_~+/==", Ok("abc.DEF-_~+/==")),
            ("bearer a", Ok("a")),
            ("BEARER a", Ok("a")),
            ("Basic a", Err(NoToken::Scheme)),
            ("Bearera", Err(NoToken::Scheme)),
            ("", Err(NoToken::Scheme)),
            ("Bearer", Err(NoToken::Malformed)),
            ("Bearer ", Err(NoToken::Malformed)),
            ("Bearer =", Err(NoToken::Malformed)),
            ("Bearer  a", Err(NoToken::Malformed)),
            ("Bearer a b", Err(NoToken::Malformed)),
            ("Bearer a,Bearer b", Err(NoToken::Malformed)),
            ("Bearer a=b", Err(NoToken::Malformed)),
            ("Bearer é", Err(NoToken::Malformed)),
        ] {
            let read = BearerToken::read(value.as_bytes());
            let read = read
                .as_ref()
                .map(BearerToken::expose)
                .map_err(|error| *error);
            assert_eq!(read, expected, "{value}");
        }
        assert_eq!(
            BearerToken::read(b"Bearer \xff").unwrap_err(),
            NoToken::Malformed
        );
        let long = format!("Bearer {}", "a".repeat(MAX_BYTES + 1));
        assert_eq!(
            BearerToken::read(long.as_bytes()).unwrap_err(),
            NoToken::TooLong
        );
        let token = BearerToken::read(b"Bearer canary").unwrap();
        assert!(!format!("{token:?}").contains("canary"));
    }
}
