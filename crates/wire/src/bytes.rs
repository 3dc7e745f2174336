//! Checked reads and writes at offsets, the only place that touches raw indices. Knows no format.

/// Why a writer wrote nothing useful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The buffer ends before the message does.
    #[error("the buffer is too small")]
    NoRoom,
    /// A value or a list does not fit the field that would carry it.
    #[error("a value does not fit its field")]
    OutOfRange,
}

pub(crate) fn array_at<const N: usize>(buf: &[u8], at: usize) -> Option<[u8; N]> {
    let end = at.checked_add(N)?;
    buf.get(at..end)?.try_into().ok()
}

pub(crate) fn slice_at(buf: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    let end = at.checked_add(len)?;
    buf.get(at..end)
}

pub(crate) fn u8_at(buf: &[u8], at: usize) -> Option<u8> {
    buf.get(at).copied()
}

pub(crate) fn u16_at(buf: &[u8], at: usize) -> Option<u16> {
    array_at(buf, at).map(u16::from_be_bytes)
}

pub(crate) fn u24_at(buf: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = array_at(buf, at)?;
    Some(u32::from_be_bytes([0, a, b, c]))
}

pub(crate) fn u32_at(buf: &[u8], at: usize) -> Option<u32> {
    array_at(buf, at).map(u32::from_be_bytes)
}

pub(crate) fn u64_at(buf: &[u8], at: usize) -> Option<u64> {
    array_at(buf, at).map(u64::from_be_bytes)
}

/// Overwrites `N` bytes at `at`; false, and nothing changed, when they do not fit.
pub(crate) fn put_at<const N: usize>(buf: &mut [u8], at: usize, value: [u8; N]) -> bool {
    let Some(end) = at.checked_add(N) else { return false };
    match buf.get_mut(at..end) {
        Some(place) => {
            place.copy_from_slice(&value);
            true
        }
        None => false,
    }
}

/// The number of bytes that bring `len` up to a multiple of four.
pub(crate) fn padding_to_word(len: usize) -> usize {
    len.wrapping_neg() & 3
}

/// Appends big-endian fields to a caller's buffer.
pub(crate) struct Cursor<'a> {
    buf: &'a mut [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(buf: &'a mut [u8]) -> Self {
        Self { buf, at: 0 }
    }

    /// Begins at `at`, leaving what is before as it is.
    pub(crate) fn at(buf: &'a mut [u8], at: usize) -> Self {
        Self { buf, at }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn written(&self) -> &[u8] {
        self.buf.get(..self.at).unwrap_or_default()
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> Result<(), WriteError> {
        let end = self.at.checked_add(value.len()).ok_or(WriteError::NoRoom)?;
        self.buf.get_mut(self.at..end).ok_or(WriteError::NoRoom)?.copy_from_slice(value);
        self.at = end;
        Ok(())
    }

    /// Appends bytes whose number the compiler knows, which takes no call.
    #[inline]
    pub(crate) fn put<const N: usize>(&mut self, value: [u8; N]) -> Result<(), WriteError> {
        let place = self.buf.get_mut(self.at..).and_then(|rest| rest.first_chunk_mut());
        *place.ok_or(WriteError::NoRoom)? = value;
        self.at = self.at.saturating_add(N);
        Ok(())
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result<(), WriteError> {
        self.put([value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> Result<(), WriteError> {
        self.put(value.to_be_bytes())
    }

    pub(crate) fn u24(&mut self, value: u32) -> Result<(), WriteError> {
        let [_, a, b, c] = value.to_be_bytes();
        self.put([a, b, c])
    }

    pub(crate) fn u32(&mut self, value: u32) -> Result<(), WriteError> {
        self.put(value.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> Result<(), WriteError> {
        self.put(value.to_be_bytes())
    }

    /// Writes `count` zero bytes, at most three being asked for in practice.
    pub(crate) fn zeros(&mut self, count: usize) -> Result<(), WriteError> {
        for _ in 0..count {
            self.u8(0)?;
        }
        Ok(())
    }

    /// Overwrites a 16-bit field written earlier.
    pub(crate) fn patch_u16(&mut self, at: usize, value: u16) -> Result<(), WriteError> {
        if put_at(self.buf, at, value.to_be_bytes()) { Ok(()) } else { Err(WriteError::NoRoom) }
    }
}
