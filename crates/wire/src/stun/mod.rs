//! STUN as ICE uses it (RFC 8489, RFC 8445): Binding messages read without copying, and written with integrity.
//! Decides nothing: who may get an answer is up to the caller, which must not answer before
//! [`Message::verify_integrity`] said yes.

mod crc32;
mod integrity;
mod message;
mod write;

pub use message::{Message, StunError};
pub use write::{BindingRequest, write_binding_error, write_binding_request, write_binding_success};

/// Bytes of the header before the attributes.
pub const HEADER_LEN: usize = 20;
/// The most attributes a message may have here; real ICE checks have about ten.
pub const MAX_ATTRIBUTES: usize = 32;
/// The most unknown attributes reported, and so listed in a 420 answer.
pub const MAX_UNKNOWN: usize = 8;

pub(crate) const MAGIC_COOKIE: u32 = 0x2112_a442;
pub(crate) const INTEGRITY_LEN: usize = 20;
/// What the CRC is XORed with, so that it differs from other CRCs in the packet (RFC 8489 §14.7).
pub(crate) const FINGERPRINT_XOR: u32 = 0x5354_554e;

pub(crate) mod attribute {
    pub const MAPPED_ADDRESS: u16 = 0x0001;
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
    pub const PASSWORD_ALGORITHM: u16 = 0x001d;
    pub const USERHASH: u16 = 0x001e;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const PRIORITY: u16 = 0x0024;
    pub const USE_CANDIDATE: u16 = 0x0025;
    pub const FINGERPRINT: u16 = 0x8028;
    pub const ICE_CONTROLLED: u16 = 0x8029;
    pub const ICE_CONTROLLING: u16 = 0x802a;

    /// Attributes below this must be understood, or the request is refused with 420.
    pub const FIRST_OPTIONAL: u16 = 0x8000;
}

/// What a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// Answers a request that was granted.
    SuccessResponse,
    /// Answers a request that was refused.
    ErrorResponse,
}

impl Class {
    /// The class bits C1 (bit 8) and C0 (bit 4) of the message type.
    const fn bits(self) -> u16 {
        match self {
            Self::Request => 0x000,
            Self::Indication => 0x010,
            Self::SuccessResponse => 0x100,
            Self::ErrorResponse => 0x110,
        }
    }

    const fn from_type(message_type: u16) -> Self {
        match message_type & 0x110 {
            0x000 => Self::Request,
            0x010 => Self::Indication,
            0x100 => Self::SuccessResponse,
            _ => Self::ErrorResponse,
        }
    }
}

/// The method of a message, 12 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method(pub u16);

impl Method {
    /// Asks for one's own address; with ICE, checks a path.
    pub const BINDING: Self = Self(1);

    const fn from_type(message_type: u16) -> Self {
        Self(message_type & 0x000f | (message_type >> 1) & 0x0070 | (message_type >> 2) & 0x0f80)
    }
}

/// What ties an answer to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionId(pub [u8; 12]);

/// The part of an agent in ICE, with its tie-breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceRole {
    /// Chooses the pair.
    Controlling(u64),
    /// Takes the pair the other chooses.
    Controlled(u64),
}

/// The refusals an ICE agent answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// 400: the request lacks something.
    BadRequest,
    /// 401: wrong user name or integrity.
    Unauthenticated,
    /// 420: an attribute that must be understood is not.
    UnknownAttribute,
    /// 487: both sides claim the same role.
    RoleConflict,
}

impl ErrorCode {
    /// Returns the three-digit number.
    pub const fn number(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::UnknownAttribute => 420,
            Self::RoleConflict => 487,
        }
    }
}
