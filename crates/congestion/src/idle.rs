//! Whether less is sent than could be: an application-limited region. What arrives then says nothing
//! about what the line carries.
//!
//! The numbers are libwebrtc's (AlrDetector, IntervalBudget).

use crate::{Micros, seconds};

/// Less than this share of the estimate is little.
const USED: f64 = 0.65;
/// Seconds over which that is judged.
const WINDOW: f64 = 0.5;
/// Unused shares of the window at which idling begins and ends.
const BEGINS: f64 = 0.8;
const ENDS: f64 = 0.5;

/// A budget that is hardly used while the sender idles.
#[derive(Default)]
pub(crate) struct Idle {
    /// Bytes, between minus and plus a window's worth.
    left: f64,
    updated: Micros,
    idle: bool,
}

impl Idle {
    /// Whether less is sent than could be.
    pub(crate) fn is_idle(&self) -> bool {
        self.idle
    }

    /// Counts a packet against the estimate in bits per second.
    pub(crate) fn sent(&mut self, now: Micros, bytes: u16, estimate: f64) {
        self.advance(now, estimate);
        let most = Self::most(estimate);
        self.left = (self.left - f64::from(bytes)).max(-most);
        self.idle &= self.left >= ENDS * most;
    }

    /// Lets time pass in which nothing may have been sent.
    pub(crate) fn advance(&mut self, now: Micros, estimate: f64) {
        let most = Self::most(estimate);
        self.left = (self.left + USED * estimate / 8.0 * seconds(self.updated, now)).min(most);
        self.updated = now;
        self.idle |= self.left > BEGINS * most;
    }

    fn most(estimate: f64) -> f64 {
        USED * estimate / 8.0 * WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_idling_and_much_is_not() {
        let mut idle = Idle::default();
        let mut now = 0;
        let mut send = |idle: &mut Idle, bytes: u16| {
            for _ in 0..300 {
                now += 20_000;
                idle.sent(now, bytes, 1e6);
            }
            idle.is_idle()
        };
        assert!(send(&mut idle, 500));
        assert!(!send(&mut idle, 2500));
        assert!(send(&mut idle, 1200));
    }
}
