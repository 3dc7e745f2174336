//! What checks may do, and what only looks like a check may not.

use aws_lc_rs::hmac;
use wire::stun::{Class, IceRole, Message};

use super::world::{World, address, credentials, ms, seconds, v6_route};
use crate::counters::DropReason;
use crate::event::{CloseReason, TransportState};
use crate::transport::TransportEvent;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;

/// A request made by hand: `before` is covered by MESSAGE-INTEGRITY, `after` is not. FINGERPRINT is right.
fn request(before: &[(u16, &[u8])], after: &[(u16, &[u8])], password: &str) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([5; 12]);
    before.iter().for_each(|(kind, value)| put(&mut message, *kind, value));
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let mac = hmac::sign(&key, &message);
    put(&mut message, MESSAGE_INTEGRITY, mac.as_ref());
    after.iter().for_each(|(kind, value)| put(&mut message, *kind, value));
    fingerprinted(message)
}

fn put(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

fn set_length(message: &mut [u8], beyond: usize) {
    let length = (message.len() - 20 + beyond) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn fingerprinted(mut message: Vec<u8>) -> Vec<u8> {
    set_length(&mut message, 8);
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    };
    let crc = !message.iter().fold(u32::MAX, step) ^ 0x5354_554e;
    put(&mut message, FINGERPRINT, &crc.to_be_bytes());
    message
}

fn name() -> String {
    format!("{}:{}", credentials("server").ufrag, credentials("peer").ufrag)
}

fn password() -> String {
    credentials("server").password
}

/// A silent peer, so that only what a test injects happens.
fn quiet() -> World {
    let mut world = World::new();
    world.peer.check_every = None;
    world
}

fn assert_untouched(world: &World) {
    assert_eq!((world.sent.len(), world.events.len()), (0, 0));
    assert!(!world.transport.knows_route(world.route(address(5000))));
    assert_eq!(world.transport.route(), None);
}

#[track_caller]
fn assert_silent(datagram: &[u8], reason: DropReason) {
    let mut world = quiet();
    assert_eq!(world.inject(address(5000), datagram), Err(reason));
    assert_untouched(&world);
}

#[test]
fn a_handmade_request_is_as_good_as_any() {
    let mut world = quiet();
    let check = request(&[(USERNAME, name().as_bytes())], &[], &password());
    assert_eq!(world.inject(address(5000), &check), Ok(()));
    assert!(world.transport.knows_route(world.route(address(5000))));
}

#[test]
fn what_is_not_authenticated_gets_no_answer_and_leaves_no_trace() {
    let valid = World::new().peer.check();
    let mut without_fingerprint = valid[..valid.len() - 8].to_vec();
    set_length(&mut without_fingerprint, 0);
    assert_silent(&without_fingerprint, DropReason::StunFingerprint);

    let mut wrong_fingerprint = valid.clone();
    *wrong_fingerprint.last_mut().expect("a message") ^= 1;
    assert_silent(&wrong_fingerprint, DropReason::StunFingerprint);

    let user = name();
    let wrong_password = request(&[(USERNAME, user.as_bytes())], &[], "not-the-password");
    assert_silent(&wrong_password, DropReason::StunIntegrity);
    let another_user = request(&[(USERNAME, b"serverufrag:somebody")], &[], &password());
    assert_silent(&another_user, DropReason::StunUsername);
    assert_silent(&request(&[], &[], &password()), DropReason::StunUsername);

    let mut without_integrity = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    without_integrity.extend([5; 12]);
    put(&mut without_integrity, USERNAME, user.as_bytes());
    assert_silent(&fingerprinted(without_integrity), DropReason::StunIntegrity);
}

#[test]
fn no_truncation_of_a_check_is_answered() {
    let mut world = quiet();
    let valid = world.peer.check();
    for len in 1..valid.len() {
        assert!(world.inject(address(5000), &valid[..len]).is_err(), "{len} bytes");
    }
    assert_untouched(&world);
}

#[test]
fn responses_and_indications_are_dropped() {
    for message_type in [0x0101u16, 0x0111, 0x0011, 0x0003] {
        let mut datagram = World::new().peer.check();
        datagram[..2].copy_from_slice(&message_type.to_be_bytes());
        assert_silent(&datagram, DropReason::StunUnexpected);
    }
}

#[test]
fn a_nomination_after_message_integrity_is_ignored() {
    let mut world = quiet();
    let user = name();
    let check = request(&[(USERNAME, user.as_bytes())], &[(USE_CANDIDATE, &[])], &password());
    assert_eq!(world.inject(address(5000), &check), Ok(()));
    assert_eq!(world.transport.route(), None);
    let check = request(&[(USERNAME, user.as_bytes()), (USE_CANDIDATE, &[])], &[], &password());
    assert_eq!(world.inject(address(5000), &check), Ok(()));
    assert_eq!(world.transport.route(), Some(world.route(address(5000))));
}

#[test]
fn an_unknown_attribute_that_must_be_understood_is_refused_with_420() {
    let mut world = quiet();
    let user = name();
    let check = request(&[(USERNAME, user.as_bytes()), (0x7777, b"??"), (0x0024, &[0; 4])], &[], &password());
    assert_eq!(world.inject(address(5000), &check), Err(DropReason::StunRefused));
    let (_, answer) = &world.sent[0];
    let message = Message::parse(answer).expect("an answer");
    assert_eq!((message.class(), message.error_code()), (Class::ErrorResponse, Some(420)));
    assert!(message.verify_integrity(password().as_bytes()));
    assert!(answer.windows(2).any(|pair| pair == [0x77, 0x77]));
    assert!(!world.transport.knows_route(world.route(address(5000))));
}

#[test]
fn a_peer_that_also_claims_to_be_controlled_is_refused_with_487() {
    for tie_breaker in [0, u64::MAX] {
        let mut world = quiet();
        let mut options = world.peer.options();
        options.role = IceRole::Controlled(tie_breaker);
        let check = world.peer.check_with(&options);
        assert_eq!(world.inject(address(5000), &check), Err(DropReason::StunRefused));
        let (_, answer) = &world.sent[0];
        assert_eq!(Message::parse(answer).expect("an answer").error_code(), Some(487));
        assert!(answer.len() <= check.len());
        assert!(!world.transport.knows_route(world.route(address(5000))));
    }
}

#[test]
fn an_answer_tells_the_address_and_is_no_longer_than_a_browsers_request() {
    let mut world = quiet();
    let v6 = v6_route();
    for route in [world.route(address(5000)), v6] {
        let check = world.peer.check();
        assert_eq!(world.transport.receive_stun(world.now, route, &check), Ok(()));
        world.drain();
        let (sent_on, answer) = world.sent.last().expect("an answer");
        let message = Message::parse(answer).expect("an answer");
        assert_eq!((*sent_on, message.mapped_address()), (route, Some(route.remote)));
        assert!(answer.len() <= check.len(), "{} bytes for {}", answer.len(), check.len());
        assert!(world.transport.knows_route(route));
    }
    assert_eq!(world.transport.route(), Some(v6), "nominated last");
}

#[test]
fn an_address_nobody_announced_is_as_good_as_any_and_nomination_moves_the_pair() {
    let mut world = World::connected();
    let (old, new) = (world.route(address(5000)), world.route(address(6000)));
    let check = world.peer.check();
    assert_eq!(world.inject(address(6000), &check), Ok(()));
    assert_eq!((world.transport.route(), world.transport.selected_pair_changes()), (Some(new), 2));
    assert!(world.transport.knows_route(old));
    world.peer.check_every = None;
    world.run_for(ms(2999));
    assert!(world.transport.knows_route(old));
    world.run_for(ms(1));
    assert!(!world.transport.knows_route(old) && world.transport.knows_route(new));
    assert_eq!(world.events.last(), Some(&TransportEvent::RouteRemoved(old)));
}

#[test]
fn a_check_without_nomination_never_moves_the_pair_however_often_it_is_replayed() {
    let mut world = World::connected();
    let mut options = world.peer.options();
    options.nominate = false;
    let check = world.peer.check_with(&options);
    for port in 6000..6020 {
        assert_eq!(world.inject(address(port), &check), Ok(()));
    }
    assert_eq!(world.transport.route(), Some(world.route(address(5000))));
    assert_eq!(world.transport.selected_pair_changes(), 1);
}

#[test]
fn a_replayed_nomination_cannot_keep_the_pair_from_its_owner() {
    let mut world = World::connected();
    let captured = world.peer.check();
    world.send_from_peer(&captured);
    for _ in 0..20 {
        world.run_for(ms(500));
        assert_eq!(world.inject(address(6666), &captured), Ok(()));
        // The owner's own checks come every 2.5 s.
    }
    world.run_for(ms(2600));
    assert_eq!(world.transport.route(), Some(world.route(address(5000))));
}

#[test]
fn the_table_of_routes_stays_small() {
    let mut world = World::connected();
    let mut options = world.peer.options();
    options.nominate = false;
    for port in 6000..6100 {
        let check = world.peer.check_with(&options);
        world.inject(address(port), &check).expect("an authenticated check");
    }
    let known = (5000..6100).filter(|port| world.transport.knows_route(world.route(address(*port)))).count();
    assert_eq!(known, 8);
    assert!(world.transport.knows_route(world.route(address(5000))), "the selected pair stays");
}

#[test]
fn after_a_restart_the_old_path_goes_on_until_the_new_credentials_nominate() {
    let mut world = World::connected();
    let (new_local, new_remote) = (credentials("new-server"), credentials("new-peer"));
    world.transport.restart_ice(new_local.clone(), new_remote.clone());
    world.run_for(seconds(20));
    assert_eq!(world.states(), [TransportState::Connected], "the old credentials keep it alive");

    let old_check = world.peer.check();
    world.peer.use_credentials(&new_local, &new_remote);
    let mut options = world.peer.options();
    options.nominate = false;
    let check = world.peer.check_with(&options);
    assert_eq!(world.inject(address(7000), &check), Ok(()));
    assert_eq!(world.transport.route(), Some(world.route(address(5000))), "not nominated yet");
    assert_eq!(world.inject(address(5000), &old_check), Ok(()), "still good");

    let check = world.peer.check();
    assert_eq!(world.inject(address(7000), &check), Ok(()));
    assert_eq!(world.transport.route(), Some(world.route(address(7000))));
    assert_eq!(world.inject(address(5000), &old_check), Err(DropReason::StunUsername));
    assert!(world.transport.srtp().is_some(), "the keys go on");
    assert_eq!(world.states(), [TransportState::Connected]);
}

#[test]
fn silence_interrupts_a_check_resumes_and_long_silence_closes() {
    let mut world = World::connected();
    world.peer.check_every = None;
    let connected = TransportState::Connected;
    let last = world.now - world.start;
    world.run_to(last + ms(7999));
    assert_eq!(world.states(), [connected]);
    world.run_to(last + seconds(8));
    assert_eq!(world.states(), [connected, TransportState::Interrupted]);
    assert!(world.transport.route().is_some() && world.transport.srtp().is_some(), "media goes on");

    let check = world.peer.check();
    world.inject(address(5000), &check).expect("a check");
    assert_eq!(world.states().last(), Some(&connected));

    let resumed = world.now - world.start;
    world.run_to(resumed + ms(29_999));
    assert_eq!(world.states().last(), Some(&TransportState::Interrupted));
    world.run_to(resumed + seconds(30));
    assert_eq!(world.states().last(), Some(&TransportState::Closed(CloseReason::ConsentExpired)));
    assert_eq!((world.transport.route(), world.transport.deadline()), (None, None));
    assert!(world.transport.srtp().is_none());
    let check = world.peer.check();
    assert_eq!(world.inject(address(5000), &check), Err(DropReason::Closed));
}

#[test]
fn checks_as_seldom_as_firefox_sends_them_do_not_interrupt() {
    let mut world = World::connected();
    world.peer.check_every = Some(seconds(6));
    world.run_for(seconds(120));
    assert_eq!(world.states(), [TransportState::Connected]);
}
