//! NTP timestamps as RTCP carries them (RFC 3550 §4). Converts only; reads no clock.

use std::time::Duration;

/// Seconds between 1900-01-01 (NTP) and 1970-01-01 (Unix).
const UNIX_OFFSET_S: u64 = 2_208_988_800;
/// One NTP era, 2^32 s.
const ERA_S: u64 = 1 << 32;
const NANOS_PER_S: u64 = 1_000_000_000;

/// A 64-bit NTP timestamp: seconds since 1900 in the upper half, 2^-32 s in the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// Returns the timestamp of a moment given as time since the Unix epoch, rounded down; wraps in 2036 as NTP does.
    pub fn from_unix(since_epoch: Duration) -> Self {
        let seconds = since_epoch.as_secs().wrapping_add(UNIX_OFFSET_S) % ERA_S;
        let fraction = (u64::from(since_epoch.subsec_nanos()) << 32) / NANOS_PER_S;
        Self((seconds << 32) | fraction)
    }

    /// Returns the middle 32 bits, units of 2^-16 s: the LSR field of a report block.
    pub fn middle(self) -> u32 {
        ((self.0 >> 16) & 0xffff_ffff) as u32
    }

    /// Returns the 6.18 fixed point seconds that the abs-send-time extension carries, in the low 24 bits.
    pub fn abs_send_time(self) -> u32 {
        ((self.0 >> 14) & 0x00ff_ffff) as u32
    }
}

/// Returns a duration in units of 2^-16 s (the DLSR field), saturating at 18 h.
pub fn duration_to_short(duration: Duration) -> u32 {
    let units = duration.as_nanos().saturating_mul(1 << 16).div_euclid(NANOS_PER_S.into());
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// Returns the duration of `units` of 2^-16 s.
pub fn short_to_duration(units: u32) -> Duration {
    Duration::from_nanos(u64::from(units).saturating_mul(NANOS_PER_S) >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_epoch_is_2208988800_seconds_into_ntp() {
        assert_eq!(NtpTime::from_unix(Duration::from_millis(500)).0, (2_208_988_800 << 32) | 0x8000_0000);
        assert_eq!(NtpTime::from_unix(Duration::from_secs(2_085_978_496 + 7)).0, 7 << 32, "a new era");
    }

    #[test]
    fn the_middle_bits_are_those_of_rfc_3550_figure_2() {
        assert_eq!(NtpTime(0xb44d_b705_2000_0000).middle(), 0xb705_2000);
        assert_eq!(short_to_duration(0x0005_4000), Duration::from_millis(5250));
        assert_eq!(duration_to_short(Duration::from_millis(5250)), 0x0005_4000);
    }

    #[test]
    fn abs_send_time_counts_64_seconds_in_24_bits() {
        assert_eq!(NtpTime(0x0000_0001_8000_0000).abs_send_time(), 0x06_0000);
        assert_eq!(NtpTime(64 << 32).abs_send_time(), 0);
    }

    #[test]
    fn long_durations_saturate() {
        assert_eq!(duration_to_short(Duration::MAX), u32::MAX);
    }
}
