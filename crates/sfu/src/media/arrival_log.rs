//! When the packets of an endpoint arrived, for the feedback its congestion control wants
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01).

use std::time::{Duration, Instant};

use wire::rtcp::{CompoundWriter, MAX_FEEDBACK_PACKETS, TransportCcOut};
use wire::seq::SeqUnwrapper;

/// Feedback goes out this long after the first packet it is about.
const INTERVAL: Duration = Duration::from_millis(60);
const WINDOW: u64 = 1024;
/// A packet this much older than what was reported is reported after all.
const LATE: u64 = 256;

/// The arrivals not reported yet, and the latest that were.
pub(crate) struct ArrivalLog {
    started: Instant,
    unwrapper: SeqUnwrapper,
    /// Arrival in 250 us ticks, by number.
    times: Box<[Option<i64>]>,
    /// The first number to report.
    base: u64,
    /// One behind the highest number.
    end: u64,
    feedback_count: u8,
    due: Option<Instant>,
}

impl ArrivalLog {
    /// Makes a log whose clock starts at `started`.
    pub(crate) fn new(started: Instant) -> Self {
        let times = vec![None; WINDOW as usize].into_boxed_slice();
        Self {
            started,
            unwrapper: SeqUnwrapper::default(),
            times,
            base: 0,
            end: 0,
            feedback_count: 0,
            due: None,
        }
    }

    /// Notes that the packet with this transport-wide number came.
    pub(crate) fn record(&mut self, sequence: u16, now: Instant) {
        let number = self.unwrapper.unwrap(sequence);
        if self.end == 0 {
            (self.base, self.end) = (number, number);
        }
        if number + LATE < self.base {
            return;
        }
        if number >= self.end {
            for skipped in self.end.max(number.saturating_sub(WINDOW))..number {
                self.times[(skipped % WINDOW) as usize] = None;
            }
            self.end = number + 1;
            self.base = self.base.max(self.end.saturating_sub(WINDOW));
        }
        self.base = self.base.min(number);
        let elapsed = now.saturating_duration_since(self.started).as_micros() / 250;
        self.times[(number % WINDOW) as usize] = Some(elapsed as i64);
        self.due.get_or_insert(now + INTERVAL);
    }

    /// Returns when feedback should go out.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Appends one feedback. When more remains, the deadline stays.
    pub(crate) fn write(&mut self, out: &mut CompoundWriter<'_>, sender_ssrc: u32, media_ssrc: u32) {
        let mut arrivals = [None; MAX_FEEDBACK_PACKETS];
        let count = (self.end - self.base).min(MAX_FEEDBACK_PACKETS as u64) as usize;
        for (number, arrival) in (self.base..self.end).zip(&mut arrivals) {
            *arrival = self.times[(number % WINDOW) as usize];
        }
        let feedback = TransportCcOut {
            sender_ssrc,
            media_ssrc,
            base_sequence: self.base as u16,
            feedback_count: self.feedback_count,
            arrivals: &arrivals[..count],
        };
        // What cannot be written is not worth a second try: the next feedback begins behind it.
        let written = out.transport_cc(&feedback).unwrap_or(count);
        self.feedback_count = self.feedback_count.wrapping_add(1);
        self.base += written as u64;
        if self.base >= self.end {
            self.due = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;
    use wire::rtcp::{Compound, Packet};

    fn feedback(log: &mut ArrivalLog) -> Vec<(u16, Option<i64>)> {
        let mut buf = [0; 1200];
        let mut out = CompoundWriter::new(&mut buf);
        log.write(&mut out, 1, 2);
        let len = out.len();
        match Compound::new(&buf[..len]).next() {
            Some(Ok(Packet::TransportCc(feedback))) => feedback.arrivals().collect(),
            other => panic!("not transport-cc: {other:?}"),
        }
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_came_and_what_did_not_is_reported_across_a_wrap() {
        let now = start();
        let mut log = ArrivalLog::new(now);
        log.record(65_534, now + ms(1));
        log.record(0, now + ms(3));
        assert_eq!(log.deadline(), Some(now + ms(61)));
        assert_eq!(feedback(&mut log), [(65_534, Some(4)), (65_535, None), (0, Some(12))]);
        assert_eq!(log.deadline(), None);
    }

    #[test]
    fn a_loss_between_two_feedbacks_is_in_the_second_and_a_late_packet_is_reported_after_all() {
        let now = start();
        let mut log = ArrivalLog::new(now);
        log.record(10, now);
        feedback(&mut log);
        log.record(12, now + ms(5));
        assert_eq!(feedback(&mut log), [(11, None), (12, Some(20))]);
        log.record(11, now + ms(6));
        assert_eq!(feedback(&mut log), [(11, Some(24)), (12, Some(20))]);
    }

    #[test]
    fn more_than_one_feedback_can_hold_goes_out_in_several() {
        let now = start();
        let mut log = ArrivalLog::new(now);
        for sequence in 0..900 {
            log.record(sequence, now);
        }
        let mut reported = 0;
        while log.deadline().is_some() {
            reported += feedback(&mut log).len();
        }
        assert_eq!(reported, 900);
    }
}
