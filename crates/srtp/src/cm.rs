//! AES in counter mode with HMAC-SHA1 cut to 80 bits (RFC 3711 §4.1.1, §4.2.1).
//!
//! aws-lc-rs serves here too: its one-shot counter mode works in place from a key schedule kept in the key, and a
//! `hmac::Context` starts from the key's stored states. Neither allocates or derives anything per packet.

use std::fmt;

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, hmac};
use zeroize::Zeroize;

use crate::kdf::{self, Label};
use crate::session::PacketId;
use crate::{KeyError, MasterKey};

const KEY_LEN: usize = 16;
const AUTH_KEY_LEN: usize = 20;
const SALT_LEN: usize = 14;
const TAG_LEN: usize = 10;

/// The session keys and salt of one direction of RTP or of RTCP.
pub(crate) struct Cm {
    cipher: EncryptingKey,
    mac: hmac::Key,
    salt: [u8; SALT_LEN],
}

impl Cm {
    pub(crate) fn rtp(master: &MasterKey) -> Result<Self, KeyError> {
        Self::new(master, Label::RtpEncryption, Label::RtpAuthentication, Label::RtpSalt)
    }

    pub(crate) fn rtcp(master: &MasterKey) -> Result<Self, KeyError> {
        Self::new(master, Label::RtcpEncryption, Label::RtcpAuthentication, Label::RtcpSalt)
    }

    fn new(
        master: &MasterKey,
        encryption: Label,
        authentication: Label,
        salt: Label,
    ) -> Result<Self, KeyError> {
        let mut session_salt = [0; SALT_LEN];
        kdf::derive(master, salt, &mut session_salt)?;
        let mut key = [0; KEY_LEN];
        kdf::derive(master, encryption, &mut key)?;
        let mut auth_key = [0; AUTH_KEY_LEN];
        kdf::derive(master, authentication, &mut auth_key)?;
        let cm = Self::from_session(&key, &auth_key, session_salt);
        key.zeroize();
        auth_key.zeroize();
        cm
    }

    /// Takes session keys as they are.
    pub(crate) fn from_session(
        key: &[u8; KEY_LEN],
        auth_key: &[u8; AUTH_KEY_LEN],
        salt: [u8; SALT_LEN],
    ) -> Result<Self, KeyError> {
        let mac = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_key);
        let cipher = UnboundCipherKey::new(&AES_128, key)
            .and_then(EncryptingKey::ctr)
            .map_err(|_| KeyError::Refused)?;
        Ok(Self { cipher, mac, salt })
    }

    pub(crate) fn seal(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &mut [u8]) -> Option<()> {
        let tag: &mut [u8; TAG_LEN] = tag.first_chunk_mut()?;
        self.apply_key_stream(id, body)?;
        *tag = *self.mac(id, header, body).as_ref().first_chunk()?;
        Some(())
    }

    pub(crate) fn open(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &[u8]) -> bool {
        let mac = self.mac(id, header, body);
        let expected = mac.as_ref().get(..TAG_LEN).unwrap_or_default();
        constant_time::verify_slices_are_equal(expected, tag).is_ok()
            && self.apply_key_stream(id, body).is_some()
    }

    fn mac(&self, id: PacketId, header: &[u8], body: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(header);
        context.update(body);
        context.update(&id.trailer);
        context.sign()
    }

    /// XORs the body with the key stream, whose first block is numbered by salt, SSRC and index (RFC 3711 §4.1.1).
    fn apply_key_stream(&self, id: PacketId, body: &mut [u8]) -> Option<()> {
        if body.is_empty() {
            return Some(());
        }
        let [_, _, i0, i1, i2, i3, i4, i5] = id.index.to_be_bytes();
        let [s0, s1, s2, s3] = id.ssrc.to_be_bytes();
        let mut iv = [0, 0, 0, 0, s0, s1, s2, s3, i0, i1, i2, i3, i4, i5, 0, 0];
        iv.iter_mut().zip(self.salt).for_each(|(to, salt)| *to ^= salt);
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        self.cipher.less_safe_encrypt(body, context).ok().map(drop)
    }
}

impl Drop for Cm {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl fmt::Debug for Cm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cm").finish_non_exhaustive()
    }
}
