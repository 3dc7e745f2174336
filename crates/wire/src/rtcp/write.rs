//! Builds a compound packet member by member.

use super::transport_cc_write::TransportCcOut;
use super::{
    FORMAT_FIR, FORMAT_NACK, FORMAT_PLI, FORMAT_TRANSPORT_CC, GOODBYE, PAYLOAD_FEEDBACK, RECEIVER_REPORT,
    ReportBlock, SENDER_REPORT, SOURCE_DESCRIPTION, SenderInfo, TRANSPORT_FEEDBACK, sdes,
};
use crate::bytes::{Cursor, WriteError, padding_to_word};

/// The most report blocks or BYE sources one member can count.
const MAX_COUNT: usize = 31;

/// Appends RTCP members to a buffer; one that fails leaves those before it as they are.
#[derive(Debug)]
pub struct CompoundWriter<'a> {
    buf: &'a mut [u8],
    len: usize,
}

impl<'a> CompoundWriter<'a> {
    /// Starts an empty packet at the start of `buf`.
    pub fn new(buf: &'a mut [u8]) -> Self {
        Self { buf, len: 0 }
    }

    /// Returns the bytes written so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there is no member yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a sender report with at most 31 blocks.
    ///
    /// # Errors
    /// [`WriteError`] when there is no room or a block too many; nothing is appended then. So for all members.
    pub fn sender_report(
        &mut self,
        ssrc: u32,
        info: &SenderInfo,
        reports: &[ReportBlock],
    ) -> Result<&mut Self, WriteError> {
        self.member(SENDER_REPORT, count(reports)?, |out| {
            out.u32(ssrc)?;
            out.u64(info.ntp.0)?;
            out.u32(info.rtp_timestamp)?;
            out.u32(info.packet_count)?;
            out.u32(info.octet_count)?;
            reports.iter().try_for_each(|report| report.write(out))
        })
    }

    /// Appends a receiver report with at most 31 blocks.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report).
    pub fn receiver_report(&mut self, ssrc: u32, reports: &[ReportBlock]) -> Result<&mut Self, WriteError> {
        self.member(RECEIVER_REPORT, count(reports)?, |out| {
            out.u32(ssrc)?;
            reports.iter().try_for_each(|report| report.write(out))
        })
    }

    /// Appends the canonical name of one source, at most 255 bytes.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report).
    pub fn cname(&mut self, ssrc: u32, name: &[u8]) -> Result<&mut Self, WriteError> {
        let len = u8::try_from(name.len()).map_err(|_| WriteError::OutOfRange)?;
        self.member(SOURCE_DESCRIPTION, 1, |out| {
            out.u32(ssrc)?;
            out.bytes(&[sdes::CNAME, len])?;
            out.bytes(name)?;
            out.u8(0)?;
            out.zeros(padding_to_word(out.position()))
        })
    }

    /// Appends a goodbye of at most 31 sources.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report).
    pub fn bye(&mut self, ssrcs: &[u32]) -> Result<&mut Self, WriteError> {
        self.member(GOODBYE, count(ssrcs)?, |out| ssrcs.iter().try_for_each(|ssrc| out.u32(*ssrc)))
    }

    /// Appends a request for missing packets, in the order given; ascending numbers share entries.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report); an empty list is out of range.
    pub fn nack(&mut self, sender_ssrc: u32, media_ssrc: u32, lost: &[u16]) -> Result<&mut Self, WriteError> {
        if lost.is_empty() {
            return Err(WriteError::OutOfRange);
        }
        self.member(TRANSPORT_FEEDBACK, FORMAT_NACK, |out| {
            out.u32(sender_ssrc)?;
            out.u32(media_ssrc)?;
            let mut rest = lost;
            while let Some((first, after)) = rest.split_first() {
                let later = after.iter().map_while(|seq| following_bit(*first, *seq));
                let (covered, following) =
                    later.fold((0usize, 0), |(n, bits), bit| (n.saturating_add(1), bits | bit));
                out.u16(*first)?;
                out.u16(following)?;
                rest = after.get(covered..).unwrap_or_default();
            }
            Ok(())
        })
    }

    /// Appends a picture loss indication.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report).
    pub fn pli(&mut self, sender_ssrc: u32, media_ssrc: u32) -> Result<&mut Self, WriteError> {
        self.member(PAYLOAD_FEEDBACK, FORMAT_PLI, |out| {
            out.u32(sender_ssrc)?;
            out.u32(media_ssrc)
        })
    }

    /// Appends a request for a key frame of one stream.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report).
    pub fn fir(&mut self, sender_ssrc: u32, media_ssrc: u32, sequence: u8) -> Result<&mut Self, WriteError> {
        self.member(PAYLOAD_FEEDBACK, FORMAT_FIR, |out| {
            out.u32(sender_ssrc)?;
            // The stream is named in the entry; this field is unused (RFC 5104 §4.3.1.2).
            out.u32(0)?;
            out.u32(media_ssrc)?;
            out.bytes(&[sequence, 0, 0, 0])
        })
    }

    /// Appends transport-wide feedback about the first packets of `feedback.arrivals`, and returns about how many.
    ///
    /// The rest, if any, needs another feedback: it was more than one may hold, or 8 s apart.
    ///
    /// # Errors
    /// As for [`sender_report`](Self::sender_report); an empty list is out of range.
    pub fn transport_cc(&mut self, feedback: &TransportCcOut<'_>) -> Result<usize, WriteError> {
        let count = feedback.fitting();
        if count == 0 {
            return Err(WriteError::OutOfRange);
        }
        self.member(TRANSPORT_FEEDBACK, FORMAT_TRANSPORT_CC, |out| feedback.write(out, count))?;
        Ok(count)
    }

    fn member(
        &mut self,
        packet_type: u8,
        count: u8,
        body: impl FnOnce(&mut Cursor<'_>) -> Result<(), WriteError>,
    ) -> Result<&mut Self, WriteError> {
        // Every member is whole words, so that padding to the cursor's position pads the member.
        let mut out = Cursor::new(self.buf.get_mut(self.len..).ok_or(WriteError::NoRoom)?);
        out.bytes(&[0x80 | count, packet_type, 0, 0])?;
        body(&mut out)?;
        let words = (out.position() / 4).saturating_sub(1);
        out.patch_u16(2, u16::try_from(words).map_err(|_| WriteError::OutOfRange)?)?;
        self.len = self.len.saturating_add(out.position());
        Ok(self)
    }
}

fn count<T>(items: &[T]) -> Result<u8, WriteError> {
    if items.len() > MAX_COUNT {
        return Err(WriteError::OutOfRange);
    }
    u8::try_from(items.len()).map_err(|_| WriteError::OutOfRange)
}

/// Returns the bit that says `seq` in the entry that begins with `first`, when there is one.
fn following_bit(first: u16, seq: u16) -> Option<u16> {
    let bit = seq.wrapping_sub(first).checked_sub(1)?;
    (bit < 16).then(|| 1 << bit)
}
