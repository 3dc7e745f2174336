//! Bytes to headers and back, in place: STUN, RTP, RTCP, header extensions, codec descriptors.
//!
//! Everything here borrows the caller's buffer, allocates nothing, and is total: any input gives a value or a
//! small error, never a panic. The crate knows no addresses to send to, no clock, no randomness and no state of a
//! call. Start with [`demux::classify`], which says which of the other modules a datagram is for.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::expect_used))]

mod bytes;
pub mod codec;
pub mod demux;
pub mod ext;
pub mod ntp;
pub mod red;
pub mod rtcp;
pub mod rtp;
pub mod rtx;
pub mod seq;
pub mod stun;

pub use bytes::WriteError;
