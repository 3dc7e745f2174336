//! A sender under our control with a camera and a microphone, and a receiver that reports as browsers do.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use congestion::{Bounds, Controller};
use netem::Netem;
use wire::rtcp::{Compound, CompoundWriter, Packet, TransportCcOut};
use wire::seq::SeqUnwrapper;

use super::{Flow, addresses, ms};

/// IPv4, UDP, RTP with extensions and tag.
const OVERHEAD: usize = 28;
pub const VIDEO_PACKET: usize = 1200;
pub const SOUND_PACKET: usize = 120;
const SOUND_BITS: u32 = (SOUND_PACKET + OVERHEAD) as u32 * 8 * 50;
/// A frame that waits longer is dropped, as the engine does.
const STALE: Duration = Duration::from_millis(250);
pub const BOUNDS: Bounds = Bounds { start: 300_000, floor: 40_000, ceiling: 10_000_000 };

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Sound = 1,
    Picture = 2,
    Padding = 3,
}

pub struct OurFlow {
    pub controller: Controller,
    sender: SocketAddr,
    receiver: SocketAddr,
    sequence: u16,
    encoder: Encoder,
    next_sound: Instant,
    /// Packets that wait, with the time their frame was made.
    waiting: VecDeque<(Instant, usize)>,
    sound_sent: u64,
    heard: Heard,
}

/// Meets its target on average, with frames of unlike size.
pub struct Encoder {
    /// Bits per second that it would send.
    pub wanted: u32,
    frames: u64,
    next: Instant,
}

impl Encoder {
    pub fn new(now: Instant) -> Self {
        Self { wanted: 0, frames: 0, next: now }
    }

    /// Returns the packets of the next frame if it is time, for a target that sound is part of.
    pub fn frame(&mut self, now: Instant, target: u32) -> impl Iterator<Item = usize> + use<> {
        let sizes = [1.3, 0.8, 1.0, 0.9, 1.1, 0.9];
        let mut left = 0;
        if self.next <= now {
            self.next = now + ms(33);
            self.frames += 1;
            let rate = self.wanted.min(target).saturating_sub(SOUND_BITS).max(20_000);
            left = (f64::from(rate) / 8.0 * 0.033 * sizes[(self.frames % 6) as usize]) as usize;
        }
        std::iter::from_fn(move || {
            let bytes = left.min(VIDEO_PACKET);
            left -= bytes;
            (bytes > 0).then(|| bytes.max(60))
        })
    }
}

/// The receiver's end.
struct Heard {
    started: Instant,
    unwrapper: SeqUnwrapper,
    unreported: BTreeMap<u64, i64>,
    reported_to: u64,
    count: u8,
    next: Instant,
    delivered: u64,
    sound: u64,
}

impl OurFlow {
    pub fn new(number: u8, wanted: u32, now: Instant) -> Self {
        let (sender, receiver) = addresses(number);
        let mut controller = Controller::new(BOUNDS, now);
        controller.set_desired(wanted);
        Self {
            controller,
            sender,
            receiver,
            sequence: 65_000,
            encoder: Encoder { wanted, ..Encoder::new(now) },
            next_sound: now,
            waiting: VecDeque::new(),
            sound_sent: 0,
            heard: Heard {
                started: now,
                unwrapper: SeqUnwrapper::default(),
                unreported: BTreeMap::new(),
                reported_to: 0,
                count: 0,
                next: now,
                delivered: 0,
                sound: 0,
            },
        }
    }

    fn send(&mut self, now: Instant, kind: Kind, len: usize, network: &mut Netem) {
        // The network counts whole IP packets.
        let len = len + OVERHEAD;
        let mut bytes = vec![kind as u8; len];
        bytes[1..3].copy_from_slice(&self.sequence.to_be_bytes());
        network.send(now, self.sender, self.receiver, &bytes);
        self.controller.sent(now, self.sequence, len);
        self.sequence = self.sequence.wrapping_add(1);
    }

    fn report(&mut self, now: Instant, network: &mut Netem) {
        self.heard.next = now + ms(100);
        while let Some(bytes) = self.heard.feedback() {
            network.send(now, self.receiver, self.sender, &bytes);
        }
    }
}

impl Heard {
    fn take(&mut self, now: Instant, bytes: &[u8]) {
        let number = self.unwrapper.unwrap(u16::from_be_bytes([bytes[1], bytes[2]]));
        let ticks = (now - self.started).as_micros() as i64 / 250;
        self.unreported.insert(number, ticks);
        match bytes[0] {
            1 => self.sound += 1,
            2 => {}
            _ => return,
        }
        self.delivered += bytes.len() as u64;
    }

    /// Returns the next feedback: from what was reported last, or the earliest that came late.
    fn feedback(&mut self) -> Option<Vec<u8>> {
        let (first, _) = self.unreported.first_key_value()?;
        let (last, _) = self.unreported.last_key_value()?;
        let base = if self.reported_to == 0 { *first } else { self.reported_to.min(*first) };
        let arrivals: Vec<Option<i64>> =
            (base..=*last).take(300).map(|number| self.unreported.get(&number).copied()).collect();
        let mut buffer = [0; 1500];
        let mut out = CompoundWriter::new(&mut buffer);
        let written = out
            .transport_cc(&TransportCcOut {
                sender_ssrc: 1,
                media_ssrc: 2,
                base_sequence: base as u16,
                feedback_count: self.count,
                arrivals: &arrivals,
            })
            .expect("fits");
        self.count = self.count.wrapping_add(1);
        let end = base + written as u64;
        self.unreported.retain(|number, _| *number >= end);
        self.reported_to = self.reported_to.max(end);
        let len = out.len();
        Some(buffer[..len].to_vec())
    }
}

impl Flow for OurFlow {
    fn step(&mut self, now: Instant, network: &mut Netem) {
        if self.controller.deadline().is_some_and(|at| at <= now) {
            self.controller.timeout(now);
        }
        if self.next_sound <= now {
            self.next_sound += ms(20);
            self.sound_sent += 1;
            self.send(now, Kind::Sound, SOUND_PACKET, network);
        }
        let made = self.encoder.frame(now, self.controller.target());
        self.waiting.extend(made.map(|bytes| (now, bytes)));
        while self.waiting.front().is_some_and(|(made, _)| now - *made > STALE) {
            self.waiting.pop_front();
        }
        while let Some((_, len)) = self.waiting.front().copied()
            && self.controller.next_send(now) <= now
        {
            self.waiting.pop_front();
            self.send(now, Kind::Picture, len, network);
        }
        while self.controller.probe_due(now) > 0 {
            self.send(now, Kind::Padding, 1000, network);
        }
        if self.heard.next <= now {
            self.report(now, network);
        }
    }

    fn receive(&mut self, now: Instant, to: SocketAddr, bytes: &[u8], _network: &mut Netem) {
        if to == self.receiver {
            return self.heard.take(now, bytes);
        }
        for packet in Compound::new(bytes) {
            if let Ok(Packet::TransportCc(feedback)) = packet {
                self.controller.feedback(now, feedback.arrivals());
            }
        }
    }

    fn target(&self) -> Option<u32> {
        self.controller.is_started().then(|| self.controller.target())
    }

    fn delivered(&self) -> u64 {
        self.heard.delivered
    }

    fn sound(&self) -> (u64, u64) {
        (self.sound_sent, self.heard.sound)
    }

    fn set_wanted(&mut self, bits_per_second: u32) {
        self.encoder.wanted = bits_per_second;
        self.controller.set_desired(bits_per_second);
    }
}
