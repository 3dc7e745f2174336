//! ICE and DTLS of one peer: from credentials to SRTP keys.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use dimpl::{Dtls, DtlsCertificate, Output};
use is::stun::{StunMessage, StunPacket};
use is::{Candidate, IceAgent, IceAgentEvent, IceConnectionState, IceCreds, Protocol};

use crate::outbox::Outbox;
use crate::srtp::{self, Context};

/// Longest DTLS datagram: fits the smallest IPv6 path (1,280 bytes) with its headers.
const DATAGRAM_MAX: usize = 1200;
/// The stack demands room for the longest certificate.
const OUTPUT_MAX: usize = 65_536;
const HANDSHAKE_MAX: Duration = Duration::from_secs(20);
/// Longest time without a look at ICE.
const IDLE: Duration = Duration::from_secs(1);

/// Certificate and settings that all peers of a generator share.
#[derive(Clone)]
pub struct Identity {
    config: Arc<dimpl::Config>,
    certificate: DtlsCertificate,
    pub(crate) fingerprint: String,
}

impl Identity {
    /// Makes a certificate, or says why it cannot.
    pub fn generate() -> Result<Self, Box<dyn std::error::Error>> {
        let config = dimpl::Config::builder()
            .mtu(DATAGRAM_MAX)
            .handshake_timeout(HANDSHAKE_MAX)
            .use_server_cookie(false)
            .build()?;
        let certificate = dimpl::certificate::generate_self_signed_certificate()?;
        let pairs: Vec<_> =
            sha256(&certificate.certificate).iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(Self { config: Arc::new(config), certificate, fingerprint: pairs.join(":") })
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// What became of a transport.
pub(crate) enum Change {
    /// Keys are there: for sending, for receiving, and the name of the profile.
    Connected(Context, Context, &'static str),
    /// It will not work, or no longer.
    Failed(String),
}

/// ICE and DTLS of one peer.
pub(crate) struct Transport {
    identity: Identity,
    ice: IceAgent,
    local: SocketAddr,
    remote: Option<SocketAddr>,
    dtls: Option<Dtls>,
    /// Acts as DTLS client; known once both descriptions are.
    pub(crate) active: Option<bool>,
    expected: Option<[u8; 32]>,
    dtls_wake: Option<Instant>,
    connected: bool,
    failed: bool,
}

impl Transport {
    pub(crate) fn new(identity: Identity, local: SocketAddr) -> Self {
        let mut ice = IceAgent::new(IceCreds::new());
        if let Ok(candidate) = Candidate::host(local, Protocol::Udp) {
            ice.add_local_candidate(candidate);
        }
        Self {
            identity,
            ice,
            local,
            remote: None,
            dtls: None,
            active: None,
            expected: None,
            dtls_wake: None,
            connected: false,
            failed: false,
        }
    }

    pub(crate) fn credentials(&self) -> &IceCreds {
        self.ice.local_credentials()
    }

    pub(crate) fn fingerprint(&self) -> &str {
        &self.identity.fingerprint
    }

    pub(crate) fn candidates(&self) -> Vec<String> {
        self.ice.local_candidates().map(|candidate| candidate.to_sdp_string()).collect()
    }

    /// Where media goes.
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote.filter(|_| self.connected)
    }

    /// Sets what the other side is known by. `controlling` counts the first time only.
    pub(crate) fn set_remote(
        &mut self,
        ufrag: &str,
        password: &str,
        fingerprint: Option<[u8; 32]>,
        controlling: bool,
    ) {
        if self.ice.remote_credentials().is_none() {
            self.ice.set_controlling(controlling);
        }
        self.ice.set_remote_credentials(IceCreds { ufrag: ufrag.to_owned(), pass: password.to_owned() });
        self.expected = fingerprint;
    }

    /// Takes a candidate line; those that UDP from our address cannot reach are left out.
    pub(crate) fn add_candidate(&mut self, line: &str) {
        let line = line.strip_prefix("a=").unwrap_or(line);
        if let Ok(candidate) = Candidate::from_sdp_string(line)
            && candidate.proto() == Protocol::Udp
            && candidate.addr().is_ipv4() == self.local.is_ipv4()
        {
            self.ice.add_remote_candidate(candidate);
        }
    }

    /// Takes a STUN or DTLS datagram.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &[u8],
        out: &mut Outbox,
    ) -> Option<Change> {
        if datagram.first().is_some_and(|first| *first < 4) {
            let Ok(message) = StunMessage::parse(datagram) else { return None };
            let packet = StunPacket { proto: Protocol::Udp, source, destination: self.local, message };
            self.ice.handle_packet(now, packet);
            return self.timeout(now, out);
        }
        self.remote.get_or_insert(source);
        self.start_dtls(now);
        let dtls = self.dtls.as_mut()?;
        let taken = dtls.handle_timeout(now).and_then(|()| dtls.handle_packet(datagram));
        let change = self.drain_dtls(out);
        match taken {
            Err(error) if !self.connected => self.fail(format!("DTLS: {error}")),
            _ => change,
        }
    }

    /// Does what is due.
    pub(crate) fn timeout(&mut self, now: Instant, out: &mut Outbox) -> Option<Change> {
        self.ice.handle_timeout(now);
        while let Some(transmit) = self.ice.poll_transmit() {
            out.push(transmit.destination, &transmit.contents);
        }
        let mut lost = false;
        while let Some(event) = self.ice.poll_event() {
            match event {
                IceAgentEvent::NominatedSend { destination, .. } => {
                    self.remote = Some(destination);
                    self.start_dtls(now);
                }
                IceAgentEvent::IceConnectionStateChange(IceConnectionState::Disconnected) => lost = true,
                _ => {}
            }
        }
        if lost {
            return self.fail("ICE: no answer to checks".to_owned());
        }
        if self.dtls_wake.is_some_and(|wake| wake > now) {
            return None;
        }
        match self.dtls.as_mut()?.handle_timeout(now) {
            Err(error) if !self.connected => self.fail(format!("DTLS: {error}")),
            _ => self.drain_dtls(out),
        }
    }

    /// Returns when `timeout` wants to be called.
    pub(crate) fn deadline(&mut self, now: Instant) -> Instant {
        let ice = self.ice.poll_timeout().unwrap_or(now);
        let dtls = self.dtls_wake.filter(|_| !self.connected).unwrap_or(ice);
        ice.min(dtls).min(now + IDLE)
    }

    fn fail(&mut self, why: String) -> Option<Change> {
        let first = !self.failed;
        self.failed = true;
        if !self.connected {
            (self.dtls, self.dtls_wake) = (None, None);
        }
        first.then_some(Change::Failed(why))
    }

    fn start_dtls(&mut self, now: Instant) {
        if let (None, Some(active), false) = (&self.dtls, self.active, self.failed) {
            let identity = &self.identity;
            let mut dtls = Dtls::new_auto(Arc::clone(&identity.config), identity.certificate.clone(), now);
            dtls.set_active(active);
            self.dtls = Some(dtls);
        }
    }

    fn drain_dtls(&mut self, out: &mut Outbox) -> Option<Change> {
        let (dtls, remote) = (self.dtls.as_mut()?, self.remote?);
        let mut buffer = vec![0; OUTPUT_MAX];
        let mut change = None;
        loop {
            match dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => out.push(remote, datagram),
                Output::PeerCert(der) if self.expected.is_some_and(|hash| hash != sha256(der)) => {
                    return self.fail("DTLS: another certificate than announced".to_owned());
                }
                Output::KeyingMaterial(material, profile) => {
                    let client = self.active == Some(true);
                    change = srtp::contexts(profile, &material, client).map(|(send, receive)| {
                        self.connected = true;
                        Change::Connected(send, receive, srtp::name(profile))
                    });
                }
                Output::CloseNotify => {
                    change = Some(Change::Failed("DTLS: the server said goodbye".to_owned()))
                }
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(at) => {
                    self.dtls_wake = Some(at);
                    return change;
                }
                _ => {}
            }
        }
    }
}
