//! Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03).

use crate::bytes::{array_at, u8_at, u24_at, u32_at};

const IDENTIFIER: [u8; 4] = *b"REMB";
/// Where the streams' SSRCs begin.
const STREAMS_AT: usize = 16;

/// The bitrate a receiver believes it can take for a set of streams together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remb<'a> {
    /// Who believes so.
    pub sender_ssrc: u32,
    /// Saturates where the exponent says more than 64 bits hold.
    pub bitrate_bps: u64,
    ssrcs: &'a [[u8; 4]],
}

/// Returns whether application layer feedback is this kind.
pub(super) fn is_remb(body: &[u8]) -> bool {
    array_at(body, 8) == Some(IDENTIFIER)
}

impl<'a> Remb<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let count = usize::from(u8_at(body, 12)?);
        let packed = u24_at(body, 13)?;
        let exponent = packed >> 18;
        let mantissa = u64::from(packed & 0x3_ffff);
        let bitrate_bps = if mantissa.leading_zeros() < exponent { u64::MAX } else { mantissa << exponent };
        let ssrcs = body.get(STREAMS_AT..)?.as_chunks::<4>().0.get(..count)?;
        Some(Self { sender_ssrc: u32_at(body, 0)?, bitrate_bps, ssrcs })
    }

    /// Returns the streams it is about.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs.iter().map(|ssrc| u32::from_be_bytes(*ssrc))
    }
}
