//! Carries out what allocation decides: slots are aimed, publishers learn what is watched.

use std::time::Instant;

use arrayvec::ArrayVec;
use slab::Slab;

use crate::allocation::{Candidate, MAX_CANDIDATES, Told, ladder};
use crate::command::MediaKind;
use crate::endpoint::Endpoint;
use crate::event::Event;
use crate::media::aim::Aim;
use crate::media::mirror::{Home, Relay};
use crate::media::section::Subscriber;
use crate::sfu::Sfu;

/// What one voice takes of a line, headers included: Opus at its usual 32–40 kbit/s, 50 packets per second.
const VOICE_BITS_PER_SECOND: u32 = 60_000;
/// What a copy of an earlier frame in each packet adds to it (RFC 2198).
const COPY_BITS_PER_SECOND: u32 = 36_000;
/// Voices at once that are reckoned with; more than that nobody follows.
const VOICES: u32 = 3;

impl Sfu {
    /// Decides anew what an endpoint's slots show, if that is due.
    pub(super) fn allocate(&mut self, now: Instant, index: usize) {
        let Some(endpoint) = self.endpoints.get_mut(index) else { return };
        let moved = endpoint.congestion.take_changed();
        let due = endpoint.receiver.deadline().is_some_and(|at| at <= now);
        if endpoint.leaving || !moved && !due {
            return;
        }
        let candidates = self.candidates(now, index);
        let endpoint = &mut self.endpoints[index];
        let voices =
            endpoint.slots.iter().filter(|slot| slot.kind == MediaKind::Audio && slot.mapping().is_some());
        let copies = endpoint.copies(now) as u32 * COPY_BITS_PER_SECOND;
        let voice = VOICE_BITS_PER_SECOND * u32::from(1 + endpoint.repeats(now));
        let sound = (voice + copies) * (voices.count() as u32).min(VOICES);
        let budget = endpoint.congestion.available();
        let budget = budget.map(|bits| endpoint.congestion.after_repair(bits.saturating_sub(sound)));
        let allocation = endpoint.receiver.decide(now, budget, &candidates);
        // To rise to the best takes an estimate above it; to look for just as much would end short of that.
        let [allocated, desired] = [allocation.allocated, allocation.desired]
            .map(|bits| endpoint.congestion.with_repair(bits).saturating_add(sound));
        endpoint.congestion.set_demand(allocated, desired / 100 * 115);
        for told in &allocation.told {
            self.tell(now, index, told);
        }
    }

    /// Looks at what a source's viewers are given, and tells its owner if more is wanted.
    pub(super) fn review_demand(&mut self, now: Instant, section: usize) {
        let shown = &mut self.sections[section];
        let Some(source) = shown.source else { return };
        let mut more = None;
        if shown.kind == MediaKind::Video {
            let aims = aims(&self.endpoints, &shown.subscribers, &shown.relays);
            more = shown.demand.watched(now, aims);
        }
        let Home::Endpoint(publisher) = shown.home else { return self.attend(section) };
        let deadline = shown.demand.deadline();
        if let Some(layers) = more {
            self.events.push_back(Event::LayersWanted { source, layers });
        }
        if let Some(at) = deadline {
            self.wake_at(publisher, at);
        }
    }

    /// Lets an endpoint's sources stop what nobody has watched for a while, and send something smaller in place of
    /// what does not come.
    pub(super) fn review_sent(&mut self, now: Instant, index: usize) {
        for at in &self.endpoints[index].sections {
            let section = &mut self.sections[*at];
            let Some(source) = section.source else { continue };
            let aims = aims(&self.endpoints, &section.subscribers, &section.relays);
            if let Some(layers) = section.demand.review(now, aims, section.sent()) {
                self.events.push_back(Event::LayersWanted { source, layers });
            }
        }
    }

    /// What an endpoint could be shown, the most important first; pictures off screen are paused here.
    fn candidates(&mut self, now: Instant, index: usize) -> ArrayVec<Candidate, MAX_CANDIDATES> {
        let endpoint = &mut self.endpoints[index];
        let mut candidates: ArrayVec<Candidate, MAX_CANDIDATES> = ArrayVec::new();
        let mut unseen: ArrayVec<usize, MAX_CANDIDATES> = ArrayVec::new();
        for (slot, shown) in endpoint.slots.iter_mut().enumerate() {
            let Some(mapping) = shown.mapping().filter(|_| shown.kind == MediaKind::Video) else { continue };
            let view = endpoint.receiver.view(slot);
            if view.max_height == 0 {
                shown.aim(None);
                unseen.push(mapping.section);
                continue;
            }
            let section = &self.sections[mapping.section];
            let ladder = ladder(&section.steps(now), section.layer_count, view);
            candidates.push(Candidate { slot, screen: view.screen, ladder });
        }
        candidates.sort_by_key(|candidate| endpoint.receiver.view(candidate.slot).rank);
        for section in unseen {
            self.review_demand(now, section);
        }
        candidates
    }

    fn tell(&mut self, now: Instant, index: usize, told: &Told) {
        let endpoint = &mut self.endpoints[index];
        let slot = &mut endpoint.slots[told.slot];
        if let Some(held) = told.held {
            let (endpoint, mid) = (endpoint.id, slot.mid);
            self.events.push_back(Event::PictureHeld { endpoint, mid, held });
        }
        if slot.aimed() == told.aim {
            return;
        }
        slot.aim(told.aim);
        let section = slot.mapping().map(|mapping| mapping.section);
        self.endpoints[index].dirty_slots |= 1 << told.slot;
        if let Some(section) = section {
            self.review_demand(now, section);
        }
    }
}

/// What each of these subscribers is given; the smallest for one whose line does not carry any, so that there is
/// something to see as soon as it does. Then what viewers on other workers are given.
pub(super) fn aims<'a>(
    endpoints: &'a Slab<Endpoint>,
    subscribers: &'a [Subscriber],
    relays: &'a [Relay],
) -> impl Iterator<Item = Option<Aim>> + 'a {
    let smallest = Aim { layer: 0, ..Aim::HIGHEST };
    let here = subscribers.iter().map(move |subscriber| {
        let endpoint = &endpoints[subscriber.endpoint];
        let held = endpoint.receiver.is_held(subscriber.slot).then_some(smallest);
        endpoint.slots[subscriber.slot].aimed().or(held)
    });
    here.chain(relays.iter().flat_map(|relay| relay.watch.aims()))
}
