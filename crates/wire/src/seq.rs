//! Counters that wrap: comparing them and extending them to 64 bits (RFC 3550 §A.1, RFC 1982). Knows no packets.

/// Returns how far `b` is after `a` in wrapping order: negative when before.
pub fn distance(a: u16, b: u16) -> i16 {
    b.wrapping_sub(a).cast_signed()
}

/// Returns how far timestamp `b` is after `a` in wrapping order: negative when before.
pub fn timestamp_distance(a: u32, b: u32) -> i32 {
    b.wrapping_sub(a).cast_signed()
}

/// Returns whether timestamp `a` comes after `b` in wrapping order.
pub fn is_newer_timestamp(a: u32, b: u32) -> bool {
    timestamp_distance(b, a) > 0
}

/// Extends 16-bit sequence numbers to 64 bits, in any order of arrival.
///
/// The first number gets the extension 1 (65 536 + number), so that packets from before it have a place too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeqUnwrapper {
    highest: Option<u64>,
}

impl SeqUnwrapper {
    /// Returns the extended number nearest to the highest seen, and remembers it when it is the highest.
    pub fn unwrap(&mut self, seq: u16) -> u64 {
        let extended = self.peek(seq);
        self.highest = self.highest.max(Some(extended));
        extended
    }

    /// Returns what [`unwrap`](Self::unwrap) would, changing nothing.
    pub fn peek(&self, seq: u16) -> u64 {
        match self.highest {
            None => (1 << 16) | u64::from(seq),
            // The low half of a u64 is a u16 by construction.
            Some(highest) => highest.saturating_add_signed(distance((highest & 0xffff) as u16, seq).into()),
        }
    }

    /// Returns the highest extended number so far.
    pub fn highest(&self) -> Option<u64> {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrap_counts_up_and_a_late_packet_from_before_it_goes_back() {
        let mut unwrapper = SeqUnwrapper::default();
        let start = unwrapper.unwrap(65_534);
        assert_eq!(unwrapper.unwrap(1), start + 3);
        assert_eq!(unwrapper.unwrap(65_535), start + 1);
        assert_eq!(unwrapper.unwrap(2), start + 4);
        assert_eq!(unwrapper.highest(), Some(start + 4));
    }

    #[test]
    fn packets_from_before_the_first_have_lower_numbers() {
        let mut unwrapper = SeqUnwrapper::default();
        let first = unwrapper.unwrap(0);
        assert_eq!(unwrapper.unwrap(65_535), first - 1);
        assert_eq!(unwrapper.highest(), Some(first));
    }

    #[test]
    fn half_the_circle_away_is_before() {
        assert!(distance(65_535, 0) > 0);
        assert!(distance(0, 65_535) < 0);
        assert!(distance(5, 5) == 0);
        assert!(distance(0, 0x8000) < 0);
        assert!(is_newer_timestamp(3, u32::MAX));
    }
}
