//! Walks the elements of a header extension block (RFC 8285 §4.2, §4.3).

use super::{ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};

/// Iterates over `(id, value)` of a block's elements, skipping padding.
///
/// Ends without complaint at the first element that overruns the block, at id 15 of the one-byte form (reserved:
/// receivers stop there), at its id 0 with a length (not padding, so nothing), and at once for a profile that is
/// neither form.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    rest: &'a [u8],
    two_byte: bool,
}

impl<'a> Extensions<'a> {
    /// Reads `block`, the bytes after the profile and length fields.
    pub fn new(profile: u16, block: &'a [u8]) -> Self {
        let two_byte = profile & 0xfff0 == TWO_BYTE_PROFILE;
        let known = two_byte || profile == ONE_BYTE_PROFILE;
        Self { rest: if known { block } else { &[] }, two_byte }
    }

    /// Returns the value of the first element with the id.
    pub fn find(self, id: u8) -> Option<&'a [u8]> {
        let mut elements = self;
        elements.find_map(|(found, value)| (found == id).then_some(value))
    }

    fn one_byte_element(head: u8, after: &'a [u8]) -> Option<(u8, usize, &'a [u8])> {
        match head >> 4 {
            0 | 15 => None,
            id => Some((id, usize::from(head & 0x0f).saturating_add(1), after)),
        }
    }

    fn two_byte_element(head: u8, after: &'a [u8]) -> Option<(u8, usize, &'a [u8])> {
        let (len, value) = after.split_first()?;
        Some((head, usize::from(*len), value))
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (head, after) = std::mem::take(&mut self.rest).split_first()?;
            if *head == 0 {
                self.rest = after;
                continue;
            }
            let (id, len, value) = if self.two_byte {
                Self::two_byte_element(*head, after)?
            } else {
                Self::one_byte_element(*head, after)?
            };
            let (value, rest) = value.split_at_checked(len)?;
            self.rest = rest;
            return Some((id, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(profile: u16, block: &[u8]) -> Vec<(u8, &[u8])> {
        Extensions::new(profile, block).collect()
    }

    #[test]
    fn the_one_byte_example_of_rfc_8285_has_three_elements_and_padding() {
        // §4.2: ID 0 len 0 (L=0), ID 1 len 2 with a pad between, ID 2 len 4.
        let block = [0x10, 0xaa, 0x21, 0xb1, 0xb2, 0, 0, 0x33, 0xc1, 0xc2, 0xc3, 0xc4];
        let expected: Vec<(u8, &[u8])> =
            vec![(1, &[0xaa]), (2, &[0xb1, 0xb2]), (3, &[0xc1, 0xc2, 0xc3, 0xc4])];
        assert_eq!(all(0xbede, &block), expected);
    }

    #[test]
    fn the_two_byte_example_of_rfc_8285_has_an_empty_element() {
        // §4.3: an element of length 0, one of length 1 and padding, one of length 4.
        let block = [1, 0, 2, 1, 0xb1, 0, 3, 4, 0xc1, 0xc2, 0xc3, 0xc4];
        let expected: Vec<(u8, &[u8])> = vec![(1, &[]), (2, &[0xb1]), (3, &[0xc1, 0xc2, 0xc3, 0xc4])];
        assert_eq!(all(0x1000, &block), expected);
        assert_eq!(all(0x100f, &block), expected);
    }

    #[test]
    fn id_15_ends_the_one_byte_form_and_is_ordinary_in_the_other() {
        assert_eq!(all(0xbede, &[0x10, 1, 0xf0, 2, 0x20, 3]), [(1, &[1][..])]);
        assert_eq!(all(0x1000, &[15, 1, 7]), [(15, &[7][..])]);
    }

    #[test]
    fn an_element_that_overruns_the_block_ends_it() {
        assert_eq!(all(0xbede, &[0x10, 1, 0x2f, 2]), [(1, &[1][..])]);
        assert_eq!(all(0x1000, &[1, 1, 9, 2]), [(1, &[9][..])]);
        assert_eq!(all(0x1000, &[1, 1, 9, 2, 200]), [(1, &[9][..])]);
    }

    #[test]
    fn another_profile_has_no_elements() {
        assert!(all(0xabac, &[0x10, 1, 2, 3]).is_empty());
    }

    #[test]
    fn an_element_is_found_by_id() {
        assert_eq!(Extensions::new(0xbede, &[0x10, 1, 0x20, 2]).find(2), Some(&[2][..]));
        assert_eq!(Extensions::new(0xbede, &[0x10, 1, 0x20, 2]).find(3), None);
    }
}
