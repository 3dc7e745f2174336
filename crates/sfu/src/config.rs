//! What an engine is started with.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// The process's DTLS certificate: ECDSA P-256, self-signed, made anew at each start.
#[derive(Clone)]
pub struct Certificate {
    /// DER of the X.509 certificate.
    pub certificate_der: Vec<u8>,
    /// DER (PKCS #8) of its private key.
    pub private_key_der: Vec<u8>,
}

/// Everything an [`crate::Sfu`] needs to know once.
#[derive(Clone)]
pub struct Config {
    /// Presented in every DTLS handshake.
    pub certificate: Arc<Certificate>,
    /// The driver's clock when it started.
    pub started: Instant,
    /// Unix time at `started`, for the NTP stamps of sender reports.
    pub unix_time_at_start: Duration,
    /// Seed for SSRC-like numbers that need not be secret.
    pub seed: u64,
    /// Pads packets of a picture that are up to three bytes shorter than its longest, so that it leaves as one run.
    pub equalise: bool,
    /// What is refused or dropped beyond.
    pub limits: Limits,
}

/// Bounds of one worker's engine. A full table refuses; a full queue drops and counts.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Endpoints of one worker.
    pub endpoints: usize,
    /// Workers of the process.
    pub workers: usize,
    /// Sources of other workers that are watched on this one.
    pub mirrors: usize,
    /// SSRCs that one endpoint may send before the least recently heard of the unsignalled is forgotten (T-16).
    pub inbound_ssrcs: usize,
    /// Half-open DTLS handshakes at once; further ones wait for the client's retransmission (T-07).
    pub handshakes: usize,
    /// Bytes per second that one endpoint may send us before packets are dropped (T-23).
    pub ingress_bytes_per_second: u32,
    /// Packets kept per inbound video layer, fewer of more than 1,024 bytes; about 5 s of 720p, and also the
    /// RTX cache.
    pub video_ring: usize,
    /// Packets kept per inbound audio source, fewer of more than 256 bytes; 2.5 s at 50 packets per second.
    pub audio_ring: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            endpoints: 2000,
            workers: 256,
            mirrors: 4000,
            inbound_ssrcs: 64,
            handshakes: 64,
            ingress_bytes_per_second: 2_500_000,
            video_ring: 1024,
            audio_ring: 128,
        }
    }
}
