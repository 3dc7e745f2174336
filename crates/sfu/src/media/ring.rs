//! The packets of one inbound layer: the newest few seconds, in clear, found by number.
//!
//! It is at once the reorder buffer, the start for joiners and the source of retransmissions: payloads
//! are copied in once and read by every receiver. It knows nothing of receivers; each keeps a cursor
//! into the order of arrival.

use std::time::Instant;

use wire::codec::FrameInfo;
use wire::codec::dependency::Dependency;

use crate::command::CodecParameters;
use crate::counters::DropReason;

/// No datagram above this gets as far as here.
const LONGEST: usize = 1500;

/// What is known of a packet besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    /// Sequence number, extended by SRTP's rollover counter.
    pub number: u64,
    /// As the publisher wrote it.
    pub timestamp: u32,
    /// The marker bit.
    pub marker: bool,
    /// What it is coded with, as its publisher negotiated it.
    pub codec: CodecParameters,
    /// RFC 6464 byte, as received.
    pub audio_level: Option<u8>,
    /// Video orientation byte, as received.
    pub orientation: Option<u8>,
    /// What the codec's descriptor said, read once.
    pub info: FrameInfo,
    /// What its dependency descriptor said, read once.
    pub dependency: Option<Dependency>,
    /// When it came.
    pub arrived: Instant,
    /// Bytes of payload; 0 for a packet of padding, kept so that its number is not taken for a loss.
    pub payload_len: u16,
    /// Bytes of dependency descriptor, kept behind the payload.
    pub descriptor_len: u16,
}

/// A packet and where its bytes begin, counted from the first byte ever kept.
#[derive(Clone, Copy)]
struct Held {
    packet: Packet,
    at: u64,
}

/// A ring of packets, indexed by their numbers, over a ring of their bytes.
pub(crate) struct Ring {
    packets: Box<[Option<Held>]>,
    bytes: Box<[u8]>,
    /// Bytes ever kept, with those skipped at the end so that each packet lies in one piece.
    written: u64,
    /// The last numbers in the order they came.
    arrivals: Box<[u64]>,
    arrived: u64,
    highest: Option<u64>,
    lowest: Option<u64>,
}

impl Ring {
    /// Makes a ring of at most `capacity` packets, rounded up to a power of two, of `typical` bytes: of
    /// longer ones it keeps fewer. Bytes are touched as it fills.
    pub(crate) fn new(capacity: usize, typical: usize) -> Self {
        let capacity = capacity.next_power_of_two();
        Self {
            packets: vec![None; capacity].into_boxed_slice(),
            bytes: vec![0; (capacity * typical).max(LONGEST)].into_boxed_slice(),
            written: 0,
            arrivals: vec![0; capacity].into_boxed_slice(),
            arrived: 0,
            highest: None,
            lowest: None,
        }
    }

    /// Forgets all packets; cursors into the order of arrival stay good.
    pub(crate) fn clear(&mut self) {
        self.packets.fill(None);
        self.highest = None;
        self.lowest = None;
    }

    /// Keeps a packet, in place of the one that is `capacity` numbers older and of the oldest bytes.
    pub(crate) fn insert(
        &mut self,
        packet: Packet,
        payload: &[u8],
        descriptor: &[u8],
    ) -> Result<(), DropReason> {
        self.admits(packet.number)?;
        let length = payload.len() + descriptor.len();
        if length > LONGEST {
            return Err(DropReason::TooLong);
        }
        let held = Held { packet, at: self.reserve(length) };
        let offset = self.offset(held.at);
        let room = &mut self.bytes[offset..][..length];
        room[..payload.len()].copy_from_slice(payload);
        room[payload.len()..].copy_from_slice(descriptor);
        let arrival = self.arrived as usize & (self.arrivals.len() - 1);
        self.arrivals[arrival] = packet.number;
        self.arrived += 1;
        self.highest = self.highest.max(Some(packet.number));
        self.lowest = Some(self.lowest.map_or(packet.number, |lowest| lowest.min(packet.number)));
        let place = self.place(packet.number);
        self.packets[place] = Some(held);
        Ok(())
    }

    /// Says why a packet with this number would be dropped.
    pub(crate) fn admits(&self, number: u64) -> Result<(), DropReason> {
        if self.highest.is_some_and(|highest| number + self.packets.len() as u64 <= highest) {
            return Err(DropReason::TooOld);
        }
        match self.packets[self.place(number)] {
            Some(held) if held.packet.number == number => Err(DropReason::Duplicate),
            _ => Ok(()),
        }
    }

    /// Returns a packet, its payload and its dependency descriptor.
    pub(crate) fn get(&self, number: u64) -> Option<(&Packet, &[u8], &[u8])> {
        let Held { packet, at } = self.packets[self.place(number)].as_ref()?;
        if packet.number != number || self.written - at > self.bytes.len() as u64 {
            return None;
        }
        let length = usize::from(packet.payload_len) + usize::from(packet.descriptor_len);
        let bytes = &self.bytes[self.offset(*at)..][..length];
        let (payload, descriptor) = bytes.split_at(packet.payload_len.into());
        Some((packet, payload, descriptor))
    }

    /// Returns the highest number kept.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Returns the lowest number that came since the ring was empty, kept still or not.
    pub(crate) fn lowest(&self) -> Option<u64> {
        self.lowest
    }

    /// Returns the cursor behind the latest arrival.
    pub(crate) fn arrivals_end(&self) -> u64 {
        self.arrived
    }

    /// Returns the number of the packet that came `cursor`th, or the oldest remembered for an older
    /// cursor, and the cursor behind it; `None` at the end.
    pub(crate) fn arrival(&self, cursor: u64) -> Option<(u64, u64)> {
        let oldest = self.arrived.saturating_sub(self.arrivals.len() as u64);
        let cursor = cursor.max(oldest);
        if cursor >= self.arrived {
            return None;
        }
        Some((self.arrivals[cursor as usize & (self.arrivals.len() - 1)], cursor + 1))
    }

    /// Returns the cursor at which a packet is read, if it is among the latest.
    pub(crate) fn cursor_of(&self, number: u64) -> Option<u64> {
        let oldest = self.arrived.saturating_sub(self.arrivals.len() as u64);
        let is_at = |cursor: &u64| self.arrivals[*cursor as usize & (self.arrivals.len() - 1)] == number;
        (oldest..self.arrived).rev().find(is_at)
    }

    /// Makes room for bytes in one piece, over the oldest, and returns where.
    fn reserve(&mut self, length: usize) -> u64 {
        let left = self.bytes.len() - self.offset(self.written);
        let at = self.written + if left < length { left as u64 } else { 0 };
        self.written = at + length as u64;
        at
    }

    fn offset(&self, at: u64) -> usize {
        (at % self.bytes.len() as u64) as usize
    }

    fn place(&self, number: u64) -> usize {
        number as usize & (self.packets.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::{packet, start};

    fn put(ring: &mut Ring, number: u64) -> Result<(), DropReason> {
        ring.insert(packet(number, start()), &[number as u8; 10], &[])
    }

    #[test]
    fn a_packet_is_found_by_number_until_the_ring_has_gone_around() {
        let mut ring = Ring::new(4, 1500);
        for number in 10..14 {
            put(&mut ring, number).expect("fits");
        }
        assert_eq!(ring.get(10).expect("kept").1, [10; 10]);
        put(&mut ring, 14).expect("fits");
        assert!(ring.get(10).is_none());
        assert_eq!(put(&mut ring, 10), Err(DropReason::TooOld));
        assert_eq!(put(&mut ring, 12), Err(DropReason::Duplicate));
    }

    #[test]
    fn arrivals_are_read_in_the_order_they_came_and_a_lagging_reader_skips() {
        let mut ring = Ring::new(4, 1500);
        for number in [5, 7, 6] {
            put(&mut ring, number).expect("fits");
        }
        assert_eq!(ring.arrival(1), Some((7, 2)));
        assert_eq!(ring.arrival(2), Some((6, 3)));
        assert_eq!(ring.arrival(3), None);
        assert_eq!([5, 7, 6, 8].map(|number| ring.cursor_of(number)), [Some(0), Some(1), Some(2), None]);
        for number in 8..13 {
            put(&mut ring, number).expect("fits");
        }
        assert_eq!(ring.arrival(0), Some((9, 5)));
    }

    #[test]
    fn long_packets_take_the_place_of_the_oldest_whatever_the_capacity() {
        let mut ring = Ring::new(64, 100);
        for number in 0..20 {
            let packet = Packet { payload_len: 1400, ..packet(number, start()) };
            ring.insert(packet, &[number as u8; 1400], &[]).expect("fits");
            for kept in 0..=number {
                let intact = ring.get(kept).map(|(_, payload, _)| payload == [kept as u8; 1400]);
                // 6400 bytes: four packets in one piece each.
                assert_eq!(intact, (kept + 4 > number).then_some(true), "{kept} of {number}");
            }
        }
        assert_eq!(put(&mut ring, 3), Err(DropReason::Duplicate));
    }

    #[test]
    fn the_dependency_descriptor_lies_behind_the_payload() {
        let mut ring = Ring::new(4, 1500);
        ring.insert(Packet { descriptor_len: 2, ..packet(1, start()) }, &[1; 10], &[8, 9]).expect("fits");
        assert_eq!(ring.get(1).map(|(_, payload, dd)| (payload.len(), dd)), Some((10, &[8, 9][..])));
    }
}
