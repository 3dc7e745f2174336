//! A viewer whose line loses or delays packets at random, though it is wide: they go on seeing.

mod common;

use common::client::Client;
use common::{CONFERENCE, World, mid, ms, seconds};
use netem::{Conditions, Loss};
use sfu::{Command, Event, MediaKind, View};

/// Somebody with a camera in three encodings, 1.3 Mbit/s the best, and one who looks at it over `line`.
fn watched_over(line: Conditions) -> World {
    let mut world = World::new(Conditions { delay: ms(10), ..Conditions::default() });
    let owner = Client::new(1, CONFERENCE, world.now).in_layers([1, 2, 5]);
    world.join(owner);
    let viewer = Client::new(2, CONFERENCE, world.now);
    world.join(viewer);
    world.connect();
    let (server, address) = (world.server, world.clients[1].address);
    world.network.set_conditions(server, address, line);
    world.network.set_conditions(address, server, line);
    let endpoint = world.clients[1].id;
    let source = Some(world.clients[0].source(MediaKind::Video));
    let view = View { max_height: 720, ..View::default() };
    world.command(Command::MapSlot { endpoint, mid: mid("sv0"), source, view });
    let source = Some(world.clients[0].source(MediaKind::Audio));
    world.command(Command::MapSlot { endpoint, mid: mid("sa0"), source, view });
    world
}

/// What was seen in the last 20 of 25 seconds.
struct Seen {
    frames: usize,
    /// Share of the time without a new frame for more than 200 ms.
    frozen: f64,
    held: usize,
}

fn seen_over(line: Conditions) -> Seen {
    let mut world = watched_over(Conditions { delay: ms(20), ..line });
    world.run(seconds(25));
    let (frames, _) = world.clients[1].receiver("sv0").frames();
    let began = world.now - seconds(20);
    let mut times: Vec<_> = frames.iter().map(|frame| frame.arrived).filter(|at| *at > began).collect();
    let frames = times.len();
    times.push(world.now);
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > ms(200));
    let frozen = gaps.map(|gap| gap.as_secs_f64()).sum::<f64>() / 20.0;
    let held = world.events.iter().filter(|event| matches!(event, Event::PictureHeld { held: true, .. }));
    Seen { frames, frozen, held: held.count() }
}

#[test]
fn delay_that_leaps_about_is_not_taken_for_a_narrow_line() {
    for jitter in [50, 100, 200] {
        let seen = seen_over(Conditions { jitter: ms(jitter), ..Conditions::default() });
        assert!(seen.frames > 560 && seen.held == 0, "{jitter} ms: {} frames", seen.frames);
        assert!(seen.frozen < 0.02, "{jitter} ms: {:.3} frozen", seen.frozen);
    }
}

#[test]
fn random_loss_is_repaired_and_pictures_go_on() {
    for (share, bearable) in [(0.01, 0.01), (0.05, 0.02), (0.10, 0.05), (0.20, 0.15)] {
        let seen = seen_over(Conditions { loss: Loss::Random(share), ..Conditions::default() });
        assert!(seen.frames > 540 && seen.held == 0, "{share}: {} frames", seen.frames);
        assert!(seen.frozen < bearable, "{share}: {:.3} frozen", seen.frozen);
    }
}

#[test]
fn reordering_is_taken_neither_for_loss_nor_asked_about_for_long() {
    for (share, hold) in [(0.05, 30), (0.20, 60)] {
        let mut world = watched_over(Conditions { delay: ms(20), ..Conditions::default() });
        let (owner, server) = (world.clients[0].address, world.server);
        let line = Conditions { delay: ms(10), reorder: share, hold: ms(hold), ..Conditions::default() };
        world.network.set_conditions(owner, server, line);
        world.run(seconds(5));
        let (sent, resent) = traffic(&world);
        world.run(seconds(20));
        let (sent, resent) = (traffic(&world).0 - sent, traffic(&world).1 - resent);
        assert!((resent as f64) < 0.02 * sent as f64, "{share}: {resent} of {sent} sent again");
        let lost = lost(&world);
        // Some are on their way when the report is made.
        assert!(f64::from(lost) < 0.002 * sent as f64, "{share}: {lost} of {sent} reported lost");
    }
}

/// Returns how many packets the camera sent, and how many again.
fn traffic(world: &World) -> (u64, u64) {
    let layers = &world.clients[0].publishers[1..];
    let sent = layers.iter().map(|layer| u64::from(layer.frame * layer.packets_per_frame)).sum();
    (sent, layers.iter().map(|layer| layer.resent).sum())
}

/// Returns how many packets of the camera the engine reported lost at last.
fn lost(world: &World) -> i32 {
    let owner = &world.clients[0];
    let last = |ssrc| owner.reports.iter().rev().find(|(_, report)| report.ssrc == ssrc);
    let layers = owner.publishers[1..].iter().filter_map(|layer| last(layer.ssrc));
    layers.map(|(_, report)| report.cumulative_lost).sum()
}
