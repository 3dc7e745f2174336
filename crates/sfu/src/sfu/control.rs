//! What the far ends report and wish for (RFC 3550 §6, RFC 4585, RFC 5104).

use std::time::{Duration, Instant};

use wire::rtcp::{Compound, Packet, ReportBlocks, SenderReport};

use crate::command::MediaKind;
use crate::counters::DropReason;
use crate::endpoint::DEFAULT_ROUND_TRIP;
use crate::sfu::Sfu;

/// A longer one is a mistake of the reporter.
const LONGEST_ROUND_TRIP: Duration = Duration::from_secs(10);

impl Sfu {
    pub(super) fn receive_rtcp(
        &mut self,
        now: Instant,
        index: usize,
        datagram: &mut [u8],
    ) -> Result<(), DropReason> {
        let endpoint = &mut self.endpoints[index];
        let (inbound, _) = endpoint.transport.srtp().ok_or(DropReason::NoKeys)?;
        let opened = inbound.open_rtcp(datagram).map_err(super::ingress::open_error)?;
        let mut outcome = Ok(());
        for packet in Compound::new(&datagram[..opened.len]) {
            match packet {
                Ok(packet) => self.take_control(now, index, &packet),
                Err(_) => outcome = Err(DropReason::RtcpMalformed),
            }
        }
        outcome
    }

    fn take_control(&mut self, now: Instant, index: usize, packet: &Packet<'_>) {
        match packet {
            Packet::SenderReport(report) => {
                self.sender_reported(now, index, report);
                self.receiver_reported(now, index, report.reports.clone());
            }
            Packet::ReceiverReport(report) => self.receiver_reported(now, index, report.reports.clone()),
            Packet::Bye(bye) => bye.ssrcs().for_each(|ssrc| self.said_goodbye(index, ssrc)),
            Packet::Nack(nack) => self.nacked(index, nack.media_ssrc, nack.lost()),
            Packet::Pli(pli) => {
                if let Some(slot) = self.endpoints[index].slot_by_ssrc(pli.media_ssrc) {
                    self.endpoints[index].slots[slot].totals.plis += 1;
                    self.picture_lost(now, index, slot);
                }
            }
            Packet::Fir(fir) => {
                for entry in fir.entries() {
                    if let Some(slot) = self.endpoints[index].slot_by_ssrc(entry.ssrc) {
                        self.endpoints[index].slots[slot].totals.firs += 1;
                        self.picture_lost(now, index, slot);
                    }
                }
            }
            Packet::TransportCc(feedback) => {
                self.counters.transport_feedback_received += 1;
                self.endpoints[index].congestion.feedback(now, feedback);
                // The rate may allow what was held up, and a burst may be due.
                self.dirty.mark(index);
            }
            Packet::Remb(remb) => {
                self.counters.remb_received += 1;
                self.endpoints[index].congestion.remb(remb.bitrate_bps);
            }
            Packet::Sdes(_) | Packet::Other(_) => {}
        }
    }

    fn sender_reported(&mut self, now: Instant, index: usize, report: &SenderReport<'_>) {
        let ours = self.time(now);
        let endpoint = &mut self.endpoints[index];
        let Some(target) = endpoint.ssrcs.find(report.ssrc).filter(|target| !target.repair) else { return };
        let offset = endpoint.clock_reported(report.info.ntp, ours);
        for section in &endpoint.sections {
            self.sections[*section].clock_offset = offset;
        }
        let section = endpoint.sections[target.section];
        if let Some(stream) = self.sections[section].layers[target.layer].as_deref_mut() {
            stream.sender_report(&report.info, now);
        }
        self.relay_clock(section, target.layer);
    }

    fn receiver_reported(&mut self, now: Instant, index: usize, reports: ReportBlocks<'_>) {
        let middle = self.time(now).middle();
        let endpoint = &mut self.endpoints[index];
        for block in reports {
            let Some(slot) = endpoint.slot_by_ssrc(block.ssrc) else { continue };
            let is_sound = endpoint.slots[slot].kind == MediaKind::Audio;
            let repeats = if is_sound { endpoint.repeats(now) } else { 0 };
            let slot = &mut endpoint.slots[slot];
            slot.acknowledged = true;
            slot.totals.remote_lost = block.cumulative_lost.into();
            let lost = slot.lost_on_line(block.fraction_lost);
            let usual = endpoint.round_trip.unwrap_or(DEFAULT_ROUND_TRIP);
            endpoint.congestion.loss_reported(now, lost, repeats, usual);
            if block.last_sr == 0 {
                continue;
            }
            let elapsed = middle.wrapping_sub(block.last_sr).wrapping_sub(block.delay_since_last_sr);
            let round_trip = wire::ntp::short_to_duration(elapsed);
            if round_trip <= LONGEST_ROUND_TRIP {
                endpoint.measured(round_trip);
            }
        }
        let round_trip = endpoint.round_trip();
        for section in &endpoint.sections {
            self.sections[*section].round_trip = round_trip;
        }
    }

    fn said_goodbye(&mut self, index: usize, ssrc: u32) {
        let endpoint = &self.endpoints[index];
        if let Some(target) = endpoint.ssrcs.find(ssrc).filter(|target| !target.repair) {
            self.silence(endpoint.sections[target.section]);
        }
    }

    fn nacked(&mut self, index: usize, media_ssrc: u32, lost: impl Iterator<Item = u16>) {
        let endpoint = &mut self.endpoints[index];
        let Some(slot) = endpoint.slot_by_ssrc(media_ssrc) else { return };
        endpoint.slots[slot].totals.nacks += 1;
        for sequence in lost {
            if !endpoint.queue_resend(slot, sequence) {
                self.counters.drop(DropReason::NackRefused);
            }
        }
        self.dirty.mark(index);
    }

    /// Passes a receiver's wish for a key frame on to who publishes what the slot shows.
    pub(super) fn picture_lost(&mut self, now: Instant, index: usize, position: usize) {
        let slot = &mut self.endpoints[index].slots[position];
        if !slot.key_frame_budget.take(now) {
            self.counters.drop(DropReason::KeyFrameBudget);
            return;
        }
        let (Some(mapping), Some(layer)) = (slot.mapping(), slot.layer()) else { return };
        let section = &mut self.sections[mapping.section];
        let round_trip = section.round_trip;
        if let Some(stream) = section.layers[layer].as_deref_mut() {
            stream.requests.want(now, round_trip);
            self.attend(mapping.section);
        }
    }
}
