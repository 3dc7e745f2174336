//! One slot between made-up publishers and a decoder, on virtual time, without endpoints.

use std::time::{Duration, Instant};

use srtp::{InboundContext, OutboundContext, Profile};
use wire::ext::{ExtensionKind, ExtensionMap};
use wire::ntp::NtpTime;
use wire::rtp::ParsedRtp;
use wire::seq::SeqUnwrapper;

use super::decoder::{Came, Decoder};
use super::encoder::{Coded, Encoder, Mode};
use crate::batch::SendBatch;
use crate::command::{self, CodecParameters, MediaKind, ReceiveSection};
use crate::endpoint::Congestion;
use crate::ids::{ConferenceId, Mid, Route, SourceId};
use crate::media::bucket::Bucket;
use crate::media::duplicates::Duplicates;
use crate::media::outgoing::Outgoing;
use crate::media::ring::Packet;
use crate::media::section::Section;
use crate::media::slot::{Mapping, Slot};
use crate::media::stream::{Arrival, Stream};
use crate::media::tests::{VP8, start};
use crate::rng::Rng;

/// Between a client and us, one way.
pub(super) const ONE_WAY: Duration = Duration::from_millis(20);
const ROUND_TRIP: Duration = Duration::from_millis(40);
const INTERVAL: Duration = Duration::from_millis(33);

struct OnItsWay {
    at: Instant,
    layer: usize,
    number: u64,
    coded: Coded,
    /// Whether it was asked for.
    repair: bool,
}

/// A publisher of one section.
pub(super) struct Source {
    pub section: Section,
    encoders: Vec<Encoder>,
    /// Encoders that are not suspended.
    pub sends: Vec<bool>,
    next_number: Vec<u64>,
    sent: Vec<Vec<Coded>>,
    next_picture: Instant,
    way: Vec<OnItsWay>,
    /// Layers to be asked for a key frame, when the wish arrives.
    wishes: Vec<(Instant, usize)>,
    pub wished: usize,
}

pub(super) struct Bench {
    pub now: Instant,
    pub rng: Rng,
    pub slot: Slot,
    pub sources: Vec<Source>,
    pub decoder: Decoder,
    /// Of packets on the way to us.
    pub loss: f64,
    /// An encoding that does not hear wishes for key frames.
    pub deaf: Option<usize>,
    codec: CodecParameters,
    extensions: ExtensionMap,
    unwrapper: SeqUnwrapper,
    inbound: InboundContext,
    outbound: OutboundContext,
    budget: Bucket,
    duplicates: Duplicates,
    congestion: Congestion,
    batch: SendBatch,
    transport_sequence: u16,
    began: Instant,
}

impl Bench {
    /// Makes `sources` publishers of `layers` encodings each.
    pub(super) fn new(mode: Mode, layers: usize, sources: u32, seed: u64) -> Self {
        let now = start();
        let mut rng = Rng::new(seed);
        let codec = CodecParameters { codec: mode.codec, ..VP8 };
        let mut extensions = ExtensionMap::default();
        extensions.set(ExtensionKind::DependencyDescriptor, 9);
        let profile = Profile::AeadAes128Gcm;
        let keys = vec![7; profile.keying_material_len()];
        let (_, outbound) = srtp::split(profile, &keys, true).expect("keys");
        let (inbound, _) = srtp::split(profile, &keys, false).expect("keys");
        let description = command::Slot { mid: mid("s"), kind: MediaKind::Video, ssrc: 5, rtx_ssrc: Some(6) };
        let slot = Slot::new(&description, &mut rng);
        let sources = (0..sources).map(|index| Source::new(mode, codec, layers, index, now)).collect();
        let mut bench = Self {
            now,
            rng,
            slot,
            sources,
            decoder: Decoder::default(),
            loss: 0.0,
            deaf: None,
            codec,
            extensions,
            unwrapper: SeqUnwrapper::default(),
            inbound,
            outbound,
            budget: Bucket::new(1_000_000, 1_000_000, now),
            duplicates: Duplicates::default(),
            congestion: Congestion::new(false, now),
            batch: SendBatch::new(256 * 1024, 256),
            transport_sequence: 0,
            began: now,
        };
        bench.show(0);
        bench
    }

    pub(super) fn show(&mut self, source: usize) {
        self.slot.map(Some(Mapping { section: source, source: SourceId(source as u64) }));
        self.drain();
    }

    pub(super) fn shown(&self) -> Option<usize> {
        self.slot.mapping().map(|mapping| mapping.section)
    }

    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.now += Duration::from_millis(1);
            for index in 0..self.sources.len() {
                self.sources[index].publish(self.now, self.loss, &mut self.rng, &mut self.decoder);
                if self.sources[index].arrive(self.now) && self.shown() == Some(index) {
                    self.drain();
                }
                self.sources[index].wish(self.now, self.loss, &mut self.rng);
                let deaf = self.deaf;
                self.sources[index].wishes.retain(|wish| Some(wish.1) != deaf);
            }
        }
    }

    fn drain(&mut self) {
        let Some(index) = self.shown() else { return };
        let time = NtpTime::from_unix(self.now - self.began);
        let mut outgoing = Outgoing {
            now: self.now,
            time,
            lane: self.batch.lane(Route { local: [127, 0, 0, 1].into(), remote: ([127, 0, 0, 1], 9).into() }),
            srtp: &self.outbound,
            extensions: &self.extensions,
            transport_sequence: &mut self.transport_sequence,
            congestion: &mut self.congestion,
            paced: false,
            copies: 0,
            repeats: 0,
            duplicates: &mut self.duplicates,
            equalises: true,
            resend_budget: &mut self.budget,
        };
        let section = &mut self.sources[index].section;
        let drained = self.slot.drain(section, &[self.codec], ROUND_TRIP, &mut outgoing);
        assert!(!drained.full && drained.refused == 0);
        self.receive();
    }

    fn receive(&mut self) {
        for (run, bytes) in self.batch.runs() {
            for datagram in bytes.chunks(usize::from(run.segment)) {
                let mut datagram = datagram.to_vec();
                let header = ParsedRtp::parse_protected(&datagram).expect("RTP");
                let opened = self.inbound.open_rtp(&mut datagram, header.header_len()).expect("authentic");
                let packet = &datagram[..header.header_len() + opened.payload_len];
                let header = header.with_plaintext(packet).expect("RTP");
                let number = self.unwrapper.unwrap(header.sequence_number);
                let came = Came {
                    timestamp: header.timestamp,
                    marker: header.marker,
                    payload: header.payload(packet).to_vec(),
                    descriptor: header.extensions(packet).find(9).unwrap_or_default().to_vec(),
                    at: self.now + ONE_WAY,
                };
                assert!(self.decoder.came.insert(number, came).is_none(), "number {number} came twice");
            }
        }
        self.batch.clear();
    }
}

impl Source {
    fn new(mode: Mode, codec: CodecParameters, layers: usize, index: u32, now: Instant) -> Self {
        let ssrcs = (0..layers as u32).map(|layer| (100 * index + layer, None)).collect();
        let description = ReceiveSection { mid: mid("v"), kind: MediaKind::Video, ssrcs, rids: Vec::new() };
        let mut section = Section::new(0, ConferenceId(1), &description);
        for layer in 0..layers {
            let mut stream = Stream::new(index * 10 + layer as u32 + 1, 1024, codec);
            stream.ssrc = Some(100 * index + layer as u32);
            section.layers[layer] = Some(Box::new(stream));
        }
        Self {
            section,
            encoders: (0..layers as u32).map(|layer| Encoder::new(mode, index * 10 + layer)).collect(),
            sends: vec![true; layers],
            next_number: (0..layers as u64).map(|layer| 65_000 + 300 * layer).collect(),
            sent: vec![Vec::new(); layers],
            next_picture: now + Duration::from_millis(u64::from(index) * 11),
            way: Vec::new(),
            wishes: Vec::new(),
            wished: 0,
        }
    }

    /// Sends the pictures that are due; what is lost has to be asked for.
    fn publish(&mut self, now: Instant, loss: f64, rng: &mut Rng, decoder: &mut Decoder) {
        for (_, layer) in self.wishes.extract_if(.., |wish| wish.0 <= now) {
            self.encoders[layer].wants_key = true;
        }
        if now < self.next_picture {
            return;
        }
        self.next_picture = now + INTERVAL;
        for layer in (0..self.encoders.len()).filter(|layer| self.sends[*layer]) {
            for coded in self.encoders[layer].picture() {
                let number = self.next_number[layer];
                self.next_number[layer] += 1;
                self.sent[layer].push(coded.clone());
                if chance(rng, loss) {
                    decoder.hurt.insert(coded.frame);
                    decoder.lost += 1;
                } else {
                    self.way.push(OnItsWay { at: now + ONE_WAY, layer, number, coded, repair: false });
                }
            }
        }
    }

    /// Takes what arrived; returns whether anything did.
    fn arrive(&mut self, now: Instant) -> bool {
        let arrived: Vec<OnItsWay> = self.way.extract_if(.., |packet| packet.at <= now).collect();
        for OnItsWay { layer, number, coded, repair, .. } in &arrived {
            let stream = self.section.layers[*layer].as_deref_mut().expect("made");
            let packet = Packet {
                number: *number,
                timestamp: coded.timestamp,
                marker: coded.marker,
                codec: stream.codec,
                info: wire::codec::inspect(stream.codec.codec, &coded.payload),
                payload_len: coded.payload.len() as u16,
                descriptor_len: coded.descriptor.len() as u16,
                ..crate::media::tests::packet(*number, now)
            };
            let (payload, descriptor) = (&coded.payload, &coded.descriptor);
            let arrival = Arrival { packet, payload, descriptor, repair: *repair };
            stream.accept(&arrival, ROUND_TRIP).expect("is kept");
        }
        !arrived.is_empty()
    }

    /// Asks for key frames and for what is missing.
    fn wish(&mut self, now: Instant, loss: f64, rng: &mut Rng) {
        for layer in 0..self.encoders.len() {
            if self.section.take_key_frame_request(layer, now, ROUND_TRIP) {
                self.wished += 1;
                self.wishes.push((now + ONE_WAY, layer));
            }
            let stream = self.section.layers[layer].as_deref_mut().expect("made");
            if stream.missing.deadline().is_none_or(|at| at > now) {
                continue;
            }
            let mut numbers = Vec::new();
            stream.missing.ask(now, ROUND_TRIP, |number| numbers.push(number));
            for number in numbers.into_iter().filter(|_| !chance(rng, loss)) {
                let back = (self.next_number[layer] - number) as usize;
                let coded = self.sent[layer][self.sent[layer].len() - back].clone();
                self.way.push(OnItsWay { at: now + ROUND_TRIP, layer, number, coded, repair: true });
            }
        }
    }
}

pub(super) fn chance(rng: &mut Rng, probability: f64) -> bool {
    f64::from(rng.next_u32()) < probability * f64::from(u32::MAX)
}

fn mid(name: &str) -> Mid {
    Mid::from(name).expect("short")
}
