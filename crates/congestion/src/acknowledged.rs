//! How much arrives at the receiver: the acknowledged bitrate (gcc-02 §5.5, R_hat over half a second).

/// Receiver's time that one count covers, and how many counts there are: 500 ms, the lower end of what gcc-02
/// §5.5 allows, because a line that lost its capacity should be known soon.
const BUCKET: i64 = 20_000;
const BUCKETS: i64 = 25;
/// No network holds a packet back for so long: the receiver's clock was set, in us.
const CLOCK_SET: i64 = 3_000_000;

/// Bytes that arrived of late.
#[derive(Default)]
pub(crate) struct Acknowledged {
    buckets: [u64; BUCKETS as usize],
    sum: u64,
    /// The first and the latest bucket there was.
    span: Option<(i64, i64)>,
}

impl Acknowledged {
    /// Returns bits per second; `None` before half a second was seen.
    pub(crate) fn rate(&self) -> Option<f64> {
        let (first, latest) = self.span?;
        let seen_us = BUCKETS * BUCKET;
        (latest - first >= BUCKETS).then(|| self.sum as f64 * 8e6 / seen_us as f64)
    }

    /// Takes a packet that arrived, with the time by the receiver's clock in us.
    pub(crate) fn packet(&mut self, arrived: i64, bytes: u64) {
        let bucket = arrived.div_euclid(BUCKET);
        let was_set = |latest: i64| (bucket - latest).abs() > CLOCK_SET / BUCKET;
        if self.span.is_some_and(|(_, latest)| was_set(latest)) {
            *self = Self::default();
        }
        let (first, latest) = self.span.unwrap_or((bucket, bucket));
        for fresh in latest + 1..=bucket {
            self.sum -= std::mem::take(&mut self.buckets[place(fresh)]);
        }
        self.span = Some((first.min(bucket), latest.max(bucket)));
        // One that was overtaken by half a second of others counts as if it came now.
        let bucket = if bucket + BUCKETS > latest { bucket } else { latest };
        self.buckets[place(bucket)] += bytes;
        self.sum += bytes;
    }
}

fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(acknowledged: &mut Acknowledged, from: &mut i64, packets: usize, gap: i64) -> Option<f64> {
        for _ in 0..packets {
            *from += gap;
            acknowledged.packet(*from, 1250);
        }
        acknowledged.rate()
    }

    #[test]
    fn the_rate_is_known_after_half_a_second_and_followed_within_another() {
        let (mut acknowledged, mut at) = (Acknowledged::default(), 0);
        assert_eq!(feed(&mut acknowledged, &mut at, 49, 10_000), None);
        let rate = feed(&mut acknowledged, &mut at, 50, 10_000).expect("known");
        assert!((rate - 1e6).abs() < 3e4, "{rate}");
        let rate = feed(&mut acknowledged, &mut at, 13, 40_000).expect("known");
        assert!((rate - 2.5e5).abs() < 3e4, "{rate}");
    }

    #[test]
    fn a_receiver_whose_clock_was_set_is_counted_anew() {
        let (mut acknowledged, mut at) = (Acknowledged::default(), 1_000_000);
        feed(&mut acknowledged, &mut at, 100, 10_000);
        at -= 60_000_000;
        let rate = feed(&mut acknowledged, &mut at, 200, 5_000).expect("known");
        assert!((rate - 2e6).abs() < 1e5, "{rate}");
    }
}
