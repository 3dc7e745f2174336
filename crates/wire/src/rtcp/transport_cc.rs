//! Reads transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

use super::feedback::SSRCS_LEN;
use crate::bytes::{u8_at, u16_at, u24_at, u32_at};

/// Where the status chunks begin.
const CHUNKS_AT: usize = SSRCS_LEN + 8;
/// Ticks of 250 us in the 64 ms that the reference time counts in.
pub(super) const TICKS_PER_REFERENCE: i64 = 256;

/// When the packets of a transport arrived.
#[derive(Clone, Copy, Debug)]
pub struct TransportCc<'a> {
    /// Who received them.
    pub sender_ssrc: u32,
    /// Any stream of the transport.
    pub media_ssrc: u32,
    /// The transport-wide sequence number of the first packet.
    pub base_sequence: u16,
    /// How many packets it is about.
    pub status_count: u16,
    /// The receiver's clock in 64 ms, 24 bits with sign: wraps.
    pub reference_time: i32,
    /// Counts feedback packets, wraps.
    pub feedback_count: u8,
    chunks_and_deltas: &'a [u8],
    deltas_at: usize,
}

impl<'a> TransportCc<'a> {
    /// Measures the chunks and the deltas they announce, so that iterating later cannot fail.
    ///
    /// Takes time by the bytes there are, not by the packets they claim to be about.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let status_count = u16_at(body, 10).filter(|count| *count > 0)?;
        let chunks_and_deltas = body.get(CHUNKS_AT..)?;
        let (deltas_at, deltas_len) = measure(chunks_and_deltas, status_count)?;
        (deltas_at.checked_add(deltas_len)? <= chunks_and_deltas.len()).then_some(Self {
            sender_ssrc: u32_at(body, 0)?,
            media_ssrc: u32_at(body, 4)?,
            base_sequence: u16_at(body, 8)?,
            status_count,
            reference_time: (u24_at(body, 12)? << 8).cast_signed() >> 8,
            feedback_count: u8_at(body, 15)?,
            chunks_and_deltas,
            deltas_at,
        })
    }

    /// Returns each packet's sequence number with, when it arrived, the 250 us ticks since the arrival before it in
    /// the list (for the first, since the reference time).
    pub fn packets(&self) -> PacketStatuses<'a> {
        PacketStatuses {
            symbols: Symbols::new(self.chunks_and_deltas, self.status_count),
            deltas: self.chunks_and_deltas.get(self.deltas_at..).unwrap_or_default(),
            sequence: self.base_sequence,
        }
    }

    /// Returns each packet's sequence number with, when it arrived, the receiver's clock in 250 us ticks.
    pub fn arrivals(&self) -> Arrivals<'a> {
        let clock = i64::from(self.reference_time).saturating_mul(TICKS_PER_REFERENCE);
        Arrivals { packets: self.packets(), clock }
    }
}

/// What a feedback says of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Missing,
    Small,
    Large,
}

impl Symbol {
    /// `None` for the reserved symbol 3.
    fn from_bits(bits: u16) -> Option<Self> {
        match bits {
            0 => Some(Self::Missing),
            1 => Some(Self::Small),
            2 => Some(Self::Large),
            _ => None,
        }
    }

    pub(super) const fn bits(self) -> u16 {
        match self {
            Self::Missing => 0,
            Self::Small => 1,
            Self::Large => 2,
        }
    }

    pub(super) const fn delta_len(self) -> usize {
        self.bits() as usize
    }
}

/// Returns where the deltas begin and how many bytes they have; `None` for chunks cut short or a reserved symbol.
fn measure(chunks: &[u8], status_count: u16) -> Option<(usize, usize)> {
    let (mut at, mut deltas_len, mut left) = (0usize, 0usize, status_count);
    while left > 0 {
        let chunk = Chunk(u16_at(chunks, at)?);
        let used = chunk.len().min(left);
        deltas_len = deltas_len.checked_add(chunk.deltas_len(used)?)?;
        at = at.checked_add(2)?;
        left = left.checked_sub(used)?;
    }
    Some((at, deltas_len))
}

/// The statuses of some packets in 16 bits: a run of one symbol, 14 symbols of one bit, or seven of two.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk(u16);

impl Chunk {
    /// Returns how many symbols it holds.
    const fn len(self) -> u16 {
        match self.0 >> 14 {
            0 | 1 => self.0 & 0x1fff,
            2 => 14,
            _ => 7,
        }
    }

    /// Returns the symbol that has `after` others behind it.
    fn symbol(self, after: u16) -> Option<Symbol> {
        match self.0 >> 14 {
            0 | 1 => Symbol::from_bits(self.0 >> 13 & 3),
            2 => Symbol::from_bits(self.0.checked_shr(after.into())? & 1),
            _ => Symbol::from_bits(self.0.checked_shr(u32::from(after).checked_mul(2)?)? & 3),
        }
    }

    /// Returns the bytes of deltas that the first `used` symbols announce.
    fn deltas_len(self, used: u16) -> Option<usize> {
        let last = self.len().checked_sub(1);
        if self.0 >> 15 == 0 {
            return last.map_or(Some(0), |last| self.symbol(last)?.delta_len().checked_mul(used.into()));
        }
        (0..used).try_fold(0usize, |sum, place| {
            sum.checked_add(self.symbol(last?.checked_sub(place)?)?.delta_len())
        })
    }
}

/// Iterates over the symbols of chunks that were measured.
#[derive(Clone, Copy, Debug)]
struct Symbols<'a> {
    bytes: &'a [u8],
    /// Where the next chunk is.
    at: usize,
    /// Symbols still to give, of all chunks.
    left: u16,
    chunk: Chunk,
    /// Symbols still to give of the current chunk.
    left_in_chunk: u16,
}

impl<'a> Symbols<'a> {
    fn new(bytes: &'a [u8], count: u16) -> Self {
        Self { bytes, at: 0, left: count, chunk: Chunk::default(), left_in_chunk: 0 }
    }
}

impl Iterator for Symbols<'_> {
    type Item = Symbol;

    fn next(&mut self) -> Option<Symbol> {
        self.left = self.left.checked_sub(1)?;
        while self.left_in_chunk == 0 {
            self.chunk = Chunk(u16_at(self.bytes, self.at)?);
            self.at = self.at.checked_add(2)?;
            self.left_in_chunk = self.chunk.len();
        }
        self.left_in_chunk = self.left_in_chunk.checked_sub(1)?;
        self.chunk.symbol(self.left_in_chunk)
    }
}

/// Iterates over sequence numbers and deltas; see [`TransportCc::packets`].
#[derive(Clone, Debug)]
pub struct PacketStatuses<'a> {
    symbols: Symbols<'a>,
    deltas: &'a [u8],
    sequence: u16,
}

impl Iterator for PacketStatuses<'_> {
    type Item = (u16, Option<i16>);

    fn next(&mut self) -> Option<Self::Item> {
        let symbol = self.symbols.next()?;
        let sequence = self.sequence;
        let (delta, rest) = self.deltas.split_at_checked(symbol.delta_len())?;
        self.deltas = rest;
        self.sequence = sequence.wrapping_add(1);
        let delta = match *delta {
            [ticks] => Some(ticks.into()),
            [high, low] => Some(i16::from_be_bytes([high, low])),
            _ => None,
        };
        Some((sequence, delta))
    }
}

/// Iterates over sequence numbers and arrival times; see [`TransportCc::arrivals`].
#[derive(Clone, Debug)]
pub struct Arrivals<'a> {
    packets: PacketStatuses<'a>,
    clock: i64,
}

impl Iterator for Arrivals<'_> {
    type Item = (u16, Option<i64>);

    fn next(&mut self) -> Option<Self::Item> {
        let (sequence, delta) = self.packets.next()?;
        let arrival = delta.map(|delta| {
            self.clock = self.clock.saturating_add(delta.into());
            self.clock
        });
        Some((sequence, arrival))
    }
}
