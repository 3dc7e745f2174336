//! Writes an RTP header with the extensions a receiver negotiated.

use super::{ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};
use crate::bytes::{Cursor, WriteError, padding_to_word};

/// A header to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct RtpHeaderOut<'a> {
    /// The marker bit.
    pub marker: bool,
    /// Whether the packet will end in padding, written by the caller.
    pub padding: bool,
    /// 0..=127.
    pub payload_type: u8,
    /// The stream's sequence number.
    pub sequence_number: u16,
    /// The stream's timestamp.
    pub timestamp: u32,
    /// The stream's number.
    pub ssrc: u32,
    /// At most 15 contributing sources.
    pub csrcs: &'a [u32],
    /// Extension ids 1..=255 and values of at most 255 bytes.
    pub extensions: &'a [(u8, &'a [u8])],
}

/// Writes the header at the start of `buf` and returns its length.
///
/// Extensions take the one-byte form, or the two-byte form when an id is above 14 or a value is empty or above 16
/// bytes. Without extensions there is no block at all.
///
/// # Errors
/// [`WriteError::OutOfRange`] for a field that cannot carry its value, [`WriteError::NoRoom`] for a short `buf`.
pub fn write_header(buf: &mut [u8], header: &RtpHeaderOut<'_>) -> Result<usize, WriteError> {
    if header.payload_type > 127 || header.csrcs.len() > 15 {
        return Err(WriteError::OutOfRange);
    }
    let mut out = Cursor::new(buf);
    let has_extension = !header.extensions.is_empty();
    let csrc_count = header.csrcs.len() as u8;
    out.u8(0x80 | u8::from(header.padding) << 5 | u8::from(has_extension) << 4 | csrc_count)?;
    out.u8(u8::from(header.marker) << 7 | header.payload_type)?;
    out.u16(header.sequence_number)?;
    out.u32(header.timestamp)?;
    out.u32(header.ssrc)?;
    for csrc in header.csrcs {
        out.u32(*csrc)?;
    }
    if has_extension {
        write_extensions(&mut out, header.extensions)?;
    }
    Ok(out.position())
}

fn write_extensions(out: &mut Cursor<'_>, extensions: &[(u8, &[u8])]) -> Result<(), WriteError> {
    let two_byte = extensions.iter().any(|(id, value)| *id > 14 || !(1..=16).contains(&value.len()));
    out.u16(if two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE })?;
    let length_at = out.position();
    out.u16(0)?;
    let start = out.position();
    for (id, value) in extensions {
        let len = u8::try_from(value.len()).map_err(|_| WriteError::OutOfRange)?;
        if *id == 0 {
            return Err(WriteError::OutOfRange);
        }
        if two_byte {
            out.bytes(&[*id, len])?;
        } else {
            out.u8(id << 4 | len.saturating_sub(1))?;
        }
        out.bytes(value)?;
    }
    let len = out.position().saturating_sub(start);
    out.zeros(padding_to_word(len))?;
    let words = out.position().saturating_sub(start) / 4;
    out.patch_u16(length_at, u16::try_from(words).map_err(|_| WriteError::OutOfRange)?)
}
