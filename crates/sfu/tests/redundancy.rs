//! Sound that carries copies of earlier frames (RFC 2198), or is sent again just as it was to who takes none: lost packets
//! are heard all the same.

mod common;

use common::client::{AUDIO_PT, Client, RED_PT};
use common::receiver::Receiver;
use common::{CONFERENCE, World, ms, seconds};
use netem::{Conditions, GilbertElliott, Loss};
use sfu::{DropReason, MediaKind};

fn near() -> Conditions {
    Conditions { delay: ms(20), ..Conditions::default() }
}

/// Someone who sends copies, one who takes them and one who does not, both of whom hear the first.
fn world() -> World {
    world_with(|number, client| {
        if number < 3 {
            client.use_redundancy(1);
        }
    })
}

fn world_with(prepare: impl Fn(u64, &mut Client)) -> World {
    let mut world = World::new(near());
    for number in 1..=3 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        prepare(number, &mut client);
        world.join(client);
    }
    world.connect();
    let source = Some(world.clients[0].source(MediaKind::Audio));
    world.show(1, "sa0", source);
    world.show(2, "sa0", source);
    world
}

fn heard(world: &World, client: usize) -> &Receiver {
    world.clients[client].receiver("sa0")
}

/// Share of the frames between the first and the last heard that never were.
fn silent(receiver: &Receiver) -> f64 {
    let (frames, _) = receiver.frames();
    let span = frames.last().expect("frames").number - frames[0].number + 1;
    1.0 - frames.len() as f64 / f64::from(span)
}

#[test]
fn copies_go_to_who_negotiated_them_and_the_frame_alone_to_who_did_not() {
    let mut world = world();
    world.run(seconds(4));
    for (client, with_copies) in [(1, true), (2, false)] {
        let receiver = heard(&world, client);
        let (frames, broken) = receiver.frames();
        assert!(frames.len() > 190 && broken == 0 && receiver.holes() == 0, "{} frames", frames.len());
        assert!(frames.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 960));
        assert_eq!(receiver.copies > 180, with_copies, "{} copies", receiver.copies);
        assert_eq!((receiver.repaired, receiver.duplicates), (0, 0), "nothing was lost");
    }
}

#[test]
fn who_sends_no_copies_is_heard_with_some_all_the_same() {
    let mut world = world_with(|number, client| {
        if number == 2 {
            client.use_redundancy(1);
        }
    });
    world.run(seconds(2));
    assert!(heard(&world, 1).copies > 90);
    assert_eq!(heard(&world, 2).copies, 0);
}

#[test]
fn a_receiver_with_its_own_payload_types_finds_them_in_the_blocks() {
    let mut world = world_with(|number, client| {
        if number < 3 {
            client.use_redundancy(1);
        }
        if number == 2 {
            client.publishers.clear();
            client.codecs[0].payload_type = 109;
            client.codecs[0].red_payload_type = Some(121);
        }
    });
    world.run(seconds(2));
    // The test's receiver refuses blocks of another payload type than its Opus has.
    assert!(heard(&world, 1).copies > 80 && heard(&world, 1).frames().0.len() > 90);
}

#[test]
fn a_tenth_of_the_packets_lost_costs_a_receiver_next_to_nothing_of_the_sound() {
    let bursts = GilbertElliott { good_to_bad: 0.03, bad_to_good: 0.5, loss_good: 0.0, loss_bad: 1.0 };
    let lines = [
        ("1 %", Loss::Random(0.01), 0.002, 0.005),
        ("5 %", Loss::Random(0.05), 0.005, 0.01),
        ("10 %", Loss::Random(0.10), 0.005, 0.01),
        ("20 %", Loss::Random(0.20), 0.02, 0.02),
        ("30 %", Loss::Random(0.30), 0.04, 0.04),
        ("6 % in bursts of 2", Loss::Bursts(bursts), 0.015, 0.015),
    ];
    for (name, loss, bearable, bearable_without) in lines {
        let mut world = world();
        for client in [1, 2] {
            let (server, address) = (world.server, world.clients[client].address);
            world.network.set_conditions(server, address, Conditions { loss, ..near() });
        }
        world.run(seconds(60));
        let (with, without) = (silent(heard(&world, 1)), silent(heard(&world, 2)));
        let copies = heard(&world, 1).copies as f64 / heard(&world, 1).packets as f64;
        let repeated = world.sfu.counters().packets_repeated as f64 / heard(&world, 2).packets as f64;
        let [with_percent, without_percent] = [with * 100.0, without * 100.0];
        println!(
            "{name}: {with_percent:.2} % of the sound missing with {copies:.1} copies, {without_percent:.2} % sent {repeated:.1} times again"
        );
        assert!(with < bearable, "{name}: {with}");
        assert!(without < bearable_without, "{name}: {without}, sent {repeated} times again");
    }
}

#[test]
fn what_is_lost_on_its_way_here_is_mended_for_who_gets_no_copies_too() {
    let mut world = world();
    let (server, address) = (world.server, world.clients[0].address);
    world.network.set_conditions(address, server, Conditions { loss: Loss::Random(0.1), ..near() });
    world.clients[2].recorded = Some(Vec::new());
    world.run(seconds(60));
    for client in [1, 2] {
        let receiver = heard(&world, client);
        assert!(silent(receiver) < 0.02, "{}", silent(receiver));
        assert_eq!(receiver.duplicates, 0);
    }
    assert_eq!(world.sfu.counters().packets_repeated, 0, "its own line loses nothing");
    let recorded = world.clients[2].recorded.take().expect("recorded");
    let sound = recorded.iter().filter(|(_, datagram)| datagram[1] & 0x7f == AUDIO_PT);
    let numbers = sound.map(|(_, datagram)| u16::from_be_bytes([datagram[2], datagram[3]]));
    let steps: Vec<u16> =
        numbers.clone().zip(numbers.skip(1)).map(|(one, next)| next.wrapping_sub(one)).collect();
    assert!(
        steps.len() > 2900 && steps.iter().all(|step| (1..10).contains(step)),
        "{:?}",
        steps.iter().max()
    );
}

#[test]
fn what_copies_mend_is_reported_as_lost_so_that_the_encoder_goes_on_protecting() {
    let mut world = world();
    let (server, address) = (world.server, world.clients[0].address);
    world.network.set_conditions(address, server, Conditions { loss: Loss::Random(0.1), ..near() });
    world.run(seconds(60));
    let sound = world.clients[0].publisher(MediaKind::Audio).ssrc;
    let reports = world.clients[0].reports.iter().map(|(_, block)| block).filter(|block| block.ssrc == sound);
    let shares: Vec<f64> = reports.map(|block| f64::from(block.fraction_lost) / 256.0).collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    assert!(shares.len() > 50 && (0.08..0.12).contains(&mean), "{mean} of {} reports", shares.len());
}

#[test]
fn packets_that_overtake_each_other_are_heard_once() {
    let mut world = world();
    let (server, address) = (world.server, world.clients[0].address);
    world.network.set_conditions(address, server, Conditions { reorder: 0.2, hold: ms(50), ..near() });
    world.run(seconds(10));
    for client in [1, 2] {
        assert_eq!((silent(heard(&world, client)), heard(&world, client).duplicates), (0.0, 0));
    }
    assert!(world.sfu.counters().dropped(DropReason::Duplicate) > 20, "copies came before some");
}

#[test]
fn a_slot_that_changes_its_speaker_begins_without_copies_from_before() {
    let mut world = world_with(|_, client| client.use_redundancy(1));
    world.run(seconds(2));
    let before = world.clients[2].publisher(MediaKind::Audio).frame;
    let next = world.clients[2].source(MediaKind::Audio);
    world.show(1, "sa0", Some(next));
    world.run(seconds(2));
    let frames = heard(&world, 1).frames_of(next.0);
    assert!(frames.len() > 90);
    assert!(frames[0].number + 2 > before, "{} when {before} was sent", frames[0].number);
    assert!(heard(&world, 1).copies > 180);
    assert_eq!(heard(&world, 1).holes(), 0);
}

#[test]
fn a_narrow_line_gets_the_frame_alone_and_copies_again_when_it_widens() {
    let mut world = world_with(|_, client| {
        client.use_redundancy(1);
        client.gives_feedback = false;
    });
    let mut copies = Vec::new();
    for (belief, spares) in [(100_000, false), (1_000_000, true)] {
        world.clients[1].send_remb(belief);
        world.run(ms(500));
        let before = heard(&world, 1).copies;
        world.run(seconds(2));
        copies.push(heard(&world, 1).copies - before);
        assert_eq!(copies.last() > Some(&80), spares, "{copies:?}");
    }
    assert_eq!(copies[0], 0);
    assert_eq!(heard(&world, 1).holes(), 0);
}

#[test]
fn blocks_that_do_not_fit_are_counted_and_the_sound_goes_on() {
    let mut world = world();
    world.run(seconds(1));
    let malformed: [&[u8]; 5] = [
        &[0x80 | AUDIO_PT],
        &[0x80 | AUDIO_PT, 0xff, 0xff, 0xff, AUDIO_PT, 1],
        &[AUDIO_PT],
        &[96, 1, 2],
        &[0xff; 40],
    ];
    for payload in malformed {
        let packet = world.clients[0].publisher_mut(MediaKind::Audio).packet(RED_PT, false, payload);
        world.clients[0].send_plain(packet);
    }
    world.run(seconds(2));
    assert_eq!(world.sfu.counters().dropped(DropReason::RedMalformed), 5);
    assert_eq!(world.sfu.counters().faults, 0);
    assert!(heard(&world, 1).packets > 140 && heard(&world, 2).packets > 140);
}
