//! One receiver's congestion control: what was sent and what feedback says go in, a rate comes out.

use std::time::{Duration, Instant};

use crate::acknowledged::Acknowledged;
use crate::floor::Floor;
use crate::groups::Groups;
use crate::history::{History, Told};
use crate::idle::Idle;
use crate::loss::LossBound;
use crate::pacer::Pacer;
use crate::probe::Probes;
use crate::rate::{Arriving, Rate};
use crate::round_trip::RoundTrip;
use crate::search::{Search, Situation};
use crate::trendline::{Trendline, Usage};
use crate::{Micros, SECOND};

/// Statuses that are looked at for each packet sent, saved up to the second: a few bytes of feedback can claim to be
/// about 65,535 packets, again and again.
const STATUSES_EACH: u32 = 4;
const MOST_STATUSES: u32 = 8192;
/// One tick of feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) in us.
const FEEDBACK_TICK: i64 = 250;
/// Delay of even the fastest packets that shows a queue, in us: more than clocks and schedulers make.
const STANDING: Micros = 5_000;
/// Queue that may stand between us and the receiver, besides what jitter and the feedback's own pace need.
/// libwebrtc's congestion window allows 350 ms; held up at the source nothing is lost, so less will do.
const QUEUE: Micros = 200_000;
const MOST_JITTER: Micros = 200_000;
/// In flight there may always be this much: three packets.
const LEAST_WINDOW: f64 = 3_600.0;
/// No feedback for this long, and a round trip, about what is in flight: only a trickle goes on.
const SILENCE: Micros = 500_000;
/// libwebrtc, RttBasedBackoff: feedback that does not come for 3 s takes a fifth each second.
const BACKOFF_AFTER: Micros = 3 * SECOND;
const BACKOFF_EACH: Micros = SECOND;
const BACKOFF: f64 = 0.8;

/// Between which rates a controller moves, in bits per second.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Where it begins.
    pub start: u32,
    /// What it never goes below: sound.
    pub floor: u32,
    /// What it never goes above.
    pub ceiling: u32,
}

/// What a controller thinks, for people who wonder.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Bits per second that may be sent.
    pub target: u32,
    /// Bits per second that arrive; `None` before half a second of feedback.
    pub acknowledged: Option<u32>,
    /// From sending to feedback, smoothed.
    pub round_trip: Duration,
    /// By how much it is above the shortest of late: queues, mostly.
    pub queue: Duration,
    /// Share of packets lost of late, 0 to 1.
    pub loss: f64,
    /// The same of about the last 200 packets, judged or not.
    pub recent_loss: f64,
    /// Bursts sent to look for more.
    pub probes: u64,
}

/// The congestion control of one receiver.
pub struct Controller {
    origin: Instant,
    bounds: Bounds,
    history: History,
    groups: Groups,
    trendline: Trendline,
    floor: Floor,
    acknowledged: Acknowledged,
    round_trip: RoundTrip,
    rate: Rate,
    loss: LossBound,
    idle: Idle,
    pacer: Pacer,
    probes: Probes,
    search: Search,
    target: f64,
    desired: Option<f64>,
    /// The receiver's clock in ticks, unwrapped.
    clock: Option<i64>,
    started: bool,
    /// Statuses that may still be looked at.
    statuses: u32,
    /// Since when feedback about something in flight is awaited.
    waiting: Option<Micros>,
    silent: bool,
    backed_off: Micros,
    /// The latest time told, in both forms: packets of one turn share it.
    told: (Instant, Micros),
}

/// What one feedback said, summed up.
#[derive(Default)]
struct Summary {
    came: u32,
    lost: u32,
    /// Sending time of the packet that arrived last, and its arrival.
    latest: Option<(Micros, i64)>,
    probed: Option<f64>,
}

impl Controller {
    /// Makes a controller that has heard nothing. Allocates all it will ever need.
    pub fn new(bounds: Bounds, now: Instant) -> Self {
        let start = f64::from(bounds.start);
        Self {
            origin: now,
            bounds,
            history: History::new(),
            groups: Groups::default(),
            trendline: Trendline::new(),
            floor: Floor::default(),
            acknowledged: Acknowledged::default(),
            round_trip: RoundTrip::new(),
            rate: Rate::new(start),
            loss: LossBound::default(),
            idle: Idle::default(),
            pacer: Pacer::new(start),
            probes: Probes::default(),
            search: Search::default(),
            target: start,
            desired: None,
            clock: None,
            started: false,
            statuses: 0,
            waiting: None,
            silent: false,
            backed_off: 0,
            told: (now, 0),
        }
    }

    /// Whether feedback ever came; until then nothing is held up.
    pub fn is_started(&self) -> bool {
        self.started
    }

    /// Returns what may be sent, in bits per second of whole IP packets.
    pub fn target(&self) -> u32 {
        self.target as u32
    }

    /// Takes what would be sent if it could be, in bits per second: more than the target makes it look for more.
    pub fn set_desired(&mut self, desired: u32) {
        self.desired = Some(f64::from(desired));
    }

    /// Notes a packet of `bytes`, IP and UDP headers included, sent now under a transport-wide sequence number.
    /// Numbers have to be used one after the other.
    pub fn sent(&mut self, now: Instant, sequence: u16, bytes: usize) {
        let now = self.micros(now);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        let probe = self.probes.sent(bytes);
        self.history.record(now, sequence, bytes, probe);
        // Nothing is held up, nor held against anyone, before the start value was put to the test.
        if self.search.is_settled() {
            self.pacer.sent(now, bytes, probe != 0);
        }
        self.statuses = (self.statuses + STATUSES_EACH).min(MOST_STATUSES);
        self.waiting.get_or_insert(now);
        self.idle.sent(now, bytes, self.target);
    }

    /// Notes a packet of `bytes`, IP and UDP headers included, sent now without a number: it takes its share of the
    /// line, and nothing will be heard of it.
    pub fn sent_unnumbered(&mut self, now: Instant, bytes: usize) {
        let now = self.micros(now);
        let bytes = u16::try_from(bytes).unwrap_or(u16::MAX);
        if self.search.is_settled() {
            self.pacer.sent(now, bytes, false);
        }
        self.idle.sent(now, bytes, self.target);
    }

    /// Takes one feedback: sequence numbers in rising order, each with its arrival in 250 us ticks of the
    /// receiver's clock (of which 32 bits count), or `None` for what did not arrive.
    pub fn feedback(&mut self, now: Instant, statuses: impl Iterator<Item = (u16, Option<i64>)>) {
        let now = self.micros(now);
        let settled = self.history.settled();
        let mut summary = Summary::default();
        for (sequence, arrival) in statuses.take(self.statuses as usize) {
            self.statuses -= 1;
            let arrival = arrival.map(|ticks| self.unwrap(ticks) * FEEDBACK_TICK);
            if let Some(told) = self.history.report(now, sequence, arrival.is_some()) {
                self.take(now, told, arrival, &mut summary);
            }
        }
        let untold = self.history.settle(settled);
        if let Some((_, arrived)) = summary.latest {
            // Had they been lost, a later feedback would say so: taking them for lost would halve the rate for
            // nothing whenever a feedback is.
            self.acknowledged.packet(arrived, untold);
        }
        if summary.came == 0 && summary.lost == 0 {
            return;
        }
        self.started = true;
        self.silent = false;
        self.waiting = (self.history.in_flight() > 0).then_some(now);
        if let Some((sent, _)) = summary.latest {
            self.round_trip.measured(now, now.saturating_sub(sent));
        }
        self.conclude(now, &summary);
    }

    /// Does what time alone calls for.
    pub fn timeout(&mut self, now: Instant) {
        let now = self.micros(now);
        if !self.started {
            return;
        }
        self.note_silence(now);
        self.idle.advance(now, self.target);
        if self.silent {
            self.back_off(now);
        } else {
            self.look_for_more(now);
        }
    }

    /// Returns when to call [`Controller::timeout`].
    pub fn deadline(&self) -> Option<Instant> {
        if !self.started {
            return None;
        }
        let silence = match (self.waiting, self.silent) {
            (Some(since), false) => Some(since + self.patience()),
            (Some(since), true) => Some((since + BACKOFF_AFTER).max(self.backed_off + BACKOFF_EACH)),
            (None, _) => None,
        };
        let search = self.search.deadline(self.target, self.desired).filter(|_| !self.silent);
        let deadlines = [silence, search, self.probes.deadline()];
        deadlines.into_iter().flatten().min().map(|at| self.instant(at))
    }

    /// Returns when the next packet that can wait may go: it may now when that is not after `now`. What cannot
    /// wait, sound, just goes, and is charged by [`Controller::sent`].
    pub fn next_send(&mut self, now: Instant) -> Instant {
        let at = self.micros(now);
        if !self.started {
            return now;
        }
        self.note_silence(at);
        let full = self.search.is_settled() && self.history.in_flight() as f64 > self.window();
        if full && !self.silent {
            let silence = self.waiting.map_or(at, |since| since + self.patience());
            return self.instant(silence.max(at + 1));
        }
        if self.probes.due(at) > 0 {
            return now;
        }
        let next = self.pacer.next();
        if next > at { self.instant(next) } else { now }
    }

    /// Returns the bytes of a burst that should go out now, by repeated packets or padding where there is no media.
    pub fn probe_due(&mut self, now: Instant) -> usize {
        let now = self.micros(now);
        if self.started && !self.silent { self.probes.due(now) as usize } else { 0 }
    }

    /// Returns what it thinks.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            target: self.target(),
            acknowledged: self.acknowledged.rate().map(|rate| rate as u32),
            round_trip: Duration::from_micros(self.round_trip.usual()),
            queue: Duration::from_micros(self.round_trip.usual().saturating_sub(self.round_trip.least())),
            loss: self.loss.share(),
            recent_loss: self.loss.smooth(),
            probes: self.probes.total(),
        }
    }

    fn take(&mut self, now: Micros, told: Told, arrival: Option<i64>, summary: &mut Summary) {
        let Some(arrived) = arrival else {
            summary.lost += 1;
            return;
        };
        if told.was_lost {
            self.loss.late();
        } else {
            summary.came += 1;
        }
        if summary.latest.is_none_or(|(_, latest)| arrived >= latest) {
            summary.latest = Some((told.sent, arrived));
        }
        self.acknowledged.packet(arrived, told.bytes.into());
        self.floor.packet(told.sent, arrived);
        if let Some(delta) = self.groups.packet(now, told.sent, arrived) {
            let floor = &self.floor;
            self.trendline.update(delta, || floor.rise() > STANDING);
        }
        summary.probed = self.probes.arrived(told.probe, told.sent, arrived, told.bytes).or(summary.probed);
    }

    fn conclude(&mut self, now: Micros, summary: &Summary) {
        let before = self.target;
        let usage = self.trendline.usage();
        let round_trip = self.round_trip.usual();
        // What the line loses on its own was carried up to there: it is part of what the line takes.
        let carried = self.acknowledged.rate().map(|rate| rate / (1.0 - self.loss.inherent()));
        let arriving = Arriving { rate: carried, idle: self.idle.is_idle() };
        self.rate.update(now, usage, arriving, round_trip);
        // A burst says what is possible at least; that it could not say more is no reason to send less.
        if let Some(probed) =
            summary.probed.filter(|rate| usage != Usage::Over && *rate > self.rate.current())
        {
            self.rate.set(now, probed);
        }
        self.loss.count(summary.came, summary.lost);
        let queueing = usage == Usage::Over || self.rate.decreased().is_some_and(|at| now < at + SECOND);
        self.loss.judge(now, round_trip, self.target, queueing);
        self.aim(now);
        if self.target < before {
            self.search.dropped(now, before, self.target);
        }
        self.look_for_more(now);
    }

    fn aim(&mut self, now: Micros) {
        let (floor, ceiling) = (f64::from(self.bounds.floor), f64::from(self.bounds.ceiling));
        let current = self.rate.current().clamp(floor, ceiling);
        self.target = self.loss.bound().map_or(current, |bound| current.min(bound)).max(floor);
        self.pacer.set_target(now, self.target);
    }

    fn look_for_more(&mut self, now: Micros) {
        let situation = Situation {
            now,
            estimate: self.target,
            usage: self.trendline.usage(),
            desired: self.desired,
            ceiling: f64::from(self.bounds.ceiling),
        };
        self.search.run(&situation, &mut self.probes);
    }

    /// While nothing is heard of what is in flight, packets only trickle.
    fn note_silence(&mut self, now: Micros) {
        let silent = self.waiting.is_some_and(|since| now.saturating_sub(since) >= self.patience());
        if silent && !std::mem::replace(&mut self.silent, true) {
            self.search.give_up();
            self.pacer.set_target(now, f64::from(self.bounds.floor));
        }
    }

    fn back_off(&mut self, now: Micros) {
        let due = self.waiting.is_some_and(|since| now.saturating_sub(since) >= BACKOFF_AFTER);
        if due && now.saturating_sub(self.backed_off) >= BACKOFF_EACH {
            self.backed_off = now;
            self.rate.set(now, BACKOFF * self.target);
            self.aim(now);
            self.pacer.set_target(now, f64::from(self.bounds.floor));
        }
    }

    fn patience(&self) -> Micros {
        SILENCE + self.round_trip.usual()
    }

    /// Bytes that may be in flight: what the line takes while feedback is under way, and a bounded queue.
    fn window(&self) -> f64 {
        let jitter = (2 * self.round_trip.deviation()).min(MOST_JITTER);
        let time = self.round_trip.least() + self.round_trip.interval() + QUEUE + jitter;
        (self.target / 8.0 * time as f64 / SECOND as f64).max(LEAST_WINDOW)
    }

    fn unwrap(&mut self, ticks: i64) -> i64 {
        let clock = self.clock.unwrap_or(ticks);
        let clock = clock + i64::from((ticks as u32).wrapping_sub(clock as u32).cast_signed());
        self.clock = Some(clock);
        clock
    }

    fn micros(&mut self, now: Instant) -> Micros {
        if now != self.told.0 {
            self.told = (now, now.saturating_duration_since(self.origin).as_micros() as Micros);
        }
        self.told.1
    }

    fn instant(&self, at: Micros) -> Instant {
        self.origin + Duration::from_micros(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { start: 300_000, floor: 40_000, ceiling: 10_000_000 };

    #[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
    fn controller() -> (Controller, Instant) {
        let now = Instant::now();
        (Controller::new(BOUNDS, now), now)
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn nothing_is_held_up_before_feedback() {
        let (mut controller, now) = controller();
        for sequence in 0..1000 {
            controller.sent(now, sequence, 1200);
        }
        assert_eq!((controller.next_send(now), controller.deadline()), (now, None));
        assert_eq!((controller.probe_due(now), controller.target()), (0, 300_000));
    }

    #[test]
    fn feedback_that_claims_much_costs_no_more_than_what_was_sent() {
        let (mut controller, now) = controller();
        for sequence in 0..100 {
            controller.sent(now, sequence, 1200);
        }
        let mut looked_at = 0;
        for _ in 0..1000 {
            let claims = (0..u16::MAX).map(|sequence| (sequence, None)).inspect(|_| looked_at += 1);
            controller.feedback(now + ms(50), claims);
        }
        assert_eq!(looked_at, 400);
    }

    #[test]
    fn when_feedback_stops_packets_trickle_and_the_rate_shrinks_to_the_floor() {
        let (mut controller, mut now) = controller();
        controller.sent(now, 0, 1200);
        now += ms(50);
        controller.feedback(now, [(0, Some(0))].into_iter());
        let mut trickled = 0;
        for sequence in 1..30_000u16 {
            now += ms(1);
            if controller.deadline().is_some_and(|at| at <= now) {
                controller.timeout(now);
            }
            if controller.next_send(now) <= now {
                controller.sent(now, sequence, 1200);
                trickled += u64::from(sequence > 5_000);
            }
        }
        assert_eq!(controller.target(), BOUNDS.floor);
        // 40 kbit/s are 5,000 bytes per second; numbers skipped do not matter.
        assert!((50..=140).contains(&trickled), "{trickled} packets in 25 s");
    }

    #[test]
    fn a_receivers_clock_that_wraps_is_followed() {
        let (mut controller, mut now) = controller();
        let wrap = 1i64 << 31;
        for sequence in 0..200u16 {
            now += ms(20);
            controller.sent(now, sequence, 500);
            let ticks = wrap - 8_000 + i64::from(sequence) * 80;
            let on_wire = i64::from((ticks as u32).cast_signed());
            controller.feedback(now + ms(30), [(sequence, Some(on_wire))].into_iter());
        }
        let acknowledged = controller.statistics().acknowledged.expect("half a second passed");
        assert!((180_000..220_000).contains(&acknowledged), "{acknowledged}");
    }
}
