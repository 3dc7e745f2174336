//! Sends made-up media that tests can recognise: each payload says source, frame, and place in the frame.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use sfu::{MediaKind, Mid, SourceId};
use wire::codec::Codec;
use wire::ext::ExtensionKind;
use wire::rtp::{RtpHeaderOut, write_header};

use super::client::{AUDIO_PT, RED_PT, extension_ids};
use super::payloads::{Head, payload_types};

/// Bytes of the stamp in each payload.
pub const STAMP_LEN: usize = 12;

/// Returns a dependency descriptor that names its frame: 3 bytes, and 20 more of structure on a key frame.
pub fn dependency_descriptor(frame: u32, key: bool) -> Vec<u8> {
    let [high, low] = (frame as u16).to_be_bytes();
    let mut descriptor = vec![0xc0, high, low];
    descriptor.resize(if key { 23 } else { 3 }, 0x5a);
    descriptor
}

/// A plain RTP packet: header and payload.
pub type Plain = (Vec<u8>, usize);

pub struct Publisher {
    pub kind: MediaKind,
    pub codec: Codec,
    pub mid: Mid,
    pub source: SourceId,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    pub rid: Option<&'static str>,
    /// Packets carry the MID (and RID).
    pub stamps_mid: bool,
    pub enabled: bool,
    pub frame: u32,
    pub packets_per_frame: u32,
    /// A key frame has so many more.
    pub more_in_key_frames: u32,
    /// Bytes of payload in each packet of a picture.
    pub payload_len: usize,
    /// The second half of a picture's packets are a byte longer, as libwebrtc cuts them.
    pub cuts_unevenly: bool,
    /// Asks heard: PLI or FIR.
    pub key_frame_requests: Vec<Instant>,
    pub key_frames: u32,
    pub nacks: u64,
    pub resent: u64,
    /// Audio level put on packets.
    pub level: u8,
    /// Sends silence (level 127) each 400 ms only, as Opus does (RFC 7587 §3.1.3).
    pub leaves_out_silence: bool,
    /// How the picture is turned, put on packets.
    pub orientation: Option<u8>,
    /// Copies of earlier frames put into each packet of sound (RFC 2198).
    pub copies: usize,
    /// Puts a dependency descriptor on packets: see [`dependency_descriptor`].
    pub describes: bool,
    /// Picture id that the next frame has.
    pub picture_id: u16,
    /// Sends a padding-only packet after each frame.
    pub pads: bool,
    sequence: u16,
    rtx_sequence: u16,
    pub timestamp: u32,
    /// For how many frames of sound the latest packet stands.
    lasts: u32,
    tl0: u8,
    wants_key: bool,
    /// Whether the latest frame is a key frame.
    began_with_key: bool,
    next: Instant,
    sent: VecDeque<(u16, Plain)>,
    /// The latest frames of sound.
    copied: VecDeque<Vec<u8>>,
    /// Shared by all streams of a client.
    pub transport_sequence: Rc<Cell<u16>>,
}

impl Publisher {
    pub fn new(kind: MediaKind, mid: Mid, source: u64, now: Instant) -> Self {
        let base = 1000 * source as u32;
        Self {
            kind,
            codec: if kind == MediaKind::Audio { Codec::Opus } else { Codec::Vp8 },
            mid,
            source: SourceId(source),
            ssrc: base + 1,
            rtx_ssrc: base + 2,
            rid: None,
            stamps_mid: true,
            enabled: true,
            frame: 0,
            packets_per_frame: 4,
            more_in_key_frames: 4,
            payload_len: 900,
            cuts_unevenly: false,
            key_frame_requests: Vec::new(),
            key_frames: 0,
            nacks: 0,
            resent: 0,
            level: 127,
            leaves_out_silence: false,
            orientation: None,
            copies: 0,
            describes: false,
            picture_id: 0x7ff0,
            pads: false,
            sequence: (source as u16).wrapping_mul(7919) & 0x7fff,
            rtx_sequence: 9,
            timestamp: source as u32 * 123_457,
            lasts: 1,
            tl0: 250,
            wants_key: true,
            began_with_key: false,
            next: now,
            sent: VecDeque::new(),
            copied: VecDeque::new(),
            transport_sequence: Rc::default(),
        }
    }

    pub fn deadline(&self) -> Instant {
        self.next
    }

    pub fn ask_key_frame(&mut self, now: Instant) {
        self.key_frame_requests.push(now);
        self.wants_key = true;
    }

    /// Returns the timestamp that a frame captured at `now` would have.
    pub fn timestamp_at(&self, now: Instant) -> u32 {
        let (interval, rate) = match self.kind {
            MediaKind::Audio => (20 * u64::from(self.lasts), 48),
            MediaKind::Video => (33, 90),
        };
        let since_last = now + Duration::from_millis(interval) - self.next;
        self.timestamp.wrapping_add(since_last.as_millis() as u32 * rate)
    }

    /// Returns the packets of the next frame if it is time.
    pub fn frame(&mut self, now: Instant) -> Vec<Plain> {
        if now < self.next || !self.enabled {
            return Vec::new();
        }
        self.frame += 1;
        let packets = match self.kind {
            MediaKind::Audio => {
                self.timestamp = self.timestamp.wrapping_add(960 * self.lasts);
                self.lasts = if self.leaves_out_silence && self.level == 127 { 20 } else { 1 };
                self.next = now + Duration::from_millis(20) * self.lasts;
                let frame = self.payload(0, 1, 60, &[0x78]);
                let (payload_type, payload) =
                    if self.copies > 0 { (RED_PT, self.redundant(&frame)) } else { (AUDIO_PT, frame) };
                vec![self.packet(payload_type, true, &payload)]
            }
            MediaKind::Video => {
                self.next = now + Duration::from_millis(33);
                self.timestamp = self.timestamp.wrapping_add(2970);
                self.video_frame()
            }
        };
        for (packet, sequence) in packets.iter().zip((0..packets.len() as u16).rev()) {
            self.sent.push_back((self.sequence.wrapping_sub(sequence).wrapping_sub(1), packet.clone()));
        }
        while self.sent.len() > 1000 {
            self.sent.pop_front();
        }
        packets
    }

    /// Returns a packet sent before as a retransmission, or as it was where there is no RTX.
    pub fn resend(&mut self, sequence: u16) -> Option<Plain> {
        let (_, (packet, header_len)) = self.sent.iter().find(|(sent, _)| *sent == sequence)?;
        self.resent += 1;
        let Some(payload_type) = payload_types(self.codec).1 else {
            return Some((packet.clone(), *header_len));
        };
        let mut bytes = packet[..*header_len].to_vec();
        name_repaired_encoding(&mut bytes);
        bytes[1] = bytes[1] & 0x80 | payload_type;
        bytes[2..4].copy_from_slice(&self.rtx_sequence.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.rtx_ssrc.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(&packet[*header_len..]);
        self.rtx_sequence = self.rtx_sequence.wrapping_add(1);
        Some((bytes, *header_len))
    }

    /// Returns the next packet number without using it.
    pub fn next_sequence(&self) -> u16 {
        self.sequence
    }

    /// Returns a plain packet of this stream and uses up its number.
    pub fn packet(&mut self, payload_type: u8, marker: bool, payload: &[u8]) -> Plain {
        let ids = extension_ids(0);
        let transport_sequence = self.transport_sequence.get();
        self.transport_sequence.set(transport_sequence.wrapping_add(1));
        let transport_sequence = transport_sequence.to_be_bytes();
        let level = [self.level];
        let orientation = [self.orientation.unwrap_or_default()];
        let descriptor = dependency_descriptor(self.frame, self.began_with_key);
        let rid = self.rid.unwrap_or_default();
        let mut extensions: Vec<(u8, &[u8])> = Vec::new();
        let mut put = |kind, value| extensions.push((ids.id(kind).expect("negotiated"), value));
        if self.stamps_mid {
            put(ExtensionKind::Mid, self.mid.as_bytes());
        }
        if !rid.is_empty() {
            put(ExtensionKind::Rid, rid.as_bytes());
        }
        put(ExtensionKind::TransportCc, &transport_sequence);
        if self.kind == MediaKind::Audio {
            put(ExtensionKind::AudioLevel, &level);
        }
        if self.orientation.is_some() {
            put(ExtensionKind::VideoOrientation, &orientation);
        }
        if self.describes {
            put(ExtensionKind::DependencyDescriptor, &descriptor);
        }
        let header = RtpHeaderOut {
            marker,
            payload_type,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..RtpHeaderOut::default()
        };
        let mut buffer = vec![0; 200];
        let header_len = write_header(&mut buffer, &header, |out| {
            extensions.iter().try_for_each(|(id, value)| out.put_slice(*id, value))
        })
        .expect("fits");
        buffer.truncate(header_len);
        buffer.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        (buffer, header_len)
    }

    /// Returns a packet of nothing but padding.
    pub fn padding(&mut self) -> Plain {
        let (mut bytes, header_len) = self.packet(payload_types(self.codec).0, false, &[]);
        bytes[0] |= 0x20;
        bytes.extend([0, 0, 0, 4]);
        (bytes, header_len)
    }

    /// Puts the latest frames before this one, as libwebrtc does.
    fn redundant(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        for (age, copy) in (1..=self.copied.len() as u32).rev().zip(&self.copied) {
            payload.push(0x80 | AUDIO_PT);
            payload.extend(&((age * 960) << 10 | copy.len() as u32).to_be_bytes()[1..]);
        }
        payload.push(AUDIO_PT);
        payload.extend(self.copied.iter().flatten());
        payload.extend(frame);
        self.copied.push_back(frame.to_vec());
        while self.copied.len() > self.copies {
            self.copied.pop_front();
        }
        payload
    }

    fn video_frame(&mut self) -> Vec<Plain> {
        let key = std::mem::take(&mut self.wants_key);
        self.began_with_key = key;
        self.key_frames += u32::from(key);
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(1);
        let count = self.packets_per_frame + u32::from(key) * self.more_in_key_frames;
        let mut packets = Vec::new();
        for place in 0..count {
            let head = Head { key, picture_id: self.picture_id, tl0: self.tl0, place, count };
            let longer = usize::from(self.cuts_unevenly && 2 * place >= count);
            let payload = self.payload(place, count, self.payload_len + longer, &head.bytes(self.codec));
            packets.push(self.packet(payload_types(self.codec).0, place + 1 == count, &payload));
        }
        if self.pads {
            let padding = self.padding();
            packets.push(padding);
        }
        packets
    }

    fn payload(&self, place: u32, count: u32, len: usize, head: &[u8]) -> Vec<u8> {
        let mut payload = head.to_vec();
        payload.extend((self.source.0 as u32).to_be_bytes());
        payload.extend(self.frame.to_be_bytes());
        payload.extend((place as u16).to_be_bytes());
        payload.extend((count as u16).to_be_bytes());
        payload.resize(len, self.frame as u8);
        payload
    }
}

/// Turns the RID among a header's extensions, which have the one-byte form, into a repaired RID.
fn name_repaired_encoding(header: &mut [u8]) {
    let ids = extension_ids(0);
    let [rid, repaired] =
        [ExtensionKind::Rid, ExtensionKind::RepairedRid].map(|kind| ids.id(kind).expect("negotiated"));
    let mut at = 16;
    while at < header.len() && header[at] != 0 {
        if header[at] >> 4 == rid {
            header[at] = repaired << 4 | header[at] & 0x0f;
        }
        at += 2 + usize::from(header[at] & 0x0f);
    }
}
