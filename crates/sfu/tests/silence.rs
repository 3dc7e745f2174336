//! A microphone that says nothing sends a packet each 400 ms (Opus DTX): it is there, and quiet.

mod common;

use common::{World, ms, seconds};
use netem::{Conditions, Loss};
use sfu::{Event, MediaKind, SourceId};

fn quiet_world(conditions: Conditions) -> (World, SourceId) {
    let mut world = World::with_clients(conditions, 2);
    world.clients[0].publisher_mut(MediaKind::Audio).leaves_out_silence = true;
    let source = world.clients[0].source(MediaKind::Audio);
    world.show(1, "sa0", Some(source));
    world.run(seconds(1));
    (world, source)
}

fn ended(world: &World, source: SourceId) -> usize {
    world.count(|event| *event == Event::SourceActiveChanged { source, active: false })
}

fn spoken(world: &World, source: SourceId) -> Vec<bool> {
    let told = |event: &Event| match event {
        Event::SpeakingChanged { source: of, speaking } if *of == source => Some(*speaking),
        _ => None,
    };
    world.events.iter().filter_map(told).collect()
}

#[test]
fn silence_costs_little_and_does_not_end_a_source_even_when_a_third_of_it_is_lost() {
    for loss in [Loss::Never, Loss::Random(0.3)] {
        let (mut world, source) = quiet_world(Conditions { delay: ms(20), loss, ..Conditions::default() });
        let before = world.clients[1].receiver("sa0").packets;
        world.run(seconds(60));
        let packets = world.clients[1].receiver("sa0").packets - before;
        assert!(packets <= 151, "{packets} packets in a minute");
        assert_eq!((ended(&world, source), spoken(&world, source)), (0, vec![]));
    }
}

#[test]
fn a_word_out_of_silence_is_heard_from_its_beginning_and_its_end_is_noticed_without_packets() {
    let (mut world, source) = quiet_world(Conditions { delay: ms(20), ..Conditions::default() });
    world.run(seconds(5));
    let first = world.clients[0].publisher(MediaKind::Audio).frame + 1;
    world.clients[0].publisher_mut(MediaKind::Audio).level = 20;
    world.run(seconds(1));
    assert_eq!(spoken(&world, source), [true]);
    world.clients[0].publisher_mut(MediaKind::Audio).level = 127;
    world.run(seconds(1));
    assert_eq!(spoken(&world, source), [true, false]);

    let receiver = world.clients[1].receiver("sa0");
    let frames = receiver.frames().0;
    assert!(frames.iter().any(|frame| frame.number == first) && receiver.holes() == 0);
    let steps: Vec<u32> =
        frames.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp)).collect();
    assert!(steps.iter().all(|step| [960, 19_200].contains(step)), "silence has its length: {steps:?}");
}

/// Somebody whose slot showed another microphone until they began to speak, 300 ms ago.
fn remapped_in_a_word(before_talks: bool) -> (World, SourceId, u32) {
    let mut world = World::with_clients(Conditions { delay: ms(20), ..Conditions::default() }, 3);
    for client in [0, 1] {
        world.clients[client].publisher_mut(MediaKind::Audio).leaves_out_silence = true;
    }
    let before = world.clients[1].source(MediaKind::Audio);
    world.clients[1].publisher_mut(MediaKind::Audio).level = if before_talks { 20 } else { 127 };
    world.show(2, "sa0", Some(before));
    world.run(seconds(5));
    let source = world.clients[0].source(MediaKind::Audio);
    let first = world.clients[0].publisher(MediaKind::Audio).frame + 1;
    world.clients[0].publisher_mut(MediaKind::Audio).level = 20;
    while spoken(&world, source).is_empty() {
        world.run(ms(1));
    }
    // The control plane takes its time.
    world.run(ms(50));
    world.show(2, "sa0", Some(source));
    world.run(seconds(2));
    (world, source, first)
}

#[test]
fn who_is_given_a_slot_because_they_speak_is_heard_from_the_beginning_of_the_word() {
    for before_talks in [false, true] {
        let (world, source, first) = remapped_in_a_word(before_talks);
        let receiver = world.clients[2].receiver("sa0");
        let heard = receiver.frames_of(source.0);
        assert!(heard[0].number <= first && heard[0].number + 2 > first, "{} of {first}", heard[0].number);
        assert_eq!((receiver.holes(), receiver.duplicates), (0, 0));
        let words: Vec<_> = heard.iter().filter(|frame| frame.number >= first).collect();
        assert!(
            words.windows(2).all(|pair| pair[1].timestamp - pair[0].timestamp == 960),
            "nothing is pressed"
        );
    }
}

#[test]
fn who_has_spoken_for_long_is_heard_from_now_on() {
    let (mut world, source, _) = remapped_in_a_word(false);
    world.run(seconds(2));
    let now = world.clients[0].publisher(MediaKind::Audio).frame;
    world.show(2, "sa1", Some(source));
    world.run(seconds(1));
    let heard = world.clients[2].receiver("sa1").frames_of(source.0);
    assert!(heard[0].number + 3 > now, "{} of {now}", heard[0].number);
}
