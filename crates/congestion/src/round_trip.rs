//! How long a packet and the feedback of it are under way, at least and usually.

use crate::{Micros, SECOND};

/// The least of the last one or two of these counts.
const EPOCH: Micros = 10 * SECOND;
/// Assumed before the first feedback, as libwebrtc does.
const FIRST: Micros = 200_000;
/// A longer one is a mistake.
const LONGEST: Micros = 10 * SECOND;

/// The round trip as feedback shows it.
pub(crate) struct RoundTrip {
    least: [Option<Micros>; 2],
    epoch_began: Micros,
    smoothed: Option<Micros>,
    deviation: Micros,
    /// Between two feedbacks.
    interval: Micros,
    latest: Option<Micros>,
}

impl RoundTrip {
    pub(crate) fn new() -> Self {
        Self {
            least: [None; 2],
            epoch_began: 0,
            smoothed: None,
            deviation: 0,
            interval: 100_000,
            latest: None,
        }
    }

    /// Takes one feedback's: from sending the packet that arrived last until now.
    pub(crate) fn measured(&mut self, now: Micros, round_trip: Micros) {
        let round_trip = round_trip.min(LONGEST);
        if now.saturating_sub(self.epoch_began) >= EPOCH {
            self.least = [None, self.least[0]];
            self.epoch_began = now;
        }
        self.least[0] = Some(self.least[0].map_or(round_trip, |least| least.min(round_trip)));
        // RFC 6298 §2.3.
        let smoothed = self.smoothed.unwrap_or(round_trip);
        self.deviation = (3 * self.deviation + smoothed.abs_diff(round_trip)) / 4;
        self.smoothed = Some((7 * smoothed + round_trip) / 8);
        if let Some(latest) = self.latest.replace(now) {
            // What browsers keep to: 50 to 250 ms (libwebrtc, RemoteEstimatorProxy).
            let gap = now.saturating_sub(latest).clamp(50_000, 250_000);
            self.interval = (7 * self.interval + gap) / 8;
        }
    }

    /// Returns the shortest of the last 10 to 20 s.
    pub(crate) fn least(&self) -> Micros {
        self.least.iter().flatten().min().copied().unwrap_or(FIRST)
    }

    /// Returns the smoothed one.
    pub(crate) fn usual(&self) -> Micros {
        self.smoothed.unwrap_or(FIRST)
    }

    /// Returns how far it usually is from the usual.
    pub(crate) fn deviation(&self) -> Micros {
        self.deviation
    }

    /// Returns the time between two feedbacks.
    pub(crate) fn interval(&self) -> Micros {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortest_round_trip_is_forgotten_after_a_while() {
        let mut round_trip = RoundTrip::new();
        round_trip.measured(0, 50_000);
        for second in 1..40 {
            round_trip.measured(second * SECOND, 90_000);
            let expected = if second < 20 { 50_000 } else { 90_000 };
            assert_eq!(round_trip.least(), expected, "after {second} s");
        }
        assert!(round_trip.usual().abs_diff(90_000) < 1_000);
    }
}
