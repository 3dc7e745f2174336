//! Which encodings of a source are watched by anybody, so that its owner sends no others.

use std::time::{Duration, Instant};

use crate::media::aim::Aim;

/// Who looks away may look back, and stopping and starting an encoder costs more than a moment of it; one that
/// was asked for and has not come by then does not fit its owner's line.
const PATIENCE: Duration = Duration::from_secs(2);
/// From so many viewers on, the smaller encodings go on as well: one of many lines is always short of
/// bits, and falls to them at once instead of waiting for them to begin.
const MANY: usize = 3;

/// The demand for one source's encodings.
///
/// The smallest is sent with whatever is watched. It is what there is to see while its owner's line is too
/// narrow for more; and a browser that sends a single encoding shrinks that one for long when a call
/// begins slowly (Chromium 156, measured 2026-11-23: 360 instead of 720 lines after 20 s).
pub(crate) struct Demand {
    layers: u8,
    told: u8,
    /// When to look again: what is watched no longer may stop, what did not come is replaced.
    review_at: Option<Instant>,
}

impl Demand {
    /// Makes the demand for a source of `layers` encodings: the best and the smallest, until told otherwise.
    pub(crate) fn new(layers: usize) -> Self {
        let layers = layers.clamp(1, 8) as u8;
        Self { layers, told: 1 | 1 << (layers - 1), review_at: None }
    }

    /// Takes what every viewer is given; returns the encodings to send when that grew.
    pub(crate) fn watched(&mut self, now: Instant, aims: impl Iterator<Item = Option<Aim>>) -> Option<u8> {
        let wanted = self.wanted(aims);
        if wanted & !self.told != 0 {
            self.told |= wanted;
            self.review_at = Some(now + PATIENCE);
            return Some(self.told);
        }
        if wanted != self.told {
            self.review_at.get_or_insert(now + PATIENCE);
        }
        None
    }

    /// Notes that the source begins to send.
    pub(crate) fn begins(&mut self, now: Instant) {
        self.review_at.get_or_insert(now + PATIENCE);
    }

    /// Returns the encodings to send when some have not been watched for a while, or do not come. `sent` are
    /// those that come.
    pub(crate) fn review(
        &mut self,
        now: Instant,
        aims: impl Iterator<Item = Option<Aim>>,
        sent: u8,
    ) -> Option<u8> {
        if self.review_at.is_none_or(|at| now < at) {
            return None;
        }
        let wanted = self.wanted(aims);
        let missing = if sent == 0 { 0 } else { wanted & self.told & !sent };
        let wanted = wanted | missing >> 1;
        self.review_at = (missing != 0).then(|| now + PATIENCE);
        (std::mem::replace(&mut self.told, wanted) != wanted).then_some(wanted)
    }

    /// Returns the encodings that are to be sent.
    pub(crate) fn told(&self) -> u8 {
        self.told
    }

    /// Returns when [`Demand::review`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.review_at
    }

    fn wanted(&self, aims: impl Iterator<Item = Option<Aim>>) -> u8 {
        let (mut wanted, mut viewers) = (0_u8, 0);
        for aim in aims {
            viewers += 1;
            wanted |= aim.map_or(0, |aim| 1 | 1 << aim.layer.min(self.layers - 1));
        }
        let highest = u8::BITS - wanted.leading_zeros();
        if viewers >= MANY { ((1_u16 << highest) - 1) as u8 } else { wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    const ALL: u8 = 0b111;

    fn aims(layers: &[u8]) -> impl Iterator<Item = Option<Aim>> + '_ {
        layers.iter().map(|layer| Some(Aim { layer: *layer, ..Aim::HIGHEST }))
    }

    #[test]
    fn a_layer_that_someone_turns_to_is_wanted_at_once() {
        let mut demand = Demand::new(3);
        assert_eq!(demand.watched(start(), aims(&[2])), None);
        assert_eq!(demand.watched(start(), aims(&[1])), Some(0b111));
    }

    #[test]
    fn a_layer_that_nobody_watches_ends_after_two_seconds() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[0]));
        assert_eq!(demand.review(now + PATIENCE / 2, aims(&[0]), ALL), None);
        assert_eq!(demand.review(now + PATIENCE, aims(&[0]), ALL), Some(0b001));
        assert_eq!(demand.deadline(), None);
    }

    #[test]
    fn a_layer_looked_at_again_in_time_never_stops() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[]));
        demand.watched(now + PATIENCE / 2, aims(&[2]));
        assert_eq!(demand.review(now + PATIENCE, aims(&[2]), ALL), None);
    }

    #[test]
    fn nothing_is_sent_when_nobody_watches_at_all() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[]));
        assert_eq!(demand.review(now + PATIENCE, aims(&[]), ALL), Some(0));
        assert_eq!(demand.watched(now + PATIENCE, aims(&[7])), Some(0b101));
    }

    #[test]
    fn the_next_smaller_stands_in_for_a_layer_that_does_not_come() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.begins(now);
        assert_eq!(demand.review(now + PATIENCE, aims(&[2]), 0b001), Some(0b111));
        assert_eq!(demand.review(now + 2 * PATIENCE, aims(&[2]), 0b011), None);
        assert_eq!(demand.review(now + 3 * PATIENCE, aims(&[2]), 0b111), Some(0b101));
        assert_eq!(demand.deadline(), None);
    }

    #[test]
    fn nothing_stands_in_for_a_camera_that_is_off() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.begins(now);
        assert_eq!(demand.review(now + PATIENCE, aims(&[2]), 0), None);
        assert_eq!(demand.deadline(), None);
    }

    #[test]
    fn many_viewers_keep_the_smaller_layers_ready() {
        let mut demand = Demand::new(3);
        assert_eq!(demand.watched(start(), aims(&[2, 2, 2])), Some(0b111));
    }
}
