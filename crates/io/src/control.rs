//! Control messages beside a datagram (`cmsg(3)`), read and written as bytes without `unsafe`:
//! the address of ours that it used, the segment length of a train, and when it arrived.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

const ALIGNMENT: usize = size_of::<usize>();
/// A length, a level and a type.
const HEADER: usize = size_of::<usize>() + 8;

/// Room for every control message of one datagram, aligned as the kernel wants it.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct ControlBuffer {
    bytes: [u8; Self::CAPACITY],
    used: usize,
}

/// What the kernel says about a received datagram.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Ancillary {
    /// The address it was sent to.
    pub(crate) local: Option<IpAddr>,
    /// Length of each datagram but the last, when several were joined (UDP_GRO).
    pub(crate) segment: Option<usize>,
    /// Unix time of arrival.
    pub(crate) stamp: Option<Duration>,
}

impl ControlBuffer {
    /// Bytes for an IPv6 packet info, a segment length and a time stamp, with room to spare.
    pub(crate) const CAPACITY: usize = 128;
    /// Without content.
    pub(crate) const EMPTY: Self = Self { bytes: [0; Self::CAPACITY], used: 0 };

    /// Asks that the datagram leave from `local`.
    pub(crate) fn push_source(&mut self, local: IpAddr) {
        match local {
            IpAddr::V4(ip) => {
                let mut info = [0; 12]; // interface index 0: any; ipi_spec_dst is the source
                info[4..8].copy_from_slice(&ip.octets());
                self.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &info);
            }
            IpAddr::V6(ip) => {
                let mut info = [0; 20];
                info[..16].copy_from_slice(&ip.octets());
                self.push(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &info);
            }
        }
    }

    /// Asks that the bytes be cut into datagrams of `segment` bytes.
    pub(crate) fn push_segment(&mut self, segment: u16) {
        self.push(libc::SOL_UDP, libc::UDP_SEGMENT, &segment.to_ne_bytes());
    }

    /// The messages written so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    /// Where the kernel may write up to [`ControlBuffer::CAPACITY`] bytes.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Reads the first `len` bytes, as written by the kernel.
    pub(crate) fn parse(&self, len: usize) -> Ancillary {
        let mut ancillary = Ancillary::default();
        let mut rest = &self.bytes[..len.min(Self::CAPACITY)];
        while let Some((level, kind, data, behind)) = split_message(rest) {
            ancillary.read(level, kind, data);
            rest = behind;
        }
        ancillary
    }

    fn push(&mut self, level: i32, kind: i32, data: &[u8]) {
        let len = HEADER + data.len();
        let start = self.used;
        self.used += len.next_multiple_of(ALIGNMENT);
        let message = &mut self.bytes[start..self.used];
        message[..ALIGNMENT].copy_from_slice(&len.to_ne_bytes());
        message[ALIGNMENT..ALIGNMENT + 4].copy_from_slice(&level.to_ne_bytes());
        message[ALIGNMENT + 4..HEADER].copy_from_slice(&kind.to_ne_bytes());
        message[HEADER..len].copy_from_slice(data);
    }
}

impl Ancillary {
    fn read(&mut self, level: i32, kind: i32, data: &[u8]) {
        match (level, kind) {
            // The header's destination, not ipi_spec_dst: the same for unicast.
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                self.local = array::<4>(data, 8).map(|octets| Ipv4Addr::from(octets).into());
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                self.local = array::<16>(data, 0).map(|octets| Ipv6Addr::from(octets).into());
            }
            (libc::SOL_UDP, libc::UDP_GRO) => {
                self.segment = array(data, 0).map(i32::from_ne_bytes).and_then(|len| len.try_into().ok());
            }
            (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS) => self.stamp = stamp(data),
            _ => {}
        }
    }
}

fn stamp(data: &[u8]) -> Option<Duration> {
    let seconds = i64::from_ne_bytes(array(data, 0)?);
    let nanoseconds = i64::from_ne_bytes(array(data, 8)?);
    Some(Duration::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?))
}

fn split_message(bytes: &[u8]) -> Option<(i32, i32, &[u8], &[u8])> {
    let len = usize::from_ne_bytes(array(bytes, 0)?);
    let level = i32::from_ne_bytes(array(bytes, ALIGNMENT)?);
    let kind = i32::from_ne_bytes(array(bytes, ALIGNMENT + 4)?);
    let data = bytes.get(HEADER..len)?;
    let behind = bytes.get(len.next_multiple_of(ALIGNMENT)..).unwrap_or_default();
    Some((level, kind, data, behind))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_and_a_segment_length_are_laid_out_as_the_c_library_would() {
        let mut control = ControlBuffer::EMPTY;
        control.push_source("2001:db8::9".parse().expect("an address"));
        control.push_segment(1200);
        let (level, kind, data, behind) = split_message(control.bytes()).expect("a message");
        assert_eq!((level, kind), (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO));
        assert_eq!(data.len(), size_of::<libc::in6_pktinfo>());
        let (level, kind, data, behind) = split_message(behind).expect("a second message");
        assert_eq!((level, kind, data), (libc::SOL_UDP, libc::UDP_SEGMENT, &1200_u16.to_ne_bytes()[..]));
        assert!(behind.is_empty());
        // SAFETY: CMSG_SPACE only computes a size.
        let expected = unsafe { libc::CMSG_SPACE(20) + libc::CMSG_SPACE(2) };
        assert_eq!(control.bytes().len(), expected as usize);
    }

    #[test]
    fn what_the_kernel_writes_is_read() {
        let mut control = ControlBuffer::EMPTY;
        control.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &[1, 0, 0, 0, 9, 9, 9, 9, 192, 0, 2, 7]);
        control.push(libc::SOL_UDP, libc::UDP_GRO, &1188_i32.to_ne_bytes());
        control.push(
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPNS,
            &[3_i64.to_ne_bytes(), 5_i64.to_ne_bytes()].concat(),
        );
        let expected = Ancillary {
            local: Some([192, 0, 2, 7].into()),
            segment: Some(1188),
            stamp: Some(Duration::new(3, 5)),
        };
        assert_eq!(control.parse(control.bytes().len()), expected);
    }

    #[test]
    fn truncated_messages_are_left_out() {
        let mut control = ControlBuffer::EMPTY;
        control.push(libc::IPPROTO_IP, libc::IP_PKTINFO, &[0; 12]);
        for len in 0..HEADER + 12 {
            assert_eq!(control.parse(len), Ancillary::default());
        }
        assert_eq!(control.parse(usize::MAX).local, Some([0, 0, 0, 0].into()));
    }
}
