//! Writes an RTP header with the extensions a receiver negotiated.

use super::{FIXED_HEADER_LEN, ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};
use crate::bytes::{Cursor, WriteError, padding_to_word, put_at};

/// Bytes of an extension block before its elements: profile and length.
const BLOCK_HEADER_LEN: usize = 4;

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
}

/// Writes the header at the start of `buf`, with what `extensions` puts into it, and returns its length.
///
/// Extensions take the one-byte form, or the two-byte form when an id is above 14 or a value is empty or above 16
/// bytes: `extensions` is then called again. Without extensions there is no block at all.
///
/// # Errors
/// [`WriteError::OutOfRange`] for a field that cannot carry its value, [`WriteError::NoRoom`] for a short `buf`.
pub fn write_header(
    buf: &mut [u8],
    header: &RtpHeaderOut<'_>,
    extensions: impl Fn(&mut ExtensionWriter<'_>) -> Result<(), WriteError>,
) -> Result<usize, WriteError> {
    if header.payload_type > 127 || header.csrcs.len() > 15 {
        return Err(WriteError::OutOfRange);
    }
    let mut out = Cursor::at(buf, FIXED_HEADER_LEN);
    for csrc in header.csrcs {
        out.u32(*csrc)?;
    }
    let block_at = out.position();
    let end = match write_block(buf, block_at, false, &extensions)? {
        Some(end) => end,
        None => write_block(buf, block_at, true, &extensions)?.ok_or(WriteError::OutOfRange)?,
    };
    let has_extension = end > block_at;
    let [s0, s1] = header.sequence_number.to_be_bytes();
    let [t0, t1, t2, t3] = header.timestamp.to_be_bytes();
    let [c0, c1, c2, c3] = header.ssrc.to_be_bytes();
    let csrc_count = header.csrcs.len() as u8;
    let first = 0x80 | u8::from(header.padding) << 5 | u8::from(has_extension) << 4 | csrc_count;
    let second = u8::from(header.marker) << 7 | header.payload_type;
    let fixed = [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3];
    if put_at(buf, 0, fixed) { Ok(end) } else { Err(WriteError::NoRoom) }
}

/// Writes an extension block in one of the two forms and returns where it ends, `None` if something does not fit the
/// form.
fn write_block(
    buf: &mut [u8],
    block_at: usize,
    two_byte: bool,
    extensions: &impl Fn(&mut ExtensionWriter<'_>) -> Result<(), WriteError>,
) -> Result<Option<usize>, WriteError> {
    let start = block_at.saturating_add(BLOCK_HEADER_LEN);
    let mut writer = ExtensionWriter { out: Cursor::at(buf, start), two_byte, fits: true };
    extensions(&mut writer)?;
    let ExtensionWriter { mut out, fits, .. } = writer;
    let len = out.position().saturating_sub(start);
    if !fits || len == 0 {
        return Ok(fits.then_some(block_at));
    }
    out.zeros(padding_to_word(len))?;
    let end = out.position();
    let words = u16::try_from(len.div_ceil(4)).map_err(|_| WriteError::OutOfRange)?;
    let [p0, p1] = if two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE }.to_be_bytes();
    let [w0, w1] = words.to_be_bytes();
    if put_at(buf, block_at, [p0, p1, w0, w1]) { Ok(Some(end)) } else { Err(WriteError::NoRoom) }
}

/// Writes the elements of an extension block one after the other (RFC 8285 §4.2, §4.3).
pub struct ExtensionWriter<'a> {
    out: Cursor<'a>,
    two_byte: bool,
    /// Whether all so far has its place in this form.
    fits: bool,
}

impl ExtensionWriter<'_> {
    /// Writes an element of a length known beforehand, as most are.
    ///
    /// # Errors
    /// As for [`put_slice`](Self::put_slice).
    #[inline]
    pub fn put<const N: usize>(&mut self, id: u8, value: [u8; N]) -> Result<(), WriteError> {
        if self.put_head(id, N)? { self.out.put(value) } else { Ok(()) }
    }

    /// Writes an element: an id 1..=255 and at most 255 bytes.
    ///
    /// # Errors
    /// [`WriteError::OutOfRange`] for another id or a longer value, [`WriteError::NoRoom`] when the buffer ends.
    pub fn put_slice(&mut self, id: u8, value: &[u8]) -> Result<(), WriteError> {
        if self.put_head(id, value.len())? { self.out.bytes(value) } else { Ok(()) }
    }

    /// Writes what precedes a value; `false` when it has no place in this form.
    #[inline]
    fn put_head(&mut self, id: u8, len: usize) -> Result<bool, WriteError> {
        if id == 0 {
            return Err(WriteError::OutOfRange);
        }
        if self.two_byte {
            self.out.put([id, u8::try_from(len).map_err(|_| WriteError::OutOfRange)?])?;
        } else if id <= 14 && (1..=16).contains(&len) {
            self.out.put([id << 4 | (len as u8).wrapping_sub(1)])?;
        } else {
            self.fits = false;
        }
        Ok(self.fits)
    }
}
