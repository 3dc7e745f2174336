//! A token bucket: a sustained rate with a burst.

use std::time::Instant;

/// Bytes (or anything countable) that may pass.
pub(crate) struct Bucket {
    /// Millionths of a unit, so that slow refills are not rounded away.
    level: u64,
    burst: u64,
    per_second: u64,
    updated: Instant,
}

const UNIT: u64 = 1_000_000;

impl Bucket {
    /// Makes a full bucket.
    pub(crate) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = u64::from(burst) * UNIT;
        Self { level: burst, burst, per_second: u64::from(per_second), updated: now }
    }

    /// Takes `amount` if that much is there.
    pub(crate) fn take(&mut self, now: Instant, amount: usize) -> bool {
        let elapsed = now.saturating_duration_since(self.updated);
        self.updated = self.updated.max(now);
        let refill = (elapsed.as_micros() as u64).saturating_mul(self.per_second);
        self.level = self.level.saturating_add(refill).min(self.burst);
        let amount = amount as u64 * UNIT;
        let enough = self.level >= amount;
        if enough {
            self.level -= amount;
        }
        enough
    }

    /// Adds to what is there, up to the burst.
    pub(crate) fn earn(&mut self, amount: usize) {
        self.level = self.level.saturating_add(amount as u64 * UNIT).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;
    use std::time::Duration;

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let now = start();
        let mut bucket = Bucket::new(1000, 500, now);
        assert!(bucket.take(now, 500));
        assert!(!bucket.take(now, 1));
        assert!(bucket.take(now + Duration::from_millis(100), 100));
        assert!(!bucket.take(now + Duration::from_millis(100), 1));
    }

    #[test]
    fn what_is_earned_passes_up_to_the_burst() {
        let now = start();
        let mut bucket = Bucket::new(0, 500, now);
        assert!(bucket.take(now, 500));
        bucket.earn(100_000);
        assert!(bucket.take(now, 500));
        assert!(!bucket.take(now, 1));
    }
}
