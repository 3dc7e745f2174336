//! Which of the loss that a receiver reports happened on its own line: what never reached us is missing there too.

/// Numbers of one outgoing stream that stay empty, and what was reported of them.
#[derive(Default)]
pub(crate) struct Gaps {
    /// Highest number and packets sent when a report last came.
    before: (u64, u64),
    /// Empty numbers that the last report may not have known of yet.
    unreported: u64,
}

impl Gaps {
    /// Returns what is left of a reported share of 256 when the numbers up to `highest` that none of all `packets` sent
    /// had are taken away.
    pub(crate) fn without(&mut self, fraction_lost: u8, highest: u64, packets: u64) -> u8 {
        let (highest_before, packets_before) = std::mem::replace(&mut self.before, (highest, packets));
        let numbers = highest.saturating_sub(highest_before);
        if highest_before == 0 || numbers == 0 {
            return fraction_lost;
        }
        let empty = numbers.saturating_sub(packets.saturating_sub(packets_before));
        let lost = (u64::from(fraction_lost) * numbers + 128) / 256;
        let known = empty + self.unreported;
        let explained = lost.min(known);
        self.unreported = empty.min(known - explained);
        ((lost - explained) * 256 / numbers).min(255) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_sent_is_no_loss_of_the_line_though_it_is_reported_a_report_later() {
        let mut gaps = Gaps::default();
        assert_eq!(gaps.without(0, 1064, 64), 0);
        // Five of 64 never came to us; the receiver has noticed four so far.
        assert_eq!(gaps.without(16, 1128, 123), 0);
        assert_eq!(gaps.without(4, 1192, 187), 0);
        assert_eq!(gaps.without(4, 1256, 251), 4);
    }

    #[test]
    fn what_both_lines_lose_is_told_apart() {
        let mut gaps = Gaps::default();
        gaps.without(0, 1000, 0);
        assert_eq!(gaps.without(48, 1064, 56), 16);
    }

    #[test]
    fn a_gap_is_forgotten_when_no_report_speaks_of_it() {
        let mut gaps = Gaps::default();
        gaps.without(0, 1000, 0);
        assert_eq!(gaps.without(0, 1064, 56), 0);
        assert_eq!(gaps.without(0, 1128, 120), 0);
        assert_eq!(gaps.without(16, 1192, 184), 16);
    }
}
