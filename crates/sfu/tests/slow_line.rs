//! A receiver whose line takes less than what it is shown: sound first, pictures as far as they fit, and nobody
//! else notices.

mod common;

use std::time::Instant;

use common::client::Client;
use common::receiver::Receiver;
use common::{CONFERENCE, World, ms, seconds};
use netem::{Conditions, Rate};
use sfu::{Event, MediaKind};

const SLOW: usize = 1;
const FAST: usize = 2;

fn line(bits_per_second: u64) -> Conditions {
    let bytes_per_second = bits_per_second / 8;
    // Half a second: what overflows before anyone can know is lost, sound or not.
    let rate = Rate { bytes_per_second, burst_bytes: 0, queue_bytes: bytes_per_second / 2 };
    Conditions { delay: ms(25), rate: Some(rate), ..Conditions::default() }
}

/// One publisher of 870 kbit/s, whom two others see and hear.
fn watched() -> World {
    let mut world = World::with_clients(Conditions { delay: ms(25), ..Conditions::default() }, 3);
    for viewer in [SLOW, FAST] {
        let (audio, video) =
            (world.clients[0].source(MediaKind::Audio), world.clients[0].source(MediaKind::Video));
        world.show(viewer, "sa0", Some(audio));
        world.show(viewer, "sv0", Some(video));
    }
    world
}

fn set_line(world: &mut World, bits_per_second: u64) {
    let (server, viewer) = (world.server, world.clients[SLOW].address);
    world.network.set_conditions(server, viewer, line(bits_per_second));
}

/// Returns the numbers of the frames that came after `since`.
fn frames_since(receiver: &Receiver, since: Instant) -> Vec<u32> {
    let (frames, _) = receiver.frames();
    frames.iter().filter(|frame| frame.arrived > since).map(|frame| frame.number).collect()
}

/// Returns what was said of pictures that the line does not carry.
fn held(world: &World) -> Vec<bool> {
    let told = |event: &Event| match event {
        Event::PictureHeld { held, .. } => Some(*held),
        _ => None,
    };
    world.events.iter().filter_map(told).collect()
}

/// Returns the longest time between two sounds that came after `since`.
fn longest_silence(receiver: &Receiver, since: Instant) -> u128 {
    let (frames, _) = receiver.frames();
    let times: Vec<Instant> =
        frames.iter().map(|frame| frame.arrived).filter(|arrived| *arrived > since).collect();
    times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).max().unwrap_or(u128::MAX)
}

#[test]
fn who_falls_to_300_kbit_keeps_all_sound_while_the_picture_is_held_and_others_see_everything() {
    let mut world = watched();
    set_line(&mut world, 5_000_000);
    world.run(seconds(5));
    let fell = world.now;
    set_line(&mut world, 300_000);
    world.run(seconds(20));
    let returned = world.now;
    let slow = &world.clients[SLOW];
    let sound = slow.receiver("sa0");
    assert_eq!(sound.holes(), 0, "no sound was lost");
    assert!(frames_since(sound, fell).len() > 980, "{} sounds in 20 s", frames_since(sound, fell).len());
    let silence = longest_silence(sound, fell + seconds(2));
    assert!(silence < 120, "{silence} ms without sound");
    let pictures = frames_since(slow.receiver("sv0"), fell + seconds(4)).len();
    assert!(pictures < 20, "{pictures} pieces of a picture that does not fit and has no smaller form");
    assert_eq!(held(&world), [true], "they were told why");

    set_line(&mut world, 5_000_000);
    world.run(seconds(15));
    let late = world.now;
    world.run(seconds(5));
    let pictures = frames_since(world.clients[SLOW].receiver("sv0"), late).len();
    assert!(pictures > 140, "{pictures} pictures in 5 s, 15 s after the line is good again");
    assert!(returned < late);
    assert_eq!(held(&world), [true, false]);

    let seen = frames_since(world.clients[FAST].receiver("sv0"), fell - seconds(4));
    assert!(seen.windows(2).all(|pair| pair[1] == pair[0] + 1), "the other viewer misses nothing");
    assert_eq!(world.clients[FAST].receiver("sa0").holes(), 0);
}

/// A line of `bits_per_second` with a queue of 400 ms, which lets two packets through at once.
fn bucket(bits_per_second: u64) -> Conditions {
    let bytes_per_second = bits_per_second / 8;
    let rate = Rate { bytes_per_second, burst_bytes: 3000, queue_bytes: bytes_per_second * 2 / 5 };
    Conditions { delay: ms(20), rate: Some(rate), ..Conditions::default() }
}

/// A camera of 130, 440 and 1,300 kbit/s, and one who sees and hears it over a line of 2 Mbit/s for a while.
fn watched_in_layers() -> World {
    let mut world = World::new(Conditions { delay: ms(10), ..Conditions::default() });
    let mut owner = Client::new(1, CONFERENCE, world.now).in_layers([1, 2, 6]);
    owner.publishers[1].payload_len = 500;
    world.join(owner);
    let viewer = Client::new(2, CONFERENCE, world.now);
    world.join(viewer);
    world.connect();
    let (server, address) = (world.server, world.clients[SLOW].address);
    world.network.set_conditions(server, address, bucket(2_000_000));
    let (sound, camera) =
        (world.clients[0].source(MediaKind::Audio), world.clients[0].source(MediaKind::Video));
    world.show(SLOW, "sa0", Some(sound));
    world.show(SLOW, "sv0", Some(camera));
    world.follow(seconds(10));
    world
}

/// Returns when pictures came since `since`, without key frames, and of how many packets each was.
fn pictures_since(world: &World, since: Instant) -> Vec<(Instant, usize)> {
    let (frames, _) = world.clients[SLOW].receiver("sv0").frames();
    let plain = frames.iter().filter(|frame| frame.arrived > since && !frame.key);
    plain.map(|frame| (frame.arrived, frame.packets)).collect()
}

#[test]
fn who_falls_to_300_kbit_soon_sees_the_smallest_picture_move_and_afterwards_soon_the_best() {
    let mut world = watched_in_layers();
    let (server, address) = (world.server, world.clients[SLOW].address);
    let fell = world.now;
    world.network.set_conditions(server, address, bucket(300_000));
    world.follow(seconds(30));
    let returned = world.now;
    world.network.set_conditions(server, address, bucket(2_000_000));
    world.follow(seconds(15));

    let pictures = pictures_since(&world, fell);
    let (small, _) = pictures.iter().find(|(_, packets)| *packets == 1).expect("a smaller picture");
    assert!(*small < fell + seconds(2), "after {:?}", *small - fell);
    let narrow: Vec<_> = pictures.iter().filter(|(at, _)| *at > *small && *at < returned).collect();
    assert!(narrow.len() > 800, "{} pictures in 28 s", narrow.len());
    assert!(narrow.iter().all(|(_, packets)| *packets == 1), "nothing larger was tried in between");
    let again =
        pictures.iter().find(|(at, packets)| *at > returned && *packets == 6).expect("the best again");
    assert!(again.0 < returned + seconds(6), "after {:?}", again.0 - returned);
    assert_eq!(world.clients[SLOW].receiver("sa0").holes(), 0, "no sound was lost");
}

#[test]
fn bursts_that_look_for_more_repeat_what_was_sent_and_leave_no_gap() {
    let mut world = watched();
    world.run(seconds(5));
    let viewer = &world.clients[FAST];
    let (video, sound) = (viewer.receiver("sv0"), viewer.receiver("sa0"));
    assert!(world.sfu.counters().packets_probing > 10, "{}", world.sfu.counters().packets_probing);
    assert!(video.duplicates > 0, "the latest packets were repeated");
    assert_eq!((video.holes(), sound.holes(), viewer.unknown_ssrcs), (0, 0, 0));
    let (frames, broken) = video.frames();
    assert_eq!(broken, 0);
    assert!(frames.windows(2).all(|pair| pair[1].number == pair[0].number + 1));
}

#[test]
fn who_is_shown_nothing_is_probed_with_padding() {
    let mut world = World::with_clients(Conditions { delay: ms(25), ..Conditions::default() }, 2);
    let source = world.clients[0].source(MediaKind::Audio);
    world.show(1, "sa0", Some(source));
    world.run(seconds(3));
    let viewer = &world.clients[1];
    assert!(viewer.paddings > 5, "{} packets of padding", viewer.paddings);
    assert_eq!((viewer.receiver("sa0").holes(), viewer.open_failures, viewer.unknown_ssrcs), (0, 0, 0));
}

#[test]
fn where_no_feedback_was_agreed_on_nothing_waits_and_nothing_probes() {
    let mut world = World::new(Conditions { delay: ms(25), ..Conditions::default() });
    for number in 1..=2 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        client.gives_feedback = false;
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    for _ in 0..50 {
        world.run(ms(100));
        world.clients[1].send_remb(2_000_000);
    }
    assert!(world.sfu.counters().remb_received >= 49);
    assert_eq!(world.sfu.counters().packets_probing, 0);
    let (frames, broken) = world.clients[1].receiver("sv0").frames();
    assert!(frames.len() > 140 && broken == 0, "{} pictures", frames.len());
}

#[test]
fn statistics_say_what_the_line_is_thought_to_take() {
    let mut world = watched();
    set_line(&mut world, 300_000);
    world.run(seconds(15));
    let endpoint = world.clients[SLOW].id;
    world.command(sfu::Command::RequestStatistics { endpoint, request: 5 });
    world.run(ms(1));
    let answer = world.events.iter().find_map(|event| match event {
        Event::Statistics { request: 5, statistics } => statistics.clone(),
        _ => None,
    });
    let transport = answer.expect("an answer").transport;
    let available = transport.available_outgoing_bitrate.expect("known");
    assert!((150_000..400_000).contains(&available), "{available}");
    assert!(transport.acknowledged_bitrate.is_some_and(|rate| rate < 320_000), "{transport:?}");
    assert!(transport.queue_delay.is_some_and(|delay| delay < 0.3), "{transport:?}");
    assert!(transport.probes_sent >= 2 && transport.fraction_lost.is_some(), "{transport:?}");
}
