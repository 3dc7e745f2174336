//! Spatial and temporal layers of VP9 (RFC 9628 §4.2), with inter-layer prediction in every picture or in key pictures
//! only (k-SVC).

use wire::codec::FrameInfo;
use wire::seq::is_newer_timestamp;

use super::Judgement;
use crate::media::aim::Aim;

/// Pictures without the highest layer after which it is no longer counted on.
const GONE_AFTER: u8 = 3;

/// The highest layers that are forwarded.
#[derive(Clone, Copy, Default)]
struct Cap {
    spatial: u8,
    temporal: u8,
}

/// What was forwarded of the layers so far.
pub(super) struct Spatial {
    cap: Cap,
    /// The cap before the picture with this timestamp, for frames that come late.
    before: Option<(u32, Cap)>,
    /// Bit s: nothing of layer s was left out that later frames of it may build on.
    whole: u8,
    picture: Option<u32>,
    /// Bit s: the frame of layer s in this picture was left out.
    left_out: u8,
    /// Pictures since the highest layer was in one.
    without_highest: u8,
}

impl Default for Spatial {
    fn default() -> Self {
        Self {
            cap: Cap::default(),
            before: None,
            whole: 0,
            picture: None,
            left_out: 0,
            without_highest: GONE_AFTER,
        }
    }
}

impl Spatial {
    /// Returns the highest spatial and temporal layer that is forwarded.
    pub(super) fn highest(&self) -> (u8, u8) {
        (self.cap.spatial, self.cap.temporal)
    }

    pub(super) fn judge(&mut self, info: &FrameInfo, timestamp: u32, aim: Aim, late: bool) -> Judgement {
        let (spatial, temporal) = (info.spatial_id.unwrap_or(0), info.temporal_id.unwrap_or(0));
        if late {
            return self.judge_late(info, timestamp);
        }
        if self.picture != Some(timestamp) {
            self.begin_picture(info, timestamp, aim);
        }
        if temporal > self.cap.temporal {
            return if temporal <= aim.temporal { Judgement::OutOfReach } else { Judgement::Unneeded };
        }
        let judgement = self.judge_spatial(info, aim);
        let bit = bit(spatial);
        if judgement == Judgement::Forward {
            self.whole |= if info.inter_picture { 0 } else { bit };
        } else {
            self.whole &= !bit;
            self.left_out |= bit;
        }
        if spatial == self.cap.spatial {
            self.without_highest = 0;
        }
        judgement
    }

    fn begin_picture(&mut self, info: &FrameInfo, timestamp: u32, aim: Aim) {
        self.picture = Some(timestamp);
        self.left_out = 0;
        let was = self.cap;
        let (spatial, temporal) = (info.spatial_id.unwrap_or(0), info.temporal_id.unwrap_or(0));
        if spatial == 0 && !info.inter_picture {
            self.cap = Cap { spatial: aim.spatial, temporal: aim.temporal };
            self.whole = u8::MAX;
            self.without_highest = GONE_AFTER;
        } else {
            self.cap.temporal = self.cap.temporal.min(aim.temporal);
            if info.switching_point && temporal <= self.cap.temporal {
                self.cap.temporal = aim.temporal;
            }
            if aim.spatial < self.cap.spatial && self.whole & bit(aim.spatial) != 0 {
                self.cap.spatial = aim.spatial;
            }
            if temporal <= self.cap.temporal {
                self.without_highest = self.without_highest.saturating_add(1);
            }
        }
        if (was.spatial, was.temporal) != (self.cap.spatial, self.cap.temporal) {
            self.before = Some((timestamp, was));
        }
    }

    fn judge_spatial(&mut self, info: &FrameInfo, aim: Aim) -> Judgement {
        let spatial = info.spatial_id.unwrap_or(0);
        let refused = if spatial <= aim.spatial { Judgement::OutOfReach } else { Judgement::Unneeded };
        let below_left_out = spatial > 0 && self.left_out & bit(spatial - 1) != 0;
        if info.inter_layer && below_left_out {
            return refused;
        }
        if spatial > self.cap.spatial {
            let joins = spatial <= aim.spatial
                && spatial == self.cap.spatial + 1
                && !info.inter_picture
                && info.temporal_id.unwrap_or(0) == 0;
            if !joins {
                return refused;
            }
            self.cap.spatial = spatial;
            return Judgement::Forward;
        }
        if info.inter_picture && self.whole & bit(spatial) == 0 {
            // In k-SVC the lower layers are left out as long as the highest is there.
            let by_choice =
                spatial < self.cap.spatial && self.cap.spatial <= aim.spatial && self.is_highest_there();
            return if by_choice { Judgement::Unneeded } else { refused };
        }
        let skipped =
            spatial < self.cap.spatial && info.skippable && info.inter_picture && self.is_highest_there();
        if skipped { Judgement::Unneeded } else { Judgement::Forward }
    }

    fn judge_late(&self, info: &FrameInfo, timestamp: u32) -> Judgement {
        let before = self.before.filter(|before| is_newer_timestamp(before.0, timestamp));
        let cap = before.map_or(self.cap, |before| before.1);
        let spatial = info.spatial_id.unwrap_or(0);
        let skipped = spatial < cap.spatial && info.skippable && info.inter_picture;
        let within = info.temporal_id.unwrap_or(0) <= cap.temporal && spatial <= cap.spatial;
        if within && !skipped { Judgement::Forward } else { Judgement::Unneeded }
    }

    fn is_highest_there(&self) -> bool {
        self.without_highest < GONE_AFTER
    }
}

fn bit(layer: u8) -> u8 {
    1u8.checked_shl(layer.into()).unwrap_or(0)
}
