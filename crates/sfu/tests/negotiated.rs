//! What was negotiated decides what travels: codecs, feedback, header extensions, credentials.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::client::Client;
use common::publisher::dependency_descriptor;
use common::receiver::Frame;
use common::{CONFERENCE, World, ms, seconds};
use netem::{Conditions, Loss};
use sfu::{Command, DropReason, Event, MediaKind, SourceId, TransportState};
use wire::codec::Codec;

/// Three clients whose cameras and slots use `codec`.
fn world_of(codec: Codec, conditions: Conditions) -> World {
    world_with(conditions, 3, |client| client.use_video(codec))
}

fn world_with(conditions: Conditions, count: u64, prepare: impl Fn(&mut Client)) -> World {
    let mut world = World::new(conditions);
    for number in 1..=count {
        let mut client = Client::new(number, CONFERENCE, world.now);
        prepare(&mut client);
        world.join(client);
    }
    world.connect();
    world
}

fn camera(world: &World, client: usize) -> SourceId {
    world.clients[client].source(MediaKind::Video)
}

/// Shows one camera, then another, and returns the frames seen, after checking that neither the packets'
/// numbers nor the timestamps show a seam, and that each camera was asked for one key frame.
fn two_cameras_on_one_slot(codec: Codec) -> Vec<Frame> {
    let mut world = world_of(codec, Conditions { delay: ms(30), ..Conditions::default() });
    world.run(seconds(1));
    for client in [1, 2] {
        let source = camera(&world, client);
        world.show(0, "sv0", Some(source));
        world.run(seconds(3));
        assert_eq!(world.clients[client].publisher(MediaKind::Video).key_frame_requests.len(), 1);
    }
    let receiver = world.clients[0].receiver("sv0");
    assert_eq!((receiver.codec, receiver.holes()), (codec, 0));
    let (frames, broken) = receiver.frames();
    assert!(broken <= 1, "{broken} broken: at most the frame cut by the change");
    assert!(frames.len() > 170 && frames[0].key, "{} frames", frames.len());
    let seams: Vec<_> = frames.windows(2).filter(|pair| pair[0].source != pair[1].source).collect();
    assert!(seams.len() == 1 && seams[0][1].key, "a source begins with a key frame");
    for pair in frames.windows(2) {
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!((1..45_000).contains(&step), "{pair:?}");
        assert!(pair[0].source != pair[1].source || pair[1].number == pair[0].number + 1, "{pair:?}");
    }
    frames
}

/// With loss on both ways, retransmissions make all frames whole but for the last few.
fn survives_loss(codec: Codec) {
    let bad = Conditions { delay: ms(25), loss: Loss::Random(0.03), ..Conditions::default() };
    let mut world = world_of(codec, bad);
    let source = camera(&world, 1);
    world.show(0, "sv0", Some(source));
    world.run(seconds(8));
    let receiver = world.clients[0].receiver("sv0");
    let (frames, broken) = receiver.frames();
    assert!(receiver.repaired > 10, "{} repaired", receiver.repaired);
    assert!(broken <= 8, "{broken} broken frames at the very end");
    assert!(frames.len() > 220 && frames[0].key, "{} frames", frames.len());
    assert!(frames.windows(2).take(210).all(|pair| pair[1].number == pair[0].number + 1));
}

#[test]
fn vp9_cameras_change_without_a_seam_in_the_picture_numbers() {
    let frames = two_cameras_on_one_slot(Codec::Vp9);
    for pair in frames.windows(2) {
        // The frame that the change cut off used up a number.
        let cut = u16::from(pair[0].source != pair[1].source);
        let ids = pair[1].picture_id.wrapping_sub(pair[0].picture_id) & 0x7fff;
        assert!((1..=1 + cut).contains(&ids), "{pair:?}");
        assert_eq!(u16::from(pair[1].tl0.wrapping_sub(pair[0].tl0)), ids, "{pair:?}");
    }
    survives_loss(Codec::Vp9);
}

#[test]
fn h264_cameras_change_without_a_seam_and_begin_with_their_parameter_sets() {
    // A key frame counts as whole only with its first packet, the parameter set.
    two_cameras_on_one_slot(Codec::H264);
    survives_loss(Codec::H264);
}

#[test]
fn av1_cameras_change_without_a_seam() {
    two_cameras_on_one_slot(Codec::Av1);
    survives_loss(Codec::Av1);
}

#[test]
fn whatever_is_lost_of_a_key_frame_on_its_way_here_a_viewer_begins_with_all_of_it() {
    for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
        let mut world = world_of(codec, Conditions { delay: ms(20), ..Conditions::default() });
        let lossy = Conditions { delay: ms(20), loss: Loss::Random(0.1), ..Conditions::default() };
        for publisher in [1, 2] {
            let address = world.clients[publisher].address;
            world.network.set_conditions(address, world.server, lossy);
        }
        for change in 0..40 {
            let source = camera(&world, 1 + change % 2);
            world.show(0, "sv0", Some(source));
            world.run(ms(700));
        }
        let (frames, _) = world.clients[0].receiver("sv0").frames();
        let seams = frames.windows(2).filter(|pair| pair[0].source != pair[1].source);
        assert!(seams.clone().count() > 35);
        let without_key = seams.filter(|pair| !pair[1].key).count();
        assert_eq!(without_key, 0, "{codec:?}");
    }
}

#[test]
fn a_codec_that_a_viewer_lacks_is_reported_once_per_showing_and_the_rest_goes_on() {
    let mut world = World::new(Conditions { delay: ms(10), ..Conditions::default() });
    for number in 1..=2 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        if number == 1 {
            client.use_video(Codec::Vp9);
        }
        world.join(client);
    }
    world.connect();
    let (video, audio) = (camera(&world, 0), world.clients[0].source(MediaKind::Audio));
    let endpoint = world.clients[1].id;
    let expected = Event::CodecUnsupported { endpoint, mid: common::mid("sv0"), source: video };
    world.show(1, "sa0", Some(audio));
    for showing in 1..=2 {
        world.show(1, "sv0", Some(video));
        world.run(seconds(4));
        assert_eq!(world.count(|event| *event == expected), showing);
        world.show(1, "sv0", None);
    }
    assert_eq!(world.clients[1].receiver("sv0").packets, 0);
    assert_eq!(world.clients[0].publisher(MediaKind::Video).key_frame_requests.len(), 0);
    assert!(world.clients[1].receiver("sa0").packets > 390);
}

#[test]
fn a_publisher_without_pli_is_asked_by_fir() {
    let mut world = world_with(Conditions { delay: ms(10), ..Conditions::default() }, 2, |client| {
        client.codecs[1].pli = false;
    });
    world.run(seconds(1));
    let source = camera(&world, 0);
    world.show(1, "sv0", Some(source));
    world.run(seconds(2));
    let publisher = &world.clients[0];
    assert_eq!((publisher.firs, publisher.plis), (1, 0));
    assert!(world.clients[1].receiver("sv0").frames().0[0].key);
}

#[test]
fn sound_that_is_lost_on_its_way_here_is_asked_for_where_nack_was_negotiated() {
    let uplink_loss = Conditions { delay: ms(15), loss: Loss::Random(0.05), ..Conditions::default() };
    let mut asked = Vec::new();
    for nack in [true, false] {
        let mut world = world_with(Conditions { delay: ms(15), ..Conditions::default() }, 2, |client| {
            client.codecs[0].nack = nack;
            client.receivers.iter_mut().for_each(|receiver| receiver.nacks = false);
        });
        let (server, publisher) = (world.server, world.clients[0].address);
        world.network.set_conditions(publisher, server, uplink_loss);
        let source = world.clients[0].source(MediaKind::Audio);
        world.show(1, "sa0", Some(source));
        world.run(seconds(10));
        asked.push(world.clients[0].publisher(MediaKind::Audio).nacks);
        let receiver = world.clients[1].receiver("sa0");
        assert!(receiver.packets > 440);
        assert_eq!(receiver.holes() == 0, nack, "{} holes", receiver.holes());
        assert_eq!(receiver.duplicates, 0);
    }
    assert!(asked[0] > 10 && asked[1] == 0, "{asked:?}");
}

#[test]
fn a_nack_without_rtx_is_counted_and_not_answered() {
    let mut world = world_with(Conditions { delay: ms(15), ..Conditions::default() }, 2, |client| {
        client.codecs[1].rtx_payload_type = None;
        client.receivers.iter_mut().for_each(|receiver| receiver.nacks = false);
    });
    let source = camera(&world, 0);
    world.show(1, "sv0", Some(source));
    world.run(seconds(2));
    let receiver = world.clients[1].receiver("sv0");
    let (ssrc, highest) = (receiver.ssrc, receiver.highest_sequence() as u16);
    world.clients[1].send_rtcp(|out| {
        out.nack(1, ssrc, &[highest.wrapping_sub(5)]).expect("fits");
    });
    world.run(seconds(1));
    assert_eq!(world.sfu.counters().packets_retransmitted, 0);
    assert_eq!(world.sfu.counters().dropped(DropReason::NackRefused), 1);
    assert_eq!(world.clients[1].receiver("sv0").duplicates, 0);
}

#[test]
fn orientation_and_dependency_descriptors_pass_as_they_are_to_who_negotiated_them() {
    let mut world = World::new(Conditions { delay: ms(10), ..Conditions::default() });
    for number in 1..=3 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        client.use_video(Codec::Av1);
        match number {
            1 => {
                let camera = client.publisher_mut(MediaKind::Video);
                (camera.orientation, camera.describes) = (Some(3), true);
            }
            2 => {
                client.dialect = 4;
                client.publishers.clear();
            }
            _ => client.understands_frames = false,
        }
        world.join(client);
    }
    world.connect();
    let source = camera(&world, 0);
    world.show(1, "sv0", Some(source));
    world.show(2, "sv0", Some(source));
    world.run(seconds(2));

    let receiver = world.clients[1].receiver("sv0");
    assert_eq!(receiver.orientations, BTreeSet::from([3]));
    assert_eq!(receiver.descriptors.len() as u64, receiver.packets, "on each packet");
    let (frames, _) = receiver.frames();
    assert!(frames.len() > 50);
    for frame in &frames {
        let expected = dependency_descriptor(frame.number, frame.key);
        assert!(receiver.descriptors.values().any(|descriptor| *descriptor == expected), "{frame:?}");
    }
    let other = world.clients[2].receiver("sv0");
    assert!(other.frames().0.len() > 50 && other.orientations.is_empty() && other.descriptors.is_empty());
}

#[test]
fn an_ice_restart_moves_the_media_when_the_new_path_is_nominated_and_not_before() {
    let mut world = World::with_clients(Conditions { delay: ms(20), ..Conditions::default() }, 2);
    let source = camera(&world, 0);
    world.show(1, "sv0", Some(source));
    world.run(seconds(2));

    world.clients[1].plan_ice_restart();
    world.clients[1].add_slot("sv9");
    let endpoint = world.clients[1].id;
    let update = Command::UpdateEndpoint(Box::new(world.clients[1].parameters()));
    world.command(update);
    world.show(1, "sv9", Some(source));
    world.run(seconds(12));
    assert_eq!(world.clients[1].receiver("sv0").holes(), 0, "the old path carries on");
    assert!(world.clients[1].receiver("sv0").frames().0.len() > 400);
    assert!(world.clients[1].receiver("sv9").frames().0.len() > 340, "the new slot is there");

    let (now, old) = (world.now, world.clients[1].address);
    world.clients[1].carry_out_ice_restart(now, ([10, 1, 1, 1], 4444).into());
    world.run(seconds(3));
    assert!(world.strays.iter().all(|(to, _)| *to == old));
    assert!(world.strays.len() < 80, "{} datagrams to the old address", world.strays.len());
    let (frames, broken) = world.clients[1].receiver("sv0").frames();
    assert!(broken <= 3, "{broken} frames broken while moving");
    assert!(frames.last().expect("frames").arrived > world.now - Duration::from_millis(100));
    let of_viewer =
        |event: &Event| matches!(event, Event::TransportStateChanged { endpoint: e, .. } if *e == endpoint);
    assert_eq!(world.count(of_viewer), 1, "it is connected all the time");
    assert!(world.count(|event| matches!(event, Event::TransportStateChanged { state, .. } if *state == TransportState::Connected)) == 2);
    assert_eq!(world.sfu.counters().routes, 3, "the old path is valid for a while");
    world.run(seconds(3));
    assert_eq!(world.sfu.counters().routes, 2);
}
