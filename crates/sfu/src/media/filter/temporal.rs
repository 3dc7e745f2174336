//! Temporal layers of VP8 (RFC 7741 §4.2): any layer can be left out from any frame on; one is joined at a frame that
//! depends on the lowest layer only (Y).

use wire::codec::FrameInfo;
use wire::seq::is_newer_timestamp;

use super::Judgement;

/// Which layers can be decoded.
#[derive(Default)]
pub(super) struct Temporal {
    /// Bit t: frames of layer t find all that they build on.
    joined: u8,
    /// What was joined before the frame with this timestamp, for frames that come late.
    before: Option<(u32, u8)>,
}

impl Temporal {
    pub(super) fn judge(&mut self, info: &FrameInfo, timestamp: u32, aim: u8, late: bool) -> Judgement {
        let Some(layer) = info.temporal_id.filter(|layer| *layer > 0) else {
            if info.key_frame && !late {
                self.become_joined(timestamp, below(aim.saturating_add(1)));
            }
            return Judgement::Forward;
        };
        let bit = 1u8.checked_shl(layer.into()).unwrap_or(0);
        if late {
            let joined =
                self.before.filter(|before| is_newer_timestamp(before.0, timestamp)).map(|before| before.1);
            return if joined.unwrap_or(self.joined) & bit != 0 {
                Judgement::Forward
            } else {
                Judgement::Unneeded
            };
        }
        if layer > aim {
            self.joined &= below(layer);
            return Judgement::Unneeded;
        }
        if self.joined & bit == 0 && info.switching_point {
            self.become_joined(timestamp, self.joined | bit);
        }
        if self.joined & bit != 0 {
            return Judgement::Forward;
        }
        // Higher layers may build on this frame.
        self.joined &= below(layer);
        Judgement::OutOfReach
    }

    fn become_joined(&mut self, timestamp: u32, joined: u8) {
        self.before = Some((timestamp, self.joined));
        self.joined = joined;
    }
}

/// The layers below one, as bits.
fn below(layer: u8) -> u8 {
    1u8.checked_shl(layer.into()).map_or(u8::MAX, |bit| bit - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(layer: u8, sync: bool, key: bool) -> FrameInfo {
        FrameInfo { temporal_id: Some(layer), switching_point: sync, key_frame: key, ..FrameInfo::default() }
    }

    fn judged(temporal: &mut Temporal, aim: u8, frames: &[(u8, bool)], from: u32) -> Vec<bool> {
        let judge = |(at, (layer, sync)): (u32, &(u8, bool))| {
            temporal.judge(&frame(*layer, *sync, false), at, aim, false) == Judgement::Forward
        };
        (from..).zip(frames).map(judge).collect()
    }

    #[test]
    fn a_layer_is_left_out_at_once_and_joined_at_a_sync_frame() {
        let mut temporal = Temporal::default();
        assert_eq!(temporal.judge(&frame(0, true, true), 0, 0, false), Judgement::Forward);
        let cycle = [(2, true), (1, true), (2, false), (0, false)];
        assert_eq!(judged(&mut temporal, 0, &cycle, 1), [false, false, false, true]);
        let unsynced = [(2, false), (1, false), (2, false), (0, false)];
        assert_eq!(judged(&mut temporal, 2, &unsynced, 5), [false, false, false, true]);
        assert_eq!(judged(&mut temporal, 2, &cycle, 9), [true, true, true, true]);
        assert_eq!(judged(&mut temporal, 1, &cycle, 13), [false, true, false, true]);
    }

    #[test]
    fn a_layer_above_one_that_was_left_out_is_out_of_reach() {
        let mut temporal = Temporal::default();
        temporal.judge(&frame(0, true, true), 0, 0, false);
        assert_eq!(judged(&mut temporal, 2, &[(1, false), (2, false)], 1), [false, false]);
    }

    #[test]
    fn a_late_frame_is_judged_by_what_was_joined_then() {
        let mut temporal = Temporal::default();
        temporal.judge(&frame(0, true, true), 0, 0, false);
        judged(&mut temporal, 2, &[(2, true)], 10);
        assert_eq!(temporal.judge(&frame(2, false, false), 9, 2, true), Judgement::Unneeded);
        assert_eq!(temporal.judge(&frame(2, false, false), 11, 2, true), Judgement::Forward);
    }
}
