//! How much each SVC layer of one stream sends: bytes and frames of about the last second.

use std::time::{Duration, Instant};

/// Spatial and temporal layers told apart; higher ones are counted with the highest.
pub(crate) const MAX_SPATIAL: usize = 4;
pub(crate) const MAX_TEMPORAL: usize = 4;
const BUCKETS: usize = 8;
const BUCKET_MS: u64 = 128;
/// A rate measured over less would be that of one burst.
const SHORTEST_MS: u64 = 250;

/// Bits and frames per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub bits: u32,
    pub frames: u16,
}

/// One layer's last eight buckets.
#[derive(Clone, Copy, Default)]
struct Meter {
    bytes: [u32; BUCKETS],
    frames: [u16; BUCKETS],
    /// The bucket written last, counted from the stream's beginning.
    latest: u64,
    /// Since when it has sent without a long pause, counted likewise.
    since_ms: u64,
    timestamp: u32,
    /// What it was when the latest bucket began: the answer once the layer has been suspended.
    known: Rate,
    last: Option<Instant>,
}

/// The meters of a stream.
pub(crate) struct Rates {
    origin: Option<Instant>,
    meters: [[Meter; MAX_TEMPORAL]; MAX_SPATIAL],
}

impl Rates {
    /// Makes meters that have counted nothing.
    pub(crate) fn new() -> Self {
        Self { origin: None, meters: [[Meter::default(); MAX_TEMPORAL]; MAX_SPATIAL] }
    }

    /// Counts a packet of `bytes` that belongs to the frame with this timestamp.
    pub(crate) fn count(&mut self, now: Instant, layer: (u8, u8), timestamp: u32, bytes: u32) {
        let origin = *self.origin.get_or_insert(now);
        let at_ms = now.saturating_duration_since(origin).as_millis() as u64;
        let spatial = usize::from(layer.0).min(MAX_SPATIAL - 1);
        let temporal = usize::from(layer.1).min(MAX_TEMPORAL - 1);
        self.meters[spatial][temporal].count(now, at_ms, timestamp, bytes);
    }

    /// Returns the rate of one layer alone; `None` if it never sent.
    pub(crate) fn rate(&self, now: Instant, spatial: usize, temporal: usize) -> Option<Rate> {
        let since = now.saturating_duration_since(self.origin?).as_millis() as u64;
        let meter = &self.meters[spatial][temporal];
        meter.last.map(|_| meter.rate(since))
    }

    /// Returns when a layer sent last.
    pub(crate) fn last(&self, spatial: usize, temporal: usize) -> Option<Instant> {
        self.meters[spatial][temporal].last
    }
}

impl Meter {
    fn count(&mut self, now: Instant, at_ms: u64, timestamp: u32, bytes: u32) {
        if self.last.is_none() {
            (self.since_ms, self.latest) = (at_ms, at_ms / BUCKET_MS);
        } else if at_ms / BUCKET_MS > self.latest {
            self.advance(at_ms);
        }
        let bucket = self.latest as usize % BUCKETS;
        self.bytes[bucket] = self.bytes[bucket].saturating_add(bytes);
        if self.last.is_none() || timestamp != self.timestamp {
            self.frames[bucket] = self.frames[bucket].saturating_add(1);
        }
        self.timestamp = timestamp;
        self.last = Some(now);
    }

    /// Begins another bucket, and forgets what lies a window before it.
    fn advance(&mut self, at_ms: u64) {
        let at = at_ms / BUCKET_MS;
        self.known = self.over((self.latest + 1) * BUCKET_MS);
        if at - self.latest > BUCKETS as u64 {
            // After a pause the rate is measured anew.
            self.since_ms = at_ms;
        }
        for passed in (self.latest + 1..=at).take(BUCKETS) {
            self.bytes[passed as usize % BUCKETS] = 0;
            self.frames[passed as usize % BUCKETS] = 0;
        }
        self.latest = at;
    }

    fn rate(&self, now_ms: u64) -> Rate {
        let silent = (now_ms / BUCKET_MS).saturating_sub(self.latest) >= 2;
        if silent || now_ms < self.since_ms + SHORTEST_MS && self.known.bits > 0 {
            return self.known;
        }
        self.over(now_ms)
    }

    /// Returns what the buckets hold as a rate, at a time that lies in the latest one or just behind it.
    fn over(&self, now_ms: u64) -> Rate {
        let oldest = (self.latest + 1).saturating_sub(BUCKETS as u64) * BUCKET_MS;
        let window = now_ms.saturating_sub(oldest.max(self.since_ms)).max(SHORTEST_MS);
        let bytes: u64 = self.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        let frames: u64 = self.frames.iter().map(|frames| u64::from(*frames)).sum();
        let per_second = |count: u64| (count * 1000 + window / 2) / window;
        Rate { bits: per_second(bytes * 8) as u32, frames: per_second(frames) as u16 }
    }
}

/// Whether a layer that sent last at `last` takes part in what was sent until `latest`.
pub(crate) fn is_active(last: Instant, latest: Instant) -> bool {
    /// A layer that sends less often than this counts as suspended when another one does send.
    const SUSPENDED_AFTER: Duration = Duration::from_secs(1);
    latest < last + SUSPENDED_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// 30 frames per second of two packets each, from `from` to `to` milliseconds.
    fn send(rates: &mut Rates, now: Instant, from: u64, to: u64, bytes: u32) {
        for frame in from * 30 / 1000..to * 30 / 1000 {
            for _ in 0..2 {
                rates.count(now + ms(frame * 1000 / 30), (0, 0), frame as u32 * 3000, bytes);
            }
        }
    }

    fn close(rate: Option<Rate>, bits: u32, frames: u16) -> bool {
        rate.is_some_and(|rate| rate.bits.abs_diff(bits) < bits / 8 && rate.frames.abs_diff(frames) <= 3)
    }

    #[test]
    fn a_steady_layer_is_measured_within_an_eighth_and_follows_within_a_second() {
        let (now, mut rates) = (start(), Rates::new());
        send(&mut rates, now, 0, 5000, 1000);
        assert!(
            close(rates.rate(now + ms(5000), 0, 0), 480_000, 30),
            "{:?}",
            rates.rate(now + ms(5000), 0, 0)
        );
        send(&mut rates, now, 5000, 6100, 250);
        assert!(
            close(rates.rate(now + ms(6100), 0, 0), 120_000, 30),
            "{:?}",
            rates.rate(now + ms(6100), 0, 0)
        );
        assert_eq!(rates.rate(now, 1, 0), None);
    }

    #[test]
    fn a_suspended_layer_keeps_its_last_figures_and_is_measured_anew_when_it_resumes() {
        let (now, mut rates) = (start(), Rates::new());
        send(&mut rates, now, 0, 3000, 1000);
        assert!(close(rates.rate(now + ms(60_000), 0, 0), 480_000, 30));
        send(&mut rates, now, 60_000, 60_500, 500);
        assert!(
            close(rates.rate(now + ms(60_500), 0, 0), 240_000, 30),
            "{:?}",
            rates.rate(now + ms(60_500), 0, 0)
        );
    }
}
