//! Remembers which of the last packets were seen (RFC 3711 §3.3.2).

/// A sliding window over `64 × WORDS` indices up to the greatest seen.
#[derive(Clone, Debug)]
pub(crate) struct ReplayWindow<const WORDS: usize> {
    /// The greatest index seen, once there is one.
    highest: Option<u64>,
    /// One bit per index, at `index % size`.
    seen: [u64; WORDS],
}

/// 1,024 packets: about a second of the busiest video stream.
pub(crate) type RtpWindow = ReplayWindow<16>;
/// 128 packets: RTCP is rare.
pub(crate) type RtcpWindow = ReplayWindow<2>;

impl<const WORDS: usize> ReplayWindow<WORDS> {
    const SIZE: u64 = 64 * WORDS as u64;

    pub(crate) const fn new() -> Self {
        Self { highest: None, seen: [0; WORDS] }
    }

    pub(crate) fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Returns whether a packet with the index may be new: neither seen nor older than the window.
    pub(crate) fn admits(&self, index: u64) -> bool {
        match self.highest {
            Some(highest) if index <= highest => {
                let age = highest.saturating_sub(index);
                age < Self::SIZE && !self.is_set(index)
            }
            _ => true,
        }
    }

    /// Notes that the packet with the index, which [`admits`](Self::admits) took, was authentic.
    pub(crate) fn insert(&mut self, index: u64) {
        if let Some(highest) = self.highest {
            let ahead = index.saturating_sub(highest);
            if ahead >= Self::SIZE {
                self.seen = [0; WORDS];
            } else {
                for step in 1..=ahead {
                    self.assign(highest.saturating_add(step), false);
                }
            }
        }
        self.highest = self.highest.max(Some(index));
        self.assign(index, true);
    }

    fn is_set(&self, index: u64) -> bool {
        let (word, bit) = Self::place(index);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    fn assign(&mut self, index: u64, seen: bool) {
        let (word, bit) = Self::place(index);
        if let Some(word) = self.seen.get_mut(word) {
            *word = if seen { *word | bit } else { *word & !bit };
        }
    }

    fn place(index: u64) -> (usize, u64) {
        let slot = index & (Self::SIZE.wrapping_sub(1));
        ((slot >> 6) as usize, 1 << (slot & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_admitted_once() {
        let mut window = RtpWindow::new();
        assert!(window.admits(7));
        window.insert(7);
        assert!(!window.admits(7));
        assert!(window.admits(8));
    }

    #[test]
    fn the_oldest_place_is_1023_before_the_newest() {
        let mut window = RtpWindow::new();
        window.insert(5000);
        assert!(window.admits(5000 - 1023));
        assert!(!window.admits(5000 - 1024));
    }

    #[test]
    fn a_jump_forgets_exactly_what_it_passes() {
        let mut window = RtcpWindow::new();
        window.insert(10);
        window.insert(137);
        assert!(!window.admits(10), "127 late is inside and was seen");
        assert!(window.admits(11), "inside and not seen");
        window.insert(138);
        assert!(!window.admits(10), "128 late is outside");
        assert!(!window.admits(137));
        window.insert(100_000);
        assert!(window.admits(99_999));
        assert!(!window.admits(100_000 - 128));
    }

    #[test]
    fn the_window_agrees_with_a_list_of_everything_seen() {
        let mut window = RtcpWindow::new();
        let mut seen = Vec::new();
        let mut state = 1u64;
        for _ in 0..5000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let base = seen.iter().max().copied().unwrap_or(1000u64);
            let index = base + 20 - (state >> 56);
            let expected = index + 128 > base && !seen.contains(&index) || seen.is_empty();
            assert_eq!(window.admits(index), expected, "index {index}, greatest {base}");
            if expected {
                window.insert(index);
                seen.push(index);
            }
        }
    }
}
