//! `network`: where URLs among the arguments lead.
//!
//! What is judged is the text. What a name resolves to is not known here, so a name under somebody
//! else's control can lead anywhere: list the hosts that are allowed, or keep the server's network
//! from what it must not reach.

mod address;
mod find;
mod host;
mod read;

use url::Host;

pub use host::{HostRule, InvalidHost};
use read::{Flaw, Reading};

use super::forms::pieces;
use super::leaf::{Leaf, leaves};
use super::{Action, Finding, Input, PathPattern, Report, TextKind};

/// The schemes that are allowed unless the manifest says otherwise.
pub const SCHEMES: [&str; 2] = ["https", "http"];

/// Where URLs may lead.
#[derive(Debug, Clone, Default)]
pub struct Network {
    /// Arguments that are URLs. If there are none, every URL in any text is judged.
    pub places: Vec<PathPattern>,
    /// The schemes, in lower case.
    pub schemes: Vec<String>,
    /// The hosts, one of which it must be; any, if there are none.
    pub allow: Vec<HostRule>,
    /// The hosts that it must not be.
    pub deny: Vec<HostRule>,
    /// The ports; any, if there are none.
    pub ports: Vec<u16>,
    /// Whether addresses and names that are not of the public internet are allowed.
    pub private: bool,
}

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    Unread(Flaw),
    Scheme,
    Port,
    Denied,
    NotAllowed,
    Private,
}

impl Refused {
    /// The stable word for it.
    const fn rule(self) -> &'static str {
        match self {
            Self::Unread(Flaw::NoUrl) => "network_no_url",
            Self::Unread(_) => "network_ambiguous",
            Self::Scheme => "network_scheme",
            Self::Port => "network_port",
            Self::Denied | Self::NotAllowed => "network_host",
            Self::Private => "network_private",
        }
    }
}

impl Network {
    pub(super) fn inspect(&self, input: &Input<'_, '_>, report: &mut Report) {
        leaves(input, &self.places, report, &mut |leaf, report| {
            self.text(&leaf, report);
        });
    }

    fn text(&self, leaf: &Leaf<'_, '_>, report: &mut Report) {
        let is_url = !self.places.is_empty() && leaf.kind != TextKind::Key;
        let refused = match is_url {
            true => self.judge(&leaf.text).err(),
            false => self.search(&leaf.text),
        };
        let Some(refused) = refused else { return };
        let place = leaf.place();
        report.block(self.reason(&place, refused));
        report.find(Finding {
            rule: refused.rule().into(),
            path: place,
            entity: None,
            action: Action::Block,
        });
    }

    /// What is wrong with the first bad URL in a text, or in the JSON that it is.
    fn search(&self, text: &str) -> Option<Refused> {
        let wrong = |text: &str| find::urls(text).find_map(|url| self.judge(&url).err());
        match pieces(text).as_slice() {
            [] => wrong(text),
            pieces => pieces.iter().find_map(|piece| wrong(piece)),
        }
    }

    /// Whether this URL may be.
    fn judge(&self, url: &str) -> Result<(), Refused> {
        let reading = read::read(url).map_err(Refused::Unread)?;
        if !self.schemes.contains(&reading.scheme) {
            return Err(Refused::Scheme);
        }
        let is_listed = |port| self.ports.contains(&port);
        if !self.ports.is_empty() && !reading.port.is_some_and(is_listed) {
            return Err(Refused::Port);
        }
        self.host(&reading)
    }

    fn host(&self, reading: &Reading) -> Result<(), Refused> {
        let Some(host) = &reading.host else {
            // A URL of a file, which names no host: whether it may be is said by its scheme.
            return match self.allow.is_empty() {
                true => Ok(()),
                false => Err(Refused::NotAllowed),
            };
        };
        if self.deny.iter().any(|rule| rule.denies(host)) {
            return Err(Refused::Denied);
        }
        let mut allowing = self
            .allow
            .iter()
            .filter(|rule| rule.allows(host))
            .peekable();
        if !self.allow.is_empty() && allowing.peek().is_none() {
            return Err(Refused::NotAllowed);
        }
        // Who lists an address or a name itself knows where it is.
        let is_named = allowing.any(HostRule::is_precise);
        match !self.private && !is_named && address::is_private(host) {
            true => Err(Refused::Private),
            false => Ok(()),
        }
    }

    /// What a model is told.
    fn reason(&self, place: &str, refused: Refused) -> String {
        let listed = |rules: &[HostRule]| {
            let texts: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
            texts.join(", ")
        };
        match refused {
            Refused::Unread(flaw) => format!("the URL in `{place}` {flaw}"),
            Refused::Scheme => format!(
                "the URL in `{place}` has a scheme that is not allowed; use {}",
                self.schemes.join(" or ")
            ),
            Refused::Port => {
                let ports: Vec<String> = self.ports.iter().map(u16::to_string).collect();
                format!(
                    "the URL in `{place}` has a port that is not allowed; use {}",
                    ports.join(" or ")
                )
            }
            Refused::Denied => {
                format!("the URL in `{place}` leads to a host that is not allowed; use another one")
            }
            Refused::NotAllowed => format!(
                "the URL in `{place}` leads to a host that is not allowed; the allowed ones are {}",
                listed(&self.allow)
            ),
            Refused::Private => format!(
                "the URL in `{place}` leads to an address that is not of the public internet; use \
                 a public host"
            ),
        }
    }

    /// Shows URLs to the check that lead where it must not.
    ///
    /// # Errors
    ///
    /// One of them is allowed.
    pub fn self_test(&self) -> Result<(), String> {
        let open = |url: &str| Err(format!("the URL `{url}` is allowed"));
        let alien = "x-unknown://192.0.2.1/";
        if self.judge(alien).is_ok() {
            return open(alien);
        }
        let scheme = self.schemes.first().map_or("https", String::as_str);
        for rule in &self.deny {
            let url = format!("{scheme}://{}/", rule.sample());
            if self.judge(&url).is_ok() {
                return open(&url);
            }
        }
        let metadata = Host::Ipv4([169, 254, 169, 254].into());
        let is_listed = self.allow.iter().any(|rule| rule.allows(&metadata));
        for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "2852039166"] {
            let url = format!("{scheme}://{host}/");
            if !self.private && !is_listed && self.judge(&url).is_ok() {
                return open(&url);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
