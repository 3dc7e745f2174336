//! Someone who can forge the peer's address interferes; the peer connects all the same.

use netem::Conditions;
use proptest::prelude::*;

use super::peer::Version;
use super::world::{Announced, World, address, ms, seconds};
use crate::counters::DropReason;
use crate::event::{CloseReason, TransportState};

/// A DTLS record in the clear.
fn record(kind: u8, sequence: u16, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0];
    record.extend(sequence.to_be_bytes());
    record.extend((body.len() as u16).to_be_bytes());
    record.extend(body);
    record
}

/// A fragment of a handshake message.
fn fragment(kind: u8, total: usize, offset: usize, part: &[u8], sequence: u16) -> Vec<u8> {
    let three = |number: usize| (number as u32).to_be_bytes()[1..].to_vec();
    let mut body = vec![kind];
    body.extend(three(total));
    body.extend([0, 0]);
    body.extend(three(offset));
    body.extend(three(part.len()));
    body.extend(part);
    record(22, sequence, &body)
}

/// A whole ClientHello that offers `suites` and nothing else, told apart by `random`.
fn client_hello(random: u8, suites: &[u16]) -> Vec<u8> {
    let mut body = vec![0xfe, 0xfd];
    body.extend([random; 32]);
    body.extend([0, 0]);
    body.extend((suites.len() as u16 * 2).to_be_bytes());
    suites.iter().for_each(|suite| body.extend(suite.to_be_bytes()));
    body.extend([1, 0]);
    fragment(1, body.len(), 0, &body, 0)
}

/// A silent peer with a validated route, about to begin DTLS.
fn validated(version: Version, mtu: usize) -> World {
    let mut world = World::with(1, Conditions::default(), version, mtu, Announced::Truth);
    world.peer.starts_dtls = false;
    world.run_to(ms(10));
    assert_eq!(world.peer.answers, 1);
    world
}

/// The datagrams of the peer's first flight, not yet sent.
fn first_flight(world: &mut World) -> Vec<Vec<u8>> {
    world.peer.starts_dtls = true;
    let now = world.now;
    world.peer.timeout(now).into_iter().filter(|datagram| datagram[0] > 3).collect()
}

/// The same ClientHello in records that fit `mtu`.
fn fragmented(datagram: &[u8], mtu: usize) -> Vec<Vec<u8>> {
    let message = &datagram[25..];
    let parts = message.chunks(mtu - 25).enumerate();
    parts.map(|(nth, part)| fragment(1, message.len(), nth * (mtu - 25), part, 100 + nth as u16)).collect()
}

#[test]
fn dtls_from_an_address_that_no_check_validated_leads_to_nothing() {
    let mut world = validated(Version::Auto, 1200);
    let (sent, hello) = (world.sent.len(), first_flight(&mut world));
    for port in 6000..6050 {
        assert_eq!(world.inject(address(port), &hello[0]), Err(DropReason::UnknownRoute));
    }
    assert_eq!(world.sent.len(), sent);
    assert!(!world.transport.is_handshaking());
    assert_eq!(world.inject(address(5000), &hello[0]), Ok(()));
    assert!(world.transport.is_handshaking() && world.sent.len() > sent);
}

#[test]
fn a_client_hello_that_nothing_fits_does_not_keep_the_real_one_from_connecting() {
    const NULL_WITH_NULL_NULL: u16 = 0;
    for version in [Version::Dtls12, Version::Dtls13, Version::Auto] {
        let mut world = validated(version, 1200);
        let sent = world.sent.len();
        for random in 1..=20 {
            let _ = world.inject(address(5000), &client_hello(random, &[NULL_WITH_NULL_NULL]));
        }
        assert_eq!(world.sent.len(), sent, "an alert would tell the real peer to give up");
        world.peer.starts_dtls = true;
        world.run_until_state(TransportState::Connected);
        assert!(world.peer.connected);
    }
}

#[test]
fn what_bad_client_hellos_can_cost_is_bounded() {
    let mut world = validated(Version::Auto, 1200);
    let mut refused = 0;
    for random in 0..=255 {
        let result = world.inject(address(5000), &client_hello(random, &[0]));
        refused += usize::from(result == Err(DropReason::DtlsMalformed));
    }
    assert!(refused >= 256 - 32, "{refused} refused without a look");
    world.run_for(seconds(10));
    assert_eq!(world.states(), [TransportState::Closed(CloseReason::HandshakeFailed)]);
}

#[test]
fn garbage_and_alerts_before_and_during_the_handshake_change_nothing() {
    for version in [Version::Dtls12, Version::Dtls13] {
        let mut world = World::with(3, slow(), version, 1200, Announced::Truth);
        let fatal = record(21, 7, &[2, 40]);
        let goodbye = record(21, 8, &[1, 0]);
        let noise: [&[u8]; 7] =
            [&fatal, &goodbye, &[22], &[22, 0xfe, 0xfd], &[63; 100], &record(20, 9, &[1]), &[25; 40]];
        for _ in 0..60 {
            world.run_for(ms(10));
            for datagram in noise {
                let _ = world.inject(address(5000), datagram);
            }
        }
        world.run_until_state(TransportState::Connected);
        world.run_for(seconds(1));
        assert!(world.peer.connected);
        assert_eq!(world.inject(address(5000), &fatal), Err(DropReason::DtlsMalformed));
        assert_eq!(world.states(), [TransportState::Connected]);
    }
}

fn slow() -> Conditions {
    Conditions { delay: ms(60), ..Conditions::default() }
}

#[test]
fn another_valid_client_hello_before_the_real_one_does_no_harm() {
    for version in [Version::Dtls12, Version::Dtls13] {
        let mut world = validated(version, 1200);
        // The intruder's flight is answered to the real peer, which has not begun and ignores it.
        let mut intruder = validated(version, 1200);
        let hello = first_flight(&mut intruder);
        assert_eq!(world.inject(address(5000), &hello[0]), Ok(()));
        world.drain();
        while let Some(delivery) = world.net.poll(world.now) {
            assert_eq!(delivery.to, address(5000));
        }
        world.peer.starts_dtls = true;
        world.run_until_state(TransportState::Connected);
        world.run_for(seconds(1));
        assert!(world.peer.connected);
    }
}

#[test]
fn a_large_client_hello_completes_fragmented_reordered_and_repeated_at_small_mtus() {
    for mtu in [1200, 1000, 200] {
        // The client pads its hello to what it believes is the MTU: as long as post-quantum key shares make it.
        let mut world = validated(Version::Dtls13, 2400);
        let hello = first_flight(&mut world).remove(0);
        assert!(hello.len() > 2300, "{} bytes", hello.len());
        let mut fragments = fragmented(&hello, mtu);
        fragments.reverse();
        assert!(fragments.len() > 1 && fragments.iter().all(|datagram| datagram.len() <= mtu));
        for datagram in &fragments {
            world.send_from_peer(datagram);
            world.send_from_peer(datagram);
        }
        world.run_until_state(TransportState::Connected);
        assert!(world.peer.connected, "MTU {mtu}");
        assert_eq!(world.transport.tls_version(), "DTLS 1.3");
    }
}

#[test]
fn a_client_hello_in_fragments_of_its_own_making_completes_too() {
    for version in [Version::Dtls12, Version::Dtls13, Version::Auto] {
        let mut world = validated(version, 160);
        let mut flight = first_flight(&mut world);
        flight.reverse();
        flight.iter().for_each(|datagram| world.send_from_peer(datagram));
        world.run_until_state(TransportState::Connected);
        assert!(world.peer.connected);
    }
}

#[test]
fn fragments_without_end_are_bounded_and_do_not_keep_the_real_peer_out() {
    let mut world = validated(Version::Auto, 1200);
    for nth in 0..200u16 {
        let part = [7; 1000];
        let _ =
            world.inject(address(5000), &fragment(1, 16_000_000, 1000 * (1 + usize::from(nth)), &part, nth));
    }
    world.peer.starts_dtls = true;
    world.run_for(seconds(9));
    assert_eq!(world.states(), [TransportState::Connected]);
}

#[test]
fn a_huge_certificate_ends_in_a_timeout_and_not_in_a_panic() {
    let mut world = World::with(1, Conditions::default(), Version::Dtls12, 1200, Announced::Truth);
    world.peer.enlarge_certificate(24_000, world.now);
    // The certificate then arrives by itself, and is looked at before anything speaks against it.
    world.peer.sends_records_apart = true;
    world.run_for(seconds(15));
    assert_eq!(world.states(), [TransportState::Closed(CloseReason::HandshakeFailed)]);
}

#[test]
fn forged_records_after_the_handshake_leave_the_connection_alone() {
    for version in [Version::Dtls12, Version::Dtls13] {
        let mut world = World::with(1, Conditions::default(), version, 1200, Announced::Truth);
        world.run_until_state(TransportState::Connected);
        for nth in 0..100u16 {
            let _ = world.inject(address(5000), &client_hello(nth as u8, &[0xc02b]));
            let _ =
                world.inject(address(5000), &fragment(11, 90_000, usize::from(nth) * 900, &[3; 900], nth));
            let _ = world.inject(address(5000), &record(21, nth, &[2, 40]));
            let _ = world.inject(address(5000), &record(23, nth, &[0; 60]));
        }
        world.run_for(seconds(20));
        assert_eq!(world.states(), [TransportState::Connected]);
        assert!(world.transport.srtp().is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_bytes_make_it_panic(datagrams in prop::collection::vec(bytes_like_dtls(), 1..40)) {
        let mut world = validated(Version::Auto, 1200);
        for datagram in datagrams {
            let _ = world.inject(address(5000), &datagram);
        }
        world.run_for(seconds(12));
    }

    #[test]
    fn flipped_bits_in_a_handshake_do_not_make_it_panic(flips in prop::collection::vec((0..2000usize, 0..8u8), 1..60)) {
        for version in [Version::Dtls12, Version::Dtls13] {
            let mut world = validated(version, 1200);
            world.peer.starts_dtls = true;
            world.peer.corruptions.clone_from(&flips);
            world.run_for(seconds(12));
        }
    }
}

fn bytes_like_dtls() -> impl Strategy<Value = Vec<u8>> {
    let body = || prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        (20..64u8, body()).prop_map(|(first, body)| [vec![first], body].concat()),
        (20..27u8, any::<u16>(), body()).prop_map(|(kind, sequence, body)| record(kind, sequence, &body)),
        (0..25u8, 0..300usize, 0..300usize, body(), any::<u16>())
            .prop_map(|(kind, total, offset, part, sequence)| fragment(kind, total, offset, &part, sequence)),
        (any::<u8>(), prop::collection::vec(any::<u16>(), 0..20))
            .prop_map(|(random, suites)| client_hello(random, &suites)),
    ]
}
