//! What the engine tells the control plane: facts, at most a few per endpoint and second.

use crate::command::MediaKind;
use crate::ids::{EndpointId, Mid, SourceId};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A transport moved to another state. `Closed` is final and comes exactly once per endpoint
    /// that was not removed by command.
    TransportStateChanged {
        /// Whose.
        endpoint: EndpointId,
        /// Where it is now.
        state: TransportState,
    },
    /// The first packet of a source was accepted, or none came for 3 s.
    SourceActiveChanged {
        /// Which.
        source: SourceId,
        /// Whether media flows.
        active: bool,
    },
    /// Someone began or ceased to speak, judged from RTP audio levels (RFC 6464) with hysteresis.
    SpeakingChanged {
        /// Whose microphone.
        source: SourceId,
        /// Whether there is speech.
        speaking: bool,
    },
    /// A slot cannot show its source because its endpoint did not negotiate the codec.
    CodecUnsupported {
        /// Who cannot see it.
        endpoint: EndpointId,
        /// The slot.
        mid: Mid,
        /// The source.
        source: SourceId,
    },
    /// The line of a receiver does not carry a picture that it wants, or carries it again.
    PictureHeld {
        /// Who does not see it.
        endpoint: EndpointId,
        /// The slot.
        mid: Mid,
        /// Whether nothing is sent.
        held: bool,
    },
    /// Other encodings of a source than before are of use: those watched, and smaller ones to fall back to.
    LayersWanted {
        /// The source.
        source: SourceId,
        /// Bit n: encoding n, lowest quality first. None set: nobody watches.
        layers: u8,
    },
    /// The answer to [`crate::Command::RequestStatistics`]; `None` when the endpoint is gone.
    Statistics {
        /// As asked.
        request: u64,
        /// A snapshot.
        statistics: Option<Box<EndpointStatistics>>,
    },
}

/// The life of a transport: `Connecting → Connected ⇄ Interrupted → Closed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportState {
    /// Waiting for a connectivity check, then for the DTLS handshake.
    Connecting,
    /// Media can flow.
    Connected,
    /// No authenticated check for 8 s (Firefox checks every 4–6 s); media is still sent until consent expires.
    Interrupted,
    /// Over.
    Closed(CloseReason),
}

/// Why a transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// No authenticated check for 30 s (RFC 7675 §5.1, on the lite side).
    ConsentExpired,
    /// Never connected within 30 s.
    ConnectTimeout,
    /// The handshake failed or took more than 10 s.
    HandshakeFailed,
    /// The certificate is not the one announced over signalling.
    FingerprintMismatch,
    /// The far end said goodbye (close_notify).
    PeerClosed,
    /// A bug of ours: this endpoint was fenced off so that the others live.
    Fault,
}

/// A snapshot of one endpoint; member names are those of W3C webrtc-stats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointStatistics {
    /// The transport.
    pub transport: TransportStatistics,
    /// What it sends us, one entry per SSRC.
    pub inbound: Vec<InboundStatistics>,
    /// What we send it, one entry per slot.
    pub outbound: Vec<OutboundStatistics>,
}

/// RTCTransportStats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransportStatistics {
    /// UDP payload bytes.
    pub bytes_sent: u64,
    /// UDP payload bytes.
    pub bytes_received: u64,
    /// Datagrams.
    pub packets_sent: u64,
    /// Datagrams.
    pub packets_received: u64,
    /// Datagrams dropped, all reasons.
    pub packets_dropped: u64,
    /// "DTLS 1.2" or "DTLS 1.3".
    pub tls_version: &'static str,
    /// IANA name of the SRTP profile, "" before the handshake.
    pub srtp_cipher: &'static str,
    /// Times the selected pair changed.
    pub selected_candidate_pair_changes: u32,
    /// What the line to it is thought to take, bits per second; `None` before that is known.
    pub available_outgoing_bitrate: Option<u32>,
    /// What of our packets arrives there, bits per second, by its transport-wide feedback.
    pub acknowledged_bitrate: Option<u32>,
    /// Seconds by which the round trip is above the shortest of late: queues on the way.
    pub queue_delay: Option<f64>,
    /// Share of our packets lost of late, 0 to 1.
    pub fraction_lost: Option<f64>,
    /// Bursts sent to find out whether the line takes more.
    pub probes_sent: u64,
    /// Bits per second that allocation uses now, and that it would use if it could.
    pub demand: Option<(u32, u32)>,
}

/// RTCInboundRtpStreamStats.
#[derive(Clone, Debug, PartialEq)]
pub struct InboundStatistics {
    /// The published source, when it has a name.
    pub source: Option<SourceId>,
    /// Its SSRC.
    pub ssrc: u32,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Section.
    pub mid: Mid,
    /// Packets accepted, retransmissions included.
    pub packets_received: u64,
    /// Payload bytes accepted.
    pub bytes_received: u64,
    /// RFC 3550 §6.4.1; negative with duplicates.
    pub packets_lost: i64,
    /// Seconds.
    pub jitter: f64,
    /// NACK messages sent.
    pub nack_count: u64,
    /// PLI sent.
    pub pli_count: u64,
    /// FIR sent.
    pub fir_count: u64,
    /// Packets that came by RTX.
    pub retransmitted_packets_received: u64,
    /// Key frames seen.
    pub key_frames_received: u64,
}

/// RTCOutboundRtpStreamStats and what the far end reports of it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboundStatistics {
    /// The slot.
    pub mid: Mid,
    /// What it shows.
    pub source: Option<SourceId>,
    /// Its SSRC.
    pub ssrc: u32,
    /// Sound or picture.
    pub kind: MediaKind,
    /// Packets sent, retransmissions excluded.
    pub packets_sent: u64,
    /// Payload bytes sent, retransmissions excluded.
    pub bytes_sent: u64,
    /// Answers to NACK.
    pub retransmitted_packets_sent: u64,
    /// NACK messages received.
    pub nack_count: u64,
    /// PLI received.
    pub pli_count: u64,
    /// FIR received.
    pub fir_count: u64,
    /// Reported by the receiver.
    pub remote_packets_lost: i64,
    /// Seconds, from SR/RR; `None` before the first report.
    pub round_trip_time: Option<f64>,
    /// The encoding being forwarded, 0 the lowest; `None` while nothing is.
    pub layer: Option<u8>,
    /// The best encoding that allocation lets pass, bounded by `maxHeight` and the line; `None` while held.
    pub allowed_layer: Option<u8>,
    /// Lines that the receiver has use for.
    pub max_height: u16,
}
