//! Which packet went out under which number, so that it can be sent again (T-20).

use std::time::{Duration, Instant};

use crate::media::outgoing::Changes;

/// As often as libwebrtc asks for a packet (NackRequester, kMaxNackRetries): on a line that loses 30 % of everything
/// both ways, three times leave one of a hundred packets missing, which stops the picture each second.
const MAX_RESENDS: u8 = 10;
/// A receiver asks again after the round trip that it knows of, which may be a little less than ours.
const SPACING_PERCENT: u32 = 75;
const SHORTEST_SPACING: Duration = Duration::from_millis(20);
/// What is still asked for after this long, and so many round trips, holds the picture up.
const STUCK: Duration = Duration::from_millis(300);
const STUCK_ROUND_TRIPS: u32 = 4;
/// What would arrive longer than this after it was sent first is no longer waited for.
const TOO_LATE: Duration = Duration::from_secs(1);

/// A packet as it went out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Outgoing number.
    pub number: u64,
    /// Its number in the stream with this epoch.
    pub original: u64,
    pub epoch: u32,
    pub timestamp: u32,
    pub changes: Changes,
    at: Instant,
    resends: u8,
    resent: Option<Instant>,
}

impl Sent {
    /// Describes a packet sent for the first time.
    pub(crate) fn new(
        number: u64,
        original: u64,
        epoch: u32,
        timestamp: u32,
        changes: Changes,
        at: Instant,
    ) -> Self {
        Self { number, original, epoch, timestamp, changes, at, resends: 0, resent: None }
    }
}

/// The last packets of one slot.
pub(crate) struct History {
    sent: Box<[Option<Sent>]>,
    highest: u64,
}

impl History {
    /// Makes room for `capacity` packets, a power of two.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { sent: vec![None; capacity.next_power_of_two()].into_boxed_slice(), highest: 0 }
    }

    /// Remembers a packet in place of the one `capacity` numbers older.
    pub(crate) fn record(&mut self, sent: Sent) {
        let place = self.place(sent.number);
        self.highest = self.highest.max(sent.number);
        self.sent[place] = Some(sent);
    }

    /// Returns the packet that went out under the nearest number with these low 16 bits, if it may be
    /// sent again now: at most ten times, not faster than the receiver could know, and not in vain.
    pub(crate) fn due(&self, sequence: u16, now: Instant, round_trip: Duration) -> Option<Sent> {
        let sent = self.find(sequence)?;
        let spacing = (round_trip * SPACING_PERCENT / 100).max(SHORTEST_SPACING);
        let too_soon = sent.resent.is_some_and(|last| now.saturating_duration_since(last) < spacing);
        let too_late = now.saturating_duration_since(sent.at) + round_trip / 2 > TOO_LATE;
        (!too_soon && !too_late && sent.resends < MAX_RESENDS).then_some(sent)
    }

    /// Returns the highest number that went out.
    pub(crate) fn highest(&self) -> u64 {
        self.highest
    }

    /// Returns whether a packet that is asked for could not be repaired for so long that a key frame, where one still
    /// can be decoded, comes sooner: its picture and those after it wait for it.
    pub(crate) fn is_stuck(&self, sequence: u16, now: Instant, round_trip: Duration) -> Option<u64> {
        let sent = self.find(sequence)?;
        let patience = (STUCK_ROUND_TRIPS * round_trip).max(STUCK);
        (now.saturating_duration_since(sent.at) > patience && sent.resends > 0).then_some(sent.original)
    }

    /// Returns the packet that went out `back` numbers before the latest.
    pub(crate) fn latest(&self, back: u64) -> Option<Sent> {
        let number = self.highest.checked_sub(back)?;
        self.sent[self.place(number)].filter(|sent| sent.number == number)
    }

    /// Notes that a packet was sent again.
    pub(crate) fn resent(&mut self, number: u64, now: Instant) {
        let place = self.place(number);
        if let Some(sent) = self.sent[place].as_mut().filter(|sent| sent.number == number) {
            sent.resends += 1;
            sent.resent = Some(now);
        }
    }

    fn find(&self, sequence: u16) -> Option<Sent> {
        let behind = (self.highest as u16).wrapping_sub(sequence);
        let number = self.highest.checked_sub(behind.into())?;
        self.sent[self.place(number)].filter(|sent| sent.number == number)
    }

    fn place(&self, number: u64) -> usize {
        number as usize & (self.sent.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    const RTT: Duration = Duration::from_millis(80);

    fn sent(number: u64) -> Sent {
        Sent::new(number, number + 1000, 1, 0, Changes::default(), start())
    }

    fn history(numbers: std::ops::Range<u64>) -> History {
        let mut history = History::new(16);
        numbers.for_each(|number| history.record(sent(number)));
        history
    }

    #[test]
    fn a_packet_is_given_ten_times_and_not_much_faster_than_once_per_round_trip() {
        let now = start();
        let mut history = history(0..10);
        let mut given = Vec::new();
        for ms in 0..1000 {
            let at = now + Duration::from_millis(ms);
            if let Some(sent) = history.due(4, at, RTT) {
                history.resent(sent.number, at);
                given.push(ms);
            }
        }
        assert_eq!(given, [0, 60, 120, 180, 240, 300, 360, 420, 480, 540]);
    }

    #[test]
    fn what_is_asked_for_in_vain_for_four_round_trips_is_stuck() {
        let (now, mut history) = (start(), history(0..10));
        let later = now + 4 * RTT + Duration::from_millis(1);
        assert_eq!(history.is_stuck(4, later, RTT), None, "it was never sent again");
        history.resent(4, now + RTT);
        assert_eq!(history.is_stuck(4, now + 4 * RTT, RTT), None);
        assert_eq!(history.is_stuck(4, later, RTT), Some(1004));
    }

    #[test]
    fn numbers_are_found_across_the_wrap_and_forgotten_when_overwritten() {
        let mut history = history(65_530..65_540);
        assert_eq!(history.due(65_534, start(), RTT).map(|sent| sent.original), Some(66_534));
        assert_eq!(history.due(2, start(), RTT).map(|sent| sent.number), Some(65_538));
        history.record(sent(65_550));
        assert!(history.due(65_534, start(), RTT).is_none());
    }

    #[test]
    fn what_would_come_a_second_late_is_not_given() {
        let (now, history) = (start(), history(0..10));
        assert!(history.due(4, now + Duration::from_millis(900), RTT).is_some());
        assert!(history.due(4, now + Duration::from_millis(970), RTT).is_none());
    }

    #[test]
    fn what_was_never_sent_is_not_given() {
        assert!(history(0..10).due(10, start(), RTT).is_none());
    }
}
