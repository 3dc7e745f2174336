//! Opens what the other side sealed: guesses the index, refuses replays, decrypts, and only then remembers.

use crate::header::{self, RTCP_HEADER_LEN, RTP_HEADER_LEN};
use crate::index;
use crate::session::{Cipher, ENCRYPTED, PacketId};
use crate::table::SsrcTable;
use crate::{KeyError, MasterKey, OpenError};

/// A stream's first packet below this sequence number may come after a wrap whose packets were all lost.
const WRAPPED_FIRST: u16 = 1024;
/// The longest payload that a second guess of the index is made for: more than any path carries in one piece.
const SECOND_GUESS_LEN: usize = 2048;

/// An RTP packet that was opened in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedRtp {
    /// Bytes of plaintext after the header; padding, if any, included.
    pub payload_len: usize,
    /// The sequence number extended by the rollover counter, 48 bits.
    pub index: u64,
}

/// An RTCP packet that was opened in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedRtcp {
    /// Bytes of the plain compound packet, from the start of the buffer.
    pub len: usize,
    /// The index the sender gave it, 31 bits.
    pub index: u32,
}

/// The receiving half of a transport's SRTP.
///
/// Keeps a state for at most [`MAX_INBOUND_SSRCS`](crate::MAX_INBOUND_SSRCS) SSRCs. A new one takes the place of
/// the least recently authenticated that is not [pinned](Self::pin); a stream that lost its place is unreadable
/// once its sequence numbers have wrapped, so pin what was signalled.
#[derive(Debug)]
pub struct InboundContext {
    rtp: Cipher,
    rtcp: Cipher,
    tag_len: usize,
    ssrcs: SsrcTable,
}

impl InboundContext {
    /// Derives the session keys.
    ///
    /// # Errors
    /// [`KeyError::Refused`] when the cipher refuses a key.
    pub fn new(master: &MasterKey) -> Result<Self, KeyError> {
        let tag_len = master.profile().tag_len();
        Ok(Self::from_ciphers(Cipher::rtp(master)?, Cipher::rtcp(master)?, tag_len))
    }

    pub(crate) fn from_ciphers(rtp: Cipher, rtcp: Cipher, tag_len: usize) -> Self {
        Self { rtp, rtcp, tag_len, ssrcs: SsrcTable::default() }
    }

    /// Reserves a place for an expected SSRC; false, and nothing changed, when all places are pinned.
    pub fn pin(&mut self, ssrc: u32) -> bool {
        self.ssrcs.pin(ssrc)
    }

    /// Lets the place of an SSRC go to another again.
    pub fn unpin(&mut self, ssrc: u32) {
        self.ssrcs.unpin(ssrc);
    }

    /// Returns how many SSRCs have a place.
    pub fn ssrc_count(&self) -> usize {
        self.ssrcs.len()
    }

    /// Opens an RTP packet in place; `header_len` is its header with CSRCs and extensions.
    ///
    /// # Errors
    /// [`OpenError`] says why not; no state has changed then.
    pub fn open_rtp(&mut self, packet: &mut [u8], header_len: usize) -> Result<OpenedRtp, OpenError> {
        let (ssrc, seq) = header::rtp(packet).ok_or(OpenError::TooShort)?;
        if header_len < RTP_HEADER_LEN {
            return Err(OpenError::TooShort);
        }
        let mut sealed = Sealed::split(packet, header_len, self.tag_len)?;
        let payload_len = sealed.body.len();
        let index = match self.known_index(ssrc, seq)? {
            Some(index) => sealed.open(&self.rtp, PacketId::rtp(ssrc, index)).then_some(index),
            None => open_first(&self.rtp, sealed, ssrc, seq),
        }
        .ok_or(OpenError::AuthFailed)?;
        self.ssrcs.touch(ssrc).ok_or(OpenError::TooManySsrcs)?.rtp.insert(index);
        Ok(OpenedRtp { payload_len, index })
    }

    /// Opens an RTCP compound packet in place.
    ///
    /// # Errors
    /// [`OpenError`] says why not; no state has changed then.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<OpenedRtcp, OpenError> {
        let ssrc = header::rtcp(packet).ok_or(OpenError::TooShort)?;
        let (mut sealed, word) = self.split_rtcp(packet)?;
        if word & ENCRYPTED == 0 {
            return Err(OpenError::NotEncrypted);
        }
        let index = word & !ENCRYPTED;
        match self.ssrcs.find(ssrc) {
            Some(state) if !state.rtcp.admits(index.into()) => return Err(OpenError::Replayed),
            None if !self.ssrcs.has_place() => return Err(OpenError::TooManySsrcs),
            _ => {}
        }
        let len = sealed.header.len().saturating_add(sealed.body.len());
        if !sealed.open(&self.rtcp, PacketId::rtcp(ssrc, index)) {
            return Err(OpenError::AuthFailed);
        }
        self.ssrcs.touch(ssrc).ok_or(OpenError::TooManySsrcs)?.rtcp.insert(index.into());
        Ok(OpenedRtcp { len, index })
    }

    /// Returns the index of a packet of a stream heard before, `None` for the first of a stream.
    fn known_index(&self, ssrc: u32, seq: u16) -> Result<Option<u64>, OpenError> {
        let Some(state) = self.ssrcs.find(ssrc) else {
            return if self.ssrcs.has_place() { Ok(None) } else { Err(OpenError::TooManySsrcs) };
        };
        let Some(highest) = state.rtp.highest() else { return Ok(None) };
        let index = index::estimate(highest, seq).ok_or(OpenError::Replayed)?;
        if state.rtp.admits(index) { Ok(Some(index)) } else { Err(OpenError::Replayed) }
    }

    /// RTCP ends in tag then index word with GCM (RFC 7714 §9.3), in index word then tag otherwise (RFC 3711 §3.4).
    fn split_rtcp<'a>(&self, packet: &'a mut [u8]) -> Result<(Sealed<'a>, u32), OpenError> {
        match self.rtcp {
            Cipher::Gcm(_) => {
                let (rest, word) = packet.split_last_chunk_mut::<4>().ok_or(OpenError::TooShort)?;
                Ok((Sealed::split(rest, RTCP_HEADER_LEN, self.tag_len)?, u32::from_be_bytes(*word)))
            }
            Cipher::Cm(_) => {
                let mut sealed = Sealed::split(packet, RTCP_HEADER_LEN, self.tag_len)?;
                let (body, word) = sealed.body.split_last_chunk_mut::<4>().ok_or(OpenError::TooShort)?;
                sealed.body = body;
                Ok((sealed, u32::from_be_bytes(*word)))
            }
        }
    }
}

/// A protected packet in its parts.
struct Sealed<'a> {
    header: &'a [u8],
    body: &'a mut [u8],
    tag: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn split(packet: &'a mut [u8], header_len: usize, tag_len: usize) -> Result<Self, OpenError> {
        let (header, rest) = packet.split_at_mut_checked(header_len).ok_or(OpenError::TooShort)?;
        let body_len = rest.len().checked_sub(tag_len).ok_or(OpenError::TooShort)?;
        let (body, tag) = rest.split_at_mut_checked(body_len).ok_or(OpenError::TooShort)?;
        Ok(Self { header, body, tag })
    }

    fn open(&mut self, cipher: &Cipher, id: PacketId) -> bool {
        cipher.open(id, self.header, self.body, self.tag)
    }
}

/// Opens the first packet of a stream: the rollover counter is 0, or 1 when the stream began just before a wrap and
/// its first packets were lost. The first failed attempt spoils the body, hence the copy.
fn open_first(cipher: &Cipher, mut sealed: Sealed<'_>, ssrc: u32, seq: u16) -> Option<u64> {
    let index = u64::from(seq);
    let mut copy = [0; SECOND_GUESS_LEN];
    let copy = copy.get_mut(..sealed.body.len()).filter(|_| seq < WRAPPED_FIRST);
    let Some(copy) = copy else {
        return sealed.open(cipher, PacketId::rtp(ssrc, index)).then_some(index);
    };
    copy.copy_from_slice(sealed.body);
    if sealed.open(cipher, PacketId::rtp(ssrc, index)) {
        return Some(index);
    }
    sealed.body.copy_from_slice(copy);
    let index = index | 1 << 16;
    sealed.open(cipher, PacketId::rtp(ssrc, index)).then_some(index)
}
