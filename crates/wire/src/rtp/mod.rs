//! RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285): read by offsets, written from parts.
//! Knows no meaning of extension ids or payloads. Start with [`ParsedRtp`].

mod extensions;
mod parse;
mod write;

pub use extensions::Extensions;
pub use parse::{ParsedRtp, RtpError};
pub use write::{ExtensionWriter, RtpHeaderOut, write_header};

/// Bytes of the fixed header, without CSRCs and extensions.
pub const FIXED_HEADER_LEN: usize = 12;
/// The profile number of one-byte header extensions (RFC 8285 §4.2).
pub const ONE_BYTE_PROFILE: u16 = 0xbede;
/// The profile number of two-byte header extensions, without its four application bits (RFC 8285 §4.3).
pub const TWO_BYTE_PROFILE: u16 = 0x1000;
