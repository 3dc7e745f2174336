//! A source that comes to one worker and is watched on another: what each of the two remembers of it.
//!
//! The worker whose endpoint publishes is the source's home. A worker with viewers of it keeps a mirror: a section
//! like any other, filled with copies from home instead of datagrams. What a mirror is told to want, its home sends,
//! as a publisher sends what it is told is watched.

use std::time::{Duration, Instant};

use crate::command::MediaKind;
use crate::ids::WorkerId;
use crate::media::aim::Aim;
use crate::media::ring::Ring;
use crate::media::section::{MAX_LAYERS, Section};
use crate::media::stream::{SenderClock, Stream};

/// A copy that waited for longer is worth nothing; the mirror goes on with the next key frame.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// Who fills a section.
pub(crate) enum Home {
    /// An endpoint of this worker, by its slab index.
    Endpoint(usize),
    /// Another worker.
    Worker(Mirror),
}

/// What a worker with viewers knows of the home of what they watch.
pub(crate) struct Mirror {
    /// Where the source's endpoint lives.
    pub worker: WorkerId,
    /// What home was last told of the viewers here.
    pub told: Watch,
    /// Which unbroken run of copies each layer's stream holds.
    pub runs: [u32; MAX_LAYERS],
    /// What the publisher's clock said, for streams that are still to come.
    pub clocks: [Option<SenderClock>; MAX_LAYERS],
}

/// What one worker's viewers want of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Bit n: layer n is to be copied. None set: the source is not shown there.
    pub layers: u8,
    /// Slots that show the source, up to 255.
    pub viewers: u8,
}

/// What the home of a source knows of one mirror.
pub(crate) struct Relay {
    /// Where the mirror is.
    pub worker: WorkerId,
    pub watch: Watch,
    pub lanes: [Option<Lane>; MAX_LAYERS],
}

/// How far one layer was copied.
#[derive(Clone, Copy)]
pub(crate) struct Lane {
    /// The stream's, when the run began.
    pub epoch: u32,
    /// Unlike that of any other unbroken run of copies.
    pub run: u32,
    /// Behind the last packet copied, in the order of arrival.
    pub cursor: u64,
    /// The publisher's clock is to be told.
    pub clock_due: bool,
    began: Instant,
}

impl Mirror {
    /// Makes the memory of a mirror that was told nothing and got nothing.
    pub(crate) fn of(worker: WorkerId) -> Self {
        Self { worker, told: Watch::default(), runs: [0; MAX_LAYERS], clocks: [None; MAX_LAYERS] }
    }
}

impl Watch {
    /// Returns the same as what single viewers are given, so that it adds to that of the viewers at home.
    pub(crate) fn aims(self) -> impl Iterator<Item = Option<Aim>> {
        let layers = (0..u8::BITS as u8).filter(move |layer| self.layers & 1 << layer != 0);
        // The smallest goes along with any other.
        let alone = self.layers == 1;
        let aims = layers.filter(move |layer| *layer > 0 || alone);
        let told = aims.clone().count();
        let others = usize::from(self.viewers).saturating_sub(told);
        let aimed = aims.map(|layer| Some(Aim { layer, ..Aim::HIGHEST }));
        aimed.chain(std::iter::repeat_n(None, others))
    }
}

impl Relay {
    /// Makes the memory of a mirror to which nothing was copied.
    pub(crate) fn to(worker: WorkerId, watch: Watch) -> Self {
        Self { worker, watch, lanes: [None; MAX_LAYERS] }
    }

    /// Whether copies of a layer go there.
    pub(crate) fn takes(&self, layer: usize) -> bool {
        self.watch.layers & 1 << layer != 0
    }
}

impl Lane {
    /// Begins a run where a receiver would begin: with the word just being said, or a key frame just gone by; else with
    /// the latest packet.
    pub(crate) fn begin(section: &Section, layer: usize, stream: &Stream, run: u32, now: Instant) -> Self {
        let first = match section.kind {
            MediaKind::Audio => section.sound_start(layer, now),
            MediaKind::Video => stream.start(now, now),
        };
        let latest = || stream.ring.arrivals_end().saturating_sub(1);
        let cursor = first.and_then(|number| stream.ring.cursor_of(number)).unwrap_or_else(latest);
        Self { epoch: stream.epoch, run, cursor, clock_due: true, began: now }
    }

    /// Gives up what has waited for too long, and returns how many packets that were. Of a picture, what follows them is
    /// given up as well: the mirror begins anew, under the number `run`.
    pub(crate) fn give_up_late(&mut self, ring: &Ring, kind: MediaKind, run: u32, now: Instant) -> u64 {
        let before = self.cursor;
        if !self.is_late(ring, now) {
            return 0;
        }
        if kind == MediaKind::Video {
            (self.run, self.cursor) = (run, ring.arrivals_end());
        }
        while self.is_late(ring, now)
            && let Some((_, next)) = ring.arrival(self.cursor)
        {
            self.cursor = next;
        }
        self.cursor - before
    }

    /// Whether the next packet waited for too long, or is gone. What a run begins with was old when it began.
    fn is_late(&self, ring: &Ring, now: Instant) -> bool {
        let Some((number, next)) = ring.arrival(self.cursor) else { return false };
        let waited = |since: Instant| now.saturating_duration_since(since.max(self.began)) > LONGEST_WAIT;
        next > self.cursor + 1 || ring.get(number).is_some_and(|(packet, ..)| waited(packet.arrived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(watch: Watch) -> Vec<Option<u8>> {
        watch.aims().map(|aim| aim.map(|aim| aim.layer)).collect()
    }

    #[test]
    fn what_a_worker_wants_counts_like_its_viewers() {
        assert_eq!(layers(Watch::default()), []);
        assert_eq!(layers(Watch { layers: 0b001, viewers: 1 }), [Some(0)]);
        assert_eq!(layers(Watch { layers: 0b101, viewers: 1 }), [Some(2)]);
        assert_eq!(layers(Watch { layers: 0b111, viewers: 4 }), [Some(1), Some(2), None, None]);
        assert_eq!(layers(Watch { layers: 0, viewers: 2 }), [None, None]);
    }
}
