//! How many times sound is sent to who takes no copies in later packets: what is lost on the line decides, and whether
//! sending it again helps.

use std::time::{Duration, Instant};

/// From this share of loss on each packet is sent twice, …
const SOME: f64 = 0.01;
/// … and three times from here on: the share of a share of a tenth is more than is not heard.
const MUCH: f64 = 0.06;
/// For so long after the loss was noticed; what is repaired is not reported.
const HOLD: Duration = Duration::from_secs(20);
/// Reports may be about 5 s before, half as much again by chance (RFC 3550 §6.2): earlier ones tell of the time before.
const REPORTED_WITHIN: Duration = Duration::from_secs(8);
/// What is lost all the same at this share is lost because of how much is sent: a line that is full.
const IN_VAIN: f64 = 0.25;
const PAUSE: Duration = Duration::from_secs(10);

/// What is known of the loss that one receiver's sound meets.
#[derive(Default)]
pub(crate) struct Repetition {
    some_until: Option<Instant>,
    much_until: Option<Instant>,
    paused_until: Option<Instant>,
    /// When the number of times last rose.
    rose: Option<Instant>,
}

impl Repetition {
    /// Returns how many times each packet is to be sent again: 0 to 2.
    pub(crate) fn times(&self, now: Instant) -> u8 {
        let lasts = |until: Option<Instant>| until.is_some_and(|until| now < until);
        match (lasts(self.paused_until), lasts(self.much_until), lasts(self.some_until)) {
            (true, ..) | (false, false, false) => 0,
            (false, true, _) => 2,
            (false, false, true) => 1,
        }
    }

    /// Takes the share lost, 0 to 1, that a receiver reports of what was sent so many `times` again: what it lacks was
    /// lost each time.
    pub(crate) fn reported(&mut self, now: Instant, share: f64, times: u8) {
        let settled = self.rose.is_some_and(|rose| now.saturating_duration_since(rose) >= REPORTED_WITHIN);
        if times == 0 || !settled {
            return self.lost(now, share);
        }
        if share >= IN_VAIN {
            self.paused_until = Some(now + PAUSE);
            self.rose = self.paused_until;
        }
        self.lost(now, share.powf(1.0 / (1.0 + f64::from(times))));
    }

    /// Notes the share that the line loses each time.
    fn lost(&mut self, now: Instant, share: f64) {
        let before = self.times(now);
        if share >= MUCH {
            self.much_until = Some(now + HOLD);
        }
        if share >= SOME {
            self.some_until = Some(now + HOLD);
        }
        if self.times(now) > before {
            self.rose = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tests::start;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Reports each second, for as long as told, of a line that loses such a share each time; returns how often sound is
    /// sent again, once a second.
    fn reports(lines: &[(u64, f64)]) -> Vec<u8> {
        let (began, mut repetition) = (start(), Repetition::default());
        let shares = lines.iter().flat_map(|(lasts, share)| (0..*lasts).map(|_| *share));
        let each = shares.zip(0..).map(|(share, at)| {
            let now = began + seconds(at);
            let times = repetition.times(now);
            repetition.reported(now, share.powi(1 + i32::from(times)), times);
            repetition.times(now)
        });
        each.collect()
    }

    #[test]
    fn sound_is_sent_twice_on_a_line_that_loses_a_hundredth_and_three_times_where_it_is_a_tenth() {
        assert_eq!(reports(&[(5, 0.0)]), [0; 5]);
        assert_eq!(reports(&[(60, 0.02)]), [1; 60]);
        assert_eq!(reports(&[(60, 0.1)]), [2; 60]);
        assert_eq!(reports(&[(60, 0.3)]), [2; 60]);
    }

    #[test]
    fn it_goes_on_for_a_while_after_the_last_loss() {
        let times = reports(&[(1, 0.1), (40, 0.0)]);
        assert_eq!(times, [[2; 20].as_slice(), &[0; 21]].concat());
        let times = reports(&[(1, 0.1), (15, 0.03), (30, 0.0)]);
        assert_eq!((times[19], times[20], times[34], times[36]), (2, 1, 1, 0));
    }

    #[test]
    fn where_sending_again_does_not_help_it_stops_for_a_while() {
        let (began, mut repetition) = (start(), Repetition::default());
        let times: Vec<u8> = (0..30)
            .map(|at| {
                let now = began + seconds(at);
                repetition.reported(now, 0.4, repetition.times(now));
                repetition.times(now)
            })
            .collect();
        assert!(times[..8].iter().all(|times| *times == 2), "{times:?}");
        assert!(times[8..18].iter().all(|times| *times == 0), "{times:?}");
        assert!(times[18..26].iter().all(|times| *times == 2), "{times:?}");
    }
}
