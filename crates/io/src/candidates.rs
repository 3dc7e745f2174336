//! The addresses at which a worker can be reached, in the order in which clients should try them.

use std::net::{IpAddr, SocketAddr};

/// Candidates of one worker: more would only make descriptions and checking longer.
const MAX_CANDIDATES: usize = 16;
/// Of these, loopback addresses, which help only a call on this very machine: one per family.
const MAX_LOOPBACK: usize = 2;
/// Type preference of host candidates (RFC 8445 §5.1.2.2).
const HOST_PREFERENCE: u32 = 126;
const COMPONENT: u32 = 1;

/// A host candidate, UDP, component 1 (RFC 8839 §5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where to send to.
    pub address: SocketAddr,
    /// RFC 8445 §5.1.2.1, unique among the candidates of a worker.
    pub priority: u32,
    /// Equal only for equal base addresses (RFC 8445 §5.1.1.3).
    pub foundation: String,
}

/// Returns the candidates of a worker whose sockets are bound to `bound`, best first.
///
/// `announced`, unless empty, replaces the addresses of the interfaces. Pure.
pub(crate) fn candidates(
    bound: &[SocketAddr],
    announced: &[IpAddr],
    interfaces: &[IpAddr],
) -> Vec<Candidate> {
    let mut addresses =
        if announced.is_empty() { found(bound, interfaces) } else { forced(bound, announced) };
    let mut seen = Vec::with_capacity(MAX_CANDIDATES);
    addresses.retain(|address| {
        let new = !seen.contains(address);
        seen.push(*address);
        new
    });
    addresses.truncate(MAX_CANDIDATES);
    addresses.into_iter().enumerate().map(|(index, address)| candidate(index as u32, address)).collect()
}

/// What the operator says, in the operator's order, where there is a socket of the family.
fn forced(bound: &[SocketAddr], announced: &[IpAddr]) -> Vec<SocketAddr> {
    let reached = |ip: &IpAddr| bound.iter().find(|bound| bound.is_ipv4() == ip.is_ipv4());
    announced.iter().filter_map(|ip| Some(SocketAddr::new(*ip, reached(ip)?.port()))).collect()
}

/// What the interfaces have and a socket is bound to, by rank; loopback is kept however many there are.
fn found(bound: &[SocketAddr], interfaces: &[IpAddr]) -> Vec<SocketAddr> {
    let reached = |ip: &IpAddr| bound.iter().find(|bound| covers(bound.ip(), *ip));
    let usable = interfaces.iter().filter(|ip| is_usable(**ip));
    let addresses = usable.filter_map(|ip| Some(SocketAddr::new(*ip, reached(ip)?.port())));
    let (loopback, mut others): (Vec<_>, Vec<_>) = addresses.partition(|address| address.ip().is_loopback());
    others.sort_by_key(|address| rank(address.ip()));
    others.truncate(MAX_CANDIDATES - MAX_LOOPBACK);
    others.extend(loopback.into_iter().take(MAX_LOOPBACK));
    others
}

fn candidate(index: u32, address: SocketAddr) -> Candidate {
    let local_preference = 65_535 - index;
    let priority = (HOST_PREFERENCE << 24) + (local_preference << 8) + (256 - COMPONENT);
    Candidate { address, priority, foundation: (index + 1).to_string() }
}

/// Public IPv6 needs no translation on the way.
fn rank(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V6(ip) if !ip.is_unique_local() => 0,
        IpAddr::V4(_) => 1,
        IpAddr::V6(_) => 2,
    }
}

/// Link-local addresses mean nothing without an interface, which a candidate cannot name.
fn is_usable(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !link_local && !ip.is_unspecified() && !ip.is_multicast()
}

fn covers(bound: IpAddr, ip: IpAddr) -> bool {
    bound.is_ipv4() == ip.is_ipv4() && (bound.is_unspecified() || bound == ip)
}

/// Returns the addresses of all interfaces that are up, in the system's order; empty when it will not say.
pub(crate) fn interface_addresses() -> Vec<IpAddr> {
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: `list` is a valid place for the pointer that getifaddrs returns.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Vec::new();
    }
    let mut addresses = Vec::new();
    let mut entry = list;
    // SAFETY: entries of the list, and what they point to, are valid until freeifaddrs; the last
    // entry's successor is null.
    while let Some(interface) = unsafe { entry.as_ref() } {
        if interface.ifa_flags & libc::IFF_UP as libc::c_uint != 0 {
            // SAFETY: as above: ifa_addr is null or points to an address of the family it says.
            addresses.extend(unsafe { read_address(interface.ifa_addr) });
        }
        entry = interface.ifa_next;
    }
    // SAFETY: `list` came from getifaddrs, is freed once, and nothing refers to it any longer.
    unsafe { libc::freeifaddrs(list) };
    addresses
}

/// # Safety
/// `address` is null or points to a socket address that is as long as its family demands.
unsafe fn read_address(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: the caller vouches for the pointer; every socket address begins with its family.
    match i32::from(unsafe { address.as_ref() }?.sa_family) {
        libc::AF_INET => {
            // SAFETY: the family says that this is a sockaddr_in.
            let address = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(IpAddr::from(address.sin_addr.s_addr.to_ne_bytes()))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that this is a sockaddr_in6.
            let address = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(IpAddr::from(address.sin6_addr.s6_addr))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    fn any(port: u16) -> [SocketAddr; 2] {
        [([0, 0, 0, 0], port).into(), (Ipv6Addr::UNSPECIFIED, port).into()]
    }

    fn names(candidates: &[Candidate]) -> Vec<String> {
        candidates.iter().map(|candidate| candidate.address.to_string()).collect()
    }

    #[test]
    fn loopback_comes_last_and_link_local_not_at_all() {
        let found =
            ips(&["127.0.0.1", "::1", "192.0.2.7", "fe80::1", "fd00::2", "2001:db8::7", "169.254.0.9"]);
        let expected = ["[2001:db8::7]:9", "192.0.2.7:9", "[fd00::2]:9", "127.0.0.1:9", "[::1]:9"];
        assert_eq!(names(&candidates(&any(9), &[], &found)), expected);
    }

    #[test]
    fn announced_addresses_replace_those_of_the_interfaces_in_the_order_given() {
        let announced = ips(&["198.51.100.1", "10.0.0.1", "198.51.100.1"]);
        let found = candidates(&any(9), &announced, &ips(&["192.0.2.7"]));
        assert_eq!(names(&found), ["198.51.100.1:9", "10.0.0.1:9"]);
    }

    #[test]
    fn only_what_is_bound_is_announced() {
        let bound = [SocketAddr::from(([192, 0, 2, 7], 9))];
        let found = ips(&["127.0.0.1", "192.0.2.7", "192.0.2.8", "2001:db8::7"]);
        assert_eq!(names(&candidates(&bound, &[], &found)), ["192.0.2.7:9"]);
    }

    #[test]
    fn priorities_follow_the_formula_and_fall() {
        let found = candidates(&any(9), &[], &ips(&["192.0.2.7", "192.0.2.8"]));
        assert_eq!(found[0].priority, (126 << 24) + (65_535 << 8) + 255);
        assert!(found[0].priority > found[1].priority);
        assert_ne!(found[0].foundation, found[1].foundation);
    }

    #[test]
    fn a_machine_with_very_many_addresses_keeps_loopback() {
        let mut found: Vec<IpAddr> = (0..100).map(|last| [10, 0, 0, last].into()).collect();
        found.push([127, 0, 0, 1].into());
        let found = candidates(&any(9), &[], &found);
        assert!(found.len() <= MAX_CANDIDATES);
        assert!(found.last().is_some_and(|last| last.address.ip().is_loopback()));
    }

    #[test]
    fn this_machine_has_a_loopback_interface() {
        assert!(interface_addresses().contains(&[127, 0, 0, 1].into()));
    }
}
