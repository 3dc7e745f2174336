//! From the first check to keys that fit, on good networks and bad ones.

use netem::{Conditions, GilbertElliott, Loss};

use super::peer::Version;
use super::world::{Announced, World, ms, seconds, v6_route};
use crate::event::{CloseReason, TransportState};
use crate::transport::TransportEvent;

const VERSIONS: [(Version, &str); 3] =
    [(Version::Dtls12, "DTLS 1.2"), (Version::Dtls13, "DTLS 1.3"), (Version::Auto, "DTLS 1.3")];

fn rough() -> Conditions {
    let bursts = GilbertElliott { good_to_bad: 0.03, bad_to_good: 0.3, loss_good: 0.03, loss_bad: 0.7 };
    Conditions {
        loss: Loss::Bursts(bursts),
        delay: ms(40),
        jitter: ms(20),
        reorder: 0.15,
        hold: ms(30),
        duplicate: 0.15,
        rate: None,
    }
}

/// A packet sealed by either side opens on the other.
fn assert_srtp_works_both_ways(world: &mut World) {
    let (mut peer_in, mut peer_out) = world.peer.srtp();
    let (inbound, outbound) = world.transport.srtp().expect("keys after the handshake");
    let mut packet = [0u8; 80];
    packet[..12].copy_from_slice(&[0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]);
    packet[12..20].copy_from_slice(b"a sound!");
    let plain = packet;
    let len = peer_out.seal_rtp(&mut packet, 12, 8).expect("sealed by the peer");
    assert_ne!(packet[12..20], plain[12..20]);
    assert_eq!(inbound.open_rtp(&mut packet[..len], 12).expect("opened by us").payload_len, 8);
    assert_eq!(packet[12..20], plain[12..20]);
    let len = outbound.seal_rtp(&mut packet, 12, 8).expect("sealed by us");
    assert_eq!(peer_in.open_rtp(&mut packet[..len], 12).expect("opened by the peer").payload_len, 8);
    assert_eq!(packet[12..20], plain[12..20]);
}

#[test]
fn every_dtls_version_connects_and_the_keys_fit() {
    for (version, name) in VERSIONS {
        let mut world = World::with(1, Conditions::default(), version, 1200, Announced::Truth);
        world.run_until_state(TransportState::Connected);
        world.run_for(ms(100));
        assert_eq!(world.transport.tls_version(), name);
        assert_eq!(world.transport.srtp_cipher(), "SRTP_AEAD_AES_256_GCM");
        assert!(world.peer.connected && !world.transport.is_handshaking());
        assert_srtp_works_both_ways(&mut world);
    }
}

#[test]
fn every_dtls_version_connects_through_loss_reordering_and_duplication() {
    for (version, name) in VERSIONS {
        for seed in 0..12 {
            let mut world = World::with(seed, rough(), version, 1200, Announced::Truth);
            world.run_until_state(TransportState::Connected);
            world.run_for(seconds(3));
            assert!(world.peer.connected, "{name}, seed {seed}: only one side is connected");
            assert_eq!(world.transport.tls_version(), name);
            assert_srtp_works_both_ways(&mut world);
        }
    }
}

#[test]
fn ipv6_connects_as_well() {
    let mut world = World::new();
    let route = v6_route();
    (world.server, world.peer.address) = ((route.local, 8443).into(), route.remote);
    world.run_until_state(TransportState::Connected);
    assert_eq!(world.transport.route(), Some(route));
    assert_srtp_works_both_ways(&mut world);
}

#[test]
fn the_events_tell_the_story_in_order() {
    let world = World::connected();
    let route = world.route(world.peer.address);
    let expected =
        [TransportEvent::RouteAdded(route), TransportEvent::StateChanged(TransportState::Connected)];
    assert_eq!(world.events, expected);
    assert_eq!((world.transport.route(), world.transport.selected_pair_changes()), (Some(route), 1));
}

#[test]
fn no_datagram_of_ours_exceeds_1200_bytes() {
    for (version, _) in VERSIONS {
        let mut world = World::with(1, Conditions::default(), version, 1200, Announced::Truth);
        world.run_until_state(TransportState::Connected);
        let longest = world.sent.iter().map(|(_, datagram)| datagram.len()).max();
        assert!(longest.is_some_and(|len| (300..=1200).contains(&len)), "longest: {longest:?}");
    }
}

#[test]
fn dtls_may_finish_before_nomination_but_only_nomination_connects() {
    let mut world = World::new();
    world.peer.check_every = None;
    let mut options = world.peer.options();
    options.nominate = false;
    let check = world.peer.check_with(&options);
    world.send_from_peer(&check);
    world.run_for(seconds(1));
    assert!(world.peer.connected && world.transport.srtp().is_some());
    assert_eq!((world.transport.state(), world.transport.route()), (TransportState::Connecting, None));
    let check = world.peer.check();
    world.send_from_peer(&check);
    world.run_for(ms(10));
    assert_eq!(world.transport.state(), TransportState::Connected);
}

#[test]
fn a_certificate_that_was_not_announced_ends_the_transport_before_any_media() {
    for (version, _) in VERSIONS {
        let announced = Announced::AnotherFingerprint;
        let mut world = World::with(1, Conditions::default(), version, 1200, announced);
        world.run_for(seconds(5));
        assert_eq!(world.states(), [TransportState::Closed(CloseReason::FingerprintMismatch)]);
        assert!(world.transport.srtp().is_none());
        assert_eq!((world.transport.route(), world.transport.deadline()), (None, None));
        let confirmed = world.peer.connected && matches!(version, Version::Dtls12);
        assert!(!confirmed, "our last flight stays unsent");
    }
}

#[test]
fn a_handshake_that_stalls_fails_after_ten_seconds() {
    let mut world = World::new();
    let deaf = Conditions { loss: Loss::Random(1.0), ..Conditions::default() };
    world.net.set_conditions(world.server, world.peer.address, deaf);
    world.peer.answers = 1;
    world.run_to(ms(9900));
    assert!(world.transport.is_handshaking());
    world.run_to(seconds(11));
    assert_eq!(world.states(), [TransportState::Closed(CloseReason::HandshakeFailed)]);
    assert!(!world.transport.is_handshaking());
}

#[test]
fn our_flight_is_sent_again_even_to_a_peer_that_says_nothing() {
    let mut world = World::new();
    let address = world.peer.address;
    let deaf = Conditions { loss: Loss::Random(1.0), ..Conditions::default() };
    world.net.set_conditions(address, world.server, deaf);
    let check = world.peer.check();
    world.inject(address, &check).expect("a check");
    (world.peer.answers, world.peer.check_every) = (1, None);
    let hello = world.peer.timeout(world.now).remove(0);
    world.inject(address, &hello).expect("a ClientHello");
    let once = world.sent.len();
    world.run_for(seconds(5));
    assert!(world.sent.len() >= once + 3, "{once} datagrams at first, {} after 5 s", world.sent.len());
}

#[test]
fn without_a_check_it_gives_up_after_thirty_seconds() {
    let mut world = World::new();
    world.peer.check_every = None;
    world.run_to(ms(29_999));
    assert_eq!(world.states(), []);
    world.run_to(seconds(30));
    assert_eq!(world.states(), [TransportState::Closed(CloseReason::ConnectTimeout)]);
}

#[test]
fn checks_without_dtls_do_not_keep_it_waiting_forever() {
    let mut world = World::new();
    world.peer.starts_dtls = false;
    world.run_to(seconds(31));
    assert_eq!(world.states(), [TransportState::Closed(CloseReason::ConnectTimeout)]);
}
