//! Sound that is sent again just as it was, a moment later, to who takes no copies in later packets (RFC 2198).
//!
//! The sealed datagram itself is kept: the same bytes give no key away, and who has the packet drops it as a replay
//! (RFC 3711 §3.3.2) before anything else sees it. To who lacks it, it is a packet that came a little late.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

/// One frame of Opus, so that a short burst of loss does not take both.
const SPACING: Duration = Duration::from_millis(20);
/// What is longer is not speech: Opus at 20 ms and 150 kbit/s.
const LONGEST: usize = 512;
/// Datagrams that wait at once: eight voices twice. What finds no place is sent once.
const MOST: usize = 32;

struct Waiting {
    due: Instant,
    /// How many times it is still to be sent.
    times: u8,
    datagram: ArrayVec<u8, LONGEST>,
}

/// What one receiver is to be sent again, in the order of its time.
#[derive(Default)]
pub(crate) struct Duplicates {
    waiting: VecDeque<Waiting>,
}

impl Duplicates {
    /// Keeps a sealed datagram that was sent now, to be sent again so many `times`.
    pub(crate) fn keep(&mut self, now: Instant, datagram: &[u8], times: u8) {
        if times == 0 || self.waiting.len() >= MOST {
            return;
        }
        if self.waiting.capacity() == 0 {
            // With the first loss: most receivers never need any.
            self.waiting.reserve_exact(MOST);
        }
        if let Ok(datagram) = datagram.try_into() {
            self.waiting.push_back(Waiting { due: now + SPACING, times, datagram });
        }
    }

    /// Returns when the next one is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|waiting| waiting.due)
    }

    /// Returns the datagram that is due.
    pub(crate) fn due(&self, now: Instant) -> Option<&[u8]> {
        self.waiting.front().filter(|waiting| waiting.due <= now).map(|waiting| waiting.datagram.as_slice())
    }

    /// Notes that the datagram that was due was sent; it waits again if it is to be sent once more.
    pub(crate) fn sent(&mut self, now: Instant) {
        if let Some(waiting) = self.waiting.pop_front()
            && waiting.times > 1
        {
            self.waiting.push_back(Waiting { due: now + SPACING, times: waiting.times - 1, ..waiting });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Lets a second pass and returns what was sent again, and when in ms.
    fn sent(duplicates: &mut Duplicates, since: Instant) -> Vec<(u64, u8)> {
        let mut sent = Vec::new();
        for at in 0..1000 {
            let now = since + ms(at);
            while let Some(datagram) = duplicates.due(now) {
                sent.push((at, datagram[0]));
                duplicates.sent(now);
            }
        }
        sent
    }

    #[test]
    fn a_datagram_is_due_again_a_frame_later_as_often_as_was_said() {
        let (now, mut duplicates) = (start(), Duplicates::default());
        for (datagram, times) in [([1], 1), ([2], 2), ([3], 0)] {
            duplicates.keep(now, &datagram, times);
        }
        assert_eq!(duplicates.deadline(), Some(now + ms(20)));
        assert_eq!(sent(&mut duplicates, now), [(20, 1), (20, 2), (40, 2)]);
        assert_eq!(duplicates.deadline(), None);
    }

    #[test]
    fn neither_long_datagrams_nor_more_than_32_are_kept_and_room_is_made_once() {
        let (now, mut duplicates) = (start(), Duplicates::default());
        assert_eq!(duplicates.waiting.capacity(), 0);
        duplicates.keep(now, &[0; LONGEST + 1], 1);
        for _ in 0..100 {
            duplicates.keep(now, &[7; LONGEST], 2);
        }
        assert_eq!(sent(&mut duplicates, now).len(), 2 * MOST);
        assert_eq!(duplicates.waiting.capacity(), MOST);
    }
}
