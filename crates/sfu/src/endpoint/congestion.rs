//! What one receiver's line takes, as far as its feedback tells, and who wants to know.

use std::time::{Duration, Instant};

use congestion::{Bounds, Controller, LossBound, Statistics};
use wire::rtcp::TransportCc;

use super::repetition::Repetition;

/// Between 300 and 800 kbit/s is what any broadband line takes and libwebrtc begins with; three and six times as
/// much are tried at once. The floor is sound: two voices of 20 kbit/s.
const BOUNDS: Bounds = Bounds { start: 600_000, floor: 40_000, ceiling: 15_000_000 };
/// A change of the estimate smaller than this share is not worth another allocation.
const WORTH_TELLING: f64 = 0.15;
/// Headers of UDP with IPv4 or IPv6, which the line carries too.
const OVERHEAD_V4: usize = 28;
const OVERHEAD_V6: usize = 48;
/// Lines that are believed to take less get sound without copies of earlier frames (RFC 2198), which double it, …
const ROOM_FOR_A_COPY: u32 = 150_000;
/// … or with no more than one, …
const ROOM_FOR_COPIES: u32 = 300_000;
/// … and the others a second one for a while after such a share was lost.
const LOSSY: f64 = 0.06;
const LOSSY_FOR: Duration = Duration::from_secs(10);
/// Whole packets once more are 60 kbit/s for each voice: lines need so much room for that once and twice, …
const ROOM_FOR_ONE_MORE: u32 = 300_000;
const ROOM_FOR_TWO_MORE: u32 = 450_000;
/// … and no such queue. Loss beside half of it is taken for the queue's own, which more packets only make worse; radio
/// and the pace of feedback make up to that much delay themselves.
const QUEUE: Duration = Duration::from_millis(120);
/// Retransmissions may cost one byte for each five sent (T-20), or three times the share that is lost: what is sent
/// again is lost as well.
const LEAST_REPAIR: f64 = 0.2;
const REPAIR_PER_LOSS: f64 = 3.0;
const MOST_REPAIR: f64 = 0.6;
/// Up to this share of losses repair comes in time.
const REPAIR_IN_TIME: f64 = 0.02;
/// From this share on all of a picture is sent twice, until it is less than that: at 30 % both ways, half of what is
/// asked for does not come, and each time costs a round trip in which the picture stands. Sooner, the double rate fills
/// receivers that are short of breath (Firefox at 10 %, measured 2026-11-23) ...
const MUCH_LOST: f64 = 0.15;
const LITTLE_LOST: f64 = 0.08;
/// ... on lines that are believed to take so much and have no queue that says that they are full.
const ROOM_FOR_TWICE: u32 = 500_000;
const FULL: Duration = Duration::from_millis(60);
/// What repair then costs in addition, as a share of what is sent.
const TWICE: f64 = 1.0;
/// The bursts of the start, and the time their feedback takes.
const FIRST_LOOK: Duration = Duration::from_millis(1500);
/// The timer wheel's tick: nothing is looked at more often.
const TICK: Duration = Duration::from_millis(1);

/// The congestion control of one receiver.
pub(crate) struct Congestion {
    /// Whether packets carry transport-wide numbers and feedback about them was agreed on.
    negotiated: bool,
    began: Instant,
    /// Made with the first packet sent: who only publishes needs none.
    controller: Option<Box<Controller>>,
    fallback: Fallback,
    /// What allocation uses now and what it would use if it could, bits per second.
    demand: Option<(u32, u32)>,
    /// The estimate when [`Congestion::take_changed`] last said yes.
    told: Option<u32>,
    /// Something waits until then for its turn.
    held: Option<Instant>,
    first_feedback: Option<Instant>,
    /// Share of packets lost, and what it calls for.
    lost: f64,
    repair: Repair,
    /// Much was lost not long before.
    lossy_until: Option<Instant>,
    repetition: Repetition,
    /// The share lost when feedback last came.
    loss: Option<f64>,
    /// Whether the estimate is worth more than hope.
    settled: bool,
}

/// How much repair a line calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repair {
    /// What retransmissions may cost, in percent of what is sent.
    pub percent: usize,
    /// Whether pictures are sent twice, and so is what is sent again.
    pub twice: bool,
}

impl Default for Repair {
    fn default() -> Self {
        Self { percent: (100.0 * LEAST_REPAIR) as usize, twice: false }
    }
}

/// What tells where no transport-wide feedback comes.
#[derive(Default)]
struct Fallback {
    /// What the receiver believes it can take (draft-alvestrand-rmcat-remb-03), bits per second.
    remb: Option<u32>,
    loss: LossBound,
}

impl Congestion {
    /// Makes one that has heard nothing.
    pub(crate) fn new(negotiated: bool, now: Instant) -> Self {
        Self {
            negotiated,
            began: now,
            controller: None,
            fallback: Fallback::default(),
            demand: None,
            told: None,
            held: None,
            first_feedback: None,
            lost: 0.0,
            repair: Repair::default(),
            lossy_until: None,
            repetition: Repetition::default(),
            loss: None,
            settled: false,
        }
    }

    /// Takes what a new description says about feedback.
    pub(crate) fn renegotiate(&mut self, negotiated: bool) {
        self.negotiated = negotiated;
        self.controller = self.controller.take().filter(|_| negotiated);
    }

    /// Returns what the line takes in bits per second, headers and UDP/IP included; `None` while nothing
    /// tells.
    ///
    /// A line is taken for wide until it was looked at for a moment or shows that it is narrow: a meeting
    /// should not begin with small pictures because nobody has measured yet.
    pub(crate) fn available(&self) -> Option<u32> {
        if self.negotiated {
            return self.started().filter(|_| self.settled).map(Controller::target);
        }
        let bound = self.fallback.loss.bound().map_or(u32::MAX, |bound| bound as u32);
        self.fallback.remb.map(|remb| remb.min(bound).max(BOUNDS.floor))
    }

    /// Returns how many copies of earlier frames each frame of sound has use and room for.
    pub(crate) fn copies(&self, now: Instant) -> usize {
        let is_lossy = self.lossy_until.is_some_and(|until| now < until);
        match self.available().unwrap_or(u32::MAX) {
            ..ROOM_FOR_A_COPY => 0,
            ROOM_FOR_COPIES.. if is_lossy => 2,
            _ => 1,
        }
    }

    /// Returns how many times each packet of sound has use and room for being sent again as it is.
    pub(crate) fn repeats(&self, now: Instant) -> u8 {
        let times = self.repetition.times(now);
        if times == 0 || self.queue() > QUEUE {
            return 0;
        }
        match self.available().unwrap_or(u32::MAX) {
            ..ROOM_FOR_ONE_MORE => 0,
            ROOM_FOR_ONE_MORE..ROOM_FOR_TWO_MORE => times.min(1),
            ROOM_FOR_TWO_MORE.. => times,
        }
    }

    /// Returns how much repair the line calls for.
    pub(crate) fn repair(&self) -> Repair {
        self.repair
    }

    /// Whether the line itself is known to lose enough for repair to come too late at times.
    pub(crate) fn is_lossy(&self) -> bool {
        self.lost > REPAIR_IN_TIME
    }

    /// Returns what is left of `bits` when what the line loses is sent again.
    pub(crate) fn after_repair(&self, bits: u32) -> u32 {
        (f64::from(bits) / self.repair_factor()) as u32
    }

    /// Returns what `bits` become when what the line loses is sent again.
    pub(crate) fn with_repair(&self, bits: u32) -> u32 {
        (f64::from(bits) * self.repair_factor()) as u32
    }

    fn repair_factor(&self) -> f64 {
        1.0 + self.lost + if self.repair.twice { TWICE } else { 0.0 }
    }

    /// Takes what allocation uses now and what it would use if it could, bits per second: when it could use
    /// more than is available, more is looked for.
    pub(crate) fn set_demand(&mut self, allocated: u32, desired: u32) {
        self.demand = Some((allocated, desired));
        if let Some(controller) = &mut self.controller {
            controller.set_desired(desired);
        }
    }

    /// Returns what allocation uses now and what it would use if it could, bits per second.
    pub(crate) fn demand(&self) -> Option<(u32, u32)> {
        self.demand
    }

    /// Says whether the estimate moved by more than 15 % since this last said yes, or fell below what is
    /// allocated.
    pub(crate) fn take_changed(&mut self) -> bool {
        let Some(now) = self.available() else { return false };
        let Some(told) = self.told else {
            self.told = Some(now);
            return true;
        };
        let moved = f64::from(now.abs_diff(told)) > WORTH_TELLING * f64::from(told);
        let short = self.demand.is_some_and(|(allocated, _)| now < allocated) && now != told;
        if moved || short {
            self.told = Some(now);
        }
        moved || short
    }

    /// Returns what is known of the line; `None` before feedback came.
    pub(crate) fn statistics(&self) -> Option<Statistics> {
        self.started().map(Controller::statistics)
    }

    /// Notes a packet sent now under a transport-wide number.
    pub(crate) fn sent(&mut self, now: Instant, sequence: u16, len: usize, over_ipv6: bool) {
        if !self.negotiated {
            return;
        }
        let desired = self.demand.map(|(_, desired)| desired);
        let controller = self.controller.get_or_insert_with(|| {
            let mut controller = Box::new(Controller::new(BOUNDS, now));
            if let Some(desired) = desired {
                controller.set_desired(desired);
            }
            controller
        });
        controller.sent(now, sequence, len + overhead(over_ipv6));
    }

    /// Notes a packet sent now without such a number: it uses the line, and nothing will be heard of it.
    pub(crate) fn sent_unnumbered(&mut self, now: Instant, len: usize, over_ipv6: bool) {
        if let Some(controller) = &mut self.controller {
            controller.sent_unnumbered(now, len + overhead(over_ipv6));
        }
    }

    /// Whether a packet that can wait has to; it is then remembered that one does.
    pub(crate) fn must_wait(&mut self, now: Instant) -> bool {
        let Some(controller) = &mut self.controller else { return false };
        let next = controller.next_send(now);
        self.held = (next > now).then_some(next);
        self.held.is_some()
    }

    /// Notes that pictures wait: while nobody said how much is wanted, it is more than there is, evidently.
    pub(crate) fn pictures_wait(&mut self) {
        if let Some(controller) = self.controller.as_mut().filter(|_| self.demand.is_none()) {
            controller.set_desired(controller.target().saturating_mul(2));
        }
    }

    /// Whether a burst that looks for more wants another packet.
    pub(crate) fn wants_probe(&mut self, now: Instant) -> bool {
        self.controller.as_mut().is_some_and(|controller| controller.probe_due(now) > 0)
    }

    /// Takes transport-wide feedback.
    pub(crate) fn feedback(&mut self, now: Instant, feedback: &TransportCc<'_>) {
        let Some(controller) = &mut self.controller else { return };
        controller.feedback(now, feedback.arrivals());
        let Statistics { loss, recent_loss, .. } = controller.statistics();
        let first = *self.first_feedback.get_or_insert(now);
        let looked = now.saturating_duration_since(first) >= FIRST_LOOK;
        self.settled |= looked || controller.target() < BOUNDS.start;
        self.reckon_with(recent_loss);
        // What was judged before says nothing of now: feedback may have paused.
        if self.loss.replace(loss) != Some(loss) {
            self.note_much(now, loss);
            self.lost_to_chance(now, loss, 0);
        }
    }

    /// Takes what the receiver believes it can take.
    pub(crate) fn remb(&mut self, bits_per_second: u64) {
        self.fallback.remb = Some(u32::try_from(bits_per_second).unwrap_or(u32::MAX));
    }

    /// Takes the share of packets lost, in 1/256, that the receiver reports of one stream, each packet of which was sent
    /// again so many times.
    pub(crate) fn loss_reported(
        &mut self,
        now: Instant,
        fraction_lost: u8,
        repeats: u8,
        round_trip: Duration,
    ) {
        let share = f64::from(fraction_lost) / 256.0;
        self.note_much(now, share);
        self.lost_to_chance(now, share, repeats);
        let Some(rate) = self.available().filter(|_| !self.negotiated) else { return };
        let loss = &mut self.fallback.loss;
        // The report does not say of how many packets: each counts alike.
        loss.count(256 - u32::from(fraction_lost), fraction_lost.into());
        let smooth = loss.smooth();
        let elapsed = now.saturating_duration_since(self.began).as_micros() as u64;
        loss.judge(elapsed, round_trip.as_micros() as u64, rate.into(), false);
        self.reckon_with(smooth);
    }

    /// Does what time calls for.
    pub(crate) fn timeout(&mut self, now: Instant) {
        self.held = self.held.filter(|at| *at > now);
        if let Some(controller) = &mut self.controller {
            controller.timeout(now);
        }
    }

    /// Returns when to look at it again, after `now`.
    pub(crate) fn deadline(&self, now: Instant) -> Option<Instant> {
        let controller = self.controller.as_ref().and_then(|controller| controller.deadline());
        [self.held, controller].into_iter().flatten().min().map(|at| at.max(now + TICK))
    }

    /// Takes a share lost into what is reckoned with.
    fn reckon_with(&mut self, share: f64) {
        self.lost = share;
        let is_full = self.statistics().is_some_and(|statistics| statistics.queue > FULL);
        let has_room = !is_full && self.available().is_none_or(|bits| bits >= ROOM_FOR_TWICE);
        let much = if self.repair.twice { LITTLE_LOST } else { MUCH_LOST };
        let twice = has_room && self.lost > much;
        let share = (REPAIR_PER_LOSS * self.lost).clamp(LEAST_REPAIR, MOST_REPAIR);
        let share = share + if twice { TWICE } else { 0.0 };
        self.repair = Repair { percent: (100.0 * share) as usize, twice };
    }

    /// Notes loss that is none of a full queue's.
    fn lost_to_chance(&mut self, now: Instant, share: f64, repeats: u8) {
        if self.queue() <= QUEUE / 2 {
            self.repetition.reported(now, share, repeats);
        }
    }

    fn queue(&self) -> Duration {
        self.statistics().map_or(Duration::ZERO, |statistics| statistics.queue)
    }

    fn note_much(&mut self, now: Instant, share: f64) {
        if share > LOSSY {
            self.lossy_until = Some(now + LOSSY_FOR);
        }
    }

    fn started(&self) -> Option<&Controller> {
        self.controller.as_deref().filter(|controller| controller.is_started())
    }
}

/// Bytes of the headers in front of each datagram.
fn overhead(over_ipv6: bool) -> usize {
    if over_ipv6 { OVERHEAD_V6 } else { OVERHEAD_V4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    #[test]
    fn an_estimate_is_told_when_it_moved_enough_or_fell_below_what_is_used() {
        let mut congestion = Congestion::new(false, start());
        assert!(!congestion.take_changed());
        congestion.remb(1_000_000);
        assert_eq!((congestion.take_changed(), congestion.take_changed()), (true, false));
        congestion.remb(900_000);
        assert!(!congestion.take_changed());
        congestion.set_demand(950_000, 2_000_000);
        assert_eq!((congestion.take_changed(), congestion.take_changed()), (true, false));
        congestion.remb(2_000_000);
        assert!(congestion.take_changed());
    }

    #[test]
    fn without_feedback_the_receivers_belief_counts_bounded_by_the_loss_it_reports() {
        let now = start();
        let mut congestion = Congestion::new(false, now);
        congestion.remb(1_000_000);
        for second in 0..4 {
            congestion.loss_reported(now + Duration::from_secs(second), 64, 0, Duration::from_millis(100));
        }
        let bounded = congestion.available().expect("known");
        assert!((500_000..900_000).contains(&bounded), "{bounded}");
        assert!(!congestion.must_wait(now) && !congestion.wants_probe(now));
    }

    #[test]
    fn sound_has_a_copy_where_there_is_room_and_a_second_while_much_is_lost() {
        let now = start();
        assert_eq!(Congestion::new(false, now).copies(now), 1);
        let copies = |bits, later| {
            let mut congestion = Congestion::new(false, now);
            congestion.remb(bits);
            congestion.loss_reported(now, 26, 0, Duration::from_millis(100));
            congestion.copies(now + Duration::from_secs(later))
        };
        assert_eq!([copies(140_000, 0), copies(290_000, 0), copies(300_000, 0)], [0, 1, 2]);
        assert_eq!((copies(1_000_000, 9), copies(1_000_000, 10)), (2, 1));
    }

    #[test]
    fn sound_is_sent_again_where_it_is_lost_and_there_is_room() {
        let now = start();
        let repeats = |bits, fraction| {
            let mut congestion = Congestion::new(false, now);
            congestion.remb(bits);
            congestion.loss_reported(now, fraction, 0, Duration::from_millis(100));
            congestion.repeats(now)
        };
        assert_eq!([repeats(1_000_000, 2), repeats(1_000_000, 3), repeats(1_000_000, 16)], [0, 1, 2]);
        assert_eq!([repeats(290_000, 16), repeats(310_000, 16), repeats(460_000, 16)], [0, 1, 2]);
    }

    #[test]
    fn repair_may_cost_what_the_loss_calls_for_and_what_it_costs_is_reckoned_with() {
        let now = start();
        let lossy = |bits, fraction_lost| {
            let mut congestion = Congestion::new(false, now);
            congestion.remb(bits);
            congestion.loss_reported(now, fraction_lost, 0, Duration::from_millis(100));
            congestion
        };
        let repair = |bits, fraction_lost| {
            let Repair { percent, twice } = lossy(bits, fraction_lost).repair();
            (percent, twice)
        };
        assert_eq!(repair(2_000_000, 0), (20, false));
        assert_eq!(repair(2_000_000, 32), (37, false));
        assert_eq!(repair(2_000_000, 64), (160, true));
        assert_eq!(repair(400_000, 64), (60, false), "a narrow line has no room for all of it twice");
        assert_eq!(lossy(2_000_000, 0).after_repair(900_000), 900_000);
        assert_eq!(lossy(2_000_000, 64).after_repair(900_000), 400_000);
        assert_eq!(lossy(2_000_000, 64).with_repair(400_000), 900_000);
    }

    #[test]
    fn where_feedback_was_agreed_on_nothing_else_counts() {
        let mut congestion = Congestion::new(true, start());
        congestion.remb(100_000);
        assert_eq!(congestion.available(), None);
    }
}
