//! Changes the fixed fields of an RTP header where they lie.

use super::FIXED_HEADER_LEN;

/// The fixed header of a packet, to be changed in place.
#[derive(Debug)]
pub struct HeaderMut<'a>(&'a mut [u8; FIXED_HEADER_LEN]);

impl<'a> HeaderMut<'a> {
    /// Borrows the first twelve bytes of `packet`; `None` when it has fewer.
    pub fn new(packet: &'a mut [u8]) -> Option<Self> {
        packet.first_chunk_mut().map(Self)
    }

    /// Sets the marker bit.
    pub fn set_marker(&mut self, marker: bool) {
        let [_, second, ..] = self.0;
        *second = *second & 0x7f | u8::from(marker) << 7;
    }

    /// Sets the payload type, of which the low seven bits count.
    pub fn set_payload_type(&mut self, payload_type: u8) {
        let [_, second, ..] = self.0;
        *second = *second & 0x80 | payload_type & 0x7f;
    }

    /// Sets the sequence number.
    pub fn set_sequence_number(&mut self, sequence_number: u16) {
        let [_, _, high, low, ..] = self.0;
        [*high, *low] = sequence_number.to_be_bytes();
    }

    /// Sets the timestamp.
    pub fn set_timestamp(&mut self, timestamp: u32) {
        let [_, _, _, _, a, b, c, d, ..] = self.0;
        [*a, *b, *c, *d] = timestamp.to_be_bytes();
    }

    /// Sets the stream's number.
    pub fn set_ssrc(&mut self, ssrc: u32) {
        let [.., a, b, c, d] = self.0;
        [*a, *b, *c, *d] = ssrc.to_be_bytes();
    }

    /// Sets or clears the padding bit.
    pub fn set_padding(&mut self, padding: bool) {
        let [first, ..] = self.0;
        *first = *first & 0xdf | u8::from(padding) << 5;
    }
}
