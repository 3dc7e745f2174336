//! What one source could be shown as on one tile, from cheapest to best.

use arrayvec::ArrayVec;

use crate::command::View;
use crate::media::aim::{Aim, Step};
use crate::media::steps::MAX_STEPS;

/// A step that a tile can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rung {
    /// What the slot is told.
    pub aim: Aim,
    /// What it costs, what it builds on included.
    pub bits_per_second: u32,
    /// Lines of the picture; 0 while unknown.
    pub height: u16,
}

/// Cheapest first, each costs more than the one before.
pub(crate) type Ladder = ArrayVec<Rung, MAX_STEPS>;

/// A picture of three quarters of the tile's height fills it well enough; nothing taller is then of use.
const ENOUGH: u32 = 3;
const ENOUGH_OF: u32 = 4;
/// Frames per second may be this much more than is of use, because they are measured.
const FASTER: u32 = 5;
const FASTER_OF: u32 = 4;
/// A larger picture that moves less than this part as often as it could is no better than a smaller one.
const SLOW: u32 = 2;
const SLOW_OF: u32 = 5;
/// UDP and IP headers beside packets of about 900 bytes, which the budget is meant to carry as well.
const UDP_SHARE: u32 = 32;
/// What browsers send by default at 720, 360 and 180 lines, and what a layer never seen is taken for.
const NOMINAL: Rung = Rung { aim: Aim::HIGHEST, bits_per_second: 1_700_000, height: 720 };
/// The next encoding below has half of each side and a third of the bits.
const NOMINAL_SHARE: u32 = 3;

/// Returns the steps of a source that suit `view`; never empty when the source has layers.
///
/// `steps` are those measured, `layers` how many encodings were negotiated: what was never seen is judged
/// by its neighbours, because a layer that nobody watched is not sent and cannot be measured.
pub(crate) fn ladder(steps: &[Step], layers: usize, view: &View) -> Ladder {
    let mut rungs = Ladder::new();
    for layer in 0..layers {
        let seen = || steps.iter().filter(|step| usize::from(step.aim.layer) == layer);
        if seen().next().is_none() {
            add(&mut rungs, guessed(steps, layer, layers));
        }
        let fastest = seen().map(|step| u32::from(step.frames_per_second)).max().unwrap_or_default();
        let moves = |step: &&Step| u32::from(step.frames_per_second) * SLOW_OF >= fastest * SLOW;
        for step in seen().filter(|step| is_slow_enough(step, view)).filter(|step| layer == 0 || moves(step))
        {
            let rung = Rung::from(step);
            let height =
                if rung.height == 0 && layers > 1 { usual_height(layers - 1 - layer) } else { rung.height };
            add(&mut rungs, Rung { height, ..rung });
        }
    }
    let fills = |rung: &Rung| u32::from(rung.height) * ENOUGH_OF >= u32::from(view.max_height) * ENOUGH;
    let enough = rungs.iter().find(|rung| rung.height > 0 && fills(rung)).map(|rung| rung.height);
    // All its frame rates, but nothing taller.
    rungs.retain(|rung| enough.is_none_or(|height| rung.height <= height));
    rungs
}

/// Adds a rung at the top; one that costs no more than those below it replaces them.
fn add(rungs: &mut Ladder, rung: Rung) {
    while rungs.last().is_some_and(|last| last.bits_per_second >= rung.bits_per_second) {
        rungs.pop();
    }
    rungs.try_push(rung).unwrap_or_default();
}

fn is_slow_enough(step: &Step, view: &View) -> bool {
    let slowest = step.aim.temporal == 0;
    let limit = u32::from(view.max_frames_per_second) * FASTER / FASTER_OF;
    slowest || u32::from(step.frames_per_second) <= limit
}

/// Returns the lines of an encoding so many places below the best, when nothing told them.
fn usual_height(below: usize) -> u16 {
    NOMINAL.height >> below.min(4)
}

/// Returns what a layer that was never seen is taken for, from the nearest one that was.
fn guessed(steps: &[Step], layer: usize, layers: usize) -> Rung {
    let top = steps.last().map(|step| (usize::from(step.aim.layer), Rung::from(step)));
    let (known, rung) = top.unwrap_or((layers.saturating_sub(1), NOMINAL));
    let aim = Aim { layer: layer as u8, ..Aim::HIGHEST };
    let apart = known.abs_diff(layer) as u32;
    let (bits, lines) = (NOMINAL_SHARE.pow(apart), 2_u16.pow(apart));
    if layer < known {
        return Rung { aim, bits_per_second: rung.bits_per_second / bits, height: rung.height / lines };
    }
    let height = rung.height.saturating_mul(lines);
    Rung { aim, bits_per_second: rung.bits_per_second.saturating_mul(bits), height }
}

impl From<&Step> for Rung {
    fn from(step: &Step) -> Self {
        let bits_per_second = step.bits_per_second.saturating_add(step.bits_per_second / UDP_SHARE);
        Self { aim: step.aim, bits_per_second, height: step.height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(max_height: u16) -> View {
        View { max_height, ..View::default() }
    }

    fn step(layer: u8, temporal: u8, kilobits: u32, height: u16, frames_per_second: u8) -> Step {
        Step {
            aim: Aim { layer, spatial: 0, temporal },
            bits_per_second: kilobits * 1000,
            width: height * 16 / 9,
            height,
            frames_per_second,
            active: true,
        }
    }

    fn heights(ladder: &Ladder) -> Vec<u16> {
        ladder.iter().map(|rung| rung.height).collect()
    }

    #[test]
    fn a_tile_is_offered_what_fills_it_and_nothing_taller() {
        let steps = [step(0, 0, 150, 180, 30), step(1, 0, 500, 360, 30), step(2, 0, 1700, 720, 30)];
        assert_eq!(heights(&ladder(&steps, 3, &view(720))), [180, 360, 720]);
        assert_eq!(heights(&ladder(&steps, 3, &view(540))), [180, 360, 720]);
        assert_eq!(heights(&ladder(&steps, 3, &view(480))), [180, 360]);
        assert_eq!(heights(&ladder(&steps, 3, &view(270))), [180, 360]);
        assert_eq!(heights(&ladder(&steps, 3, &view(180))), [180]);
    }

    #[test]
    fn the_smallest_picture_is_offered_however_small_the_tile() {
        let steps = [step(0, 0, 1500, 1080, 30)];
        assert_eq!(heights(&ladder(&steps, 1, &view(90))), [1080]);
    }

    #[test]
    fn the_picture_that_fills_a_tile_is_offered_at_all_its_frame_rates() {
        let steps = [step(0, 0, 150, 180, 30), step(1, 0, 300, 360, 8), step(1, 1, 500, 360, 30)];
        assert_eq!(ladder(&steps, 2, &view(360)).last().map(|rung| rung.aim.temporal), Some(1));
    }

    #[test]
    fn slow_tiles_are_offered_lower_frame_rates_only() {
        let steps = [step(0, 0, 100, 180, 8), step(0, 1, 150, 180, 15), step(0, 2, 200, 180, 30)];
        let slow = View { max_frames_per_second: 15, ..View::default() };
        assert_eq!(ladder(&steps, 1, &slow).len(), 2);
    }

    #[test]
    fn a_larger_picture_is_offered_only_if_it_moves_well_enough() {
        let steps = [step(0, 0, 50, 180, 7), step(0, 2, 150, 180, 30)];
        let more = [step(1, 0, 200, 360, 7), step(1, 1, 300, 360, 15), step(1, 2, 500, 360, 30)];
        let ladder = ladder(&[steps.as_slice(), &more].concat(), 2, &view(720));
        let aims: Vec<(u8, u8)> = ladder.iter().map(|rung| (rung.aim.layer, rung.aim.temporal)).collect();
        assert_eq!(aims, [(0, 0), (0, 2), (1, 1), (1, 2)]);
    }

    #[test]
    fn layers_never_seen_are_judged_by_the_one_that_is_sent() {
        let ladder = ladder(&[step(2, 0, 1800, 720, 30)], 3, &view(720));
        assert_eq!(heights(&ladder), [180, 360, 720]);
        let bits: Vec<u32> = ladder.iter().map(|rung| rung.bits_per_second / 1000).collect();
        assert_eq!(bits, [206, 618, 1856]);
        assert_eq!(ladder[0].aim.layer, 0);
    }

    #[test]
    fn a_source_that_never_sent_is_taken_for_a_usual_camera() {
        assert_eq!(heights(&ladder(&[], 3, &view(400))), [180, 360]);
        assert_eq!(heights(&ladder(&[], 1, &view(400))), [720]);
    }

    #[test]
    fn a_step_that_costs_no_more_than_a_lower_one_replaces_it() {
        let steps = [step(0, 0, 300, 180, 30), step(1, 0, 200, 360, 30)];
        assert_eq!(heights(&ladder(&steps, 2, &view(720))), [360]);
    }
}
