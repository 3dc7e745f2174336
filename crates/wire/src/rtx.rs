//! Retransmissions (RFC 4588 §4): the original sequence number before the original payload. Keeps no packets.

use crate::bytes;
use crate::rtp::ParsedRtp;

/// The bytes a retransmission's payload has before the original one.
pub const OSN_LEN: usize = 2;

/// Splits the payload of a retransmission into the original sequence number and payload.
///
/// `None` when there is no room for the number: an RTX packet of padding only, as bandwidth probes are.
pub fn split(payload: &[u8]) -> Option<(u16, &[u8])> {
    let (osn, original) = payload.split_first_chunk::<OSN_LEN>()?;
    Some((u16::from_be_bytes(*osn), original))
}

/// Returns the header of the original packet, whose payload stays where it is in `packet`.
///
/// `packet` is the decrypted retransmission that `rtx` was parsed from; the caller says which payload type and
/// SSRC the stream repaired by it has. `None` for a retransmission of nothing.
pub fn original(rtx: &ParsedRtp, packet: &[u8], payload_type: u8, ssrc: u32) -> Option<ParsedRtp> {
    let (sequence_number, payload) = split(rtx.payload(packet))?;
    Some(ParsedRtp {
        payload_type,
        ssrc,
        sequence_number,
        payload_offset: rtx.payload_offset.checked_add(OSN_LEN as u16)?,
        payload_len: u16::try_from(payload.len()).ok()?,
        ..*rtx
    })
}

/// Writes the original sequence number at the start of a payload being built; false when it does not fit.
pub fn write_osn(payload: &mut [u8], original: u16) -> bool {
    bytes::put_at(payload, 0, original.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_packet_is_the_retransmission_without_its_first_two_bytes() {
        let packet = [0x80, 97, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7, 0x12, 0x34, 0xaa, 0xbb];
        let rtx = ParsedRtp::parse(&packet).unwrap();
        let original = original(&rtx, &packet, 96, 5).unwrap();
        assert_eq!((original.sequence_number, original.payload_type, original.ssrc), (0x1234, 96, 5));
        assert_eq!(original.timestamp, 1);
        assert_eq!(original.payload(&packet), [0xaa, 0xbb]);
    }

    #[test]
    fn a_retransmission_shorter_than_its_number_is_of_nothing() {
        let packet = [0x80, 97, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7, 0x12];
        let rtx = ParsedRtp::parse(&packet).unwrap();
        assert_eq!(original(&rtx, &packet, 96, 5), None);
        assert_eq!(split(&[]), None);
    }

    #[test]
    fn a_written_number_is_read_back() {
        let mut payload = [0, 0, 7];
        assert!(write_osn(&mut payload, 65_535));
        assert_eq!(split(&payload), Some((65_535, &[7][..])));
        assert!(!write_osn(&mut [0], 1));
    }
}
