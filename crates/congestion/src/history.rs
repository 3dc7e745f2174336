//! What was sent when, found by transport-wide sequence number once feedback speaks of it.

use crate::Micros;

/// Packets remembered, a quarter of the numbers there are: at 1,000 packets per second, 16 s.
const CAPACITY: u64 = 1 << 14;
/// Unit of the times kept: well below the 250 us of feedback, and 32 bits of it last 119 h.
const TICK: Micros = 100;

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Fate {
    /// Never sent, or not expected to be reported any more.
    #[default]
    Unknown,
    InFlight,
    Lost,
    Arrived,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    sent: u32,
    bytes: u16,
    probe: u8,
    fate: Fate,
}

/// A packet that feedback told something new about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub sent: Micros,
    pub bytes: u16,
    /// The probe it belongs to; 0 for none.
    pub probe: u8,
    /// Whether it was reported lost before, which it was not.
    pub was_lost: bool,
}

/// The packets of the last seconds.
pub(crate) struct History {
    entries: Box<[Entry]>,
    /// One behind the latest packet's extended number; `None` before the first.
    end: Option<u64>,
    /// Nothing below this number is in flight.
    settled: u64,
    in_flight: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        let entries = vec![Entry::default(); CAPACITY as usize].into_boxed_slice();
        Self { entries, end: None, settled: 0, in_flight: 0 }
    }

    /// Remembers a packet in place of the one 16,384 numbers older.
    pub(crate) fn record(&mut self, now: Micros, sequence: u16, bytes: u16, probe: u8) {
        let end = self.end.unwrap_or_else(|| (1 << 16) | u64::from(sequence));
        let skipped = u64::from(sequence.wrapping_sub(end as u16));
        for number in end..end + skipped.min(CAPACITY) {
            self.forget(number);
        }
        let number = end + skipped;
        if self.end.is_none() {
            self.settled = number;
        }
        self.forget(number);
        let sent = (now / TICK) as u32;
        self.entries[place(number)] = Entry { sent, bytes, probe, fate: Fate::InFlight };
        self.in_flight += u64::from(bytes);
        self.end = Some(number + 1);
    }

    /// Takes what feedback says of one packet and returns the packet if that is news.
    pub(crate) fn report(&mut self, now: Micros, sequence: u16, arrived: bool) -> Option<Told> {
        let last = self.end? - 1;
        let behind = (last as u16).wrapping_sub(sequence);
        let number = last.checked_sub(behind.into()).filter(|_| u64::from(behind) < CAPACITY)?;
        self.settled = self.settled.max(number);
        let entry = &mut self.entries[place(number)];
        let was_lost = entry.fate == Fate::Lost;
        match (entry.fate, arrived) {
            (Fate::InFlight, _) => self.in_flight -= u64::from(entry.bytes),
            (Fate::Lost, true) => {}
            _ => return None,
        }
        entry.fate = if arrived { Fate::Arrived } else { Fate::Lost };
        let age = ((now / TICK) as u32).wrapping_sub(entry.sent);
        let sent = now.saturating_sub(Micros::from(age) * TICK);
        Some(Told { sent, bytes: entry.bytes, probe: entry.probe, was_lost })
    }

    /// Gives up on packets before the one reported last of which no feedback spoke, because it was lost itself, and
    /// returns their bytes.
    pub(crate) fn settle(&mut self, from: u64) -> u64 {
        let before = self.in_flight;
        for number in from.max(self.settled.saturating_sub(CAPACITY))..self.settled {
            let entry = &mut self.entries[place(number)];
            if entry.fate == Fate::InFlight {
                entry.fate = Fate::Unknown;
                self.in_flight -= u64::from(entry.bytes);
            }
        }
        before - self.in_flight
    }

    /// Returns the number below which nothing is in flight.
    pub(crate) fn settled(&self) -> u64 {
        self.settled
    }

    /// Returns the bytes of which no feedback spoke yet.
    pub(crate) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    fn forget(&mut self, number: u64) {
        let entry = std::mem::take(&mut self.entries[place(number)]);
        if entry.fate == Fate::InFlight {
            self.in_flight -= u64::from(entry.bytes);
        }
    }
}

fn place(number: u64) -> usize {
    (number % CAPACITY) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_told_of_once_and_again_when_it_was_not_lost_after_all() {
        let mut history = History::new();
        for (at, sequence) in [(1_000, 65_535), (2_000, 0), (3_000, 1)] {
            history.record(at, sequence, 100, 7);
        }
        assert_eq!(history.in_flight(), 300);
        let told = Told { sent: 1_000, bytes: 100, probe: 7, was_lost: false };
        assert_eq!(history.report(50_000, 65_535, true), Some(told));
        assert_eq!(history.report(50_000, 65_535, true), None);
        assert_eq!(history.report(50_000, 0, false).map(|told| told.was_lost), Some(false));
        assert_eq!(history.report(50_000, 0, false), None);
        assert_eq!(
            history.report(60_000, 0, true).map(|told| (told.sent, told.was_lost)),
            Some((2_000, true))
        );
        assert_eq!(history.in_flight(), 100);
    }

    #[test]
    fn packets_whose_feedback_was_lost_are_given_up_and_unknown_ones_are_ignored() {
        let mut history = History::new();
        for sequence in 0..10 {
            history.record(0, sequence, 10, 0);
        }
        let before = history.settled();
        assert!(history.report(0, 5, true).is_some());
        assert_eq!(history.settle(before), 50);
        assert_eq!(history.in_flight(), 40);
        assert!(history.report(0, 3, true).is_none());
        assert!(history.report(0, 10, true).is_none());
    }

    #[test]
    fn what_is_forgotten_is_not_in_flight() {
        let mut history = History::new();
        for sequence in 0..40_000u64 {
            history.record(sequence, sequence as u16, 1, 0);
        }
        assert_eq!(history.in_flight(), CAPACITY);
        assert!(history.report(0, (40_000 - CAPACITY) as u16, true).is_some());
        assert!(history.report(0, (40_000 - CAPACITY - 1) as u16, true).is_none());
    }
}
