//! The 48-bit packet index: 32 bits of rollover counter, which is not sent, above the 16-bit sequence number.

/// One more than the greatest index.
pub(crate) const INDEX_END: u64 = 1 << 48;

/// Returns the index of the packet with `seq` that is nearest to `highest`, the greatest authenticated so far.
///
/// `None` when it lies before the first packet or after the last. Source: RFC 3711 §3.3.1, appendix A.
pub(crate) fn estimate(highest: u64, seq: u16) -> Option<u64> {
    let distance = seq.wrapping_sub((highest & 0xffff) as u16).cast_signed();
    highest.checked_add_signed(distance.into()).filter(|index| *index < INDEX_END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rollover_counter_moves_at_the_wrap_and_back_for_late_packets() {
        assert_eq!(estimate(65_534, 1), Some(65_537));
        assert_eq!(estimate(65_537, 65_535), Some(65_535));
        assert_eq!(estimate(65_537, 2), Some(65_538));
    }

    #[test]
    fn there_is_nothing_before_the_first_index_nor_after_the_last() {
        assert_eq!(estimate(5, 65_535), None);
        assert_eq!(estimate(INDEX_END - 1, 3), None);
    }
}
