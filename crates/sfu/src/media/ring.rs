//! The packets of one inbound layer: the newest few seconds, in clear, found by number.
//!
//! It is at once the reorder buffer, the start for joiners and the source of retransmissions: payloads
//! are copied in once and read by every receiver. It knows nothing of receivers; each keeps a cursor
//! into the order of arrival.

use std::time::Instant;

use wire::codec::FrameInfo;

use crate::command::CodecParameters;
use crate::counters::DropReason;

/// Bytes kept per packet: no datagram above this gets as far as here.
const ROOM: usize = 1500;

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
    /// When it came.
    pub arrived: Instant,
    /// Bytes of payload; 0 for a packet of padding, kept so that its number is not taken for a loss.
    pub payload_len: u16,
    /// Bytes of dependency descriptor, kept behind the payload.
    pub descriptor_len: u16,
}

/// A ring of packets, indexed by their numbers.
pub(crate) struct Ring {
    packets: Box<[Option<Packet>]>,
    bytes: Box<[u8]>,
    /// The last numbers in the order they came.
    arrivals: Box<[u64]>,
    arrived: u64,
    highest: Option<u64>,
    lowest: Option<u64>,
}

impl Ring {
    /// Makes a ring of `capacity` packets, rounded up to a power of two. Memory is touched as it fills.
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.next_power_of_two();
        Self {
            packets: vec![None; capacity].into_boxed_slice(),
            bytes: vec![0; capacity * ROOM].into_boxed_slice(),
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

    /// Keeps a packet, in place of the one that is `capacity` numbers older.
    pub(crate) fn insert(
        &mut self,
        packet: Packet,
        payload: &[u8],
        descriptor: &[u8],
    ) -> Result<(), DropReason> {
        self.admits(packet.number)?;
        let length = payload.len() + descriptor.len();
        if length > ROOM {
            return Err(DropReason::TooLong);
        }
        let place = self.place(packet.number);
        let room = &mut self.bytes[place * ROOM..][..length];
        room[..payload.len()].copy_from_slice(payload);
        room[payload.len()..].copy_from_slice(descriptor);
        let arrival = self.arrived as usize & (self.arrivals.len() - 1);
        self.arrivals[arrival] = packet.number;
        self.arrived += 1;
        self.highest = self.highest.max(Some(packet.number));
        self.lowest = Some(self.lowest.map_or(packet.number, |lowest| lowest.min(packet.number)));
        self.packets[place] = Some(packet);
        Ok(())
    }

    /// Says why a packet with this number would be dropped.
    pub(crate) fn admits(&self, number: u64) -> Result<(), DropReason> {
        if self.highest.is_some_and(|highest| number + self.packets.len() as u64 <= highest) {
            return Err(DropReason::TooOld);
        }
        match self.packets[self.place(number)] {
            Some(held) if held.number == number => Err(DropReason::Duplicate),
            _ => Ok(()),
        }
    }

    /// Returns a packet, its payload and its dependency descriptor.
    pub(crate) fn get(&self, number: u64) -> Option<(&Packet, &[u8], &[u8])> {
        let place = self.place(number);
        let packet = self.packets[place].as_ref().filter(|packet| packet.number == number)?;
        let length = usize::from(packet.payload_len) + usize::from(packet.descriptor_len);
        let (payload, descriptor) = self.bytes[place * ROOM..][..length].split_at(packet.payload_len.into());
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
        let mut ring = Ring::new(4);
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
        let mut ring = Ring::new(4);
        for number in [5, 7, 6] {
            put(&mut ring, number).expect("fits");
        }
        assert_eq!(ring.arrival(1), Some((7, 2)));
        assert_eq!(ring.arrival(2), Some((6, 3)));
        assert_eq!(ring.arrival(3), None);
        for number in 8..13 {
            put(&mut ring, number).expect("fits");
        }
        assert_eq!(ring.arrival(0), Some((9, 5)));
    }

    #[test]
    fn the_dependency_descriptor_lies_behind_the_payload() {
        let mut ring = Ring::new(4);
        ring.insert(Packet { descriptor_len: 2, ..packet(1, start()) }, &[1; 10], &[8, 9]).expect("fits");
        assert_eq!(ring.get(1).map(|(_, payload, dd)| (payload.len(), dd)), Some((10, &[8, 9][..])));
    }
}
