//! The engine of one worker: who is where, what comes from whom, and whose turn it is.
//!
//! Only endpoints with something to do are visited: those in the dirty list and those whose deadline
//! has passed. Each step of an endpoint is fenced, so that a bug met by one ends that one only.

mod allocate;
mod commands;
mod control;
mod egress;
mod exchange;
mod ingress;
mod statistics;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use slab::Slab;
use wire::ntp::NtpTime;

use crate::batch::SendBatch;
use crate::config::Config;
use crate::counters::Counters;
use crate::dirty::DirtyList;
use crate::endpoint::Endpoint;
use crate::event::{CloseReason, Event, TransportState};
use crate::ids::{EndpointId, Route, SourceId};
use crate::media::bucket::Bucket;
use crate::media::section::Section;
use crate::rng::Rng;
use crate::timers::TimerWheel;
use crate::transport::{DtlsIdentity, TransportEvent};
use ingress::{DOUBTED_CHECKS_PER_SECOND, RouteState};

/// All endpoints of one worker, driven as the crate's documentation says.
pub struct Sfu {
    config: Config,
    identity: DtlsIdentity,
    rng: Rng,
    counters: Counters,
    endpoints: Slab<Endpoint>,
    sections: Slab<Section>,
    // Keyed by what others choose: the standard hasher is keyed per process, and nothing iterates.
    ids: HashMap<EndpointId, usize>,
    ufrags: HashMap<String, usize>,
    routes: HashMap<Route, RouteState>,
    sources: HashMap<SourceId, usize>,
    dirty: DirtyList,
    timers: TimerWheel<usize>,
    /// Sections with something for another worker, by its number.
    peers: Vec<DirtyList>,
    mirror_timers: TimerWheel<usize>,
    /// A few per datagram, command and endpoint, and drained by the driver each turn.
    events: VecDeque<Event>,
    handshakes: usize,
    /// Verifications of checks that are probably wrong.
    doubted_checks: Bucket,
    next_epoch: u32,
    /// The latest time told, in both forms: what is done in one turn shares it.
    told: (Instant, NtpTime),
}

impl Sfu {
    /// Makes an engine without endpoints.
    pub fn new(config: Config) -> Self {
        Self {
            identity: DtlsIdentity::from(&config.certificate),
            rng: Rng::new(config.seed),
            counters: Counters::default(),
            endpoints: Slab::new(),
            sections: Slab::new(),
            ids: HashMap::new(),
            ufrags: HashMap::new(),
            routes: HashMap::new(),
            sources: HashMap::new(),
            dirty: DirtyList::default(),
            timers: TimerWheel::new(config.started, config.limits.endpoints),
            peers: Vec::new(),
            mirror_timers: TimerWheel::new(config.started, config.limits.mirrors),
            events: VecDeque::with_capacity(64),
            handshakes: 0,
            doubted_checks: Bucket::new(DOUBTED_CHECKS_PER_SECOND, DOUBTED_CHECKS_PER_SECOND, config.started),
            next_epoch: 0,
            told: (config.started, NtpTime::from_unix(config.unix_time_at_start)),
            config,
        }
    }

    /// Does what is due. Cheap when nothing is.
    pub fn timeout(&mut self, now: Instant) {
        while let Some(index) = self.timers.pop_due(now) {
            self.fenced(now, index, |sfu| sfu.timeout_of(now, index));
        }
        self.timeout_mirrors(now);
    }

    /// Writes what is to be sent. `true`: the batch is full; flush it and call again.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool {
        while let Some(index) = self.dirty.front() {
            if self.fenced(now, index, |sfu| sfu.transmit(now, index, out)).unwrap_or(false) {
                return true;
            }
            self.dirty.pop();
            self.rest(now, index);
        }
        false
    }

    /// Returns the next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns when [`Sfu::timeout`] wants to be called; `None` while nothing waits.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let deadlines = [self.timers.next_deadline(), self.mirror_timers.next_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Returns the worker's totals.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Runs one step of one endpoint. A panic in it ends that endpoint, whose state nobody can vouch for.
    fn fenced<T>(&mut self, now: Instant, index: usize, step: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(|| step(self)));
        if outcome.is_err() {
            self.counters.faults += 1;
            self.fault(now, index);
        }
        outcome.ok()
    }

    fn fault(&mut self, now: Instant, index: usize) {
        let Some(endpoint) = self.endpoints.get(index) else { return };
        let (id, told) = (endpoint.id, endpoint.leaving);
        tracing::error!("an endpoint was ended because of a bug");
        self.detach(now, index);
        self.remove(index);
        if !told {
            let state = TransportState::Closed(CloseReason::Fault);
            self.events.push_back(Event::TransportStateChanged { endpoint: id, state });
        }
    }

    fn timeout_of(&mut self, now: Instant, index: usize) {
        let Some(endpoint) = self.endpoints.get_mut(index) else { return };
        endpoint.wake = None;
        #[cfg(test)]
        assert!(!endpoint.fail_next_step, "a bug of ours, injected");
        endpoint.transport.timeout(now);
        endpoint.congestion.timeout(now);
        for section in &endpoint.sections {
            let events = self.sections[*section].timeout(now);
            self.events.extend(events.into_iter().flatten());
        }
        self.review_sent(now, index);
        self.settle(now, index);
    }

    /// Draws the consequences of whatever a transport just did.
    fn settle(&mut self, now: Instant, index: usize) {
        while let Some(event) =
            self.endpoints.get_mut(index).and_then(|endpoint| endpoint.transport.poll_event())
        {
            match event {
                TransportEvent::StateChanged(state) => self.state_changed(now, index, state),
                TransportEvent::RouteAdded(route) => self.add_route(now, index, route),
                TransportEvent::RouteRemoved(route) => self.remove_route(index, route),
            }
        }
        let Some(endpoint) = self.endpoints.get_mut(index) else { return };
        let handshaking = endpoint.transport.is_handshaking() && !endpoint.leaving;
        self.handshakes -= usize::from(endpoint.handshaking);
        self.handshakes += usize::from(handshaking);
        endpoint.handshaking = handshaking;
        self.dirty.mark(index);
    }

    fn state_changed(&mut self, now: Instant, index: usize, state: TransportState) {
        let endpoint = &mut self.endpoints[index];
        self.events.push_back(Event::TransportStateChanged { endpoint: endpoint.id, state });
        match state {
            TransportState::Connected => {
                endpoint.dirty_slots = u64::MAX;
                endpoint.report_soon(now);
                let Some((inbound, _)) = endpoint.transport.srtp() else { return };
                for ssrc in endpoint.ssrcs.iter() {
                    inbound.pin(ssrc);
                }
            }
            TransportState::Closed(_) => self.detach(now, index),
            TransportState::Connecting | TransportState::Interrupted => {}
        }
    }

    /// Takes an endpoint out of all tables and its sources off all slots; what is left of it only says
    /// goodbye.
    fn detach(&mut self, now: Instant, index: usize) {
        let endpoint = &mut self.endpoints[index];
        if std::mem::replace(&mut endpoint.leaving, true) {
            return;
        }
        self.counters.endpoints -= 1;
        self.counters.ssrcs -= endpoint.ssrcs.len() as u64;
        self.handshakes -= usize::from(std::mem::take(&mut endpoint.handshaking));
        self.ids.remove(&endpoint.id);
        for ufrag in endpoint.ufrags.drain(..) {
            self.ufrags.remove(&ufrag);
        }
        for route in std::mem::take(&mut endpoint.routes) {
            self.forget_route(index, route);
        }
        for slot in 0..self.endpoints[index].slots.len() {
            self.unmap(now, index, slot);
        }
        for section in std::mem::take(&mut self.endpoints[index].sections) {
            self.end_source(now, section);
            self.sections.remove(section);
        }
        self.dirty.mark(index);
    }

    fn remove(&mut self, index: usize) {
        self.timers.remove(index);
        self.endpoints.remove(index);
    }

    /// Lets an endpoint rest until its next deadline, or for good.
    fn rest(&mut self, now: Instant, index: usize) {
        let Some(endpoint) = self.endpoints.get(index) else { return };
        if endpoint.leaving {
            return self.remove(index);
        }
        if let Some(at) = self.deadline(now, endpoint) {
            self.wake_at(index, at.max(now));
        }
    }

    /// Makes sure that an endpoint is looked at by `at`; an earlier look re-plans.
    fn wake_at(&mut self, index: usize, at: Instant) {
        let endpoint = &mut self.endpoints[index];
        if endpoint.wake.is_none_or(|wake| at < wake) {
            endpoint.wake = Some(at);
            self.timers.insert(index, at);
        }
    }

    fn deadline(&self, now: Instant, endpoint: &Endpoint) -> Option<Instant> {
        let mut earliest = Earliest(endpoint.transport.deadline());
        let sections = || endpoint.sections.iter().map(|section| &self.sections[*section]);
        sections().for_each(|section| earliest.note(section.deadline()));
        if endpoint.transport.route().is_none() || !endpoint.can_send() {
            return earliest.0;
        }
        for stream in sections().flat_map(|section| section.layers.iter().flatten()) {
            earliest.note(stream.missing.deadline());
            earliest.note(stream.requests.deadline());
        }
        earliest.note(endpoint.congestion.deadline(now));
        earliest.note(endpoint.arrivals.deadline());
        earliest.note(endpoint.receiver.deadline());
        earliest.note(endpoint.duplicates.deadline());
        earliest.note(Some(endpoint.report_at));
        earliest.0
    }

    /// Returns our wall clock at `now`.
    fn time(&mut self, now: Instant) -> NtpTime {
        if now != self.told.0 {
            let since_start = now.saturating_duration_since(self.config.started);
            self.told = (now, NtpTime::from_unix(self.config.unix_time_at_start + since_start));
        }
        self.told.1
    }
}

/// The earliest of the moments it is told.
struct Earliest(Option<Instant>);

impl Earliest {
    fn note(&mut self, moment: Option<Instant>) {
        if let Some(at) = moment
            && self.0.is_none_or(|earliest| at < earliest)
        {
            self.0 = Some(at);
        }
    }
}
