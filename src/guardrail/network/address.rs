//! Addresses and names that are not of the public internet.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

use super::host::{covers, is_below, v6};

/// IPv4 that is not of the public internet (RFC 6890 and the registries after it).
const SPECIAL_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // The platform services of a cloud that are at a public address.
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// IPv6 within `2000::/3` that is not of the public internet.
const SPECIAL_V6: &[(IpAddr, u8)] = &[
    // Teredo, benchmarks, ORCHID.
    (v6(0x2001, 0), 23),
    (v6(0x2001, 0xdb8), 32),
    (v6(0x3fff, 0), 20),
];

/// Names that are resolved within a network or a machine, with all below them.
const SPECIAL_NAMES: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "in-addr.arpa",
    "ip6.arpa",
    "test",
    "invalid",
    "onion",
    "cluster",
    "svc",
    "consul",
    // Public names that are made to resolve to any address, or to this machine.
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
];

/// Whether a host is not of the public internet, as far as its name or address says.
pub(super) fn is_private(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => {
            // A name without a dot is completed by whoever resolves it.
            !name.contains('.')
                || SPECIAL_NAMES
                    .iter()
                    .any(|special| name == special || is_below(name, special))
        }
        Host::Ipv4(address) => is_private_v4(*address),
        Host::Ipv6(address) => match embedded(*address) {
            Some(inner) => is_private_v4(inner),
            None => is_private_v6(*address),
        },
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let mut special = SPECIAL_V4.iter();
    special.any(|(net, length)| covers(IpAddr::V4((*net).into()), *length, IpAddr::V4(address)))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let address = IpAddr::V6(address);
    let is_global = covers(v6(0x2000, 0), 3, address);
    let is_special = SPECIAL_V6
        .iter()
        .any(|(net, length)| covers(*net, *length, address));
    !is_global || is_special
}

/// The IPv4 address that an IPv6 address leads to: mapped, translated (NAT64), tunnelled (6to4,
/// ISATAP).
pub(super) fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(join(high, low)),
        _ => None,
    }
}
