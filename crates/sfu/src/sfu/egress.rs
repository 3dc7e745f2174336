//! From rings to a batch: one receiver at a time, all that is pending for it together, so that equally
//! long packets of a frame leave as one run.

use std::time::Instant;

use crate::batch::SendBatch;
use crate::counters::DropReason;
use crate::endpoint::Control;
use crate::event::Event;
use crate::media::outgoing::Written;
use crate::media::slot::Drained;
use crate::sfu::Sfu;
use crate::transport::Drain;

/// Why writing for an endpoint stopped: the batch is full.
struct Full;

impl Sfu {
    /// Writes all that an endpoint is to be sent. `true`: the batch is full and something is left.
    pub(super) fn transmit(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> bool {
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
        self.write_slots(now, index, out)?;
        self.write_resends(now, index, out)
    }

    fn write_control(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let time = self.time(now);
        let endpoint = &mut self.endpoints[index];
        let (ssrc, round_trip, route) =
            (endpoint.report_ssrc(), endpoint.round_trip(), endpoint.transport.route());
        let (Some(route), Some((_, srtp))) = (route, endpoint.transport.srtp()) else { return Ok(()) };
        let mut control = Control { now, time, route, batch: out, srtp, ssrc, round_trip };
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

    fn write_slots(&mut self, now: Instant, index: usize, out: &mut SendBatch) -> Result<(), Full> {
        let time = self.time(now);
        while self.endpoints[index].dirty_slots != 0 {
            let endpoint = &mut self.endpoints[index];
            let position = endpoint.dirty_slots.trailing_zeros() as usize;
            let shown = endpoint.slots.get(position).and_then(|slot| slot.mapping());
            if let Some(section) = shown.and_then(|mapping| self.sections.get_mut(mapping.section)) {
                let publisher = section.endpoint;
                let Some((slots, codecs, mut outgoing)) = endpoint.outgoing(now, time, out) else {
                    return Ok(());
                };
                let round_trip = section.round_trip;
                let drained = slots[position].drain(section, codecs, round_trip, &mut outgoing);
                self.note_drained(index, position, publisher, drained);
                if drained.full {
                    return Err(Full);
                }
            }
            let endpoint = &mut self.endpoints[index];
            endpoint.dirty_slots &= !(1 << position);
        }
        Ok(())
    }

    fn note_drained(&mut self, index: usize, position: usize, publisher: usize, drained: Drained) {
        self.counters.packets_forwarded += drained.packets;
        for _ in 0..drained.refused {
            self.counters.drop(DropReason::NotForwardable);
        }
        if drained.wants_key_frame {
            self.dirty.mark(publisher);
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
        }
        Ok(())
    }
}
