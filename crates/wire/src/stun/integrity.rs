//! The two checks at the end of a message, over a header whose length field counts only up to them
//! (RFC 8489 §14.5, §14.7). aws-lc does the HMAC: it is in the program anyway and its key never outlives the call.

use aws_lc_rs::{constant_time, hmac};

use super::{FINGERPRINT_XOR, HEADER_LEN, INTEGRITY_LEN, crc32::crc32};
use crate::bytes::{array_at, slice_at};

const ATTRIBUTE_HEAD: usize = 4;
const FINGERPRINT_LEN: usize = 4;

/// Returns the HMAC-SHA1 of the message up to the MESSAGE-INTEGRITY attribute at `at`.
pub(super) fn hmac_sha1(message: &[u8], at: usize, key: &[u8]) -> Option<[u8; INTEGRITY_LEN]> {
    let (header, body) = covered(message, at, INTEGRITY_LEN)?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let mut context = hmac::Context::with_key(&key);
    context.update(&header);
    context.update(body);
    array_at(context.sign().as_ref(), 0)
}

/// Returns whether the MESSAGE-INTEGRITY attribute at `at` holds, in time that does not depend on where it differs.
pub(super) fn verify_hmac_sha1(message: &[u8], at: usize, key: &[u8]) -> bool {
    let claimed = at.checked_add(ATTRIBUTE_HEAD).and_then(|value| slice_at(message, value, INTEGRITY_LEN));
    match (hmac_sha1(message, at, key), claimed) {
        (Some(expected), Some(claimed)) => constant_time::verify_slices_are_equal(&expected, claimed).is_ok(),
        _ => false,
    }
}

/// Returns the FINGERPRINT value of the message up to the attribute at `at`.
pub(super) fn fingerprint(message: &[u8], at: usize) -> Option<u32> {
    let (header, body) = covered(message, at, FINGERPRINT_LEN)?;
    Some(crc32([&header, body]) ^ FINGERPRINT_XOR)
}

/// Returns what is covered by an attribute at `at` with a value of `value_len` bytes: the header as if that
/// attribute were the last, and the attributes before it.
fn covered(message: &[u8], at: usize, value_len: usize) -> Option<([u8; HEADER_LEN], &[u8])> {
    let mut header: [u8; HEADER_LEN] = array_at(message, 0)?;
    let body = message.get(HEADER_LEN..at)?;
    let length = body.len().checked_add(ATTRIBUTE_HEAD)?.checked_add(value_len)?;
    let [_, _, high, low, ..] = &mut header;
    [*high, *low] = u16::try_from(length).ok()?.to_be_bytes();
    Some((header, body))
}
