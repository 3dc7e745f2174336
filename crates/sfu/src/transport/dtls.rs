//! The DTLS stack behind a face of our own, so that another could take its place. Only this file
//! knows `dimpl`; it decides nothing about peers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use dimpl::{Dtls, DtlsCertificate, Output, ProtocolVersion, SecurityError, SrtpProfile};

use crate::config::Certificate;

/// Longest datagram of a flight: fits the smallest IPv6 path (1,280 bytes) with its headers.
const DATAGRAM_MAX: usize = 1200;
/// First retransmission; browsers start at 50 ms to 1 s themselves, and each of theirs triggers ours.
const FLIGHT_RTO: Duration = Duration::from_millis(250);
/// More than fit into the handshake's time, so that time alone limits a slow peer.
const FLIGHT_RETRIES: usize = 16;
/// Datagrams kept while a message is incomplete: a ClientHello of 16 kB with room for disorder (T-09).
const FRAGMENTS_MAX: usize = 30;
/// The stack demands room for the longest certificate: [`FRAGMENTS_MAX`] datagrams of 1,500 bytes.
const OUTPUT_MAX: usize = 65_536;

/// What we are in every handshake: certificate, key and settings, parsed once and shared.
#[derive(Clone)]
pub(crate) struct DtlsIdentity {
    config: Arc<dimpl::Config>,
    certificate: Arc<Certificate>,
}

impl From<&Arc<Certificate>> for DtlsIdentity {
    fn from(certificate: &Arc<Certificate>) -> Self {
        let config = dimpl::Config::builder()
            .mtu(DATAGRAM_MAX)
            .max_queue_rx(FRAGMENTS_MAX)
            .flight_start_rto(FLIGHT_RTO)
            .flight_retries(FLIGHT_RETRIES)
            .handshake_timeout(super::handshake::TIMEOUT)
            // ICE has proved that the peer is where it says, which is all a cookie would.
            .use_server_cookie(false)
            .require_client_certificate(true)
            .build()
            .expect("these settings are constants that the stack accepts");
        Self { config: Arc::new(config), certificate: Arc::clone(certificate) }
    }
}

/// What a step of the stack led to.
pub(super) enum Outcome {
    /// To be sent as it is.
    Datagram(Vec<u8>),
    /// SHA-256 of the peer's certificate; whether the peer has its key is not proved yet.
    Certificate([u8; 32]),
    /// The handshake is complete and gave keying material, unless SRTP was not agreed upon.
    Complete(Option<(srtp::Profile, dimpl::KeyingMaterial)>),
    /// The peer said goodbye.
    PeerClosed,
}

/// Why a session cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionError {
    /// The peer sent a fatal alert.
    Alert,
    /// Anything else.
    Broken,
}

/// One DTLS association in the server role, version 1.2 or 1.3 as the client wants.
pub(super) struct Session {
    stack: Dtls,
    wake_at: Instant,
    complete: bool,
}

impl Session {
    pub(super) fn new(identity: &DtlsIdentity, now: Instant) -> Self {
        let certificate = DtlsCertificate {
            certificate: identity.certificate.certificate_der.clone(),
            private_key: identity.certificate.private_key_der.clone(),
        };
        let stack = Dtls::new_auto(Arc::clone(&identity.config), certificate, now);
        Self { stack, wake_at: now, complete: false }
    }

    /// Takes a datagram and says what follows.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Result<Vec<Outcome>, SessionError> {
        self.stack.handle_timeout(now).map_err(error)?;
        self.stack.handle_packet(datagram).map_err(error)?;
        Ok(self.drain())
    }

    /// Retransmits what is due.
    pub(super) fn timeout(&mut self, now: Instant) -> Result<Vec<Outcome>, SessionError> {
        self.stack.handle_timeout(now).map_err(error)?;
        Ok(self.drain())
    }

    /// Returns when [`Session::timeout`] wants to be called.
    pub(super) fn deadline(&self) -> Instant {
        self.wake_at
    }

    /// Says goodbye.
    pub(super) fn close(&mut self, now: Instant) -> Vec<Outcome> {
        match self.stack.handle_timeout(now).and_then(|()| self.stack.close()) {
            Ok(()) => self.drain(),
            Err(_) => Vec::new(),
        }
    }

    /// Returns "DTLS 1.2" or "DTLS 1.3", or "" while neither is settled.
    pub(super) fn version(&self) -> &'static str {
        match self.stack.protocol_version() {
            Some(ProtocolVersion::DTLS1_2) => "DTLS 1.2",
            Some(ProtocolVersion::DTLS1_3) => "DTLS 1.3",
            _ => "",
        }
    }

    fn drain(&mut self) -> Vec<Outcome> {
        // Certificates only come before completion; records are never longer than a datagram.
        let mut buffer = vec![0; if self.complete { 2048 } else { OUTPUT_MAX }];
        let mut outcomes = Vec::new();
        let mut connected = false;
        let mut keys = None;
        loop {
            match self.stack.poll_output(&mut buffer) {
                Output::Packet(datagram) => outcomes.push(Outcome::Datagram(datagram.to_vec())),
                Output::PeerCert(der) => outcomes.push(Outcome::Certificate(sha256(der))),
                Output::Connected => connected = true,
                Output::KeyingMaterial(material, profile) => {
                    keys = srtp_profile(profile).map(|profile| (profile, material));
                }
                Output::CloseNotify => outcomes.push(Outcome::PeerClosed),
                Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
                Output::Timeout(at) => {
                    self.wake_at = at;
                    break;
                }
                // Data over DTLS is none of our protocols.
                _ => {}
            }
        }
        if connected {
            self.complete = true;
            outcomes.push(Outcome::Complete(keys));
        }
        outcomes
    }
}

fn error(error: dimpl::Error) -> SessionError {
    match error {
        dimpl::Error::SecurityError(SecurityError::FatalAlert { .. }) => SessionError::Alert,
        _ => SessionError::Broken,
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

fn srtp_profile(profile: SrtpProfile) -> Option<srtp::Profile> {
    match profile {
        SrtpProfile::AEAD_AES_256_GCM => Some(srtp::Profile::AeadAes256Gcm),
        SrtpProfile::AEAD_AES_128_GCM => Some(srtp::Profile::AeadAes128Gcm),
        SrtpProfile::AES128_CM_SHA1_80 => Some(srtp::Profile::Aes128CmSha1_80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_srtp_profile_of_the_stack_is_one_of_ours_with_keys_of_the_same_length() {
        for profile in SrtpProfile::ALL {
            let ours = srtp_profile(*profile).expect("a profile we speak");
            assert_eq!(ours.keying_material_len(), profile.keying_material_len());
        }
    }
}
