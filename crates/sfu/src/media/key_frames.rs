//! When to ask a publisher for a key frame, and how often a receiver may want one (T-21).

use std::time::{Duration, Instant};

/// Wishes within this time of a request (or the round trip, if longer) ride on it.
const MERGE: Duration = Duration::from_millis(300);
const SHORTEST_RETRY: Duration = Duration::from_millis(500);
const MAX_ATTEMPTS: u8 = 3;
/// A layer that answered none of them is left alone for this long, if there is another.
const GIVEN_UP: Duration = Duration::from_secs(5);

/// The requests for one layer: the first at once, further wishes merged, repeated while unanswered.
#[derive(Default)]
pub(crate) struct KeyFrameRequests {
    last: Option<Instant>,
    due: Option<Instant>,
    attempts: u8,
    /// When the last of them will have been in vain.
    in_vain: Option<Instant>,
}

impl KeyFrameRequests {
    /// Notes that someone needs a key frame.
    pub(crate) fn want(&mut self, now: Instant, round_trip: Duration) {
        let at = self.last.map_or(now, |last| (last + MERGE.max(round_trip)).max(now));
        // A repetition that is planned already serves the new wish as well.
        if self.due.is_none_or(|due| at < due) {
            self.due = Some(at);
        }
        self.attempts = 0;
    }

    /// Notes that a key frame began.
    pub(crate) fn satisfied(&mut self) {
        self.due = None;
        self.in_vain = None;
    }

    /// Says whether all requests were in vain, not long ago.
    pub(crate) fn gave_up(&self, now: Instant) -> bool {
        self.in_vain.is_some_and(|at| now >= at && now < at + GIVEN_UP)
    }

    /// Returns when to ask.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Says whether to ask now, and plans the repetition.
    pub(crate) fn take_due(&mut self, now: Instant, round_trip: Duration) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        self.attempts += 1;
        self.last = Some(now);
        let again = self.attempts < MAX_ATTEMPTS;
        let answered_by = now + (2 * round_trip).max(SHORTEST_RETRY);
        self.due = again.then_some(answered_by);
        if !again {
            self.in_vain = Some(answered_by);
        }
        true
    }

    /// Puts a due request off, because another layer of the source was asked for just now.
    pub(crate) fn postpone(&mut self, until: Instant) {
        self.due = self.due.map(|due| due.max(until));
    }
}

const RECEIVER_SPACING: Duration = Duration::from_millis(200);
const RECEIVER_WINDOW: Duration = Duration::from_secs(10);
/// The first, and three more per window.
const RECEIVER_MAX: u8 = 4;

/// How often the receiver of one slot may ask for a key frame.
#[derive(Default)]
pub(crate) struct KeyFrameBudget {
    last: Option<Instant>,
    window: Option<Instant>,
    used: u8,
}

impl KeyFrameBudget {
    /// Says whether a request at `now` is heard.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < RECEIVER_SPACING) {
            return false;
        }
        if self.window.is_none_or(|start| now.saturating_duration_since(start) >= RECEIVER_WINDOW) {
            self.window = Some(now);
            self.used = 0;
        }
        if self.used == RECEIVER_MAX {
            return false;
        }
        self.used += 1;
        self.last = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    const RTT: Duration = Duration::from_millis(40);

    #[test]
    fn the_first_wish_is_asked_at_once_and_later_ones_are_merged() {
        let now = start();
        let mut requests = KeyFrameRequests::default();
        requests.want(now, RTT);
        assert!(requests.take_due(now, RTT));
        requests.satisfied();
        requests.want(now + RTT, RTT);
        requests.want(now + 2 * RTT, RTT);
        assert!(!requests.take_due(now + 2 * RTT, RTT));
        assert!(requests.take_due(now + MERGE, RTT));
    }

    #[test]
    fn an_unanswered_request_is_made_three_times() {
        let now = start();
        let mut requests = KeyFrameRequests::default();
        requests.want(now, RTT);
        let asked = (0..5000).filter(|ms| requests.take_due(now + Duration::from_millis(*ms), RTT)).count();
        assert_eq!(asked, 3);
        assert_eq!(requests.deadline(), None);
        let gave_up = |ms| requests.gave_up(now + Duration::from_millis(ms));
        assert_eq!([1499, 1500, 6499, 6500].map(gave_up), [false, true, true, false]);
    }

    #[test]
    fn a_key_frame_ends_the_repetition() {
        let now = start();
        let mut requests = KeyFrameRequests::default();
        requests.want(now, RTT);
        assert!(requests.take_due(now, RTT));
        requests.satisfied();
        assert_eq!(requests.deadline(), None);
    }

    #[test]
    fn a_receiver_is_heard_four_times_in_ten_seconds_not_closer_than_200_ms() {
        let now = start();
        let mut budget = KeyFrameBudget::default();
        let heard: Vec<u64> =
            (0..10_000).step_by(10).filter(|ms| budget.take(now + Duration::from_millis(*ms))).collect();
        assert_eq!(heard, [0, 200, 400, 600]);
        assert!(budget.take(now + RECEIVER_WINDOW));
    }
}
