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

/// Returns the processor time that this thread took.
pub(crate) fn processor() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is writable and outlives the call, which cannot fail for this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}
