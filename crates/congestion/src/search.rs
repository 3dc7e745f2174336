//! When to look for more than is used: at the start, when more is wanted, after a drop.
//!
//! Rules and numbers are libwebrtc's (ProbeController). It probes for demand whether or not the sender idles:
//! a forwarder that may send only whole layers would else wait for ever for the step to the next one.

use crate::probe::Probes;
use crate::trendline::Usage;
use crate::{Micros, SECOND};

/// First bursts, times the start value.
const FIRST: [f64; 2] = [3.0, 6.0];
/// A result above this share of what was tried calls for a further burst at twice the estimate.
const FOUND: f64 = 0.7;
const FURTHER: f64 = 2.0;
/// A burst without a result is forgotten after this long.
const PATIENCE: Micros = SECOND;
/// Between two looks for more.
const PAUSE: Micros = 5 * SECOND;
/// A drop below this share is worth a look afterwards, at this share of what was there, unless it is too long ago.
const DROP: f64 = 0.66;
const RECOVERED: f64 = 0.85;
const DROP_AGE: Micros = 5 * SECOND;
/// Bursts are not above so many times what is wanted.
const MOST: f64 = 2.0;
/// More is wanted when it is more by this much.
const MARGIN: f64 = 1.05;

/// The state of the controller that a decision to probe depends on.
#[derive(Clone, Copy)]
pub(crate) struct Situation {
    pub now: Micros,
    /// Bits per second.
    pub estimate: f64,
    pub usage: Usage,
    /// What would be used, if it is known.
    pub desired: Option<f64>,
    pub ceiling: f64,
}

/// What was tried and when to try again.
#[derive(Default)]
pub(crate) struct Search {
    begun: bool,
    /// The first search ended: the estimate is no longer a guess.
    settled: bool,
    /// The rate of the latest burst and when it was planned.
    awaited: Option<(f64, Micros)>,
    last: Micros,
    /// The estimate before a drop, and when it fell.
    before_drop: Option<(f64, Micros)>,
}

impl Search {
    /// Notes that overuse brought the estimate down.
    pub(crate) fn dropped(&mut self, now: Micros, from: f64, to: f64) {
        // A drop in several steps is one drop.
        let highest = self.before_drop.filter(|(_, at)| now.saturating_sub(*at) < DROP_AGE);
        let from = highest.map_or(from, |(rate, _)| rate.max(from));
        self.before_drop = (to < DROP * from).then_some((from, now)).or(highest);
        self.give_up();
    }

    /// Notes that nothing will be heard of what was tried.
    pub(crate) fn give_up(&mut self) {
        self.awaited = None;
        self.settled = true;
    }

    /// Whether the estimate rests on more than the start value.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Plans bursts as the situation calls for.
    pub(crate) fn run(&mut self, situation: &Situation, probes: &mut Probes) {
        let Situation { now, estimate, usage, desired, ceiling } = *situation;
        let most = desired.map_or(ceiling, |desired| ceiling.min(MOST * desired)).max(estimate);
        if !std::mem::replace(&mut self.begun, true) {
            for factor in FIRST {
                self.plan(now, (factor * estimate).min(most), probes);
            }
            return;
        }
        if let Some((rate, at)) = self.awaited {
            let wanted = desired.is_none_or(|desired| desired > estimate);
            if estimate > FOUND * rate && wanted && rate < most {
                self.plan(now, (FURTHER * estimate).min(most), probes);
            } else if now.saturating_sub(at) > PATIENCE {
                self.give_up();
            }
            return;
        }
        if usage != Usage::Normal || now < self.last + PAUSE || probes.is_busy() {
            return;
        }
        let before = self.before_drop.take().filter(|(_, at)| now.saturating_sub(*at) < DROP_AGE);
        if let Some((rate, _)) = before {
            // A long burst far above what the line takes would stay in its queue for a third of a second.
            self.plan(now, (RECOVERED * rate).min(FURTHER * estimate).min(most), probes);
        } else if desired.is_some_and(|desired| desired > MARGIN * estimate) {
            self.plan(now, (FURTHER * estimate).min(most), probes);
        }
    }

    /// Returns when to run again although nothing else happens.
    pub(crate) fn deadline(&self, estimate: f64, desired: Option<f64>) -> Option<Micros> {
        let awaited = self.awaited.map(|(_, at)| at + PATIENCE + 1);
        let wanted = desired.is_some_and(|desired| desired > MARGIN * estimate);
        awaited.or_else(|| wanted.then_some(self.last + PAUSE))
    }

    fn plan(&mut self, now: Micros, rate: f64, probes: &mut Probes) {
        probes.plan(rate);
        self.awaited = Some((rate, now));
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(now: Micros, estimate: f64, desired: f64) -> Situation {
        Situation { now, estimate, usage: Usage::Normal, desired: Some(desired), ceiling: 1e7 }
    }

    /// Runs for `seconds` with a line on which every burst up to `capacity` succeeds; returns the estimate.
    fn search(search: &mut Search, from: f64, desired: f64, capacity: f64, seconds: u64) -> f64 {
        let mut probes = Probes::default();
        let mut estimate = from;
        for now in (0..seconds * SECOND).step_by(100_000) {
            search.run(&situation(now, estimate, desired), &mut probes);
            while probes.due(now) > 0 {
                probes.sent(1200);
                if let Some((rate, _)) = search.awaited {
                    estimate = estimate.max(rate.min(capacity));
                }
            }
        }
        estimate
    }

    #[test]
    fn it_goes_up_step_by_step_while_that_succeeds_and_more_is_wanted() {
        let estimate = search(&mut Search::default(), 3e5, 5e6, 1e8, 3);
        assert!((5e6..=1e7).contains(&estimate), "{estimate}");
        let estimate = search(&mut Search::default(), 3e5, 4e5, 1e8, 60);
        assert!((4e5..=8e5).contains(&estimate), "{estimate}");
    }

    #[test]
    fn a_demand_that_comes_later_is_looked_for_even_if_little_is_sent() {
        let mut looking = Search::default();
        let before = search(&mut looking, 3e5, 1e5, 1e8, 20);
        looking.last = 0;
        assert!(search(&mut looking, before, 3e6, 1e8, 20) >= 3e6);
    }

    #[test]
    fn a_drop_is_looked_into_once_it_is_over() {
        let (mut looking, mut probes) = (Search { begun: true, ..Search::default() }, Probes::default());
        looking.dropped(20 * SECOND, 2e6, 8e5);
        looking.run(&situation(21 * SECOND, 8e5, 5e5), &mut probes);
        assert_eq!(looking.awaited.map(|(rate, _)| rate), Some(1e6));
    }
}
