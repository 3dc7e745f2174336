//! Reads an RTP header into plain numbers that can outlive the borrow of the buffer.

use super::Extensions;
use crate::bytes::{slice_at, u8_at, u16_at, u32_at};

/// Why a packet is not RTP that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RtpError {
    /// It ends before its header does.
    #[error("shorter than its header")]
    TooShort,
    /// It is longer than offsets of 16 bits can say.
    #[error("longer than 65535 bytes")]
    TooLong,
    /// The version is not 2.
    #[error("version is not 2")]
    BadVersion,
    /// The padding is empty or longer than the payload.
    #[error("bad padding length")]
    BadPadding,
}

/// The numbers of an RTP header, and where in its packet the parts are.
///
/// Offsets count from the start of the packet that was parsed; methods that take `packet` want that same packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParsedRtp {
    /// The marker bit: last packet of a picture, first of a talk spurt.
    pub marker: bool,
    /// 0..=127.
    pub payload_type: u8,
    /// Wraps at 65 536.
    pub sequence_number: u16,
    /// In the clock of the payload type; wraps.
    pub timestamp: u32,
    /// The stream's number.
    pub ssrc: u32,
    /// How many contributing sources follow the fixed header, 0..=15.
    pub csrc_count: u8,
    /// The number that tells the form of the extensions; meaningless when `extension_len` is 0.
    pub extension_profile: u16,
    /// Where the extension block's elements begin.
    pub extension_offset: u16,
    /// Bytes of the extension block's elements.
    pub extension_len: u16,
    /// Where the payload begins, which is also the header's length.
    pub payload_offset: u16,
    /// Bytes of payload, without padding.
    pub payload_len: u16,
    /// Whether the padding bit is set.
    pub has_padding: bool,
    /// Bytes of padding after the payload.
    pub padding_len: u8,
}

impl ParsedRtp {
    /// Reads a plain packet: header and padding.
    ///
    /// # Errors
    /// [`RtpError`] says what is wrong with it.
    pub fn parse(packet: &[u8]) -> Result<Self, RtpError> {
        Self::parse_protected(packet)?.with_plaintext(packet)
    }

    /// Reads the header of a packet that is still encrypted; all after the header counts as payload.
    ///
    /// The padding length is in the encrypted part: call [`with_plaintext`](Self::with_plaintext) once it is open.
    ///
    /// # Errors
    /// [`RtpError`] says what is wrong with it.
    pub fn parse_protected(packet: &[u8]) -> Result<Self, RtpError> {
        let len = u16::try_from(packet.len()).map_err(|_| RtpError::TooLong)?;
        let first = u8_at(packet, 0).ok_or(RtpError::TooShort)?;
        if first >> 6 != 2 {
            return Err(RtpError::BadVersion);
        }
        let mut header = Self::read(packet, first).ok_or(RtpError::TooShort)?;
        header.payload_len = len.checked_sub(header.payload_offset).ok_or(RtpError::TooShort)?;
        Ok(header)
    }

    /// Returns the header with payload and padding measured, `packet` being header and plaintext payload only.
    ///
    /// # Errors
    /// [`RtpError::BadPadding`] when the padding does not fit, [`RtpError::TooShort`] when `packet` is not the one
    /// that was parsed.
    pub fn with_plaintext(mut self, packet: &[u8]) -> Result<Self, RtpError> {
        let len = u16::try_from(packet.len()).map_err(|_| RtpError::TooLong)?;
        let body_len = len.checked_sub(self.payload_offset).ok_or(RtpError::TooShort)?;
        self.padding_len = 0;
        if self.has_padding {
            self.padding_len = packet.last().copied().ok_or(RtpError::TooShort)?;
            if self.padding_len == 0 {
                return Err(RtpError::BadPadding);
            }
        }
        self.payload_len = body_len.checked_sub(self.padding_len.into()).ok_or(RtpError::BadPadding)?;
        Ok(self)
    }

    /// Returns the header's length in bytes: fixed part, CSRCs and extensions.
    pub fn header_len(&self) -> usize {
        self.payload_offset.into()
    }

    /// Returns the payload, empty when `packet` is too short to be the one that was parsed.
    pub fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        slice_at(packet, self.payload_offset.into(), self.payload_len.into()).unwrap_or_default()
    }

    /// Returns the header extensions in order of appearance.
    pub fn extensions<'a>(&self, packet: &'a [u8]) -> Extensions<'a> {
        let block =
            slice_at(packet, self.extension_offset.into(), self.extension_len.into()).unwrap_or_default();
        Extensions::new(self.extension_profile, block)
    }

    /// Returns the contributing sources.
    pub fn csrcs<'a>(&self, packet: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
        let len = usize::from(self.csrc_count).saturating_mul(4);
        let list = slice_at(packet, super::FIXED_HEADER_LEN, len).unwrap_or_default();
        list.as_chunks::<4>().0.iter().map(|csrc| u32::from_be_bytes(*csrc))
    }

    fn read(packet: &[u8], first: u8) -> Option<Self> {
        let second = u8_at(packet, 1)?;
        let csrc_count = first & 0x0f;
        let mut header = Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence_number: u16_at(packet, 2)?,
            timestamp: u32_at(packet, 4)?,
            ssrc: u32_at(packet, 8)?,
            csrc_count,
            has_padding: first & 0x20 != 0,
            payload_offset: u16::from(csrc_count).checked_mul(4)?.checked_add(12)?,
            ..Self::default()
        };
        if first & 0x10 != 0 {
            let block = usize::from(header.payload_offset);
            header.extension_profile = u16_at(packet, block)?;
            header.extension_len = u16_at(packet, block.checked_add(2)?)?.checked_mul(4)?;
            header.extension_offset = header.payload_offset.checked_add(4)?;
            header.payload_offset = header.extension_offset.checked_add(header.extension_len)?;
        }
        Some(header)
    }
}
