//! Clients in a conference see and hear each other, on good networks and bad ones.

mod common;

use std::time::Duration;

use common::World;
use common::receiver::{Frame, Receiver};
use netem::{Conditions, Loss};
use sfu::{Event, MediaKind};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Everyone sees and hears everyone else, one slot each.
fn show_all(world: &mut World) {
    for viewer in 0..world.clients.len() {
        let others: Vec<usize> = (0..world.clients.len()).filter(|other| *other != viewer).collect();
        for (place, other) in others.into_iter().enumerate() {
            let (audio, video) = (
                world.clients[other].source(MediaKind::Audio),
                world.clients[other].source(MediaKind::Video),
            );
            world.show(viewer, &format!("sa{place}"), Some(audio));
            world.show(viewer, &format!("sv{place}"), Some(video));
        }
    }
}

/// Frame numbers without a gap or a step back, timestamps and picture numbers in step.
fn assert_continuous(frames: &[Frame]) {
    for pair in frames.windows(2) {
        assert_eq!(pair[1].number, pair[0].number + 1, "{pair:?}");
        assert_eq!(pair[1].picture_id, (pair[0].picture_id + 1) & 0x7fff, "{pair:?}");
        assert_eq!(pair[1].tl0, pair[0].tl0.wrapping_add(1), "{pair:?}");
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 2970, "{pair:?}");
    }
}

fn frames(receiver: &Receiver) -> Vec<Frame> {
    let (frames, broken) = receiver.frames();
    assert_eq!(broken, 0, "frames with packets missing");
    frames
}

#[test]
fn two_clients_see_and_hear_each_other() {
    let mut world = World::with_clients(Conditions { delay: ms(20), ..Conditions::default() }, 2);
    show_all(&mut world);
    world.run(seconds(5));
    for (viewer, other) in [(0, 1u64), (1, 0)] {
        let client = &world.clients[viewer];
        let video = frames(client.receiver("sv0"));
        assert!(video.len() > 140, "{} frames", video.len());
        assert!(video[0].key, "a picture begins with a key frame");
        assert!(video.iter().all(|frame| frame.source == (other as u32 + 1) * 10 + 1));
        assert_continuous(&video);
        let audio = frames(client.receiver("sa0"));
        assert!(audio.len() > 240, "{} frames", audio.len());
        assert!(audio.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 960));
        assert_eq!((client.open_failures, client.unknown_ssrcs), (0, 0));
    }
    assert_eq!(world.count(|event| matches!(event, Event::SourceActiveChanged { active: true, .. })), 4);
}
