//! The rate that follows from delay: up carefully, down by what arrived (gcc-02 §5.5).

use crate::trendline::Usage;
use crate::{Micros, SECOND, seconds};

/// gcc-02 §5.5: what is left of the acknowledged bitrate after overuse.
const DECREASE: f64 = 0.85;
/// gcc-02 §5.5: multiplicative growth per second far from the line's capacity.
const GROWTH: f64 = 0.08;
/// gcc-02 §5.5: no more than 1.5 times what arrives, plus a little so that nothing can grow too.
const AHEAD: f64 = 1.5;
const AHEAD_EXTRA: f64 = 10_000.0;
/// gcc-02 §5.5: added to the round trip, it is the time in which half a packet more is tried.
const RESPONSE: f64 = 0.1;
const PACKET_BITS: f64 = 1_200.0 * 8.0;
const FRAMES_PER_SECOND: f64 = 30.0;
/// libwebrtc, AimdRateControl: the least additive growth per second.
const LEAST_GROWTH: f64 = 4_000.0;

/// What arrives at the receiver.
#[derive(Clone, Copy)]
pub(crate) struct Arriving {
    /// Bits per second, once known.
    pub rate: Option<f64>,
    /// Less is sent than could be, so that it says nothing about the line's capacity.
    pub idle: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Hold,
    Increase,
}

/// The delay-based estimate.
pub(crate) struct Rate {
    current: f64,
    state: State,
    capacity: Capacity,
    changed: Micros,
    decreased: Option<Micros>,
}

impl Rate {
    pub(crate) fn new(start: f64) -> Self {
        Self {
            current: start,
            state: State::Hold,
            capacity: Capacity::default(),
            changed: 0,
            decreased: None,
        }
    }

    /// Returns bits per second.
    pub(crate) fn current(&self) -> f64 {
        self.current
    }

    /// Returns when it last went down.
    pub(crate) fn decreased(&self) -> Option<Micros> {
        self.decreased
    }

    /// Sets the rate to one found by other means.
    pub(crate) fn set(&mut self, now: Micros, rate: f64) {
        self.current = rate;
        self.changed = now;
    }

    /// Draws the consequence of one feedback.
    pub(crate) fn update(&mut self, now: Micros, usage: Usage, arriving: Arriving, round_trip: Micros) {
        match usage {
            Usage::Over if self.may_decrease(now, arriving.rate, round_trip) => self.decrease(now, arriving),
            Usage::Over => {}
            // A queue drains: let it.
            Usage::Under => self.state = State::Hold,
            Usage::Normal if self.state == State::Hold => {
                self.state = State::Increase;
                self.changed = now;
            }
            Usage::Normal => self.increase(now, arriving.rate, round_trip),
        }
    }

    /// Once per round trip, which is the soonest that a decrease can show; at once when it is far too much.
    fn may_decrease(&self, now: Micros, acknowledged: Option<f64>, round_trip: Micros) -> bool {
        let waited = now.saturating_sub(self.changed) >= round_trip.clamp(10_000, 200_000);
        let far = acknowledged.is_some_and(|rate| rate < 0.5 * self.current);
        waited || far || self.decreased.is_none()
    }

    fn decrease(&mut self, now: Micros, arriving: Arriving) {
        let target = match arriving.rate {
            Some(rate) => {
                let target = DECREASE * rate;
                if !arriving.idle {
                    self.capacity.overused_at(rate);
                }
                // More arrives than was thought possible: what the line carried before is the better guess.
                let known = self.capacity.estimate().filter(|_| target > self.current);
                known.map_or(target, |capacity| DECREASE * capacity)
            }
            None => self.current / 2.0,
        };
        self.current = self.current.min(target);
        self.state = State::Hold;
        (self.changed, self.decreased) = (now, Some(now));
    }

    fn increase(&mut self, now: Micros, acknowledged: Option<f64>, round_trip: Micros) {
        let elapsed = seconds(self.changed, now).min(1.0);
        self.changed = now;
        if acknowledged.is_some_and(|rate| rate > self.capacity.upper()) {
            self.capacity = Capacity::default();
        }
        let step = if self.capacity.estimate().is_some() {
            self.additive(round_trip) * elapsed
        } else {
            (GROWTH * self.current * elapsed).max(1_000.0 * elapsed)
        };
        let most = acknowledged.map_or(self.current, |rate| AHEAD * rate + AHEAD_EXTRA);
        self.current = self.current.max((self.current + step).min(most));
    }

    /// About half a packet per response time (gcc-02 §5.5).
    fn additive(&self, round_trip: Micros) -> f64 {
        let frame = self.current / FRAMES_PER_SECOND;
        let packets = (frame / PACKET_BITS).ceil().max(1.0);
        let response = round_trip as f64 / SECOND as f64 + RESPONSE;
        (frame / packets / response).max(LEAST_GROWTH)
    }
}

/// What the line carried when it was overused, with its spread: near it the rate grows slowly.
///
/// libwebrtc, LinkCapacityEstimator: exponential average with 0.05, upper bound three deviations away.
#[derive(Default)]
struct Capacity {
    kilobits: Option<f64>,
    /// Variance by the mean.
    deviation: f64,
}

const CAPACITY_SHARE: f64 = 0.05;

impl Capacity {
    fn estimate(&self) -> Option<f64> {
        self.kilobits.map(|kilobits| kilobits * 1e3)
    }

    fn upper(&self) -> f64 {
        self.kilobits.map_or(f64::INFINITY, |kilobits| (kilobits + self.spread(kilobits)) * 1e3)
    }

    fn spread(&self, kilobits: f64) -> f64 {
        3.0 * (self.deviation * kilobits).sqrt()
    }

    fn overused_at(&mut self, rate: f64) {
        let sample = rate / 1e3;
        // Far below what is known: another line, or another flow on it.
        let known = self.kilobits.filter(|known| sample >= known - self.spread(*known));
        if known.is_none() {
            self.deviation = 0.4;
        }
        let known = known.unwrap_or(sample);
        let mean = known + CAPACITY_SHARE * (sample - known);
        let error = mean - sample;
        let deviation =
            (1.0 - CAPACITY_SHARE) * self.deviation + CAPACITY_SHARE * error * error / mean.max(1.0);
        self.deviation = deviation.clamp(0.4, 2.5);
        self.kilobits = Some(mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arriving(rate: f64) -> Arriving {
        Arriving { rate: Some(rate), idle: false }
    }

    #[test]
    fn far_from_the_capacity_it_grows_by_eight_percent_a_second_and_near_it_slowly() {
        let mut rate = Rate::new(1e6);
        for step in 0..=100 {
            rate.update(step * 100_000, Usage::Normal, arriving(2e6), 50_000);
        }
        assert!((rate.current() - 2.15e6).abs() < 1e5, "{}", rate.current());
        rate.update(10_100_000, Usage::Over, arriving(2e6), 50_000);
        assert!((rate.current() - 1.7e6).abs() < 1.0, "{}", rate.current());
        for step in 0..=10 {
            rate.update(10_200_000 + step * 100_000, Usage::Normal, arriving(1.7e6), 50_000);
        }
        let grown = rate.current() - 1.7e6;
        assert!((2e4..8e4).contains(&grown), "{grown} bit/s in a second");
    }

    #[test]
    fn it_never_runs_far_ahead_of_what_arrives() {
        let mut rate = Rate::new(3e5);
        for step in 0..=1000 {
            rate.update(step * 100_000, Usage::Normal, arriving(4e5), 50_000);
        }
        assert!(rate.current() <= 6.1e5);
    }
}
