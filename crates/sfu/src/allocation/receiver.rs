//! What one receiver wants to see, and what its slots were last told.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use crate::allocation::MAX_CANDIDATES;
use crate::allocation::share::Candidate;
use crate::allocation::steady::{Decision, Steady};
use crate::command::View;
use crate::media::aim::Aim;

/// Sources change what they send by themselves; so often is it looked at without other reason.
const REVIEW: Duration = Duration::from_secs(1);

/// One slot as allocation sees it.
#[derive(Clone, Copy, Default)]
struct Place {
    view: View,
    /// Outer `None`: mapped or looked at anew since the last decision.
    told: Option<Option<Aim>>,
    /// Whether it was reported that the line does not carry it.
    held: bool,
}

/// A receiver's wishes and what became of them.
#[derive(Default)]
pub(crate) struct Receiver {
    places: Vec<Place>,
    steady: Steady,
    due: Option<Instant>,
}

/// One slot's part of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// Position of the slot.
    pub slot: usize,
    /// What it may forward; `None` pauses it.
    pub aim: Option<Aim>,
    /// Set when it became held or no longer is.
    pub held: Option<bool>,
}

/// What a decision comes to.
pub(crate) struct Allocation {
    /// One entry per candidate.
    pub told: ArrayVec<Told, MAX_CANDIDATES>,
    /// Bits per second that the pictures cost now.
    pub allocated: u32,
    /// Bits per second that they would cost at their best.
    pub desired: u32,
}

impl Receiver {
    /// Makes room for `slots` slots; those that are there stay.
    pub(crate) fn resize(&mut self, slots: usize) {
        self.places.resize_with(slots, Place::default);
    }

    /// Notes how a slot is looked at from now on, and that it shows something else if `anew`.
    ///
    /// A tile that grew is treated like a new one: who turned to a person sees them well at once.
    pub(crate) fn look(&mut self, now: Instant, slot: usize, view: View, anew: bool) {
        let place = &mut self.places[slot];
        if anew || view.max_height > place.view.max_height || view.rank < place.view.rank {
            place.told = None;
        }
        place.view = view;
        self.review(now);
    }

    /// Asks for a decision now.
    pub(crate) fn review(&mut self, now: Instant) {
        self.due = Some(now);
    }

    /// Returns how a slot is looked at.
    pub(crate) fn view(&self, slot: usize) -> &View {
        &self.places[slot].view
    }

    /// Returns when a decision is due; `None` while there is nothing to show.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Returns whether somebody looks at the slot in vain, because their line does not carry it.
    pub(crate) fn is_held(&self, slot: usize) -> bool {
        self.places[slot].held && self.places[slot].view.max_height > 0
    }

    /// Returns whether the slot was reported as held, and forgets it: it shows something else or nothing.
    pub(crate) fn release(&mut self, slot: usize) -> bool {
        std::mem::take(&mut self.places[slot].held)
    }

    /// Decides what each candidate is shown as. `budget` is for pictures alone, in bits per second.
    pub(crate) fn decide(
        &mut self,
        now: Instant,
        budget: Option<u32>,
        candidates: &[Candidate],
    ) -> Allocation {
        let current: ArrayVec<_, MAX_CANDIDATES> =
            candidates.iter().map(|candidate| self.places[candidate.slot].told).collect();
        let Decision { aims, cost } = self.steady.decide(now, budget, candidates, &current);
        let told =
            candidates.iter().zip(&aims).map(|(candidate, aim)| self.tell(candidate.slot, *aim)).collect();
        let regular = (!candidates.is_empty()).then(|| now + REVIEW);
        self.due = regular.into_iter().chain(self.steady.deadline()).min();
        let best = candidates.iter().filter_map(|candidate| candidate.ladder.last());
        let desired = best.fold(0, |sum: u32, rung| sum.saturating_add(rung.bits_per_second));
        Allocation { told, allocated: cost, desired }
    }

    fn tell(&mut self, slot: usize, aim: Option<Aim>) -> Told {
        let place = &mut self.places[slot];
        place.told = Some(aim);
        let held = aim.is_none();
        let changed = std::mem::replace(&mut place.held, held) != held;
        Told { slot, aim, held: changed.then_some(held) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocation::ladder::Rung;
    use crate::media::tests::start;

    fn camera(slot: usize) -> Candidate {
        let rung = |layer, kilobits: u32| Rung {
            aim: Aim { layer, ..Aim::HIGHEST },
            bits_per_second: kilobits * 1000,
            height: 0,
        };
        Candidate { slot, screen: false, ladder: [rung(0, 150), rung(1, 1500)].into_iter().collect() }
    }

    fn receiver() -> Receiver {
        let mut receiver = Receiver::default();
        receiver.resize(2);
        receiver
    }

    #[test]
    fn a_picture_the_line_does_not_carry_is_reported_once_each_way() {
        let (mut receiver, mut now) = (receiver(), start());
        let mut reports = Vec::new();
        for kilobits in [70, 70, 200, 200, 200, 60] {
            now += REVIEW;
            reports.push(receiver.decide(now, Some(kilobits * 1000), &[camera(1)]).told[0].held);
        }
        assert_eq!(reports, [Some(true), None, None, Some(false), None, Some(true)]);
    }

    #[test]
    fn a_tile_that_grows_is_seen_well_at_once() {
        let (mut receiver, now) = (receiver(), start());
        receiver.look(now, 0, View { max_height: 180, ..View::default() }, true);
        let small: Candidate =
            Candidate { ladder: camera(0).ladder[..1].iter().copied().collect(), ..camera(0) };
        assert_eq!(receiver.decide(now, Some(2_000_000), &[small]).allocated, 150_000);
        receiver.look(now, 0, View::default(), false);
        assert_eq!(receiver.decide(now, Some(2_000_000), &[camera(0)]).allocated, 1_500_000);
    }

    #[test]
    fn decisions_are_due_each_second_while_there_is_something_to_show() {
        let (mut receiver, now) = (receiver(), start());
        receiver.decide(now, None, &[camera(0)]);
        assert_eq!(receiver.deadline(), Some(now + REVIEW));
        receiver.decide(now, None, &[]);
        assert_eq!(receiver.deadline(), None);
    }

    #[test]
    fn what_would_be_best_is_asked_for_even_when_it_does_not_fit() {
        let allocation = receiver().decide(start(), Some(200_000), &[camera(0)]);
        assert_eq!((allocation.allocated, allocation.desired), (150_000, 1_500_000));
    }
}
