//! Packets from publishers to receivers: kept once, rewritten for each.
//!
//! It knows sections, layers, slots and codecs; it must not know routes, handshakes or ICE. The way of
//! a packet: [`ssrcs`] says whose it is, [`stream`] keeps it, each [`slot`] that shows the section
//! picks it up and [`outgoing`] writes it for its receiver.

pub(crate) mod aim;
pub(crate) mod arrival_log;
pub(crate) mod bucket;
pub(crate) mod duplicates;
pub(crate) mod filter;
pub(crate) mod gaps;
pub(crate) mod history;
pub(crate) mod key_frames;
pub(crate) mod mirror;
pub(crate) mod missing;
pub(crate) mod numbering;
pub(crate) mod outgoing;
pub(crate) mod pictures;
pub(crate) mod rates;
pub(crate) mod reception;
pub(crate) mod redundancy;
pub(crate) mod ring;
pub(crate) mod section;
pub(crate) mod selector;
pub(crate) mod slot;
pub(crate) mod speaking;
pub(crate) mod ssrcs;
pub(crate) mod steps;
pub(crate) mod stream;
#[cfg(test)]
mod switching;
pub(crate) mod timeline;

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Instant;

    use super::ring::Packet;
    use crate::command::CodecParameters;

    pub(crate) const VP8: CodecParameters = CodecParameters {
        codec: wire::codec::Codec::Vp8,
        variant: 0,
        payload_type: 96,
        rtx_payload_type: Some(97),
        red_payload_type: None,
        clock_rate: 90_000,
        nack: true,
        pli: true,
    };

    #[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
    pub(crate) fn start() -> Instant {
        Instant::now()
    }

    pub(crate) fn packet(number: u64, arrived: Instant) -> Packet {
        Packet {
            number,
            timestamp: 0,
            marker: false,
            codec: VP8,
            audio_level: None,
            orientation: None,
            info: wire::codec::FrameInfo::default(),
            arrived,
            payload_len: 10,
            descriptor_len: 0,
            dependency: None,
        }
    }
}
