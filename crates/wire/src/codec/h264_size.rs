//! The size of an H.264 picture, from its sequence parameter set (H.264 §7.3.2.1.1).

use super::bits::Bits;

/// A parameter set that tells the size later than this has scaling lists of no use in a call.
const LONGEST: usize = 128;
/// Profiles whose parameter sets tell the chroma format.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// Returns width and height in pixels, given what is behind the unit's first byte.
pub(super) fn size(parameter_set: &[u8]) -> Option<(u16, u16)> {
    let mut plain = [0; LONGEST];
    let len = unescape(parameter_set, &mut plain)?;
    let mut bits = Bits::new(plain.get(..len)?);
    let profile = bits.read(8)?;
    bits.skip(16)?;
    bits.golomb()?;
    let chroma_format = if HIGH_PROFILES.contains(&profile) { chroma_format(&mut bits)? } else { 1 };
    bits.golomb()?;
    skip_order_count(&mut bits)?;
    bits.golomb()?;
    bits.skip(1)?;
    let (columns, rows) = (bits.golomb()?.checked_add(1)?, bits.golomb()?.checked_add(1)?);
    let fields = if bits.flag()? { 1 } else { 2 };
    if fields == 2 {
        bits.skip(1)?;
    }
    bits.skip(1)?;
    let mut cut = (0u32, 0u32);
    if bits.flag()? {
        let horizontal = bits.golomb()?.checked_add(bits.golomb()?)?;
        let vertical = bits.golomb()?.checked_add(bits.golomb()?)?;
        let (unit_x, unit_y) = match chroma_format {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        cut = (horizontal.checked_mul(unit_x)?, vertical.checked_mul(unit_y)?.checked_mul(fields)?);
    }
    let width = columns.checked_mul(16)?.checked_sub(cut.0)?;
    let height = rows.checked_mul(16)?.checked_mul(fields)?.checked_sub(cut.1)?;
    Some((u16::try_from(width).ok()?, u16::try_from(height).ok()?))
}

/// Passes over what the higher profiles have and returns the chroma format; scaling lists are not read.
fn chroma_format(bits: &mut Bits<'_>) -> Option<u32> {
    let format = bits.golomb()?;
    if format == 3 {
        bits.skip(1)?;
    }
    bits.golomb()?;
    bits.golomb()?;
    bits.skip(1)?;
    let has_scaling_lists = bits.flag()?;
    (!has_scaling_lists).then_some(format)
}

fn skip_order_count(bits: &mut Bits<'_>) -> Option<()> {
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.skip(1)?;
            bits.golomb()?;
            bits.golomb()?;
            for _ in 0..bits.golomb()?.min(255) {
                bits.golomb()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Copies without the bytes that keep start codes out (§7.4.1.1); returns how many there are.
fn unescape(escaped: &[u8], plain: &mut [u8; LONGEST]) -> Option<usize> {
    let (mut len, mut zeros) = (0usize, 0u8);
    for byte in escaped.iter().take(LONGEST) {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros.saturating_add(1) } else { 0 };
        *plain.get_mut(len)? = *byte;
        len = len.checked_add(1)?;
    }
    Some(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::bits::BitWriter;

    fn golomb(out: &mut BitWriter<'_>, value: u32) {
        let width = 32 - (value + 1).leading_zeros();
        out.write(0, width - 1).unwrap();
        out.write(value + 1, width).unwrap();
    }

    fn parameter_set(profile: u32, columns: u32, rows: u32, cut_below: u32) -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut out = BitWriter::new(&mut buffer);
        out.write(profile << 16 | 0xe01f, 24).unwrap();
        golomb(&mut out, 0);
        if profile == 100 {
            [1, 0, 0].into_iter().for_each(|value| golomb(&mut out, value));
            out.write(0, 2).unwrap();
        }
        [0, 2, 1].into_iter().for_each(|value| golomb(&mut out, value));
        out.write(0, 1).unwrap();
        golomb(&mut out, columns - 1);
        golomb(&mut out, rows - 1);
        out.write(0b11, 2).unwrap();
        out.write(u32::from(cut_below > 0), 1).unwrap();
        if cut_below > 0 {
            [0, 0, 0, cut_below].into_iter().for_each(|value| golomb(&mut out, value));
        }
        out.write(1, 8).unwrap();
        let len = out.finish().unwrap();
        buffer[..len].to_vec()
    }

    #[test]
    fn the_size_is_that_of_the_macroblocks_less_what_is_cut_off() {
        assert_eq!(size(&parameter_set(66, 40, 23, 4)), Some((640, 360)));
        assert_eq!(size(&parameter_set(100, 80, 45, 0)), Some((1280, 720)));
        assert_eq!(size(&parameter_set(66, 1, 1, 100)), None, "more is cut off than there is");
    }

    #[test]
    fn a_cut_parameter_set_tells_nothing() {
        let whole = parameter_set(100, 80, 45, 0);
        assert!((0..whole.len() - 3).all(|len| size(&whole[..len]).is_none()));
    }

    #[test]
    fn bytes_that_keep_start_codes_out_are_left_out() {
        let mut plain = [0; LONGEST];
        assert_eq!(unescape(&[1, 0, 0, 3, 1, 3, 0, 3], &mut plain), Some(7));
        assert_eq!(plain[..7], [1, 0, 0, 1, 3, 0, 3]);
    }
}
