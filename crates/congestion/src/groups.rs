//! How much longer bursts of packets were under way than those before (draft-ietf-rmcat-gcc-02 §5.2, §5.3).

use crate::Micros;

/// Packets sent within this time count as one (gcc-02 §5.2).
const BURST: Micros = 5_000;
/// Packets that came faster than they were sent waited together somewhere; so do at most this many us
/// (libwebrtc, kMaxBurstDuration).
const LONGEST_BURST: i64 = 100_000;
/// A receiver's clock that jumps by this much was set (libwebrtc, kArrivalTimeOffsetThreshold).
const CLOCK_JUMP: i64 = 3_000_000;
/// Groups that came in the wrong order before everything begins anew (libwebrtc, kReorderedResetThreshold).
const MAX_BACKWARDS: u8 = 3;

#[derive(Clone, Copy)]
struct Group {
    first_sent: Micros,
    last_sent: Micros,
    first_arrived: i64,
    last_arrived: i64,
    /// When feedback of it came, by our clock.
    told: Micros,
}

/// Differences between two groups, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Delta {
    pub sent_ms: f64,
    pub arrived_ms: f64,
    /// When the later one had come, by the receiver's clock.
    pub at_ms: f64,
}

/// The two latest groups.
#[derive(Default)]
pub(crate) struct Groups {
    current: Option<Group>,
    previous: Option<Group>,
    backwards: u8,
}

impl Groups {
    /// Takes a packet that arrived, in the order of sending, and returns the difference between the two
    /// groups before it when it begins another. `arrived` is in us of the receiver's clock.
    pub(crate) fn packet(&mut self, now: Micros, sent: Micros, arrived: i64) -> Option<Delta> {
        let fresh = Group {
            first_sent: sent,
            last_sent: sent,
            first_arrived: arrived,
            last_arrived: arrived,
            told: now,
        };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrived) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrived = current.last_arrived.max(arrived);
            current.told = now;
            return None;
        }
        let complete = *current;
        self.current = Some(fresh);
        let previous = self.previous.replace(complete)?;
        self.compare(previous, complete)
    }

    fn compare(&mut self, previous: Group, complete: Group) -> Option<Delta> {
        let arrived = complete.last_arrived - previous.last_arrived;
        let told = complete.told.saturating_sub(previous.told) as i64;
        self.backwards = if arrived < 0 { self.backwards + 1 } else { 0 };
        if arrived - told >= CLOCK_JUMP || self.backwards >= MAX_BACKWARDS {
            *self = Self::default();
            return None;
        }
        (arrived >= 0).then(|| Delta {
            sent_ms: complete.last_sent.saturating_sub(previous.last_sent) as f64 / 1e3,
            arrived_ms: arrived as f64 / 1e3,
            at_ms: complete.last_arrived as f64 / 1e3,
        })
    }
}

impl Group {
    fn takes(&self, sent: Micros, arrived: i64) -> bool {
        if sent.saturating_sub(self.first_sent) <= BURST {
            return true;
        }
        let arrival_gap = arrived - self.last_arrived;
        let caught_up = arrival_gap < sent.saturating_sub(self.last_sent) as i64;
        caught_up && arrival_gap <= BURST as i64 && arrived - self.first_arrived < LONGEST_BURST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_compared_with_the_one_before_it_once_it_is_complete() {
        let mut groups = Groups::default();
        let times = [(0, 50_000), (2_000, 52_000), (20_000, 70_000), (22_000, 74_000), (40_000, 90_000)];
        let deltas: Vec<_> =
            times.iter().filter_map(|(sent, arrived)| groups.packet(*sent, *sent, *arrived)).collect();
        assert_eq!(deltas, [Delta { sent_ms: 20.0, arrived_ms: 22.0, at_ms: 74.0 }]);
    }

    #[test]
    fn packets_that_waited_together_are_one_group() {
        let mut groups = Groups::default();
        for (sent, arrived) in [(0, 50_000), (20_000, 150_000), (40_000, 150_500), (60_000, 151_000)] {
            groups.packet(sent, sent, arrived);
        }
        let delta = groups.packet(80_000, 80_000, 171_000).expect("the bunch is complete");
        assert_eq!((delta.sent_ms, delta.arrived_ms), (60.0, 101.0));
    }

    #[test]
    fn a_receiver_whose_clock_was_set_is_listened_to_anew() {
        let mut groups = Groups::default();
        let jumps = |sent: u64| if sent < 100_000 { 0 } else { 5_000_000 };
        let deltas = (0..20u64).filter_map(|count| {
            groups.packet(count * 20_000, count * 20_000, count as i64 * 20_000 + jumps(count * 20_000))
        });
        assert!(deltas.map(|delta| delta.arrived_ms).all(|ms| ms == 20.0));
    }
}
