//! The sending side of a connected peer: numbers packets, seals them, and puts them into the outbox.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::outbox::Outbox;
use crate::rtcp::Writer;
use crate::rtp::{self, Ids, Outgoing};
use crate::srtp::Context;

/// What a connected peer sends with.
pub(crate) struct Wire {
    pub context: Context,
    /// The next number of the transport-wide extension.
    transport_sequence: u16,
}

/// One step of sending: where, when, and what counts it.
pub(crate) struct Sending<'a> {
    pub wire: &'a mut Wire,
    pub to: SocketAddr,
    pub now: Instant,
    /// `now` since the start of the generator.
    pub since_start: Duration,
    pub out: &'a mut Outbox,
    pub counters: &'a mut Counters,
}

/// An encoding as it is named on the wire.
pub(crate) struct Naming<'a> {
    pub mid: &'a [u8],
    pub rid: &'a [u8],
    pub repaired_rid: &'a [u8],
    pub audio_level: Option<u8>,
    pub ids: Ids,
}

impl Wire {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, transport_sequence: fastrand::u16(..) }
    }
}

impl Sending<'_> {
    /// Sends one RTP packet; `index` is its number with all rollovers, `body` appends the payload.
    pub(crate) fn media(
        &mut self,
        packet: &Outgoing,
        index: u64,
        naming: &Naming<'_>,
        body: impl FnOnce(&mut Vec<u8>),
    ) {
        let start = self.out.start();
        let transport = self.wire.transport_sequence.to_be_bytes();
        let send_time = send_time(self.since_start);
        let level = naming.audio_level.map_or([0; 1], |level| [level]);
        let extensions = [
            (naming.ids.audio_level, if naming.audio_level.is_some() { &level[..] } else { &[] }),
            (naming.ids.send_time, &send_time),
            (naming.ids.transport_cc, &transport),
            (naming.ids.mid, naming.mid),
            (naming.ids.rid, naming.rid),
            (naming.ids.repaired_rid, naming.repaired_rid),
        ];
        let header = rtp::write(&mut self.out.bytes, packet, &extensions);
        body(&mut self.out.bytes);
        if self.wire.context.seal_rtp(&mut self.out.bytes, start, header, packet.ssrc, index).is_err() {
            return self.out.abandon();
        }
        self.wire.transport_sequence = self.wire.transport_sequence.wrapping_add(1);
        self.counters.sent_packets += 1;
        self.counters.sent_bytes += self.out.commit(self.to) as u64;
    }

    /// Sends one compound RTCP packet from `ssrc`.
    pub(crate) fn control(&mut self, ssrc: u32, write: impl FnOnce(&mut Writer<'_>)) {
        let start = self.out.start();
        write(&mut Writer::new(&mut self.out.bytes, ssrc));
        match self.wire.context.seal_rtcp(&mut self.out.bytes, start) {
            Ok(()) => drop(self.out.commit(self.to)),
            Err(_) => self.out.abandon(),
        }
    }
}

/// Seconds with 18 bits behind the point, modulo 64 s.
fn send_time(since_start: Duration) -> [u8; 3] {
    let fixed = (since_start.as_nanos() << 18) / 1_000_000_000;
    let bytes = (fixed as u32 & 0xff_ffff).to_be_bytes();
    [bytes[1], bytes[2], bytes[3]]
}
