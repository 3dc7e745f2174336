//! The VP9 payload descriptor up to the layer indices (RFC 9628 §4.2).

use super::{FrameInfo, PictureId};
use crate::bytes::{u8_at, u16_at};

/// A parsed descriptor, as far as forwarding needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Whether the frame depends on earlier ones.
    pub inter_picture_predicted: bool,
    /// Whether references are listed in the descriptor (F) and there is no TL0PICIDX.
    pub flexible: bool,
    /// Whether a layer frame begins in this packet.
    pub start_of_frame: bool,
    /// Whether a layer frame ends in this packet.
    pub end_of_frame: bool,
    /// Whether no later picture's higher spatial layer depends on this frame (Z).
    pub not_a_reference_for_upper: bool,
    /// Counts pictures.
    pub picture_id: Option<PictureId>,
    /// Temporal layer, 0..=7.
    pub temporal_id: Option<u8>,
    /// Spatial layer, 0..=7.
    pub spatial_id: Option<u8>,
    /// Whether higher temporal layers may be taken from here on (U).
    pub switching_up_point: bool,
    /// Whether it depends on the spatial layer below in the same picture (D).
    pub inter_layer_dependent: bool,
    /// Counts pictures of temporal layer 0.
    pub tl0_picture_index: Option<u8>,
    /// Where a scalability structure begins, if there is one.
    pub structure_at: Option<usize>,
}

impl Descriptor {
    /// Reads the descriptor at the start of a payload; `None` when it is cut short.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = u8_at(payload, 0)?;
        let flexible = first & 0x10 != 0;
        let mut at: usize = 1;
        let picture_id = if first & 0x80 != 0 { Some(PictureId::read(payload, at)?) } else { None };
        at = at.checked_add(picture_id.map_or(0, PictureId::len))?;
        let layers = if first & 0x20 != 0 { Some(u8_at(payload, at)?) } else { None };
        at = at.checked_add(layers.map_or(0, |_| 1))?;
        let has_tl0 = layers.is_some() && !flexible;
        let tl0_picture_index = if has_tl0 { Some(u8_at(payload, at)?) } else { None };
        at = at.checked_add(usize::from(has_tl0))?;
        if flexible && first & 0x40 != 0 {
            at = after_references(payload, at)?;
        }
        let has_structure = first & 0x02 != 0;
        Some(Self {
            inter_picture_predicted: first & 0x40 != 0,
            flexible,
            start_of_frame: first & 0x08 != 0,
            end_of_frame: first & 0x04 != 0,
            not_a_reference_for_upper: first & 0x01 != 0,
            picture_id,
            temporal_id: layers.map(|layers| layers >> 5),
            spatial_id: layers.map(|layers| layers >> 1 & 7),
            switching_up_point: layers.is_some_and(|layers| layers & 0x10 != 0),
            inter_layer_dependent: layers.is_some_and(|layers| layers & 1 != 0),
            tl0_picture_index,
            structure_at: has_structure.then_some(at),
        })
    }

    /// Returns whether a decoder can start here: the lowest spatial layer of a picture that depends on no other.
    pub fn is_key(&self) -> bool {
        self.start_of_frame && !self.inter_picture_predicted && self.spatial_id.unwrap_or(0) == 0
    }

    /// Returns the size of the highest spatial layer, when a scalability structure tells.
    fn resolution(&self, payload: &[u8]) -> Option<(u16, u16)> {
        let highest = u8_at(payload, self.structure_at?)? >> 5;
        self.size_of(payload, highest)
    }

    fn size_of(&self, payload: &[u8], spatial: u8) -> Option<(u16, u16)> {
        let at = self.structure_at?;
        let head = u8_at(payload, at)?;
        let size_at = at.checked_add(1)?.checked_add(usize::from(spatial).checked_mul(4)?)?;
        let size = (u16_at(payload, size_at)?, u16_at(payload, size_at.checked_add(2)?)?);
        (head & 0x10 != 0 && spatial <= head >> 5).then_some(size)
    }
}

/// Skips at most three reference differences, each saying whether another follows (RFC 9628 §4.2, P_DIFF).
fn after_references(payload: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..3 {
        let difference = u8_at(payload, at)?;
        at = at.checked_add(1)?;
        if difference & 1 == 0 {
            return Some(at);
        }
    }
    None
}

pub(super) fn inspect(payload: &[u8]) -> FrameInfo {
    let Some(descriptor) = Descriptor::parse(payload) else { return FrameInfo::default() };
    let key_frame = descriptor.is_key();
    FrameInfo {
        key_frame,
        frame_start: descriptor.start_of_frame,
        temporal_id: descriptor.temporal_id,
        spatial_id: descriptor.spatial_id,
        switching_point: key_frame || descriptor.switching_up_point,
        discardable: false,
        frame_end: descriptor.end_of_frame,
        inter_picture: descriptor.inter_picture_predicted,
        inter_layer: descriptor.inter_layer_dependent,
        skippable: descriptor.not_a_reference_for_upper,
        picture_id: descriptor.picture_id,
        tl0_picture_index: descriptor.tl0_picture_index,
        resolution: descriptor.resolution(payload).filter(|_| key_frame),
    }
}

/// Returns width and height of a spatial layer, from a packet that has a scalability structure.
pub fn layer_size(payload: &[u8], spatial: u8) -> Option<(u16, u16)> {
    Descriptor::parse(payload)?.size_of(payload, spatial)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Codec;

    /// I, L, B, V; 15-bit picture id 0x0102; T0 U S0; TL0PICIDX 3; structure of two layers, 320x180 and 640x360.
    const KEY_FRAME: [u8; 15] =
        [0xaa, 0x81, 0x02, 0x10, 3, 0x30, 0x01, 0x40, 0x00, 0xb4, 0x02, 0x80, 0x01, 0x68, 0x82];

    #[test]
    fn a_key_frame_with_structure_tells_its_greatest_size() {
        let info = inspect(&KEY_FRAME);
        assert!(info.key_frame && info.frame_start && info.switching_point);
        assert_eq!((info.temporal_id, info.spatial_id, info.tl0_picture_index), (Some(0), Some(0), Some(3)));
        assert_eq!(info.picture_id, Some(PictureId { value: 0x0102, wide: true }));
        assert_eq!(info.resolution, Some((640, 360)));
    }

    #[test]
    fn flexible_mode_has_references_and_no_tl0() {
        // I, P, L, F, B: 7-bit picture id 5, T1 S1 D, two differences.
        let info = Descriptor::parse(&[0xf8, 5, 0x23, 0x03, 0x04, 0xff]).unwrap();
        assert_eq!((info.temporal_id, info.spatial_id, info.tl0_picture_index), (Some(1), Some(1), None));
        assert!(info.inter_layer_dependent && info.flexible && !info.is_key());
        assert_eq!(Descriptor::parse(&[0xf8, 5, 0x23, 0x03, 0x05, 0x07]), None, "a fourth difference");
    }

    #[test]
    fn only_the_lowest_spatial_layer_of_an_independent_picture_is_a_key_frame() {
        assert!(inspect(&[0x08]).key_frame);
        assert!(!inspect(&[0x00]).key_frame, "not the start");
        assert!(!inspect(&[0x48]).key_frame, "predicted");
        assert!(!inspect(&[0x28, 0x02, 0]).key_frame, "the second spatial layer");
    }

    #[test]
    fn numbers_are_replaced_in_their_own_width() {
        let mut payload = KEY_FRAME;
        inspect(&payload.clone()).renumber(Codec::Vp9, &mut payload, 0xffff, 99);
        let patched = Descriptor::parse(&payload).unwrap();
        assert_eq!(patched.picture_id, Some(PictureId { value: 0x7fff, wide: true }));
        assert_eq!(patched.tl0_picture_index, Some(99));
        assert_eq!(patched.spatial_id, Some(0));
    }

    #[test]
    fn a_cut_descriptor_is_refused_at_every_length() {
        for len in 0..5 {
            assert_eq!(Descriptor::parse(&KEY_FRAME[..len]), None, "{len} bytes");
        }
    }
}
