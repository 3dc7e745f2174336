//! What encoders put before a frame's bytes, and the payload types that go with it.

use sfu::CodecParameters;
use wire::codec::{Codec, vp8};

/// Returns the payload types of a codec and of its retransmissions.
pub fn payload_types(codec: Codec) -> (u8, Option<u8>) {
    match codec {
        Codec::Opus => (111, None),
        Codec::Vp8 => (96, Some(97)),
        Codec::Vp9 => (98, Some(99)),
        Codec::H264 => (102, Some(103)),
        Codec::Av1 => (45, Some(46)),
    }
}

/// Returns a codec as browsers negotiate it.
pub fn parameters(codec: Codec) -> CodecParameters {
    let (payload_type, rtx_payload_type) = payload_types(codec);
    let video = codec != Codec::Opus;
    CodecParameters {
        codec,
        variant: 0,
        payload_type,
        rtx_payload_type,
        red_payload_type: None,
        clock_rate: if video { 90_000 } else { 48_000 },
        nack: video,
        pli: video,
    }
}

/// One packet's place in its frame, and the frame's numbers.
#[derive(Clone, Copy)]
pub struct Head {
    pub key: bool,
    pub picture_id: u16,
    pub tl0: u8,
    pub place: u32,
    pub count: u32,
}

impl Head {
    /// Returns the bytes before the encoded frame's.
    pub fn bytes(self, codec: Codec) -> Vec<u8> {
        let [high, low] = (self.picture_id | 0x8000).to_be_bytes();
        let (first, last) = (self.place == 0, self.place + 1 == self.count);
        match codec {
            Codec::Opus => vec![0x78],
            Codec::Vp8 => {
                let start = if first { 0x90 } else { 0x80 };
                vec![start, 0xe0, high, low, self.tl0, 0x00, u8::from(!self.key)]
            }
            Codec::Vp9 => {
                let predicted = u8::from(!self.key) << 6;
                vec![0xa0 | predicted | u8::from(first) << 3 | u8::from(last) << 2, high, low, 0, self.tl0]
            }
            // A sequence parameter set, then the picture in fragments.
            Codec::H264 if self.key && first => vec![0x67, 0x42],
            Codec::H264 => {
                let start = self.place == u32::from(self.key);
                let kind = if self.key { 5 } else { 1 };
                vec![0x7c, u8::from(start) << 7 | u8::from(last) << 6 | kind]
            }
            Codec::Av1 if first => {
                vec![if self.key { 0x18 } else { 0x10 }, if self.key { 0x08 } else { 0x30 }]
            }
            Codec::Av1 => vec![0x90, 0],
        }
    }
}

/// Returns where the encoded frame's bytes begin.
pub fn head_len(codec: Codec, payload: &[u8]) -> Option<usize> {
    Some(match codec {
        Codec::Opus => 1,
        Codec::Vp8 => vp8::Descriptor::parse(payload)?.len + 1,
        Codec::Vp9 => 5,
        Codec::H264 | Codec::Av1 => 2,
    })
}
