//! H.264 (RFC 6184): which NAL units a payload holds, as far as they tell where frames begin and which are key.

use super::FrameInfo;
use crate::bytes::{slice_at, u8_at, u16_at};

const SLICE: u8 = 1;
const IDR: u8 = 5;
const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

#[derive(Clone, Copy, Default)]
struct Unit {
    key: bool,
    starts_frame: bool,
    size: Option<(u16, u16)>,
}

/// A packet is taken as the start of a key frame when an IDR slice or a sequence parameter set begins in it, and as
/// the start of a frame when it begins with what comes before slices, or with a picture's first slice.
pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let unit = match u8_at(payload, 0).map(|head| head & 0x1f) {
        Some(STAP_A) => aggregate(payload),
        Some(FU_A) => fragment(payload),
        Some(kind) => unit(kind, payload.get(1..).unwrap_or_default()),
        None => Unit::default(),
    };
    let reference_idc = u8_at(payload, 0).map_or(0, |head| head >> 5 & 3);
    FrameInfo {
        key_frame: unit.key,
        frame_start: unit.starts_frame,
        switching_point: unit.key,
        discardable: !payload.is_empty() && reference_idc == 0,
        resolution: unit.size,
        ..FrameInfo::default()
    }
}

/// Judges the unit of a kind by its kind, and by its slice's first bit: 1 says that it begins with macroblock 0.
fn unit(kind: u8, body: &[u8]) -> Unit {
    let first_slice = u8_at(body, 0).is_some_and(|first| first & 0x80 != 0);
    Unit {
        key: matches!(kind, IDR | SPS),
        starts_frame: matches!(kind, SEI | SPS | PPS | DELIMITER)
            || matches!(kind, SLICE | IDR) && first_slice,
        size: if kind == SPS { super::h264_size::size(body) } else { None },
    }
}

/// Looks at each unit of a single-time aggregation; the first tells whether a frame begins.
fn aggregate(payload: &[u8]) -> Unit {
    let mut rest = payload.get(1..).unwrap_or_default();
    let mut found: Option<Unit> = None;
    while let Some((next, after)) = split_unit(rest) {
        rest = after;
        let head = u8_at(next, 0).unwrap_or(0);
        let next = unit(head & 0x1f, next.get(1..).unwrap_or_default());
        let starts_frame = found.map_or(next.starts_frame, |found| found.starts_frame);
        let key = next.key || found.is_some_and(|found| found.key);
        let size = next.size.or(found.and_then(|found| found.size));
        found = Some(Unit { key, starts_frame, size });
    }
    found.unwrap_or_default()
}

fn split_unit(aggregate: &[u8]) -> Option<(&[u8], &[u8])> {
    let len = usize::from(u16_at(aggregate, 0)?);
    let next = slice_at(aggregate, 2, len)?;
    Some((next, aggregate.get(len.checked_add(2)?..)?))
}

/// Judges a unit by its first fragment; later ones begin nothing.
fn fragment(payload: &[u8]) -> Unit {
    match u8_at(payload, 1) {
        Some(head) if head & 0x80 != 0 => unit(head & 0x1f, payload.get(2..).unwrap_or_default()),
        _ => Unit::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idr_slice_and_a_parameter_set_are_key() {
        assert!(inspect(&[0x65, 0x88]).key_frame);
        assert!(inspect(&[0x67, 0x42]).key_frame);
        assert!(!inspect(&[0x68, 0xce]).key_frame);
        assert!(!inspect(&[0x41, 0x9a]).key_frame);
    }

    #[test]
    fn an_aggregate_is_key_when_one_of_its_units_is() {
        let stap = [0x78, 0, 2, 0x68, 0xce, 0, 2, 0x67, 0x42];
        assert!(inspect(&stap).key_frame && inspect(&stap).frame_start);
        assert!(!inspect(&[0x78, 0, 2, 0x68, 0xce, 0, 9, 0x67]).key_frame, "the second unit is cut");
        assert!(!inspect(&[0x78]).frame_start);
    }

    #[test]
    fn only_the_first_fragment_begins_a_key_frame() {
        assert!(inspect(&[0x7c, 0x85, 0x88]).key_frame);
        assert!(!inspect(&[0x7c, 0x05, 0x88]).key_frame);
        assert!(!inspect(&[0x7c]).key_frame);
    }

    #[test]
    fn the_first_slice_of_a_picture_starts_it_and_the_second_does_not() {
        assert!(inspect(&[0x41, 0x9a]).frame_start);
        assert!(!inspect(&[0x41, 0x1a]).frame_start);
        assert!(inspect(&[0x01, 0x9a]).discardable);
        assert!(!inspect(&[0x41, 0x9a]).discardable);
    }
}
