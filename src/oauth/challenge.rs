//! Challenges: the `WWW-Authenticate` header (RFC 6750 section 3, RFC 9728 section 5.1).

/// What is asked of a client that may not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Where the metadata of the protected resource is (RFC 9728).
    pub resource_metadata: Option<String>,
    /// What is wrong with what the client sent, if it sent anything.
    pub problem: Option<Problem>,
    /// The scopes that would help.
    pub scopes: Vec<String>,
}

/// What is wrong (RFC 6750 section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The request is malformed: several credentials, for example.
    InvalidRequest,
    /// The token is expired, revoked, malformed, or of no use here.
    InvalidToken,
    /// Another scope is needed.
    InsufficientScope,
}

impl Problem {
    /// The error code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

impl Challenge {
    /// The header's value. `description` is for people, and ASCII.
    #[must_use]
    pub fn header(&self, description: Option<&str>) -> String {
        let mut parameters = Vec::new();
        if let Some(problem) = self.problem {
            parameters.push(("error", problem.as_str().to_owned()));
            if let Some(description) = description {
                parameters.push(("error_description", description.to_owned()));
            }
        }
        if !self.scopes.is_empty() {
            parameters.push(("scope", self.scopes.join(" ")));
        }
        if let Some(url) = &self.resource_metadata {
            parameters.push(("resource_metadata", url.clone()));
        }
        let parameters: Vec<String> = parameters
            .into_iter()
            .map(|(name, value)| format!("{name}=\"{}\"", quotable(&value)))
            .collect();
        if parameters.is_empty() {
            return "Bearer".to_owned();
        }
        format!("Bearer {}", parameters.join(", "))
    }
}

/// What may stand in a quoted string without being escaped; all else is left out.
fn quotable(value: &str) -> String {
    let fits = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    value.chars().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_written_as_clients_read_them() {
        let none = Challenge {
            resource_metadata: None,
            problem: None,
            scopes: Vec::new(),
        };
        assert_eq!(none.header(Some("x")), "Bearer");
        let all = Challenge {
            resource_metadata: Some("https://a.example/.well-known/x".into()),
            problem: Some(Problem::InsufficientScope),
            scopes: vec!["a".into(), "b:c".into()],
        };
        assert_eq!(
            all.header(Some("say \"this\"\r\n")),
            "Bearer error=\"insufficient_scope\", error_description=\"say this\", \
             scope=\"a b:c\", resource_metadata=\"https://a.example/.well-known/x\""
        );
    }
}
