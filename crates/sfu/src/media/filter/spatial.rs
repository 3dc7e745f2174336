//! Spatial and temporal layers of VP9 (RFC 9628 §4.2), with inter-layer prediction in every picture or in key pictures
//! only (k-SVC).
//!
//! Higher spatial layers are joined in key pictures only, so that the last packet of a picture is known beforehand.

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
    /// The highest layer since the last key picture, forwarded or not.
    top: u8,
    /// Pictures since the highest layer that is forwarded was in one.
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
            top: 0,
            without_highest: GONE_AFTER,
        }
    }
}

impl Spatial {
    /// Returns the highest spatial and temporal layer that is forwarded of a picture.
    pub(super) fn highest(&self, timestamp: u32, late: bool) -> (u8, u8) {
        let cap = if late { self.cap_at(timestamp) } else { self.cap };
        (cap.spatial, cap.temporal)
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
        self.top = self.top.max(spatial);
        let judgement = self.judge_spatial(info, aim);
        let bit = bit(spatial);
        if judgement == Judgement::Forward {
            self.whole |= if info.inter_picture { 0 } else { bit };
        } else {
            self.whole &= !bit;
            self.left_out |= bit;
        }
        if spatial == self.highest_sent() {
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
            self.top = 0;
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
            return refused;
        }
        let lower = spatial < self.highest_sent() && self.without_highest < GONE_AFTER;
        if info.inter_picture && self.whole & bit(spatial) == 0 {
            // In k-SVC the lower layers are left out as long as the highest is there.
            let by_choice = lower && self.cap.spatial <= aim.spatial;
            return if by_choice { Judgement::Unneeded } else { refused };
        }
        if lower && info.skippable && info.inter_picture { Judgement::Unneeded } else { Judgement::Forward }
    }

    fn judge_late(&self, info: &FrameInfo, timestamp: u32) -> Judgement {
        let cap = self.cap_at(timestamp);
        let spatial = info.spatial_id.unwrap_or(0);
        let skipped = spatial < cap.spatial.min(self.top) && info.skippable && info.inter_picture;
        let within = info.temporal_id.unwrap_or(0) <= cap.temporal && spatial <= cap.spatial;
        if within && !skipped { Judgement::Forward } else { Judgement::Unneeded }
    }

    /// Returns the cap at the time of a late picture.
    fn cap_at(&self, timestamp: u32) -> Cap {
        let before = self.before.filter(|before| is_newer_timestamp(before.0, timestamp));
        before.map_or(self.cap, |before| before.1)
    }

    /// Returns the highest layer that is forwarded and was sent since the last key picture.
    fn highest_sent(&self) -> u8 {
        self.cap.spatial.min(self.top)
    }
}

fn bit(layer: u8) -> u8 {
    1u8.checked_shl(layer.into()).unwrap_or(0)
}
