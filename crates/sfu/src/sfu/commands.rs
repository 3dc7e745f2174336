//! Applies what the control plane asks. A refusal changes nothing and is counted.

use std::time::Instant;

use crate::allocation::Demand;
use crate::command::{Command, EndpointParameters, MediaKind, ReceiveSection, View};
use crate::counters::DropReason;
use crate::endpoint::{Endpoint, MAX_SECTIONS, MAX_SLOTS};
use crate::event::Event;
use crate::ids::{EndpointId, Mid, SourceId};
use crate::media::mirror::Home;
use crate::media::section::{Section, Subscriber};
use crate::media::slot::{Mapping, Slot};
use crate::media::ssrcs::Target;
use crate::sfu::Sfu;
use crate::transport::Transport;

/// The command names something unknown, taken, beyond a limit, or of another conference.
pub(super) struct Refused;

impl Sfu {
    /// Applies one instruction. An impossible one changes nothing and is counted.
    pub fn command(&mut self, now: Instant, command: Command) {
        let outcome = match command {
            Command::AddEndpoint(parameters) => self.add_endpoint(now, &parameters),
            Command::UpdateEndpoint(parameters) => self.update_endpoint(now, &parameters),
            Command::RemoveEndpoint { endpoint } => self.remove_endpoint(now, endpoint),
            Command::Publish { endpoint, source, mid } => self.publish(now, endpoint, source, &mid),
            Command::Unpublish { source } => self.unpublish(now, source),
            Command::SetSourceEnabled { source, enabled } => self.set_enabled(source, enabled),
            Command::MapSlot { endpoint, mid, source, view } => {
                self.map_slot(now, endpoint, &mid, source, view)
            }
            Command::Mirror { source, conference, kind, layers, home } => {
                self.mirror(source, conference, (kind, layers), home)
            }
            Command::RequestStatistics { endpoint, request } => {
                self.answer_statistics(endpoint, request);
                Ok(())
            }
        };
        if outcome.is_err() {
            self.counters.drop(DropReason::CommandRefused);
        }
    }

    fn add_endpoint(&mut self, now: Instant, parameters: &EndpointParameters) -> Result<(), Refused> {
        let full = self.ids.len() >= self.config.limits.endpoints;
        let taken = self.ids.contains_key(&parameters.endpoint)
            || self.ufrags.contains_key(&parameters.local_ice.ufrag);
        if full || taken || !is_within_limits(parameters) {
            return Err(Refused);
        }
        let transport = Transport::new(
            parameters.local_ice.clone(),
            parameters.remote_ice.clone(),
            parameters.remote_fingerprints.clone(),
            &self.identity,
            now,
        );
        let rng = crate::rng::Rng::new(self.rng.next_u64());
        let index =
            self.endpoints.insert(Endpoint::new(parameters, transport, &self.config.limits, rng, now));
        self.endpoints[index].equalises = self.config.equalise;
        self.ids.insert(parameters.endpoint, index);
        self.counters.endpoints += 1;
        self.add_ufrag(index, &parameters.local_ice.ufrag);
        self.describe(index, parameters);
        self.settle(now, index);
        Ok(())
    }

    fn update_endpoint(&mut self, now: Instant, parameters: &EndpointParameters) -> Result<(), Refused> {
        let index = self.index_of(parameters.endpoint)?;
        let endpoint = &mut self.endpoints[index];
        let ufrag = &parameters.local_ice.ufrag;
        let restarts = endpoint.ufrags.last() != Some(ufrag);
        let known = |mid: &Mid| endpoint.sections.iter().any(|section| self.sections[*section].mid == *mid);
        let sections = parameters.receive.iter().filter(|section| !known(&section.mid)).count();
        let slots = parameters.slots.iter().filter(|slot| endpoint.slot_by_mid(&slot.mid).is_none()).count();
        if endpoint.conference != parameters.conference
            || restarts && self.ufrags.contains_key(ufrag)
            || sections + endpoint.sections.len() > MAX_SECTIONS
            || slots + endpoint.slots.len() > MAX_SLOTS
        {
            return Err(Refused);
        }
        if restarts {
            endpoint.transport.restart_ice(parameters.local_ice.clone(), parameters.remote_ice.clone());
            self.add_ufrag(index, ufrag);
        }
        let endpoint = &mut self.endpoints[index];
        endpoint.renegotiate(parameters);
        self.describe(index, parameters);
        self.settle(now, index);
        Ok(())
    }

    fn remove_endpoint(&mut self, now: Instant, endpoint: EndpointId) -> Result<(), Refused> {
        let index = self.index_of(endpoint)?;
        self.endpoints[index].transport.close(now);
        self.detach(now, index);
        Ok(())
    }

    fn publish(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        source: SourceId,
        mid: &Mid,
    ) -> Result<(), Refused> {
        let index = self.index_of(endpoint)?;
        let sections = &self.endpoints[index].sections;
        let section = sections.iter().find(|section| self.sections[**section].mid == *mid).copied();
        let section = section.ok_or(Refused)?;
        if self.sources.contains_key(&source) || self.sections[section].source.is_some() {
            return Err(Refused);
        }
        self.sources.insert(source, section);
        self.counters.sources += 1;
        self.events.extend(self.sections[section].publish(source));
        self.review_demand(now, section);
        Ok(())
    }

    fn unpublish(&mut self, now: Instant, source: SourceId) -> Result<(), Refused> {
        let section = *self.sources.get(&source).ok_or(Refused)?;
        self.end_source(now, section);
        self.sections[section].enabled = true;
        self.remove_mirror(section);
        Ok(())
    }

    /// Closed, the tap lets nothing in; opened, everything begins anew, with a key frame.
    fn set_enabled(&mut self, source: SourceId, enabled: bool) -> Result<(), Refused> {
        let index = *self.sources.get(&source).ok_or(Refused)?;
        if self.sections[index].is_mirror() {
            return Err(Refused);
        }
        if self.sections[index].enabled == enabled {
            return Ok(());
        }
        self.sections[index].enabled = enabled;
        if !enabled {
            self.silence(index);
        }
        for layer in 0..self.sections[index].layers.len() {
            let epoch = self.new_epoch();
            if let Some(stream) = self.sections[index].layers[layer].as_deref_mut() {
                stream.reset(epoch, stream.ssrc);
            }
        }
        for position in 0..self.sections[index].subscribers.len() {
            let subscriber = self.sections[index].subscribers[position];
            let slot = &mut self.endpoints[subscriber.endpoint].slots[subscriber.slot];
            slot.map(slot.mapping());
            self.mark_slot(subscriber);
        }
        Ok(())
    }

    fn map_slot(
        &mut self,
        now: Instant,
        endpoint: EndpointId,
        mid: &Mid,
        source: Option<SourceId>,
        view: View,
    ) -> Result<(), Refused> {
        let index = self.index_of(endpoint)?;
        let slot = self.endpoints[index].slot_by_mid(mid).ok_or(Refused)?;
        let Some(source) = source else {
            self.unmap(now, index, slot);
            return Ok(());
        };
        let section = *self.sources.get(&source).ok_or(Refused)?;
        let shown = &self.sections[section];
        let endpoint = &self.endpoints[index];
        // The wall between conferences: nothing is forwarded across it, whatever is asked.
        if shown.conference != endpoint.conference || shown.kind != endpoint.slots[slot].kind {
            return Err(Refused);
        }
        let mapping = Mapping { section, source };
        let anew = endpoint.slots[slot].mapping() != Some(mapping);
        let subscriber = Subscriber { endpoint: index, slot };
        if anew {
            self.unmap(now, index, slot);
            self.sections[section].subscribers.push(subscriber);
            let slot = &mut self.endpoints[index].slots[slot];
            slot.map(Some(mapping));
            if slot.kind == MediaKind::Video {
                // What was allowed of the picture before says nothing of this one; allocation tells at once.
                slot.aim(None);
            }
            if self.sections[section].is_mirror() {
                self.attend(section);
            }
        }
        self.endpoints[index].receiver.look(now, slot, view, anew);
        self.mark_slot(subscriber);
        Ok(())
    }

    /// Empties a slot.
    pub(super) fn unmap(&mut self, now: Instant, index: usize, slot: usize) {
        let Some(mapping) = self.endpoints[index].slots[slot].mapping() else { return };
        let gone = Subscriber { endpoint: index, slot };
        self.sections[mapping.section].subscribers.retain(|subscriber| *subscriber != gone);
        self.vacate(now, gone);
        self.review_demand(now, mapping.section);
    }

    /// Lets a slot show nothing; the others may share what it took.
    fn vacate(&mut self, now: Instant, subscriber: Subscriber) {
        let endpoint = &mut self.endpoints[subscriber.endpoint];
        let slot = &mut endpoint.slots[subscriber.slot];
        slot.map(None);
        endpoint.receiver.review(now);
        if endpoint.receiver.release(subscriber.slot) {
            let (endpoint, mid) = (endpoint.id, slot.mid);
            self.events.push_back(Event::PictureHeld { endpoint, mid, held: false });
        }
        self.dirty.mark(subscriber.endpoint);
    }

    /// Takes a source's name away and empties the slots that showed it.
    pub(super) fn end_source(&mut self, now: Instant, index: usize) {
        let section = &mut self.sections[index];
        if let Some(source) = section.source.take() {
            self.sources.remove(&source);
            let count = match section.home {
                Home::Endpoint(_) => &mut self.counters.sources,
                Home::Worker(_) => &mut self.counters.mirrors,
            };
            *count -= 1;
        }
        section.relays.clear();
        section.demand = Demand::new(section.layer_count);
        for subscriber in std::mem::take(&mut section.subscribers) {
            self.vacate(now, subscriber);
        }
    }

    /// Tells that a source fell silent.
    pub(super) fn silence(&mut self, index: usize) {
        let events = self.sections[index].fall_silent();
        self.events.extend(events.into_iter().flatten());
    }

    /// Returns a number that no stream has had.
    pub(super) fn new_epoch(&mut self) -> u32 {
        self.next_epoch = self.next_epoch.wrapping_add(1);
        self.next_epoch
    }

    pub(super) fn mark_slot(&mut self, subscriber: Subscriber) {
        self.endpoints[subscriber.endpoint].dirty_slots |= 1 << subscriber.slot;
        self.dirty.mark(subscriber.endpoint);
    }

    fn index_of(&self, endpoint: EndpointId) -> Result<usize, Refused> {
        self.ids.get(&endpoint).copied().ok_or(Refused)
    }

    /// Adds the sections, slots and SSRCs of a description that are not there yet.
    fn describe(&mut self, index: usize, parameters: &EndpointParameters) {
        for description in &parameters.receive {
            let endpoint = &mut self.endpoints[index];
            let known = endpoint.sections.iter().position(|at| self.sections[*at].mid == description.mid);
            let position = known.unwrap_or_else(|| {
                let section = Section::new(index, endpoint.conference, description);
                endpoint.sections.push(self.sections.insert(section));
                endpoint.sections.len() - 1
            });
            self.announce(index, position, description);
        }
        let endpoint = &mut self.endpoints[index];
        for description in &parameters.slots {
            if endpoint.slot_by_mid(&description.mid).is_none() {
                endpoint.slots.push(Slot::new(description, &mut self.rng));
            }
        }
        endpoint.receiver.resize(endpoint.slots.len());
    }

    /// Binds the SSRCs that a description announces for a section.
    fn announce(&mut self, index: usize, section: usize, description: &ReceiveSection) {
        for (layer, (media, rtx)) in
            description.ssrcs.iter().take(crate::media::section::MAX_LAYERS).enumerate()
        {
            self.bind(index, *media, Target { section, layer, repair: false });
            if let Some(rtx) = rtx {
                self.bind(index, *rtx, Target { section, layer, repair: true });
            }
        }
    }

    fn add_ufrag(&mut self, index: usize, ufrag: &str) {
        let ufrags = &mut self.endpoints[index].ufrags;
        if ufrags.is_full() {
            self.ufrags.remove(&ufrags.remove(0));
        }
        ufrags.push(ufrag.to_owned());
        self.ufrags.insert(ufrag.to_owned(), index);
    }
}

fn is_within_limits(parameters: &EndpointParameters) -> bool {
    parameters.receive.len() <= MAX_SECTIONS && parameters.slots.len() <= MAX_SLOTS
}
