//! Layers and sources are changed at random, on good lines and bad ones, and a decoder never notices.

mod bench;
mod decoder;
mod descriptor;
mod encoder;

use std::time::Duration;

use wire::codec::Codec;

use crate::media::aim::Aim;
use bench::{Bench, chance};
use decoder::Seen;
use encoder::Mode;

const CHANGES: usize = 1000;

const PLAIN: Mode = Mode { codec: Codec::Vp8, spatial: 1, key_only: false, describes: false };
const H264: Mode = Mode { codec: Codec::H264, ..PLAIN };
const VP9: Mode = Mode { codec: Codec::Vp9, ..PLAIN };
const VP9_SVC: Mode = Mode { spatial: 3, ..VP9 };
const VP9_KEY_SVC: Mode = Mode { key_only: true, ..VP9_SVC };
const AV1: Mode = Mode { codec: Codec::Av1, describes: true, ..PLAIN };
const AV1_SVC: Mode = Mode { spatial: 3, ..AV1 };
const AV1_KEY_SVC: Mode = Mode { key_only: true, ..AV1_SVC };

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn random_aim(bench: &mut Bench) -> Aim {
    let mut below = |limit: u32| (bench.rng.next_u32() % limit) as u8;
    Aim { layer: below(3), spatial: below(3), temporal: below(3) }
}

/// Changes the aim a thousand times, pausing now and then, and returns what a decoder saw.
fn change_at_random(mode: Mode, layers: usize, loss: f64) -> Seen {
    let mut bench = Bench::new(mode, layers, 1, 11);
    bench.loss = loss;
    bench.run(ms(500));
    for _ in 0..CHANGES {
        if chance(&mut bench.rng, 0.03) {
            let began = bench.now;
            bench.slot.aim(None);
            bench.run(ms(150));
            // The first picture after it may take a round trip, its own time, and a repair.
            bench.decoder.pauses.push((began, bench.now + ms(200)));
        }
        let aim = random_aim(&mut bench);
        bench.slot.aim(Some(aim));
        let pause = ms(50 + u64::from(bench.rng.next_u32() % 250));
        bench.run(pause);
    }
    bench.slot.aim(Some(Aim::HIGHEST));
    bench.run(ms(2000));
    let seen = bench.decoder.check(mode.codec);
    let highest = Aim { layer: layers as u8 - 1, spatial: mode.spatial as u8 - 1, temporal: 2 };
    let shown = bench.slot.shown().expect("something");
    assert_eq!(
        (shown.layer, shown.spatial),
        (highest.layer, highest.spatial),
        "all there is comes in the end"
    );
    seen
}

/// On a good line nothing is missing, and on a bad one no more than was lost.
fn assert_seamless(mode: Mode, layers: usize) {
    for loss in [0.0, 0.03] {
        let seen = change_at_random(mode, layers, loss);
        assert!(seen.pictures > 2000, "{} pictures", seen.pictures);
        assert!(loss > 0.0 || seen.holes == 0, "{} numbers are missing", seen.holes);
        assert!(seen.longest_freeze <= ms(500), "{mode:?}, loss {loss}: still for {:?}", seen.longest_freeze);
        let spatial: Vec<u8> = seen.layers.iter().map(|layer| layer.1).collect();
        assert!((0..mode.spatial as u8).all(|layer| spatial.contains(&layer)));
    }
}

#[test]
fn vp8_simulcast_with_temporal_layers_changes_without_a_seam() {
    assert_seamless(PLAIN, 3);
}

#[test]
fn h264_simulcast_changes_without_a_seam() {
    assert_seamless(H264, 3);
}

#[test]
fn described_h264_has_temporal_layers() {
    assert_seamless(Mode { describes: true, ..H264 }, 3);
}

#[test]
fn vp9_simulcast_changes_without_a_seam() {
    assert_seamless(VP9, 3);
}

#[test]
fn vp9_in_three_spatial_layers_changes_without_a_seam() {
    assert_seamless(VP9_SVC, 1);
}

#[test]
fn vp9_in_three_spatial_layers_bound_in_key_pictures_changes_without_a_seam() {
    assert_seamless(VP9_KEY_SVC, 1);
}

#[test]
fn av1_simulcast_changes_without_a_seam() {
    assert_seamless(AV1, 3);
}

#[test]
fn av1_in_three_spatial_layers_changes_without_a_seam() {
    assert_seamless(AV1_SVC, 1);
}

#[test]
fn av1_in_three_spatial_layers_bound_in_key_pictures_changes_without_a_seam() {
    assert_seamless(AV1_KEY_SVC, 1);
}

#[test]
fn another_source_is_seen_within_a_quarter_of_a_second() {
    for mode in [PLAIN, H264, VP9_KEY_SVC, AV1_SVC] {
        let mut bench = Bench::new(mode, 1, 4, 5);
        bench.run(ms(1000));
        let mut changes = Vec::new();
        for _ in 0..300 {
            let other = (bench.shown().expect("mapped") + 1 + bench.rng.next_u32() as usize % 3) % 4;
            changes.push((bench.now, other as u32));
            bench.show(other);
            let rest = ms(250 + u64::from(bench.rng.next_u32() % 1500));
            bench.run(rest);
        }
        let seen = bench.decoder.check(mode.codec);
        let first = |(at, source): &(_, u32)| {
            let mut later = seen.shown.iter().filter(|shown| shown.0 >= *at);
            later.find(|shown| (shown.1 - 1) / 10 == *source).map_or(ms(9999), |shown| shown.0 - *at)
        };
        let mut waits: Vec<Duration> = changes.iter().map(first).collect();
        waits.sort_unstable();
        let (half, most) = (waits[150], waits[285]);
        assert!(most <= ms(250), "{mode:?}: half within {half:?}, 95 % within {most:?}");
    }
}

#[test]
fn the_steps_of_three_encodings_tell_what_each_costs_and_what_is_suspended() {
    let mut bench = Bench::new(PLAIN, 3, 1, 7);
    bench.run(ms(3000));
    let section = |bench: &Bench| bench.sources[0].section.steps(bench.now);
    let steps = section(&bench);
    assert_eq!(steps.len(), 9);
    assert!(steps.windows(2).all(|pair| pair[0].aim < pair[1].aim) && steps.iter().all(|step| step.active));
    for layer in steps.chunks(3) {
        let frames: Vec<u8> = layer.iter().map(|step| step.frames_per_second).collect();
        assert!(frames.iter().zip([8u8, 15, 30]).all(|(is, about)| is.abs_diff(about) <= 2), "{frames:?}");
        let share = layer[0].bits_per_second * 4;
        assert!(share.abs_diff(layer[2].bits_per_second) < layer[2].bits_per_second / 4, "{layer:?}");
    }
    bench.sources[0].sends[2] = false;
    bench.run(ms(1500));
    let later = section(&bench);
    assert_eq!(
        later.iter().map(|step| step.active).collect::<Vec<_>>(),
        [vec![true; 6], vec![false; 3]].concat()
    );
    let (before, after) = (steps[8].bits_per_second, later[8].bits_per_second);
    assert!(before.abs_diff(after) < before / 8, "{before} before and {after} after");
}

#[test]
fn the_steps_of_spatial_layers_count_those_below_where_they_are_needed() {
    for (mode, stacked) in [(AV1_SVC, true), (AV1_KEY_SVC, false), (VP9_SVC, true), (VP9_KEY_SVC, false)] {
        let mut bench = Bench::new(mode, 1, 1, 7);
        bench.run(ms(3000));
        let steps = bench.sources[0].section.steps(bench.now);
        assert_eq!(steps.len(), 9, "{mode:?}");
        let [low, high] = [steps[2], steps[8]].map(|step| f64::from(step.bits_per_second));
        // Layers of one, two and three packets.
        let times = high / low;
        let expected = if stacked { 6.0 } else { 3.0 };
        assert!((times - expected).abs() < 0.6, "{mode:?}: {times}");
        if mode.describes {
            let sizes: Vec<_> = steps.iter().step_by(3).map(|step| (step.width, step.height)).collect();
            assert_eq!(sizes, [(320, 180), (640, 360), (1280, 720)]);
        }
    }
}

#[test]
fn an_encoding_that_gives_no_key_frame_makes_way_for_its_neighbour() {
    let mut bench = Bench::new(PLAIN, 3, 1, 3);
    bench.slot.aim(Some(Aim { layer: 0, ..Aim::HIGHEST }));
    bench.run(ms(2000));
    assert_eq!(bench.slot.shown().map(|aim| aim.layer), Some(0));
    bench.deaf = Some(2);
    bench.slot.aim(Some(Aim::HIGHEST));
    bench.run(ms(4000));
    assert_eq!(bench.slot.shown().map(|aim| aim.layer), Some(1));
    bench.deaf = None;
    bench.run(ms(8000));
    assert_eq!(bench.slot.shown().map(|aim| aim.layer), Some(2));
    bench.decoder.check(Codec::Vp8);
}
