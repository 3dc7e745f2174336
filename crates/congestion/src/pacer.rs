//! When the next packet may go: bursts are spread, and on average not much more than the target goes.

use crate::{Micros, seconds};

/// libwebrtc: packets leave at up to 2.5 times the target, so that a key frame is not late ...
const PEAK: f64 = 2.5;
/// ... in bursts of this many seconds at that rate,
const BURST: f64 = 0.010;
/// while over so many seconds no more than this share of the target goes out: room for what is sent again, because
/// who allocates the target thinks of what is sent once.
const AVERAGE: f64 = 0.5;
const SUSTAINED: f64 = 1.25;
/// A packet may always follow another after this long, whatever they were charged.
const LONGEST_WAIT: f64 = 0.25;

/// Two budgets in bytes: one for bursts, one for the average.
pub(crate) struct Pacer {
    /// Bits per second.
    target: f64,
    /// Bytes sent ahead of the peak rate.
    ahead: f64,
    /// Bytes left of the average.
    left: f64,
    updated: Micros,
}

impl Pacer {
    pub(crate) fn new(target: f64) -> Self {
        Self { target, ahead: 0.0, left: target / 8.0 * AVERAGE, updated: 0 }
    }

    /// Changes the target in bits per second.
    pub(crate) fn set_target(&mut self, now: Micros, target: f64) {
        self.advance(now);
        self.target = target;
        self.bound();
    }

    /// Charges a packet, whether it was held up or not. A `probe` is meant to exceed the rate, and only its
    /// average counts.
    pub(crate) fn sent(&mut self, now: Micros, bytes: u16, probe: bool) {
        self.advance(now);
        if !probe {
            self.ahead += f64::from(bytes);
        }
        self.left -= f64::from(bytes);
        self.bound();
    }

    /// Returns when the next packet may go; it may now when that is not after `now`.
    pub(crate) fn next(&self) -> Micros {
        let peak = PEAK * self.target / 8.0;
        if self.ahead <= peak * BURST && self.left >= 0.0 {
            return self.updated;
        }
        let wait = ((self.ahead - peak * BURST) / peak).max(-self.left / (SUSTAINED * self.target / 8.0));
        // Rounded up: half a microsecond early would be asked about again and again.
        self.updated + (wait.max(0.0) * 1e6).ceil() as Micros
    }

    fn advance(&mut self, now: Micros) {
        if now <= self.updated {
            return;
        }
        let elapsed = seconds(self.updated, now);
        self.updated = self.updated.max(now);
        self.ahead = (self.ahead - PEAK * self.target / 8.0 * elapsed).max(0.0);
        self.left += SUSTAINED * self.target / 8.0 * elapsed;
        self.bound();
    }

    fn bound(&mut self) {
        let bytes_per_second = self.target / 8.0;
        self.ahead = self.ahead.min(PEAK * bytes_per_second * (LONGEST_WAIT + BURST));
        self.left = self.left.clamp(-bytes_per_second * LONGEST_WAIT, bytes_per_second * AVERAGE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends packets of 1,000 bytes whenever allowed, and returns when each went.
    fn send_all(pacer: &mut Pacer, from: Micros, until: Micros) -> Vec<Micros> {
        let mut times = Vec::new();
        let mut now = from;
        while now < until {
            if pacer.next() <= now {
                pacer.sent(now, 1000, false);
                times.push(now);
            } else {
                now = pacer.next();
            }
        }
        times
    }

    #[test]
    fn a_burst_leaves_at_two_and_a_half_times_the_target_and_the_average_is_half_of_that() {
        let mut pacer = Pacer::new(1e6);
        let times = send_all(&mut pacer, 0, 10_000_000);
        let at_once = times.iter().filter(|at| **at == 0).count();
        assert!((3..=5).contains(&at_once), "10 ms at 2.5 Mbit/s are 3,125 bytes, {at_once} packets went");
        let first = times.iter().filter(|at| **at < 100_000).count();
        assert!((30..=37).contains(&first), "{first} packets in 100 ms");
        let later = times.iter().filter(|at| **at >= 1_000_000).count();
        assert!((1390..=1430).contains(&later), "{later} packets in 9 s");
    }

    #[test]
    fn what_was_charged_without_asking_delays_the_rest_but_not_for_long() {
        let mut pacer = Pacer::new(1e6);
        for _ in 0..1000 {
            pacer.sent(0, 1000, false);
        }
        assert!((200_000..=260_000).contains(&pacer.next()), "{}", pacer.next());
    }
}
