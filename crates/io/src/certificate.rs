//! The certificate of this process: made at start, kept in memory, gone with it.

use sfu::Certificate;

/// Makes an ECDSA P-256 certificate and returns it with its SHA-256 fingerprint.
pub(crate) fn make_certificate() -> Option<(Certificate, [u8; 32])> {
    let made = dimpl::certificate::generate_self_signed_certificate().ok()?;
    let fingerprint = made.fingerprint().try_into().ok()?;
    Some((Certificate { certificate_der: made.certificate, private_key_der: made.private_key }, fingerprint))
}
