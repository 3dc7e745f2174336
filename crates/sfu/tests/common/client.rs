//! A browser as far as the engine can tell: checks, a DTLS client, SRTP, RTCP, media both ways.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Dtls, DtlsCertificate, Output, SrtpProfile};
use sfu::{
    CodecParameters, EndpointId, EndpointParameters, IceCredentials, MediaKind, ReceiveSection, Rid, Slot,
    SourceId,
};
use srtp::{InboundContext, OutboundContext};
use wire::codec::Codec;
use wire::ext::{ExtensionKind, ExtensionMap};
use wire::ntp::NtpTime;
use wire::rtcp::{Compound, CompoundWriter, Packet, ReportBlock, SenderInfo};
use wire::rtp::ParsedRtp;
use wire::stun::{self, BindingRequest, IceRole, TransactionId};

use super::feedback::Feedback;
use super::payloads;
use super::publisher::{Plain, Publisher};
use super::receiver::Receiver;
use super::{UNIX_START, conference, mid};

pub const AUDIO_PT: u8 = 111;
pub const RED_PT: u8 = 63;
pub const VIDEO_PT: u8 = 96;
/// Slots of each kind.
const SLOTS: u32 = 3;

pub struct Client {
    pub id: EndpointId,
    pub conference: u64,
    pub address: SocketAddr,
    pub publishers: Vec<Publisher>,
    pub receivers: Vec<Receiver>,
    /// Shifts the extension ids that this client negotiated.
    pub dialect: u8,
    /// Negotiates what may be said about a picture beside it: orientation and dependency descriptor.
    pub understands_frames: bool,
    /// Wishes heard.
    pub plis: u64,
    pub firs: u64,
    /// What it negotiated.
    pub codecs: Vec<CodecParameters>,
    /// What an ICE restart will make of `server` and `own`, until it is carried out.
    restart: Option<[IceCredentials; 2]>,
    pub open_failures: u64,
    /// Datagrams of media as they came, while they are recorded, with the time.
    pub recorded: Option<Vec<(Instant, Vec<u8>)>>,
    pub unknown_ssrcs: u64,
    pub reports: Vec<(Instant, ReportBlock)>,
    pub transport_feedback: Vec<Instant>,
    /// Statuses in the feedback: came, did not.
    pub feedback_statuses: (u64, u64),
    pub receives: bool,
    pub reports_enabled: bool,
    /// Reports on what arrives for congestion control.
    pub gives_feedback: bool,
    pub feedback: Feedback,
    /// Packets of nothing but padding.
    pub paddings: u64,
    server: IceCredentials,
    own: IceCredentials,
    certificate: DtlsCertificate,
    dtls: Dtls,
    wake: Option<Instant>,
    next_check: Instant,
    answered: bool,
    contexts: Option<(InboundContext, OutboundContext)>,
    next_report: Instant,
    next_nack: Instant,
    started: Instant,
    out: Vec<Vec<u8>>,
}

/// Extension ids of a dialect: each client may number them differently.
pub fn extension_ids(dialect: u8) -> ExtensionMap {
    let mut ids = ExtensionMap::default();
    let kinds = [
        ExtensionKind::Mid,
        ExtensionKind::AudioLevel,
        ExtensionKind::AbsSendTime,
        ExtensionKind::TransportCc,
        ExtensionKind::Rid,
        ExtensionKind::RepairedRid,
        ExtensionKind::VideoOrientation,
        ExtensionKind::DependencyDescriptor,
    ];
    for (kind, id) in kinds.into_iter().zip(1..) {
        ids.set(kind, id + dialect);
    }
    ids
}

fn slots(number: u64) -> Vec<Receiver> {
    let both = |place: u32| {
        let base = 500_000 + number as u32 * 100 + place * 10;
        let audio = Receiver::new(MediaKind::Audio, &format!("sa{place}"), base);
        [audio, Receiver::new(MediaKind::Video, &format!("sv{place}"), base + 5)]
    };
    (0..SLOTS).flat_map(both).collect()
}

impl Client {
    /// Makes a client with a microphone and a camera, and slots for three of each.
    pub fn new(number: u64, conference: u64, now: Instant) -> Self {
        let certificate = dimpl::certificate::generate_self_signed_certificate().expect("a certificate");
        // When it sends a lost flight again is drawn too: without a seed, two runs of one scenario would differ.
        let settings = dimpl::Config::builder().mtu(1200).dangerously_set_rng_seed(number);
        let config = Arc::new(settings.build().expect("a configuration"));
        let mut dtls = Dtls::new_auto(config, certificate.clone(), now);
        dtls.set_active(true);
        let ice = |side: &str| IceCredentials {
            ufrag: format!("{side}{number}"),
            password: format!("{side}{number:022}"),
        };
        let mut client = Self {
            id: EndpointId(number),
            conference,
            address: ([10, 0, 0, number as u8], 4000).into(),
            publishers: vec![
                Publisher::new(MediaKind::Audio, mid("a"), number * 10, now),
                Publisher::new(MediaKind::Video, mid("v"), number * 10 + 1, now),
            ],
            receivers: slots(number),
            dialect: 0,
            understands_frames: true,
            plis: 0,
            firs: 0,
            codecs: vec![payloads::parameters(Codec::Opus), payloads::parameters(Codec::Vp8)],
            restart: None,
            open_failures: 0,
            recorded: None,
            unknown_ssrcs: 0,
            reports: Vec::new(),
            transport_feedback: Vec::new(),
            feedback_statuses: (0, 0),
            receives: true,
            reports_enabled: true,
            gives_feedback: true,
            feedback: Feedback::new(now),
            paddings: 0,
            server: ice("srv"),
            own: ice("cli"),
            certificate,
            dtls,
            wake: None,
            next_check: now,
            answered: false,
            contexts: None,
            next_report: now,
            next_nack: now,
            started: now,
            out: Vec::new(),
        };
        let shared = client.publishers[0].transport_sequence.clone();
        client.publishers[1].transport_sequence = shared;
        client
    }

    /// Makes a further slot for a picture.
    pub fn add_slot(&mut self, name: &str) {
        let ssrc = self.receivers.last().expect("has slots").ssrc + 10;
        self.receivers.push(Receiver::new(MediaKind::Video, name, ssrc));
    }

    fn extensions(&self) -> ExtensionMap {
        let mut ids = extension_ids(self.dialect);
        if !self.understands_frames {
            ids.remove(ExtensionKind::VideoOrientation);
            ids.remove(ExtensionKind::DependencyDescriptor);
        }
        ids
    }

    /// Returns the parameters as signalling would have agreed on them.
    pub fn parameters(&self) -> EndpointParameters {
        let [local_ice, remote_ice] = self.restart.clone().unwrap_or([self.server.clone(), self.own.clone()]);
        let mut receive: Vec<ReceiveSection> = Vec::new();
        for publisher in &self.publishers {
            let rid = publisher.rid.map(|rid| Rid::from(rid).expect("short"));
            let announced = rid.is_none() && publisher.kind == MediaKind::Video;
            let ssrcs = if announced { vec![(publisher.ssrc, Some(publisher.rtx_ssrc))] } else { Vec::new() };
            if let Some(section) = receive.iter_mut().find(|section| section.mid == publisher.mid) {
                section.rids.extend(rid);
                section.ssrcs.extend(ssrcs);
                continue;
            }
            receive.push(ReceiveSection {
                mid: publisher.mid,
                kind: publisher.kind,
                ssrcs,
                rids: rid.into_iter().collect(),
            });
        }
        let slots = self.receivers.iter().map(|receiver| Slot {
            mid: mid(&receiver.mid),
            kind: receiver.kind,
            ssrc: receiver.ssrc,
            rtx_ssrc: (receiver.kind == MediaKind::Video).then_some(receiver.rtx_ssrc),
        });
        EndpointParameters {
            endpoint: self.id,
            conference: conference(self.conference),
            local_ice,
            remote_ice,
            remote_fingerprints: vec![self.certificate.fingerprint().try_into().expect("SHA-256")],
            codecs: self.codecs.clone(),
            extensions: self.extensions(),
            transport_cc: self.gives_feedback,
            receive,
            slots: slots.collect(),
            cname: "engine".to_owned(),
        }
    }

    /// Sends its camera in three encodings told apart by RID, lowest first, of so many packets per frame. They
    /// come behind the microphone among the publishers.
    pub fn in_layers(mut self, packets: [u32; 3]) -> Self {
        let camera = self.publishers.remove(1);
        for (at, (rid, packets)) in ["q", "h", "f"].into_iter().zip(packets).enumerate() {
            let apart = 100 * at as u32;
            let mut layer = Publisher::new(MediaKind::Video, camera.mid, camera.source.0, self.started);
            layer.ssrc += apart;
            layer.rtx_ssrc += apart;
            layer.rid = Some(rid);
            layer.packets_per_frame = packets;
            layer.timestamp = layer.timestamp.wrapping_add(apart * 77_777);
            layer.picture_id = 1000 + apart as u16;
            layer.transport_sequence = camera.transport_sequence.clone();
            self.publishers.push(layer);
        }
        self
    }

    /// Negotiates, and sends its camera with, another video codec.
    pub fn use_video(&mut self, codec: Codec) {
        self.codecs[1] = payloads::parameters(codec);
        self.publisher_mut(MediaKind::Video).codec = codec;
    }

    /// Negotiates redundant audio, and sends its voice with so many copies of earlier frames in each packet.
    pub fn use_redundancy(&mut self, copies: usize) {
        self.codecs[0].red_payload_type = Some(RED_PT);
        self.publisher_mut(MediaKind::Audio).copies = copies;
    }

    /// Describes itself with new ICE credentials, which it does not use yet.
    pub fn plan_ice_restart(&mut self) {
        let renamed = |ice: &IceCredentials| IceCredentials {
            ufrag: format!("{}again", ice.ufrag),
            password: format!("{}again", ice.password),
        };
        self.restart = Some([renamed(&self.server), renamed(&self.own)]);
    }

    /// Moves to another address and checks from there with the new credentials.
    pub fn carry_out_ice_restart(&mut self, now: Instant, address: SocketAddr) {
        [self.server, self.own] = self.restart.take().expect("planned");
        self.address = address;
        self.next_check = now;
    }

    pub fn is_connected(&self) -> bool {
        self.contexts.is_some()
    }

    /// Returns the source of the microphone or camera.
    pub fn source(&self, kind: MediaKind) -> SourceId {
        self.publisher(kind).source
    }

    pub fn publisher(&self, kind: MediaKind) -> &Publisher {
        self.publishers.iter().find(|publisher| publisher.kind == kind).expect("both are there")
    }

    pub fn publisher_mut(&mut self, kind: MediaKind) -> &mut Publisher {
        self.publishers.iter_mut().find(|publisher| publisher.kind == kind).expect("both are there")
    }

    pub fn receiver(&self, name: &str) -> &Receiver {
        self.receivers.iter().find(|receiver| receiver.mid == name).expect("the slot is there")
    }

    pub fn receiver_mut(&mut self, name: &str) -> &mut Receiver {
        self.receivers.iter_mut().find(|receiver| receiver.mid == name).expect("the slot is there")
    }

    pub fn receive(&mut self, now: Instant, datagram: &[u8]) {
        match datagram[0] {
            0..=3 => self.receive_stun(now, datagram),
            20..=63 => {
                self.dtls.handle_timeout(now).expect("time passes");
                self.dtls.handle_packet(datagram).expect("a good server");
                self.poll_dtls();
            }
            _ if self.contexts.is_none() => {}
            _ if (192..=223).contains(&datagram[1]) => self.receive_rtcp(now, datagram),
            _ => self.receive_rtp(now, datagram),
        }
    }

    /// Does what is due and returns what it sends.
    pub fn timeout(&mut self, now: Instant) -> Vec<Vec<u8>> {
        if self.next_check <= now {
            self.next_check = now + Duration::from_millis(if self.answered { 2500 } else { 50 });
            let check = self.check();
            self.out.push(check);
        }
        if self.answered && self.wake.is_none_or(|wake| wake <= now) {
            self.dtls.handle_timeout(now).expect("time passes");
            self.poll_dtls();
        }
        if self.contexts.is_some() {
            self.send_media(now);
            self.send_control(now);
        }
        std::mem::take(&mut self.out)
    }

    /// Seals a packet as this client and queues it.
    pub fn send_plain(&mut self, (mut bytes, header_len): Plain) {
        let sealed = self.seal(&mut bytes, header_len);
        self.out.push(sealed);
    }

    /// Seals a packet as this client.
    pub fn seal(&mut self, bytes: &mut Vec<u8>, header_len: usize) -> Vec<u8> {
        let payload_len = bytes.len() - header_len;
        bytes.resize(bytes.len() + srtp::MAX_TAG, 0);
        let (_, outbound) = self.contexts.as_mut().expect("connected");
        let len = outbound.seal_rtp(bytes, header_len, payload_len).expect("seals");
        bytes[..len].to_vec()
    }

    /// Seals the first packet of a stream that this client will not go on with.
    pub fn seal_first(&mut self, (mut bytes, header_len): Plain) -> Vec<u8> {
        let payload_len = bytes.len() - header_len;
        let index = u64::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        bytes.resize(bytes.len() + srtp::MAX_TAG, 0);
        let (_, outbound) = self.contexts.as_mut().expect("connected");
        let len = outbound.seal_rtp_at(&mut bytes, header_len, payload_len, index).expect("seals");
        bytes[..len].to_vec()
    }

    /// Sends RTCP built by `write`.
    pub fn send_rtcp(&mut self, write: impl FnOnce(&mut CompoundWriter<'_>)) {
        let sealed = self.seal_rtcp(write);
        self.out.push(sealed);
    }

    /// Seals RTCP built by `write` as this client.
    pub fn seal_rtcp(&mut self, write: impl FnOnce(&mut CompoundWriter<'_>)) -> Vec<u8> {
        let mut buffer = vec![0; 1500];
        let mut writer = CompoundWriter::new(&mut buffer[..1400]);
        write(&mut writer);
        let len = writer.len();
        let (_, outbound) = self.contexts.as_mut().expect("connected");
        let len = outbound.seal_rtcp(&mut buffer, len).expect("seals");
        buffer[..len].to_vec()
    }

    /// Says what this client believes its line takes (draft-alvestrand-rmcat-remb-03).
    pub fn send_remb(&mut self, bits_per_second: u32) {
        let exponent = (32 - bits_per_second.leading_zeros()).saturating_sub(18);
        let mantissa = bits_per_second >> exponent;
        let mut bytes = vec![0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0];
        bytes.extend(b"REMB");
        bytes.extend((exponent << 18 | mantissa).to_be_bytes());
        let len = bytes.len();
        bytes.resize(len + srtp::MAX_RTCP_OVERHEAD, 0);
        let (_, outbound) = self.contexts.as_mut().expect("connected");
        let len = outbound.seal_rtcp(&mut bytes, len).expect("seals");
        self.out.push(bytes[..len].to_vec());
    }

    pub fn time(&self, now: Instant) -> NtpTime {
        // Every client's clock is wrong in its own way.
        NtpTime::from_unix(UNIX_START + Duration::from_secs(self.id.0 * 1000) + (now - self.started))
    }

    fn check(&self) -> Vec<u8> {
        let request = BindingRequest {
            transaction_id: TransactionId([7; 12]),
            username: format!("{}:{}", self.server.ufrag, self.own.ufrag).leak().as_bytes(),
            priority: 1,
            role: IceRole::Controlling(1),
            use_candidate: true,
        };
        let mut buffer = [0; 300];
        let len = stun::write_binding_request(&mut buffer, &request, self.server.password.as_bytes());
        buffer[..len.expect("fits")].to_vec()
    }

    fn receive_stun(&mut self, now: Instant, datagram: &[u8]) {
        let answer = stun::Message::parse(datagram).expect("an answer");
        assert_eq!(answer.class(), stun::Class::SuccessResponse);
        if !std::mem::replace(&mut self.answered, true) {
            self.dtls.handle_timeout(now).expect("time passes");
            self.poll_dtls();
        }
    }

    fn poll_dtls(&mut self) {
        let mut buffer = vec![0; 16_384];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => self.out.push(datagram.to_vec()),
                Output::KeyingMaterial(material, profile) => {
                    let profile = match profile {
                        SrtpProfile::AEAD_AES_256_GCM => srtp::Profile::AeadAes256Gcm,
                        SrtpProfile::AEAD_AES_128_GCM => srtp::Profile::AeadAes128Gcm,
                        _ => srtp::Profile::Aes128CmSha1_80,
                    };
                    self.contexts = Some(srtp::split(profile, &material, false).expect("usable keys"));
                }
                Output::Timeout(at) => {
                    self.wake = Some(at);
                    return;
                }
                _ => {}
            }
        }
    }

    fn receive_rtp(&mut self, now: Instant, datagram: &[u8]) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push((now, datagram.to_vec()));
        }
        let mut datagram = datagram.to_vec();
        let header = ParsedRtp::parse_protected(&datagram).expect("RTP");
        let (inbound, _) = self.contexts.as_mut().expect("connected");
        let Ok(opened) = inbound.open_rtp(&mut datagram, header.header_len()) else {
            self.open_failures += 1;
            return;
        };
        let packet = &datagram[..header.header_len() + opened.payload_len];
        let header = header.with_plaintext(packet).expect("RTP");
        let ids = self.extensions();
        let number = ids.id(ExtensionKind::TransportCc).and_then(|id| header.extensions(packet).find(id));
        if let Some(number) = number.and_then(wire::ext::transport_sequence) {
            self.feedback.note(now, number);
        }
        let repair_of = |codec: &&CodecParameters| codec.rtx_payload_type == Some(header.payload_type);
        let media = |codec: &&CodecParameters| {
            codec.payload_type == header.payload_type || codec.red_payload_type == Some(header.payload_type)
        };
        let repaired = self.codecs.iter().find(repair_of);
        let codec = *repaired.or(self.codecs.iter().find(media)).expect("a payload type it negotiated");
        let repair = repaired.is_some();
        for (id, _) in header.extensions(packet) {
            assert!(ids.kind(id).is_some(), "an extension that was not negotiated");
        }
        let mid = header.extensions(packet).find(ids.id(ExtensionKind::Mid).expect("negotiated"));
        let fits = |receiver: &&mut Receiver| {
            if repair { receiver.rtx_ssrc == header.ssrc } else { receiver.ssrc == header.ssrc }
        };
        let Some(receiver) = self.receivers.iter_mut().find(fits).filter(|_| self.receives) else {
            self.unknown_ssrcs += 1;
            return;
        };
        if let Some(mid) = mid {
            assert_eq!(mid, receiver.mid.as_bytes());
            receiver.with_mid += 1;
        }
        if header.payload_len == 0 {
            self.paddings += 1;
            if !repair {
                receiver.take(now, &header, packet, false);
            }
            return;
        }
        receiver.codec = codec.codec;
        if !repair {
            receiver.note_extensions(&header, packet, &ids);
        }
        if repair {
            let media_ssrc = receiver.ssrc;
            let original = wire::rtx::original(&header, packet, codec.payload_type, media_ssrc).expect("RTX");
            receiver.take(now, &original, packet, true);
        } else if codec.red_payload_type == Some(header.payload_type) {
            receiver.take_redundant(now, &header, packet, codec.payload_type);
        } else {
            receiver.take(now, &header, packet, false);
        }
    }

    fn receive_rtcp(&mut self, now: Instant, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        let (inbound, _) = self.contexts.as_mut().expect("connected");
        let Ok(opened) = inbound.open_rtcp(&mut datagram) else {
            self.open_failures += 1;
            return;
        };
        for packet in Compound::new(&datagram[..opened.len]) {
            self.take_control(now, &packet.expect("well-formed RTCP"));
        }
    }

    fn take_control(&mut self, now: Instant, packet: &Packet<'_>) {
        match packet {
            Packet::SenderReport(report) => {
                self.reports.extend(report.reports.clone().map(|block| (now, block)));
                let receiver = self.receivers.iter_mut().find(|receiver| receiver.ssrc == report.ssrc);
                let receiver = receiver.expect("a report about a slot");
                receiver.last_sender_report = Some((report.info.ntp.middle(), now));
                receiver.sender_reports.push((now, report.info));
            }
            Packet::ReceiverReport(report) => {
                self.reports.extend(report.reports.clone().map(|block| (now, block)));
            }
            Packet::Nack(nack) => {
                let publisher =
                    self.publishers.iter_mut().find(|publisher| publisher.ssrc == nack.media_ssrc);
                let publisher = publisher.expect("a NACK about a stream of ours");
                publisher.nacks += 1;
                let again: Vec<Plain> =
                    nack.lost().filter_map(|sequence| publisher.resend(sequence)).collect();
                again.into_iter().for_each(|packet| self.send_plain(packet));
            }
            Packet::Pli(pli) => {
                self.plis += 1;
                self.asked_for_key_frame(now, pli.media_ssrc);
            }
            Packet::Fir(fir) => {
                self.firs += 1;
                for entry in fir.entries() {
                    self.asked_for_key_frame(now, entry.ssrc);
                }
            }
            Packet::TransportCc(feedback) => {
                self.transport_feedback.push(now);
                for (_, arrival) in feedback.arrivals() {
                    let (came, lost) = &mut self.feedback_statuses;
                    *(if arrival.is_some() { came } else { lost }) += 1;
                }
            }
            Packet::Bye(_) | Packet::Sdes(_) | Packet::Remb(_) | Packet::Other(_) => {}
        }
    }

    fn asked_for_key_frame(&mut self, now: Instant, ssrc: u32) {
        let publisher = self.publishers.iter_mut().find(|publisher| publisher.ssrc == ssrc);
        publisher.expect("a wish about a stream of ours").ask_key_frame(now);
    }

    fn send_media(&mut self, now: Instant) {
        let packets: Vec<Plain> =
            self.publishers.iter_mut().flat_map(|publisher| publisher.frame(now)).collect();
        packets.into_iter().for_each(|packet| self.send_plain(packet));
    }

    fn send_control(&mut self, now: Instant) {
        if self.next_nack <= now {
            self.next_nack = now + Duration::from_millis(20);
            for place in 0..self.receivers.len() {
                let receiver = &mut self.receivers[place];
                let lost = if receiver.nacks { receiver.missing(now) } else { Vec::new() };
                let (media, stuck) = (receiver.ssrc, receiver.wants_key_frame(now));
                if stuck {
                    self.send_rtcp(|out| {
                        out.pli(1, media).expect("fits");
                    });
                }
                if !lost.is_empty() {
                    self.send_rtcp(|out| {
                        out.nack(1, media, &lost).expect("fits");
                    });
                }
            }
        }
        if self.feedback.is_due(now) && self.gives_feedback {
            let mut feedback = std::mem::replace(&mut self.feedback, Feedback::new(now));
            self.send_rtcp(|out| feedback.write(now, out));
            self.feedback = feedback;
        }
        if self.next_report <= now && self.reports_enabled {
            self.next_report = now + Duration::from_secs(1);
            self.send_reports(now);
        }
    }

    fn send_reports(&mut self, now: Instant) {
        let heard = self.receivers.iter_mut().filter(|receiver| receiver.packets > 0);
        let blocks: Vec<ReportBlock> = heard
            .map(|receiver| ReportBlock {
                ssrc: receiver.ssrc,
                fraction_lost: receiver.fraction_lost(),
                highest_sequence: receiver.highest_sequence(),
                last_sr: receiver.last_sender_report.map_or(0, |(middle, _)| middle),
                delay_since_last_sr: receiver
                    .last_sender_report
                    .map_or(0, |(_, at)| wire::ntp::duration_to_short(now - at)),
                ..ReportBlock::default()
            })
            .collect();
        let time = self.time(now);
        let senders: Vec<(u32, SenderInfo)> = self
            .publishers
            .iter()
            .filter(|publisher| publisher.frame > 0)
            .map(|publisher| {
                let info = SenderInfo {
                    ntp: time,
                    rtp_timestamp: publisher.timestamp_at(now),
                    ..SenderInfo::default()
                };
                (publisher.ssrc, info)
            })
            .collect();
        self.send_rtcp(|out| {
            out.receiver_report(1, &blocks).expect("fits");
            for (ssrc, info) in &senders {
                out.sender_report(*ssrc, info, &[]).expect("fits");
            }
        });
    }
}
