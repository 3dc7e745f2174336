//! Opus (RFC 7587): every packet stands for itself.

use super::FrameInfo;

pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let sounds = !payload.is_empty();
    FrameInfo { key_frame: sounds, frame_start: sounds, ..FrameInfo::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packet_with_content_is_a_start() {
        assert!(!inspect(&[]).frame_start);
        assert!(inspect(&[0x78]).key_frame);
    }
}
