//! Which layer of a source a slot should show. This is the place for bandwidth and size to have a say.

use std::time::{Duration, Instant};

use crate::media::section::Section;

/// A layer that sends less often than this counts as suspended when another one does send.
const SUSPENDED_AFTER: Duration = Duration::from_secs(1);

/// Returns the highest layer that sends; while none does, `current` stays.
pub(crate) fn target(section: &Section, current: Option<usize>, now: Instant) -> Option<usize> {
    let sends = |layer: &usize| {
        let last = section.stream(*layer).and_then(|stream| stream.last_media());
        last.is_some_and(|last| now.saturating_duration_since(last) < SUSPENDED_AFTER)
    };
    let layers = 0..section.layer_count;
    layers
        .clone()
        .rev()
        .find(sends)
        .or(current)
        .or_else(|| layers.rev().find(|layer| section.stream(*layer).is_some()))
}
