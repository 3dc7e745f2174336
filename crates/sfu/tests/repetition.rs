//! Sound for who takes no copies of earlier frames (Firefox): the same packet again, bit by bit, where some are lost.

mod common;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use common::client::{AUDIO_PT, RED_PT};
use common::receiver::Receiver;
use common::{World, ms, seconds};
use netem::{Conditions, Loss, Rate};
use sfu::MediaKind;

fn near(loss: Loss) -> Conditions {
    Conditions { delay: ms(20), loss, ..Conditions::default() }
}

/// Two people, the second of whom hears the first over a line that loses packets.
fn world(loss: Loss) -> World {
    let mut world = World::with_clients(near(Loss::Never), 2);
    world.clients[1].recorded = Some(Vec::new());
    let source = Some(world.clients[0].source(MediaKind::Audio));
    world.show(1, "sa0", source);
    lose(&mut world, near(loss));
    world
}

fn lose(world: &mut World, conditions: Conditions) {
    let (server, address) = (world.server, world.clients[1].address);
    world.network.set_conditions(server, address, conditions);
}

fn heard(world: &World) -> &Receiver {
    world.clients[1].receiver("sa0")
}

fn repeated(world: &World) -> u64 {
    world.sfu.counters().packets_repeated
}

/// Packets of sound as they came, by sequence number; the payload type of sound is told from the rest by the second byte.
fn by_sequence(recorded: &[(Instant, Vec<u8>)]) -> BTreeMap<u16, Vec<(Instant, &[u8])>> {
    let mut found: BTreeMap<u16, Vec<(Instant, &[u8])>> = BTreeMap::new();
    for (at, datagram) in recorded.iter().filter(|(_, datagram)| datagram[1] & 0x7f == AUDIO_PT) {
        found.entry(u16::from_be_bytes([datagram[2], datagram[3]])).or_default().push((*at, datagram));
    }
    found
}

#[test]
fn nothing_is_sent_twice_while_nothing_is_lost() {
    let mut world = world(Loss::Never);
    world.run(seconds(10));
    assert_eq!((repeated(&world), world.clients[1].open_failures), (0, 0));
}

#[test]
fn what_is_sent_again_is_the_same_datagram_a_frame_later_and_nothing_else_sees_it() {
    let mut world = world(Loss::Random(0.15));
    world.run(seconds(20));
    let recorded = world.clients[1].recorded.take().expect("recorded");
    let packets = by_sequence(&recorded);
    let again: Vec<_> = packets.values().filter(|same| same.len() > 1).collect();
    assert!(again.len() > 600, "{}", again.len());
    for same in again {
        assert!(same.len() <= 3);
        assert!(same.windows(2).all(|pair| pair[0].1 == pair[1].1), "another packet under the same number");
        let apart: Vec<Duration> = same.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(apart.iter().all(|apart| [ms(20), ms(40)].contains(apart)), "{apart:?}");
    }
    let twice: u64 = packets.values().map(|same| same.len() as u64 - 1).sum();
    assert_eq!(world.clients[1].open_failures, twice, "each is dropped as a replay, and nothing else is");
    assert_eq!(heard(&world).duplicates, 0);
    assert!(heard(&world).frames().0.len() > 970 && heard(&world).holes() < 30, "{}", heard(&world).holes());
}

#[test]
fn a_little_loss_is_answered_by_one_repetition_and_much_by_two_and_both_end_with_it() {
    for (loss, each) in [(0.03, 1), (0.15, 2)] {
        let mut world = world(Loss::Random(loss));
        world.run(seconds(8));
        let (before, packets) = (repeated(&world), heard(&world).highest_sequence());
        world.run(seconds(2));
        let sent = u64::from(heard(&world).highest_sequence() - packets);
        assert!((repeated(&world) - before).abs_diff(each * sent) < 6, "{loss}: {sent}");
        lose(&mut world, near(Loss::Never));
        world.run(seconds(25));
        let before = repeated(&world);
        world.run(seconds(2));
        assert_eq!(repeated(&world), before, "{loss}");
    }
}

#[test]
fn who_takes_copies_is_sent_nothing_twice() {
    let mut world = World::new(near(Loss::Never));
    for number in 1..=2 {
        let mut client = common::client::Client::new(number, common::CONFERENCE, world.now);
        client.codecs[0].red_payload_type = Some(RED_PT);
        world.join(client);
    }
    world.connect();
    let source = Some(world.clients[0].source(MediaKind::Audio));
    world.show(1, "sa0", source);
    lose(&mut world, near(Loss::Random(0.2)));
    world.run(seconds(10));
    assert_eq!(repeated(&world), 0);
    assert!(heard(&world).copies > 300);
}

#[test]
fn on_a_narrow_line_the_loss_of_its_queue_is_not_answered_by_more_packets() {
    let mut world = world(Loss::Never);
    let source = Some(world.clients[0].source(MediaKind::Video));
    world.show(1, "sv0", source);
    world.run(seconds(5));
    let rate = Rate { bytes_per_second: 25_000, burst_bytes: 3_000, queue_bytes: 6_000 };
    lose(&mut world, Conditions { rate: Some(rate), ..near(Loss::Never) });
    world.run(seconds(5));
    let before = repeated(&world);
    world.run(seconds(20));
    let more = repeated(&world) - before;
    assert!(more < 100, "{more} of 1000");
}

#[test]
fn pictures_are_reported_on_as_before_while_sound_is_sent_again() {
    let mut world = world(Loss::Random(0.05));
    let source = Some(world.clients[0].source(MediaKind::Video));
    world.show(1, "sv0", source);
    world.run(seconds(30));
    assert!(repeated(&world) > 900, "{}", repeated(&world));
    let frames = world.clients[1].receiver("sv0").frames().0.len();
    assert!(frames > 850, "{frames} of 900 pictures");
    assert!(heard(&world).frames().0.len() > 1480);
}
