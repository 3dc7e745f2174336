//! Socket addresses as the kernel lays them out (Linux `ip(7)`, `ipv6(7)`), encoded without `unsafe`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

const V4_LEN: usize = 16;
const V6_LEN: usize = 28;

/// Room for a `sockaddr_in` or `sockaddr_in6`, aligned for either.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct RawAddress([u8; 32]);

impl RawAddress {
    /// Room to be filled by the kernel.
    pub(crate) const EMPTY: Self = Self([0; 32]);

    /// Lays out `address`, and says how many bytes of it count.
    pub(crate) fn encode(address: SocketAddr) -> (Self, usize) {
        let mut raw = [0; 32];
        raw[2..4].copy_from_slice(&address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => {
                raw[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
                raw[4..8].copy_from_slice(&v4.ip().octets());
                (Self(raw), V4_LEN)
            }
            SocketAddr::V6(v6) => {
                raw[..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
                raw[8..24].copy_from_slice(&v6.ip().octets());
                raw[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                (Self(raw), V6_LEN)
            }
        }
    }

    /// Reads what the kernel wrote; `None` for a family that we never open.
    pub(crate) fn decode(&self) -> Option<SocketAddr> {
        let raw = &self.0;
        let port = u16::from_be_bytes([raw[2], raw[3]]);
        match i32::from(u16::from_ne_bytes([raw[0], raw[1]])) {
            libc::AF_INET => {
                let ip = Ipv4Addr::new(raw[4], raw[5], raw[6], raw[7]);
                Some(SocketAddr::new(IpAddr::V4(ip), port))
            }
            libc::AF_INET6 => {
                let ip: [u8; 16] = raw[8..24].try_into().ok()?;
                let scope = u32::from_ne_bytes([raw[24], raw[25], raw[26], raw[27]]);
                Some(SocketAddrV6::new(Ipv6Addr::from(ip), port, 0, scope).into())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_kernel_layout() {
        for text in ["192.0.2.7:8443", "[2001:db8::1]:9", "[fe80::1%3]:65535"] {
            let address: SocketAddr = text.parse().expect("an address");
            let (raw, len) = RawAddress::encode(address);
            assert_eq!(raw.decode(), Some(address));
            assert_eq!(len, if address.is_ipv4() { 16 } else { 28 });
        }
        assert_eq!(RawAddress::EMPTY.decode(), None);
    }

    #[test]
    fn the_layout_is_that_of_the_c_library() {
        assert_eq!(V4_LEN, size_of::<libc::sockaddr_in>());
        assert_eq!(V6_LEN, size_of::<libc::sockaddr_in6>());
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_addr), 8);
        assert_eq!(std::mem::offset_of!(libc::sockaddr_in6, sin6_scope_id), 24);
    }
}
