//! AES in Galois/counter mode (RFC 7714): one pass both encrypts and authenticates.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize;

use crate::header::RTCP_HEADER_LEN;
use crate::kdf::{self, Label};
use crate::session::PacketId;
use crate::{KeyError, MAX_TAG, MasterKey};

const SALT_LEN: usize = 12;
const MAX_KEY: usize = 32;

/// The session key and salt of one direction of RTP or of RTCP.
pub(crate) struct Gcm {
    key: LessSafeKey,
    salt: [u8; SALT_LEN],
    /// RTCP authenticates its index word after the header; RTP's index is in the nonce only.
    binds_trailer: bool,
}

impl Gcm {
    pub(crate) fn rtp(master: &MasterKey) -> Result<Self, KeyError> {
        Self::new(master, Label::RtpEncryption, Label::RtpSalt, false)
    }

    pub(crate) fn rtcp(master: &MasterKey) -> Result<Self, KeyError> {
        Self::new(master, Label::RtcpEncryption, Label::RtcpSalt, true)
    }

    fn new(master: &MasterKey, key: Label, salt: Label, binds_trailer: bool) -> Result<Self, KeyError> {
        let mut session_salt = [0; SALT_LEN];
        kdf::derive(master, salt, &mut session_salt)?;
        let mut bytes = [0; MAX_KEY];
        let session_key = bytes.get_mut(..master.profile().key_len()).ok_or(KeyError::WrongLength)?;
        kdf::derive(master, key, session_key)?;
        let gcm = Self::from_session(session_key, session_salt, binds_trailer);
        bytes.zeroize();
        gcm
    }

    /// Takes session keys as they are; the key's length says which AES it is for.
    pub(crate) fn from_session(
        key: &[u8],
        salt: [u8; SALT_LEN],
        binds_trailer: bool,
    ) -> Result<Self, KeyError> {
        let algorithm = if key.len() == MAX_KEY { &AES_256_GCM } else { &AES_128_GCM };
        let key = UnboundKey::new(algorithm, key).map_err(|_| KeyError::Refused)?;
        Ok(Self { key: LessSafeKey::new(key), salt, binds_trailer })
    }

    pub(crate) fn seal(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &mut [u8]) -> Option<()> {
        let tag: &mut [u8; MAX_TAG] = tag.first_chunk_mut()?;
        let nonce = self.nonce(id);
        let sealed = if self.binds_trailer {
            self.key.seal_in_place_separate_tag(nonce, Aad::from(with_trailer(header, id)?), body)
        } else {
            self.key.seal_in_place_separate_tag(nonce, Aad::from(header), body)
        };
        *tag = *sealed.ok()?.as_ref().first_chunk()?;
        Some(())
    }

    pub(crate) fn open(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &[u8]) -> bool {
        let nonce = self.nonce(id);
        if self.binds_trailer {
            let Some(aad) = with_trailer(header, id) else { return false };
            self.key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, body).is_ok()
        } else {
            self.key.open_in_place_separate_tag(nonce, Aad::from(header), tag, body).is_ok()
        }
    }

    /// Two zero bytes, the SSRC and the 48-bit index (for RTCP 16 zero bits and the 31-bit index), XORed with the
    /// salt. Source: RFC 7714 §8.1, §9.1.
    fn nonce(&self, id: PacketId) -> Nonce {
        let [_, _, i0, i1, i2, i3, i4, i5] = id.index.to_be_bytes();
        let [s0, s1, s2, s3] = id.ssrc.to_be_bytes();
        let mut nonce = [0, 0, s0, s1, s2, s3, i0, i1, i2, i3, i4, i5];
        nonce.iter_mut().zip(self.salt).for_each(|(to, salt)| *to ^= salt);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// The associated data of RTCP: its header and index word (RFC 7714 §9.2).
fn with_trailer(header: &[u8], id: PacketId) -> Option<[u8; RTCP_HEADER_LEN + 4]> {
    let [a, b, c, d, e, f, g, h] = *header.first_chunk::<RTCP_HEADER_LEN>()?;
    let [w, x, y, z] = id.trailer;
    Some([a, b, c, d, e, f, g, h, w, x, y, z])
}

impl Drop for Gcm {
    fn drop(&mut self) {
        self.salt.zeroize();
    }
}

impl fmt::Debug for Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gcm").finish_non_exhaustive()
    }
}
