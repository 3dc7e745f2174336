//! Opus (RFC 7587): every packet stands for itself.

use super::FrameInfo;

pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let sounds = !payload.is_empty();
    FrameInfo { key_frame: sounds, frame_start: sounds, ..FrameInfo::default() }
}

/// Returns whether the packet carries no sound to speak of: nothing, or the one or two bytes of discontinuous
/// transmission (RFC 6716 §3.1: a table of contents with an empty frame).
pub fn is_silence(payload: &[u8]) -> bool {
    payload.len() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_table_of_contents_is_silence() {
        assert!(is_silence(&[]));
        assert!(is_silence(&[0x78]));
        assert!(!is_silence(&[0x78, 1, 2]));
        assert!(!inspect(&[]).frame_start);
        assert!(inspect(&[0x78]).key_frame);
    }
}
