//! One encoding that is sent: its numbers, its packets kept for retransmission, its sender reports.

use std::time::{Duration, Instant};

use crate::rtp::{Ids, Outgoing};
use crate::sdp::Codecs;
use crate::stamp::Stamp;
use crate::wire::{Naming, Sending};

/// Packets kept for retransmission: more than a second of the largest encoding.
const KEPT: usize = 512;
/// A packet is not sent again within this time.
const REPEAT: Duration = Duration::from_millis(20);

/// A sent packet that may be asked for again.
#[derive(Default)]
struct Kept {
    index: u64,
    timestamp: u32,
    marker: bool,
    payload: Vec<u8>,
    repeated: Option<Instant>,
}

/// One encoding that is sent.
pub(crate) struct Stream {
    pub ssrc: u32,
    pub rtx_ssrc: Option<u32>,
    pub rid: Option<String>,
    pub mid: String,
    pub codecs: Codecs,
    pub ids: Ids,
    /// Names it in stamps.
    source: u32,
    index: u64,
    rtx_index: u64,
    counter: u32,
    frame: u32,
    timestamp_offset: u32,
    packets: u32,
    octets: u32,
    kept: Vec<Kept>,
}

impl Stream {
    /// Makes an encoding with random numbers; sound is not repeated.
    pub(crate) fn new(mid: String, rid: Option<&str>, codecs: Codecs, ids: Ids) -> Self {
        let repeats = codecs.rtx != 0;
        Self {
            ssrc: fastrand::u32(1..),
            rtx_ssrc: repeats.then(|| fastrand::u32(1..)),
            rid: rid.map(str::to_owned),
            mid,
            codecs,
            ids,
            source: fastrand::u32(..),
            // Sequence numbers start low so that servers count rollovers as we do.
            index: u64::from(fastrand::u16(..0x4000)),
            rtx_index: u64::from(fastrand::u16(..0x4000)),
            counter: 0,
            frame: 0,
            timestamp_offset: fastrand::u32(..),
            packets: 0,
            octets: 0,
            kept: if repeats { (0..KEPT).map(|_| Kept::default()).collect() } else { Vec::new() },
        }
    }

    /// Starts the next frame of `count` packets and returns its stamp without place.
    pub(crate) fn next_frame(&mut self, count: u16, key: bool) -> Stamp {
        self.frame = self.frame.wrapping_add(1);
        Stamp { source: self.source, counter: 0, frame: self.frame, index: 0, count, sent: 0, key }
    }

    /// Returns the RTP timestamp of `clock` ticks since the start.
    pub(crate) fn timestamp(&self, clock: u32) -> u32 {
        self.timestamp_offset.wrapping_add(clock)
    }

    /// Sends the next packet. `write` appends the payload from a stamp that is complete now.
    pub(crate) fn send(
        &mut self,
        sending: &mut Sending<'_>,
        (timestamp, marker, audio_level): (u32, bool, Option<u8>),
        mut stamp: Stamp,
        write: impl FnOnce(&Stamp, &mut Vec<u8>),
    ) {
        (stamp.counter, stamp.sent) = (self.counter, sending.since_start.as_nanos() as u64);
        let index = self.index;
        let packet = Outgoing {
            marker,
            payload_type: self.codecs.media,
            sequence: index as u16,
            timestamp,
            ssrc: self.ssrc,
        };
        let naming = Naming {
            mid: self.mid.as_bytes(),
            rid: self.rid.as_deref().unwrap_or_default().as_bytes(),
            repaired_rid: &[],
            audio_level,
            ids: self.ids,
        };
        let mut len = 0;
        let kept = self.kept.get_mut(index as usize % KEPT);
        sending.media(&packet, index, &naming, |buffer| {
            let start = buffer.len();
            write(&stamp, buffer);
            len = buffer.len() - start;
            if let Some(kept) = kept {
                (kept.index, kept.timestamp, kept.marker, kept.repeated) = (index, timestamp, marker, None);
                kept.payload.clear();
                kept.payload.extend_from_slice(&buffer[start..]);
            }
        });
        self.index += 1;
        self.counter = self.counter.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(len as u32);
    }

    /// Sends a packet again, if it is kept and was not sent again just now.
    pub(crate) fn repeat(&mut self, sending: &mut Sending<'_>, sequence: u16) {
        let index = crate::rtp::extend(self.index, sequence);
        let (Some(ssrc), Some(kept)) = (self.rtx_ssrc, self.kept.get_mut(index as usize % KEPT)) else {
            return;
        };
        let soon = kept.repeated.is_some_and(|at| sending.now < at + REPEAT);
        if kept.index != index || kept.payload.is_empty() || soon {
            return;
        }
        kept.repeated = Some(sending.now);
        let packet = Outgoing {
            marker: kept.marker,
            payload_type: self.codecs.rtx,
            sequence: self.rtx_index as u16,
            timestamp: kept.timestamp,
            ssrc,
        };
        let naming = Naming {
            mid: self.mid.as_bytes(),
            rid: &[],
            repaired_rid: self.rid.as_deref().unwrap_or_default().as_bytes(),
            audio_level: None,
            ids: self.ids,
        };
        sending.media(&packet, self.rtx_index, &naming, |buffer| {
            buffer.extend_from_slice(&sequence.to_be_bytes());
            buffer.extend_from_slice(&kept.payload);
        });
        self.rtx_index += 1;
        sending.counters.sent_rtx += 1;
    }

    /// Sends a sender report, once anything was sent; `clock` is the time in ticks of this encoding.
    pub(crate) fn report(&self, sending: &mut Sending<'_>, unix: Duration, clock: u32, cname: &str) {
        if self.packets != 0 {
            let timestamp = self.timestamp(clock);
            sending.control(self.ssrc, |writer| {
                writer.sender(unix, timestamp, self.packets, self.octets, cname);
            });
        }
    }
}
