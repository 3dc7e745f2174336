//! Between workers: a source that is watched on another worker is copied to it once, in clear, and what its viewers
//! there want comes back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::command::MediaKind;
use crate::counters::DropReason;
use crate::ids::{ConferenceId, SourceId, WorkerId};
use crate::media::mirror::{Home, Lane, Mirror, Relay, Watch};
use crate::media::section::{MAX_LAYERS, Section, Subscriber};
use crate::media::stream::{Arrival, Stream};
use crate::parcel::{Clock, Copied, Note, Parcel};
use crate::sfu::Sfu;
use crate::sfu::commands::Refused;

/// What keeps a parcel from taking more.
struct Full;

impl Sfu {
    /// Says whether something waits for a worker; [`Sfu::pack`] then takes it.
    pub fn has_for(&self, to: WorkerId) -> bool {
        self.peers.get(usize::from(to.0)).is_some_and(|peer| peer.front().is_some())
    }

    /// Puts what waits for a worker into a parcel. `true`: it is full; hand it over and call again.
    pub fn pack(&mut self, now: Instant, to: WorkerId, parcel: &mut Parcel) -> bool {
        while let Some(section) = self.peers.get(usize::from(to.0)).and_then(|peer| peer.front()) {
            let packed = self.fenced_section(now, section, |sfu| sfu.pack_section(now, section, to, parcel));
            if let Some(Err(Full)) = packed {
                return true;
            }
            self.peers[usize::from(to.0)].pop();
        }
        false
    }

    /// Takes what another worker has put into a parcel.
    pub fn unpack(&mut self, now: Instant, from: WorkerId, parcel: &Parcel) {
        for note in parcel.notes() {
            self.take_note(now, from, note);
        }
        for (copied, payload, descriptor) in parcel.copies() {
            let Some(section) = self.mirror_of(copied.source, from) else { continue };
            self.fenced_section(now, section, |sfu| sfu.take_copy(section, copied, payload, descriptor));
        }
    }

    /// Forgets a worker that has ended: nothing is copied to it any more.
    pub fn forget_peer(&mut self, now: Instant, gone: WorkerId) {
        if let Some(peer) = self.peers.get_mut(usize::from(gone.0)) {
            while peer.pop().is_some() {}
        }
        for index in 0..self.sections.capacity() {
            if let Some(section) = self.sections.get_mut(index)
                && section.relays.iter().any(|relay| relay.worker == gone)
            {
                section.relays.retain(|relay| relay.worker != gone);
                self.review_demand(now, index);
            }
        }
    }

    /// Makes the mirror of a source that lives on another worker.
    pub(super) fn mirror(
        &mut self,
        source: SourceId,
        conference: ConferenceId,
        (kind, layers): (MediaKind, u8),
        home: WorkerId,
    ) -> Result<(), Refused> {
        let full = self.counters.mirrors >= self.config.limits.mirrors as u64;
        let unknown = usize::from(home.0) >= self.config.limits.workers;
        if full || unknown || self.sources.contains_key(&source) {
            return Err(Refused);
        }
        let section = Section::mirror(source, conference, kind, layers.into(), Mirror::of(home));
        let index = self.sections.insert(section);
        self.sources.insert(source, index);
        self.counters.mirrors += 1;
        Ok(())
    }

    /// Takes away what is left of a section once its source has ended, if it was a mirror.
    pub(super) fn remove_mirror(&mut self, index: usize) {
        if self.sections.get(index).is_some_and(|section| section.is_mirror()) {
            self.mirror_timers.remove(index);
            self.sections.remove(index);
        }
    }

    /// Lets who fills a section look after it soon: an endpoint of ours, or what is told its home.
    pub(super) fn attend(&mut self, section: usize) {
        match &self.sections[section].home {
            Home::Endpoint(publisher) => self.dirty.mark(*publisher),
            Home::Worker(mirror) => {
                let worker = mirror.worker;
                self.mark_peer(worker, section);
            }
        }
    }

    /// Lets a section's copies go out.
    pub(super) fn mark_relays(&mut self, section: usize) {
        for at in 0..self.sections[section].relays.len() {
            let worker = self.sections[section].relays[at].worker;
            self.mark_peer(worker, section);
        }
    }

    /// Does what is due of mirrors.
    pub(super) fn timeout_mirrors(&mut self, now: Instant) {
        while let Some(index) = self.mirror_timers.pop_due(now) {
            self.fenced_section(now, index, |sfu| {
                let Some(section) = sfu.sections.get_mut(index) else { return };
                // Home tells who speaks and what is active.
                section.timeout(now);
                sfu.review_mirror(now, index);
                sfu.attend(index);
            });
        }
    }

    /// Notes that the publisher's clock is to be told to the mirrors of a section.
    pub(super) fn relay_clock(&mut self, section: usize, layer: usize) {
        for relay in &mut self.sections[section].relays {
            if let Some(lane) = &mut relay.lanes[layer] {
                lane.clock_due = true;
            }
        }
        self.mark_relays(section);
    }

    fn mark_peer(&mut self, worker: WorkerId, section: usize) {
        let place = usize::from(worker.0);
        if place >= self.peers.len() {
            self.peers.resize_with(place + 1, Default::default);
        }
        self.peers[place].mark(section);
    }

    fn mirror_of(&self, source: SourceId, home: WorkerId) -> Option<usize> {
        let index = *self.sources.get(&source)?;
        let is_theirs = |mirror: &Mirror| mirror.worker == home;
        matches!(&self.sections[index].home, Home::Worker(mirror) if is_theirs(mirror)).then_some(index)
    }

    /// Runs one step about a section. A panic in it ends who publishes it, or the mirror.
    fn fenced_section<T>(
        &mut self,
        now: Instant,
        index: usize,
        step: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let outcome = catch_unwind(AssertUnwindSafe(|| step(self)));
        if outcome.is_err() {
            self.counters.faults += 1;
            match self.sections.get(index).map(|section| &section.home) {
                Some(Home::Endpoint(publisher)) => {
                    let publisher = *publisher;
                    self.fault(now, publisher);
                }
                Some(Home::Worker(_)) => {
                    tracing::error!("a mirror was ended because of a bug");
                    self.end_source(now, index);
                    self.remove_mirror(index);
                }
                None => {}
            }
        }
        outcome.ok()
    }

    fn pack_section(
        &mut self,
        now: Instant,
        index: usize,
        to: WorkerId,
        parcel: &mut Parcel,
    ) -> Result<(), Full> {
        let Some(section) = self.sections.get(index) else { return Ok(()) };
        if section.is_mirror() {
            return self.pack_wishes(now, index, parcel);
        }
        let Some(relay) = section.relays.iter().position(|relay| relay.worker == to) else { return Ok(()) };
        for layer in 0..MAX_LAYERS {
            self.pack_layer(now, index, (relay, layer), parcel)?;
        }
        Ok(())
    }

    /// Tells the home of a mirror what is wanted of it.
    fn pack_wishes(&mut self, now: Instant, index: usize, parcel: &mut Parcel) -> Result<(), Full> {
        let section = &mut self.sections[index];
        let Some(source) = section.source else { return Ok(()) };
        let watch = section.watch();
        let round_trip = section.round_trip;
        if !parcel.has_room() {
            return Err(Full);
        }
        if let Home::Worker(mirror) = &mut section.home
            && std::mem::replace(&mut mirror.told, watch) != watch
        {
            parcel.note(Note::Watch { source, watch });
        }
        for layer in 0..MAX_LAYERS {
            if !parcel.has_room() {
                return Err(Full);
            }
            if section.take_key_frame_request(layer, now, round_trip) {
                parcel.note(Note::KeyFrame { source, layer: layer as u8 });
            }
        }
        self.plan_mirror(now, index);
        Ok(())
    }

    /// Copies what came of one layer since the last time.
    fn pack_layer(
        &mut self,
        now: Instant,
        index: usize,
        (relay, layer): (usize, usize),
        parcel: &mut Parcel,
    ) -> Result<(), Full> {
        let run = self.new_epoch();
        let section = &self.sections[index];
        let (Some(source), Some(stream), true) =
            (section.source, section.stream(layer), section.relays[relay].takes(layer))
        else {
            self.sections[index].relays[relay].lanes[layer] = None;
            return Ok(());
        };
        let held = section.relays[relay].lanes[layer].filter(|lane| lane.epoch == stream.epoch);
        let mut lane = held.unwrap_or_else(|| Lane::begin(section, layer, stream, run, now));
        let late = lane.give_up_late(&stream.ring, section.kind, run, now);
        self.counters.drop_many(DropReason::MirrorBusy, late);
        let mut outcome = Ok(());
        let mut copied = 0;
        if lane.clock_due && parcel.has_room() {
            lane.clock_due = false;
            let (offset, round_trip) = (section.clock_offset, section.round_trip);
            let clock = Clock { reported: stream.clock(), offset, round_trip };
            parcel.note(Note::Clock { source, layer: layer as u8, clock });
        }
        while let Some((number, next)) = stream.ring.arrival(lane.cursor) {
            if !parcel.has_room() {
                outcome = Err(Full);
                break;
            }
            if let Some((packet, payload, descriptor)) = stream.ring.get(number) {
                parcel.put(source, (layer as u8, lane.run), packet, payload, descriptor);
                copied += 1;
            }
            lane.cursor = next;
        }
        self.counters.packets_mirrored += copied;
        self.sections[index].relays[relay].lanes[layer] = Some(lane);
        outcome
    }

    fn take_note(&mut self, now: Instant, from: WorkerId, note: &Note) {
        match *note {
            Note::Watch { source, watch } => self.watched_from(now, from, source, watch),
            Note::KeyFrame { source, layer } => {
                let Some(index) = self.sources.get(&source).copied() else { return };
                let section = &mut self.sections[index];
                let round_trip = section.round_trip;
                if let Some(stream) =
                    section.layers.get_mut(usize::from(layer)).and_then(Option::as_deref_mut)
                {
                    stream.requests.want(now, round_trip);
                    self.attend(index);
                }
            }
            Note::Clock { source, layer, clock } => {
                let Some(index) = self.mirror_of(source, from) else { return };
                let section = &mut self.sections[index];
                (section.clock_offset, section.round_trip) = (clock.offset, clock.round_trip);
                let layer = usize::from(layer) % MAX_LAYERS;
                if let Home::Worker(mirror) = &mut section.home {
                    mirror.clocks[layer] = clock.reported;
                }
                if let Some(stream) = section.layers[layer].as_deref_mut() {
                    stream.set_clock(clock.reported);
                }
            }
        }
    }

    /// Takes what the viewers on another worker want of a source that lives here.
    fn watched_from(&mut self, now: Instant, from: WorkerId, source: SourceId, watch: Watch) {
        let Some(index) = self.sources.get(&source).copied() else { return };
        let section = &mut self.sections[index];
        if section.is_mirror() {
            return;
        }
        match section.relays.iter_mut().find(|relay| relay.worker == from) {
            Some(relay) => relay.watch = watch,
            None => section.relays.push(Relay::to(from, watch)),
        }
        section.relays.retain(|relay| relay.watch != Watch::default());
        self.mark_relays(index);
        self.review_demand(now, index);
    }

    /// Keeps a copy as if it had come from its publisher.
    fn take_copy(&mut self, index: usize, copied: &Copied, payload: &[u8], descriptor: &[u8]) {
        let (layer, now) = (usize::from(copied.layer) % MAX_LAYERS, copied.packet.arrived);
        self.begin_run(index, layer, copied);
        let section = &mut self.sections[index];
        let Some(stream) = section.layers[layer].as_deref_mut() else { return };
        let repair = stream.ring.highest() > Some(copied.packet.number);
        let mut packet = copied.packet;
        // Who asks for what is missing is the home.
        packet.codec.nack = false;
        let outcome = stream.accept(&Arrival { packet, payload, descriptor, repair }, section.round_trip);
        match outcome {
            Ok(()) | Err(DropReason::Padding) => {}
            Err(reason) => return self.counters.drop(reason),
        }
        // Home tells who speaks and what is active.
        section.heard(now, packet.audio_level);
        for Subscriber { endpoint, slot } in &section.subscribers {
            self.endpoints[*endpoint].dirty_slots |= 1 << slot;
            self.dirty.mark(*endpoint);
        }
        self.plan_mirror(now, index);
    }

    /// Makes room for a layer's copies, or begins anew where they do not follow those before.
    fn begin_run(&mut self, index: usize, layer: usize, copied: &Copied) {
        let Home::Worker(mirror) = &mut self.sections[index].home else { return };
        if std::mem::replace(&mut mirror.runs[layer], copied.run) == copied.run {
            return;
        }
        let clock = mirror.clocks[layer];
        let epoch = self.new_epoch();
        let section = &mut self.sections[index];
        match section.layers[layer].as_deref_mut() {
            Some(stream) => stream.reset(epoch, None),
            None => {
                let capacity = match section.kind {
                    MediaKind::Audio => self.config.limits.audio_ring,
                    MediaKind::Video => self.config.limits.video_ring,
                };
                let mut stream = Box::new(Stream::new(epoch, capacity, copied.packet.codec));
                stream.set_clock(clock);
                section.layers[layer] = Some(stream);
            }
        }
    }

    fn plan_mirror(&mut self, now: Instant, index: usize) {
        let section = &self.sections[index];
        let streams = section.layers.iter().flatten();
        let requests = streams.filter_map(|stream| stream.requests.deadline()).min();
        if let Some(at) = section.deadline().into_iter().chain(requests).min() {
            self.mirror_timers.insert(index, at.max(now));
        }
    }

    fn review_mirror(&mut self, now: Instant, index: usize) {
        let section = &mut self.sections[index];
        let aims = super::allocate::aims(&self.endpoints, &section.subscribers, &section.relays);
        let sent = section.sent();
        section.demand.review(now, aims, sent);
    }
}
