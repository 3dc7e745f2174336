//! What one peer counts between two marks.

use std::time::Duration;

use crate::histogram::Histogram;

/// What is done so much after it was due counts as late.
pub(crate) const LATE: Duration = Duration::from_millis(5);

/// Counters of one peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub sent_packets: u64,
    pub sent_bytes: u64,
    pub sent_audio: u64,
    pub sent_video: u64,
    pub sent_rtx: u64,
    pub key_frames_sent: u64,
    pub key_frame_requests: u64,
    pub received_packets: u64,
    pub received_bytes: u64,
    pub received_audio: u64,
    pub received_video: u64,
    pub received_rtx: u64,
    /// Packets of nothing but padding.
    pub received_padding: u64,
    /// Numbers never filled, and those filled by a retransmission.
    pub lost: u64,
    pub repaired: u64,
    /// Packets of a source left out without a gap in the numbers.
    pub skipped: u64,
    /// Lost on purpose on the last stretch.
    pub dropped: u64,
    pub out_of_order: u64,
    pub duplicates: u64,
    /// Neither genuine nor known, or without a stamp.
    pub unreadable: u64,
    pub frames_complete: u64,
    pub nacks_sent: u64,
    pub key_frames_asked: u64,
    pub twcc_sent: u64,
    pub remb_sent: u64,
    /// Moments at which a packet or frame was due, and those that were met late.
    pub ticks: u64,
    pub late_ticks: u64,
    pub latency: Histogram,
}

impl Counters {
    /// Forgets everything counted so far.
    pub(crate) fn clear(&mut self) {
        let mut latency = std::mem::take(&mut self.latency);
        latency.clear();
        *self = Self { latency, ..Self::default() };
    }

    /// Adds what another peer counted.
    pub(crate) fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.sent_packets, other.sent_packets),
            (&mut self.sent_bytes, other.sent_bytes),
            (&mut self.sent_audio, other.sent_audio),
            (&mut self.sent_video, other.sent_video),
            (&mut self.sent_rtx, other.sent_rtx),
            (&mut self.key_frames_sent, other.key_frames_sent),
            (&mut self.key_frame_requests, other.key_frame_requests),
            (&mut self.received_packets, other.received_packets),
            (&mut self.received_bytes, other.received_bytes),
            (&mut self.received_audio, other.received_audio),
            (&mut self.received_video, other.received_video),
            (&mut self.received_rtx, other.received_rtx),
            (&mut self.received_padding, other.received_padding),
            (&mut self.lost, other.lost),
            (&mut self.repaired, other.repaired),
            (&mut self.skipped, other.skipped),
            (&mut self.dropped, other.dropped),
            (&mut self.out_of_order, other.out_of_order),
            (&mut self.duplicates, other.duplicates),
            (&mut self.unreadable, other.unreadable),
            (&mut self.frames_complete, other.frames_complete),
            (&mut self.nacks_sent, other.nacks_sent),
            (&mut self.key_frames_asked, other.key_frames_asked),
            (&mut self.twcc_sent, other.twcc_sent),
            (&mut self.remb_sent, other.remb_sent),
            (&mut self.ticks, other.ticks),
            (&mut self.late_ticks, other.late_ticks),
        ];
        pairs.into_iter().for_each(|(sum, count)| *sum += count);
        self.latency.add(&other.latency);
    }
}
