//! From a datagram to a packet in a ring: demultiplexing (RFC 7983), decryption, dispatch.
//!
//! Before authentication everything is one lookup and no state.

use std::time::{Duration, Instant};

use srtp::OpenError;
use wire::demux::{DatagramKind, classify};
use wire::ext::{ExtensionKind, ExtensionMap, transport_sequence};
use wire::rtp::ParsedRtp;
use wire::{rtx, seq, stun};

use crate::command::{CodecParameters, MediaKind};
use crate::counters::DropReason;
use crate::endpoint::Source;
use crate::ids::Route;
use crate::media::redundancy;
use crate::media::ring::Packet;
use crate::media::section::Subscriber;
use crate::media::ssrcs::Target;
use crate::media::stream::{Arrival, Stream};
use crate::sfu::Sfu;

/// An Ethernet frame's worth; media is smaller (T-14).
const MAX_DATAGRAM: usize = 1500;
/// No message of any kind is shorter.
const MIN_DATAGRAM: usize = 8;
/// Packets per second that may fail to authenticate before a route is ignored for a while (T-24).
const MAX_FAILURES: u16 = 200;
const FAILURE_WINDOW: Duration = Duration::from_secs(1);
/// Checks per second that are verified for doubted endpoints, all together (T-02): from addresses that
/// prove nothing, with user names that someone got hold of. Nobody else's checks are held up.
pub(super) const DOUBTED_CHECKS_PER_SECOND: u32 = 1000;

/// What is known of a validated route.
pub(super) struct RouteState {
    /// Slab index of the endpoint it leads to.
    pub index: usize,
    failures: u16,
    window: Instant,
    ignored_until: Option<Instant>,
}

impl RouteState {
    fn new(index: usize, now: Instant) -> Self {
        Self { index, failures: 0, window: now, ignored_until: None }
    }

    fn admits(&mut self, now: Instant) -> bool {
        self.ignored_until = self.ignored_until.filter(|until| now < *until);
        self.ignored_until.is_none()
    }

    fn failed(&mut self, now: Instant) {
        if now.saturating_duration_since(self.window) >= FAILURE_WINDOW {
            self.window = now;
            self.failures = 0;
        }
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            self.ignored_until = Some(now + FAILURE_WINDOW);
            self.failures = 0;
        }
    }
}

impl Sfu {
    /// Takes one datagram; its bytes are decrypted in place.
    pub fn receive(&mut self, now: Instant, route: Route, datagram: &mut [u8]) {
        self.counters.packets_received += 1;
        self.counters.bytes_received += datagram.len() as u64;
        if let Err(reason) = self.dispatch(now, route, datagram) {
            self.counters.drop(reason);
        }
    }

    fn dispatch(&mut self, now: Instant, route: Route, datagram: &mut [u8]) -> Result<(), DropReason> {
        match datagram.len() {
            ..MIN_DATAGRAM => return Err(DropReason::TooShort),
            MIN_DATAGRAM..=MAX_DATAGRAM => {}
            _ => return Err(DropReason::TooLong),
        }
        let kind = classify(datagram);
        let index = match kind {
            DatagramKind::Stun => self.named_by(datagram)?,
            DatagramKind::Dtls | DatagramKind::Rtp | DatagramKind::Rtcp => self.reached_by(now, route)?,
            DatagramKind::Unknown => return Err(DropReason::UnknownProtocol),
        };
        let endpoint = &mut self.endpoints[index];
        endpoint.traffic.packets_received += 1;
        endpoint.traffic.bytes_received += datagram.len() as u64;
        // Who merely names an endpoint must not use up what it may send.
        let is_theirs = kind != DatagramKind::Stun || endpoint.routes.contains(&route);
        let outcome = if !is_theirs || endpoint.ingress.take(now, datagram.len()) {
            self.fenced(now, index, |sfu| match kind {
                DatagramKind::Stun => sfu.receive_stun(now, index, route, datagram),
                DatagramKind::Dtls => sfu.receive_dtls(now, index, route, datagram),
                DatagramKind::Rtp => sfu.receive_rtp(now, index, datagram),
                DatagramKind::Rtcp => sfu.receive_rtcp(now, index, datagram),
                DatagramKind::Unknown => Err(DropReason::UnknownProtocol),
            })
            .unwrap_or(Ok(()))
        } else {
            Err(DropReason::IngressBudget)
        };
        if let Err(reason) = outcome {
            self.note_drop(now, index, route, reason);
        }
        outcome
    }

    /// Returns the endpoint whose ufrag a connectivity check names.
    fn named_by(&self, datagram: &[u8]) -> Result<usize, DropReason> {
        let message = stun::Message::parse(datagram).map_err(|_| DropReason::StunMalformed)?;
        let (ufrag, _) = message.ufrags().ok_or(DropReason::StunUsername)?;
        let ufrag = std::str::from_utf8(ufrag).map_err(|_| DropReason::StunUsername)?;
        self.ufrags.get(ufrag).copied().ok_or(DropReason::StunUsername)
    }

    /// Returns the endpoint that a validated route leads to.
    fn reached_by(&mut self, now: Instant, route: Route) -> Result<usize, DropReason> {
        let state = self.routes.get_mut(&route).ok_or(DropReason::UnknownRoute)?;
        debug_assert!(self.endpoints[state.index].transport.knows_route(route));
        if state.admits(now) { Ok(state.index) } else { Err(DropReason::FailureBudget) }
    }

    /// Lets a route lead to an endpoint, away from any other: its last authenticated check counts.
    pub(super) fn add_route(&mut self, now: Instant, index: usize, route: Route) {
        if self.routes.insert(route, RouteState::new(index, now)).is_none() {
            self.counters.routes += 1;
        }
        let routes = &mut self.endpoints[index].routes;
        if !routes.contains(&route) {
            routes.push(route);
        }
    }

    pub(super) fn remove_route(&mut self, index: usize, route: Route) {
        self.endpoints[index].routes.retain(|held| *held != route);
        self.forget_route(index, route);
    }

    /// Forgets where a route leads, unless another endpoint has claimed it meanwhile.
    pub(super) fn forget_route(&mut self, index: usize, route: Route) {
        if self.routes.get(&route).is_some_and(|state| state.index == index) {
            self.routes.remove(&route);
            self.counters.routes -= 1;
        }
    }

    fn note_drop(&mut self, now: Instant, index: usize, route: Route, reason: DropReason) {
        if let Some(endpoint) = self.endpoints.get_mut(index) {
            endpoint.traffic.dropped += 1;
        }
        if reason == DropReason::SrtpAuthentication
            && let Some(state) = self.routes.get_mut(&route)
        {
            state.failed(now);
        }
    }

    fn receive_stun(
        &mut self,
        now: Instant,
        index: usize,
        route: Route,
        datagram: &[u8],
    ) -> Result<(), DropReason> {
        let endpoint = &mut self.endpoints[index];
        let doubted = endpoint.doubted_until.is_some_and(|until| now < until);
        let pays = doubted && !endpoint.routes.contains(&route);
        if pays && !self.doubted_checks.take(now, 1) {
            return Err(DropReason::StunBudget);
        }
        let outcome = endpoint.transport.receive_stun(now, route, datagram);
        if outcome == Err(DropReason::StunIntegrity) {
            endpoint.doubted_until = Some(now + FAILURE_WINDOW);
        } else if pays {
            self.doubted_checks.earn(1);
        }
        // Even a refusal has an answer, once it is authentic.
        self.settle(now, index);
        outcome
    }

    fn receive_dtls(
        &mut self,
        now: Instant,
        index: usize,
        route: Route,
        datagram: &[u8],
    ) -> Result<(), DropReason> {
        let endpoint = &mut self.endpoints[index];
        let begins = !endpoint.handshaking && endpoint.transport.srtp().is_none();
        if begins && self.handshakes >= self.config.limits.handshakes {
            return Err(DropReason::DtlsBusy);
        }
        let outcome = endpoint.transport.receive_dtls(now, route, datagram);
        self.settle(now, index);
        outcome
    }

    fn receive_rtp(&mut self, now: Instant, index: usize, datagram: &mut [u8]) -> Result<(), DropReason> {
        let endpoint = &mut self.endpoints[index];
        let header = ParsedRtp::parse_protected(datagram).map_err(|_| DropReason::SrtpMalformed)?;
        let (inbound, _) = endpoint.transport.srtp().ok_or(DropReason::NoKeys)?;
        let opened = inbound.open_rtp(datagram, header.header_len()).map_err(open_error)?;
        let packet = &datagram[..header.header_len() + opened.payload_len];
        let header = header.with_plaintext(packet).map_err(|_| DropReason::SrtpMalformed)?;
        if endpoint.transport_cc {
            let id = endpoint.extensions.id(ExtensionKind::TransportCc);
            let value = id.and_then(|id| header.extensions(packet).find(id));
            if let Some(sequence) = value.and_then(transport_sequence) {
                endpoint.arrivals.record(sequence, now);
            }
        }
        self.wake_for_feedback(index);
        if header.ssrc == 0 {
            return Err(DropReason::Probe);
        }
        let source = self.endpoints[index].identify(&header, packet, &self.sections)?;
        if source.learnt && !self.bind(index, header.ssrc, source.target) {
            return Err(DropReason::SsrcLimit);
        }
        self.keep(now, index, &header, packet, opened.index, source)
    }

    /// Puts a packet into its stream's ring and tells who watches.
    fn keep(
        &mut self,
        now: Instant,
        index: usize,
        header: &ParsedRtp,
        packet: &[u8],
        number: u64,
        source: Source,
    ) -> Result<(), DropReason> {
        let Source { target, codec, redundant, .. } = source;
        let section_index = self.endpoints[index].sections[target.section];
        self.ensure_stream(index, section_index, &source);
        let endpoint = &mut self.endpoints[index];
        let section = &mut self.sections[section_index];
        let Some(stream) = section.layers[target.layer].as_deref_mut() else {
            return Err(DropReason::UnknownSsrc);
        };
        let (number, header) = if target.repair {
            repaired(header, packet, stream, codec.payload_type)?
        } else {
            (number, *header)
        };
        let mut arrival = read(now, number, &header, packet, &endpoint.extensions, codec);
        arrival.repair = target.repair;
        let copies = if redundant { redundancy::unpack(&mut arrival)? } else { None };
        if !section.enabled {
            stream.ignore(&arrival);
            return Err(DropReason::SourceDisabled);
        }
        if stream.last_arrival().is_none() {
            endpoint.report_soon(now);
        }
        if let Some(copies) = copies {
            redundancy::mend(stream, &arrival, &copies, endpoint.round_trip());
        }
        let outcome = stream.accept(&arrival, endpoint.round_trip());
        let wishes = [stream.missing.deadline(), stream.requests.deadline()].into_iter().flatten().min();
        if matches!(outcome, Ok(()) | Err(DropReason::Padding)) {
            self.accepted(now, index, section_index, arrival.packet.audio_level);
        }
        if let Some(at) = wishes {
            self.wake_at(index, at);
        }
        outcome
    }

    fn accepted(&mut self, now: Instant, index: usize, section_index: usize, audio_level: Option<u8>) {
        let section = &mut self.sections[section_index];
        let events = section.heard(now, audio_level);
        self.events.extend(events.into_iter().flatten());
        for Subscriber { endpoint, slot } in &section.subscribers {
            self.endpoints[*endpoint].dirty_slots |= 1 << slot;
            self.dirty.mark(*endpoint);
        }
        let deadline = section.deadline();
        if !section.relays.is_empty() {
            self.mark_relays(section_index);
        }
        let report_at = self.endpoints[index].report_at;
        self.wake_at(index, deadline.map_or(report_at, |at| at.min(report_at)));
    }

    fn wake_for_feedback(&mut self, index: usize) {
        if let Some(at) = self.endpoints[index].arrivals.deadline() {
            self.wake_at(index, at);
        }
    }

    /// Binds an SSRC to a stream, which is made or begins anew. `false` when the table is full.
    pub(super) fn bind(&mut self, index: usize, ssrc: u32, target: Target) -> bool {
        let limit = self.config.limits.inbound_ssrcs;
        let endpoint = &mut self.endpoints[index];
        if endpoint.ssrcs.find(ssrc).is_some() {
            return true;
        }
        let Ok(replaced) = endpoint.ssrcs.bind(ssrc, target, limit) else { return false };
        self.counters.ssrcs += u64::from(replaced.is_none());
        if let Some((inbound, _)) = endpoint.transport.srtp() {
            if let Some(old) = replaced {
                inbound.unpin(old);
            }
            inbound.pin(ssrc);
        }
        let section = endpoint.sections[target.section];
        let epoch = self.new_epoch();
        if let Some(stream) =
            self.sections[section].layers[target.layer].as_deref_mut().filter(|_| !target.repair)
        {
            stream.reset(epoch, Some(ssrc));
        }
        true
    }

    /// Makes room for a stream's packets when its first one comes.
    fn ensure_stream(&mut self, index: usize, section: usize, source: &Source) {
        let Target { section: position, layer, .. } = source.target;
        if self.sections[section].layers[layer].is_some() {
            return;
        }
        let capacity = match self.sections[section].kind {
            MediaKind::Audio => self.config.limits.audio_ring,
            MediaKind::Video => self.config.limits.video_ring,
        };
        let media = Target { section: position, layer, repair: false };
        let mut stream = Box::new(Stream::new(self.new_epoch(), capacity, source.codec));
        stream.ssrc = self.endpoints[index].ssrcs.of(media);
        self.sections[section].layers[layer] = Some(stream);
    }
}

/// Reads, once for all receivers, what a packet says of itself.
fn read<'a>(
    now: Instant,
    number: u64,
    header: &ParsedRtp,
    packet: &'a [u8],
    ids: &ExtensionMap,
    codec: CodecParameters,
) -> Arrival<'a> {
    let [level_id, orientation_id, descriptor_id] =
        [ExtensionKind::AudioLevel, ExtensionKind::VideoOrientation, ExtensionKind::DependencyDescriptor]
            .map(|kind| ids.id(kind));
    let (mut audio_level, mut orientation, mut descriptor): (_, _, &[u8]) = (None, None, &[]);
    for (id, value) in header.extensions(packet) {
        match Some(id) {
            id if id == level_id => audio_level = value.first().copied(),
            id if id == orientation_id => orientation = value.first().copied(),
            id if id == descriptor_id => descriptor = value,
            _ => {}
        }
    }
    let payload = header.payload(packet);
    let packet = Packet {
        number,
        timestamp: header.timestamp,
        marker: header.marker,
        codec,
        audio_level,
        orientation,
        info: wire::codec::inspect(codec.codec, payload),
        dependency: None,
        arrived: now,
        payload_len: header.payload_len,
        descriptor_len: descriptor.len() as u16,
    };
    Arrival { packet, payload, descriptor, repair: false }
}

/// Returns the original of a retransmission: its number and header (RFC 4588 §4).
fn repaired(
    header: &ParsedRtp,
    packet: &[u8],
    stream: &Stream,
    payload_type: u8,
) -> Result<(u64, ParsedRtp), DropReason> {
    if header.payload_len == 0 {
        return Err(DropReason::Padding);
    }
    let ssrc = stream.ssrc.unwrap_or_default();
    let original = rtx::original(header, packet, payload_type, ssrc).ok_or(DropReason::RtxMalformed)?;
    let sequence = original.sequence_number;
    let number = match stream.ring.highest() {
        Some(highest) => highest.checked_add_signed(seq::distance(highest as u16, sequence).into()),
        None => Some(sequence.into()),
    };
    Ok((number.ok_or(DropReason::TooOld)?, original))
}

pub(super) fn open_error(error: OpenError) -> DropReason {
    match error {
        OpenError::TooShort | OpenError::NotEncrypted => DropReason::SrtpMalformed,
        OpenError::Replayed => DropReason::SrtpReplay,
        OpenError::AuthFailed => DropReason::SrtpAuthentication,
        OpenError::TooManySsrcs => DropReason::SsrcLimit,
    }
}
