//! The only place that reads a clock.
#![allow(clippy::disallowed_methods, reason = "this is the driver's clock")]

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Returns the monotonic time, which is what the engine is given.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Returns the Unix time, which kernel stamps and sender reports are made of.
pub(crate) fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
