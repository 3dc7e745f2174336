//! Writes transport-wide feedback: run lengths where packets are alike, vectors where they are not.

use super::transport_cc::{Symbol, TICKS_PER_REFERENCE};
use crate::bytes::{Cursor, WriteError, padding_to_word};

/// The most packets one feedback may be about here, so that it fits a datagram whatever happened to them.
pub const MAX_FEEDBACK_PACKETS: usize = 400;
/// The longest run a chunk can say.
const MAX_RUN: usize = 0x1fff;

/// A feedback to write.
#[derive(Clone, Copy, Debug)]
pub struct TransportCcOut<'a> {
    /// Who received the packets.
    pub sender_ssrc: u32,
    /// Any stream of the transport.
    pub media_ssrc: u32,
    /// The transport-wide sequence number of `arrivals[0]`.
    pub base_sequence: u16,
    /// Counts feedback packets, wraps.
    pub feedback_count: u8,
    /// When each packet arrived in 250 us ticks of the receiver's clock, `None` for what did not.
    pub arrivals: &'a [Option<i64>],
}

impl TransportCcOut<'_> {
    /// Returns how many of the packets one feedback can be about: those before the first whose arrival is too far
    /// from the one before it for 16 bits (8 s), and at most [`MAX_FEEDBACK_PACKETS`].
    pub(super) fn fitting(&self) -> usize {
        let statuses = Statuses::new(self.arrivals);
        statuses.take(MAX_FEEDBACK_PACKETS).take_while(|status| !matches!(status, Status::TooFar)).count()
    }

    /// Writes all after the head: SSRCs, numbers, chunks, deltas, padding.
    pub(super) fn write(&self, out: &mut Cursor<'_>, count: usize) -> Result<(), WriteError> {
        let statuses = Statuses::new(self.arrivals.get(..count).ok_or(WriteError::OutOfRange)?);
        out.u32(self.sender_ssrc)?;
        out.u32(self.media_ssrc)?;
        out.u16(self.base_sequence)?;
        out.u16(u16::try_from(count).map_err(|_| WriteError::OutOfRange)?)?;
        // 24 bits of the reference time are sent; it wraps.
        out.u24((reference_time(self.arrivals) & 0xff_ffff) as u32)?;
        out.u8(self.feedback_count)?;
        write_chunks(out, statuses.clone())?;
        for status in statuses {
            match status {
                Status::Small(ticks) => out.u8(ticks)?,
                Status::Large(ticks) => out.u16(ticks.cast_unsigned())?,
                Status::Missing | Status::TooFar => {}
            }
        }
        out.zeros(padding_to_word(out.position()))
    }
}

/// Returns the first arrival rounded down to 64 ms, in 64 ms.
fn reference_time(arrivals: &[Option<i64>]) -> i64 {
    arrivals.iter().flatten().next().map_or(0, |first| first.div_euclid(TICKS_PER_REFERENCE))
}

/// A packet's status with its delta.
#[derive(Clone, Copy, Debug)]
enum Status {
    Missing,
    Small(u8),
    Large(i16),
    TooFar,
}

impl Status {
    const fn symbol(self) -> Symbol {
        match self {
            Self::Missing | Self::TooFar => Symbol::Missing,
            Self::Small(_) => Symbol::Small,
            Self::Large(_) => Symbol::Large,
        }
    }
}

#[derive(Clone)]
struct Statuses<'a> {
    arrivals: std::slice::Iter<'a, Option<i64>>,
    last: i64,
}

impl<'a> Statuses<'a> {
    fn new(arrivals: &'a [Option<i64>]) -> Self {
        let last = reference_time(arrivals).saturating_mul(TICKS_PER_REFERENCE);
        Self { arrivals: arrivals.iter(), last }
    }
}

impl Iterator for Statuses<'_> {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        let Some(arrival) = *self.arrivals.next()? else { return Some(Status::Missing) };
        let delta = arrival.saturating_sub(self.last);
        let status = if let Ok(small) = u8::try_from(delta) {
            Status::Small(small)
        } else if let Ok(large) = i16::try_from(delta) {
            Status::Large(large)
        } else {
            return Some(Status::TooFar);
        };
        self.last = arrival;
        Some(status)
    }
}

/// Covers all statuses with chunks: a run where it is long or ends the list, else a vector of the width needed.
fn write_chunks(out: &mut Cursor<'_>, mut statuses: Statuses<'_>) -> Result<(), WriteError> {
    while let Some(first) = statuses.clone().next().map(Status::symbol) {
        let ahead = statuses.clone().map(Status::symbol);
        let left = ahead.clone().count();
        let run = ahead.clone().take_while(|symbol| *symbol == first).take(MAX_RUN).count();
        let narrow = ahead.clone().take(14).all(|symbol| symbol != Symbol::Large);
        let (chunk, covered) = if run >= 14 || run == left || (run >= 7 && !narrow) {
            (first.bits() << 13 | run as u16, run)
        } else if narrow {
            (0x8000 | vector(ahead, 14, 1), left.min(14))
        } else {
            (0xc000 | vector(ahead, 7, 2), left.min(7))
        };
        out.u16(chunk)?;
        statuses.by_ref().take(covered).for_each(drop);
    }
    Ok(())
}

/// Packs the next `count` symbols of `width` bits, the first one highest; what is not there counts as missing.
fn vector(symbols: impl Iterator<Item = Symbol>, count: usize, width: u32) -> u16 {
    let padded = symbols.chain(std::iter::repeat(Symbol::Missing)).take(count);
    padded.fold(0, |packed, symbol| packed << width | symbol.bits())
}
