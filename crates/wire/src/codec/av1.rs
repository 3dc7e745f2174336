//! AV1 (RTP payload format for AV1 1.0 §4.3-4.4): the aggregation header and the heads of the OBUs behind it.

use super::FrameInfo;
use crate::bytes::{slice_at, u8_at};

const SEQUENCE_HEADER: u8 = 1;
/// The most OBUs looked at; a temporal unit has a handful.
const MAX_OBUS: usize = 16;

/// A packet is taken as the start of a key frame when its aggregation header says that a coded video sequence begins
/// (N), or when it does not continue an OBU and a sequence header begins in it.
pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let Some(head) = u8_at(payload, 0) else { return FrameInfo::default() };
    let continues = head & 0x80 != 0;
    let first_of_sequence = head & 0x08 != 0;
    let mut info = FrameInfo { frame_start: !continues, ..FrameInfo::default() };
    let mut sequence_header = false;
    let elements = Elements { rest: payload.get(1..).unwrap_or_default(), count: head >> 4 & 3, given: 0 };
    for element in elements.skip(usize::from(continues)).take(MAX_OBUS) {
        let Some(obu) = u8_at(element, 0) else { continue };
        if obu >> 3 & 0x0f == SEQUENCE_HEADER {
            sequence_header = true;
            info.resolution = body(element).and_then(super::av1_size::size);
        }
        let extension = u8_at(element, 1).filter(|_| obu & 0x04 != 0);
        if let (None, Some(layers)) = (info.temporal_id, extension) {
            info.temporal_id = Some(layers >> 5);
            info.spatial_id = Some(layers >> 3 & 3);
        }
    }
    info.key_frame = !continues && (first_of_sequence || sequence_header);
    info.switching_point = info.key_frame;
    info
}

/// Returns what is behind an OBU's head, its extension and, where it has one, its length.
fn body(obu: &[u8]) -> Option<&[u8]> {
    let head = u8_at(obu, 0)?;
    let behind = obu.get(if head & 0x04 != 0 { 2 } else { 1 }..)?;
    if head & 0x02 == 0 {
        return Some(behind);
    }
    let (len, at) = leb128(behind)?;
    slice_at(behind, at, len)
}

/// Iterates over OBU elements: each has its length before it, save the last where a count is given.
struct Elements<'a> {
    rest: &'a [u8],
    count: u8,
    given: u8,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return None;
        }
        self.given = self.given.saturating_add(1);
        if self.given == self.count {
            return Some(rest);
        }
        let (len, at) = leb128(rest)?;
        let element = slice_at(rest, at, len)?;
        self.rest = rest.get(at.checked_add(len)?..)?;
        Some(element)
    }
}

/// Reads a length of at most four bytes, seven bits each, and returns it with where what follows begins.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0usize;
    for (at, byte) in bytes.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << at.checked_mul(7)?;
        if byte & 0x80 == 0 {
            return Some((value, at.checked_add(1)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_n_bit_begins_a_key_frame() {
        assert!(inspect(&[0x18, 0x32, 0]).key_frame);
        assert!(!inspect(&[0x10, 0x32, 0]).key_frame);
        assert!(!inspect(&[0x98, 0x32, 0]).key_frame, "continues an OBU");
    }

    #[test]
    fn a_sequence_header_begins_a_key_frame() {
        // W=2: a sequence header of 3 bytes with its length, then a frame with the rest.
        assert!(inspect(&[0x20, 3, 0x08, 1, 2, 0x32, 0xaa]).key_frame);
        // W=0: each with its length.
        assert!(inspect(&[0x00, 2, 0x32, 1, 2, 0x08, 1]).key_frame);
    }

    #[test]
    fn the_size_is_that_of_the_sequence_header() {
        // Reduced, 2 bits for each side: 3 by 2.
        assert_eq!(inspect(&[0x10, 0x08, 0x08, 0x04, 0x64]).resolution, Some((3, 2)));
        assert_eq!(inspect(&[0x10, 0x0a, 3, 0x08, 0x04, 0x64]).resolution, Some((3, 2)));
    }

    #[test]
    fn layers_are_in_the_extension_byte() {
        // OBU_FRAME with extension: T2, S1.
        let info = inspect(&[0x10, 0x36, 0x48, 0xaa]);
        assert_eq!((info.temporal_id, info.spatial_id), (Some(2), Some(1)));
        assert_eq!(inspect(&[0x90, 0x36, 0x48, 0xaa]).temporal_id, None, "the rest of an OBU has no head");
    }

    #[test]
    fn a_length_that_overruns_or_never_ends_says_nothing() {
        assert!(!inspect(&[0x00, 9, 0x08]).key_frame);
        assert!(!inspect(&[0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08]).key_frame);
        assert!(!inspect(&[]).frame_start);
    }
}
