//! The hosts that a manifest names.

use std::fmt;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

use super::address;

/// Hosts that a manifest names: `api.example.com`, `*.example.com`, `192.0.2.0/24`, `2001:db8::1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// This name.
    Name(String),
    /// Every name below this one, and not the name itself.
    Below(String),
    /// The addresses that begin with this many bits of this one.
    Addresses(IpAddr, u8),
}

/// A text that names no hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// It is neither a name, nor a name below `*.`, nor an address with or without a length.
    #[error("this is no host: write `api.example.com`, `*.example.com` or `192.0.2.0/24`")]
    Form,
    /// The length of the prefix is more than an address has bits.
    #[error("the prefix is longer than the address")]
    Length,
    /// It is a URL, or has a port.
    #[error("a host has no scheme, port or path")]
    Url,
}

impl HostRule {
    /// Reads what a manifest names.
    ///
    /// # Errors
    ///
    /// It names no hosts.
    pub fn parse(text: &str) -> Result<Self, InvalidHost> {
        if text.contains("://") {
            return Err(InvalidHost::Url);
        }
        if let Some((address, length)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| InvalidHost::Form)?;
            let length: u8 = length.parse().map_err(|_| InvalidHost::Length)?;
            return match length <= bits(address) {
                true => Ok(Self::Addresses(address, length)),
                false => Err(InvalidHost::Length),
            };
        }
        let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(text).parse::<IpAddr>() {
            return Ok(Self::Addresses(address, bits(address)));
        }
        if text.contains(':') {
            return Err(InvalidHost::Url);
        }
        match text.strip_prefix("*.") {
            Some(name) => domain(name).map(Self::Below),
            None => domain(text).map(Self::Name),
        }
    }

    /// Whether it names this host.
    pub(super) fn allows(&self, host: &Host<String>) -> bool {
        match (self, host) {
            (Self::Name(name), Host::Domain(host)) => host == name,
            (Self::Below(name), Host::Domain(host)) => is_below(host, name),
            (Self::Addresses(net, length), Host::Ipv4(address)) => {
                covers(*net, *length, IpAddr::V4(*address))
            }
            (Self::Addresses(net, length), Host::Ipv6(address)) => {
                covers(*net, *length, IpAddr::V6(*address))
            }
            (Self::Name(_) | Self::Below(_), Host::Ipv4(_) | Host::Ipv6(_))
            | (Self::Addresses(..), Host::Domain(_)) => false,
        }
    }

    /// Whether it names this host, or an address that leads to the same place.
    pub(super) fn denies(&self, host: &Host<String>) -> bool {
        let inner = match host {
            Host::Ipv6(address) => address::embedded(*address),
            Host::Domain(_) | Host::Ipv4(_) => None,
        };
        self.allows(host) || inner.is_some_and(|address| self.allows(&Host::Ipv4(address)))
    }

    /// Whether it names a host or a network itself, not all of a domain.
    pub(super) const fn is_precise(&self) -> bool {
        !matches!(self, Self::Below(_))
    }

    /// A host that it names, as a URL has it.
    pub(super) fn sample(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Below(name) => format!("sample.{name}"),
            Self::Addresses(IpAddr::V4(address), _) => address.to_string(),
            Self::Addresses(IpAddr::V6(address), _) => format!("[{address}]"),
        }
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Addresses(address, length) if *length == bits(*address) => address.fmt(f),
            Self::Addresses(address, length) => write!(f, "{address}/{length}"),
        }
    }
}

/// A name, as the reader of browsers has it.
fn domain(text: &str) -> Result<String, InvalidHost> {
    if text.contains(['*', '%', '@', '?', '#']) || text.ends_with('.') {
        return Err(InvalidHost::Form);
    }
    match Host::parse(text) {
        Ok(Host::Domain(name)) => Ok(name),
        _ => Err(InvalidHost::Form),
    }
}

/// Whether a name is below another.
pub(super) fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent)
        .is_some_and(|rest| rest.ends_with('.'))
}

const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// Whether an address begins with this many bits of another.
pub(super) fn covers(net: IpAddr, length: u8, address: IpAddr) -> bool {
    let (net, address, width) = match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => (wide(net), wide(address), 32),
        (IpAddr::V6(net), IpAddr::V6(address)) => (net.to_bits(), address.to_bits(), 128),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
    };
    let shift = u32::from(width - length.min(width));
    net.checked_shr(shift) == address.checked_shr(shift)
}

fn wide(address: Ipv4Addr) -> u128 {
    u128::from(address.to_bits())
}

/// The network that a constant stands for.
pub(super) const fn v6(first: u16, second: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0))
}
