//! Who calls, as far as is known and verified.

use serde_json::{Map, Value};

use super::authentication::{Authentication, Trust};

/// The issuer of claims that are only supposed.
pub const SUPPOSED_ISSUER: &str = "https://tests.invalid";

/// Who calls: nobody in particular, or the subject of verified claims.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Caller {
    identity: Option<Identity>,
}

#[derive(Debug, Clone, PartialEq)]
struct Identity {
    issuer: String,
    subject: String,
    user: Option<String>,
    groups: Vec<String>,
    agent: Option<String>,
    scopes: Vec<String>,
    claims: Map<String, Value>,
}

/// Where a claim stands: the names to follow from the top, mostly one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimPath(pub Vec<String>);

/// Which claims say what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimNames {
    /// The person, `sub` unless said otherwise.
    pub user: ClaimPath,
    /// The groups that the person belongs to, `groups` unless said otherwise: an array, or one text.
    pub groups: ClaimPath,
    /// The agent that acts for the person: `azp`, else `client_id`, unless said otherwise.
    pub agent: Vec<ClaimPath>,
    /// The scopes: `scope` (RFC 8693), else `scp`, unless said otherwise: an array, or a text with
    /// spaces between them.
    pub scopes: Vec<ClaimPath>,
}

/// Claims that do not name their subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{0}` is missing, or not what it should be")]
pub struct InvalidClaims(pub &'static str);

impl ClaimPath {
    /// A claim at the top.
    #[must_use]
    pub fn top(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// The claim.
    #[must_use]
    pub fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        rest.iter()
            .try_fold(claims.get(first)?, |value, name| value.get(name))
    }
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            user: ClaimPath::top("sub"),
            groups: ClaimPath::top("groups"),
            agent: vec![ClaimPath::top("azp"), ClaimPath::top("client_id")],
            scopes: vec![ClaimPath::top("scope"), ClaimPath::top("scp")],
        }
    }
}

impl Caller {
    /// Nobody in particular.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// The subject of claims that someone has verified.
    ///
    /// # Errors
    ///
    /// The claims have no `iss` or `sub` that is a text with something in it.
    pub fn of(claims: Map<String, Value>, names: &ClaimNames) -> Result<Self, InvalidClaims> {
        let text = |name: &'static str| {
            let value = claims.get(name).and_then(Value::as_str);
            value
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .ok_or(InvalidClaims(name))
        };
        let first = |paths: &[ClaimPath]| paths.iter().find_map(|path| path.find(&claims)).cloned();
        let scopes = match first(&names.scopes) {
            Some(Value::String(scopes)) => scopes
                .split(' ')
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect(),
            other => texts(other.as_ref()).ok_or(InvalidClaims("scope"))?,
        };
        // Issuers leave out long lists of groups, and say that they did (OpenID Connect Core, section
        // 5.6.2): then nobody knows who is in which.
        let is_elsewhere = names.groups.0.first().is_some_and(|name| {
            let elsewhere = claims.get("_claim_names");
            elsewhere.is_some_and(|elsewhere| elsewhere.get(name).is_some())
        });
        if is_elsewhere || claims.get("hasgroups").is_some() {
            return Err(InvalidClaims("groups"));
        }
        let identity = Identity {
            issuer: text("iss")?,
            subject: text("sub")?,
            user: names
                .user
                .find(&claims)
                .and_then(Value::as_str)
                .map(str::to_owned),
            groups: texts(names.groups.find(&claims)).ok_or(InvalidClaims("groups"))?,
            agent: first(&names.agent)
                .as_ref()
                .and_then(Value::as_str)
                .map(str::to_owned),
            scopes,
            claims,
        };
        Ok(Self {
            identity: Some(identity),
        })
    }

    /// The subject of claims that nobody has verified, for tests and explanations. Where they do
    /// not name their issuer, [`SUPPOSED_ISSUER`] stands in.
    ///
    /// # Errors
    ///
    /// As of [`of`](Self::of).
    pub fn supposed(
        mut claims: Map<String, Value>,
        authentication: &Authentication,
    ) -> Result<Self, InvalidClaims> {
        let issuer = match authentication.trust {
            Trust::EnvoyPeerCertificate => {
                claims.retain(|name, _| name == "sub");
                let id = claims.get("sub").and_then(Value::as_str);
                id.and_then(trust_domain).ok_or(InvalidClaims("sub"))?
            }
            Trust::Issuers(_) | Trust::EnvoyJwtAuthn { .. } => SUPPOSED_ISSUER.to_owned(),
        };
        claims.entry("iss").or_insert_with(|| issuer.into());
        Self::of(claims, &authentication.claims)
    }

    /// Whether it is known who calls.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.identity.is_some()
    }

    /// The issuer and the subject, which together name one person for ever (OpenID Connect Core,
    /// section 5.7).
    #[must_use]
    pub fn subject(&self) -> Option<(&str, &str)> {
        let identity = self.identity.as_ref()?;
        Some((&identity.issuer, &identity.subject))
    }

    /// The person.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.identity.as_ref()?.user.as_deref()
    }

    /// The groups that the person belongs to.
    #[must_use]
    pub fn groups(&self) -> &[String] {
        self.identity
            .as_ref()
            .map_or(&[], |identity| &identity.groups)
    }

    /// The agent that acts for the person.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        self.identity.as_ref()?.agent.as_deref()
    }

    /// The scopes.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        self.identity
            .as_ref()
            .map_or(&[], |identity| &identity.scopes)
    }

    /// All claims.
    #[must_use]
    pub fn claims(&self) -> Option<&Map<String, Value>> {
        self.identity.as_ref().map(|identity| &identity.claims)
    }
}

/// The trust domain of a SPIFFE id, which has issued it.
fn trust_domain(id: &str) -> Option<String> {
    let (domain, path) = id.strip_prefix("spiffe://")?.split_once('/')?;
    let is_one = !domain.is_empty() && !path.is_empty();
    is_one.then(|| format!("spiffe://{domain}"))
}

/// The texts of a claim: of an array, or the one that it is. `None` if it holds something else: who
/// takes that for nothing would take someone for a member of nothing.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(items)) => {
            let text = |item: &Value| item.as_str().map(str::to_owned);
            items.iter().map(text).collect()
        }
        Some(_) => None,
    }
}
