//! What a generator measured between a mark and now.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::counters::Counters;
use crate::peer::Peer;

/// Sums of what peers counted.
#[derive(Clone, Debug, Default)]
pub struct Report {
    sum: Counters,
    peers: Map<String, Value>,
}

impl Report {
    /// Adds one peer.
    pub fn add(&mut self, name: &str, peer: &Peer) {
        self.sum.add(&peer.counters);
        let of = json!({
            "connected": peer.is_connected(),
            "profile": peer.profile(),
            "streams": peer.streams(),
            "received_packets": peer.counters.received_packets,
            "lost": peer.counters.lost,
        });
        self.peers.insert(name.to_owned(), of);
    }

    /// Adds what a peer that is gone counted.
    pub(crate) fn add_gone(&mut self, counters: &Counters) {
        self.sum.add(counters);
    }

    /// Returns the report as JSON. `ticks` are those of the driver: all, and those that came late.
    pub fn json(&self, seconds: f64, processor: Duration, ticks: (u64, u64)) -> Value {
        let sum = &self.sum;
        let microseconds = |nanoseconds: u64| nanoseconds as f64 / 1000.0;
        let latency = &sum.latency;
        let at = |share| microseconds(latency.quantile(share));
        json!({
            "seconds": seconds,
            "sent": {
                "packets": sum.sent_packets,
                "bytes": sum.sent_bytes,
                "audio_packets": sum.sent_audio,
                "video_packets": sum.sent_video,
                "rtx_packets": sum.sent_rtx,
                "key_frames": sum.key_frames_sent,
            },
            "received": {
                "packets": sum.received_packets,
                "bytes": sum.received_bytes,
                "audio_packets": sum.received_audio,
                "video_packets": sum.received_video,
                "rtx_packets": sum.received_rtx,
                "padding_packets": sum.received_padding,
            },
            "lost": sum.lost,
            "repaired": sum.repaired,
            "dropped": sum.dropped,
            "skipped": sum.skipped,
            "out_of_order": sum.out_of_order,
            "duplicates": sum.duplicates,
            "unreadable": sum.unreadable,
            "latency_us": {
                "count": latency.count(),
                "p50": at(0.5),
                "p90": at(0.9),
                "p99": at(0.99),
                "p999": at(0.999),
                "max": microseconds(latency.max()),
            },
            "frames_complete": sum.frames_complete,
            "nacks_sent": sum.nacks_sent,
            "key_frame_requests_sent": sum.key_frames_asked,
            "key_frame_requests_received": sum.key_frame_requests,
            "twcc_sent": sum.twcc_sent,
            "remb_sent": sum.remb_sent,
            "cpu_seconds": processor.as_secs_f64(),
            "ticks": sum.ticks + ticks.0,
            "late_ticks": sum.late_ticks + ticks.1,
            "peers": self.peers,
        })
    }
}
