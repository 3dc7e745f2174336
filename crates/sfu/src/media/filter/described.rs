//! Layers of any codec by its dependency descriptors: a decode target is chosen, and changed only where the descriptor
//! allows it and the target's chain has come whole (AV1 RTP payload format 1.0, appendix A.8).
//!
//! A frame that brings a structure is always forwarded, so that every receiver knows all structures.

use wire::codec::dependency::{Dependency, Indication, MAX_CHAINS, Structure};

use super::Judgement;
use crate::media::aim::Aim;

/// Frames back to which it is known what was left out: as far as a chain can refer.
const KNOWN: u16 = 256;

/// The decode target of one receiver, and what was left out.
#[derive(Default)]
pub(super) struct Described {
    target: Option<u8>,
    /// The target before the frame with this number, for frames that come late.
    before: Option<(u16, Option<u8>)>,
    /// Bit c: no frame of chain c was left out.
    intact: u8,
    newest: Option<u16>,
    /// One bit for each of the latest frame numbers.
    left_out: [u64; KNOWN as usize / 64],
    /// Whether the target changed with the newest frame.
    changed: bool,
}

impl Described {
    pub(super) fn judge(&mut self, frame: &Dependency, structure: &Structure, aim: Aim) -> Judgement {
        let wanted = structure.target_within(aim.spatial, aim.temporal);
        let late = self.newest.is_some_and(|newest| newest.wrapping_sub(frame.frame_number) < 0x8000);
        self.changed = false;
        if !late {
            self.advance(frame.frame_number);
            self.follow_chains(frame);
            self.change(frame, structure, wanted);
        }
        let judgement = self.judge_for(frame, structure, self.target_at(frame), wanted);
        if judgement != Judgement::Forward {
            self.leave_out(frame.frame_number);
        }
        judgement
    }

    /// Returns the highest spatial and temporal layer that is forwarded of a frame's picture.
    pub(super) fn highest(&self, frame: &Dependency, structure: &Structure) -> (u8, u8) {
        self.target_at(frame).and_then(|target| structure.layers(target)).unwrap_or_default()
    }

    /// Returns the decode targets to announce with the frame judged last, if the receiver must learn of them.
    pub(super) fn announcement(&self, frame: &Dependency, structure: &Structure) -> Option<(u32, u8)> {
        let mask = structure.mask_within(self.target?);
        let limits = mask != structure.active();
        (self.changed || frame.announces && limits).then_some((mask, structure.target_count()))
    }

    fn judge_for(
        &self,
        frame: &Dependency,
        structure: &Structure,
        target: Option<u8>,
        wanted: Option<u8>,
    ) -> Judgement {
        let present = |target: Option<u8>| {
            target.is_some_and(|target| frame.indication(target) != Indication::NotPresent)
        };
        if frame.begins_structure || present(target) && self.is_whole(structure, target) {
            return Judgement::Forward;
        }
        // A frame that would lead to the target wanted, if what it builds on had been forwarded.
        let misses = target != wanted || present(target);
        if misses && present(wanted) { Judgement::OutOfReach } else { Judgement::Unneeded }
    }

    /// Changes to the target that is wanted, where that can be.
    fn change(&mut self, frame: &Dependency, structure: &Structure, wanted: Option<u8>) {
        if frame.begins_structure {
            // Targets are numbered anew.
            self.target = None;
            self.before = None;
        }
        let Some(target) = wanted.filter(|_| wanted != self.target) else { return };
        let spatial =
            |target: Option<u8>| target.and_then(|target| structure.layers(target)).map(|layers| layers.0);
        // What a frame of a higher temporal layer builds on may have been left out without a chain showing it.
        let switches = frame.indication(target) == Indication::Switch
            && frame.temporal_id == 0
            && self.is_whole(structure, wanted);
        let known = structure.chain_count() > 0 || self.target.is_some_and(|current| target < current);
        // Higher spatial layers come with key frames only, so that the last packet of a picture is known beforehand.
        if frame.begins_structure || switches && known && spatial(wanted) <= spatial(self.target) {
            self.before = Some((frame.frame_number, self.target));
            self.target = wanted;
            self.changed = !frame.begins_structure;
        }
    }

    /// Returns the target at the time of a frame.
    fn target_at(&self, frame: &Dependency) -> Option<u8> {
        let ahead = |before: u16| before.wrapping_sub(frame.frame_number).wrapping_sub(1) < 0x7fff;
        self.before.filter(|before| ahead(before.0)).map_or(self.target, |before| before.1)
    }

    /// Whether the target's chain is intact; without chains that is not known, and taken for granted.
    fn is_whole(&self, structure: &Structure, target: Option<u8>) -> bool {
        let chain = target.and_then(|target| structure.chain_of(target));
        chain.is_none_or(|chain| self.intact & 1 << chain != 0)
    }

    fn follow_chains(&mut self, frame: &Dependency) {
        for (chain, difference) in (0..MAX_CHAINS).zip(frame.chain_differences) {
            if difference == 0 {
                self.intact |= 1 << chain;
            } else if self.was_left_out(frame.frame_number.wrapping_sub(difference.into())) {
                self.intact &= !(1 << chain);
            }
        }
    }

    /// Moves on to a frame number; of those passed over nothing was left out.
    fn advance(&mut self, number: u16) {
        let passed = self.newest.map_or(KNOWN, |newest| number.wrapping_sub(newest)).min(KNOWN);
        for back in 0..passed {
            let (word, bit) = place(number.wrapping_sub(back));
            self.left_out[word] &= !bit;
        }
        self.newest = Some(number);
    }

    fn leave_out(&mut self, number: u16) {
        let (word, bit) = place(number);
        self.left_out[word] |= bit;
    }

    fn was_left_out(&self, number: u16) -> bool {
        let (word, bit) = place(number);
        self.left_out[word] & bit != 0
    }
}

fn place(number: u16) -> (usize, u64) {
    let place = number % KNOWN;
    (usize::from(place / 64), 1 << (place % 64))
}
