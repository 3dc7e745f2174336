//! When to follow a better budget: down at once, up only when it has held.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use crate::allocation::MAX_CANDIDATES;
use crate::allocation::share::{Candidate, Shares, share};
use crate::media::aim::Aim;

/// An estimate that would just do is not enough to go up.
const MARGIN_PERCENT: u64 = 10;
/// How long the better budget must have held.
const HOLD: Duration = Duration::from_secs(1);

/// What a receiver's slots were last told, and since when more would fit.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    better_since: Option<Instant>,
}

/// What slots are to show from now on.
pub(crate) struct Decision {
    /// In the candidates' order; `None` pauses.
    pub aims: ArrayVec<Option<Aim>, MAX_CANDIDATES>,
    /// What that costs, in bits per second.
    pub cost: u32,
}

impl Steady {
    /// Decides for candidates of which `current` says what they show; `None` inside: a picture that
    /// begins or is paused, `None` outside: one that was mapped anew and takes what it can at once.
    pub(crate) fn decide(
        &mut self,
        now: Instant,
        budget: Option<u32>,
        candidates: &[Candidate],
        current: &[Option<Option<Aim>>],
    ) -> Decision {
        let fits = share(budget, candidates);
        let careful = budget.map(|bits| (u64::from(bits) * 100 / (100 + MARGIN_PERCENT)) as u32);
        let sure = share(careful, candidates);
        let mut pairs = candidates.iter().enumerate().zip(current);
        let rises = |((at, candidate), current): ((usize, &Candidate), &Option<Option<Aim>>)| {
            current.is_some_and(|shown| aim_of(&sure, at, candidate) > shown)
        };
        if !pairs.any(rises) {
            self.better_since = None;
        } else if self.better_since.is_none() {
            self.better_since = Some(now);
        }
        let held = self.better_since.is_some_and(|since| now.saturating_duration_since(since) >= HOLD);
        let mut aims = ArrayVec::new();
        for ((at, candidate), current) in candidates.iter().enumerate().zip(current) {
            let may = aim_of(&fits, at, candidate);
            let safe = aim_of(&sure, at, candidate);
            aims.push(match *current {
                None => may,
                Some(shown) if may <= shown => may,
                Some(shown) => {
                    if held && safe > shown {
                        safe
                    } else {
                        shown
                    }
                }
            });
        }
        if held {
            self.better_since = None;
        }
        let cost = cost(&aims, candidates);
        Decision { aims, cost }
    }

    /// Returns when a rise that waits is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.better_since.map(|since| since + HOLD)
    }
}

fn aim_of(shares: &Shares, at: usize, candidate: &Candidate) -> Option<Aim> {
    shares.rung(at, candidate).map(|rung| rung.aim)
}

/// What aims cost: a step between two rungs counts as the one below.
fn cost(aims: &[Option<Aim>], candidates: &[Candidate]) -> u32 {
    let rung = |(aim, candidate): (&Option<Aim>, &Candidate)| {
        let below = candidate.ladder.iter().rev().find(|rung| Some(rung.aim) <= *aim);
        below.map_or(0, |rung| rung.bits_per_second)
    };
    aims.iter().zip(candidates).map(rung).fold(0, u32::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocation::ladder::Rung;
    use crate::media::tests::start;

    fn aim(layer: u8) -> Aim {
        Aim { layer, ..Aim::HIGHEST }
    }

    fn camera() -> [Candidate; 1] {
        let rung =
            |layer, kilobits: u32| Rung { aim: aim(layer), bits_per_second: kilobits * 1000, height: 0 };
        let ladder = [rung(0, 150), rung(1, 500), rung(2, 1700)].into_iter().collect();
        [Candidate { slot: 0, screen: false, ladder }]
    }

    /// Drives one picture by a budget (kbit/s) for each 100 ms and returns the layers told.
    fn told(first: u8, kilobits: impl IntoIterator<Item = u32>) -> Vec<Option<u8>> {
        let (mut steady, mut now, mut shown) = (Steady::default(), start(), Some(aim(first)));
        let mut layers = Vec::new();
        for budget in kilobits {
            now += Duration::from_millis(100);
            shown = steady.decide(now, Some(budget * 1000), &camera(), &[Some(shown)]).aims[0];
            layers.push(shown.map(|aim| aim.layer));
        }
        layers
    }

    #[test]
    fn a_worse_budget_is_followed_at_once() {
        assert_eq!(told(2, [2000, 600, 70]), [Some(2), Some(1), None]);
    }

    #[test]
    fn a_better_budget_is_followed_after_a_second() {
        let layers = told(0, [600; 15]);
        assert_eq!(layers.iter().position(|layer| *layer == Some(1)), Some(10));
    }

    #[test]
    fn a_budget_that_would_just_do_is_not_followed() {
        assert!(told(0, [510; 30]).iter().all(|layer| *layer == Some(0)));
    }

    #[test]
    fn an_estimate_that_wavers_changes_nothing() {
        let wavering = (0..100).map(|at| if at % 8 < 5 { 700 } else { 300 });
        assert!(told(0, wavering).iter().all(|layer| *layer == Some(0)));
    }

    #[test]
    fn a_picture_mapped_anew_takes_what_fits_at_once() {
        let decision = Steady::default().decide(start(), Some(2_000_000), &camera(), &[None]);
        assert_eq!(decision.aims[0], Some(aim(2)));
        assert_eq!(decision.cost, 1_700_000);
    }
}
