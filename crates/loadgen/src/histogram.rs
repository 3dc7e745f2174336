//! Durations counted in buckets whose width is at most 1/128 of their value.

/// Bits below the leading one that tell buckets apart.
const PRECISION: u32 = 7;
const STEPS: usize = 1 << PRECISION;
const BUCKETS: usize = STEPS * (64 - PRECISION as usize + 1);

/// A histogram of nanoseconds of fixed size.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    max: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS].into_boxed_slice(), count: 0, max: 0 }
    }
}

impl Histogram {
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.buckets[bucket(nanoseconds)] += 1;
        self.count += 1;
        self.max = self.max.max(nanoseconds);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// Returns the value that this share (0 to 1) of all values does not exceed, at most 0.8 % too high.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        let rank = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper_end(at).min(self.max);
            }
        }
        self.max
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(sum, count)| *sum += count);
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    pub(crate) fn clear(&mut self) {
        self.buckets.fill(0);
        (self.count, self.max) = (0, 0);
    }
}

fn bucket(value: u64) -> usize {
    let exponent = (63 - PRECISION).saturating_sub(value.leading_zeros());
    (exponent as usize) * STEPS + (value >> exponent) as usize
}

fn upper_end(bucket: usize) -> u64 {
    let exponent = (bucket / STEPS).saturating_sub(1) as u32;
    let top = (bucket - exponent as usize * STEPS) as u128 + 1;
    u64::try_from((top << exponent) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_ends_at_or_a_little_above_each_of_its_values() {
        for value in (0..5_000).chain((6..64).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 77]))
        {
            let end = upper_end(bucket(value));
            assert!(value <= end && end - value <= value / STEPS as u64, "{value} -> {end}");
        }
        assert_eq!(upper_end(bucket(u64::MAX)), u64::MAX);
    }

    #[test]
    fn quantiles_split_the_values_and_the_largest_is_exact() {
        let mut histogram = Histogram::default();
        assert_eq!((histogram.quantile(0.99), histogram.max()), (0, 0));
        (1..=1000).for_each(|value| histogram.record(value * 1000));
        for (share, expected) in [(0.5, 500_000), (0.9, 900_000), (0.99, 990_000)] {
            let found = histogram.quantile(share);
            assert!(found >= expected && found <= expected + expected / 100, "{share}: {found}");
        }
        assert_eq!(
            (histogram.quantile(1.0), histogram.max(), histogram.count()),
            (1_000_000, 1_000_000, 1000)
        );
        histogram.clear();
        assert_eq!((histogram.quantile(0.5), histogram.count()), (0, 0));
    }
}
