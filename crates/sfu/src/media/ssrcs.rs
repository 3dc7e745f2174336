//! Whose packet is it: the SSRCs of one endpoint, announced or learnt (RFC 8843 §9.2).

use arrayvec::ArrayVec;

use crate::counters::DropReason;

/// What SRTP keeps state for, less some for probes and RTCP.
pub(crate) const MAX_SSRCS: usize = srtp::MAX_INBOUND_SSRCS - 8;

/// The stream an SSRC carries or repairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Which of the endpoint's sections, by position.
    pub section: usize,
    /// Which of its layers.
    pub layer: usize,
    /// Whether it carries retransmissions.
    pub repair: bool,
}

#[derive(Clone, Copy)]
struct Entry {
    ssrc: u32,
    target: Target,
}

/// A small table: scanning it is cheaper than hashing, and nobody else can put anything in.
#[derive(Default)]
pub(crate) struct Ssrcs {
    entries: ArrayVec<Entry, MAX_SSRCS>,
}

impl Ssrcs {
    /// Returns the stream of an SSRC.
    pub(crate) fn find(&self, ssrc: u32) -> Option<Target> {
        self.entries.iter().find(|entry| entry.ssrc == ssrc).map(|entry| entry.target)
    }

    /// Returns the SSRC of a stream.
    pub(crate) fn of(&self, target: Target) -> Option<u32> {
        self.entries.iter().find(|entry| entry.target == target).map(|entry| entry.ssrc)
    }

    /// Binds an SSRC to a stream in place of the one it had, which is returned: a stream has one SSRC
    /// at a time, so that spraying SSRCs fills nothing (T-16). Refused when the table is full.
    pub(crate) fn bind(
        &mut self,
        ssrc: u32,
        target: Target,
        limit: usize,
    ) -> Result<Option<u32>, DropReason> {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.target == target) {
            return Ok(Some(std::mem::replace(&mut entry.ssrc, ssrc)));
        }
        if self.entries.len() >= limit.min(MAX_SSRCS) {
            return Err(DropReason::SsrcLimit);
        }
        self.entries.push(Entry { ssrc, target });
        Ok(None)
    }

    /// Iterates over all SSRCs.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().map(|entry| entry.ssrc)
    }

    /// Returns how many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(layer: usize) -> Target {
        Target { section: 0, layer, repair: false }
    }

    #[test]
    fn another_ssrc_for_a_stream_takes_the_place_of_the_first() {
        let mut ssrcs = Ssrcs::default();
        assert_eq!(ssrcs.bind(7, target(0), 64), Ok(None));
        assert_eq!(ssrcs.bind(8, target(0), 64), Ok(Some(7)));
        assert_eq!((ssrcs.find(7), ssrcs.find(8), ssrcs.len()), (None, Some(target(0)), 1));
    }

    #[test]
    fn a_full_table_refuses() {
        let mut ssrcs = Ssrcs::default();
        assert_eq!(ssrcs.bind(1, target(0), 2), Ok(None));
        assert_eq!(ssrcs.bind(2, target(1), 2), Ok(None));
        assert_eq!(ssrcs.bind(3, target(2), 2), Err(DropReason::SsrcLimit));
    }
}
