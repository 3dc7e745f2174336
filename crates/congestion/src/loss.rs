//! The bound that follows from loss (gcc-02 §6), without taking a bad radio for a full queue.

use crate::{Micros, seconds};

/// gcc-02 §6: above this share it goes down, below the other up, between them it stays.
const HIGH: f64 = 0.10;
const LOW: f64 = 0.02;
/// gcc-02 §6: the share of the loss by which it goes down.
const STEP: f64 = 0.5;
/// libwebrtc, SendSideBandwidthEstimation: growth per second.
const GROWTH: f64 = 0.08;
/// A judgement takes so many packets and a second, the pace of reports (libwebrtc: 20 packets) ...
const PACKETS: u32 = 20;
const PERIOD: f64 = 1.0;
/// ... unless so many packets show this much at once: that is no chance.
const MANY_PACKETS: u32 = 50;
const HEAVY: f64 = 0.3;
/// The smoothed share is that of about so many packets, and known from so many on.
const SMOOTHED: f64 = 200.0;
const ENOUGH: f64 = 30.0;
/// What is taken for the line's own is never more.
const MOST_INHERENT: f64 = 0.5;
/// libwebrtc: not more often than this after a decrease, plus the round trip.
const PAUSE: Micros = 300_000;
/// A decrease by this much that leaves most of the loss in place shows that the loss is the line's own.
const TRIED: f64 = 0.75;
const LEFT: f64 = 0.7;
/// How fast the loss taken for the line's own shrinks with a lower one.
const FORGET: f64 = 0.2;

/// An upper bound that overload lowers. Loss that less sending does not cure is the line's own, and counts no more.
#[derive(Default)]
pub struct LossBound {
    bound: Option<f64>,
    lost: u32,
    came: u32,
    began: Option<Micros>,
    decreased: Option<Micros>,
    inherent: f64,
    /// Loss and rate when the present series of decreases began.
    series: Option<(f64, f64)>,
    latest: f64,
    /// Share lost of about the last packets, and of how many.
    smooth: f64,
    seen: f64,
}

impl LossBound {
    /// Returns the bound in bits per second; `None` while loss forbids nothing.
    pub fn bound(&self) -> Option<f64> {
        self.bound
    }

    /// Returns the share of packets lost of late, 0 to 1.
    pub fn share(&self) -> f64 {
        self.latest
    }

    /// Returns the share of about the last 200 packets lost, 0 to 1: known sooner than [`LossBound::share`], and
    /// steadier.
    pub fn smooth(&self) -> f64 {
        if self.seen < ENOUGH { 0.0 } else { self.smooth }
    }

    /// Returns the share that is taken for the line's own, 0 to 0.5.
    pub fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Counts packets that arrived and packets that did not. `now` in microseconds of any clock.
    pub fn count(&mut self, came: u32, lost: u32) {
        self.came = self.came.saturating_add(came);
        self.lost = self.lost.saturating_add(lost);
        let total = f64::from(came) + f64::from(lost);
        if total > 0.0 {
            self.seen = (self.seen + total).min(SMOOTHED.max(total));
            self.smooth += (f64::from(lost) / total - self.smooth) * total / self.seen;
        }
    }

    /// Takes back a loss: the packet was only late.
    pub fn late(&mut self) {
        self.lost = self.lost.saturating_sub(1);
        self.came = self.came.saturating_add(1);
        self.smooth = (self.smooth - 1.0 / self.seen.max(1.0)).max(0.0);
    }

    /// Judges what was counted, when it is enough, against the `rate` in bits per second sent at now.
    /// `queueing`: delay says that the line is full, so that loss is no property of it.
    pub fn judge(&mut self, now: Micros, round_trip: Micros, rate: f64, queueing: bool) {
        let began = *self.began.get_or_insert(now);
        let total = self.came.saturating_add(self.lost);
        let elapsed = seconds(began, now);
        let share = f64::from(self.lost) / f64::from(total.max(1));
        let obvious = total >= MANY_PACKETS && share - self.inherent > HEAVY;
        if !obvious && (total < PACKETS || elapsed < PERIOD) {
            return;
        }
        (self.came, self.lost, self.began, self.latest) = (0, 0, Some(now), share);
        if share < self.inherent {
            self.inherent += FORGET * (share - self.inherent);
        }
        let excess = share - self.inherent;
        if excess > HIGH {
            let soon = self.decreased.is_some_and(|at| now.saturating_sub(at) < PAUSE + round_trip);
            if !soon {
                self.decrease(now, share, excess, rate, queueing);
            }
        } else if excess < LOW {
            self.series = None;
            let grown = self.bound.map(|bound| bound * (1.0 + GROWTH * elapsed.min(1.0)) + 1_000.0 * elapsed);
            // Once it is far above what is sent it forbids nothing.
            self.bound = grown.filter(|bound| *bound < 2.0 * rate.max(100_000.0));
        }
    }

    fn decrease(&mut self, now: Micros, share: f64, excess: f64, rate: f64, queueing: bool) {
        let (first_share, first_rate) = *self.series.get_or_insert((share, rate));
        if !queueing && rate <= TRIED * first_rate && share >= LEFT * first_share {
            self.inherent = share.min(MOST_INHERENT);
            self.series = None;
            return;
        }
        self.decreased = Some(now);
        self.bound = Some(rate * (1.0 - STEP * excess));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends at the bound for `seconds` over a line that loses as told, and returns the rate at the end.
    fn run(start: f64, seconds: u64, share: impl Fn(f64, u64) -> f64) -> f64 {
        let mut loss = LossBound::default();
        let mut rate = start;
        for step in 0..seconds * 10 {
            let lost = share(rate, step) * 30.0;
            loss.count((30.0 - lost) as u32, lost as u32);
            loss.judge(step * 100_000, 50_000, rate, false);
            rate = loss.bound().unwrap_or(start).min(start);
        }
        rate
    }

    #[test]
    fn little_loss_forbids_nothing() {
        assert!(run(2e6, 60, |_, _| 0.08) > 1.99e6);
    }

    #[test]
    fn the_recent_share_is_known_after_thirty_packets_and_follows_within_some_hundred() {
        let mut loss = LossBound::default();
        loss.count(10, 10);
        assert_eq!(loss.smooth(), 0.0);
        loss.count(5, 5);
        assert_eq!(loss.smooth(), 0.5);
        for _ in 0..40 {
            loss.count(10, 0);
        }
        assert!((0.0..0.1).contains(&loss.smooth()), "{}", loss.smooth());
    }

    #[test]
    fn a_policed_line_is_found_by_its_loss() {
        let rate = run(2e6, 30, |rate, _| (1.0 - 1e6 / rate).max(0.0));
        assert!((0.8e6..1.3e6).contains(&rate), "{rate}");
    }

    #[test]
    fn a_radio_that_loses_a_third_whatever_is_sent_does_not_bring_it_to_nothing() {
        let rate = run(2e6, 60, |_, step| if step % 3 == 0 { 0.4 } else { 0.27 });
        assert!(rate > 1e6, "{rate}");
    }
}
