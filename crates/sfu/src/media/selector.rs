//! Which layer of a source a slot should show.

use crate::media::rates::is_active;
use crate::media::section::Section;

/// Returns the highest layer up to `highest` that sends, else the lowest that does; while none does, `current`
/// stays.
pub(crate) fn target(section: &Section, current: Option<usize>, highest: u8) -> Option<usize> {
    let latest = section.layers.iter().flatten().filter_map(|stream| stream.last_media()).max();
    let sends = |layer: &usize| {
        let last = section.stream(*layer).and_then(|stream| stream.last_media());
        last.zip(latest).is_some_and(|(last, latest)| is_active(last, latest))
    };
    let layers = 0..section.layer_count;
    let allowed = layers.start..layers.end.min(usize::from(highest) + 1);
    allowed
        .rev()
        .find(sends)
        .or_else(|| layers.clone().find(sends))
        .or(current)
        .or_else(|| layers.rev().find(|layer| section.stream(*layer).is_some()))
}
