//! Writes Binding messages, each closed by FINGERPRINT and, given a key, MESSAGE-INTEGRITY before it.
//!
//! Answers carry nothing that is not needed, so that they are never longer than a browser's request: no SOFTWARE,
//! no reason phrase.

use std::net::SocketAddr;

use super::message::v6_mask;
use super::{
    Class, ErrorCode, HEADER_LEN, INTEGRITY_LEN, IceRole, MAGIC_COOKIE, TransactionId, attribute, integrity,
};
use crate::bytes::{Cursor, WriteError, padding_to_word};

/// A connectivity check to write.
#[derive(Clone, Copy, Debug)]
pub struct BindingRequest<'a> {
    /// The transaction's id.
    pub transaction_id: TransactionId,
    /// `receiver's ufrag:sender's ufrag`, at most 512 bytes.
    pub username: &'a [u8],
    /// The priority of a peer-reflexive candidate.
    pub priority: u32,
    /// The sender's role and tie-breaker.
    pub role: IceRole,
    /// Whether the pair is nominated.
    pub use_candidate: bool,
}

/// Writes a check sealed with the receiver's password, and returns its length.
///
/// # Errors
/// [`WriteError`] when `buf` or a field is too small.
pub fn write_binding_request(
    buf: &mut [u8],
    request: &BindingRequest<'_>,
    key: &[u8],
) -> Result<usize, WriteError> {
    if request.username.len() > 512 {
        return Err(WriteError::OutOfRange);
    }
    let mut out = begin(buf, Class::Request, request.transaction_id)?;
    put_attribute(&mut out, attribute::USERNAME, request.username)?;
    put_attribute(&mut out, attribute::PRIORITY, &request.priority.to_be_bytes())?;
    let (kind, tie_breaker) = match request.role {
        IceRole::Controlling(tie_breaker) => (attribute::ICE_CONTROLLING, tie_breaker),
        IceRole::Controlled(tie_breaker) => (attribute::ICE_CONTROLLED, tie_breaker),
    };
    put_attribute(&mut out, kind, &tie_breaker.to_be_bytes())?;
    if request.use_candidate {
        put_attribute(&mut out, attribute::USE_CANDIDATE, &[])?;
    }
    finish(out, Some(key))
}

/// Writes the answer to a granted check, sealed with our own password, and returns its length (64 or 76 bytes).
///
/// # Errors
/// [`WriteError::NoRoom`] when `buf` is too small.
pub fn write_binding_success(
    buf: &mut [u8],
    transaction_id: TransactionId,
    mapped: SocketAddr,
    key: &[u8],
) -> Result<usize, WriteError> {
    let mut out = begin(buf, Class::SuccessResponse, transaction_id)?;
    put_xor_address(&mut out, mapped, &transaction_id)?;
    finish(out, Some(key))
}

/// Writes the answer to a refused check and returns its length.
///
/// `unknown` lists the attributes of a 420 and is empty otherwise. `key` is our own password, or `None` where the
/// request did not prove that it knows it (400, 401).
///
/// # Errors
/// [`WriteError`] when `buf` is too small or `unknown` too long.
pub fn write_binding_error(
    buf: &mut [u8],
    transaction_id: TransactionId,
    code: ErrorCode,
    unknown: &[u16],
    key: Option<&[u8]>,
) -> Result<usize, WriteError> {
    let mut out = begin(buf, Class::ErrorResponse, transaction_id)?;
    let number = code.number();
    put_attribute(&mut out, attribute::ERROR_CODE, &[0, 0, (number / 100) as u8, (number % 100) as u8])?;
    if !unknown.is_empty() {
        let len = unknown.len().checked_mul(2).ok_or(WriteError::OutOfRange)?;
        put_head(&mut out, attribute::UNKNOWN_ATTRIBUTES, len)?;
        for kind in unknown {
            out.u16(*kind)?;
        }
        out.zeros(padding_to_word(len))?;
    }
    finish(out, key)
}

fn begin(buf: &mut [u8], class: Class, transaction_id: TransactionId) -> Result<Cursor<'_>, WriteError> {
    let mut out = Cursor::new(buf);
    // The method Binding is 1, which needs no spreading around the class bits.
    out.u16(class.bits() | super::Method::BINDING.0)?;
    out.u16(0)?;
    out.u32(MAGIC_COOKIE)?;
    out.bytes(&transaction_id.0)?;
    Ok(out)
}

fn put_head(out: &mut Cursor<'_>, kind: u16, len: usize) -> Result<(), WriteError> {
    out.u16(kind)?;
    out.u16(u16::try_from(len).map_err(|_| WriteError::OutOfRange)?)
}

fn put_attribute(out: &mut Cursor<'_>, kind: u16, value: &[u8]) -> Result<(), WriteError> {
    put_head(out, kind, value.len())?;
    out.bytes(value)?;
    out.zeros(padding_to_word(value.len()))
}

fn put_xor_address(
    out: &mut Cursor<'_>,
    address: SocketAddr,
    transaction_id: &TransactionId,
) -> Result<(), WriteError> {
    let port = address.port() ^ (MAGIC_COOKIE >> 16) as u16;
    match address {
        SocketAddr::V4(v4) => {
            put_head(out, attribute::XOR_MAPPED_ADDRESS, 8)?;
            out.u16(1)?;
            out.u16(port)?;
            out.u32(u32::from(*v4.ip()) ^ MAGIC_COOKIE)
        }
        SocketAddr::V6(v6) => {
            put_head(out, attribute::XOR_MAPPED_ADDRESS, 20)?;
            out.u16(2)?;
            out.u16(port)?;
            out.bytes(&(u128::from(*v6.ip()) ^ v6_mask(transaction_id)).to_be_bytes())
        }
    }
}

fn finish(mut out: Cursor<'_>, key: Option<&[u8]>) -> Result<usize, WriteError> {
    if let Some(key) = key {
        let at = out.position();
        let mac: [u8; INTEGRITY_LEN] =
            integrity::hmac_sha1(out.written(), at, key).ok_or(WriteError::OutOfRange)?;
        put_attribute(&mut out, attribute::MESSAGE_INTEGRITY, &mac)?;
    }
    let at = out.position();
    let fingerprint = integrity::fingerprint(out.written(), at).ok_or(WriteError::OutOfRange)?;
    put_attribute(&mut out, attribute::FINGERPRINT, &fingerprint.to_be_bytes())?;
    let length = out.position().saturating_sub(HEADER_LEN);
    out.patch_u16(2, u16::try_from(length).map_err(|_| WriteError::OutOfRange)?)?;
    Ok(out.position())
}
