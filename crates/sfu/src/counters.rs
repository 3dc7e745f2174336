//! What a worker counts: plain numbers, no names or addresses, cheap enough for the packet path.

/// Declares the closed set of reasons once, so that the list, the names and the count cannot differ.
macro_rules! drop_reasons {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// Why a datagram, a packet or a command led to nothing. Bad input is counted, never an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum DropReason {
            $($(#[$doc])+ $variant,)+
        }

        impl DropReason {
            /// Every reason, in the order of declaration.
            pub const ALL: &'static [DropReason] = &[$(DropReason::$variant,)+];

            /// Returns the name used in metrics.
            pub fn name(self) -> &'static str {
                match self {
                    $(DropReason::$variant => $name,)+
                }
            }
        }
    };
}

drop_reasons! {
    /// Shorter than any message of its kind.
    TooShort = "too_short",
    /// Longer than 1,500 bytes (T-14).
    TooLong = "too_long",
    /// First byte outside the ranges of RFC 7983 that we speak.
    UnknownProtocol = "unknown_protocol",
    /// Not a well-formed STUN binding request.
    StunMalformed = "stun_malformed",
    /// FINGERPRINT absent or wrong.
    StunFingerprint = "stun_fingerprint",
    /// USERNAME names no endpoint, or not with its own peer.
    StunUsername = "stun_username",
    /// MESSAGE-INTEGRITY absent or wrong.
    StunIntegrity = "stun_integrity",
    /// A check from an unknown route for an endpoint about which wrong ones came lately, beyond the budget of
    /// verifications (T-02).
    StunBudget = "stun_budget",
    /// A STUN message other than a binding request: an ICE-lite agent never asks.
    StunUnexpected = "stun_unexpected",
    /// Authenticated but refused by an error response (role conflict, unknown attribute).
    StunRefused = "stun_refused",
    /// DTLS or SRTP from a route that no authenticated check has validated.
    UnknownRoute = "unknown_route",
    /// Not a DTLS record, or refused by the DTLS stack.
    DtlsMalformed = "dtls_malformed",
    /// A handshake beyond the cap on half-open ones; the client will retransmit (T-07).
    DtlsBusy = "dtls_busy",
    /// A DTLS flight or event beyond the bounded queue.
    QueueFull = "queue_full",
    /// The endpoint is closed or its kind of message is over.
    Closed = "closed",
    /// SRTP before the handshake gave keys.
    NoKeys = "no_keys",
    /// Beyond the endpoint's ingress budget (T-23).
    IngressBudget = "ingress_budget",
    /// From a route that exceeded its budget of authentication failures (T-24).
    FailureBudget = "failure_budget",
    /// Not a well-formed SRTP or SRTCP packet.
    SrtpMalformed = "srtp_malformed",
    /// The authentication tag does not hold.
    SrtpAuthentication = "srtp_authentication",
    /// Seen already, or too old to tell (RFC 3711 §3.3.2).
    SrtpReplay = "srtp_replay",
    /// More SSRCs than an endpoint may use (T-16).
    SsrcLimit = "ssrc_limit",
    /// A payload type that was not negotiated.
    UnknownPayloadType = "unknown_payload_type",
    /// An SSRC that belongs to no section.
    UnknownSsrc = "unknown_ssrc",
    /// SSRC 0: a bandwidth probe, counted for transport-cc only.
    Probe = "probe",
    /// No payload but padding; the gap is closed downstream.
    Padding = "padding",
    /// Already in the ring.
    Duplicate = "duplicate",
    /// Older than what the ring holds.
    TooOld = "too_old",
    /// A retransmission without an original sequence number or of an unknown stream.
    RtxMalformed = "rtx_malformed",
    /// Redundant audio whose blocks do not fit together, or of another payload type (RFC 2198).
    RedMalformed = "red_malformed",
    /// Its source's tap is closed.
    SourceDisabled = "source_disabled",
    /// RTCP that does not parse.
    RtcpMalformed = "rtcp_malformed",
    /// A request for a key frame beyond the receiver's budget (T-21).
    KeyFrameBudget = "key_frame_budget",
    /// A NACK for something gone, repeated too soon, or beyond the retransmission budget (T-20).
    NackRefused = "nack_refused",
    /// A packet that could not be rewritten or sealed for its receiver.
    NotForwardable = "not_forwardable",
    /// A copy for another worker that could not be handed over in time.
    MirrorBusy = "mirror_busy",
    /// A command that names something unknown, taken, beyond a limit, or of another conference.
    CommandRefused = "command_refused",
}

/// Totals of one worker since it started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams handed in.
    pub packets_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Datagrams handed out.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Media packets forwarded, one per receiver, retransmissions excluded.
    pub packets_forwarded: u64,
    /// Media packets sent again.
    pub packets_retransmitted: u64,
    /// Packets sent to find out whether a line takes more: repeated ones and padding.
    pub packets_probing: u64,
    /// Packets of sound sent again as they were, to who takes no copies in later packets.
    pub packets_repeated: u64,
    /// Media packets copied to other workers.
    pub packets_mirrored: u64,
    /// Transport-wide feedback received.
    pub transport_feedback_received: u64,
    /// REMB received.
    pub remb_received: u64,
    /// Endpoints now.
    pub endpoints: u64,
    /// Sources now.
    pub sources: u64,
    /// Sources of other workers that are watched here now.
    pub mirrors: u64,
    /// Routes now.
    pub routes: u64,
    /// Inbound SSRCs now, all endpoints.
    pub ssrcs: u64,
    /// Endpoints fenced off because of a bug of ours.
    pub faults: u64,
    dropped: [u64; DropReason::ALL.len()],
}

impl Counters {
    /// Counts one drop.
    pub fn drop(&mut self, reason: DropReason) {
        self.dropped[reason as usize] += 1;
    }

    /// Counts `times` drops.
    pub fn drop_many(&mut self, reason: DropReason, times: u64) {
        self.dropped[reason as usize] += times;
    }

    /// Returns how often `reason` applied.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize]
    }
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            packets_received: 0,
            bytes_received: 0,
            packets_sent: 0,
            bytes_sent: 0,
            packets_forwarded: 0,
            packets_retransmitted: 0,
            packets_probing: 0,
            packets_repeated: 0,
            packets_mirrored: 0,
            transport_feedback_received: 0,
            remb_received: 0,
            endpoints: 0,
            sources: 0,
            mirrors: 0,
            routes: 0,
            ssrcs: 0,
            faults: 0,
            dropped: [0; DropReason::ALL.len()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_name_and_its_own_counter() {
        let mut counters = Counters::default();
        for reason in DropReason::ALL {
            counters.drop(*reason);
        }
        for (index, reason) in DropReason::ALL.iter().enumerate() {
            assert_eq!(counters.dropped(*reason), 1);
            assert!(DropReason::ALL[..index].iter().all(|other| other.name() != reason.name()));
        }
    }
}
