//! One direction of one path: decides what becomes of each datagram.

use std::time::{Duration, Instant};

use crate::conditions::{Conditions, GilbertElliott, Loss, Rate};
use crate::random::Random;

/// What becomes of a datagram.
pub(crate) enum Fate {
    Lost,
    QueueFull,
    Arrives { at: Instant, again_at: Option<Instant>, held_back: bool },
}

pub(crate) struct Link {
    conditions: Conditions,
    random: Random,
    /// The state of [`GilbertElliott`].
    bad: bool,
    /// When the bucket is full again, the form in which it is kept (the "virtual scheduling" of
    /// ITU-T I.371): bytes passed push it away, time catches up with it.
    bucket_full_at: Option<Instant>,
    /// Arrival of the latest datagram that kept its place in the order.
    latest: Option<Instant>,
}

impl Link {
    pub(crate) fn new(seed: u64, stream: u64, conditions: Conditions) -> Self {
        let random = Random::new(seed, stream);
        Self { conditions, random, bad: false, bucket_full_at: None, latest: None }
    }

    pub(crate) fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Decides about a datagram of `len` bytes sent at `now`. The queue comes first, then the loss, as
    /// on a slow access link before a lossy radio.
    pub(crate) fn fate(&mut self, now: Instant, len: usize) -> Fate {
        let Some(departure) = self.departure(now, len as u64) else { return Fate::QueueFull };
        if self.loses() {
            return Fate::Lost;
        }
        let mut at = departure + self.delay();
        let held_back = self.random.chance(self.conditions.reorder);
        if held_back {
            at += self.conditions.hold;
        } else {
            at = self.latest.map_or(at, |latest| at.max(latest));
            self.latest = Some(at);
        }
        let again_at = self.random.chance(self.conditions.duplicate).then(|| departure + self.delay());
        Fate::Arrives { at, again_at, held_back }
    }

    /// Returns how long a datagram sent at `now` would wait before it leaves.
    pub(crate) fn queue_delay(&self, now: Instant) -> Duration {
        let (Some(rate), Some(full_at)) = (self.conditions.rate, self.bucket_full_at) else {
            return Duration::ZERO;
        };
        full_at.saturating_duration_since(now).saturating_sub(transmission_time(rate, rate.burst_bytes))
    }

    fn departure(&mut self, now: Instant, len: u64) -> Option<Instant> {
        let Some(rate) = self.conditions.rate else { return Some(now) };
        let full_at = self.bucket_full_at.map_or(now, |at| at.max(now)) + transmission_time(rate, len);
        let departure = full_at.checked_sub(transmission_time(rate, rate.burst_bytes));
        let departure = departure.map_or(now, |at| at.max(now));
        if departure - now > transmission_time(rate, rate.queue_bytes) {
            return None;
        }
        self.bucket_full_at = Some(full_at);
        Some(departure)
    }

    fn loses(&mut self) -> bool {
        match self.conditions.loss {
            Loss::Never => false,
            Loss::Random(probability) => self.random.chance(probability),
            Loss::Bursts(model) => self.loses_in_burst(model),
        }
    }

    fn loses_in_burst(&mut self, model: GilbertElliott) -> bool {
        let turn = if self.bad { model.bad_to_good } else { model.good_to_bad };
        self.bad ^= self.random.chance(turn);
        self.random.chance(if self.bad { model.loss_bad } else { model.loss_good })
    }

    fn delay(&mut self) -> Duration {
        let spread = self.conditions.jitter.mul_f64(2.0 * self.random.fraction());
        (self.conditions.delay + spread).saturating_sub(self.conditions.jitter)
    }
}

fn transmission_time(rate: Rate, bytes: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / rate.bytes_per_second.max(1) as f64)
}
