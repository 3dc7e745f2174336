//! The frame numbers beside the packets' own: picture ids and TL0PICIDX in VP8 and VP9 payloads (RFC 7741 §4.2, RFC
//! 9628 §4.2) and frame numbers in dependency descriptors, kept continuous across sources.
//!
//! Picture ids of pictures that are left out are closed up, as decoders take a gap for a loss. Frame numbers are not:
//! descriptors refer to frames by their distance, and say themselves which are not needed.

use wire::codec::{FrameInfo, PictureId};

use crate::media::numbering::Numbering;
use crate::media::ring::Packet;

/// Maps the numbers of one incoming stream after another.
#[derive(Default)]
pub(crate) struct Pictures {
    ids: Option<Ids>,
    tl0_offset: u8,
    last_tl0: Option<u8>,
    frame_offset: u16,
    last_frame: Option<u16>,
}

/// The numbers that a packet goes out with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PictureNumbers {
    /// Cut to the width that the packet has for it.
    pub id: u16,
    /// TL0PICIDX.
    pub tl0: u8,
    /// That of the dependency descriptor.
    pub frame: u16,
}

/// Picture ids, extended beyond their wrap.
struct Ids {
    numbering: Numbering,
    highest: u64,
}

impl Pictures {
    /// Continues with another incoming stream, beginning at the frame of `first`.
    pub(crate) fn restart(&mut self, first: &Packet) {
        if let Some(id) = first.info.picture_id {
            let start = u64::from(id.value) + BASE;
            let ids = self.ids.get_or_insert_with(|| Ids { numbering: Numbering::at(start), highest: start });
            ids.numbering.restart(start);
            ids.highest = start;
        }
        if let (Some(last), Some(tl0)) = (self.last_tl0, first.info.tl0_picture_index) {
            self.tl0_offset = last.wrapping_add(1).wrapping_sub(tl0);
        }
        if let (Some(last), Some(dependency)) = (self.last_frame, first.dependency) {
            self.frame_offset = last.wrapping_add(1).wrapping_sub(dependency.frame_number);
        }
    }

    /// Closes up the id of a picture that is left out, unless later ones already went out.
    pub(crate) fn skip(&mut self, info: &FrameInfo) {
        if let (Some(ids), Some(id)) = (&mut self.ids, info.picture_id) {
            let number = ids.extend(id);
            ids.numbering.skip(number);
        }
    }

    /// Returns the outgoing numbers of a packet's frame.
    pub(crate) fn map(&mut self, packet: &Packet) -> PictureNumbers {
        let mut numbers = PictureNumbers::default();
        if let (Some(ids), Some(id)) = (&mut self.ids, packet.info.picture_id) {
            let number = ids.extend(id);
            numbers.id = ids.numbering.map(number).unwrap_or(number) as u16 & mask(id);
        }
        if let Some(tl0) = packet.info.tl0_picture_index {
            numbers.tl0 = tl0.wrapping_add(self.tl0_offset);
            if self.last_tl0.is_none_or(|last| numbers.tl0.wrapping_sub(last) < 128) {
                self.last_tl0 = Some(numbers.tl0);
            }
        }
        if let Some(dependency) = packet.dependency {
            numbers.frame = dependency.frame_number.wrapping_add(self.frame_offset);
            if self.last_frame.is_none_or(|last| numbers.frame.wrapping_sub(last) < 0x8000) {
                self.last_frame = Some(numbers.frame);
            }
        }
        numbers
    }
}

/// Added to the first id, so that earlier ones can be extended too; a multiple of all wraps.
const BASE: u64 = 1 << 20;

impl Ids {
    /// Returns the number nearest to the highest so far that has this id.
    fn extend(&mut self, id: PictureId) -> u64 {
        let mask = mask(id);
        let ahead = id.value.wrapping_sub(self.highest as u16) & mask;
        let number = if ahead <= mask / 2 {
            self.highest + u64::from(ahead)
        } else {
            self.highest - u64::from(mask - ahead) - 1
        };
        self.highest = self.highest.max(number);
        number
    }
}

fn mask(id: PictureId) -> u16 {
    if id.wide { 0x7fff } else { 0x7f }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::{packet, start};

    fn frame(id: u16, tl0: u8) -> Packet {
        let info = FrameInfo {
            picture_id: Some(PictureId { value: id, wide: true }),
            tl0_picture_index: Some(tl0),
            ..FrameInfo::default()
        };
        Packet { info, ..packet(1, start()) }
    }

    fn numbers(id: u16, tl0: u8) -> PictureNumbers {
        PictureNumbers { id, tl0, frame: 0 }
    }

    #[test]
    fn the_first_source_keeps_its_numbers_and_the_next_continues_them_across_the_wrap() {
        let mut pictures = Pictures::default();
        pictures.restart(&frame(0x7fff, 255));
        assert_eq!(pictures.map(&frame(0x7fff, 255)), numbers(0x7fff, 255));
        pictures.restart(&frame(500, 7));
        assert_eq!(pictures.map(&frame(500, 7)), numbers(0, 0));
        assert_eq!(pictures.map(&frame(501, 7)), numbers(1, 0));
    }

    #[test]
    fn a_late_frame_does_not_move_the_end() {
        let mut pictures = Pictures::default();
        pictures.restart(&frame(10, 1));
        for id in [10, 12, 11] {
            pictures.map(&frame(id, 1));
        }
        pictures.restart(&frame(0, 0));
        assert_eq!(pictures.map(&frame(0, 0)), numbers(13, 2));
    }

    #[test]
    fn pictures_left_out_leave_no_gap_across_the_wrap() {
        let mut pictures = Pictures::default();
        pictures.restart(&frame(0x7ffc, 1));
        let mut ids = Vec::new();
        for id in [0x7ffc, 0x7ffd, 0x7ffe, 0x7fff, 0, 1, 2] {
            if id % 2 == 1 {
                pictures.skip(&frame(id, 1).info);
            } else {
                ids.push(pictures.map(&frame(id, 1)).id);
            }
        }
        assert_eq!(ids, [0x7ffc, 0x7ffd, 0x7ffe, 0x7fff]);
        assert_eq!(pictures.map(&frame(0x7ffe, 1)).id, 0x7ffd, "a late packet finds its picture");
    }
}
