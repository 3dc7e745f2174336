//! What of one encoding goes to one receiver: whole frames are left out, never parts, and only such that nothing
//! that is forwarded builds on them.
//!
//! Three ways to know what builds on what: the dependency descriptor of any codec ([`described`]), VP9's spatial
//! layers ([`spatial`]), and the temporal layers of VP8 ([`temporal`]). Frames that say nothing are all forwarded.

mod described;
mod spatial;
mod temporal;

use std::time::{Duration, Instant};

use wire::codec::Codec;
use wire::codec::dependency::Structure;
use wire::seq::is_newer_timestamp;

use crate::media::aim::Aim;
use crate::media::ring::Packet;
use described::Described;
use spatial::Spatial;
use temporal::Temporal;

/// Frames whose fate is remembered, for their other packets and those that come late.
const REMEMBERED: usize = 32;
/// Higher temporal layers can be joined several times a second, unless the encoder never says where.
const PATIENCE: Duration = Duration::from_millis(700);
/// A key frame that nobody sends is not asked for more often.
const ASK_AGAIN: Duration = Duration::from_secs(3);

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Forward {
        /// Whether no later packet of the picture is forwarded.
        last: bool,
        /// Decode targets to announce with it, as a mask, and how many there are.
        targets: Option<(u32, u8)>,
    },
    LeaveOut {
        /// Whether nothing of the picture is forwarded.
        whole_picture: bool,
    },
}

/// Why a frame is forwarded or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    Forward,
    /// Above the aim, or below it where the layer aimed at does not build on it.
    Unneeded,
    /// It belongs to what is aimed at but builds on what was left out.
    OutOfReach,
}

/// What was decided of a frame.
#[derive(Clone, Copy)]
struct Decided {
    timestamp: u32,
    spatial: u8,
    judgement: Judgement,
    /// The highest spatial layer of the picture that is forwarded.
    highest: u8,
    /// Whether nothing of the picture is.
    whole_picture: bool,
    targets: Option<(u32, u8)>,
}

/// Since when frames of these layers are out of reach, and when a key frame was wished for.
#[derive(Clone, Copy)]
struct Behind {
    since: Instant,
    spatial: u8,
    temporal: u8,
    asked: Option<Instant>,
}

/// The state of one receiver for the encoding that it is shown.
pub(crate) struct Filter {
    temporal: Temporal,
    spatial: Spatial,
    described: Described,
    decided: [Option<Decided>; REMEMBERED],
    next: usize,
    newest: Option<u32>,
    behind: Option<Behind>,
    /// The highest layers that were forwarded lately.
    shown: (u8, u8),
}

impl Filter {
    /// Makes a filter that waits for a key frame.
    pub(crate) fn new() -> Self {
        Self {
            temporal: Temporal::default(),
            spatial: Spatial::default(),
            described: Described::default(),
            decided: [None; REMEMBERED],
            next: 0,
            newest: None,
            behind: None,
            shown: (0, 0),
        }
    }

    /// Says what becomes of a packet; all packets of a frame fare alike. The same packet may be asked about again.
    pub(crate) fn judge(
        &mut self,
        packet: &Packet,
        structure: Option<&Structure>,
        aim: Aim,
        now: Instant,
    ) -> Verdict {
        let spatial = packet.info.spatial_id.unwrap_or(0);
        let decided = self.remembered(packet.timestamp, spatial).unwrap_or_else(|| {
            let decided = self.decide(packet, structure, aim);
            self.note(&decided, packet.info.temporal_id.unwrap_or(0), now);
            decided
        });
        if decided.judgement != Judgement::Forward {
            return Verdict::LeaveOut { whole_picture: decided.whole_picture };
        }
        let (starts, ends) = match packet.dependency {
            Some(dependency) => (dependency.start, dependency.end),
            None => (false, packet.info.frame_end),
        };
        Verdict::Forward {
            last: packet.marker || ends && spatial >= decided.highest,
            targets: decided.targets.filter(|_| starts),
        }
    }

    /// Says whether to ask for a key frame, because what is aimed at cannot be reached without; not again soon.
    pub(crate) fn wants_key_frame(&mut self, now: Instant) -> bool {
        let Some(behind) = &mut self.behind else { return false };
        let patience = if behind.temporal == 0 { Duration::ZERO } else { PATIENCE };
        let waited = now.saturating_duration_since(behind.since) >= patience;
        let asks = waited && behind.asked.is_none_or(|at| now.saturating_duration_since(at) >= ASK_AGAIN);
        if asks {
            behind.asked = Some(now);
        }
        asks
    }

    /// Returns the highest spatial and temporal layer that is forwarded.
    pub(crate) fn shown(&self) -> (u8, u8) {
        self.shown
    }

    fn remembered(&self, timestamp: u32, spatial: u8) -> Option<Decided> {
        let (newer, older) = self.decided.split_at(self.next);
        let mut newest_first = newer.iter().rev().chain(older.iter().rev()).flatten();
        newest_first.find(|decided| decided.timestamp == timestamp && decided.spatial == spatial).copied()
    }

    fn decide(&mut self, packet: &Packet, structure: Option<&Structure>, aim: Aim) -> Decided {
        let (info, timestamp) = (&packet.info, packet.timestamp);
        let late = self.newest.is_some_and(|newest| is_newer_timestamp(newest, timestamp));
        if !late {
            self.newest = Some(timestamp);
        }
        let mut targets = None;
        let temporal = info.temporal_id.unwrap_or(0);
        let (judgement, (highest, highest_temporal)) = match (packet.dependency, structure) {
            (Some(dependency), Some(structure)) => {
                let judgement = self.described.judge(&dependency, structure, aim);
                targets = self.described.announcement(&dependency, structure);
                (judgement, self.described.highest(&dependency, structure))
            }
            _ if packet.codec.codec == Codec::Vp9 => {
                (self.spatial.judge(info, timestamp, aim, late), self.spatial.highest(timestamp, late))
            }
            _ => (self.temporal.judge(info, timestamp, aim.temporal, late), (0, 0)),
        };
        let spatial = info.spatial_id.unwrap_or(0);
        let whole_picture = judgement != Judgement::Forward && temporal > highest_temporal;
        Decided { timestamp, spatial, judgement, highest, whole_picture, targets }
    }

    /// Remembers a decision, and whether the aim is within reach.
    fn note(&mut self, decided: &Decided, temporal: u8, now: Instant) {
        self.decided[self.next] = Some(*decided);
        self.next = (self.next + 1) % REMEMBERED;
        let layers = (decided.spatial, temporal);
        match decided.judgement {
            Judgement::OutOfReach if self.behind.is_none() => {
                let (spatial, temporal) = layers;
                self.behind = Some(Behind { since: now, spatial, temporal, asked: None });
            }
            Judgement::Forward => {
                self.behind = self
                    .behind
                    .filter(|behind| decided.spatial != behind.spatial || temporal < behind.temporal);
                self.shown = (self.shown.0.max(layers.0), self.shown.1.max(layers.1));
            }
            Judgement::OutOfReach | Judgement::Unneeded => {
                // What lies above what is forwarded is not shown.
                if decided.spatial == decided.highest || decided.spatial == 0 {
                    self.shown.1 = self.shown.1.min(temporal.saturating_sub(1));
                }
                if decided.spatial > decided.highest {
                    self.shown.0 = self.shown.0.min(decided.highest);
                }
            }
        }
    }
}
