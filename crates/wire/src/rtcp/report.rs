//! Sender and receiver reports (RFC 3550 §6.4).

use crate::bytes::{Cursor, WriteError, u8_at, u24_at, u32_at, u64_at};
use crate::ntp::NtpTime;

const BLOCK_LEN: usize = 24;

/// What a sender says of its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderInfo {
    /// The sender's clock.
    pub ntp: NtpTime,
    /// The same moment in the stream's timestamps.
    pub rtp_timestamp: u32,
    /// Packets sent so far, wrapping.
    pub packet_count: u32,
    /// Payload bytes sent so far, wrapping.
    pub octet_count: u32,
}

/// A sender report.
#[derive(Clone, Debug)]
pub struct SenderReport<'a> {
    /// The stream it is about.
    pub ssrc: u32,
    /// What was sent.
    pub info: SenderInfo,
    /// What the sender itself receives.
    pub reports: ReportBlocks<'a>,
}

/// A receiver report.
#[derive(Clone, Debug)]
pub struct ReceiverReport<'a> {
    /// Who reports.
    pub ssrc: u32,
    /// What it receives.
    pub reports: ReportBlocks<'a>,
}

/// How well one stream arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// The share of packets lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start, 24 bits, negative after duplicates.
    pub cumulative_lost: i32,
    /// The greatest sequence number with its wraps in the upper half.
    pub highest_sequence: u32,
    /// In timestamp units.
    pub jitter: u32,
    /// The middle of the NTP time of the last sender report, 0 when there was none.
    pub last_sr: u32,
    /// The time since then, in 2^-16 s.
    pub delay_since_last_sr: u32,
}

impl ReportBlock {
    fn parse(block: &[u8]) -> Option<Self> {
        Some(Self {
            ssrc: u32_at(block, 0)?,
            fraction_lost: u8_at(block, 4)?,
            // The shifts spread the sign of the 24 bits.
            cumulative_lost: (u24_at(block, 5)? << 8).cast_signed() >> 8,
            highest_sequence: u32_at(block, 8)?,
            jitter: u32_at(block, 12)?,
            last_sr: u32_at(block, 16)?,
            delay_since_last_sr: u32_at(block, 20)?,
        })
    }

    /// Writes the block; a loss count beyond 24 bits is written as the nearest that fits (RFC 3550 §A.3).
    pub(super) fn write(&self, out: &mut Cursor<'_>) -> Result<(), WriteError> {
        out.u32(self.ssrc)?;
        out.u8(self.fraction_lost)?;
        out.u24(self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned())?;
        out.u32(self.highest_sequence)?;
        out.u32(self.jitter)?;
        out.u32(self.last_sr)?;
        out.u32(self.delay_since_last_sr)
    }
}

/// Iterates over report blocks.
#[derive(Clone, Debug)]
pub struct ReportBlocks<'a>(&'a [u8]);

impl<'a> ReportBlocks<'a> {
    fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        body.get(..usize::from(count).checked_mul(BLOCK_LEN)?).map(Self)
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.0.split_at_checked(BLOCK_LEN)?;
        self.0 = rest;
        ReportBlock::parse(block)
    }
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let info = SenderInfo {
            ntp: NtpTime(u64_at(body, 4)?),
            rtp_timestamp: u32_at(body, 12)?,
            packet_count: u32_at(body, 16)?,
            octet_count: u32_at(body, 20)?,
        };
        Some(Self { ssrc: u32_at(body, 0)?, info, reports: ReportBlocks::parse(count, body.get(24..)?)? })
    }
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        Some(Self { ssrc: u32_at(body, 0)?, reports: ReportBlocks::parse(count, body.get(4..)?)? })
    }
}
