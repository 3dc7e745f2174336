//! The session keys of one direction, whatever the profile: a closed choice, so no call is indirect.

use crate::cm::Cm;
use crate::gcm::Gcm;
use crate::{KeyError, MasterKey, Profile};

/// What makes a packet's protection differ from every other's under the same key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PacketId {
    pub(crate) ssrc: u32,
    /// 48 bits for RTP, 31 for RTCP.
    pub(crate) index: u64,
    /// What is authenticated after the packet: RTP's rollover counter, RTCP's index word.
    pub(crate) trailer: [u8; 4],
}

/// The bit of RTCP's index word that says "encrypted" (RFC 3711 §3.4).
pub(crate) const ENCRYPTED: u32 = 1 << 31;

impl PacketId {
    pub(crate) fn rtp(ssrc: u32, index: u64) -> Self {
        let rollovers = ((index >> 16) & 0xffff_ffff) as u32;
        Self { ssrc, index, trailer: rollovers.to_be_bytes() }
    }

    pub(crate) fn rtcp(ssrc: u32, index: u32) -> Self {
        Self { ssrc, index: index.into(), trailer: (index | ENCRYPTED).to_be_bytes() }
    }
}

/// Seals and opens RTP, or RTCP, of one direction.
#[derive(Debug)]
pub(crate) enum Cipher {
    Gcm(Gcm),
    /// Boxed: its schedules are many times larger than the other's handle.
    Cm(Box<Cm>),
}

impl Cipher {
    pub(crate) fn rtp(master: &MasterKey) -> Result<Self, KeyError> {
        Ok(match master.profile() {
            Profile::Aes128CmSha1_80 => Self::Cm(Box::new(Cm::rtp(master)?)),
            Profile::AeadAes128Gcm | Profile::AeadAes256Gcm => Self::Gcm(Gcm::rtp(master)?),
        })
    }

    pub(crate) fn rtcp(master: &MasterKey) -> Result<Self, KeyError> {
        Ok(match master.profile() {
            Profile::Aes128CmSha1_80 => Self::Cm(Box::new(Cm::rtcp(master)?)),
            Profile::AeadAes128Gcm | Profile::AeadAes256Gcm => Self::Gcm(Gcm::rtcp(master)?),
        })
    }

    /// Encrypts `body` in place and writes its tag, 10 or 16 bytes, at the start of `tag`.
    pub(crate) fn seal(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &mut [u8]) -> Option<()> {
        match self {
            Self::Gcm(gcm) => gcm.seal(id, header, body, tag),
            Self::Cm(cm) => cm.seal(id, header, body, tag),
        }
    }

    /// Decrypts `body` in place and says whether it is authentic; when not, `body` holds nothing of use.
    pub(crate) fn open(&self, id: PacketId, header: &[u8], body: &mut [u8], tag: &[u8]) -> bool {
        match self {
            Self::Gcm(gcm) => gcm.open(id, header, body, tag),
            Self::Cm(cm) => cm.open(id, header, body, tag),
        }
    }
}
