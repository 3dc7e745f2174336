//! Collects what arrives on one slot and says what a decoder would have seen.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sfu::MediaKind;
use wire::codec::{Codec, inspect};
use wire::ext::{ExtensionKind, ExtensionMap};
use wire::red::Blocks;
use wire::rtp::ParsedRtp;
use wire::seq::SeqUnwrapper;

use super::mid;
use super::payloads::head_len;
use super::publisher::STAMP_LEN;

/// A frame of which all packets came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub source: u32,
    pub number: u32,
    pub timestamp: u32,
    pub key: bool,
    pub picture_id: u16,
    pub tl0: u8,
    pub packets: usize,
    pub arrived: Instant,
}

#[derive(Clone)]
struct Kept {
    timestamp: u32,
    marker: bool,
    payload: Vec<u8>,
    arrived: Instant,
}

pub struct Receiver {
    pub kind: MediaKind,
    /// What the latest packet was coded with.
    pub codec: Codec,
    /// The orientations seen.
    pub orientations: BTreeSet<u8>,
    /// The dependency descriptors, by packet number.
    pub descriptors: BTreeMap<u64, Vec<u8>>,
    pub mid: String,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// Asks for what is missing.
    pub nacks: bool,
    pub repaired: u64,
    pub duplicates: u64,
    /// Copies of earlier frames that came along (RFC 2198).
    pub copies: u64,
    pub packets: u64,
    /// Packets that carried the MID.
    pub with_mid: u64,
    pub last_sender_report: Option<(u32, Instant)>,
    pub sender_reports: Vec<(Instant, wire::rtcp::SenderInfo)>,
    /// Pictures decoded, each after the one it builds on: when.
    pub decoded: Vec<Instant>,
    /// How soon it asks again for what is missing.
    pub repeats_after: Duration,
    /// Asks for a key frame as a browser does.
    pub asks_for_key_frames: bool,
    /// The first packet that was not decoded yet.
    undecoded: Option<u64>,
    asked_for_key_frame: Option<Instant>,
    unwrapper: SeqUnwrapper,
    kept: BTreeMap<u64, Kept>,
    asked: BTreeMap<u64, (Instant, u8)>,
    /// What should have come and what did, when it was last reported.
    reported: (u64, u64),
}

impl Receiver {
    pub fn new(kind: MediaKind, name: &str, ssrc: u32) -> Self {
        mid(name);
        Self {
            kind,
            codec: Codec::Opus,
            orientations: BTreeSet::new(),
            descriptors: BTreeMap::new(),
            mid: name.to_owned(),
            ssrc,
            rtx_ssrc: ssrc + 1,
            nacks: kind == MediaKind::Video,
            repaired: 0,
            duplicates: 0,
            copies: 0,
            packets: 0,
            with_mid: 0,
            last_sender_report: None,
            sender_reports: Vec::new(),
            decoded: Vec::new(),
            repeats_after: Duration::from_millis(60),
            asks_for_key_frames: false,
            undecoded: None,
            asked_for_key_frame: None,
            unwrapper: SeqUnwrapper::default(),
            kept: BTreeMap::new(),
            asked: BTreeMap::new(),
            reported: (0, 0),
        }
    }

    pub fn note_extensions(&mut self, header: &ParsedRtp, packet: &[u8], ids: &ExtensionMap) {
        let value = |kind| header.extensions(packet).find(ids.id(kind)?);
        self.orientations.extend(value(ExtensionKind::VideoOrientation).map(|value| value[0]));
        if let Some(descriptor) = value(ExtensionKind::DependencyDescriptor) {
            self.descriptors.insert(header.sequence_number.into(), descriptor.to_vec());
        }
    }

    pub fn take(&mut self, now: Instant, header: &ParsedRtp, packet: &[u8], repair: bool) {
        self.packets += u64::from(!repair);
        self.repaired += u64::from(repair);
        let number = self.unwrapper.unwrap(header.sequence_number);
        let kept = Kept {
            timestamp: header.timestamp,
            marker: header.marker,
            payload: header.payload(packet).to_vec(),
            arrived: now,
        };
        self.asked.remove(&number);
        // What came again, as bursts that look for bandwidth do, came when it came first.
        self.duplicates += u64::from(self.kept.contains_key(&number));
        self.kept.entry(number).or_insert(kept);
        if self.kind == MediaKind::Video {
            self.decode(now);
        }
    }

    /// Decodes what can be: the next pictures, or a later key frame if the next are not whole.
    fn decode(&mut self, now: Instant) {
        loop {
            let from = self.undecoded.unwrap_or_default();
            let whole = |first: u64, key: bool| {
                let (end, is_key) = self.picture_at(first)?;
                (is_key || !key).then_some(end)
            };
            let next = self.undecoded.and_then(|next| whole(next, false));
            let end = next.or_else(|| self.kept.range(from..).find_map(|(first, _)| whole(*first, true)));
            let Some(end) = end else { return };
            self.undecoded = Some(end);
            self.asked.retain(|number, _| *number >= end);
            self.decoded.push(now);
        }
    }

    /// Returns the number after a whole picture that begins with a packet, and whether it is a key frame.
    fn picture_at(&self, first: u64) -> Option<(u64, bool)> {
        let mut first = first;
        while self.kept.get(&first)?.payload.is_empty() {
            first += 1;
        }
        let Kept { payload, timestamp, .. } = self.kept.get(&first)?;
        let head = head_len(self.codec, payload)?;
        let stamp = payload.get(head..head + STAMP_LEN)?;
        let [place, count] = [8, 10].map(|at| u64::from(u16::from_be_bytes([stamp[at], stamp[at + 1]])));
        let belongs = |number| self.kept.get(&number).is_some_and(|kept| kept.timestamp == *timestamp);
        let whole = place == 0 && (first..first + count).all(belongs);
        whole.then(|| (first + count, inspect(self.codec, payload).key_frame))
    }

    /// Whether a browser would ask for a key frame now: after 3 s without a picture, each 200 ms before the first.
    pub fn wants_key_frame(&mut self, now: Instant) -> bool {
        if !self.asks_for_key_frames || self.packets == 0 {
            return false;
        }
        let patience = Duration::from_millis(if self.decoded.is_empty() { 200 } else { 3000 });
        let since = self.asked_for_key_frame.into_iter().chain(self.decoded.last().copied()).max();
        let wants = since.is_none_or(|since| now - since >= patience);
        if wants {
            self.asked_for_key_frame = Some(now);
        }
        wants
    }

    /// Takes redundant audio: its own frame, and copies for what did not come.
    pub fn take_redundant(&mut self, now: Instant, header: &ParsedRtp, packet: &[u8], payload_type: u8) {
        let payload = header.payload(packet);
        let blocks = Blocks::parse(payload, payload_type).expect("well-formed redundant audio");
        for copy in blocks.copies() {
            let copied = ParsedRtp {
                sequence_number: header.sequence_number.wrapping_sub(copy.age / 960),
                timestamp: header.timestamp.wrapping_sub(copy.age.into()),
                payload_offset: header.payload_offset + copy.offset,
                payload_len: copy.len,
                ..*header
            };
            self.copies += 1;
            let number = self.unwrapper.unwrap(copied.sequence_number);
            if !self.kept.contains_key(&number) {
                self.take(now, &copied, packet, true);
            }
        }
        let own = ParsedRtp {
            payload_offset: header.payload_offset + blocks.primary,
            payload_len: header.payload_len - blocks.primary,
            ..*header
        };
        self.take(now, &own, packet, false);
    }

    /// Returns the numbers to ask for now: each every round trip or so, at most ten times, for a second.
    pub fn missing(&mut self, now: Instant) -> Vec<u16> {
        let (Some(highest), Some((lowest, _))) = (self.unwrapper.highest(), self.kept.first_key_value())
        else {
            return Vec::new();
        };
        let lowest = (*lowest).max(self.undecoded.unwrap_or_default());
        let mut ask = Vec::new();
        for number in lowest.max(highest.saturating_sub(300))..highest {
            if self.kept.contains_key(&number) {
                continue;
            }
            let entry = self.asked.entry(number).or_insert((now - Duration::from_secs(1), 0));
            if now - entry.0 >= self.repeats_after && entry.1 < 10 && ask.len() < 100 {
                *entry = (now, entry.1 + 1);
                ask.push(number as u16);
            }
        }
        ask
    }

    /// Returns the share of packets lost since it last did, in 1/256 (RFC 3550 §6.4.1).
    pub fn fraction_lost(&mut self) -> u8 {
        let expected = self.unwrapper.highest().unwrap_or_default();
        let (expected_before, received_before) =
            std::mem::replace(&mut self.reported, (expected, self.packets));
        if received_before == 0 {
            return 0;
        }
        let (expected, received) = (expected - expected_before, self.packets - received_before);
        (expected.saturating_sub(received) << 8).checked_div(expected).unwrap_or(0).min(255) as u8
    }

    pub fn highest_sequence(&self) -> u32 {
        self.unwrapper.highest().unwrap_or_default() as u32
    }

    /// Returns numbers between the first and the last packet that never came.
    pub fn holes(&self) -> u64 {
        let (Some((first, _)), Some((last, _))) = (self.kept.first_key_value(), self.kept.last_key_value())
        else {
            return 0;
        };
        last - first + 1 - self.kept.len() as u64
    }

    /// Returns the complete frames in the order of their packet numbers, and how many were not complete.
    pub fn frames(&self) -> (Vec<Frame>, usize) {
        let (mut frames, mut broken) = (Vec::new(), 0);
        let mut current: Vec<&Kept> = Vec::new();
        for kept in self.kept.values() {
            if current.first().is_some_and(|first| first.timestamp != kept.timestamp) {
                broken += 1;
                current.clear();
            }
            current.push(kept);
            if kept.marker || self.kind == MediaKind::Audio {
                match self.frame(&current) {
                    Some(frame) => frames.push(frame),
                    None => broken += 1,
                }
                current.clear();
            }
        }
        (frames, broken)
    }

    pub fn frames_of(&self, source: u64) -> Vec<Frame> {
        self.frames().0.into_iter().filter(|frame| u64::from(frame.source) == source).collect()
    }

    fn frame(&self, packets: &[&Kept]) -> Option<Frame> {
        let mut frame = None;
        for (place, kept) in packets.iter().enumerate() {
            let head = head_len(self.codec, &kept.payload)?;
            let stamp: [u8; STAMP_LEN] = kept.payload.get(head..head + STAMP_LEN)?.try_into().ok()?;
            let word =
                |at: usize| u32::from_be_bytes([stamp[at], stamp[at + 1], stamp[at + 2], stamp[at + 3]]);
            let (at, count) = (word(8) >> 16, word(8) & 0xffff);
            if at as usize != place || count as usize != packets.len() {
                return None;
            }
            let info = inspect(self.codec, &kept.payload);
            frame.get_or_insert(Frame {
                source: word(0),
                number: word(4),
                timestamp: kept.timestamp,
                key: info.key_frame,
                picture_id: info.picture_id.map_or(0, |id| id.value),
                tl0: info.tl0_picture_index.unwrap_or_default(),
                packets: packets.len(),
                arrived: kept.arrived,
            });
        }
        frame
    }
}
