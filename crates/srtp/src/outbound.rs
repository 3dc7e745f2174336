//! Seals what we send.

use crate::header::{self, RTCP_HEADER_LEN, RTP_HEADER_LEN};
use crate::index::{self, INDEX_END};
use crate::session::{Cipher, ENCRYPTED, PacketId};
use crate::{KeyError, MAX_OUTBOUND_SSRCS, MasterKey, SealError};

/// The sending half of a transport's SRTP.
#[derive(Debug)]
pub struct OutboundContext {
    rtp: Cipher,
    rtcp: Cipher,
    tag_len: usize,
    /// SSRC and greatest index, for [`seal_rtp`](Self::seal_rtp).
    sent: Vec<(u32, u64)>,
    /// The index of the next RTCP packet: one count for all SSRCs keeps each SSRC's unique.
    next_rtcp: u32,
}

impl OutboundContext {
    /// Derives the session keys.
    ///
    /// # Errors
    /// [`KeyError::Refused`] when the cipher refuses a key.
    pub fn new(master: &MasterKey) -> Result<Self, KeyError> {
        let tag_len = master.profile().tag_len();
        Ok(Self::from_ciphers(Cipher::rtp(master)?, Cipher::rtcp(master)?, tag_len))
    }

    pub(crate) fn from_ciphers(rtp: Cipher, rtcp: Cipher, tag_len: usize) -> Self {
        Self { rtp, rtcp, tag_len, sent: Vec::new(), next_rtcp: 0 }
    }

    /// Returns the bytes that sealing adds to an RTP packet.
    pub fn tag_len(&self) -> usize {
        self.tag_len
    }

    /// Seals the RTP packet in `buf` in place, finding its index from what was sent before on its SSRC.
    ///
    /// Returns the sealed length. The same limits hold as for [`seal_rtp_at`](Self::seal_rtp_at).
    ///
    /// # Errors
    /// [`SealError`] says why not; neither the state nor `buf` has changed then.
    pub fn seal_rtp(
        &mut self,
        buf: &mut [u8],
        header_len: usize,
        payload_len: usize,
    ) -> Result<usize, SealError> {
        let (ssrc, seq) = header::rtp(buf).ok_or(SealError::NoRoom)?;
        let place = self.sent.iter().position(|(known, _)| *known == ssrc);
        let highest = place.and_then(|at| self.sent.get(at)).map(|(_, highest)| *highest);
        let index = match highest {
            Some(highest) => index::estimate(highest, seq).ok_or(SealError::IndexMismatch)?,
            None if self.sent.len() >= MAX_OUTBOUND_SSRCS => return Err(SealError::TooManySsrcs),
            None => seq.into(),
        };
        let len = self.seal_rtp_at(buf, header_len, payload_len, index)?;
        match place.and_then(|at| self.sent.get_mut(at)) {
            Some((_, highest)) => *highest = index.max(*highest),
            None => self.sent.push((ssrc, index)),
        }
        Ok(len)
    }

    /// Seals the RTP packet in `buf` in place under an index the caller keeps, and returns the sealed length.
    ///
    /// `buf` starts with `header_len` bytes of header and `payload_len` of payload (padding included) and has
    /// [`tag_len`](Self::tag_len) bytes of room after them. `index` is the rollover counter, starting at 0 for each
    /// SSRC, above the sequence number in the header. The caller must never seal two different packets under one
    /// SSRC and index: with GCM that gives the key away. Sealing the very same packet again is harmless.
    ///
    /// # Errors
    /// [`SealError`] says why not; `buf` has not changed then.
    pub fn seal_rtp_at(
        &self,
        buf: &mut [u8],
        header_len: usize,
        payload_len: usize,
        index: u64,
    ) -> Result<usize, SealError> {
        let (ssrc, seq) = header::rtp(buf).ok_or(SealError::NoRoom)?;
        if header_len < RTP_HEADER_LEN {
            return Err(SealError::NoRoom);
        }
        if index & 0xffff != u64::from(seq) || index >= INDEX_END {
            return Err(SealError::IndexMismatch);
        }
        let plain = Plain::split(buf, header_len, payload_len, self.tag_len)?;
        plain.seal(&self.rtp, PacketId::rtp(ssrc, index), 0)?;
        Ok(header_len.saturating_add(payload_len).saturating_add(self.tag_len))
    }

    /// Seals the RTCP compound packet in the first `len` bytes of `buf` in place, and returns the sealed length.
    ///
    /// `buf` has room for [`MAX_RTCP_OVERHEAD`](crate::MAX_RTCP_OVERHEAD) bytes more.
    ///
    /// # Errors
    /// [`SealError`] says why not; neither the state nor `buf` has changed then.
    pub fn seal_rtcp(&mut self, buf: &mut [u8], len: usize) -> Result<usize, SealError> {
        let ssrc = header::rtcp(buf).ok_or(SealError::NoRoom)?;
        let body_len = len.checked_sub(RTCP_HEADER_LEN).ok_or(SealError::NoRoom)?;
        let index = self.next_rtcp;
        if index & ENCRYPTED != 0 {
            return Err(SealError::Exhausted);
        }
        let id = PacketId::rtcp(ssrc, index);
        let tail_len = self.tag_len.saturating_add(id.trailer.len());
        let plain = Plain::split(buf, RTCP_HEADER_LEN, body_len, tail_len)?;
        // GCM puts the index word last (RFC 7714 §9.3), the other profile puts it before the tag (RFC 3711 §3.4).
        let (word_at, tag_at) = match self.rtcp {
            Cipher::Gcm(_) => (self.tag_len, 0),
            Cipher::Cm(_) => (0, id.trailer.len()),
        };
        plain.tail.iter_mut().skip(word_at).zip(id.trailer).for_each(|(to, from)| *to = from);
        plain.seal(&self.rtcp, id, tag_at)?;
        self.next_rtcp = index.saturating_add(1);
        Ok(len.saturating_add(tail_len))
    }
}

/// A plain packet in its parts, with room behind.
struct Plain<'a> {
    header: &'a [u8],
    body: &'a mut [u8],
    tail: &'a mut [u8],
}

impl<'a> Plain<'a> {
    fn split(
        buf: &'a mut [u8],
        header_len: usize,
        body_len: usize,
        tail_len: usize,
    ) -> Result<Self, SealError> {
        let (header, rest) = buf.split_at_mut_checked(header_len).ok_or(SealError::NoRoom)?;
        let (body, rest) = rest.split_at_mut_checked(body_len).ok_or(SealError::NoRoom)?;
        let tail = rest.get_mut(..tail_len).ok_or(SealError::NoRoom)?;
        Ok(Self { header, body, tail })
    }

    /// Encrypts the body and puts the tag at `tag_at` of the tail.
    fn seal(self, cipher: &Cipher, id: PacketId, tag_at: usize) -> Result<(), SealError> {
        let tag = self.tail.get_mut(tag_at..).ok_or(SealError::NoRoom)?;
        cipher.seal(id, self.header, self.body, tag).ok_or(SealError::Exhausted)
    }
}
