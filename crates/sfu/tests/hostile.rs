//! What strangers and misbehaving participants can make the engine do: little.

mod common;

use std::net::SocketAddr;

use common::client::{AUDIO_PT, Client, VIDEO_PT};
use common::{World, ms, seconds};
use netem::Conditions;
use sfu::{DropReason, Limits, MediaKind, Rng};

fn stranger(number: u32) -> SocketAddr {
    (std::net::Ipv4Addr::from(0x0b00_0000 | number), 9).into()
}

/// A datagram of each kind that needs no key to make.
fn junk(kind: u32, rng: &mut Rng) -> Vec<u8> {
    let len = 20 + (rng.next_u32() % 1400) as usize;
    let mut bytes: Vec<u8> = (0..len).map(|_| rng.next_u32() as u8).collect();
    bytes[0] = [0, 22, 0x80, 0x80, 200][kind as usize % 5];
    bytes[1] = [1, 254, 96, 200, 0][kind as usize % 5];
    if kind.is_multiple_of(5) {
        let request = wire::stun::BindingRequest {
            transaction_id: wire::stun::TransactionId([kind as u8; 12]),
            username: if kind.is_multiple_of(2) { b"srv1:cli1" } else { b"nobody:cli1" },
            priority: 1,
            role: wire::stun::IceRole::Controlling(3),
            use_candidate: true,
        };
        let len = wire::stun::write_binding_request(&mut bytes, &request, b"a wrong password");
        bytes.truncate(len.unwrap_or(20));
    }
    bytes
}

#[test]
fn a_hundred_thousand_unauthenticated_datagrams_get_no_answer_and_leave_nothing() {
    let mut world = World::new(Conditions::default());
    let client = Client::new(1, common::CONFERENCE, world.now);
    world.command(sfu::Command::AddEndpoint(Box::new(client.parameters())));
    let before = world.sfu.counters().clone();
    let mut rng = Rng::new(11);
    for number in 0..100_000 {
        world.inject(stranger(number), &junk(number, &mut rng));
    }
    let after = world.sfu.counters();
    assert_eq!((world.bytes_out, after.bytes_sent), (0, 0));
    assert_eq!((after.endpoints, after.routes, after.ssrcs), (1, 0, before.ssrcs));
    let dropped: u64 = DropReason::ALL.iter().map(|reason| after.dropped(*reason)).sum();
    assert_eq!(dropped, 100_000, "each is counted once");
    for reason in [
        DropReason::StunBudget,
        DropReason::StunUsername,
        DropReason::UnknownRoute,
        DropReason::UnknownProtocol,
    ] {
        assert!(after.dropped(reason) > 5000, "{}", reason.name());
    }
    // It still answers who has a right to.
    world.clients.push(client);
    world.connect();
}

#[test]
fn checks_with_wrong_passwords_are_verified_a_thousand_times_a_second_and_cost_nobody_a_packet() {
    let limits = Limits { ingress_bytes_per_second: 1_200_000, ..Limits::default() };
    let mut world = World::with_limits(Conditions { delay: ms(10), ..Conditions::default() }, limits);
    for number in 1..=2 {
        let client = Client::new(number, common::CONFERENCE, world.now);
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(1));
    let mut rng = Rng::new(5);
    let newcomer = Client::new(3, common::CONFERENCE, world.now);
    world.join(newcomer);
    for number in 0..60_000 {
        // Kind 0, and even: it names client 1, who publishes.
        world.inject(stranger(number), &junk(10 * number, &mut rng));
        if number.is_multiple_of(20) {
            world.run(ms(1));
        }
    }
    let counters = world.sfu.counters();
    let (verified, spared) =
        (counters.dropped(DropReason::StunIntegrity), counters.dropped(DropReason::StunBudget));
    assert!(verified + spared > 55_000, "{verified} and {spared}");
    assert!((3000..=4100).contains(&verified), "{verified} verified in 3 s");
    assert_eq!(counters.dropped(DropReason::IngressBudget), 0, "the one they name does not pay");
    assert!(world.clients[2].is_connected(), "others connect");
    let receiver = world.clients[1].receiver("sv0");
    assert_eq!(receiver.holes(), 0);
    assert!(receiver.frames().0.len() > 110);
    // The one they name comes from elsewhere, and gets through between them or a moment later.
    let (now, address) = (world.now, ([10, 2, 2, 2], 7777).into());
    world.clients[0].plan_ice_restart();
    let update = sfu::Command::UpdateEndpoint(Box::new(world.clients[0].parameters()));
    world.command(update);
    world.clients[0].carry_out_ice_restart(now, address);
    world.run(seconds(2));
    assert!(receiver_moves(&world), "and it goes on from another address");
}

fn receiver_moves(world: &World) -> bool {
    let last = world.clients[1].receiver("sv0").frames().0.last().copied();
    last.is_some_and(|frame| frame.arrived > world.now - ms(100))
}

#[test]
fn datagrams_of_impossible_length_are_dropped() {
    let mut world = World::with_clients(Conditions::default(), 1);
    let address = world.clients[0].address;
    for (len, reason) in [(0, DropReason::TooShort), (7, DropReason::TooShort), (1501, DropReason::TooLong)] {
        let before = world.sfu.counters().dropped(reason);
        world.inject(address, &vec![0x80; len]);
        assert_eq!(world.sfu.counters().dropped(reason), before + 1);
    }
    for len in 8..1500 {
        for first in [0, 22, 0x80, 0xbf] {
            world.inject(address, &vec![first; len]);
        }
    }
    assert_eq!(world.sfu.counters().faults, 0);
}

#[test]
fn replayed_and_forged_media_is_dropped() {
    let mut world = World::with_clients(Conditions::default(), 2);
    let source = world.clients[0].source(MediaKind::Audio);
    world.show(1, "sa0", Some(source));
    world.run(seconds(1));
    world.clients[0].publisher_mut(MediaKind::Audio).enabled = false;
    world.run(ms(100));
    let plain = world.clients[0].publisher_mut(MediaKind::Audio).packet(AUDIO_PT, true, &[0x78; 60]);
    let (mut bytes, header_len) = plain;
    let sealed = world.clients[0].seal(&mut bytes, header_len);
    let address = world.clients[0].address;
    let heard = world.clients[1].receiver("sa0").packets;
    world.inject(address, &sealed);
    world.inject(address, &sealed);
    let mut forged = sealed.clone();
    forged[3] = forged[3].wrapping_add(1);
    world.inject(address, &forged);
    world.inject(stranger(1), &sealed);
    world.run(ms(50));
    assert_eq!(world.clients[1].receiver("sa0").packets, heard + 1);
    let counters = world.sfu.counters();
    assert_eq!(counters.dropped(DropReason::SrtpReplay), 1);
    assert_eq!(counters.dropped(DropReason::SrtpAuthentication), 1);
    assert_eq!(counters.dropped(DropReason::UnknownRoute), 1);
}

#[test]
fn a_route_that_keeps_failing_to_authenticate_is_ignored_for_a_second() {
    let mut world = World::with_clients(Conditions::default(), 1);
    world.run(seconds(1));
    let address = world.clients[0].address;
    for number in 0..5000u32 {
        let mut forged = vec![0x80, VIDEO_PT];
        forged.extend(number.to_be_bytes().repeat(30));
        world.inject(address, &forged);
    }
    let counters = world.sfu.counters();
    assert_eq!(counters.dropped(DropReason::SrtpAuthentication), 200);
    assert_eq!(counters.dropped(DropReason::FailureBudget), 4800);
    world.run(seconds(2));
    let before = world.sfu.counters().packets_received - dropped(&world);
    world.run(seconds(1));
    assert!(world.sfu.counters().packets_received - dropped(&world) > before + 100, "heard again");
}

fn dropped(world: &World) -> u64 {
    DropReason::ALL.iter().map(|reason| world.sfu.counters().dropped(*reason)).sum()
}

#[test]
fn spraying_ssrcs_fills_no_table() {
    let mut world = World::with_clients(Conditions::default(), 2);
    let source = world.clients[0].source(MediaKind::Audio);
    world.show(1, "sa0", Some(source));
    world.run(seconds(1));
    world.clients[0].publisher_mut(MediaKind::Video).enabled = false;
    let before = world.sfu.counters().ssrcs;
    for number in 0..2000u32 {
        let client = &mut world.clients[0];
        let publisher = client.publisher_mut(MediaKind::Video);
        // Half of them say which section they are, half say nothing.
        publisher.stamps_mid = number.is_multiple_of(2);
        publisher.ssrc = 0x7000_0000 + number;
        let plain = publisher.packet(VIDEO_PT, true, &[0x10; 50]);
        let (address, sealed) = (client.address, client.seal_first(plain));
        world.inject(address, &sealed);
        world.run(ms(1));
    }
    let counters = world.sfu.counters();
    assert!(counters.ssrcs <= before + 1, "{} SSRCs", counters.ssrcs);
    assert_eq!(counters.faults, 0);
    let heard = world.clients[1].receiver("sa0").packets;
    world.run(seconds(1));
    assert!(world.clients[1].receiver("sa0").packets > heard + 45, "the neighbour hears on");
}

#[test]
fn asking_for_everything_again_and_again_costs_little() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 2);
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(3));
    let forwarded_from = world.bytes_out;
    world.run(seconds(5));
    let usual = world.bytes_out - forwarded_from;
    let from = world.bytes_out;
    for _ in 0..5000 {
        let receiver = world.clients[1].receiver("sv0");
        let (ssrc, highest) = (receiver.ssrc, receiver.highest_sequence() as u16);
        let lost: Vec<u16> = (0..100).map(|back| highest.wrapping_sub(back)).rev().collect();
        world.clients[1].send_rtcp(|out| {
            out.nack(1, ssrc, &lost).expect("fits");
        });
        world.run(ms(1));
    }
    let attacked = world.bytes_out - from;
    // A fifth on top, the burst, and the floor.
    assert!(attacked < usual * 12 / 10 + 50_000 + 5 * 12_500, "{attacked} bytes instead of {usual}");
    assert!(world.sfu.counters().dropped(DropReason::NackRefused) > 100_000);
}

#[test]
fn many_wishes_for_key_frames_reach_the_publisher_as_few() {
    let mut world = World::with_clients(Conditions { delay: ms(10), ..Conditions::default() }, 6);
    let source = world.clients[0].source(MediaKind::Video);
    for viewer in 1..6 {
        world.show(viewer, "sv0", Some(source));
    }
    world.run(seconds(1));
    let before = world.clients[0].publisher(MediaKind::Video).key_frame_requests.len();
    for _ in 0..1000 {
        for viewer in 1..6 {
            let ssrc = world.clients[viewer].receiver("sv0").ssrc;
            world.clients[viewer].send_rtcp(|out| {
                out.pli(1, ssrc).expect("fits");
            });
        }
        world.run(ms(10));
    }
    let asked = world.clients[0].publisher(MediaKind::Video).key_frame_requests.len() - before;
    assert!((1..=8).contains(&asked), "{asked} requests in 10 s");
    assert!(world.sfu.counters().dropped(DropReason::KeyFrameBudget) > 4000);
}

#[test]
fn a_flood_of_media_is_cut_off_at_the_ingress_budget() {
    let limits = Limits { ingress_bytes_per_second: 300_000, ..Limits::default() };
    let mut world = World::with_limits(Conditions::default(), limits);
    for number in 1..=3 {
        let client = Client::new(number, common::CONFERENCE, world.now);
        world.join(client);
    }
    world.connect();
    let quiet = world.clients[2].source(MediaKind::Video);
    world.show(1, "sv0", Some(quiet));
    world.clients[0].publisher_mut(MediaKind::Video).packets_per_frame = 100;
    world.run(seconds(5));
    let counters = world.sfu.counters();
    assert!(counters.dropped(DropReason::IngressBudget) > 5000);
    let neighbour = world.clients[1].receiver("sv0");
    assert_eq!(neighbour.holes(), 0);
    assert!(neighbour.frames().0.len() > 140);
}

#[test]
fn nothing_is_left_when_all_have_gone() {
    let mut world = World::with_clients(Conditions::default(), 3);
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(1));
    for number in 1..=3 {
        world.command(sfu::Command::RemoveEndpoint { endpoint: common::endpoint(number) });
    }
    world.run(ms(20));
    let out = world.bytes_out;
    world.run(seconds(2));
    assert_eq!(world.bytes_out, out, "who left is sent nothing");
    let counters = world.sfu.counters();
    assert_eq!((counters.endpoints, counters.sources, counters.routes, counters.ssrcs), (0, 0, 0, 0));
}

#[test]
fn a_source_of_another_conference_is_never_forwarded() {
    let mut world = World::new(Conditions::default());
    for (number, conference) in [(1, 1), (2, 2)] {
        let client = Client::new(number, conference, world.now);
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Audio);
    world.show(1, "sa0", Some(source));
    world.run(seconds(1));
    assert_eq!(world.clients[1].receiver("sa0").packets, 0);
    assert_eq!(world.sfu.counters().dropped(DropReason::CommandRefused), 1);
}
