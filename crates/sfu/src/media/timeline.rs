//! Timestamps of an outgoing stream: continuous and never backwards across sources (RFC 3550 §5.1).

use std::time::{Duration, Instant};

use wire::seq::is_newer_timestamp;

/// Maps one incoming clock after another onto one outgoing clock of the same rate.
pub(crate) struct Timeline {
    /// Outgoing = incoming + offset.
    offset: u32,
    /// The highest outgoing timestamp and when it went out.
    last: Option<(u32, Instant)>,
    start: u32,
}

impl Timeline {
    /// Begins at a random timestamp.
    pub(crate) fn new(start: u32) -> Self {
        Self { offset: 0, last: None, start }
    }

    /// Lays another incoming stream behind what went out: at `exact`, an offset known from both
    /// streams' sender reports, if that leads forwards; else by the time that passed.
    pub(crate) fn restart(&mut self, now: Instant, first: u32, clock_rate: u32, exact: Option<u32>) {
        let Some((last, at)) = self.last else {
            self.offset = self.start.wrapping_sub(first);
            return;
        };
        let forwards = exact.filter(|offset| is_newer_timestamp(first.wrapping_add(*offset), last));
        self.offset = forwards.unwrap_or_else(|| {
            let elapsed = ticks(now.saturating_duration_since(at), clock_rate).max(1);
            last.wrapping_add(elapsed).wrapping_sub(first)
        });
    }

    /// Returns the outgoing timestamp.
    pub(crate) fn map(&mut self, now: Instant, timestamp: u32) -> u32 {
        let out = timestamp.wrapping_add(self.offset);
        if self.last.is_none_or(|(last, _)| is_newer_timestamp(out, last)) {
            self.last = Some((out, now));
        }
        out
    }

    /// Returns what is added to incoming timestamps.
    pub(crate) fn offset(&self) -> u32 {
        self.offset
    }
}

/// Returns a duration in ticks of a clock, wrapping as timestamps do.
pub(crate) fn ticks(duration: Duration, clock_rate: u32) -> u32 {
    (duration.as_micros() * u128::from(clock_rate) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    const RATE: u32 = 90_000;

    #[test]
    fn another_stream_continues_by_the_time_that_passed() {
        let now = start();
        let mut timeline = Timeline::new(u32::MAX);
        timeline.restart(now, 1000, RATE, None);
        assert_eq!(timeline.map(now, 1000), u32::MAX);
        assert_eq!(timeline.map(now, 4000), 2999);
        timeline.restart(now + Duration::from_millis(100), 7_000_000, RATE, None);
        assert_eq!(timeline.map(now, 7_000_000), 2999 + 9000);
    }

    #[test]
    fn a_known_offset_is_used_unless_it_leads_backwards() {
        let now = start();
        let mut timeline = Timeline::new(0);
        timeline.restart(now, 0, RATE, None);
        timeline.map(now, 3000);
        timeline.restart(now, 500, RATE, Some(5500));
        assert_eq!(timeline.map(now, 500), 6000);
        timeline.restart(now, 500, RATE, Some(0));
        assert_eq!(timeline.map(now, 500), 6001);
    }

    #[test]
    fn a_late_packet_does_not_move_the_end() {
        let now = start();
        let mut timeline = Timeline::new(0);
        timeline.restart(now, 0, RATE, None);
        timeline.map(now, 6000);
        timeline.map(now, 3000);
        timeline.restart(now, 9, RATE, None);
        assert_eq!(timeline.map(now, 9), 6001);
    }
}
