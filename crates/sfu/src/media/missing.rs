//! Gaps in what a publisher sends, and when to ask for them (generic NACK, RFC 4585 §6.2.1).

use std::time::{Duration, Instant};

/// Reordering is forgiven for this many later packets or this long, until the line turns out to do it more ...
const TOLERATED_PACKETS: u64 = 2;
const TOLERATED_TIME: Duration = Duration::from_millis(10);
/// ... then for as long as packets came late, and a quarter more, but never for longer than this.
const MOST_TOLERATED: Duration = Duration::from_millis(100);
/// A packet that was truly lost takes this part of the added patience away (compare RACK, RFC 8985 §7.4).
const FORGOTTEN: u32 = 16;
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
pub(crate) struct Missing {
    gaps: Vec<Gap>,
    highest: Option<u64>,
    /// No gap is due before.
    earliest: Option<Instant>,
    /// How late a packet may come before it is asked for.
    tolerated: Duration,
}

/// Whether repair by retransmission still makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Yes, or nothing is missing.
    Repairable,
    /// Too much is missing; it was forgotten.
    Hopeless,
}

impl Default for Missing {
    fn default() -> Self {
        Self { gaps: Vec::new(), highest: None, earliest: None, tolerated: TOLERATED_TIME }
    }
}

impl Missing {
    /// Notes a packet; `repair`: it was sent again.
    pub(crate) fn arrived(&mut self, number: u64, now: Instant, repair: bool) -> Outlook {
        let Some(highest) = self.highest else {
            self.highest = Some(number);
            return Outlook::Repairable;
        };
        if number <= highest {
            self.fill(number, now, repair);
            return Outlook::Repairable;
        }
        self.highest = Some(number);
        let new = number - highest - 1;
        if self.gaps.len() as u64 + new > MAX_MISSING as u64 {
            self.gaps.clear();
            self.earliest = None;
            return Outlook::Hopeless;
        }
        let due = now + self.tolerated;
        self.gaps.extend((highest + 1..number).map(|number| Gap { number, since: now, due, asks: 0 }));
        self.hasten(number, due, now);
        Outlook::Repairable
    }

    /// Notes that a packet came after all that had been asked for and sent again.
    pub(crate) fn asked_in_vain(&mut self) {
        self.tolerated = (2 * self.tolerated).min(MOST_TOLERATED);
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

    fn fill(&mut self, number: u64, now: Instant, repair: bool) {
        let Some(at) = self.gaps.iter().position(|gap| gap.number == number) else { return };
        let gap = self.gaps.remove(at);
        if repair {
            self.tolerated -= (self.tolerated - TOLERATED_TIME) / FORGOTTEN;
        } else {
            let late = now.saturating_duration_since(gap.since);
            self.tolerated = self.tolerated.max(late * 5 / 4).min(MOST_TOLERATED);
        }
    }

    /// Makes gaps due that too many later packets have overtaken, where packets keep their order as a rule.
    fn hasten(&mut self, highest: u64, due: Instant, now: Instant) {
        let mut earliest = self.earliest.filter(|_| !self.gaps.is_empty());
        for gap in self.gaps.iter_mut().rev().take_while(|gap| gap.asks == 0) {
            if self.tolerated == TOLERATED_TIME && highest - gap.number > TOLERATED_PACKETS {
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
            missing.arrived(number, now, false);
        }
        assert_eq!(asked(&mut missing, now), []);
        missing.arrived(5, now, false);
        assert_eq!(missing.deadline(), Some(now));
        assert_eq!(asked(&mut missing, now), [2]);
    }

    #[test]
    fn a_gap_is_asked_for_after_ten_milliseconds_without_later_packets() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now, false);
        missing.arrived(3, now, false);
        assert_eq!(missing.deadline(), Some(now + TOLERATED_TIME));
        assert_eq!(asked(&mut missing, now + TOLERATED_TIME), [2]);
    }

    #[test]
    fn a_packet_that_was_only_late_is_not_asked_for() {
        let now = start();
        let mut missing = Missing::default();
        for number in [1, 3, 2, 4, 5, 6] {
            missing.arrived(number, now, false);
        }
        assert_eq!(asked(&mut missing, now + RTT), []);
    }

    #[test]
    fn a_line_that_reorders_is_given_the_time_it_takes_and_one_that_loses_gets_less_again() {
        let (began, mut missing) = (start(), Missing::default());
        let ms = Duration::from_millis;
        missing.arrived(1, began, false);
        missing.arrived(3, began, false);
        missing.arrived(2, began + ms(30), false);
        let now = began + ms(100);
        for number in [5, 6, 7, 8] {
            missing.arrived(number, now, false);
        }
        assert_eq!(asked(&mut missing, now + ms(37)), []);
        assert_eq!(missing.deadline(), Some(now + ms(30) * 5 / 4));
        assert_eq!(asked(&mut missing, now + ms(38)), [4]);
        for number in 0..100 {
            missing.arrived(10 + 2 * number, now, false);
            missing.arrived(9 + 2 * number, now, true);
        }
        missing.arrived(300, now, false);
        assert_eq!(asked(&mut missing, now + ms(11)).len(), 91);
    }

    #[test]
    fn asking_in_vain_teaches_patience_up_to_a_tenth_of_a_second() {
        let (now, mut missing) = (start(), Missing::default());
        for _ in 0..10 {
            missing.asked_in_vain();
        }
        missing.arrived(1, now, false);
        missing.arrived(3, now, false);
        assert_eq!(missing.deadline(), Some(now + MOST_TOLERATED));
    }

    #[test]
    fn asking_is_repeated_each_round_trip_at_most_ten_times() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now, false);
        missing.arrived(9, now, false);
        let total: usize =
            (0..900).map(|ms| asked(&mut missing, now + Duration::from_millis(ms)).len()).sum();
        assert_eq!(total, 7 * 10);
        assert_eq!(missing.deadline(), None);
    }

    #[test]
    fn what_is_older_than_a_second_is_given_up() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now, false);
        missing.arrived(3, now, false);
        assert_eq!(asked(&mut missing, now + GIVE_UP), []);
        assert_eq!(missing.deadline(), None);
    }

    #[test]
    fn a_huge_gap_is_hopeless() {
        let now = start();
        let mut missing = Missing::default();
        missing.arrived(1, now, false);
        assert_eq!(missing.arrived(1500, now, false), Outlook::Hopeless);
        assert_eq!(missing.deadline(), None);
    }
}
