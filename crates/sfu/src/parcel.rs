//! What one worker hands another in one go: packets in clear, and a few words about them.
//!
//! The driver carries parcels; it neither reads nor makes what is in them. Nothing is allocated after construction.

use std::time::Duration;

use crate::ids::SourceId;
use crate::media::mirror::Watch;
use crate::media::ring::Packet;
use crate::media::stream::SenderClock;

/// No packet is longer, its dependency descriptor included.
const LONGEST: usize = 1500;

/// Copies of packets and notes on the way from one worker to another.
pub struct Parcel {
    bytes: Box<[u8]>,
    used: usize,
    copies: Vec<Copied>,
    notes: Vec<Note>,
}

/// A packet that goes to another worker; its bytes lie in the parcel.
#[derive(Clone, Copy)]
pub(crate) struct Copied {
    pub source: SourceId,
    pub layer: u8,
    /// The unbroken run of copies it belongs to; another one than before begins with a key frame.
    pub run: u32,
    pub packet: Packet,
    at: u32,
}

/// What workers tell each other about a source.
#[derive(Clone, Copy)]
pub(crate) enum Note {
    /// To its home: what is watched here.
    Watch { source: SourceId, watch: Watch },
    /// To its home: a key frame is needed here.
    KeyFrame { source: SourceId, layer: u8 },
    /// From its home: what its publisher's clock says.
    Clock { source: SourceId, layer: u8, clock: Clock },
}

/// A publisher's clock, and how far away it is.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// What its last sender report said, if there was one.
    pub reported: Option<SenderClock>,
    /// Its clock minus ours in 2^-32 s.
    pub offset: i64,
    pub round_trip: Duration,
}

impl Parcel {
    /// Makes a parcel for at most `entries` packets of together `bytes` bytes, and as many notes.
    pub fn new(bytes: usize, entries: usize) -> Self {
        Self {
            bytes: vec![0; bytes].into_boxed_slice(),
            used: 0,
            copies: Vec::with_capacity(entries),
            notes: Vec::with_capacity(entries),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.copies.is_empty() && self.notes.is_empty()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.used = 0;
        self.copies.clear();
        self.notes.clear();
    }

    /// Whether another packet or note would surely fit.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() - self.used >= LONGEST
            && self.copies.len() < self.copies.capacity()
            && self.notes.len() < self.notes.capacity()
    }

    /// Puts a packet in; there must be room.
    pub(crate) fn put(
        &mut self,
        source: SourceId,
        (layer, run): (u8, u32),
        packet: &Packet,
        payload: &[u8],
        descriptor: &[u8],
    ) {
        debug_assert!(self.has_room());
        let at = self.used;
        for part in [payload, descriptor] {
            self.bytes[self.used..][..part.len()].copy_from_slice(part);
            self.used += part.len();
        }
        self.copies.push(Copied { source, layer, run, packet: *packet, at: at as u32 });
    }

    /// Puts a note in; there must be room.
    pub(crate) fn note(&mut self, note: Note) {
        debug_assert!(self.has_room());
        self.notes.push(note);
    }

    /// Iterates over the packets, in the order put in, with payload and dependency descriptor.
    pub(crate) fn copies(&self) -> impl Iterator<Item = (&Copied, &[u8], &[u8])> {
        self.copies.iter().map(|copied| {
            let packet = &copied.packet;
            let length = usize::from(packet.payload_len) + usize::from(packet.descriptor_len);
            let bytes = &self.bytes[copied.at as usize..][..length];
            let (payload, descriptor) = bytes.split_at(packet.payload_len.into());
            (copied, payload, descriptor)
        })
    }

    /// Iterates over the notes, in the order put in.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }
}
