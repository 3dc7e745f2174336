//! Sound with copies of earlier frames in each packet (RFC 2198): unpacked where it comes in, mending what was lost on the
//! way here, and packed anew for each receiver that takes it, from what the ring holds.

use std::ops::Range;
use std::time::Duration;

use arrayvec::ArrayVec;
use wire::red::{self, Blocks, Copy, OLDEST_COPY};

use crate::counters::DropReason;
use crate::media::ring::{Packet, Ring};
use crate::media::stream::{Arrival, Stream};

/// Bytes of a packed payload; with headers it stays below what any path carries.
pub(crate) const LONGEST: usize = 1100;
/// Copies in one packet that we make.
const MOST: usize = 2;

/// What came along with a packet's own frame.
pub(crate) struct Copies<'a> {
    payload: &'a [u8],
    blocks: Blocks,
}

/// Leaves a packet its own frame alone, and returns the copies that came before it; `None` for padding, which has none.
pub(crate) fn unpack<'a>(arrival: &mut Arrival<'a>) -> Result<Option<Copies<'a>>, DropReason> {
    let payload = arrival.payload;
    if payload.is_empty() {
        return Ok(None);
    }
    let payload_type = arrival.packet.codec.payload_type;
    let blocks = Blocks::parse(payload, payload_type).ok_or(DropReason::RedMalformed)?;
    arrival.payload = &payload[usize::from(blocks.primary)..];
    arrival.packet.payload_len -= blocks.primary;
    Ok(Some(Copies { payload, blocks }))
}

/// Keeps copies of packets that did not come before `arrival`, which is about to be accepted.
///
/// The last copy is taken for the packet before it, the one ahead for the packet before that, and so on: browsers put the
/// frames that they sent last into each packet. Should the lost one come late after all, it is a duplicate.
pub(crate) fn mend(stream: &mut Stream, arrival: &Arrival<'_>, copies: &Copies<'_>, round_trip: Duration) {
    let blocks = copies.blocks.copies();
    for (copy, back) in blocks.iter().zip((1..=blocks.len() as u64).rev()) {
        let Some(number) = arrival.packet.number.checked_sub(back) else { continue };
        if copy.len == 0 || stream.ring.highest().is_none_or(|highest| number <= highest) {
            continue;
        }
        let copied = copied(arrival, number, copy, copies.payload);
        // What the ring does not take is lost, as it would have been.
        let _ = stream.accept(&copied, round_trip);
    }
}

/// Packs the frame with number `range.end` with copies of at most `most` of the packets before it that are in `range`.
///
/// `None` when there is none to go along, or no room.
pub(crate) fn pack<'a>(
    ring: &Ring,
    range: Range<u64>,
    most: usize,
    payload_type: u8,
    out: &'a mut [u8; LONGEST],
) -> Option<&'a [u8]> {
    let (own, payload, _) = ring.get(range.end)?;
    let nearest = range.end.saturating_sub(most.min(MOST) as u64).max(range.start);
    let copies: ArrayVec<(u16, &[u8]), MOST> = (nearest..range.end)
        .filter_map(|number| {
            let (packet, copy, _) = ring.get(number).filter(|(packet, ..)| packet.payload_len > 0)?;
            let age = own.timestamp.wrapping_sub(packet.timestamp);
            Some((u16::try_from(age).ok().filter(|age| (1..=OLDEST_COPY).contains(age))?, copy))
        })
        .collect();
    if copies.is_empty() {
        return None;
    }
    let len = red::write(out, payload_type, copies.iter().copied(), payload).ok()?;
    out.get(..len)
}

/// Returns the packet that a copy stands for.
fn copied<'a>(arrival: &Arrival<'_>, number: u64, copy: &Copy, payload: &'a [u8]) -> Arrival<'a> {
    let payload = &payload[usize::from(copy.offset)..][..usize::from(copy.len)];
    let packet = Packet {
        number,
        timestamp: arrival.packet.timestamp.wrapping_sub(copy.age.into()),
        marker: false,
        audio_level: None,
        payload_len: copy.len,
        descriptor_len: 0,
        ..arrival.packet
    };
    Arrival { packet, payload, descriptor: &[], repair: true }
}
