//! Goodbyes, from either side.

use netem::Conditions;

use super::peer::Version;
use super::world::{Announced, World, address, ms, seconds};
use crate::counters::DropReason;
use crate::event::{CloseReason, TransportState};
use crate::transport::TransportEvent;

fn connected(version: Version) -> World {
    let mut world = World::with(1, Conditions::default(), version, 1200, Announced::Truth);
    world.run_until_state(TransportState::Connected);
    world.run_for(ms(100));
    world
}

#[test]
fn close_says_goodbye_and_then_takes_and_sends_nothing() {
    for version in [Version::Dtls12, Version::Dtls13] {
        let mut world = connected(version);
        world.transport.close(world.now);
        assert!(world.transport.srtp().is_none());
        assert_eq!((world.transport.route(), world.transport.deadline()), (None, None));
        world.run_for(ms(100));
        assert!(world.peer.said_goodbye, "the peer has heard it");
        let check = world.peer.check();
        assert_eq!(world.inject(address(5000), &check), Err(DropReason::Closed));
        assert_eq!(world.inject(address(5000), &[22; 40]), Err(DropReason::Closed));
        assert_eq!(world.states(), [TransportState::Connected], "no event for what was asked for");
        world.transport.close(world.now);
    }
}

#[test]
fn closing_before_the_handshake_sends_nothing() {
    let mut world = World::new();
    world.transport.close(world.now);
    world.run_for(seconds(1));
    assert_eq!((world.sent.len(), world.events.len()), (0, 0));
}

#[test]
fn the_peers_goodbye_closes_and_frees_its_routes() {
    for version in [Version::Dtls12, Version::Dtls13] {
        let mut world = connected(version);
        let goodbye = world.peer.close(world.now);
        let sent = world.sent.len();
        goodbye.iter().for_each(|datagram| world.send_from_peer(datagram));
        world.peer.check_every = None;
        world.run_for(ms(100));
        let route = world.route(address(5000));
        let closed = TransportState::Closed(CloseReason::PeerClosed);
        let expected = [TransportEvent::RouteRemoved(route), TransportEvent::StateChanged(closed)];
        assert_eq!(world.events[2..], expected);
        assert!(world.transport.srtp().is_none() && !world.transport.knows_route(route));
        // TLS 1.3 closes each direction by itself (RFC 8446 §6.1); 1.2 answers (RFC 5246 §7.2.1).
        assert!(world.sent.len() > sent || matches!(version, Version::Dtls13));
    }
}

#[test]
fn a_replayed_goodbye_of_another_session_closes_nothing() {
    let mut stranger = connected(Version::Dtls12);
    let goodbye = stranger.peer.close(stranger.now);
    let mut world = connected(Version::Dtls12);
    for datagram in &goodbye {
        let _ = world.inject(address(5000), datagram);
    }
    world.run_for(seconds(5));
    assert_eq!(world.states(), [TransportState::Connected]);
}
