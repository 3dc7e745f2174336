//! Sound that carries copies of earlier frames (RFC 2198): reads where its own frame lies, and mends from the copies what
//! was lost on the way here, for receivers that get no copies.

use std::time::Duration;

use wire::red::{Blocks, Copy};

use crate::counters::DropReason;
use crate::media::ring::Packet;
use crate::media::stream::{Arrival, Stream};

/// Reads the blocks of a packet and notes where its own frame begins; `None` for padding, which has none.
pub(crate) fn unpack(arrival: &mut Arrival<'_>) -> Result<Option<Blocks>, DropReason> {
    if arrival.payload.is_empty() {
        return Ok(None);
    }
    let payload_type = arrival.packet.codec.payload_type;
    let blocks = Blocks::parse(arrival.payload, payload_type).ok_or(DropReason::RedMalformed)?;
    arrival.packet.primary = blocks.primary;
    Ok(Some(blocks))
}

/// Keeps copies of packets that did not come before `arrival`, which is about to be accepted.
///
/// The last copy is taken for the packet before it, the one ahead for the packet before that, and so on: browsers put the
/// frames that they sent last into each packet. Should the lost one come late after all, it is a duplicate.
pub(crate) fn mend(stream: &mut Stream, arrival: &Arrival<'_>, blocks: &Blocks, round_trip: Duration) {
    for (copy, back) in blocks.copies().iter().zip((1..=blocks.copies().len() as u64).rev()) {
        let Some(number) = arrival.packet.number.checked_sub(back) else { continue };
        if copy.len == 0 || stream.ring.highest().is_none_or(|highest| number <= highest) {
            continue;
        }
        let copied = copied(arrival, number, copy);
        // What the ring does not take is lost, as it would have been.
        let _ = stream.accept(&copied, round_trip);
    }
}

/// Returns the packet that a copy stands for.
fn copied<'a>(arrival: &Arrival<'a>, number: u64, copy: &Copy) -> Arrival<'a> {
    let payload = &arrival.payload[usize::from(copy.offset)..][..usize::from(copy.len)];
    let packet = Packet {
        number,
        timestamp: arrival.packet.timestamp.wrapping_sub(copy.age.into()),
        marker: false,
        audio_level: None,
        payload_len: copy.len,
        descriptor_len: 0,
        primary: 0,
        ..arrival.packet
    };
    Arrival { packet, payload, descriptor: &[], repair: true }
}
