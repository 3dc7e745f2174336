//! What fits: the budget shared out among a receiver's pictures, the most important first.
//!
//! First everyone gets the cheapest step there is money for, and the most important picture gets its even if
//! there is money for half of it only: one that stutters is better than none. Then that picture is raised to
//! one that can be watched; then all are raised in turn, a step each, until nothing more fits.

use arrayvec::ArrayVec;

use crate::allocation::MAX_CANDIDATES;
use crate::allocation::ladder::{Ladder, Rung};

/// Lines at which a picture on the stage is good to watch.
const WATCHABLE: u16 = 360;
/// What a shared screen may cost beyond the budget: text is worth a short queue, and its bursts are rare.
const SCREEN_CREDIT: u32 = 500_000;

/// One picture that wants to be shown, the most important first in any list of them.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// Position of its slot.
    pub slot: usize,
    /// Whether it is a shared screen.
    pub screen: bool,
    /// What it could be shown as.
    pub ladder: Ladder,
}

/// For each candidate the rung it gets, none where it is paused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    /// In the candidates' order.
    pub rungs: ArrayVec<Option<usize>, MAX_CANDIDATES>,
}

/// Shares `budget` (bits per second) among candidates; `None` gives everyone their best.
pub(crate) fn share(budget: Option<u32>, candidates: &[Candidate]) -> Shares {
    let Some(budget) = budget else {
        return Shares {
            rungs: candidates.iter().map(|candidate| candidate.ladder.len().checked_sub(1)).collect(),
        };
    };
    let mut purse = Purse { left: i64::from(budget), rungs: candidates.iter().map(|_| None).collect() };
    for (at, candidate) in candidates.iter().enumerate() {
        let cheapest = candidate.ladder.first().map_or(0, |rung| rung.bits_per_second);
        let thin = if at == 0 { cheapest / 2 } else { 0 };
        let credit = if candidate.screen { SCREEN_CREDIT.max(thin) } else { thin };
        purse.raise(at, candidate, i64::from(credit));
    }
    if let Some(first) = candidates.first() {
        while purse.height(0, first).is_some_and(|height| height < WATCHABLE) && purse.raise(0, first, 0) {}
    }
    while candidates.iter().enumerate().fold(false, |raised, (at, one)| purse.raise(at, one, 0) || raised) {}
    Shares { rungs: purse.rungs }
}

/// What is left, and what was bought.
struct Purse {
    left: i64,
    rungs: ArrayVec<Option<usize>, MAX_CANDIDATES>,
}

impl Purse {
    /// Raises a candidate by one rung if that fits; what is paused is raised to its first.
    fn raise(&mut self, at: usize, candidate: &Candidate, credit: i64) -> bool {
        let next = self.rungs[at].map_or(0, |rung| rung + 1);
        let Some(better) = candidate.ladder.get(next) else { return false };
        let paid = self.rungs[at].map_or(0, |rung| candidate.ladder[rung].bits_per_second);
        let price = i64::from(better.bits_per_second) - i64::from(paid);
        if price > self.left + credit {
            return false;
        }
        self.left -= price;
        self.rungs[at] = Some(next);
        true
    }

    fn height(&self, at: usize, candidate: &Candidate) -> Option<u16> {
        self.rungs[at].map(|rung| candidate.ladder[rung].height)
    }
}

impl Shares {
    /// Returns what a candidate gets.
    pub(crate) fn rung(&self, at: usize, candidate: &Candidate) -> Option<Rung> {
        self.rungs.get(at).copied().flatten().map(|rung| candidate.ladder[rung])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::aim::Aim;

    fn camera(slot: usize) -> Candidate {
        let rung = |layer, kilobits: u32, height| Rung {
            aim: Aim { layer, ..Aim::HIGHEST },
            bits_per_second: kilobits * 1000,
            height,
        };
        let ladder = [rung(0, 150, 180), rung(1, 500, 360), rung(2, 1700, 720)].into_iter().collect();
        Candidate { slot, screen: false, ladder }
    }

    fn cameras(count: usize) -> Vec<Candidate> {
        (0..count).map(camera).collect()
    }

    fn cost(shares: &Shares, candidates: &[Candidate]) -> u32 {
        let rungs = candidates.iter().enumerate().filter_map(|(at, candidate)| shares.rung(at, candidate));
        rungs.map(|rung| rung.bits_per_second).sum()
    }

    fn heights(kilobits: u32, candidates: &[Candidate]) -> Vec<u16> {
        let shares = share(Some(kilobits * 1000), candidates);
        let rung = |(at, candidate)| shares.rung(at, candidate).map_or(0, |rung| rung.height);
        candidates.iter().enumerate().map(rung).collect()
    }

    #[test]
    fn without_an_estimate_everyone_is_shown_at_their_best() {
        let candidates = cameras(3);
        assert_eq!(cost(&share(None, &candidates), &candidates), 3 * 1_700_000);
    }

    #[test]
    fn all_are_seen_before_one_is_seen_well() {
        assert_eq!(heights(450, &cameras(3)), [180, 180, 180]);
        assert_eq!(heights(300, &cameras(3)), [180, 180, 0]);
    }

    #[test]
    fn the_stage_is_raised_first_and_the_rest_in_turn() {
        assert_eq!(heights(900, &cameras(3)), [360, 180, 180]);
        assert_eq!(heights(1600, &cameras(3)), [360, 360, 360]);
        assert_eq!(heights(2800, &cameras(3)), [720, 360, 360]);
    }

    #[test]
    fn nothing_is_shown_where_nothing_fits() {
        assert_eq!(heights(70, &cameras(2)), [0, 0]);
    }

    #[test]
    fn the_most_important_picture_is_shown_though_it_does_not_quite_fit() {
        assert_eq!(heights(80, &cameras(2)), [180, 0]);
        assert_eq!(heights(290, &cameras(2)), [180, 0]);
    }

    #[test]
    fn a_shared_screen_may_cost_a_little_more_than_there_is() {
        let mut screen = camera(0);
        screen.screen = true;
        assert_eq!(heights(20, &[screen, camera(1)]), [180, 0]);
    }

    #[test]
    fn never_more_is_spent_than_there_is() {
        for kilobits in (150..8000).step_by(37) {
            let candidates = cameras(5);
            let spent = cost(&share(Some(kilobits * 1000), &candidates), &candidates);
            assert!(spent <= kilobits * 1000);
        }
    }

    #[test]
    fn more_budget_never_shows_less() {
        let candidates = cameras(4);
        let mut before = 0;
        for kilobits in (0..8000).step_by(50) {
            let spent = cost(&share(Some(kilobits * 1000), &candidates), &candidates);
            assert!(spent >= before, "{kilobits} kbit/s buy {spent}, less than {before}");
            before = spent;
        }
    }
}
