//! A transport, its peer and the network between them, driven by whoever's deadline is next.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use netem::{Conditions, Netem};

use super::peer::{Peer, Version};
use crate::batch::SendBatch;
use crate::command::IceCredentials;
use crate::config::Certificate;
use crate::counters::DropReason;
use crate::event::TransportState;
use crate::ids::Route;
use crate::transport::{Drain, DtlsIdentity, Transport, TransportEvent};

/// What the peer says of itself over signalling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    Truth,
    AnotherFingerprint,
}

pub(super) struct World {
    pub(super) now: Instant,
    pub(super) start: Instant,
    pub(super) net: Netem,
    pub(super) transport: Transport,
    pub(super) peer: Peer,
    pub(super) server: SocketAddr,
    pub(super) events: Vec<TransportEvent>,
    pub(super) drops: Vec<DropReason>,
    /// Everything the transport has sent, and where.
    pub(super) sent: Vec<(Route, Vec<u8>)>,
}

pub(super) fn credentials(name: &str) -> IceCredentials {
    IceCredentials { ufrag: format!("{name}ufrag"), password: format!("{name}-password-of-32-characters-") }
}

pub(super) fn address(port: u16) -> SocketAddr {
    ([192, 0, 2, 7], port).into()
}

pub(super) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
fn any_instant() -> Instant {
    Instant::now()
}

fn identity() -> DtlsIdentity {
    let certificate = dimpl::certificate::generate_self_signed_certificate().expect("a certificate");
    DtlsIdentity::from(&Arc::new(Certificate {
        certificate_der: certificate.certificate,
        private_key_der: certificate.private_key,
    }))
}

impl World {
    /// A perfect network and a browser with DTLS 1.3.
    pub(super) fn new() -> Self {
        Self::with(0, Conditions::default(), Version::Auto, 1200, Announced::Truth)
    }

    pub(super) fn with(
        seed: u64,
        conditions: Conditions,
        version: Version,
        mtu: usize,
        announced: Announced,
    ) -> Self {
        let now = any_instant();
        let server = SocketAddr::from(([198, 51, 100, 1], 8443));
        let (local, remote) = (credentials("server"), credentials("peer"));
        let peer = Peer::new(address(5000), &local, &remote, version, mtu, now);
        let fingerprint = match announced {
            Announced::Truth => peer.fingerprint(),
            Announced::AnotherFingerprint => [9; 32],
        };
        let transport = Transport::new(local, remote, vec![[1; 32], fingerprint], &identity(), now);
        let net = Netem::new(seed, conditions);
        let (events, drops, sent) = (Vec::new(), Vec::new(), Vec::new());
        Self { now, start: now, net, transport, peer, server, events, drops, sent }
    }

    /// A connected pair on a perfect network.
    pub(super) fn connected() -> Self {
        let mut world = Self::new();
        world.run_until_state(TransportState::Connected);
        world
    }

    pub(super) fn route(&self, remote: SocketAddr) -> Route {
        Route { local: self.server.ip(), remote }
    }

    /// Runs until `until` after the start.
    pub(super) fn run_to(&mut self, until: Duration) {
        let until = self.start + until;
        while self.step(until) {}
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        self.run_to(self.now - self.start + time);
    }

    /// Runs until the transport is in `state`, at most a minute.
    pub(super) fn run_until_state(&mut self, state: TransportState) {
        let until = self.now + seconds(60);
        while self.transport.state() != state {
            assert!(
                self.step(until),
                "still {:?} after a minute; dropped {:?}",
                self.transport.state(),
                self.drops
            );
        }
    }

    /// Hands the transport a datagram as if it came from `from`, past the network.
    pub(super) fn inject(&mut self, from: SocketAddr, datagram: &[u8]) -> Result<(), DropReason> {
        let route = self.route(from);
        let result = if datagram.first().is_none_or(|first| *first < 4) {
            self.transport.receive_stun(self.now, route, datagram)
        } else {
            self.transport.receive_dtls(self.now, route, datagram)
        };
        self.drain();
        result
    }

    /// Hands a datagram to the network.
    pub(super) fn send_from_peer(&mut self, datagram: &[u8]) {
        self.net.send(self.now, self.peer.address, self.server, datagram);
    }

    pub(super) fn states(&self) -> Vec<TransportState> {
        let state = |event: &TransportEvent| match event {
            TransportEvent::StateChanged(state) => Some(*state),
            _ => None,
        };
        self.events.iter().filter_map(state).collect()
    }

    /// Takes what the transport wants to send and say.
    pub(super) fn drain(&mut self) {
        let mut batch = SendBatch::new(65_536, 64);
        assert_eq!(self.transport.poll_transmit(&mut batch), Drain::Done);
        for (run, bytes) in batch.runs() {
            for datagram in bytes.chunks(usize::from(run.segment)) {
                self.sent.push((run.route, datagram.to_vec()));
                self.net.send(self.now, self.server, run.route.remote, datagram);
            }
        }
        self.events.extend(std::iter::from_fn(|| self.transport.poll_event()));
    }

    fn step(&mut self, until: Instant) -> bool {
        self.drain();
        let deadlines = [self.net.next_deadline(), self.transport.deadline(), self.peer.deadline()];
        let next = deadlines.into_iter().flatten().min().filter(|next| *next <= until);
        self.now = next.unwrap_or(until).max(self.now);
        while let Some(delivery) = self.net.poll(self.now) {
            if delivery.to == self.server {
                if let Err(reason) = self.inject(delivery.from, &delivery.bytes) {
                    self.drops.push(reason);
                }
            } else if delivery.to == self.peer.address {
                let answers = self.peer.receive(self.now, &delivery.bytes);
                answers.iter().for_each(|answer| self.send_from_peer(answer));
            }
        }
        let sent = self.peer.timeout(self.now);
        sent.iter().for_each(|datagram| self.send_from_peer(datagram));
        // Not a moment sooner than it asked for.
        if self.transport.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.transport.timeout(self.now);
        }
        self.drain();
        next.is_some()
    }
}

/// The address the peer of [`World::new`] is reached at over IPv6.
pub(super) fn v6_route() -> Route {
    let local: IpAddr = "2001:db8::1".parse().expect("an address");
    Route { local, remote: "[2001:db8::7]:5000".parse().expect("an address") }
}
