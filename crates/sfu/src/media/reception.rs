//! How well one SSRC reaches us: the numbers of a report block (RFC 3550 §6.4.1, A.3, A.8).

use std::time::Instant;

/// Counts what came and what should have come.
#[derive(Default)]
pub(crate) struct Reception {
    base: Option<u64>,
    highest: u64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// In timestamp units, times 16.
    jitter: u32,
    previous: Option<(Instant, u32)>,
}

/// A report block's contents, without the SSRC and the sender-report stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quality {
    /// Of 256, since the last report.
    pub fraction_lost: u8,
    /// Since the start, clamped to what a report block holds.
    pub cumulative_lost: i32,
    /// Extended highest sequence number, low 32 bits.
    pub highest: u32,
    /// Timestamp units.
    pub jitter: u32,
}

impl Reception {
    /// Notes an original packet; retransmissions repair nothing here (RFC 4588 §6.3).
    pub(crate) fn record(&mut self, number: u64, timestamp: u32, now: Instant, clock_rate: u32) {
        self.base = Some(self.base.map_or(number, |base| base.min(number)));
        self.highest = self.highest.max(number);
        self.received += 1;
        if let Some((then, earlier)) = self.previous {
            let elapsed =
                now.saturating_duration_since(then).as_micros() * u128::from(clock_rate) / 1_000_000;
            let transit = (elapsed as u32).wrapping_sub(timestamp.wrapping_sub(earlier)).cast_signed();
            self.jitter =
                self.jitter.wrapping_add(transit.unsigned_abs().min(1 << 24)) - ((self.jitter + 8) >> 4);
        }
        self.previous = Some((now, timestamp));
    }

    /// Returns packets expected but not received; negative with duplicates.
    pub(crate) fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }

    /// Returns the interarrival jitter in timestamp units.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// Closes the interval since the last call and says what to report; `None` before the first packet.
    pub(crate) fn report(&mut self) -> Option<Quality> {
        self.base?;
        let expected = self.expected();
        let expected_since = expected.saturating_sub(self.expected_before);
        let lost_since = expected_since.saturating_sub(self.received - self.received_before);
        self.expected_before = expected;
        self.received_before = self.received;
        let fraction = (lost_since << 8).checked_div(expected_since).unwrap_or(0);
        Some(Quality {
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: self.lost().clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest: self.highest as u32,
            jitter: self.jitter(),
        })
    }

    fn expected(&self) -> u64 {
        self.base.map_or(0, |base| self.highest - base + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;
    use std::time::Duration;

    #[test]
    fn loss_is_reported_per_interval_and_in_total() {
        let mut reception = Reception::default();
        let now = start();
        for number in [0, 1, 3] {
            reception.record(number, 0, now, 90_000);
        }
        let quality = reception.report().expect("packets came");
        assert_eq!((quality.fraction_lost, quality.cumulative_lost, quality.highest), (64, 1, 3));
        reception.record(4, 0, now, 90_000);
        let quality = reception.report().expect("packets came");
        assert_eq!((quality.fraction_lost, quality.cumulative_lost), (0, 1));
    }

    #[test]
    fn a_late_packet_makes_the_loss_good_and_a_duplicate_makes_it_negative() {
        let mut reception = Reception::default();
        for number in [10, 12, 11, 11] {
            reception.record(number, 0, start(), 48_000);
        }
        assert_eq!(reception.lost(), -1);
    }

    #[test]
    fn even_spacing_has_no_jitter_and_uneven_has() {
        let mut reception = Reception::default();
        let now = start();
        for index in 0..10u32 {
            reception.record(index.into(), index * 960, now + Duration::from_millis(20) * index, 48_000);
        }
        assert_eq!(reception.jitter(), 0);
        for index in 10..20u32 {
            let late = Duration::from_millis(u64::from(index % 2) * 10);
            reception.record(
                index.into(),
                index * 960,
                now + Duration::from_millis(20) * index + late,
                48_000,
            );
        }
        assert!(reception.jitter() > 100);
    }
}
