//! RTCP compound packets (RFC 3550 §6, RFC 4585, RFC 5104, transport-wide feedback, REMB): iterated without copying,
//! and built into a caller's buffer. Decides no policy: when to send what is the engine's.
//!
//! Reading starts with [`Compound`], writing with [`CompoundWriter`].

mod bye;
mod compound;
mod feedback;
mod remb;
mod report;
mod sdes;
mod transport_cc;
mod transport_cc_write;
mod write;

pub use bye::Bye;
pub use compound::{Compound, Malformed, Other, Packet};
pub use feedback::{Fir, FirEntry, Nack, Pli};
pub use remb::Remb;
pub use report::{ReceiverReport, ReportBlock, ReportBlocks, SenderInfo, SenderReport};
pub use sdes::{Sdes, SdesChunk, SdesItem};
pub use transport_cc::{Arrivals, PacketStatuses, TransportCc};
pub use transport_cc_write::{MAX_FEEDBACK_PACKETS, TransportCcOut};
pub use write::CompoundWriter;

pub(crate) const SENDER_REPORT: u8 = 200;
pub(crate) const RECEIVER_REPORT: u8 = 201;
pub(crate) const SOURCE_DESCRIPTION: u8 = 202;
pub(crate) const GOODBYE: u8 = 203;
pub(crate) const TRANSPORT_FEEDBACK: u8 = 205;
pub(crate) const PAYLOAD_FEEDBACK: u8 = 206;

/// Formats of transport layer feedback.
pub(crate) const FORMAT_NACK: u8 = 1;
pub(crate) const FORMAT_TRANSPORT_CC: u8 = 15;
/// Formats of payload-specific feedback.
pub(crate) const FORMAT_PLI: u8 = 1;
pub(crate) const FORMAT_FIR: u8 = 4;
pub(crate) const FORMAT_APPLICATION: u8 = 15;

/// Bytes of the header every member begins with.
pub(crate) const HEAD_LEN: usize = 4;
