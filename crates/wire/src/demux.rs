//! Tells which protocol a datagram on the shared port belongs to, by its first bytes. Reads nothing else.
//! Sources: RFC 7983 §7 (first byte), RFC 5761 §4 (RTP or RTCP by the second).

/// The protocol of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatagramKind {
    /// First byte 0..=3.
    Stun,
    /// First byte 20..=63.
    Dtls,
    /// First byte 128..=191, and not RTCP.
    Rtp,
    /// First byte 128..=191 and second byte 192..=223 (payload types 64..=95 with the marker bit).
    Rtcp,
    /// Anything else, ZRTP and TURN channels included, and what is too short to tell.
    Unknown,
}

/// Returns the protocol of `datagram`; a hint only, each parser checks again.
pub fn classify(datagram: &[u8]) -> DatagramKind {
    match *datagram {
        [0..=3, ..] => DatagramKind::Stun,
        [20..=63, ..] => DatagramKind::Dtls,
        [128..=191, 192..=223, ..] => DatagramKind::Rtcp,
        [128..=191, _, ..] => DatagramKind::Rtp,
        _ => DatagramKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_has_the_kind_of_rfc_7983() {
        for first in 0..=255u8 {
            let expected = match first {
                0..=3 => DatagramKind::Stun,
                20..=63 => DatagramKind::Dtls,
                128..=191 => DatagramKind::Rtp,
                _ => DatagramKind::Unknown,
            };
            assert_eq!(classify(&[first, 0, 0, 0]), expected, "first byte {first}");
        }
    }

    #[test]
    fn payload_types_64_to_95_are_rtcp() {
        for second in 0..=255u8 {
            let expected = if (64..=95).contains(&(second & 0x7f)) && second >= 128 {
                DatagramKind::Rtcp
            } else {
                DatagramKind::Rtp
            };
            assert_eq!(classify(&[0x80, second]), expected, "second byte {second}");
        }
    }

    #[test]
    fn an_empty_datagram_and_a_lone_rtp_byte_are_unknown() {
        assert_eq!(classify(&[]), DatagramKind::Unknown);
        assert_eq!(classify(&[0x80]), DatagramKind::Unknown);
    }
}
