//! The steps in which a source can be had, from its lowest layer to all of it.

use std::time::Instant;

use arrayvec::ArrayVec;

use crate::media::aim::{Aim, Step};
use crate::media::rates::{MAX_SPATIAL, MAX_TEMPORAL, is_active};
use crate::media::section::Section;
use crate::media::stream::Stream;

/// Four encodings of three temporal layers, or one of four spatial ones.
pub(crate) const MAX_STEPS: usize = 12;

impl Section {
    /// Returns the steps that are sent, or were and are suspended now, low to high. Of a source with more
    /// than [`MAX_STEPS`] the lower temporal layers are no steps.
    pub(crate) fn steps(&self, now: Instant) -> ArrayVec<Step, MAX_STEPS> {
        let latest = self.layers.iter().flatten().filter_map(|stream| stream.last_media()).max();
        let streams =
            || self.layers.iter().zip(0u8..).filter_map(|(stream, layer)| Some((stream.as_deref()?, layer)));
        let all = || streams().flat_map(|(stream, layer)| steps_of(stream, layer));
        let few = all().count() <= MAX_STEPS;
        let chosen =
            all().filter(|(stream, aim)| few || stream.highest_temporal(aim.spatial) == Some(aim.temporal));
        chosen.take(MAX_STEPS).map(|(stream, aim)| step(stream, aim, now, latest)).collect()
    }
}

fn steps_of(stream: &Stream, layer: u8) -> impl Iterator<Item = (&Stream, Aim)> {
    let all = (0..MAX_SPATIAL as u8)
        .flat_map(|spatial| (0..MAX_TEMPORAL as u8).map(move |temporal| (spatial, temporal)));
    let sent = all.filter(|(spatial, temporal)| {
        stream.rates.last(usize::from(*spatial), usize::from(*temporal)).is_some()
    });
    sent.map(move |(spatial, temporal)| (stream, Aim { layer, spatial, temporal }))
}

fn step(stream: &Stream, aim: Aim, now: Instant, latest: Option<Instant>) -> Step {
    let (spatial, temporal) = (usize::from(aim.spatial), usize::from(aim.temporal));
    let (mut bits, mut frames) = (0u32, 0u16);
    let lowest = if stream.stacked { 0 } else { spatial };
    for spatial in lowest..=spatial {
        let rates = (0..=temporal).filter_map(|temporal| stream.rates.rate(now, spatial, temporal));
        let (layer_bits, layer_frames) = rates.fold((0u32, 0u16), |sum, rate| {
            (sum.0.saturating_add(rate.bits), sum.1.saturating_add(rate.frames))
        });
        bits = bits.saturating_add(layer_bits);
        frames = frames.max(layer_frames);
    }
    let (width, height) = stream.resolution(aim.spatial).unwrap_or_default();
    let last = stream.rates.last(spatial, temporal);
    Step {
        aim,
        bits_per_second: bits,
        width,
        height,
        frames_per_second: frames.min(255) as u8,
        active: last.zip(latest).is_some_and(|(last, latest)| is_active(last, latest)),
    }
}
