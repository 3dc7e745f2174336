//! The size of an AV1 picture, from its sequence header (AV1 §5.5).

use super::bits::Bits;

/// Returns the greatest width and height in pixels, given the header's payload; not of one with a decoder model, which
/// no call needs.
pub(super) fn size(header: &[u8]) -> Option<(u16, u16)> {
    let mut bits = Bits::new(header);
    bits.skip(4)?;
    let reduced = bits.flag()?;
    if reduced {
        bits.skip(5)?;
    } else {
        skip_operating_points(&mut bits)?;
    }
    let (width_bits, height_bits) = (bits.read(4)?.checked_add(1)?, bits.read(4)?.checked_add(1)?);
    let (width, height) = (bits.read(width_bits)?, bits.read(height_bits)?);
    Some((u16::try_from(width.checked_add(1)?).ok()?, u16::try_from(height.checked_add(1)?).ok()?))
}

fn skip_operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let has_timing = bits.flag()?;
    if has_timing {
        bits.skip(64)?;
        let equal_intervals = bits.flag()?;
        let has_decoder_model = !equal_intervals && bits.flag()?;
        if equal_intervals || has_decoder_model {
            return None;
        }
    }
    let has_display_delay = bits.flag()?;
    let points = bits.read(5)?.checked_add(1)?;
    for _ in 0..points {
        bits.skip(12)?;
        if bits.read(5)? > 7 {
            bits.skip(1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::bits::BitWriter;

    fn header(reduced: bool, points: u32) -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut out = BitWriter::new(&mut buffer);
        out.write(u32::from(reduced), 5).unwrap();
        if reduced {
            out.write(8, 5).unwrap();
        } else {
            out.write(0, 2).unwrap();
            out.write(points - 1, 5).unwrap();
            for point in 0..points {
                out.write(0x103, 12).unwrap();
                out.write(8 * (point & 1), 5).unwrap();
                if point & 1 == 1 {
                    out.write(1, 1).unwrap();
                }
            }
        }
        for (value, width) in [(10, 4), (9, 4), (1279, 11), (719, 10)] {
            out.write(value, width).unwrap();
        }
        let len = out.finish().unwrap();
        buffer[..len].to_vec()
    }

    #[test]
    fn the_size_stands_behind_the_operating_points() {
        for header in [header(true, 1), header(false, 1), header(false, 9)] {
            assert_eq!(size(&header), Some((1280, 720)));
        }
    }

    #[test]
    fn a_cut_header_tells_nothing() {
        let whole = header(false, 3);
        assert!((0..whole.len() - 1).all(|len| size(&whole[..len]).is_none()));
    }
}
