//! A conference on several workers: who is published on one is seen and heard on another.

mod common;

use common::client::Client;
use common::receiver::Receiver;
use common::spread::Spread;
use common::{CONFERENCE, mid, ms, seconds};
use netem::Loss;
use sfu::{Command, ConferenceId, DropReason, Event, MediaKind, View, WorkerId};

/// Shows the first client of the first worker on a tile of so many lines.
fn look(spread: &mut Spread, worker: usize, max_height: u16) {
    let source = Some(spread.workers[0].clients[0].source(MediaKind::Video));
    let endpoint = spread.workers[worker].clients[0].id;
    let view = View { max_height, ..View::default() };
    spread.workers[worker].command(Command::MapSlot { endpoint, mid: mid("sv0"), source, view });
}

/// Somebody with a camera in three encodings on the first worker, and one viewer on each of the others.
fn with_layers(workers: usize) -> Spread {
    let mut spread = Spread::new(workers);
    let owner = Client::new(1, CONFERENCE, spread.workers[0].now).in_layers([1, 2, 4]);
    spread.join(0, owner);
    for worker in 1..workers {
        let mut viewer = Client::new(worker as u64 + 1, CONFERENCE, spread.workers[worker].now);
        viewer.gives_feedback = false;
        spread.join(worker, viewer);
    }
    spread.connect();
    let camera = spread.workers[0].clients[0].source(MediaKind::Video);
    (1..workers).for_each(|worker| spread.mirror(worker, camera));
    spread
}

/// Returns how many packets the frames have that a worker's viewer got in the last half second, without key frames.
fn packets_per_frame(spread: &Spread, worker: usize) -> Option<usize> {
    let world = &spread.workers[worker];
    let frames = picture(spread, worker).frames().0;
    let recent = frames.iter().rev().take_while(|frame| frame.arrived + ms(500) > world.now);
    recent.filter(|frame| !frame.key).map(|frame| frame.packets).max()
}

fn picture(spread: &Spread, worker: usize) -> &Receiver {
    spread.workers[worker].clients[0].receiver("sv0")
}

fn dropped(spread: &Spread, worker: usize, reason: DropReason) -> u64 {
    spread.workers[worker].sfu.counters().dropped(reason)
}

#[test]
fn a_person_on_another_worker_is_seen_and_heard() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sa0", 0, MediaKind::Audio);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(4));
    let sound = spread.workers[1].clients[0].receiver("sa0");
    let (frames, broken) = picture(&spread, 1).frames();
    assert!(sound.packets > 190, "{} packets of sound", sound.packets);
    assert!(frames.len() > 110, "{} frames", frames.len());
    assert_eq!((sound.holes(), picture(&spread, 1).holes(), broken), (0, 0, 0));
    let asked = spread.workers[0].clients[0].publisher(MediaKind::Video).key_frame_requests.len();
    assert!(asked <= 1, "one key frame is enough, not {asked}");
    assert_eq!(spread.workers[1].sfu.counters().mirrors, 2);
    assert!(spread.workers[0].sfu.counters().packets_mirrored > 300);
    assert_eq!(dropped(&spread, 0, DropReason::MirrorBusy), 0);
}

#[test]
fn the_reports_of_a_picture_from_another_worker_say_when_its_publisher_took_it() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(6));
    let (at, info) = *picture(&spread, 1).sender_reports.last().expect("a report");
    let frame = *picture(&spread, 1).frames().0.last().expect("frames");
    let stamped = i64::from(frame.timestamp.wrapping_sub(info.rtp_timestamp).cast_signed()) / 90;
    let passed = frame.arrived.saturating_duration_since(at).as_millis() as i64;
    assert!((stamped - passed).abs() < 50, "{stamped} ms stamped, {passed} ms passed");
}

#[test]
fn a_copy_goes_to_each_worker_once_however_many_watch_there() {
    let mut spread = Spread::one_on_each(2);
    for number in 3..6 {
        let client = Client::new(number, CONFERENCE, spread.workers[1].now);
        spread.join(1, client);
    }
    spread.connect();
    spread.show(1, "sv0", 0, MediaKind::Video);
    let camera = spread.workers[0].clients[0].source(MediaKind::Video);
    (1..4).for_each(|viewer| spread.workers[1].show(viewer, "sv0", Some(camera)));
    spread.run(seconds(2));
    let before = spread.workers[0].sfu.counters().packets_mirrored;
    let came = |spread: &Spread| -> u64 {
        spread.workers[1].clients.iter().map(|client| client.receiver("sv0").packets).sum()
    };
    let seen = came(&spread);
    spread.run(seconds(2));
    let copied = spread.workers[0].sfu.counters().packets_mirrored - before;
    let forwarded = came(&spread) - seen;
    assert!(forwarded.abs_diff(4 * copied) <= 40, "{copied} copied, {forwarded} forwarded");
}

#[test]
fn a_change_of_layer_on_another_worker_is_seamless_and_begins_with_a_key_frame() {
    let mut spread = with_layers(2);
    look(&mut spread, 1, 720);
    spread.follow(seconds(4));
    assert_eq!(packets_per_frame(&spread, 1), Some(4));
    look(&mut spread, 1, 180);
    spread.follow(seconds(4));
    assert_eq!(packets_per_frame(&spread, 1), Some(1));
    look(&mut spread, 1, 720);
    spread.follow(seconds(4));
    assert_eq!(packets_per_frame(&spread, 1), Some(4));
    assert_eq!(picture(&spread, 1).holes(), 0);
    let (video, broken) = picture(&spread, 1).frames();
    assert_eq!(broken, 0);
    for pair in video.windows(2) {
        assert_eq!(pair[1].picture_id, (pair[0].picture_id + 1) & 0x7fff);
        assert!(pair[1].number == pair[0].number + 1 || pair[1].key, "each change begins with a key frame");
    }
}

#[test]
fn a_camera_sends_what_is_watched_on_any_worker_and_nothing_once_the_last_turned_away() {
    let mut spread = with_layers(3);
    look(&mut spread, 1, 720);
    look(&mut spread, 2, 180);
    spread.follow(seconds(8));
    assert_eq!(spread.workers[0].wanted().last(), Some(&0b101));
    look(&mut spread, 1, 0);
    spread.follow(seconds(6));
    assert_eq!(spread.workers[0].wanted().last(), Some(&0b001));
    look(&mut spread, 2, 0);
    spread.follow(seconds(6));
    assert_eq!(spread.workers[0].wanted().last(), Some(&0));
    let before = spread.workers[0].sfu.counters().packets_mirrored;
    spread.follow(seconds(1));
    assert_eq!(spread.workers[0].sfu.counters().packets_mirrored, before);
    look(&mut spread, 2, 720);
    spread.follow(seconds(3));
    assert_eq!(packets_per_frame(&spread, 2), Some(4));
}

#[test]
fn what_a_viewer_lost_is_sent_again_by_their_own_worker() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(2));
    let viewer = spread.workers[1].clients[0].address;
    let lossy = netem::Conditions { loss: Loss::Random(0.03), ..netem::Conditions::default() };
    let server = spread.workers[1].server;
    spread.workers[1].network.set_conditions(server, viewer, lossy);
    spread.run(seconds(4));
    assert!(spread.workers[1].sfu.counters().packets_retransmitted > 5);
    assert_eq!(spread.workers[0].sfu.counters().packets_retransmitted, 0);
    assert_eq!(spread.workers[0].clients[0].publisher(MediaKind::Video).nacks, 0);
    assert!(picture(&spread, 1).repaired > 5);
}

#[test]
fn a_worker_that_is_held_up_costs_a_key_frame_and_nothing_else() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(3));
    let asked =
        |spread: &Spread| spread.workers[0].clients[0].publisher(MediaKind::Video).key_frame_requests.len();
    let before = asked(&spread);
    spread.blocked = true;
    spread.run(ms(600));
    spread.blocked = false;
    spread.run(seconds(3));
    assert!(dropped(&spread, 0, DropReason::MirrorBusy) > 20);
    assert_eq!(asked(&spread), before + 1);
    let (video, broken) = picture(&spread, 1).frames();
    assert_eq!((picture(&spread, 1).holes(), broken), (0, 0));
    assert!(video.last().expect("frames").arrived + ms(100) > spread.workers[1].now);
    assert_eq!(spread.workers[1].clients[0].publisher(MediaKind::Video).nacks, 0);
}

#[test]
fn nothing_is_left_of_who_leaves_and_of_what_nobody_shows() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sa0", 0, MediaKind::Audio);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(2));
    let sources = [MediaKind::Audio, MediaKind::Video].map(|kind| spread.workers[0].clients[0].source(kind));
    let endpoint = spread.workers[0].clients[0].id;
    spread.workers[0].command(Command::RemoveEndpoint { endpoint });
    sources.into_iter().for_each(|source| spread.workers[1].command(Command::Unpublish { source }));
    spread.run(seconds(1));
    let came = picture(&spread, 1).packets;
    spread.run(seconds(1));
    assert_eq!(picture(&spread, 1).packets, came);
    assert_eq!(spread.workers[1].sfu.counters().mirrors, 0);
    assert_eq!(spread.workers[1].sfu.counters().faults + spread.workers[0].sfu.counters().faults, 0);
    assert!(spread.workers.iter().all(|world| dropped_commands(world) == 0));
}

fn dropped_commands(world: &common::World) -> u64 {
    world.sfu.counters().dropped(DropReason::CommandRefused)
}

#[test]
fn a_worker_that_ends_is_copied_to_no_more_and_its_wishes_are_forgotten() {
    let mut spread = with_layers(2);
    look(&mut spread, 1, 720);
    spread.follow(seconds(3));
    spread.blocked = true;
    let now = spread.workers[0].now;
    spread.workers[0].sfu.forget_peer(now, WorkerId(1));
    let before = spread.workers[0].sfu.counters().packets_mirrored;
    spread.follow(seconds(3));
    assert_eq!(spread.workers[0].sfu.counters().packets_mirrored, before);
    assert_eq!(spread.workers[0].wanted().last(), Some(&0));
    assert!(!spread.workers[0].sfu.has_for(WorkerId(1)));
}

#[test]
fn a_mirror_is_not_shown_in_another_conference() {
    let mut spread = Spread::one_on_each(2);
    let source = spread.workers[0].clients[0].source(MediaKind::Video);
    spread.workers[1].command(Command::Mirror {
        source,
        conference: ConferenceId(CONFERENCE + 1),
        kind: MediaKind::Video,
        layers: 1,
        home: WorkerId(0),
    });
    spread.workers[1].show(0, "sv0", Some(source));
    spread.run(seconds(1));
    assert_eq!(dropped_commands(&spread.workers[1]), 1);
    assert_eq!(spread.workers[0].sfu.counters().packets_mirrored, 0);
}

#[test]
fn who_speaks_is_told_once_by_the_worker_of_their_microphone() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sa0", 0, MediaKind::Audio);
    spread.run(seconds(2));
    let microphone = spread.workers[0].clients[0].source(MediaKind::Audio);
    let told = |worker: usize| {
        spread.workers[worker].count(|event| match event {
            Event::SpeakingChanged { source, .. } | Event::SourceActiveChanged { source, .. } => {
                *source == microphone
            }
            _ => false,
        })
    };
    assert!(told(0) >= 1);
    assert_eq!(told(1), 0);
}

#[test]
fn a_tap_that_is_closed_and_opened_goes_on_with_a_key_frame_on_another_worker() {
    let mut spread = Spread::one_on_each(2);
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(2));
    let source = spread.workers[0].clients[0].source(MediaKind::Video);
    spread.workers[0].command(Command::SetSourceEnabled { source, enabled: false });
    spread.run(seconds(1));
    let came = picture(&spread, 1).packets;
    spread.run(seconds(1));
    assert_eq!(picture(&spread, 1).packets, came);
    spread.workers[0].command(Command::SetSourceEnabled { source, enabled: true });
    spread.run(seconds(2));
    let (video, broken) = picture(&spread, 1).frames();
    assert_eq!((picture(&spread, 1).holes(), broken), (0, 0));
    let resumed = video.iter().find(|frame| frame.arrived + seconds(2) > spread.workers[1].now);
    assert!(resumed.is_some_and(|frame| frame.key));
}
