//! The VP8 payload descriptor (RFC 7741 §4.2) and the head of the frame behind it (RFC 6386 §9.1).

use super::{FrameInfo, PictureId};
use crate::bytes::{array_at, u8_at};

/// A parsed descriptor; offsets count from the start of the payload it was parsed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Whether no other frame depends on this one.
    pub non_reference: bool,
    /// Whether a partition begins in this packet.
    pub start_of_partition: bool,
    /// Which partition, 0..=7 (older senders used four bits; the rest is ignored).
    pub partition_index: u8,
    /// Counts frames.
    pub picture_id: Option<PictureId>,
    /// Counts frames of temporal layer 0.
    pub tl0_picture_index: Option<u8>,
    /// The temporal layer, 0..=3.
    pub temporal_id: Option<u8>,
    /// Whether this frame of a higher layer depends only on layer 0.
    pub layer_sync: bool,
    /// Counts key frames, 5 bits.
    pub key_index: Option<u8>,
    /// The descriptor's length.
    pub len: usize,
}

impl Descriptor {
    /// Reads the descriptor at the start of a payload; `None` when it is cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = u8_at(payload, 0)?;
        let extension = if first & 0x80 != 0 { Some(u8_at(payload, 1)?) } else { None };
        let flags = extension.unwrap_or(0);
        let mut at: usize = if extension.is_some() { 2 } else { 1 };
        let picture_id = if flags & 0x80 != 0 { Some(PictureId::read(payload, at)?) } else { None };
        at = at.checked_add(picture_id.map_or(0, PictureId::len))?;
        let tl0_picture_index = if flags & 0x40 != 0 { Some(u8_at(payload, at)?) } else { None };
        at = at.checked_add(tl0_picture_index.map_or(0, |_| 1))?;
        let layers = if flags & 0x30 != 0 { Some(u8_at(payload, at)?) } else { None };
        at = at.checked_add(layers.map_or(0, |_| 1))?;
        let has_temporal = flags & 0x20 != 0;
        Some(Self {
            non_reference: first & 0x20 != 0,
            start_of_partition: first & 0x10 != 0,
            partition_index: first & 0x07,
            picture_id,
            tl0_picture_index,
            temporal_id: layers.filter(|_| has_temporal).map(|layers| layers >> 6),
            layer_sync: has_temporal && layers.is_some_and(|layers| layers & 0x20 != 0),
            key_index: layers.filter(|_| flags & 0x10 != 0).map(|layers| layers & 0x1f),
            len: at,
        })
    }

    /// Returns whether a frame begins in this packet.
    pub fn starts_frame(&self) -> bool {
        self.start_of_partition && self.partition_index == 0
    }
}

/// Returns whether the frame that begins at `frame` is a key frame.
fn is_key(frame: &[u8]) -> bool {
    u8_at(frame, 0).is_some_and(|first| first & 1 == 0)
}

/// Returns width and height of the key frame that begins at `frame`, without their scaling bits.
fn resolution(frame: &[u8]) -> Option<(u16, u16)> {
    let [start_code @ .., w0, w1, h0, h1] = array_at::<7>(frame, 3)?;
    let size = (u16::from_le_bytes([w0, w1]) & 0x3fff, u16::from_le_bytes([h0, h1]) & 0x3fff);
    (start_code == [0x9d, 0x01, 0x2a]).then_some(size)
}

pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let Some(descriptor) = Descriptor::parse(payload) else { return FrameInfo::default() };
    let frame = payload.get(descriptor.len..).unwrap_or_default();
    let key_frame = descriptor.starts_frame() && is_key(frame);
    FrameInfo {
        key_frame,
        frame_start: descriptor.starts_frame(),
        temporal_id: descriptor.temporal_id,
        spatial_id: None,
        switching_point: key_frame || descriptor.layer_sync,
        discardable: descriptor.non_reference,
        picture_id: descriptor.picture_id,
        tl0_picture_index: descriptor.tl0_picture_index,
        resolution: if key_frame { resolution(frame) } else { None },
        ..FrameInfo::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    /// X, S=1; I, L, T, K; 15-bit picture id 0x1234, TL0PICIDX 7, TID 2, Y, KEYIDX 9; then a 640x360 key frame.
    const KEY_FRAME: [u8; 16] =
        [0x90, 0xf0, 0x92, 0x34, 7, 0xa9, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

    #[test]
    fn a_full_descriptor_before_a_key_frame_is_read() {
        let descriptor = Descriptor::parse(&KEY_FRAME).unwrap();
        assert_eq!(descriptor.len, 6);
        assert_eq!(descriptor.picture_id, Some(PictureId { value: 0x1234, wide: true }));
        assert_eq!(descriptor.key_index, Some(9));
        let info = inspect(&KEY_FRAME);
        assert!(info.key_frame && info.frame_start && info.switching_point && !info.discardable);
        assert_eq!((info.temporal_id, info.tl0_picture_index), (Some(2), Some(7)));
        assert_eq!(info.resolution, Some((640, 360)));
    }

    #[test]
    fn the_shortest_descriptor_says_little() {
        let info = inspect(&[0x10, 0x01]);
        assert!(info.frame_start && !info.key_frame);
        assert_eq!((info.picture_id, info.temporal_id), (None, None));
    }

    #[test]
    fn a_key_frame_begins_only_in_partition_zero() {
        assert!(!inspect(&[0x00, 0x00]).key_frame, "not the start");
        assert!(!inspect(&[0x11, 0x00]).key_frame, "the second partition");
        assert!(inspect(&[0x10, 0x00]).key_frame);
        assert!(!inspect(&[0x10]).key_frame, "nothing behind the descriptor");
    }

    #[test]
    fn key_index_without_temporal_id_shares_the_byte() {
        let descriptor = Descriptor::parse(&[0x80, 0x10, 0xe5]).unwrap();
        assert_eq!(
            (descriptor.temporal_id, descriptor.layer_sync, descriptor.key_index),
            (None, false, Some(5))
        );
    }

    #[test]
    fn numbers_are_replaced_in_their_own_width() {
        let mut payload = KEY_FRAME;
        inspect(&payload.clone()).renumber(Codec::Vp8, &mut payload, 0xffff, 200);
        let patched = Descriptor::parse(&payload).unwrap();
        assert_eq!(patched.picture_id, Some(PictureId { value: 0x7fff, wide: true }));
        assert_eq!(patched.tl0_picture_index, Some(200));
        assert_eq!(patched.key_index, Some(9));

        let mut narrow = [0x80, 0x80, 0x05];
        inspect(&narrow.clone()).renumber(Codec::Vp8, &mut narrow, 0x1ff, 1);
        assert_eq!(narrow, [0x80, 0x80, 0x7f]);
    }

    #[test]
    fn a_cut_descriptor_is_refused_at_every_length() {
        for len in 0..6 {
            assert_eq!(Descriptor::parse(&KEY_FRAME[..len]), None, "{len} bytes");
        }
    }
}
