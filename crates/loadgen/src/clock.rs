//! The only place that reads clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use crate::peer::Epoch;

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock;

impl Clock {
    /// Returns the time on the monotonic clock.
    #[expect(clippy::disallowed_methods, reason = "the driver's clock")]
    pub fn now(self) -> Instant {
        Instant::now()
    }

    /// Returns the time since 1970.
    #[expect(clippy::disallowed_methods, reason = "the driver's clock")]
    pub fn unix(self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Returns now as the start of a generator.
    pub fn epoch(self) -> Epoch {
        Epoch { start: self.now(), unix: self.unix() }
    }

    /// Returns the processor time that this process took.
    pub fn processor(self) -> Duration {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
    }
}
