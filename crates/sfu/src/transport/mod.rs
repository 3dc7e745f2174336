//! One endpoint's path through the network: ICE-lite, DTLS, the keys they lead to, and the routes that may be used.
//!
//! Pure: datagrams and time in; datagrams, events and a deadline out. It knows addresses and keys; it
//! must not know media, sources or conferences. Whatever is not authenticated changes nothing here.
//!
//! Order of driving: any call, then [`Transport::poll_event`] until `None`, [`Transport::poll_transmit`]
//! until [`Drain::Done`], and [`Transport::timeout`] at [`Transport::deadline`].

mod consent;
mod dtls;
mod handshake;
mod ice;
mod outbox;
mod routes;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::batch::SendBatch;
use crate::command::IceCredentials;
use crate::counters::DropReason;
use crate::event::{CloseReason, TransportState};
use crate::ids::Route;
use consent::{Consent, Freshness};
pub(crate) use dtls::DtlsIdentity;
use handshake::{Contexts, Handshake, Progress};
use ice::{IceLite, Verdict};
use outbox::Outbox;
use routes::Routes;

/// A transport that did not connect by then is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Whether everything fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drain {
    /// Nothing is left.
    Done,
    /// The batch is full; flush it and call again.
    Full,
}

/// What the owner of a transport has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransportEvent {
    /// It moved to another state; `Closed` comes at most once.
    StateChanged(TransportState),
    /// Datagrams on this route are this transport's from now on.
    RouteAdded(Route),
    /// Datagrams on this route are no longer this transport's, unless another claimed it meanwhile.
    RouteRemoved(Route),
}

/// An ICE-lite, DTLS-server transport of one endpoint.
pub(crate) struct Transport {
    ice: IceLite,
    routes: Routes,
    consent: Consent,
    handshake: Handshake,
    srtp: Option<Contexts>,
    /// Where the last acceptable DTLS came from: the answer goes there while nothing is nominated.
    dtls_route: Option<Route>,
    outbox: Outbox,
    events: VecDeque<TransportEvent>,
    state: TransportState,
    /// Ended by [`Transport::close`], which is no state change.
    ended: bool,
    connect_by: Instant,
}

impl Transport {
    /// Makes a transport that waits for connectivity checks made with `local` as the name and
    /// password of ours; the far end's certificate must have one of the SHA-256 `fingerprints`.
    pub(crate) fn new(
        local: IceCredentials,
        remote: IceCredentials,
        fingerprints: Vec<[u8; 32]>,
        identity: &DtlsIdentity,
        now: Instant,
    ) -> Self {
        Self {
            ice: IceLite::new(local, remote),
            routes: Routes::default(),
            consent: Consent::default(),
            handshake: Handshake::new(identity.clone(), fingerprints),
            srtp: None,
            dtls_route: None,
            outbox: Outbox::default(),
            events: VecDeque::new(),
            state: TransportState::Connecting,
            ended: false,
            connect_by: now + CONNECT_TIMEOUT,
        }
    }

    /// Accepts checks made with new credentials (RFC 8445 §2.4). The old ones, the old pair and the
    /// keys go on until a check with the new ones nominates a pair.
    pub(crate) fn restart_ice(&mut self, local: IceCredentials, remote: IceCredentials) {
        self.ice.restart(local, remote);
    }

    /// Takes a STUN message whose USERNAME named one of this transport's local ufrags. Nothing is
    /// changed or answered before MESSAGE-INTEGRITY holds.
    pub(crate) fn receive_stun(
        &mut self,
        now: Instant,
        route: Route,
        datagram: &[u8],
    ) -> Result<(), DropReason> {
        self.check_alive()?;
        let check = self.ice.check(datagram, route.remote)?;
        self.outbox.push(route, &check.answer)?;
        let Verdict::Granted { nominates, generation } = check.verdict else {
            return Err(DropReason::StunRefused);
        };
        if nominates {
            self.ice.settle(generation);
        }
        self.routes.checked(now, route, nominates, &mut self.events);
        self.consent.renew(now);
        self.update_state(now);
        Ok(())
    }

    /// Takes a DTLS datagram; only on a validated route does it lead to anything.
    pub(crate) fn receive_dtls(
        &mut self,
        now: Instant,
        route: Route,
        datagram: &[u8],
    ) -> Result<(), DropReason> {
        self.check_alive()?;
        if !self.routes.contains(route) {
            return Err(DropReason::UnknownRoute);
        }
        self.dtls_route = Some(route);
        let answer_on = self.dtls_answer_route();
        let progress = self.handshake.receive(now, datagram, answer_on, &mut self.outbox)?;
        self.advance(now, progress);
        Ok(())
    }

    /// Whether an authenticated check validated `route`, not too long ago.
    pub(crate) fn knows_route(&self, route: Route) -> bool {
        self.routes.contains(route)
    }

    /// Returns the selected pair: where to send. `None` before nomination and after the end.
    pub(crate) fn route(&self) -> Option<Route> {
        if self.is_over() { None } else { self.routes.selected() }
    }

    /// Returns the SRTP contexts, once the handshake is complete and the certificate is the announced one.
    pub(crate) fn srtp(&mut self) -> Option<(&mut srtp::InboundContext, &mut srtp::OutboundContext)> {
        self.srtp.as_deref_mut().map(|(inbound, outbound)| (inbound, outbound))
    }

    /// Does what is due. Cheap when nothing is.
    pub(crate) fn timeout(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        self.routes.expire(now, &mut self.events);
        let answer_on = self.dtls_answer_route();
        let progress = self.handshake.timeout(now, answer_on, &mut self.outbox);
        self.advance(now, progress);
    }

    /// Returns when [`Transport::timeout`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        if self.is_over() {
            return None;
        }
        let state_change = match self.state {
            TransportState::Connecting => Some(self.connect_by),
            TransportState::Connected => self.consent.stale_at(),
            TransportState::Interrupted => self.consent.expired_at(),
            TransportState::Closed(_) => None,
        };
        [state_change, self.routes.deadline(), self.handshake.deadline()].into_iter().flatten().min()
    }

    /// Writes STUN answers and DTLS flights.
    pub(crate) fn poll_transmit(&mut self, out: &mut SendBatch) -> Drain {
        self.outbox.drain_into(out)
    }

    /// Returns the next event, oldest first.
    pub(crate) fn poll_event(&mut self) -> Option<TransportEvent> {
        self.events.pop_front()
    }

    /// Returns where it stands.
    pub(crate) fn state(&self) -> TransportState {
        self.state
    }

    /// Ends it from our side: queues close_notify, and takes and sends nothing any more. No event follows.
    pub(crate) fn close(&mut self, now: Instant) {
        if self.is_over() {
            return;
        }
        let answer_on = self.dtls_answer_route();
        self.outbox.clear();
        self.handshake.close(now, answer_on, &mut self.outbox);
        self.ended = true;
        self.srtp = None;
    }

    /// Whether a DTLS handshake has begun and is not complete; what the cap on handshakes counts.
    pub(crate) fn is_handshaking(&self) -> bool {
        !self.is_over() && self.handshake.is_running()
    }

    /// Returns "DTLS 1.2" or "DTLS 1.3", or "" before the handshake.
    pub(crate) fn tls_version(&self) -> &'static str {
        self.handshake.tls_version()
    }

    /// Returns the IANA name of the SRTP profile, or "" before the handshake.
    pub(crate) fn srtp_cipher(&self) -> &'static str {
        self.handshake.srtp_cipher()
    }

    /// Returns how often the selected pair changed, the first selection included.
    pub(crate) fn selected_pair_changes(&self) -> u32 {
        self.routes.changes()
    }

    fn is_over(&self) -> bool {
        self.ended || matches!(self.state, TransportState::Closed(_))
    }

    fn check_alive(&self) -> Result<(), DropReason> {
        if self.is_over() { Err(DropReason::Closed) } else { Ok(()) }
    }

    fn dtls_answer_route(&self) -> Option<Route> {
        self.routes.selected().or(self.dtls_route.filter(|route| self.routes.contains(*route)))
    }

    fn advance(&mut self, now: Instant, progress: Progress) {
        match progress {
            Progress::None => {}
            Progress::Keys(contexts) => self.srtp = Some(contexts),
            Progress::FingerprintMismatch => self.end(CloseReason::FingerprintMismatch),
            Progress::Failed => self.end(CloseReason::HandshakeFailed),
            Progress::PeerClosed => self.end(CloseReason::PeerClosed),
        }
        self.update_state(now);
    }

    /// Moves between the states as keys, pair and consent say.
    fn update_state(&mut self, now: Instant) {
        let connectable = self.srtp.is_some() && self.routes.selected().is_some();
        match (self.state, self.consent.freshness(now)) {
            (TransportState::Closed(_), _) => {}
            (TransportState::Connecting, Freshness::Fresh) if connectable => {
                self.enter(TransportState::Connected)
            }
            (TransportState::Connecting, _) if now >= self.connect_by => {
                self.end(CloseReason::ConnectTimeout)
            }
            (TransportState::Connecting, _) => {}
            (_, Freshness::Expired) => self.end(CloseReason::ConsentExpired),
            (TransportState::Connected, Freshness::Stale) => self.enter(TransportState::Interrupted),
            (TransportState::Interrupted, Freshness::Fresh) => self.enter(TransportState::Connected),
            (TransportState::Connected | TransportState::Interrupted, _) => {}
        }
    }

    fn enter(&mut self, state: TransportState) {
        self.state = state;
        self.events.push_back(TransportEvent::StateChanged(state));
    }

    fn end(&mut self, reason: CloseReason) {
        self.srtp = None;
        self.routes.clear(&mut self.events);
        // Only a peer that says goodbye is still there to hear ours.
        if reason != CloseReason::PeerClosed {
            self.outbox.clear();
        }
        self.enter(TransportState::Closed(reason));
    }
}
