//! From rings to a batch: one receiver at a time, all that is pending for it together, so that equally
//! long packets of a frame leave as one run.

use std::time::Instant;

use crate::batch::SendBatch;
use crate::command::MediaKind;
use crate::counters::DropReason;
use crate::endpoint::Control;
use crate::event::Event;
use crate::media::outgoing::Written;
use crate::media::slot::{Drained, Slot};
use crate::sfu::Sfu;
use crate::transport::Drain;

/// Why writing for an endpoint stopped: the batch is full.
struct Full;

impl Sfu {
    /// Writes all that an endpoint is to be sent. `true`: the batch is full and something is left.
    pub(super) fn transmit(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> bool {
        self.allocate(now, index);
        let (packets_before, bytes_before) = out.totals();
        let outcome = self.write_all(now, index, out);
        let (packets, bytes) = out.totals();
        let (packets, bytes) = ((packets - packets_before) as u64, (bytes - bytes_before) as u64);
        self.counters.packets_sent += packets;
        self.counters.bytes_sent += bytes;
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            endpoint.traffic.packets_sent += packets;
            endpoint.traffic.bytes_sent += bytes;
        }
        outcome.is_err()
    }

    fn write_all(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let Some(endpoint) = self.endpoints.get_mut(index) else { return Ok(()) };
        if endpoint.transport.poll_transmit(out) == Drain::Full {
            return Err(Full);
        }
        if endpoint.leaving || !endpoint.can_send() {
            return Ok(());
        }
        self.write_control(now, index, out)?;
        self.write_sound(now, index, out)?;
        self.write_duplicates(now, index, out)?;
        self.write_resends(now, index, out)?;
        self.write_pictures(now, index, out)?;
        self.write_probes(now, index, out)
    }

    fn write_control(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let time = self.time(now);
        let endpoint = &mut self.endpoints[index];
        let (ssrc, round_trip, route) =
            (endpoint.report_ssrc(), endpoint.round_trip(), endpoint.transport.route());
        let (Some(route), Some((_, srtp))) = (route, endpoint.transport.srtp()) else { return Ok(()) };
        let mut control = Control { now, time, lane: out.lane(route), srtp, ssrc, round_trip };
        let sections = &mut self.sections;
        control.wishes(&endpoint.sections, sections).map_err(|_| Full)?;
        let media_ssrc = endpoint.ssrcs.iter().next().unwrap_or_default();
        control.transport_feedback(&mut endpoint.arrivals, media_ssrc).map_err(|_| Full)?;
        if endpoint.report_at > now {
            return Ok(());
        }
        loop {
            let (first, slots) = (endpoint.report_slot, &endpoint.slots);
            let next = control.report(first, slots, &endpoint.sections, sections, &endpoint.cname);
            endpoint.report_slot = next.map_err(|_| Full)?;
            if endpoint.report_slot >= endpoint.slots.len() {
                break;
            }
        }
        endpoint.report_slot = 0;
        endpoint.plan_report(now);
        Ok(())
    }

    /// Sound never waits, whatever the line takes.
    fn write_sound(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let mut waiting = self.dirty_slots(index, MediaKind::Audio);
        while waiting != 0 {
            let position = waiting.trailing_zeros();
            self.write_slot(now, index, position as usize, out)?;
            waiting &= !(1 << position);
        }
        Ok(())
    }

    /// Sends sound again that is due, whatever the line takes: it was made sure that there is room.
    fn write_duplicates(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        while self.endpoints[index].duplicates.deadline().is_some_and(|at| at <= now) {
            let time = self.time(now);
            let Some((_, _, mut outgoing)) = self.endpoints[index].outgoing(now, time, out) else {
                return Ok(());
            };
            if !outgoing.repeat() {
                return Err(Full);
            }
            self.counters.packets_repeated += 1;
        }
        Ok(())
    }

    /// Pictures wait for their turn; who had it last comes last then.
    fn write_pictures(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let first = self.endpoints[index].first_video;
        let mut waiting = self.dirty_slots(index, MediaKind::Video).rotate_right(first);
        while waiting != 0 {
            let turn = waiting.trailing_zeros();
            let position = (turn + first) % u64::BITS;
            let drained = self.write_slot(now, index, position as usize, out)?;
            if drained.held {
                let gets_on = u32::from(drained.packets > 0);
                let endpoint = &mut self.endpoints[index];
                endpoint.first_video = (position + gets_on) % u64::BITS;
                endpoint.congestion.pictures_wait();
                return Ok(());
            }
            waiting &= !(1 << turn);
        }
        Ok(())
    }

    /// Returns a bit for each slot of a kind that may have something to send.
    fn dirty_slots(&self, index: usize, kind: MediaKind) -> u64 {
        let endpoint = &self.endpoints[index];
        let (mut left, mut found) = (endpoint.dirty_slots, 0);
        while left != 0 {
            let position = left.trailing_zeros();
            left &= left - 1;
            // A bit without a slot is cleared with the sound.
            let is_kind = endpoint
                .slots
                .get(position as usize)
                .map_or(kind == MediaKind::Audio, |slot| slot.kind == kind);
            found |= u64::from(is_kind) << position;
        }
        found
    }

    fn write_slot(
        &mut self,
        now: Instant,
        index: usize,
        position: usize,
        out: &mut SendBatch,
    ) -> Result<Drained, Full> {
        let time = self.time(now);
        let endpoint = &mut self.endpoints[index];
        let shown = endpoint.slots.get(position).and_then(|slot| slot.mapping());
        let mut drained = Drained::default();
        if let Some(section) = shown.and_then(|mapping| self.sections.get_mut(mapping.section)) {
            let (copies, repeats) = match section.kind {
                MediaKind::Audio => (endpoint.copies(now), endpoint.repeats(now)),
                MediaKind::Video => (0, 0),
            };
            let Some((slots, codecs, mut outgoing)) = endpoint.outgoing(now, time, out) else {
                return Ok(drained);
            };
            outgoing.paced = section.kind == MediaKind::Video;
            (outgoing.copies, outgoing.repeats) = (copies, repeats);
            let round_trip = section.round_trip;
            drained = slots[position].drain(section, codecs, round_trip, &mut outgoing);
            self.note_drained(index, position, drained);
        }
        if drained.full {
            return Err(Full);
        }
        if !drained.held {
            self.endpoints[index].dirty_slots &= !(1 << position);
        }
        Ok(drained)
    }

    fn note_drained(&mut self, index: usize, position: usize, drained: Drained) {
        self.counters.packets_forwarded += drained.packets;
        for _ in 0..drained.refused {
            self.counters.drop(DropReason::NotForwardable);
        }
        let shown = self.endpoints[index].slots[position].mapping();
        if let Some(mapping) = shown.filter(|_| drained.wants_key_frame) {
            self.attend(mapping.section);
        }
        if let Some(source) = drained.unsupported {
            let endpoint = &self.endpoints[index];
            let (endpoint, mid) = (endpoint.id, endpoint.slots[position].mid);
            self.events.push_back(Event::CodecUnsupported { endpoint, mid, source });
        }
    }

    fn write_resends(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let time = self.time(now);
        while let Some((position, sequence)) = self.endpoints[index].resends.front().copied() {
            let endpoint = &mut self.endpoints[index];
            if endpoint.congestion.must_wait(now) {
                return Ok(());
            }
            let shown = endpoint.slots[usize::from(position)].mapping();
            let section = shown.and_then(|mapping| self.sections.get(mapping.section));
            let round_trip = endpoint.round_trip();
            let Some((slots, codecs, mut outgoing)) = endpoint.outgoing(now, time, out) else {
                return Ok(());
            };
            let slot = &mut slots[usize::from(position)];
            let written =
                section.and_then(|section| slot.resend(sequence, section, codecs, round_trip, &mut outgoing));
            match written {
                Some(Written::Full) => return Err(Full),
                Some(Written::Sent(_)) => self.counters.packets_retransmitted += 1,
                Some(Written::Refused) | None => self.counters.drop(DropReason::NackRefused),
            }
            self.endpoints[index].resends.pop_front();
            let endpoint = &mut self.endpoints[index];
            // Who asks for everything again without losing anything gets no key frames for it.
            let is_lossy = endpoint.congestion.is_lossy();
            let slot = &mut endpoint.slots[usize::from(position)];
            if is_lossy && slot.is_stuck(sequence, round_trip, now) {
                self.picture_lost(now, index, position.into());
            }
        }
        Ok(())
    }

    /// Sends what a burst that looks for more still lacks after the media: in a slot that shows something, if
    /// there is one.
    fn write_probes(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let time = self.time(now);
        while self.endpoints[index].congestion.wants_probe(now) {
            let endpoint = &mut self.endpoints[index];
            let repairs = |slot: &Slot| slot.kind == MediaKind::Video && slot.rtx_ssrc.is_some();
            let shows = |slot: &Slot| repairs(slot) && slot.layer().is_some();
            let slots = &endpoint.slots;
            let Some(position) = slots.iter().position(shows).or_else(|| slots.iter().position(repairs))
            else {
                return Ok(());
            };
            let section = slots[position].mapping().and_then(|mapping| self.sections.get(mapping.section));
            let Some((slots, codecs, mut outgoing)) = endpoint.outgoing(now, time, out) else {
                return Ok(());
            };
            match slots[position].probe(section, codecs, &mut outgoing) {
                Some(Written::Full) => return Err(Full),
                Some(Written::Sent(_)) => self.counters.packets_probing += 1,
                Some(Written::Refused) | None => return Ok(()),
            }
        }
        Ok(())
    }
}
