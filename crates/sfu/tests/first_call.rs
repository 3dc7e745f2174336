//! Clients in a conference see and hear each other, on good networks and bad ones.

mod common;

use common::receiver::{Frame, Receiver};
use common::{World, ms, seconds};
use netem::{Conditions, Loss};
use sfu::{Event, MediaKind};

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

/// Numbers inside and around the frames advance in step and never back; returns the frames left out.
fn left_out(frames: &[Frame]) -> u32 {
    let mut left_out = 0;
    for pair in frames.windows(2) {
        let step = pair[1].number - pair[0].number;
        left_out += step - 1;
        assert_eq!(pair[1].picture_id, (pair[0].picture_id + step as u16) & 0x7fff, "{pair:?}");
        assert_eq!(pair[1].tl0, pair[0].tl0.wrapping_add(step as u8), "{pair:?}");
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 2970 * step, "{pair:?}");
    }
    left_out
}

fn assert_continuous(frames: &[Frame]) {
    assert_eq!(left_out(frames), 0);
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

#[test]
fn retransmissions_repair_five_percent_loss_in_both_directions() {
    let bad = Conditions { delay: ms(25), loss: Loss::Random(0.05), ..Conditions::default() };
    let mut world = World::with_clients(bad, 3);
    show_all(&mut world);
    world.run(seconds(20));
    let sources: Vec<_> = world.clients.iter().map(|client| client.publisher(MediaKind::Video)).collect();
    assert!(sources.iter().all(|publisher| publisher.resent > 50), "the engine asked for what it missed");
    for publisher in &sources {
        assert!(publisher.key_frame_requests.len() <= 3, "{} requests", publisher.key_frame_requests.len());
    }
    let mut lost = 0;
    for client in &world.clients {
        for slot in ["sv0", "sv1"] {
            let receiver = client.receiver(slot);
            let (video, broken) = receiver.frames();
            assert!(receiver.repaired > 50, "{} repaired", receiver.repaired);
            assert!(broken <= 8, "{broken} broken frames at the very end");
            let whole = &video[..video.len() - 8];
            assert!(whole.len() > 550, "{} frames", whole.len());
            lost += left_out(whole);
        }
    }
    // A packet and the three retransmissions it may have are all lost once in 160,000; here are 14,000.
    assert!(lost <= 1, "{lost} frames lost for good");
}

#[test]
fn reordering_and_duplication_change_nothing_that_is_seen() {
    let unruly =
        Conditions { delay: ms(20), reorder: 0.05, hold: ms(8), duplicate: 0.05, ..Conditions::default() };
    let mut world = World::with_clients(unruly, 2);
    show_all(&mut world);
    world.run(seconds(10));
    for client in &world.clients {
        let receiver = client.receiver("sv0");
        let (video, broken) = receiver.frames();
        assert!(broken <= 1, "{broken} broken frames");
        assert!(video.len() > 290);
        assert_continuous(&video[..video.len() - 1]);
        assert!(client.publisher(MediaKind::Video).nacks < 40, "reordering was taken for loss");
    }
}

#[test]
fn a_slot_shows_another_source_without_a_seam() {
    let mut world = World::with_clients(Conditions { delay: ms(30), ..Conditions::default() }, 3);
    let (second, third) =
        (world.clients[1].source(MediaKind::Video), world.clients[2].source(MediaKind::Video));
    world.show(0, "sv0", Some(second));
    world.run(seconds(3));
    let asked_before = world.clients[2].publisher(MediaKind::Video).key_frame_requests.len();
    let at = world.now;
    world.show(0, "sv0", Some(third));
    world.run(seconds(3));
    let asked = &world.clients[2].publisher(MediaKind::Video).key_frame_requests;
    assert_eq!(asked.len(), asked_before + 1);
    assert!(asked[asked_before] - at <= ms(32), "asked at once");
    world.show(0, "sv0", None);
    world.run(seconds(1));
    world.show(0, "sv0", Some(second));
    world.run(seconds(3));

    let receiver = world.clients[0].receiver("sv0");
    assert_eq!(receiver.holes(), 0, "numbers are continuous");
    let (video, broken) = receiver.frames();
    let seams: Vec<_> = video.windows(2).filter(|pair| pair[0].source != pair[1].source).collect();
    assert_eq!(seams.len(), 2);
    assert!(broken <= 2, "a frame cut by a change at most");
    for pair in video.windows(2) {
        let step = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
        assert!(step < 90_000 * 2, "timestamps never go back: {pair:?}");
        let ids = pair[1].picture_id.wrapping_sub(pair[0].picture_id) & 0x7fff;
        assert!((1..=2).contains(&ids), "{pair:?}");
    }
    for pair in seams {
        assert!(pair[1].key, "a source begins with a key frame");
        assert!(pair[1].arrived - pair[0].arrived < ms(1300));
        let shown = (pair[1].arrived - pair[0].arrived).as_millis() as i64;
        let stamped = i64::from(pair[1].timestamp.wrapping_sub(pair[0].timestamp)) / 90;
        assert!((shown - stamped).abs() < 50, "{shown} ms passed, {stamped} ms on the timestamps");
    }
}

#[test]
fn a_second_viewer_is_served_from_the_ring_without_another_key_frame() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 3);
    world.run(seconds(1));
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(ms(150));
    world.show(2, "sv0", Some(source));
    world.run(seconds(1));
    assert_eq!(world.clients[0].publisher(MediaKind::Video).key_frame_requests.len(), 1);
    for viewer in [1, 2] {
        let video = frames(world.clients[viewer].receiver("sv0"));
        assert!(video[0].key && video.len() > 25);
    }
}

#[test]
fn a_closed_tap_is_silent_and_an_opened_one_begins_with_a_key_frame() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 2);
    show_all(&mut world);
    world.run(seconds(1));
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let source = world.clients[0].source(kind);
        world.command(sfu::Command::SetSourceEnabled { source, enabled: false });
    }
    world.run(ms(50));
    let heard = |world: &World| ["sa0", "sv0"].map(|slot| world.clients[1].receiver(slot).packets);
    let before = heard(&world);
    world.run(seconds(2));
    assert_eq!(heard(&world), before);
    assert_eq!(world.count(|event| matches!(event, Event::SourceActiveChanged { active: false, .. })), 2);
    for kind in [MediaKind::Audio, MediaKind::Video] {
        let source = world.clients[0].source(kind);
        world.command(sfu::Command::SetSourceEnabled { source, enabled: true });
    }
    world.run(seconds(1));
    assert!(heard(&world)[0] > before[0] + 40);
    let receiver = world.clients[1].receiver("sv0");
    assert_eq!(receiver.holes(), 0);
    let video = receiver.frames().0;
    let seam = video.windows(2).find(|pair| pair[1].number > pair[0].number + 10).expect("a pause");
    assert!(seam[1].key);
}

#[test]
fn padding_leaves_no_gap() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 2);
    world.clients[0].publisher_mut(MediaKind::Video).pads = true;
    show_all(&mut world);
    world.run(seconds(3));
    let receiver = world.clients[1].receiver("sv0");
    assert_eq!(receiver.holes(), 0);
    assert_continuous(&frames(receiver));
}

#[test]
fn sound_and_picture_are_reported_on_one_clock() {
    let mut world = World::with_clients(Conditions { delay: ms(40), ..Conditions::default() }, 2);
    show_all(&mut world);
    world.run(seconds(6));
    let client = &world.clients[1];
    for (slot, rate) in [("sa0", 48_000.0), ("sv0", 90_000.0)] {
        let receiver = client.receiver(slot);
        let (at, info) = *receiver.sender_reports.last().expect("sender reports");
        assert!(receiver.sender_reports.len() >= 4);
        let frames = receiver.frames().0;
        let latest = frames.iter().rev().find(|frame| frame.arrived <= at).expect("frames");
        // The report describes the moment it was sent, 40 ms ago; the frame was sent 80 ms before it came.
        let ahead = f64::from(info.rtp_timestamp.wrapping_sub(latest.timestamp).cast_signed()) / rate;
        let since_capture = (at - latest.arrived).as_secs_f64();
        assert!((ahead - since_capture).abs() < 0.045, "{slot}: {ahead} s and {since_capture} s");
    }
}

#[test]
fn who_speaks_is_told_with_hysteresis() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 2);
    let source = world.clients[0].source(MediaKind::Audio);
    world.run(seconds(1));
    world.clients[0].publisher_mut(MediaKind::Audio).level = 20;
    world.run(seconds(1));
    world.clients[0].publisher_mut(MediaKind::Audio).level = 127;
    world.run(seconds(2));
    let changes: Vec<bool> = world
        .events
        .iter()
        .filter_map(|event| match event {
            Event::SpeakingChanged { source: whose, speaking } if *whose == source => Some(*speaking),
            _ => None,
        })
        .collect();
    assert_eq!(changes, [true, false]);
}

#[test]
fn a_publisher_is_reported_to_soon_and_often() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 2);
    let connected = world.now;
    world.run(seconds(5));
    let client = &world.clients[0];
    let first = client.reports.first().expect("reports").0;
    assert!(first - connected < ms(150), "{:?}", first - connected);
    let about_audio = client.reports.iter().filter(|(_, block)| block.ssrc == 10_001).count();
    assert!((4..=8).contains(&about_audio), "{about_audio} reports in 5 s");
    assert!(client.reports.iter().all(|(_, block)| block.cumulative_lost == 0));
    let spacing = client.transport_feedback.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(spacing.clone().all(|gap| gap >= ms(50) && gap <= ms(100)));
    let (came, lost) = client.feedback_statuses;
    assert!(came > 800 && lost == 0, "{came} came, {lost} lost");
}

#[test]
fn statistics_count_what_happened() {
    let mut world = World::with_clients(Conditions { delay: ms(25), ..Conditions::default() }, 2);
    show_all(&mut world);
    world.run(seconds(5));
    let endpoint = world.clients[0].id;
    world.command(sfu::Command::RequestStatistics { endpoint, request: 9 });
    world.run(ms(1));
    let statistics = world.events.iter().find_map(|event| match event {
        Event::Statistics { request: 9, statistics } => statistics.clone(),
        _ => None,
    });
    let statistics = statistics.expect("an answer");
    let video = statistics.inbound.iter().find(|inbound| inbound.kind == MediaKind::Video).expect("video");
    assert_eq!((video.packets_lost, video.ssrc), (0, 11_001));
    assert!(video.packets_received > 550 && video.key_frames_received >= 1);
    let slot = statistics.outbound.iter().find(|outbound| outbound.mid.as_str() == "sv0").expect("the slot");
    assert!(slot.packets_sent > 550);
    let round_trip = slot.round_trip_time.expect("measured");
    assert!((0.04..0.06).contains(&round_trip), "{round_trip}");
    assert!(statistics.transport.srtp_cipher.contains("GCM"), "{}", statistics.transport.srtp_cipher);
}

#[test]
fn a_source_that_stops_is_inactive_after_three_seconds() {
    let mut world = World::with_clients(Conditions::default(), 2);
    world.run(seconds(1));
    let source = world.clients[0].source(MediaKind::Video);
    world.clients[0].publisher_mut(MediaKind::Video).enabled = false;
    let inactive = |event: &Event| *event == Event::SourceActiveChanged { source, active: false };
    world.run(ms(2900));
    assert_eq!(world.count(inactive), 0);
    world.run(ms(200));
    assert_eq!(world.count(inactive), 1);
}

#[test]
fn the_mid_is_sent_until_the_receiver_reports_and_packets_of_a_frame_leave_as_a_run() {
    let mut world = World::with_clients(Conditions { delay: ms(20), ..Conditions::default() }, 2);
    show_all(&mut world);
    world.run(seconds(4));
    let receiver = world.clients[0].receiver("sv0");
    assert!(receiver.with_mid > 0 && receiver.with_mid < receiver.packets / 2);
    assert!(world.in_runs > receiver.packets, "{} datagrams in runs", world.in_runs);
}

/// Returns how many pictures a viewer saw in three seconds, how many runs left for it, and how many bytes.
fn runs_of_uneven_pictures(equalise: bool) -> (usize, u64, u64) {
    let conditions = Conditions { delay: ms(20), ..Conditions::default() };
    let started = common::start();
    let config = sfu::Config { equalise, ..common::config(started, sfu::Limits::default()) };
    let mut world = World::with_config(conditions, config);
    for number in 1..=2 {
        let mut client = common::client::Client::new(number, common::CONFERENCE, started);
        client.publisher_mut(MediaKind::Video).cuts_unevenly = true;
        client.publisher_mut(MediaKind::Video).packets_per_frame = 8;
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(1));
    let (frames_before, runs, bytes) =
        (frames(world.clients[1].receiver("sv0")).len(), world.runs, world.bytes_out);
    world.run(seconds(3));
    let shown = frames(world.clients[1].receiver("sv0"));
    assert_continuous(&shown);
    (shown.len() - frames_before, world.runs - runs, world.bytes_out - bytes)
}

#[test]
fn packets_that_differ_by_a_byte_leave_as_one_run_and_cost_little() {
    let (pictures, runs, bytes) = runs_of_uneven_pictures(true);
    let (pictures_as_cut, runs_as_cut, bytes_as_cut) = runs_of_uneven_pictures(false);
    assert_eq!(pictures, pictures_as_cut);
    let saved = runs_as_cut - runs;
    assert!(saved + 3 >= pictures as u64, "{saved} runs fewer for {pictures} pictures");
    assert!(bytes < bytes_as_cut * 1003 / 1000, "{bytes} bytes instead of {bytes_as_cut}");
}

#[test]
fn receivers_with_other_extension_ids_get_their_own() {
    let mut world = World::new(Conditions { delay: ms(20), ..Conditions::default() });
    for number in 1..=2 {
        let mut client = common::client::Client::new(number, common::CONFERENCE, world.now);
        if number == 2 {
            client.dialect = 5;
            client.publishers.clear();
        }
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(2));
    assert!(frames(world.clients[1].receiver("sv0")).len() > 50);
}
