//! Redundant audio data (RFC 2198): a packet that carries, before its own frame, copies of earlier ones.
//!
//! Knows lengths and payload types; which packet a copy repairs is the reader's to decide. Start with [`Blocks::parse`].

use crate::bytes::{self, Cursor, WriteError};

/// Copies in one packet; browsers send one or two.
const MAX_COPIES: usize = 8;
/// Bytes before a copy: flag and payload type, 14 bits of timestamp offset, 10 bits of length.
const COPY_HEADER: usize = 4;
/// 14 bits.
pub const OLDEST_COPY: u16 = 0x3fff;
/// 10 bits.
const LONGEST_COPY: u32 = 0x3ff;
/// Set on every header but the last, which is one byte.
const FOLLOWS: u8 = 0x80;

/// An earlier frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// How much older than the packet it is, in ticks of its timestamp.
    pub age: u16,
    /// Where it begins in the payload.
    pub offset: u16,
    /// Bytes; 0 for one that was left out.
    pub len: u16,
}

/// What one payload consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocks {
    copies: [Copy; MAX_COPIES],
    count: usize,
    /// Where the packet's own frame begins in the payload, which it ends: at least 1, and before the end.
    pub primary: u16,
}

impl Blocks {
    /// Reads the headers of a payload whose blocks all have this payload type.
    ///
    /// `None` when they or the blocks do not fit, when there are more than eight copies or another payload type, and when
    /// the packet has no frame of its own.
    pub fn parse(payload: &[u8], payload_type: u8) -> Option<Self> {
        let mut copies = [Copy { age: 0, offset: 0, len: 0 }; MAX_COPIES];
        let (mut count, mut at) = (0_usize, 0_usize);
        loop {
            let first = bytes::u8_at(payload, at)?;
            if first & !FOLLOWS != payload_type {
                return None;
            }
            if first & FOLLOWS == 0 {
                break;
            }
            let rest = bytes::u24_at(payload, at.checked_add(1)?)?;
            *copies.get_mut(count)? =
                Copy { age: (rest >> 10) as u16, offset: 0, len: (rest & LONGEST_COPY) as u16 };
            count = count.checked_add(1)?;
            at = at.checked_add(COPY_HEADER)?;
        }
        let mut offset = u16::try_from(at.checked_add(1)?).ok()?;
        for copy in copies.iter_mut().take(count) {
            copy.offset = offset;
            offset = offset.checked_add(copy.len)?;
        }
        (usize::from(offset) < payload.len()).then_some(Self { copies, count, primary: offset })
    }

    /// Returns the copies as they lie in the payload, the oldest first by custom.
    pub fn copies(&self) -> &[Copy] {
        self.copies.get(..self.count).unwrap_or_default()
    }
}

/// Writes a payload of copies, each with its age in ticks (below 2^14) and its bytes (below 2^10), and a frame of its own.
///
/// Returns its length.
pub fn write<'a>(
    buf: &mut [u8],
    payload_type: u8,
    copies: impl Iterator<Item = (u16, &'a [u8])> + Clone,
    own: &[u8],
) -> Result<usize, WriteError> {
    let mut out = Cursor::new(buf);
    for (age, copy) in copies.clone() {
        let len = u32::try_from(copy.len()).ok().filter(|len| *len <= LONGEST_COPY);
        let len = len.filter(|_| age <= OLDEST_COPY).ok_or(WriteError::OutOfRange)?;
        out.u8(FOLLOWS | payload_type)?;
        out.u24(u32::from(age) << 10 | len)?;
    }
    out.u8(payload_type & !FOLLOWS)?;
    for (_, copy) in copies {
        out.bytes(copy)?;
    }
    out.bytes(own)?;
    Ok(out.position())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One copy of three bytes that is 960 ticks old, and a frame of two.
    const PAYLOAD: [u8; 10] = [0x80 | 111, 0x0f, 0x00, 0x03, 111, 1, 2, 3, 8, 9];

    #[test]
    fn a_copy_and_the_frame_behind_it_are_found() {
        let blocks = Blocks::parse(&PAYLOAD, 111).unwrap();
        assert_eq!(blocks.copies(), [Copy { age: 960, offset: 5, len: 3 }]);
        assert_eq!(&PAYLOAD[usize::from(blocks.primary)..], [8, 9]);
    }

    #[test]
    fn a_frame_without_copies_has_one_byte_before_it() {
        let blocks = Blocks::parse(&[111, 7], 111).unwrap();
        assert_eq!((blocks.copies(), blocks.primary), (&[][..], 1));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for len in 0..9 {
            assert_eq!(Blocks::parse(&PAYLOAD[..len], 111), None, "cut to {len}");
        }
        assert_eq!(Blocks::parse(&PAYLOAD, 96), None, "another payload type");
        assert_eq!(Blocks::parse(&[111], 111), None, "no frame");
        let mut nine = [0x80 | 111, 0, 0, 0].repeat(9);
        nine.extend([111, 1]);
        assert_eq!(Blocks::parse(&nine, 111), None, "nine copies");
        assert_eq!(Blocks::parse(&nine[4..], 111).unwrap().copies().len(), 8);
    }

    #[test]
    fn what_is_written_is_read_back_and_what_does_not_fit_is_refused() {
        let copies = [(960, &[1, 2, 3][..])];
        let mut buf = [0; 12];
        assert_eq!(write(&mut buf, 111, copies.into_iter(), &[8, 9]), Ok(10));
        assert_eq!(buf[..10], PAYLOAD);
        assert_eq!(write(&mut buf[..9], 111, copies.into_iter(), &[8, 9]), Err(WriteError::NoRoom));
        let mut wide = [0; 1100];
        for copy in [(OLDEST_COPY + 1, &[1][..]), (1, &[0; 1024][..])] {
            assert_eq!(write(&mut wide, 111, [copy].into_iter(), &[8]), Err(WriteError::OutOfRange));
        }
    }
}
