//! The RTCP that an endpoint is sent: reports, feedback for its congestion control, wishes.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use slab::Slab;
use srtp::OutboundContext;
use wire::ntp::NtpTime;
use wire::rtcp::{CompoundWriter, ReportBlock};

use crate::batch::Lane;
use crate::media::arrival_log::ArrivalLog;
use crate::media::section::{MAX_LAYERS, Section};
use crate::media::slot::Slot;

/// Plain bytes of one compound packet.
const MAX_COMPOUND: usize = 1180;
/// No further slot is reported on in a packet that is this long.
const FULL_ENOUGH: usize = 1000;
/// Report blocks of one packet (RFC 3550 §6.4.1).
const MAX_BLOCKS: usize = 31;
/// Numbers in one NACK; more wait for the next.
const MAX_NACK: usize = 128;

/// The batch is full: flush it and come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// One endpoint while RTCP for it is written.
pub(crate) struct Control<'a> {
    pub now: Instant,
    pub time: NtpTime,
    pub lane: Lane<'a>,
    pub srtp: &'a mut OutboundContext,
    /// The SSRC we report as.
    pub ssrc: u32,
    pub round_trip: Duration,
}

impl Control<'_> {
    /// Writes what is due of NACK, PLI and FIR to the publisher of these sections.
    pub(crate) fn wishes(&mut self, indices: &[usize], sections: &mut Slab<Section>) -> Result<(), Full> {
        for index in indices {
            let Some(section) = sections.get_mut(*index) else { continue };
            for layer in 0..MAX_LAYERS {
                if section
                    .stream(layer)
                    .is_some_and(|stream| self.is_due(stream.missing.deadline(), stream.requests.deadline()))
                {
                    self.wish(section, layer)?;
                }
            }
        }
        Ok(())
    }

    /// Writes transport-wide feedback if it is due; `ssrc` is any stream of the far end.
    pub(crate) fn transport_feedback(&mut self, arrivals: &mut ArrivalLog, ssrc: u32) -> Result<(), Full> {
        while self.is_due(arrivals.deadline(), None) {
            let sender = self.ssrc;
            self.compound(|out| {
                out.receiver_report(sender, &[]).ok();
                arrivals.write(out, sender, ssrc);
            })?;
        }
        Ok(())
    }

    /// Writes one packet of the regular report, beginning at slot `first`, and returns the slot at
    /// which to go on; all are done when that is behind the last.
    pub(crate) fn report(
        &mut self,
        first: usize,
        slots: &[Slot],
        indices: &[usize],
        sections: &mut Slab<Section>,
        cname: &str,
    ) -> Result<usize, Full> {
        let (now, time, ssrc) = (self.now, self.time, self.ssrc);
        let mut next = first;
        self.compound(|out| {
            let blocks = if first == 0 { blocks(indices, sections, now) } else { ArrayVec::new() };
            let mut blocks = blocks.as_slice();
            while next < slots.len() && out.len() < FULL_ENOUGH {
                let slot = &slots[next];
                next += 1;
                let section = slot.mapping().and_then(|mapping| sections.get(mapping.section));
                if let Some(info) = section.and_then(|section| slot.sender_info(section, now, time)) {
                    out.sender_report(slot.ssrc, &info, std::mem::take(&mut blocks)).ok();
                    out.cname(slot.ssrc, cname.as_bytes()).ok();
                }
            }
            if first == 0 && out.is_empty() {
                out.receiver_report(ssrc, blocks).ok();
                out.cname(ssrc, cname.as_bytes()).ok();
            }
        })?;
        Ok(next)
    }

    fn wish(&mut self, section: &mut Section, layer: usize) -> Result<(), Full> {
        let (now, sender, round_trip) = (self.now, self.ssrc, self.round_trip);
        self.compound(|out| {
            let key_frame = section.take_key_frame_request(layer, now, round_trip);
            let Some(stream) = section.layers[layer].as_deref_mut() else { return };
            let mut lost = ArrayVec::<u16, MAX_NACK>::new();
            stream.missing.ask(now, round_trip, |number| lost.try_push(number as u16).unwrap_or_default());
            let Some(media) = stream.ssrc else { return };
            if lost.is_empty() && !key_frame {
                return;
            }
            out.receiver_report(sender, &[]).ok();
            if !lost.is_empty() {
                stream.totals.nacks += 1;
                out.nack(sender, media, &lost).ok();
            }
            if key_frame && stream.codec.pli {
                stream.totals.plis += 1;
                out.pli(sender, media).ok();
            } else if key_frame {
                let sequence = stream.next_fir();
                out.fir(sender, media, sequence).ok();
            }
        })
    }

    fn is_due(&self, one: Option<Instant>, other: Option<Instant>) -> bool {
        one.into_iter().chain(other).any(|at| at <= self.now)
    }

    /// Writes, seals and commits one compound packet, unless nothing was written.
    fn compound(&mut self, write: impl FnOnce(&mut CompoundWriter<'_>)) -> Result<(), Full> {
        let room = MAX_COMPOUND + srtp::MAX_RTCP_OVERHEAD;
        let Some(mut place) = self.lane.reserve(room) else { return Err(Full) };
        let mut out = CompoundWriter::new(&mut place.bytes()[..MAX_COMPOUND]);
        write(&mut out);
        let len = out.len();
        if len > 0
            && let Ok(sealed) = self.srtp.seal_rtcp(place.bytes(), len)
        {
            place.commit(sealed);
        }
        Ok(())
    }
}

/// What we report of the streams that came, at most as many as one packet takes.
fn blocks(
    indices: &[usize],
    sections: &mut Slab<Section>,
    now: Instant,
) -> ArrayVec<ReportBlock, MAX_BLOCKS> {
    let mut blocks = ArrayVec::new();
    for index in indices {
        let Some(section) = sections.get_mut(*index) else { continue };
        for stream in section.streams() {
            if !blocks.is_full() {
                blocks.extend(stream.report(now));
            }
        }
    }
    blocks
}
