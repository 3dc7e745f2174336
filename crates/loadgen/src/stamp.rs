//! What a payload carries to be recognised behind a server that rewrites headers, and the least of VP8 and Opus
//! that makes servers take it for media.

/// Bytes of a stamp.
pub(crate) const LEN: usize = 32;
const MAGIC: u32 = 0x4c6f_4164;
/// Bytes of the VP8 payload descriptor written here (RFC 7741 section 4.2).
pub(crate) const DESCRIPTOR: usize = 6;
/// Bytes of the VP8 frame header of a key frame, and of another (RFC 6386 section 9.1).
const KEY_HEADER: usize = 10;
const DELTA_HEADER: usize = 3;
/// Opus TOC: CELT full band, 20 ms, mono, one frame (RFC 6716 section 3.1).
const OPUS_TOC: u8 = 0xf8;

/// Who sent a packet, which one it is, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Names the encoding; random.
    pub source: u32,
    /// Counts its packets.
    pub counter: u32,
    /// Counts its frames; for sound as `counter`.
    pub frame: u32,
    /// Place in the frame, and how many packets the frame has.
    pub index: u16,
    pub count: u16,
    /// Nanoseconds since the start of the generator.
    pub sent: u64,
    /// The frame can be decoded without any before it.
    pub key: bool,
}

impl Stamp {
    fn write(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&MAGIC.to_be_bytes());
        buffer.extend_from_slice(&self.source.to_be_bytes());
        buffer.extend_from_slice(&self.counter.to_be_bytes());
        buffer.extend_from_slice(&self.frame.to_be_bytes());
        buffer.extend_from_slice(&self.index.to_be_bytes());
        buffer.extend_from_slice(&(self.count | u16::from(self.key) << 15).to_be_bytes());
        buffer.extend_from_slice(&self.sent.to_be_bytes());
        buffer.extend_from_slice(&[0; 4]);
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.first_chunk()?;
        let long = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        (long(0) == MAGIC).then(|| Self {
            source: long(4),
            counter: long(8),
            frame: long(12),
            index: short(16),
            count: short(18) & 0x7fff,
            sent: u64::from(long(20)) << 32 | u64::from(long(24)),
            key: short(18) >> 15 != 0,
        })
    }

    /// Appends an Opus payload of `len` bytes.
    pub(crate) fn write_opus(&self, buffer: &mut Vec<u8>, len: usize) {
        let start = buffer.len();
        buffer.push(OPUS_TOC);
        self.write(buffer);
        buffer.resize((start + len).max(buffer.len()), 0x55);
    }

    /// Reads the stamp of an Opus payload.
    pub(crate) fn read_opus(payload: &[u8]) -> Option<Self> {
        Self::read(payload.get(1..)?)
    }

    /// Appends a VP8 payload of `len` bytes of a picture so many lines high.
    pub(crate) fn write_vp8(&self, buffer: &mut Vec<u8>, picture: u16, lines: u16, len: usize) {
        let start = buffer.len();
        let first = self.index == 0;
        write_descriptor(buffer, first, picture);
        if first {
            // Size of the first partition, "show", version 0, and whether this is *not* a key frame.
            let tag = (1u32 << 5 | 1 << 4 | u32::from(!self.key)).to_le_bytes();
            buffer.extend_from_slice(&tag[..DELTA_HEADER]);
        }
        if first && self.key {
            buffer.extend_from_slice(&[0x9d, 0x01, 0x2a]);
            buffer.extend_from_slice(&((u32::from(lines) * 16 / 9) as u16 & 0x3fff).to_le_bytes());
            buffer.extend_from_slice(&lines.to_le_bytes());
        }
        self.write(buffer);
        buffer.resize((start + len).max(buffer.len()), 0xaa);
    }

    /// Reads the stamp of a VP8 payload, however the descriptor was rewritten.
    pub(crate) fn read_vp8(payload: &[u8]) -> Option<Self> {
        let mut at = 1;
        let first = *payload.first()?;
        if first & 0x80 != 0 {
            let has = *payload.get(1)?;
            at += 1;
            if has & 0x80 != 0 {
                at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
            }
            at += usize::from(has & 0x40 != 0) + usize::from(has & 0x30 != 0);
        }
        if first & 0x17 == 0x10 {
            at += if payload.get(at)? & 1 == 0 { KEY_HEADER } else { DELTA_HEADER };
        }
        Self::read(payload.get(at..)?)
    }

    /// Fewest bytes of a payload that hold descriptor, frame header and stamp.
    pub(crate) fn least_vp8() -> usize {
        DESCRIPTOR + KEY_HEADER + LEN
    }
}

/// Appends the descriptor of a VP8 payload, the first of its frame or a further one.
pub(crate) fn write_descriptor(buffer: &mut Vec<u8>, first: bool, picture: u16) {
    // X and, on the first packet, S; then I, L, T and K.
    buffer.extend_from_slice(&[0x80 | u8::from(first) << 4, 0xf0]);
    buffer.extend_from_slice(&(picture | 0x8000).to_be_bytes());
    // TL0PICIDX, then TID 0 and KEYIDX 0: one temporal layer.
    buffer.extend_from_slice(&[picture as u8, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(index: u16, key: bool) -> Stamp {
        Stamp { source: 7, counter: 8, frame: 9, index, count: 3, sent: u64::MAX - 5, key }
    }

    #[test]
    fn a_stamp_is_read_back_from_every_kind_of_packet() {
        for (index, key) in [(0, true), (0, false), (1, true), (2, false)] {
            let mut payload = Vec::new();
            stamp(index, key).write_vp8(&mut payload, 0x7fff, 720, 900);
            assert_eq!((payload.len(), Stamp::read_vp8(&payload)), (900, Some(stamp(index, key))));
        }
        let mut payload = Vec::new();
        stamp(0, true).write_opus(&mut payload, 80);
        assert_eq!((payload.len(), Stamp::read_opus(&payload)), (80, Some(stamp(0, true))));
    }

    #[test]
    fn a_stamp_is_found_behind_a_shorter_descriptor() {
        let mut payload = Vec::new();
        stamp(0, true).write_vp8(&mut payload, 1, 180, 100);
        let without_extension = [&[0x10], &payload[DESCRIPTOR..]].concat();
        let short_picture_id = [&[0x90, 0x80, 0x01], &payload[DESCRIPTOR..]].concat();
        for payload in [without_extension, short_picture_id] {
            assert_eq!(Stamp::read_vp8(&payload), Some(stamp(0, true)));
        }
    }

    #[test]
    fn what_is_no_stamp_is_none_at_any_length() {
        let mut payload = Vec::new();
        stamp(0, true).write_vp8(&mut payload, 1, 180, 60);
        for len in 0..Stamp::least_vp8() {
            assert_eq!(Stamp::read_vp8(&payload[..len]), None);
        }
        assert_eq!(Stamp::read_opus(&[0; 80]), None);
    }
}
