//! A viewer whose line loses much of everything, both ways: repair keeps up with it, and pictures go on.

mod common;

use std::time::Instant;

use common::client::Client;
use common::{CONFERENCE, World, mid, ms, seconds};
use netem::{Conditions, Loss, Netem};
use sfu::{Command, MediaKind, View};

const VIEWER: usize = 1;

/// A camera of 130, 440 and 1,500 kbit/s whose key frames are of four pictures' size, and who looks at it over
/// `line`, asking for what is missing as a browser does.
fn watched_over(seed: u64, line: Conditions) -> World {
    let mut world = World::new(Conditions::default());
    world.network = Netem::new(seed, Conditions { delay: ms(10), ..Conditions::default() });
    let mut owner = Client::new(1, CONFERENCE, world.now).in_layers([1, 2, 7]);
    for (layer, more) in owner.publishers[1..].iter_mut().zip([3, 6, 21]) {
        layer.more_in_key_frames = more;
    }
    owner.publishers[1].payload_len = 500;
    world.join(owner);
    let mut viewer = Client::new(2, CONFERENCE, world.now);
    let receiver = viewer.receiver_mut("sv0");
    receiver.asks_for_key_frames = true;
    receiver.repeats_after = ms(10) + 2 * line.delay;
    world.join(viewer);
    world.connect();
    let (server, address) = (world.server, world.clients[VIEWER].address);
    world.network.set_conditions(server, address, line);
    world.network.set_conditions(address, server, line);
    let endpoint = world.clients[VIEWER].id;
    let view = View { max_height: 720, ..View::default() };
    for (slot, kind) in [("sa0", MediaKind::Audio), ("sv0", MediaKind::Video)] {
        let source = Some(world.clients[0].source(kind));
        world.command(Command::MapSlot { endpoint, mid: mid(slot), source, view });
    }
    world
}

/// Returns the share of the time since `began` that passed without a new picture for more than 200 ms.
fn frozen_since(world: &World, began: Instant) -> f64 {
    let decoded = &world.clients[VIEWER].receiver("sv0").decoded;
    let times = decoded.iter().copied().filter(|at| *at > began);
    let times: Vec<Instant> = [began].into_iter().chain(times).chain([world.now]).collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > ms(200));
    gaps.map(|gap| gap.as_secs_f64()).sum::<f64>() / (world.now - began).as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What five viewers saw of lines alike: medians of the time to the first picture, and of the share of 15 s from then
/// on in which the picture stood.
fn seen_over(line: Conditions) -> (f64, f64) {
    let (mut first, mut frozen) = (Vec::new(), Vec::new());
    for seed in 1..=5 {
        let mut world = watched_over(seed, line);
        let began = world.now;
        world.follow(seconds(5));
        let decoded = &world.clients[VIEWER].receiver("sv0").decoded;
        first.push(decoded.first().map_or(f64::INFINITY, |at| (*at - began).as_secs_f64()));
        let settled = world.now;
        world.follow(seconds(15));
        frozen.push(frozen_since(&world, settled));
    }
    (median(first), median(frozen))
}

#[test]
fn pictures_begin_soon_and_go_on_whatever_the_line_loses() {
    for (loss, bearable) in
        [(0.05, [0.02, 0.02]), (0.10, [0.02, 0.05]), (0.20, [0.02, 0.08]), (0.30, [0.08, 0.45])]
    {
        for (one_way, bearable) in [0, 20].into_iter().zip(bearable) {
            let loses = Loss::Random(loss);
            let (first, frozen) =
                seen_over(Conditions { loss: loses, delay: ms(one_way), ..Conditions::default() });
            assert!(frozen <= bearable, "{loss} lost, {one_way} ms: {frozen:.3} frozen");
            assert!(first < 0.8, "{loss} lost, {one_way} ms: the first picture after {first:.2} s");
        }
    }
}

#[test]
fn a_long_way_makes_repair_slow_and_does_not_stop_pictures() {
    for (loss, bearable) in [(0.10, 0.25), (0.20, 0.5), (0.30, 0.7)] {
        let line = Conditions { loss: Loss::Random(loss), delay: ms(50), ..Conditions::default() };
        let (first, frozen) = seen_over(line);
        assert!(frozen <= bearable, "{loss} lost: {frozen:.3} frozen");
        assert!(first < 2.0, "{loss} lost: the first picture after {first:.2} s");
    }
}
