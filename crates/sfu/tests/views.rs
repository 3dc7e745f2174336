//! What each viewer is shown of a camera in three encodings, by their tile and their line, and what its
//! owner learns of it. Lines are told by REMB here; how an engine finds them out is tested elsewhere.

mod common;

use std::time::Duration;

use common::client::Client;
use common::{CONFERENCE, World, mid, ms, seconds};
use netem::Conditions;
use sfu::{Command, Event, MediaKind, View};

/// Packets of a frame in each of the three encodings; at 30 frames per second about 250 kbit/s each.
const PACKETS: [u32; 3] = [1, 2, 4];
const LOW: u8 = 0b001;
const MIDDLE: u8 = 0b010;
const FULL: u8 = 0b100;

/// Somebody with a camera in three encodings, and `viewers` who are shown it.
fn meeting(viewers: u64) -> World {
    let mut world = World::new(Conditions { delay: ms(10), ..Conditions::default() });
    let owner = Client::new(1, CONFERENCE, world.now).in_layers(PACKETS);
    world.join(owner);
    for number in 2..2 + viewers {
        let mut viewer = Client::new(number, CONFERENCE, world.now);
        viewer.gives_feedback = false;
        world.join(viewer);
    }
    world.connect();
    world
}

fn held(world: &World) -> Vec<bool> {
    let told = |event: &Event| match event {
        Event::PictureHeld { held, .. } => Some(*held),
        _ => None,
    };
    world.events.iter().filter_map(told).collect()
}

/// Shows the camera to a viewer on a tile of so many lines.
fn look(world: &mut World, viewer: usize, max_height: u16) {
    let endpoint = world.clients[viewer].id;
    let source = Some(world.clients[0].source(MediaKind::Video));
    let view = View { max_height, ..View::default() };
    world.command(Command::MapSlot { endpoint, mid: mid("sv0"), source, view });
}

/// Returns how many packets the frames have that a viewer got in the last half second, without key frames.
fn packets_per_frame(world: &World, viewer: usize) -> Option<u32> {
    let frames = world.clients[viewer].receiver("sv0").frames().0;
    let recent = frames.iter().rev().take_while(|frame| frame.arrived + ms(500) > world.now);
    recent.filter(|frame| !frame.key).map(|frame| frame.packets as u32).max()
}

/// Says what a viewer's line takes, again and again, for a while.
fn with_line(world: &mut World, viewer: usize, kilobits: u32, duration: Duration) {
    let end = world.now + duration;
    while world.now < end {
        world.clients[viewer].send_remb(kilobits * 1000);
        world.follow(ms(200));
    }
}

/// Lets a viewer's slot show nothing.
fn look_away(world: &mut World, viewer: usize) {
    let endpoint = world.clients[viewer].id;
    let view = View::default();
    world.command(Command::MapSlot { endpoint, mid: mid("sv0"), source: None, view });
}

#[test]
fn a_picture_taken_off_the_screen_comes_back_when_it_is_shown_again() {
    for height in [180, 360, 720] {
        let mut world = meeting(1);
        look(&mut world, 1, height);
        with_line(&mut world, 1, 3000, seconds(3));
        let before = packets_per_frame(&world, 1);
        assert!(before.is_some(), "{height} lines: seen");
        look_away(&mut world, 1);
        with_line(&mut world, 1, 3000, seconds(5));
        assert_eq!(world.wanted().last(), Some(&0), "{height} lines: nobody watches");
        look(&mut world, 1, height);
        with_line(&mut world, 1, 3000, seconds(2));
        assert_eq!(packets_per_frame(&world, 1), before, "{height} lines: seen again");
    }
}

#[test]
fn an_owner_sends_what_is_watched_and_nothing_else() {
    let mut world = meeting(2);
    world.follow(seconds(3));
    assert_eq!(world.wanted().last(), Some(&0), "nobody watches");
    look(&mut world, 1, 720);
    look(&mut world, 2, 100);
    world.follow(seconds(3));
    assert_eq!(world.wanted().last(), Some(&(LOW | FULL)));
    assert_eq!((packets_per_frame(&world, 1), packets_per_frame(&world, 2)), (Some(4), Some(1)));
    look(&mut world, 1, 300);
    world.follow(seconds(4));
    assert_eq!(world.wanted().last(), Some(&(LOW | MIDDLE)));
    assert_eq!(packets_per_frame(&world, 1), Some(2));
}

#[test]
fn a_picture_looked_at_again_moves_within_a_fraction_of_a_second() {
    let mut world = meeting(1);
    world.follow(seconds(3));
    let began = world.now;
    look(&mut world, 1, 720);
    world.follow(seconds(1));
    let first = world.clients[1].receiver("sv0").frames().0[0].arrived;
    assert!(first - began < ms(150), "after {:?}", first - began);
}

#[test]
fn a_narrow_line_is_given_the_encoding_that_fits_and_a_wide_one_all() {
    let mut world = meeting(2);
    look(&mut world, 1, 720);
    look(&mut world, 2, 720);
    with_line(&mut world, 1, 5000, seconds(3));
    with_line(&mut world, 1, 400, seconds(4));
    let layers = (packets_per_frame(&world, 1), packets_per_frame(&world, 2));
    assert_eq!(layers, (Some(1), Some(4)), "{:?}", world.wanted());
    with_line(&mut world, 1, 5000, seconds(3));
    assert_eq!(packets_per_frame(&world, 1), Some(4));
    assert_eq!(world.clients[1].receiver("sv0").holes(), 0);
}

#[test]
fn a_line_that_carries_no_picture_is_said_and_unsaid() {
    let mut world = meeting(1);
    look(&mut world, 1, 720);
    with_line(&mut world, 1, 5000, seconds(2));
    with_line(&mut world, 1, 20, seconds(3));
    assert_eq!(held(&world), [true]);
    assert_eq!(packets_per_frame(&world, 1), None);
    with_line(&mut world, 1, 5000, seconds(3));
    assert_eq!(held(&world), [true, false]);
    assert!(packets_per_frame(&world, 1).is_some());
}

#[test]
fn a_held_picture_that_leaves_the_screen_is_no_longer_held() {
    let mut world = meeting(1);
    look(&mut world, 1, 720);
    with_line(&mut world, 1, 20, seconds(3));
    world.show(1, "sv0", None);
    world.follow(seconds(3));
    assert_eq!(held(&world), [true, false]);
    assert_eq!(world.wanted().last(), Some(&0));
}

#[test]
fn a_picture_off_screen_is_not_sent_and_not_called_held() {
    let mut world = meeting(1);
    look(&mut world, 1, 0);
    world.follow(seconds(3));
    assert_eq!(packets_per_frame(&world, 1), None);
    assert_eq!(held(&world), [] as [bool; 0]);
    assert_eq!(world.wanted().last(), Some(&0));
}

#[test]
fn a_viewer_who_leaves_ends_the_demand() {
    let mut world = meeting(1);
    look(&mut world, 1, 720);
    world.follow(seconds(1));
    let endpoint = world.clients[1].id;
    world.command(Command::RemoveEndpoint { endpoint });
    world.follow(seconds(3));
    assert_eq!(world.wanted().last(), Some(&0));
}
