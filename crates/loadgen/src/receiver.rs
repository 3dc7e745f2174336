//! Everything a peer receives, and the feedback it gives like a browser.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::rtp::{Header, Ids};
use crate::sdp::{Kind, Section};
use crate::sink::Sink;
use crate::srtp::Context;
use crate::stamp::Stamp;
use crate::wire::Sending;

/// Streams of one peer; further ones are unreadable.
const STREAMS_MAX: usize = 2048;
/// Arrivals kept until the next feedback.
const ARRIVALS_MAX: usize = 4096;
/// Longest stretch of numbers in one feedback packet: its statuses and deltas fit 1,200 bytes.
const FEEDBACK_SPAN: u64 = 400;
/// What a receiver without transport-wide feedback says it can take: no line of ours is narrow.
const ESTIMATE: u64 = 100_000_000;
/// Streams named in one report (RFC 3550 section 6.4.1), and in one estimate.
const BLOCKS_MAX: usize = 31;
/// SSRC of feedback.
const SELF: u32 = 1;

/// What a payload type means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Meaning {
    #[default]
    Unknown,
    Audio,
    Video,
    Rtx,
}

/// What a peer receives.
#[derive(Default)]
pub(crate) struct Receiver {
    context: Option<Context>,
    meanings: HashMap<u8, Meaning>,
    ids: Ids,
    transport_cc: bool,
    remb: bool,
    /// Base of each retransmission SSRC.
    repairs: HashMap<u32, u32>,
    places: HashMap<u32, usize>,
    sinks: Vec<Sink>,
    /// Transport-wide numbers and microseconds since the start.
    arrivals: Vec<(u64, u64)>,
    latest_transport: u64,
    /// The number after the last one reported on.
    reported: u64,
    feedback_count: u8,
    feedback_media: u32,
    wanted: Vec<u16>,
}

impl Receiver {
    pub(crate) fn connect(&mut self, context: Context) {
        self.context = Some(context);
    }

    pub(crate) fn streams(&self) -> usize {
        self.live().count()
    }

    /// Streams of media that came, without retransmissions.
    fn live(&self) -> impl Iterator<Item = &Sink> {
        self.sinks.iter().filter(|sink| sink.highest.is_some() && sink.kind != Kind::Other)
    }

    /// Learns from a section how to read what it brings.
    pub(crate) fn learn(&mut self, section: &Section) {
        let media = if section.kind == Kind::Audio { Meaning::Audio } else { Meaning::Video };
        for (payload, meaning) in [(section.codecs.media, media), (section.codecs.rtx, Meaning::Rtx)] {
            if payload != 0 {
                self.meanings.insert(payload, meaning);
            }
        }
        self.repairs.extend(section.repairs.iter().copied());
        self.ids.mid = self.ids.mid.max(section.ids.mid);
        self.ids.transport_cc = self.ids.transport_cc.max(section.ids.transport_cc);
        self.transport_cc |= section.transport_cc && section.ids.transport_cc != 0;
        self.remb |= section.remb;
    }

    /// Takes an RTP packet and says whether anything is to be asked for.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        since_start: Duration,
        packet: &mut [u8],
        counters: &mut Counters,
    ) -> bool {
        let taken = self.take(now, since_start, packet, counters);
        counters.unreadable += u64::from(taken.is_none());
        taken.unwrap_or(false)
    }

    fn take(
        &mut self,
        now: Instant,
        since_start: Duration,
        packet: &mut [u8],
        counters: &mut Counters,
    ) -> Option<bool> {
        let header = Header::read(packet)?;
        let meaning = self.meanings.get(&header.payload_type).copied().unwrap_or_default();
        let place = self.place(&header, meaning)?;
        let index = self.sinks[place].index(header.sequence);
        let context = self.context.as_ref()?;
        let mut len = context.open_rtp(packet, header.len, header.ssrc, index)?;
        self.note_arrival(&header, packet, since_start);
        counters.received_bytes += packet.len() as u64;
        if header.padding {
            len = len.checked_sub(usize::from(packet[header.len + len - 1]))?;
        }
        let payload = &packet[header.len..header.len + len];
        match meaning {
            Meaning::Rtx => self.take_repeated(now, place, index, &header, packet, len, counters),
            _ if payload.is_empty() => {
                counters.received_padding += 1;
                self.sinks[place].accept(now, index, None, counters);
                Some(self.sinks[place].waits())
            }
            _ => {
                let stamp = read_stamp(meaning, payload);
                let sink = &mut self.sinks[place];
                if sink.mid.is_none() {
                    sink.mid = header.extension(packet, self.ids.mid).map(Box::from);
                }
                sink.measure_jitter(since_start, header.timestamp);
                let fresh = sink.accept(now, index, stamp.as_ref(), counters);
                let stamp = stamp?;
                if fresh {
                    count(meaning, since_start, &stamp, counters);
                }
                Some(sink.waits() || sink.wants_key())
            }
        }
    }

    /// Returns the place of a stream, a new one if it may be.
    fn place(&mut self, header: &Header, meaning: Meaning) -> Option<usize> {
        if let Some(place) = self.places.get(&header.ssrc) {
            return Some(*place);
        }
        let kind = match meaning {
            Meaning::Unknown => return None,
            Meaning::Audio => Kind::Audio,
            Meaning::Video => Kind::Video,
            Meaning::Rtx => Kind::Other,
        };
        if self.sinks.len() >= STREAMS_MAX {
            return None;
        }
        self.sinks.push(Sink::new(header.ssrc, kind));
        self.places.insert(header.ssrc, self.sinks.len() - 1);
        Some(self.sinks.len() - 1)
    }

    #[expect(clippy::too_many_arguments, reason = "one step of taking a packet, cut in two")]
    fn take_repeated(
        &mut self,
        now: Instant,
        place: usize,
        index: u64,
        header: &Header,
        packet: &[u8],
        len: usize,
        counters: &mut Counters,
    ) -> Option<bool> {
        let own = &mut self.sinks[place];
        own.highest = Some(own.highest.map_or(index, |highest| highest.max(index)));
        let payload = &packet[header.len..header.len + len];
        let Some((sequence, payload)) = payload.split_first_chunk::<2>() else {
            counters.received_padding += 1;
            return Some(false);
        };
        counters.received_rtx += 1;
        let base = self.base(header, packet)?;
        let sink = &mut self.sinks[base];
        let meaning = if sink.kind == Kind::Audio { Meaning::Audio } else { Meaning::Video };
        if let Some(stamp) = read_stamp(meaning, payload) {
            sink.repair(now, u16::from_be_bytes(*sequence), &stamp, counters);
        }
        Some(sink.waits())
    }

    /// Returns the stream that a retransmission repairs: as announced, or the one of the same section.
    fn base(&mut self, header: &Header, packet: &[u8]) -> Option<usize> {
        if let Some(ssrc) = self.repairs.get(&header.ssrc) {
            return self.places.get(ssrc).copied();
        }
        let mid = header.extension(packet, self.ids.mid)?;
        let base = self.sinks.iter().rposition(|sink| sink.mid.as_deref() == Some(mid))?;
        self.repairs.insert(header.ssrc, self.sinks[base].ssrc);
        Some(base)
    }

    fn note_arrival(&mut self, header: &Header, packet: &[u8], since_start: Duration) {
        let number = header.extension(packet, self.ids.transport_cc).and_then(|value| value.first_chunk());
        if let (Some(number), true) = (number, self.arrivals.len() < ARRIVALS_MAX) {
            if self.latest_transport == 0 {
                // Far from zero, so that late numbers never fall below it.
                self.latest_transport = 1 << 32 | u64::from(u16::from_be_bytes(*number));
                self.reported = self.latest_transport;
            }
            let number = crate::rtp::extend(self.latest_transport, u16::from_be_bytes(*number));
            self.latest_transport = self.latest_transport.max(number);
            self.arrivals.push((number, since_start.as_micros() as u64));
            self.feedback_media = header.ssrc;
        }
    }

    /// Opens an RTCP packet in place.
    pub(crate) fn open_control<'a>(&self, datagram: &'a mut [u8]) -> Option<&'a [u8]> {
        self.context.as_ref()?.open_rtcp(datagram)
    }

    pub(crate) fn hear_sender_report(&mut self, now: Instant, ssrc: u32, middle: u32) {
        if let Some(place) = self.places.get(&ssrc) {
            self.sinks[*place].hear_sender_report(now, middle);
        }
    }

    /// Asks for missing packets and key frames, and says whether anything is still waited for.
    pub(crate) fn send_wishes(&mut self, sending: &mut Sending<'_>) -> bool {
        let mut waits = false;
        for sink in &mut self.sinks {
            if sink.waits() {
                self.wanted.clear();
                sink.ask(sending.now, sending.counters, &mut self.wanted);
                if !self.wanted.is_empty() {
                    sending.counters.nacks_sent += self.wanted.len() as u64;
                    // As browsers do; some servers learn from the report whose packets are meant.
                    let report = sink.block(sending.now);
                    sending.control(SELF, |writer| {
                        writer.receiver(&[report]);
                        writer.again(sink.ssrc, &self.wanted);
                    });
                }
            }
            if sink.ask_key(sending.now) {
                sending.counters.key_frames_asked += 1;
                sending.control(SELF, |writer| {
                    writer.receiver(&[]);
                    writer.key_frame(sink.ssrc);
                });
            }
            waits |= sink.waits() || sink.wants_key();
        }
        waits
    }

    /// Reports all arrivals since the last time.
    pub(crate) fn send_feedback(&mut self, sending: &mut Sending<'_>) {
        if !self.transport_cc || self.arrivals.is_empty() {
            return self.arrivals.clear();
        }
        self.arrivals.sort_unstable();
        self.arrivals.dedup_by_key(|arrival| arrival.0);
        let mut rest = &self.arrivals[..];
        while let Some(&(first, _)) = rest.first() {
            // From where the last one ended, so that what was lost between them is told as well.
            let near = self.reported < first && first - self.reported < FEEDBACK_SPAN / 2;
            let base = if near { self.reported } else { first };
            let end = rest.partition_point(|arrival| arrival.0 < base + FEEDBACK_SPAN);
            let (count, media) = (self.feedback_count, self.feedback_media);
            sending.control(SELF, |writer| {
                writer.receiver(&[]);
                writer.transport(media, count, base, &rest[..end]);
            });
            self.feedback_count = self.feedback_count.wrapping_add(1);
            sending.counters.twcc_sent += 1;
            self.reported = rest[end - 1].0 + 1;
            rest = &rest[end..];
        }
        self.arrivals.clear();
    }

    /// Reports on all streams, with an estimate if the server gets no transport-wide feedback.
    pub(crate) fn send_reports(&mut self, sending: &mut Sending<'_>) {
        let now = sending.now;
        let mut live =
            self.sinks.iter_mut().filter(|sink| sink.highest.is_some() && sink.kind != Kind::Other);
        let estimates = self.remb && !self.transport_cc;
        loop {
            let blocks: Vec<_> = live.by_ref().take(BLOCKS_MAX).map(|sink| sink.block(now)).collect();
            if blocks.is_empty() {
                return;
            }
            sending.control(SELF, |writer| {
                writer.receiver(&blocks);
                if estimates {
                    let media: Vec<_> = blocks.iter().map(|block| block.ssrc).collect();
                    writer.estimate(ESTIMATE, &media);
                }
            });
            sending.counters.remb_sent += u64::from(estimates);
        }
    }
}

fn read_stamp(meaning: Meaning, payload: &[u8]) -> Option<Stamp> {
    match meaning {
        Meaning::Audio => Stamp::read_opus(payload),
        _ => Stamp::read_vp8(payload),
    }
}

fn count(meaning: Meaning, since_start: Duration, stamp: &Stamp, counters: &mut Counters) {
    counters.received_packets += 1;
    match meaning {
        Meaning::Audio => counters.received_audio += 1,
        _ => counters.received_video += 1,
    }
    counters.latency.record((since_start.as_nanos() as u64).saturating_sub(stamp.sent));
}
