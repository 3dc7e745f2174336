//! Derives session keys from a master key (RFC 3711 §4.3, with a key derivation rate of zero).

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use crate::{KeyError, MasterKey};

/// What a session key is for.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// Fills `out` with the session key for `label`: AES counter mode key stream under the master key.
pub(crate) fn derive(master: &MasterKey, label: Label, out: &mut [u8]) -> Result<(), KeyError> {
    let algorithm = if master.key().len() == 32 { &AES_256 } else { &AES_128 };
    let key = UnboundCipherKey::new(algorithm, master.key()).map_err(|_| KeyError::Refused)?;
    let key = EncryptingKey::ctr(key).map_err(|_| KeyError::Refused)?;
    // The label is XORed into byte 7 of the salt; the last two bytes count blocks.
    let mut iv = [0; 16];
    iv.iter_mut().zip(master.salt()).for_each(|(to, from)| *to = *from);
    let [_, _, _, _, _, _, _, labelled, ..] = &mut iv;
    *labelled ^= label as u8;
    out.fill(0);
    let context = EncryptionContext::Iv128(FixedLength::from(&iv));
    key.less_safe_encrypt(out, context).map_err(|_| KeyError::Refused)?;
    Ok(())
}
