//! Which encodings of a source are watched by anybody, so that its owner sends no others.

use std::time::{Duration, Instant};

use crate::media::aim::Aim;

/// Who looks away may look back; stopping and starting an encoder costs more than a moment of it.
const LINGER: Duration = Duration::from_secs(2);
/// From so many viewers on, the smaller encodings go on as well: one of many lines is always short of
/// bits, and falls to them at once instead of waiting for them to begin.
const MANY: usize = 3;

/// The demand for one source's encodings.
pub(crate) struct Demand {
    layers: u8,
    told: u8,
    /// When what is watched no longer may stop.
    lower_at: Option<Instant>,
}

impl Demand {
    /// Makes the demand for a source of `layers` encodings, of which the best is sent until told otherwise.
    pub(crate) fn new(layers: usize) -> Self {
        let layers = layers.clamp(1, 8) as u8;
        Self { layers, told: 1 << (layers - 1), lower_at: None }
    }

    /// Takes what every viewer is given; returns the encodings to send when that grew.
    pub(crate) fn watched(&mut self, now: Instant, aims: impl Iterator<Item = Option<Aim>>) -> Option<u8> {
        let wanted = self.wanted(aims);
        if wanted & !self.told != 0 {
            self.told |= wanted;
            self.lower_at = (self.told != wanted).then(|| now + LINGER);
            return Some(self.told);
        }
        if wanted == self.told {
            self.lower_at = None;
        } else if self.lower_at.is_none() {
            self.lower_at = Some(now + LINGER);
        }
        None
    }

    /// Returns the encodings to send when some have not been watched for a while.
    pub(crate) fn lingered(&mut self, now: Instant, aims: impl Iterator<Item = Option<Aim>>) -> Option<u8> {
        if self.lower_at.is_none_or(|at| now < at) {
            return None;
        }
        self.lower_at = None;
        let wanted = self.wanted(aims);
        (std::mem::replace(&mut self.told, wanted) != wanted).then_some(wanted)
    }

    /// Returns when [`Demand::lingered`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.lower_at
    }

    fn wanted(&self, aims: impl Iterator<Item = Option<Aim>>) -> u8 {
        let (mut wanted, mut viewers) = (0_u8, 0);
        for aim in aims {
            viewers += 1;
            wanted |= aim.map_or(0, |aim| 1 << aim.layer.min(self.layers - 1));
        }
        let highest = u8::BITS - wanted.leading_zeros();
        if viewers >= MANY { ((1_u16 << highest) - 1) as u8 } else { wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    fn aims(layers: &[u8]) -> impl Iterator<Item = Option<Aim>> + '_ {
        layers.iter().map(|layer| Some(Aim { layer: *layer, ..Aim::HIGHEST }))
    }

    #[test]
    fn a_layer_that_someone_turns_to_is_wanted_at_once() {
        let mut demand = Demand::new(3);
        assert_eq!(demand.watched(start(), aims(&[2])), None);
        assert_eq!(demand.watched(start(), aims(&[0])), Some(0b101));
    }

    #[test]
    fn a_layer_that_nobody_watches_ends_after_two_seconds() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[0]));
        assert_eq!(demand.lingered(now + LINGER / 2, aims(&[0])), None);
        assert_eq!(demand.lingered(now + LINGER, aims(&[0])), Some(0b001));
        assert_eq!(demand.deadline(), None);
    }

    #[test]
    fn a_layer_looked_at_again_in_time_never_stops() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[]));
        demand.watched(now + LINGER / 2, aims(&[2]));
        assert_eq!(demand.lingered(now + LINGER, aims(&[2])), None);
    }

    #[test]
    fn nothing_is_sent_when_nobody_watches_at_all() {
        let (mut demand, now) = (Demand::new(3), start());
        demand.watched(now, aims(&[]));
        assert_eq!(demand.lingered(now + LINGER, aims(&[])), Some(0));
        assert_eq!(demand.watched(now + LINGER, aims(&[7])), Some(0b100));
    }

    #[test]
    fn many_viewers_keep_the_smaller_layers_ready() {
        let mut demand = Demand::new(3);
        assert_eq!(demand.watched(start(), aims(&[2, 2, 2])), Some(0b111));
    }
}
