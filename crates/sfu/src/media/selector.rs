//! Which encodings of a source a slot should show, the best first.

use std::time::Instant;

use arrayvec::ArrayVec;

use crate::media::rates::is_active;
use crate::media::section::{MAX_LAYERS, Section};
use crate::media::stream::Stream;

/// Whether `current` is sure to be the best of the [`candidates`], which is nearly always so and quickly told: it is
/// the highest up to `highest`, and sent not long ago.
pub(crate) fn is_best(section: &Section, current: usize, highest: u8, now: Instant) -> bool {
    let last = || section.stream(current).and_then(Stream::last_media);
    current == section.layer_count.saturating_sub(1).min(highest.into())
        && last().is_some_and(|last| is_active(last, now))
}

/// Returns the layers that a slot may show in place of what it shows, the best first; that one too, if it is among
/// them, as the last.
///
/// The best is the highest up to `highest` that sends; then come those below it, then those above, the lowest first.
/// While none sends, `current` stays. A layer that gave no key frame though asked is left out if there is another.
pub(crate) fn candidates(
    section: &Section,
    current: Option<usize>,
    highest: u8,
    now: Instant,
) -> ArrayVec<usize, MAX_LAYERS> {
    let sent = section.sent();
    let sends = |layer: &usize| sent & 1 << layer != 0;
    let answers = |layer: &usize| {
        current == Some(*layer) || section.stream(*layer).is_some_and(|stream| !stream.requests.gave_up(now))
    };
    let within = section.layer_count.min(usize::from(highest).saturating_add(1));
    let order = || (0..within).rev().chain(within..section.layer_count);
    let mut found: ArrayVec<usize, MAX_LAYERS> = order().filter(sends).filter(answers).collect();
    if found.is_empty() {
        found.extend(order().filter(sends));
    }
    if found.is_empty() {
        let any = (0..section.layer_count).rev().find(|layer| section.stream(*layer).is_some());
        found.extend(current.or(any));
    }
    if let Some(at) = found.iter().position(|layer| current == Some(*layer)) {
        found.truncate(at + 1);
    }
    found
}
