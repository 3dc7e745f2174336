//! By how much even the fastest packets of late are later than is usual.
//!
//! Ours, beside the slope of gcc-02: delay that leaps about makes slopes of its own, but lets some packets through
//! as fast as usual. A queue lets none.

use crate::{Micros, SECOND};

/// Packets among which the fastest of late is looked for: those sent within a fifth of a second, which are this
/// many of a picture with sound, and not fewer than so many of a slow line.
const RECENT: usize = 32;
const LATELY: Micros = 200_000;
const FEWEST: usize = 3;
/// The usual delay follows in about this time: routes change, clocks drift, and more packets meet more jitter.
const USUAL: f64 = 4.0 * SECOND as f64;

/// The least one-way delay of late and the usual one; the clocks' difference is part of both.
pub(crate) struct Floor {
    /// When sent, and how long under way.
    recent: [(Micros, i64); RECENT],
    next: usize,
    usual: Option<f64>,
    at: Micros,
}

impl Default for Floor {
    fn default() -> Self {
        Self { recent: [(0, i64::MAX); RECENT], next: 0, usual: None, at: 0 }
    }
}

impl Floor {
    /// Takes a packet sent at `sent` that arrived, by the receiver's clock, at `arrived`.
    pub(crate) fn packet(&mut self, sent: Micros, arrived: i64) {
        let delay = arrived.wrapping_sub_unsigned(sent);
        self.recent[self.next] = (sent, delay);
        self.next = (self.next + 1) % RECENT;
        let share = (sent.saturating_sub(self.at) as f64 / USUAL).min(1.0);
        self.at = self.at.max(sent);
        let delay = delay as f64;
        self.usual = Some(self.usual.map_or(delay, |usual| usual + share * (delay - usual)));
    }

    /// Returns by how much all of late came later than is usual, in microseconds.
    pub(crate) fn rise(&self) -> u64 {
        let newest_first = (1..=RECENT).map(|back| self.recent[(self.next + RECENT - back) % RECENT]);
        let late = newest_first
            .enumerate()
            .take_while(|(place, (sent, _))| *place < FEWEST || self.at.saturating_sub(*sent) < LATELY);
        let recent = late.map(|(_, (_, delay))| delay).min().unwrap_or(i64::MAX) as f64;
        self.usual.map_or(0, |usual| (recent - usual).max(0.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_lifts_the_floor_and_jitter_does_not() {
        let mut floor = Floor::default();
        let mut at = 0;
        for packet in 0..400u64 {
            at += 5_000;
            floor.packet(at, (at + 20_000 + packet * 7_919 % 100_000).cast_signed());
        }
        assert!(floor.rise() < 10_000, "{}", floor.rise());
        for packet in 0..RECENT as u64 {
            at += 5_000;
            floor.packet(at, (at + 120_000 + packet * 1_000).cast_signed());
        }
        assert!(floor.rise() > 0, "{}", floor.rise());
    }

    #[test]
    fn a_longer_way_is_no_queue_after_a_while() {
        let mut floor = Floor::default();
        for packet in 0..8_000u64 {
            let way = if packet < 1_000 { 20_000 } else { 80_000 };
            floor.packet(packet * 5_000, (packet * 5_000 + way).cast_signed());
        }
        assert!(floor.rise() < 1_000, "{}", floor.rise());
    }
}
