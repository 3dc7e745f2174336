//! Says of what a receiver got whether a decoder could have played it, and when.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::{Duration, Instant};

use wire::codec::dependency::Structure;
use wire::codec::{Codec, inspect};

use super::encoder::{MAGIC, stamp_at};

/// A packet as it came.
pub(super) struct Came {
    pub timestamp: u32,
    pub marker: bool,
    /// Without padding.
    pub payload: Vec<u8>,
    pub descriptor: Vec<u8>,
    pub at: Instant,
}

#[derive(Clone, Debug)]
struct Stamp {
    frame: u32,
    place: u8,
    count: u8,
    spatial: u8,
    temporal: u8,
    depends_on: Vec<u32>,
}

impl Stamp {
    fn read(codec: Codec, payload: &[u8]) -> Self {
        let stamp = &payload[stamp_at(codec)..];
        assert_eq!(stamp[0], MAGIC, "a payload arrives as it was sent");
        let word = |at: usize| u32::from_be_bytes(stamp[at..at + 4].try_into().expect("four bytes"));
        Self {
            frame: word(1),
            place: stamp[5],
            count: stamp[6],
            spatial: stamp[7],
            temporal: stamp[8],
            depends_on: (0..usize::from(stamp[9])).map(|index| word(10 + 4 * index)).collect(),
        }
    }
}

/// Returns how many numbers between the first and the last never came.
fn holes(came: &BTreeMap<u64, Came>) -> u64 {
    let span = came.keys().next().zip(came.keys().last()).map_or(0, |(first, last)| last - first + 1);
    span - came.len() as u64
}

/// All of one slot.
#[derive(Default)]
pub(super) struct Decoder {
    pub came: BTreeMap<u64, Came>,
    /// Frames of which a packet was lost on the way to us, if only for a while.
    pub hurt: HashSet<u32>,
    /// Packets that were lost on the way to us at least once.
    pub lost: u64,
    /// Moments from which nothing was to be sent, and to which.
    pub pauses: Vec<(Instant, Instant)>,
}

/// A frame of which all packets came.
struct Whole {
    stamp: Stamp,
    first: u64,
    last: u64,
    at: Instant,
}

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub pictures: usize,
    /// Spatial and temporal layers that were shown.
    pub layers: BTreeSet<(u32, u8, u8)>,
    /// The longest time without a new picture, pauses left aside.
    pub longest_freeze: Duration,
    /// Numbers that never came.
    pub holes: u64,
    /// When the pictures were seen, and of which encoder.
    pub shown: Vec<(Instant, u32)>,
}

impl Decoder {
    /// Checks everything; a failure says what a decoder could not have done.
    pub(super) fn check(&self, codec: Codec) -> Seen {
        let frames = self.frames(codec);
        self.check_timestamps(&frames);
        self.check_markers(&frames);
        self.check_picture_ids(codec, &frames);
        self.check_descriptors(&frames);
        assert!(holes(&self.came) <= self.lost, "no number is missing but of what was lost");
        let shown = self.decode(&frames);
        Seen {
            pictures: shown.len(),
            layers: frames
                .iter()
                .map(|whole| (whole.stamp.frame >> 24, whole.stamp.spatial, whole.stamp.temporal))
                .collect(),
            longest_freeze: self.longest_freeze(&shown),
            holes: holes(&self.came),
            shown,
        }
    }

    /// Returns the whole frames in the order of their numbers; only a frame that was hurt, or that a pause cut, may be
    /// there in part.
    fn frames(&self, codec: Codec) -> Vec<Whole> {
        let mut parts: Vec<Vec<(u64, Stamp)>> = Vec::new();
        for (number, came) in self.came.iter().filter(|(_, came)| !came.payload.is_empty()) {
            let stamp = Stamp::read(codec, &came.payload);
            match parts.last_mut() {
                Some(part) if part[0].1.frame == stamp.frame && stamp.place > 0 => {
                    part.push((*number, stamp))
                }
                _ => parts.push(vec![(*number, stamp)]),
            }
        }
        let mut frames: Vec<Whole> = Vec::new();
        for part in parts {
            let (first, stamp) = part[0].clone();
            let last = part[part.len() - 1].0;
            let at = part.iter().map(|(number, _)| self.came[number].at).max().expect("has packets");
            let places: Vec<u8> = part.iter().map(|(_, stamp)| stamp.place).collect();
            if places == (0..stamp.count).collect::<Vec<_>>() {
                assert_eq!(last - first + 1, u64::from(stamp.count), "no number inside {stamp:?} is missing");
                frames.push(Whole { stamp, first, last, at });
            } else {
                let cut = self
                    .pauses
                    .iter()
                    .any(|(from, _)| at >= *from && at <= *from + Duration::from_millis(60));
                assert!(self.hurt.contains(&stamp.frame) || cut, "only {places:?} of {stamp:?} came");
            }
        }
        frames
    }

    fn check_timestamps(&self, frames: &[Whole]) {
        for pair in frames.windows(2) {
            let [before, after] = [&pair[0], &pair[1]].map(|whole| self.came[&whole.first].timestamp);
            let ahead = after.wrapping_sub(before).cast_signed();
            let same_picture = pair[1].stamp.spatial > pair[0].stamp.spatial;
            assert!(ahead > 0 || same_picture && ahead == 0, "{ahead} ticks from {before}");
        }
    }

    /// The last packet of each picture is marked, and no other.
    fn check_markers(&self, frames: &[Whole]) {
        for (index, whole) in frames.iter().enumerate() {
            let timestamp = self.came[&whole.last].timestamp;
            let last = frames.get(index + 1).is_none_or(|next| self.came[&next.first].timestamp != timestamp);
            let between = frames.get(index + 1).is_none_or(|next| next.first == whole.last + 1);
            if between && index + 1 < frames.len() {
                assert_eq!(self.came[&whole.last].marker, last, "{:?}", whole.stamp);
            }
        }
    }

    fn check_picture_ids(&self, codec: Codec, frames: &[Whole]) {
        let info = |whole: &Whole| inspect(codec, &self.came[&whole.first].payload);
        for pair in frames.windows(2).filter(|pair| pair[1].first == pair[0].last + 1) {
            let (before, after) = (info(&pair[0]), info(&pair[1]));
            let (Some(was), Some(is)) = (before.picture_id, after.picture_id) else { continue };
            let same = self.came[&pair[0].first].timestamp == self.came[&pair[1].first].timestamp;
            let ahead = is.value.wrapping_sub(was.value) & 0x7fff;
            let lossless = self.hurt.is_empty();
            assert!(
                ahead == u16::from(!same) || !lossless && ahead < 40,
                "{ahead} from {was:?} to {:?}",
                pair[1].stamp
            );
            let base = pair[1].stamp.temporal == 0 && !same;
            let ahead =
                after.tl0_picture_index.zip(before.tl0_picture_index).map(|(is, was)| is.wrapping_sub(was));
            assert!(
                ahead == Some(u8::from(base)) || !lossless && ahead < Some(10),
                "{ahead:?} at {:?}",
                pair[1].stamp
            );
        }
    }

    /// Each descriptor refers to a structure that came, and frames lie as far apart as they say.
    fn check_descriptors(&self, frames: &[Whole]) {
        let mut structure = Structure::default();
        let mut numbers: HashMap<u32, u16> = HashMap::new();
        for whole in frames {
            for number in whole.first..=whole.last {
                let came = &self.came[&number];
                if came.descriptor.is_empty() {
                    continue;
                }
                let read = structure.read(&came.descriptor).expect("a descriptor that can be read");
                assert_eq!((read.spatial_id, read.temporal_id), (whole.stamp.spatial, whole.stamp.temporal));
                numbers.insert(whole.stamp.frame, read.frame_number);
                for other in &whole.stamp.depends_on {
                    let Some(then) = numbers.get(other) else { continue };
                    let apart = read.frame_number.wrapping_sub(*then);
                    assert_eq!(u32::from(apart), whole.stamp.frame - other, "frames keep their distance");
                }
                let announced =
                    structure.target_within(u8::MAX, u8::MAX).and_then(|target| structure.layers(target));
                assert!(announced >= Some((read.spatial_id, 0)), "{announced:?} are announced");
            }
        }
    }

    /// Returns when each picture could be shown, and of which encoder it is.
    fn decode(&self, frames: &[Whole]) -> Vec<(Instant, u32)> {
        let mut decoded: HashMap<u32, Instant> = HashMap::new();
        let mut broken: HashSet<u32> = self.hurt.clone();
        let mut shown: Vec<(Instant, u32)> = Vec::new();
        for whole in frames {
            let mut at = Some(whole.at);
            for other in &whole.stamp.depends_on {
                let then = decoded.get(other).copied();
                assert!(then.is_some() || broken.contains(other), "{:?} needs {other}", whole.stamp);
                at = at.zip(then).map(|(at, then)| at.max(then));
            }
            let Some(at) = at else {
                broken.insert(whole.stamp.frame);
                continue;
            };
            decoded.insert(whole.stamp.frame, at);
            shown.push((at, whole.stamp.frame >> 24));
        }
        shown.sort_unstable();
        shown
    }

    fn longest_freeze(&self, shown: &[(Instant, u32)]) -> Duration {
        let paused =
            |from: Instant, to: Instant| self.pauses.iter().any(|pause| pause.0 < to && from < pause.1);
        let gaps = shown.windows(2).map(|pair| (pair[0].0, pair[1].0));
        gaps.filter(|(from, to)| !paused(*from, *to)).map(|(from, to)| to - from).max().unwrap_or_default()
    }
}
