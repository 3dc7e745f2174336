//! A camera in three encodings: which of them a viewer sees, whatever its client pauses.

mod common;

use std::time::Instant;

use common::client::Client;
use common::receiver::Frame;
use common::{CONFERENCE, World, ms, seconds};
use netem::{Conditions, Loss};
use sfu::{DropReason, MediaKind};

/// Where the encodings are among the publishers: behind the microphone, lowest first.
const LOW: usize = 1;
const MIDDLE: usize = 2;
const FULL: usize = 3;

/// A camera in three encodings, told apart by RID.
fn simulcast(world: &World, number: u64) -> Client {
    Client::new(number, CONFERENCE, world.now).in_layers([1, 2, 4])
}

#[test]
fn the_highest_simulcast_layer_that_sends_is_shown_and_changes_are_seamless() {
    let mut world = World::new(Conditions { delay: ms(20), ..Conditions::default() });
    let publisher = simulcast(&world, 1);
    world.join(publisher);
    let viewer = Client::new(2, CONFERENCE, world.now);
    world.join(viewer);
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(3));
    world.clients[0].publishers[FULL].enabled = false;
    world.run(seconds(3));
    world.clients[0].publishers[FULL].enabled = true;
    world.run(seconds(3));
    for layer in [MIDDLE, FULL] {
        let asked = world.clients[0].publishers[layer].key_frame_requests.len();
        assert!(asked >= 1, "layer {layer} was asked for a key frame to change to it");
    }
    assert_eq!(world.clients[0].publishers[LOW].key_frame_requests.len(), 0);

    let receiver = world.clients[1].receiver("sv0");
    assert_eq!(receiver.holes(), 0);
    let (video, broken) = receiver.frames();
    assert_eq!(broken, 0);
    let changes: Vec<_> = video.windows(2).filter(|pair| pair[1].number != pair[0].number + 1).collect();
    assert!(changes.len() >= 2, "{} changes of layer", changes.len());
    assert!(changes.iter().all(|pair| pair[1].key), "each begins with a key frame");
    for pair in video.windows(2) {
        assert_eq!(pair[1].picture_id, (pair[0].picture_id + 1) & 0x7fff);
        let shown = (pair[1].arrived - pair[0].arrived).as_millis() as i64;
        let stamped = i64::from(pair[1].timestamp.wrapping_sub(pair[0].timestamp).cast_signed()) / 90;
        assert!(stamped > 0 && (shown - stamped).abs() < 60, "{shown} ms passed, {stamped} ms stamped");
    }
    assert!(video.last().expect("frames").arrived > world.now - ms(100));
}

#[test]
fn encodings_announced_by_their_ssrcs_are_layers_too() {
    let mut world =
        World::new(Conditions { delay: ms(20), loss: Loss::Random(0.02), ..Conditions::default() });
    let mut publisher = simulcast(&world, 1);
    for layer in &mut publisher.publishers {
        layer.rid = None;
        layer.stamps_mid = false;
    }
    world.join(publisher);
    let viewer = Client::new(2, CONFERENCE, world.now);
    world.join(viewer);
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(2));
    send(&mut world, &[FULL], false);
    world.run(seconds(3));
    let last = seen(&world).last().copied().expect("frames");
    assert_eq!(last.packets, 2, "the middle one");
    assert!(
        last.arrived > world.now - ms(200) && seen(&world).iter().filter(|frame| is_full(frame)).count() > 40
    );
    let resent: u64 =
        [LOW, MIDDLE, FULL].iter().map(|layer| world.clients[0].publishers[*layer].resent).sum();
    assert!(resent > 5, "repairs are known by their SSRCs as well");
}

#[test]
fn streams_are_known_by_their_first_packets_once_the_mid_is_no_longer_sent() {
    let mut world = World::new(Conditions { delay: ms(20), ..Conditions::default() });
    let publisher = simulcast(&world, 1);
    world.join(publisher);
    world.connect();
    world.run(ms(300));
    for publisher in &mut world.clients[0].publishers {
        publisher.stamps_mid = false;
        publisher.rid = None;
    }
    world.run(seconds(1));
    assert_eq!(world.sfu.counters().dropped(DropReason::UnknownSsrc), 0);
}

/// A publisher of three encodings and a viewer, who is shown the camera already.
fn publisher_and_viewer(conditions: Conditions) -> World {
    let mut world = World::new(conditions);
    let publisher = simulcast(&world, 1);
    world.join(publisher);
    let viewer = Client::new(2, CONFERENCE, world.now);
    world.join(viewer);
    for layer in [LOW, MIDDLE, FULL] {
        world.clients[0].publishers[layer].enabled = false;
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world
}

fn seen(world: &World) -> Vec<Frame> {
    world.clients[1].receiver("sv0").frames().0
}

/// Frames of the full encoding have at least four packets and are not key frames of the lower ones.
fn is_full(frame: &Frame) -> bool {
    frame.packets == if frame.key { 8 } else { 4 }
}

fn send(world: &mut World, layers: &[usize], enabled: bool) {
    for layer in layers {
        world.clients[0].publishers[*layer].enabled = enabled;
    }
}

/// From 400 ms after `since` on, the viewer sees the full encoding only, and sees it move.
fn assert_full_since(world: &World, since: Instant) {
    let frames = seen(world);
    let late: Vec<_> = frames.iter().filter(|frame| frame.arrived > since + ms(400)).collect();
    let expected = (world.now - since - ms(400)).as_millis() as usize / 33;
    assert!(late.len() + 4 > expected, "{} frames of about {expected}", late.len());
    assert!(late.iter().all(|frame| is_full(frame)));
}

#[test]
fn lower_encodings_that_send_a_few_packets_and_are_paused_leave_the_viewer_on_the_full_one() {
    // Chromium starts all encodings and learns a moment later which of them are not wanted. Bandwidth
    // may let the full one begin with them, soon after, or only once they have long been silent.
    for begins_after in [0, 60, 250, 900, 2500] {
        for loss in [0.0, 0.03] {
            let mut world = publisher_and_viewer(Conditions {
                delay: ms(20),
                loss: Loss::Random(loss),
                ..Conditions::default()
            });
            send(&mut world, &[LOW, MIDDLE], true);
            let step = ms(begins_after.min(150));
            world.run(step);
            if begins_after <= 150 {
                send(&mut world, &[FULL], true);
            }
            world.run(ms(150) - step);
            send(&mut world, &[LOW, MIDDLE], false);
            world.run(ms(begins_after.max(150) - 150));
            send(&mut world, &[FULL], true);
            let began = world.now;
            world.run(seconds(4));
            assert_full_since(&world, began);
        }
    }
}

#[test]
fn an_encoding_that_sends_nothing_but_padding_is_not_shown() {
    let mut world = publisher_and_viewer(Conditions { delay: ms(20), ..Conditions::default() });
    send(&mut world, &[LOW, MIDDLE, FULL], true);
    world.run(seconds(2));
    send(&mut world, &[FULL], false);
    // Chromium probes for bandwidth with padding on an encoding that it has suspended.
    let suspended = world.now;
    while world.now < suspended + seconds(4) {
        let padding = world.clients[0].publishers[FULL].padding();
        world.clients[0].send_plain(padding);
        world.run(ms(20));
    }
    let last = seen(&world).last().copied().expect("frames");
    assert!(last.arrived > world.now - ms(100), "the picture moves");
    assert!(!is_full(&last));
    send(&mut world, &[FULL], true);
    let resumed = world.now;
    world.run(seconds(2));
    assert_full_since(&world, resumed);
}

#[test]
fn a_viewer_who_comes_later_is_never_shown_the_paused_encodings() {
    let mut world = publisher_and_viewer(Conditions { delay: ms(20), ..Conditions::default() });
    world.show(1, "sv0", None);
    send(&mut world, &[LOW, MIDDLE, FULL], true);
    world.run(ms(200));
    send(&mut world, &[LOW, MIDDLE], false);
    world.run(ms(300));
    let (source, shown) = (world.clients[0].source(MediaKind::Video), world.now);
    world.show(1, "sv0", Some(source));
    world.run(seconds(3));
    let frames = seen(&world);
    assert!(frames.iter().all(is_full) && frames[0].arrived < shown + ms(150));
    for paused in [LOW, MIDDLE] {
        assert_eq!(world.clients[0].publishers[paused].key_frame_requests.len(), 0);
    }
}
