//! Timestamps of an outgoing stream: continuous and never backwards across sources (RFC 3550 §5.1).

use std::time::{Duration, Instant};

use wire::seq::is_newer_timestamp;

/// The least that the frames of a backlog are told apart by: a 64th of what it was.
const STEEPEST: u32 = 64;
/// Timestamps this far behind a seam are no longer compared with it, lest they wrap.
const SEAM_KNOWN: u32 = 1 << 24;

/// Maps one incoming clock after another onto one outgoing clock of the same rate.
pub(crate) struct Timeline {
    /// Outgoing = incoming + offset, behind the seam.
    offset: u32,
    seam: Option<Seam>,
    /// The highest outgoing timestamp and when it went out.
    last: Option<(u32, Instant)>,
    start: u32,
}

/// What came before a receiver was shown a stream, pressed together so that it ends now and begins behind what the
/// receiver had: `span` ticks up to the incoming timestamp `newest` become `room`.
#[derive(Clone, Copy)]
struct Seam {
    newest: u32,
    span: u32,
    room: u32,
}

/// A stream that begins: its first packet to be sent, the newest one that is there already, and the ticks of its clock.
#[derive(Clone, Copy)]
pub(crate) struct Beginning {
    pub first: u32,
    pub newest: u32,
    pub clock_rate: u32,
    /// Whether what is there already may be shown faster: pictures can, sound cannot.
    pub elastic: bool,
}

impl Timeline {
    /// Begins at a random timestamp.
    pub(crate) fn new(start: u32) -> Self {
        Self { offset: 0, seam: None, last: None, start }
    }

    /// Lays another incoming stream behind what went out: at `exact`, an offset known from both
    /// streams' sender reports, if that leads forwards; else by the time that passed.
    pub(crate) fn restart(&mut self, now: Instant, stream: Beginning, exact: Option<u32>) {
        let Beginning { first, newest, clock_rate, elastic } = stream;
        let span = if is_newer_timestamp(newest, first) { newest.wrapping_sub(first) } else { 0 };
        let newest = first.wrapping_add(span);
        self.seam = None;
        let Some((last, at)) = self.last else {
            self.offset = self.start.wrapping_sub(first);
            return;
        };
        let forwards = exact.filter(|offset| is_newer_timestamp(newest.wrapping_add(*offset), last));
        let ahead = forwards.map_or_else(
            || ticks(now.saturating_duration_since(at), clock_rate).max(1),
            |offset| newest.wrapping_add(offset).wrapping_sub(last),
        );
        let least = if elastic { span.div_ceil(STEEPEST) } else { span };
        let room = span.min((ahead - 1).max(least));
        let ahead = ahead.max(room + 1);
        self.offset = last.wrapping_add(ahead).wrapping_sub(newest);
        self.seam = (room < span).then_some(Seam { newest, span, room });
    }

    /// Returns the outgoing timestamp.
    pub(crate) fn map(&mut self, now: Instant, timestamp: u32) -> u32 {
        let out = self.pressed(timestamp).wrapping_add(self.offset);
        if self.last.is_none_or(|(last, _)| is_newer_timestamp(out, last)) {
            self.last = Some((out, now));
        }
        out
    }

    fn pressed(&mut self, timestamp: u32) -> u32 {
        let Some(Seam { newest, span, room }) = self.seam else { return timestamp };
        let before = newest.wrapping_sub(timestamp);
        if before <= span {
            let pressed = u64::from(before) * u64::from(room) / u64::from(span);
            return newest.wrapping_sub(pressed as u32);
        }
        if timestamp.wrapping_sub(newest) > SEAM_KNOWN {
            self.seam = None;
        }
        timestamp
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

    fn live(first: u32) -> Beginning {
        Beginning { first, newest: first, clock_rate: RATE, elastic: true }
    }

    #[test]
    fn a_backlog_ends_now_and_stays_in_order_however_little_time_passed() {
        for (passed_ms, room) in [(5, 449), (0, 1407), (500, 44_999), (2000, 90_000)] {
            let now = start();
            let mut timeline = Timeline::new(0);
            timeline.restart(now, live(0), None);
            timeline.map(now, 0);
            // A second of 30 frames.
            let later = now + Duration::from_millis(passed_ms);
            let backlog = Beginning { first: 5000, newest: 95_000, clock_rate: RATE, elastic: true };
            timeline.restart(later, backlog, None);
            let out: Vec<u32> = (0..=31).map(|frame| timeline.map(later, 5000 + frame * 3000)).collect();
            assert!(out.windows(2).all(|pair| pair[1] > pair[0]) && out[0] > 0, "{out:?}");
            let room = if passed_ms == 5 { 1407 } else { room };
            assert_eq!((out[30] - out[0], out[31] - out[30]), (room, 3000), "{passed_ms} ms");
            assert_eq!(out[30], (passed_ms as u32 * 90).max(room + 1));
        }
    }

    #[test]
    fn sound_that_is_there_already_keeps_its_length() {
        let now = start();
        let mut timeline = Timeline::new(0);
        timeline.restart(now, live(0), None);
        timeline.map(now, 0);
        let backlog = Beginning { first: 5000, newest: 95_000, clock_rate: RATE, elastic: false };
        timeline.restart(now + Duration::from_millis(5), backlog, None);
        assert_eq!(timeline.map(now, 5000), 1);
        assert_eq!(timeline.map(now, 95_000), 90_001);
    }

    #[test]
    fn another_stream_continues_by_the_time_that_passed() {
        let now = start();
        let mut timeline = Timeline::new(u32::MAX);
        timeline.restart(now, live(1000), None);
        assert_eq!(timeline.map(now, 1000), u32::MAX);
        assert_eq!(timeline.map(now, 4000), 2999);
        timeline.restart(now + Duration::from_millis(100), live(7_000_000), None);
        assert_eq!(timeline.map(now, 7_000_000), 2999 + 9000);
    }

    #[test]
    fn a_known_offset_is_used_unless_it_leads_backwards() {
        let now = start();
        let mut timeline = Timeline::new(0);
        timeline.restart(now, live(0), None);
        timeline.map(now, 3000);
        timeline.restart(now, live(500), Some(5500));
        assert_eq!(timeline.map(now, 500), 6000);
        timeline.restart(now, live(500), Some(0));
        assert_eq!(timeline.map(now, 500), 6001);
    }

    #[test]
    fn a_late_packet_does_not_move_the_end() {
        let now = start();
        let mut timeline = Timeline::new(0);
        timeline.restart(now, live(0), None);
        timeline.map(now, 6000);
        timeline.map(now, 3000);
        timeline.restart(now, live(9), None);
        assert_eq!(timeline.map(now, 9), 6001);
    }
}
