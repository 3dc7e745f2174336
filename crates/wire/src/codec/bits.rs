//! Bits, most significant first: read with a cursor that never passes the end, and written into a small buffer.

/// Reads from the front.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// In bits.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads at most 32 bits.
    pub(super) fn read(&mut self, count: u32) -> Option<u32> {
        let mut value: u32 = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at >> 3)?;
            let bit = byte.rotate_left((self.at & 7) as u32) >> 7;
            value = value << 1 | u32::from(bit);
            self.at = self.at.checked_add(1)?;
        }
        Some(value)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        Some(self.read(1)? == 1)
    }

    /// Reads a number below `values`, in the shortest code that tells them apart (AV1, ns(n)).
    pub(super) fn below(&mut self, values: u32) -> Option<u32> {
        let width = 32u32.checked_sub(values.leading_zeros())?;
        let short = 1u32.checked_shl(width)?.checked_sub(values)?;
        let value = self.read(width.checked_sub(1)?)?;
        if value < short {
            return Some(value);
        }
        let extra = self.read(1)?;
        (value << 1).checked_sub(short)?.checked_add(extra)
    }

    /// Reads an Exp-Golomb number below 2^16 (H.264 §9.1, ue(v)).
    pub(super) fn golomb(&mut self) -> Option<u32> {
        let mut zeros: u32 = 0;
        while !self.flag()? {
            zeros = zeros.checked_add(1).filter(|zeros| *zeros <= 16)?;
        }
        let rest = self.read(zeros)?;
        1u32.checked_shl(zeros)?.checked_sub(1)?.checked_add(rest)
    }

    /// Returns how many bits were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Returns how many are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len().saturating_mul(8).saturating_sub(self.at)
    }

    /// Passes over bits; `None` when there are fewer.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        self.at =
            self.at.checked_add(count as usize).filter(|at| *at <= self.bytes.len().saturating_mul(8))?;
        Some(())
    }
}

/// Appends to a buffer.
pub(super) struct BitWriter<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    pub(super) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Writes the low `count` bits, at most 32; `None` when they do not fit.
    pub(super) fn write(&mut self, value: u32, count: u32) -> Option<()> {
        for place in (0..count).rev() {
            let byte = self.bytes.get_mut(self.at >> 3)?;
            let mask = 0x80u8 >> (self.at & 7);
            *byte = if value >> place & 1 == 1 { *byte | mask } else { *byte & !mask };
            self.at = self.at.checked_add(1)?;
        }
        Some(())
    }

    /// Copies `count` bits.
    pub(super) fn copy(&mut self, from: &mut Bits<'_>, count: usize) -> Option<()> {
        for _ in 0..count {
            self.write(from.read(1)?, 1)?;
        }
        Some(())
    }

    /// Fills the last byte with zeros and returns how many bytes there are.
    pub(super) fn finish(mut self) -> Option<usize> {
        while self.at & 7 != 0 {
            self.write(0, 1)?;
        }
        Some(self.at >> 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_below_a_bound_take_the_shortest_code() {
        // ns(5): 0, 1, 2 in two bits; 3, 4 in three.
        for (bits, value, used) in
            [(0b0000_0000, 0, 2), (0b1000_0000, 2, 2), (0b1100_0000, 3, 3), (0b1110_0000, 4, 3)]
        {
            let bytes = [bits];
            let mut reader = Bits::new(&bytes);
            assert_eq!((reader.below(5), reader.position()), (Some(value), used));
        }
        assert_eq!(Bits::new(&[0xff]).below(0), None);
        assert_eq!(Bits::new(&[]).below(1), Some(0), "one value needs no bits");
    }

    #[test]
    fn exp_golomb_numbers_are_bounded() {
        assert_eq!(Bits::new(&[0b1000_0000]).golomb(), Some(0));
        assert_eq!(Bits::new(&[0b0010_1000]).golomb(), Some(4));
        assert_eq!(Bits::new(&[0, 0, 0, 0xff, 0xff, 0xff]).golomb(), None);
    }

    #[test]
    fn written_bits_are_read_again() {
        let mut buffer = [0xff; 3];
        let mut writer = BitWriter::new(&mut buffer);
        writer.write(0b101, 3).unwrap();
        writer.write(0x3fff, 14).unwrap();
        assert_eq!(writer.finish(), Some(3));
        assert_eq!(buffer, [0b1011_1111, 0xff, 0x80]);
        assert_eq!(BitWriter::new(&mut [0]).write(0, 9), None);
    }
}
