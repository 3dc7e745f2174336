//! One participant's counterpart: its transport, what it sends, what it is shown.

mod congestion;
mod control;
mod demux;
mod repetition;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use wire::ext::{ExtensionKind, ExtensionMap};
use wire::ntp::NtpTime;

pub(crate) use self::congestion::Congestion;
use crate::allocation::Receiver;
use crate::batch::SendBatch;
use crate::command::{CodecParameters, EndpointParameters};
use crate::config::Limits;
use crate::event::TransportState;
use crate::ids::{ConferenceId, EndpointId, Mid, Route};
use crate::media::arrival_log::ArrivalLog;
use crate::media::bucket::Bucket;
use crate::media::duplicates::Duplicates;
use crate::media::outgoing::Outgoing;
use crate::media::slot::Slot;
use crate::media::ssrcs::Ssrcs;
use crate::rng::Rng;
use crate::transport::Transport;
pub(crate) use control::Control;
pub(crate) use demux::Source;

/// Sections on which an endpoint may send.
pub(crate) const MAX_SECTIONS: usize = 8;
/// Slots: as many as bits in [`Endpoint::dirty_slots`].
pub(crate) const MAX_SLOTS: usize = 64;
/// Requested retransmissions that wait for their turn.
const MAX_RESENDS: usize = 512;
/// Retransmissions that are always allowed, for receivers of little.
const RESEND_FLOOR_BYTES_PER_SECOND: u32 = 12_500;
const RESEND_BURST_BYTES: u32 = 50_000;
/// Assumed until a report tells.
pub(crate) const DEFAULT_ROUND_TRIP: Duration = Duration::from_millis(100);
/// Between regular reports; each draws 0.75 to 1.25 of it, so that endpoints do not fall into step
/// (RFC 3550 §6.3.1).
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The first report about a new SSRC comes soon: Chromium repeats MID and RID until then.
const FIRST_REPORT: Duration = Duration::from_millis(50);

/// Datagrams and bytes of one endpoint.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub packets_received: u64,
    pub bytes_received: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    pub dropped: u64,
}

/// An endpoint of this worker.
pub(crate) struct Endpoint {
    pub id: EndpointId,
    pub conference: ConferenceId,
    pub transport: Transport,
    pub codecs: Vec<CodecParameters>,
    pub extensions: ExtensionMap,
    pub transport_cc: bool,
    pub cname: String,
    /// Our ICE user fragments, newest last.
    pub ufrags: ArrayVec<String, 3>,
    /// Routes that lead here.
    pub routes: Vec<Route>,
    /// Slab indices of its sections.
    pub sections: ArrayVec<usize, MAX_SECTIONS>,
    pub ssrcs: Ssrcs,
    pub slots: Vec<Slot>,
    /// Bit n: slot n may have something to send.
    pub dirty_slots: u64,
    /// Retransmissions asked for: slot and sequence number.
    pub resends: VecDeque<(u8, u16)>,
    pub resend_budget: Bucket,
    /// Sound that is to be sent again as it is.
    pub duplicates: Duplicates,
    pub ingress: Bucket,
    /// A check with a wrong password named it not long before.
    pub doubted_until: Option<Instant>,
    pub arrivals: ArrivalLog,
    pub transport_sequence: u16,
    /// Whether packets of a picture are made equally long.
    pub equalises: bool,
    pub congestion: Congestion,
    /// The slot whose turn it is first when pictures have to wait for theirs.
    pub first_video: u32,
    /// What it looks at, and what its slots were told.
    pub receiver: Receiver,
    /// Smoothed, as its reports let us measure it.
    pub round_trip: Option<Duration>,
    /// Its clock minus ours in 2^-32 s, from its sender reports.
    pub clock_offset: Option<i64>,
    pub traffic: Traffic,
    pub report_at: Instant,
    /// The next slot to report on, while a report takes more than one packet.
    pub report_slot: usize,
    pub rng: Rng,
    /// When the timer wheel will wake it.
    pub wake: Option<Instant>,
    /// Whether it counts as a half-open handshake.
    pub handshaking: bool,
    /// Over, except for what the transport still has to say.
    pub leaving: bool,
    #[cfg(test)]
    pub fail_next_step: bool,
}

impl Endpoint {
    /// Makes an endpoint without sections and slots.
    pub(crate) fn new(
        parameters: &EndpointParameters,
        transport: Transport,
        limits: &Limits,
        mut rng: Rng,
        now: Instant,
    ) -> Self {
        let ingress = limits.ingress_bytes_per_second;
        Self {
            id: parameters.endpoint,
            conference: parameters.conference,
            transport,
            codecs: parameters.codecs.clone(),
            extensions: parameters.extensions,
            transport_cc: parameters.transport_cc,
            cname: parameters.cname.clone(),
            ufrags: ArrayVec::new(),
            routes: Vec::new(),
            sections: ArrayVec::new(),
            ssrcs: Ssrcs::default(),
            slots: Vec::new(),
            dirty_slots: 0,
            resends: VecDeque::with_capacity(MAX_RESENDS),
            resend_budget: Bucket::new(RESEND_FLOOR_BYTES_PER_SECOND, RESEND_BURST_BYTES, now),
            duplicates: Duplicates::default(),
            ingress: Bucket::new(ingress, ingress, now),
            doubted_until: None,
            arrivals: ArrivalLog::new(now),
            transport_sequence: rng.next_u16(),
            equalises: false,
            congestion: Congestion::new(feedback_agreed(parameters), now),
            first_video: 0,
            receiver: Receiver::default(),
            round_trip: None,
            clock_offset: None,
            traffic: Traffic::default(),
            report_at: now + FIRST_REPORT,
            report_slot: 0,
            rng,
            wake: None,
            handshaking: false,
            leaving: false,
            #[cfg(test)]
            fail_next_step: false,
        }
    }

    /// Takes what a new description says of codecs, extensions and feedback.
    pub(crate) fn renegotiate(&mut self, parameters: &EndpointParameters) {
        self.codecs.clone_from(&parameters.codecs);
        self.extensions = parameters.extensions;
        self.transport_cc = parameters.transport_cc;
        self.cname.clone_from(&parameters.cname);
        self.congestion.renegotiate(feedback_agreed(parameters));
    }

    /// Returns the position of the slot with this MID.
    pub(crate) fn slot_by_mid(&self, mid: &Mid) -> Option<usize> {
        self.slots.iter().position(|slot| slot.mid == *mid)
    }

    /// Returns the position of the slot with this SSRC.
    pub(crate) fn slot_by_ssrc(&self, ssrc: u32) -> Option<usize> {
        self.slots.iter().position(|slot| slot.ssrc == ssrc)
    }

    /// Queues a retransmission; `false` when too many wait.
    pub(crate) fn queue_resend(&mut self, slot: usize, sequence: u16) -> bool {
        let room = self.resends.len() < MAX_RESENDS;
        if room {
            self.resends.push_back((slot as u8, sequence));
        }
        room
    }

    /// Splits the endpoint into its slots, its codecs and the means to write for it; `None` before it
    /// has keys and a route.
    pub(crate) fn outgoing<'a>(
        &'a mut self,
        now: Instant,
        time: NtpTime,
        batch: &'a mut SendBatch,
    ) -> Option<(&'a mut [Slot], &'a [CodecParameters], Outgoing<'a>)> {
        let route = self.transport.route()?;
        let (_, srtp) = self.transport.srtp()?;
        let outgoing = Outgoing {
            now,
            time,
            lane: batch.lane(route),
            srtp,
            extensions: &self.extensions,
            transport_sequence: &mut self.transport_sequence,
            congestion: &mut self.congestion,
            paced: false,
            copies: 0,
            repeats: 0,
            duplicates: &mut self.duplicates,
            equalises: self.equalises,
            resend_budget: &mut self.resend_budget,
        };
        Some((&mut self.slots, &self.codecs, outgoing))
    }

    /// Returns how many copies of earlier frames go along with each frame of sound it is sent (RFC 2198).
    pub(crate) fn copies(&self, now: Instant) -> usize {
        if self.takes_copies() { self.congestion.copies(now) } else { 0 }
    }

    /// Returns how many times each packet of sound is sent again to who takes no copies.
    pub(crate) fn repeats(&self, now: Instant) -> u8 {
        if self.takes_copies() { 0 } else { self.congestion.repeats(now) }
    }

    fn takes_copies(&self) -> bool {
        self.codecs.iter().any(|codec| codec.red_payload_type.is_some())
    }

    /// Whether media may be sent: keys are there and the far end agreed not long ago.
    pub(crate) fn can_send(&self) -> bool {
        matches!(self.transport.state(), TransportState::Connected | TransportState::Interrupted)
    }

    /// Returns the round trip, or a guess.
    pub(crate) fn round_trip(&self) -> Duration {
        self.round_trip.unwrap_or(DEFAULT_ROUND_TRIP)
    }

    /// The SSRC under which we send reports: that of a slot, so that it is one the far end knows.
    pub(crate) fn report_ssrc(&self) -> u32 {
        self.slots.first().map_or(1, |slot| slot.ssrc)
    }

    /// Makes the next report come soon.
    pub(crate) fn report_soon(&mut self, now: Instant) {
        self.report_at = self.report_at.min(now + FIRST_REPORT);
    }

    /// Plans the report after this one.
    pub(crate) fn plan_report(&mut self, now: Instant) {
        let share = u32::from(self.rng.next_u16() >> 8) + 384;
        self.report_at = now + REPORT_INTERVAL * share / 512;
    }

    /// Takes a measured round trip.
    pub(crate) fn measured(&mut self, round_trip: Duration) {
        self.round_trip = Some(self.round_trip.map_or(round_trip, |old| (old * 7 + round_trip) / 8));
    }

    /// Takes what a sender report says of its clock, and returns the offset now believed.
    ///
    /// The least delayed report is nearest to the truth, so an offset that is larger counts at once and
    /// a smaller one a little, which follows drift.
    pub(crate) fn clock_reported(&mut self, theirs: NtpTime, ours: NtpTime) -> i64 {
        /// Ten seconds: its clock was set.
        const JUMP: u64 = 10 << 32;
        let offset = theirs.0.wrapping_sub(ours.0).cast_signed();
        let believed = match self.clock_offset {
            Some(old) if offset < old && old.abs_diff(offset) < JUMP => old - (old - offset) / 64,
            _ => offset,
        };
        self.clock_offset = Some(believed);
        believed
    }
}

/// Whether what we send is numbered for the transport and reported on.
fn feedback_agreed(parameters: &EndpointParameters) -> bool {
    parameters.transport_cc && parameters.extensions.id(ExtensionKind::TransportCc).is_some()
}
