//! Gaps in what a publisher sends, and when to ask for them (generic NACK, RFC 4585 §6.2.1).

use std::time::{Duration, Instant};

/// Reordering is forgiven for this many later packets or this long.
const TOLERATED_PACKETS: u64 = 2;
const TOLERATED_TIME: Duration = Duration::from_millis(10);
const MAX_ASKS: u8 = 10;
const SHORTEST_REPEAT: Duration = Duration::from_millis(20);
/// What is older comes too late to be played.
const GIVE_UP: Duration = Duration::from_secs(1);
/// More than this cannot be repaired: a key frame is cheaper.
pub(crate) const MAX_MISSING: usize = 1000;

#[derive(Clone, Copy)]
struct Gap {
    number: u64,
    since: Instant,
    /// When to ask (again), at the latest.
    due: Instant,
    asks: u8,
}

/// The numbers that did not come yet, oldest first.
#[derive(Default)]
pub(crate) struct Missing {
    gaps: Vec<Gap>,
    highest: Option<u64>,
    /// No gap is due before.
    earliest: Option<Instant>,
}

/// Whether repair by retransmission still makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Yes, or nothing is missing.
    Repairable,
    /// Too much is missing; it was forgotten.
    Hopeless,
}

impl Missing {
    /// Notes a packet, however it came.
    pub(crate) fn arrived(&mut self, number: u64, now: Instant) -> Outlook {
        let Some(highest) = self.highest else {
            self.highest = Some(number);
            return Outlook::Repairable;
        };
        if number <= highest {
            self.gaps.retain(|gap| gap.number != number);
            return Outlook::Repairable;
        }
        self.highest = Some(number);
        let new = number - highest - 1;
        if self.gaps.len() as u64 + new > MAX_MISSING as u64 {
            self.gaps.clear();
            self.earliest = None;
            return Outlook::Hopeless;
        }
        let due = now + TOLERATED_TIME;
        self.gaps.extend((highest + 1..number).map(|number| Gap { number, since: now, due, asks: 0 }));
        self.hasten(number, due, now);
        Outlook::Repairable
    }

    /// Forgets everything, the highest number too: the next packet starts afresh.
    pub(crate) fn clear(&mut self) {
        self.gaps.clear();
        self.highest = None;
        self.earliest = None;
    }

    /// Returns when [`Missing::ask`] has something to ask.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.earliest
    }

    /// Gives up what is hopeless and passes the numbers to ask for now to `ask`, in order.
    pub(crate) fn ask(&mut self, now: Instant, round_trip: Duration, mut ask: impl FnMut(u64)) {
        self.gaps.retain(|gap| gap.asks < MAX_ASKS && now.saturating_duration_since(gap.since) < GIVE_UP);
        let mut earliest: Option<Instant> = None;
        for gap in &mut self.gaps {
            if gap.due <= now {
                ask(gap.number);
                gap.asks += 1;
                gap.due = now + round_trip.max(SHORTEST_REPEAT);
            }
            earliest = Some(earliest.map_or(gap.due, |least| least.min(gap.due)));
        }
        self.earliest = earliest;
    }

    /// Makes gaps due that too many later packets have overtaken.
    fn hasten(&mut self, highest: u64, due: Instant, now: Instant) {
        let mut earliest = self.earliest.filter(|_| !self.gaps.is_empty());
        for gap in self.gaps.iter_mut().rev().take_while(|gap| gap.asks == 0) {
            if highest - gap.number > TOLERATED_PACKETS {
                gap.due = gap.due.min(now);
            }
            earliest = Some(earliest.map_or(due.min(gap.due), |least| least.min(gap.due)));
        }
        self.earliest = earliest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    const RTT: Duration = Duration::from_millis(50);

    fn asked(missing: &mut Missing, now: Instant) -> Vec<u64> {
        let mut numbers = Vec::new();
        missing.ask(now, RTT, |number| numbers.push(number));
        numbers
    }

    #[test]
    fn a_gap_is_asked_for_once_two_later_packets_overtook_it() {
        let now = start();
        let mut missing = Missing::default();
        for number in [1, 3, 4] {
            missing.arrived(number, now);
        }
        assert_eq!(asked(&mut missing, now), []);
        missing.arrived(5, now);
        assert_eq!(missing.deadline(), Some(now));
        assert_eq!(asked(&mut missing, now), [2]);
    }

    #[test]
    fn a_gap_is_asked_for_after_ten_milliseconds_without_later_packets() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now);
        missing.arrived(3, now);
        assert_eq!(missing.deadline(), Some(now + TOLERATED_TIME));
        assert_eq!(asked(&mut missing, now + TOLERATED_TIME), [2]);
    }

    #[test]
    fn a_packet_that_was_only_late_is_not_asked_for() {
        let now = start();
        let mut missing = Missing::default();
        for number in [1, 3, 2, 4, 5, 6] {
            missing.arrived(number, now);
        }
        assert_eq!(asked(&mut missing, now + RTT), []);
    }

    #[test]
    fn asking_is_repeated_each_round_trip_at_most_ten_times() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now);
        missing.arrived(9, now);
        let total: usize =
            (0..900).map(|ms| asked(&mut missing, now + Duration::from_millis(ms)).len()).sum();
        assert_eq!(total, 7 * 10);
        assert_eq!(missing.deadline(), None);
    }

    #[test]
    fn what_is_older_than_a_second_is_given_up() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now);
        missing.arrived(3, now);
        assert_eq!(asked(&mut missing, now + GIVE_UP), []);
        assert_eq!(missing.deadline(), None);
    }

    #[test]
    fn a_huge_gap_is_hopeless() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now);
        assert_eq!(missing.arrived(1500, now), Outlook::Hopeless);
        assert_eq!(missing.deadline(), None);
    }
}
