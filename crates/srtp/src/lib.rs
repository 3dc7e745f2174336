//! SRTP and SRTCP (RFC 3711, RFC 7714) with keys from DTLS (RFC 5764): packets opened and sealed where they lie.
//!
//! Knows packets and keys; knows no network, clock or randomness, and nothing of what the packets carry. Nothing is
//! allocated per packet. No state changes before a packet is authenticated. Start with [`split`], which turns the
//! keying material of a DTLS session into an [`InboundContext`] and an [`OutboundContext`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::expect_used))]

mod cm;
mod error;
mod gcm;
mod header;
mod inbound;
mod index;
mod kdf;
mod keys;
mod outbound;
mod profile;
mod session;
mod table;
#[cfg(test)]
mod vectors;
mod window;

pub use error::{KeyError, OpenError, SealError};
pub use inbound::{InboundContext, OpenedRtcp, OpenedRtp};
pub use keys::{MasterKey, split};
pub use outbound::OutboundContext;
pub use profile::Profile;

/// Bytes of the longest authentication tag: the room a buffer needs after the payload to seal RTP.
pub const MAX_TAG: usize = 16;
/// Bytes a buffer needs after the plaintext to seal RTCP: the longest tag and the index word.
pub const MAX_RTCP_OVERHEAD: usize = MAX_TAG + 4;
/// The most SSRCs an [`InboundContext`] keeps state for.
pub const MAX_INBOUND_SSRCS: usize = 64;
/// The most SSRCs an [`OutboundContext`] tracks indices of.
pub const MAX_OUTBOUND_SSRCS: usize = 256;
