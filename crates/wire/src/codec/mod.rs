//! What a payload says of the frame it belongs to, read from the codec's descriptor, and the numbers in it that a
//! forwarder must rewrite. Knows no streams: continuity of the numbers is the forwarder's. Start with [`inspect`].

pub mod av1;
mod av1_size;
mod bits;
pub mod dependency;
pub mod h264;
mod h264_size;
pub mod opus;
pub mod vp8;
pub mod vp9;

/// The codecs this server forwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// Sound (RFC 7587).
    Opus,
    /// Video (RFC 7741).
    Vp8,
    /// Video (RFC 9628).
    Vp9,
    /// Video (RFC 6184).
    H264,
    /// Video (AV1 RTP payload format 1.0).
    Av1,
}

/// A number a forwarder keeps continuous, and its width on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureId {
    /// 0..=127 or 0..=32767.
    pub value: u16,
    /// Whether it has 15 bits and not 7.
    pub wide: bool,
}

impl PictureId {
    /// Reads the number at `at`: its first bit says which width it has.
    fn read(payload: &[u8], at: usize) -> Option<Self> {
        let first = crate::bytes::u8_at(payload, at)?;
        if first & 0x80 == 0 {
            return Some(Self { value: first.into(), wide: false });
        }
        Some(Self { value: crate::bytes::u16_at(payload, at)? & 0x7fff, wide: true })
    }

    /// Returns its bytes on the wire.
    const fn len(self) -> usize {
        if self.wide { 2 } else { 1 }
    }

    /// Writes `value`, cut to the width that is there; false when `payload` is too short.
    fn patch(self, payload: &mut [u8], at: usize, value: u16) -> bool {
        if self.wide {
            crate::bytes::put_at(payload, at, (value | 0x8000).to_be_bytes())
        } else {
            crate::bytes::put_at(payload, at, [(value & 0x7f) as u8])
        }
    }
}

/// What one packet's payload says of its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameInfo {
    /// Whether a decoder can start at the frame that begins in this packet. Always true for sound.
    pub key_frame: bool,
    /// Whether a frame (of VP9: a layer frame) begins in this packet.
    pub frame_start: bool,
    /// The temporal layer.
    pub temporal_id: Option<u8>,
    /// The spatial layer.
    pub spatial_id: Option<u8>,
    /// Whether a receiver of lower temporal layers may begin to take this one here (VP8) or higher ones from here on
    /// (VP9).
    pub switching_point: bool,
    /// Whether a frame (of VP9: a layer frame) ends in this packet, where the codec tells.
    pub frame_end: bool,
    /// Whether a layer frame of VP9 depends on earlier pictures.
    pub inter_picture: bool,
    /// Whether it depends on the spatial layer below.
    pub inter_layer: bool,
    /// Whether the spatial layer above does not depend on it.
    pub skippable: bool,
    /// Whether no later frame depends on this one.
    pub discardable: bool,
    /// Counts frames.
    pub picture_id: Option<PictureId>,
    /// Counts frames of the lowest temporal layer.
    pub tl0_picture_index: Option<u8>,
    /// The key frame's width and height in pixels, where the packet tells.
    pub resolution: Option<(u16, u16)>,
}

impl FrameInfo {
    /// Replaces picture id, cut to the width that is there, and TL0PICIDX in the payload that this was read from; leaves
    /// alone what it has none of. Source: RFC 7741 §4.2, RFC 9628 §4.2.
    pub fn renumber(&self, codec: Codec, payload: &mut [u8], picture_id: u16, tl0_picture_index: u8) {
        let picture_id_at = match codec {
            Codec::Vp8 => 2,
            Codec::Vp9 => 1,
            Codec::Opus | Codec::H264 | Codec::Av1 => return,
        };
        let mut picture_id_len = 0;
        if let Some(id) = self.picture_id {
            id.patch(payload, picture_id_at, picture_id);
            picture_id_len = id.len();
        }
        if self.tl0_picture_index.is_some() {
            // Of VP8 right behind the picture id, of VP9 with the layers between.
            crate::bytes::put_at(payload, picture_id_len.saturating_add(2), [tl0_picture_index]);
        }
    }
}

/// Reads the payload of a packet; total: what cannot be read is not said.
pub fn inspect(codec: Codec, payload: &[u8]) -> FrameInfo {
    match codec {
        Codec::Opus => opus::inspect(payload),
        Codec::Vp8 => vp8::inspect(payload),
        Codec::Vp9 => vp9::inspect(payload),
        Codec::H264 => h264::inspect(payload),
        Codec::Av1 => av1::inspect(payload),
    }
}
