//! Requests for packets and pictures: NACK, PLI (RFC 4585 §6), FIR (RFC 5104 §4.3.1).

use crate::bytes::u32_at;

/// Bytes of the two SSRCs before the feedback's own part.
pub(super) const SSRCS_LEN: usize = 8;

/// Packets that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack<'a> {
    /// Who misses them.
    pub sender_ssrc: u32,
    /// The stream they belong to.
    pub media_ssrc: u32,
    entries: &'a [[u8; 4]],
}

impl<'a> Nack<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (entries, rest) = body.get(SSRCS_LEN..)?.as_chunks::<4>();
        let whole = !entries.is_empty() && rest.is_empty();
        whole.then_some(Self { sender_ssrc: u32_at(body, 0)?, media_ssrc: u32_at(body, 4)?, entries })
    }

    /// Returns the missing sequence numbers as listed, at most 17 for each four bytes of the packet.
    pub fn lost(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.entries.iter().flat_map(|[p0, p1, b0, b1]| {
            let first = u16::from_be_bytes([*p0, *p1]);
            let following = u16::from_be_bytes([*b0, *b1]);
            let later = (0..16u16).filter(move |bit| following >> bit & 1 == 1);
            std::iter::once(first).chain(later.map(move |bit| first.wrapping_add(bit).wrapping_add(1)))
        })
    }
}

/// A picture that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pli {
    /// Who lost it.
    pub sender_ssrc: u32,
    /// The stream it belongs to.
    pub media_ssrc: u32,
}

impl Pli {
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        Some(Self { sender_ssrc: u32_at(body, 0)?, media_ssrc: u32_at(body, 4)? })
    }
}

/// Key frames asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    entries: &'a [[u8; 8]],
}

/// One key frame asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirEntry {
    /// The stream.
    pub ssrc: u32,
    /// Counts requests: the same number again is the same request.
    pub sequence: u8,
}

impl<'a> Fir<'a> {
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        let (entries, rest) = body.get(SSRCS_LEN..)?.as_chunks::<8>();
        let whole = !entries.is_empty() && rest.is_empty();
        whole.then_some(Self { sender_ssrc: u32_at(body, 0)?, entries })
    }

    /// Returns the key frames asked for.
    pub fn entries(&self) -> impl Iterator<Item = FirEntry> + use<'a> {
        self.entries.iter().map(|[a, b, c, d, sequence, ..]| FirEntry {
            ssrc: u32::from_be_bytes([*a, *b, *c, *d]),
            sequence: *sequence,
        })
    }
}
