//! The frame numbers inside VP8 and VP9 payloads, kept continuous across sources (RFC 7741 §4.2).

use wire::codec::{Codec, FrameInfo, PictureId, vp8, vp9};

/// Maps the picture ids and TL0PICIDX of one incoming stream after another.
#[derive(Default)]
pub(crate) struct Pictures {
    id_offset: u16,
    tl0_offset: u8,
    last_id: Option<u16>,
    last_tl0: Option<u8>,
}

/// The numbers that a packet goes out with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PictureNumbers {
    /// Cut to the width that the packet has for it.
    pub id: u16,
    /// TL0PICIDX.
    pub tl0: u8,
}

impl Pictures {
    /// Continues with another incoming stream, beginning at the frame of `first`.
    pub(crate) fn restart(&mut self, first: &FrameInfo) {
        if let (Some(last), Some(id)) = (self.last_id, first.picture_id) {
            self.id_offset = last.wrapping_add(1).wrapping_sub(id.value);
        }
        if let (Some(last), Some(tl0)) = (self.last_tl0, first.tl0_picture_index) {
            self.tl0_offset = last.wrapping_add(1).wrapping_sub(tl0);
        }
    }

    /// Returns the outgoing numbers of a packet's frame.
    pub(crate) fn map(&mut self, info: &FrameInfo) -> PictureNumbers {
        let mut numbers = PictureNumbers::default();
        if let Some(PictureId { value, wide }) = info.picture_id {
            let mask = if wide { 0x7fff } else { 0x7f };
            numbers.id = value.wrapping_add(self.id_offset) & mask;
            let ahead = |last: u16| numbers.id.wrapping_sub(last) & mask;
            if self.last_id.is_none_or(|last| ahead(last) <= mask / 2) {
                self.last_id = Some(numbers.id);
            }
        }
        if let Some(tl0) = info.tl0_picture_index {
            numbers.tl0 = tl0.wrapping_add(self.tl0_offset);
            if self.last_tl0.is_none_or(|last| numbers.tl0.wrapping_sub(last) < 128) {
                self.last_tl0 = Some(numbers.tl0);
            }
        }
        numbers
    }
}

impl PictureNumbers {
    /// Writes the numbers over those in a payload; leaves alone what has none.
    pub(crate) fn patch(self, codec: Codec, payload: &mut [u8]) {
        match codec {
            Codec::Vp8 => {
                if let Some(descriptor) = vp8::Descriptor::parse(payload) {
                    descriptor.set_picture_id(payload, self.id);
                    descriptor.set_tl0_picture_index(payload, self.tl0);
                }
            }
            Codec::Vp9 => {
                if let Some(descriptor) = vp9::Descriptor::parse(payload) {
                    descriptor.set_picture_id(payload, self.id);
                    descriptor.set_tl0_picture_index(payload, self.tl0);
                }
            }
            Codec::Opus | Codec::H264 | Codec::Av1 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: u16, tl0: u8) -> FrameInfo {
        FrameInfo {
            picture_id: Some(PictureId { value: id, wide: true }),
            tl0_picture_index: Some(tl0),
            ..FrameInfo::default()
        }
    }

    #[test]
    fn the_first_source_keeps_its_numbers_and_the_next_continues_them_across_the_wrap() {
        let mut pictures = Pictures::default();
        pictures.restart(&frame(0x7fff, 255));
        assert_eq!(pictures.map(&frame(0x7fff, 255)), PictureNumbers { id: 0x7fff, tl0: 255 });
        pictures.restart(&frame(500, 7));
        assert_eq!(pictures.map(&frame(500, 7)), PictureNumbers { id: 0, tl0: 0 });
        assert_eq!(pictures.map(&frame(501, 7)), PictureNumbers { id: 1, tl0: 0 });
    }

    #[test]
    fn a_late_frame_does_not_move_the_end() {
        let mut pictures = Pictures::default();
        for id in [10, 12, 11] {
            pictures.map(&frame(id, 1));
        }
        pictures.restart(&frame(0, 0));
        assert_eq!(pictures.map(&frame(0, 0)), PictureNumbers { id: 13, tl0: 2 });
    }

    #[test]
    fn vp8_numbers_are_written_where_they_lie() {
        let mut payload = [0x90, 0xc0, 0x80, 0x05, 0x09, 0x00];
        PictureNumbers { id: 0x1234, tl0: 77 }.patch(Codec::Vp8, &mut payload);
        assert_eq!(payload, [0x90, 0xc0, 0x92, 0x34, 77, 0x00]);
    }
}
