//! Whether a queue builds up on the way: the slope of the smoothed delay against an adaptive threshold.
//!
//! The slope takes the place of the Kalman filter of gcc-02 §5.3, as in libwebrtc since 2016; the threshold
//! is that of gcc-02 §5.4. All numbers are libwebrtc's (TrendlineEstimator) unless said otherwise.

use arrayvec::ArrayVec;

use crate::groups::Delta;

/// Groups that the slope is taken over.
const WINDOW: usize = 20;
/// Share of the old in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Makes the slope comparable with the threshold.
const GAIN: f64 = 4.0;
/// A young slope counts less: by the groups seen, up to this many.
const MATURE: u16 = 60;
/// gcc-02 §5.4: the first threshold, and its bounds.
const FIRST_THRESHOLD: f64 = 12.5;
const THRESHOLD_BOUNDS: (f64, f64) = (6.0, 600.0);
/// gcc-02 §5.4: how fast the threshold follows, per ms: up slowly, so that a loss-based flow beside ours
/// cannot starve it, down faster.
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;
/// A slope this far above the threshold is an outlier that does not move it (gcc-02 §5.4: 15).
const OUTLIER: f64 = 15.0;
const LONGEST_STEP_MS: f64 = 100.0;
/// Overuse has to last this long (gcc-02 §5.4).
const OVERUSE_MS: f64 = 10.0;

/// What the line seems to be used like (gcc-02 §5.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Delay shrinks: a queue drains.
    Under,
    #[default]
    Normal,
    /// Delay grows.
    Over,
}

/// The trend of the one-way delay.
pub(crate) struct Trendline {
    usage: Usage,
    /// Milliseconds since the first group and smoothed delay of the latest groups.
    points: ArrayVec<(f64, f64), WINDOW>,
    began_ms: Option<f64>,
    delay_ms: f64,
    smoothed_ms: f64,
    groups: u16,
    slope: f64,
    threshold: f64,
    moved_ms: f64,
    /// For how long, and at how many groups, the slope was above the threshold.
    over_ms: Option<f64>,
    over_count: u8,
}

impl Trendline {
    pub(crate) fn new() -> Self {
        Self {
            usage: Usage::Normal,
            points: ArrayVec::new(),
            began_ms: None,
            delay_ms: 0.0,
            smoothed_ms: 0.0,
            groups: 0,
            slope: 0.0,
            threshold: FIRST_THRESHOLD,
            moved_ms: 0.0,
            over_ms: None,
            over_count: 0,
        }
    }

    /// Returns what the latest groups said.
    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes the difference between two groups.
    /// `queued` says whether there is a queue to be seen at all: without one a slope is noise.
    pub(crate) fn update(&mut self, delta: Delta, queued: impl FnOnce() -> bool) {
        if self.began_ms.is_none() {
            self.moved_ms = delta.at_ms;
        }
        let began = *self.began_ms.get_or_insert(delta.at_ms);
        self.groups = (self.groups + 1).min(MATURE);
        self.delay_ms += delta.arrived_ms - delta.sent_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        if self.points.is_full() {
            self.points.remove(0);
        }
        self.points.push((delta.at_ms - began, self.smoothed_ms));
        let slope =
            if self.points.is_full() { slope(&self.points).unwrap_or(self.slope) } else { self.slope };
        self.detect(slope, delta, queued);
    }

    fn detect(&mut self, slope: f64, delta: Delta, queued: impl FnOnce() -> bool) {
        if self.groups < 2 {
            return;
        }
        let weighted = f64::from(self.groups) * slope * GAIN;
        if weighted > self.threshold {
            let over = self.over_ms.map_or(delta.sent_ms / 2.0, |before| before + delta.sent_ms);
            self.over_ms = Some(over);
            self.over_count = self.over_count.saturating_add(1);
            if over > OVERUSE_MS && self.over_count > 1 && slope >= self.slope && queued() {
                (self.over_ms, self.over_count) = (Some(0.0), 0);
                self.usage = Usage::Over;
            }
        } else {
            (self.over_ms, self.over_count) = (None, 0);
            self.usage = if weighted < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.slope = slope;
        self.follow(weighted.abs(), delta.at_ms);
    }

    /// Moves the threshold towards the slope.
    fn follow(&mut self, weighted: f64, at_ms: f64) {
        let elapsed = (at_ms - self.moved_ms).clamp(0.0, LONGEST_STEP_MS);
        self.moved_ms = at_ms;
        if weighted > self.threshold + OUTLIER {
            return;
        }
        let rate = if weighted < self.threshold { FOLLOW_DOWN } else { FOLLOW_UP };
        self.threshold += rate * (weighted - self.threshold) * elapsed;
        self.threshold = self.threshold.clamp(THRESHOLD_BOUNDS.0, THRESHOLD_BOUNDS.1);
    }
}

/// Returns the slope of the line with the least squares through the points; `None` when they lie above each other.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for (x, y) in points {
        numerator += (x - mean_x) * (y - mean_y);
        denominator += (x - mean_x) * (x - mean_x);
    }
    (denominator > 0.0).then(|| numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups every 20 ms, each under way `growth` ms longer than the one before.
    fn feed(trendline: &mut Trendline, from_ms: &mut f64, groups: usize, growth: f64) -> Vec<Usage> {
        let arrived_ms = 20.0 + growth;
        (0..groups)
            .map(|_| {
                *from_ms += arrived_ms;
                trendline.update(Delta { sent_ms: 20.0, arrived_ms, at_ms: *from_ms }, || true);
                trendline.usage()
            })
            .collect()
    }

    #[test]
    fn a_constant_delay_is_normal_a_growing_one_overuse_and_a_shrinking_one_underuse() {
        let (mut trendline, mut at) = (Trendline::new(), 0.0);
        assert!(feed(&mut trendline, &mut at, 100, 0.0).iter().all(|usage| *usage == Usage::Normal));
        let growing = feed(&mut trendline, &mut at, 30, 4.0);
        let first = growing.iter().position(|usage| *usage == Usage::Over);
        assert!(first.is_some_and(|groups| groups < 15), "{first:?}");
        assert!(feed(&mut trendline, &mut at, 40, -4.0).contains(&Usage::Under));
    }

    #[test]
    fn a_single_late_group_is_no_overuse() {
        let (mut trendline, mut at) = (Trendline::new(), 0.0);
        feed(&mut trendline, &mut at, 100, 0.0);
        feed(&mut trendline, &mut at, 1, 10.0);
        feed(&mut trendline, &mut at, 1, -10.0);
        assert!(feed(&mut trendline, &mut at, 60, 0.0).iter().all(|usage| *usage == Usage::Normal));
    }
}
