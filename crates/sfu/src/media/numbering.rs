//! Sequence numbers of an outgoing stream: continuous whatever the sources do (RFC 3550 §5.1).
//!
//! A publisher's gaps are kept, so that a receiver's NACK works; the numbers of packets that are
//! deliberately not forwarded are closed up. Numbers are extended to 64 bits here, and the low 48 bits
//! are the SRTP index.

/// Closed gaps remembered, and so how late a packet may come and still find its place.
const STEPS: usize = 32;

/// From `from` on, outgoing = incoming + `offset`.
#[derive(Clone, Copy)]
struct Step {
    from: u64,
    offset: i64,
}

/// Maps one incoming stream after another into one outgoing sequence.
pub(crate) struct Numbering {
    next: u64,
    steps: [Step; STEPS],
    used: usize,
    highest_in: u64,
}

impl Numbering {
    /// Starts at a number below 2^15, so that loss at the start cannot hide a wrap (T-12).
    pub(crate) fn new(random: u16) -> Self {
        Self::at(u64::from(random & 0x7fff))
    }

    /// Starts at a number.
    pub(crate) fn at(next: u64) -> Self {
        Self { next, steps: [Step { from: 0, offset: 0 }; STEPS], used: 0, highest_in: 0 }
    }

    /// Gives `first`, of another incoming stream, the next outgoing number; all before it have no place.
    pub(crate) fn restart(&mut self, first: u64) {
        self.steps[0] = Step { from: first, offset: self.next as i64 - first as i64 };
        self.used = 1;
        self.highest_in = first.saturating_sub(1);
    }

    /// Returns the outgoing number; `None` for what came too late to tell.
    pub(crate) fn map(&mut self, number: u64) -> Option<u64> {
        let step = self.steps[..self.used].iter().rev().find(|step| step.from <= number)?;
        let out = number.checked_add_signed(step.offset)?;
        self.highest_in = self.highest_in.max(number);
        self.next = self.next.max(out + 1);
        Some(out)
    }

    /// Closes up the number of a packet that is not forwarded; `false` when later ones already went out.
    pub(crate) fn skip(&mut self, number: u64) -> bool {
        if number <= self.highest_in || self.used == 0 {
            return false;
        }
        self.highest_in = number;
        let last = self.steps[self.used - 1];
        let step = Step { from: number + 1, offset: last.offset - 1 };
        if last.from == number && self.used > 1 || number == self.steps[0].from {
            self.steps[self.used - 1] = step;
            return true;
        }
        if self.used == STEPS {
            self.steps.copy_within(1.., 0);
            self.used -= 1;
        }
        self.steps[self.used] = step;
        self.used += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> (Numbering, u64) {
        let mut numbering = Numbering::new(0xffff);
        numbering.restart(70_000);
        (numbering, 0x7fff)
    }

    #[test]
    fn numbers_start_low_and_keep_the_publishers_gaps() {
        let (mut numbering, base) = started();
        assert_eq!(numbering.map(70_000), Some(base));
        assert_eq!(numbering.map(70_003), Some(base + 3));
        assert_eq!(numbering.map(70_001), Some(base + 1));
        assert_eq!(numbering.map(69_999), None);
    }

    #[test]
    fn another_stream_continues_behind_the_highest_number() {
        let (mut numbering, base) = started();
        numbering.map(70_000);
        numbering.map(70_005);
        numbering.restart(5);
        assert_eq!(numbering.map(5), Some(base + 6));
        assert_eq!(numbering.map(4), None);
    }

    #[test]
    fn skipped_numbers_are_closed_up_and_late_packets_before_them_find_their_place() {
        let (mut numbering, base) = started();
        numbering.map(70_000);
        assert!(numbering.skip(70_002));
        assert!(numbering.skip(70_003));
        assert_eq!(numbering.map(70_004), Some(base + 2));
        assert_eq!(numbering.map(70_001), Some(base + 1));
        assert!(!numbering.skip(70_004));
    }

    #[test]
    fn a_stream_that_begins_with_skipped_packets_loses_no_number() {
        let (mut numbering, base) = started();
        assert!(numbering.skip(70_000));
        assert!(numbering.skip(70_001));
        assert_eq!(numbering.map(70_002), Some(base));
    }

    #[test]
    fn many_closed_gaps_forget_the_oldest_only() {
        let (mut numbering, base) = started();
        let pairs = 2 * STEPS as u64;
        for pair in 0..pairs {
            assert_eq!(numbering.map(70_000 + 2 * pair), Some(base + pair));
            assert!(numbering.skip(70_001 + 2 * pair));
        }
        assert_eq!(numbering.map(70_000 + 2 * (pairs - 1)), Some(base + pairs - 1));
        assert_eq!(numbering.map(70_000), None);
    }
}
