//! A browser as far as a transport can tell: checks with nomination, a DTLS client, SRTP contexts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dimpl::{Dtls, DtlsCertificate, Output, SrtpProfile};
use wire::stun::{self, BindingRequest, IceRole, TransactionId};

use crate::command::IceCredentials;

/// Which DTLS version the client speaks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Version {
    Dtls12,
    Dtls13,
    Auto,
}

/// A check, with everything that a test may want to get wrong.
#[derive(Clone)]
pub(super) struct CheckOptions {
    pub(super) nominate: bool,
    pub(super) role: IceRole,
    pub(super) username: String,
    pub(super) password: String,
}

pub(super) struct Peer {
    pub(super) address: SocketAddr,
    pub(super) certificate: DtlsCertificate,
    pub(super) dtls: Dtls,
    pub(super) dtls_wake: Option<Instant>,
    /// Whether it starts DTLS by itself once a check was answered.
    pub(super) starts_dtls: bool,
    /// Time between checks; `None` is silence.
    pub(super) check_every: Option<Duration>,
    pub(super) next_check: Instant,
    pub(super) answers: usize,
    pub(super) connected: bool,
    pub(super) keys: Option<(SrtpProfile, Vec<u8>)>,
    pub(super) server_certificate: Option<Vec<u8>>,
    pub(super) said_goodbye: bool,
    pub(super) failed: bool,
    /// Byte and bit flipped in its DTLS datagrams, one after the other.
    pub(super) corruptions: Vec<(usize, u8)>,
    /// Whether DTLS 1.2 records travel in datagrams of their own.
    pub(super) sends_records_apart: bool,
    options: CheckOptions,
    transactions: u64,
}

impl Peer {
    pub(super) fn new(
        address: SocketAddr,
        server: &IceCredentials,
        own: &IceCredentials,
        version: Version,
        mtu: usize,
        now: Instant,
    ) -> Self {
        let certificate = dimpl::certificate::generate_self_signed_certificate().expect("a certificate");
        let dtls = client(version, &certificate, mtu, now);
        Self {
            address,
            certificate,
            dtls,
            dtls_wake: None,
            starts_dtls: true,
            check_every: Some(Duration::from_millis(2500)),
            next_check: now,
            answers: 0,
            connected: false,
            keys: None,
            server_certificate: None,
            said_goodbye: false,
            failed: false,
            corruptions: Vec::new(),
            sends_records_apart: false,
            options: check_options(server, own),
            transactions: 0,
        }
    }

    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.certificate.fingerprint().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Begins anew, with DTLS 1.2 and `more` bytes behind the certificate.
    pub(super) fn enlarge_certificate(&mut self, more: usize, now: Instant) {
        let len = self.certificate.certificate.len();
        self.certificate.certificate.resize(len + more, 0);
        self.dtls = client(Version::Dtls12, &self.certificate, 1200, now);
    }

    pub(super) fn use_credentials(&mut self, server: &IceCredentials, own: &IceCredentials) {
        self.options = check_options(server, own);
    }

    pub(super) fn options(&self) -> CheckOptions {
        self.options.clone()
    }

    /// Makes the next check.
    pub(super) fn check(&mut self) -> Vec<u8> {
        let options = self.options();
        self.check_with(&options)
    }

    pub(super) fn check_with(&mut self, options: &CheckOptions) -> Vec<u8> {
        self.transactions += 1;
        let mut id = [0; 12];
        id[4..].copy_from_slice(&self.transactions.to_be_bytes());
        let request = BindingRequest {
            transaction_id: TransactionId(id),
            username: options.username.as_bytes(),
            priority: 1_853_824_767,
            role: options.role,
            use_candidate: options.nominate,
        };
        let mut buffer = [0; 600];
        let len = stun::write_binding_request(&mut buffer, &request, options.password.as_bytes());
        buffer[..len.expect("a check fits")].to_vec()
    }

    /// Does what is due and returns what it sends.
    pub(super) fn timeout(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(every) = self.check_every
            && self.next_check <= now
        {
            // Unanswered checks are repeated soon, as in connection establishment.
            let every = if self.answers == 0 { Duration::from_millis(50) } else { every };
            self.next_check = now + every;
            out.push(self.check());
        }
        let started = self.answers > 0 && self.starts_dtls;
        if started && self.dtls_wake.is_none_or(|wake| wake <= now) {
            self.failed |= self.dtls.handle_timeout(now).is_err();
            self.poll_dtls(&mut out);
        }
        out
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let check = self.check_every.map(|_| self.next_check);
        let dtls = self.dtls_wake.filter(|_| !self.failed);
        check.into_iter().chain(dtls).min()
    }

    /// Takes a datagram and returns what it sends in answer.
    pub(super) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        match datagram[0] {
            0..=3 => {
                let answer = stun::Message::parse(datagram).expect("a STUN answer");
                assert_eq!(answer.verify_fingerprint(), Some(true));
                assert!(answer.verify_integrity(self.options.password.as_bytes()));
                assert!(datagram.len() <= self.check().len(), "an answer longer than the request");
                self.answers += usize::from(answer.class() == stun::Class::SuccessResponse);
                if self.starts_dtls && self.dtls_wake.is_none() {
                    out.extend(self.timeout(now));
                }
            }
            _ if !self.failed => {
                let taken = self.dtls.handle_timeout(now).and_then(|()| self.dtls.handle_packet(datagram));
                self.failed |= taken.is_err();
                self.poll_dtls(&mut out);
            }
            _ => {}
        }
        out
    }

    pub(super) fn close(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        self.dtls.handle_timeout(now).and_then(|()| self.dtls.close()).expect("a connected client closes");
        self.poll_dtls(&mut out);
        out
    }

    /// SRTP contexts as this side has them.
    pub(super) fn srtp(&self) -> (srtp::InboundContext, srtp::OutboundContext) {
        let (profile, material) = self.keys.as_ref().expect("keys");
        let profile = match profile {
            SrtpProfile::AEAD_AES_256_GCM => srtp::Profile::AeadAes256Gcm,
            SrtpProfile::AEAD_AES_128_GCM => srtp::Profile::AeadAes128Gcm,
            _ => srtp::Profile::Aes128CmSha1_80,
        };
        srtp::split(profile, material, false).expect("usable keys")
    }

    fn poll_dtls(&mut self, out: &mut Vec<Vec<u8>>) {
        let mut buffer = vec![0; 16_384];
        loop {
            match self.dtls.poll_output(&mut buffer) {
                Output::Packet(datagram) => {
                    let mut datagram = datagram.to_vec();
                    if let Some((byte, bit)) = self.corruptions.pop() {
                        let at = byte % datagram.len();
                        datagram[at] ^= 1 << bit;
                    }
                    if self.sends_records_apart {
                        out.extend(records(&datagram));
                    } else {
                        out.push(datagram);
                    }
                }
                Output::Connected => self.connected = true,
                Output::PeerCert(der) => self.server_certificate = Some(der.to_vec()),
                Output::KeyingMaterial(material, profile) => self.keys = Some((profile, material.to_vec())),
                Output::CloseNotify => self.said_goodbye = true,
                Output::Timeout(at) => {
                    self.dtls_wake = Some(at);
                    return;
                }
                _ => {}
            }
        }
    }
}

/// Cuts a DTLS 1.2 datagram into its records.
fn records(mut datagram: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while datagram.len() > 13 {
        let len = 13 + usize::from(u16::from_be_bytes([datagram[11], datagram[12]]));
        let (record, rest) = datagram.split_at(len);
        records.push(record.to_vec());
        datagram = rest;
    }
    records
}

fn client(version: Version, certificate: &DtlsCertificate, mtu: usize, now: Instant) -> Dtls {
    let config = dimpl::Config::builder().mtu(mtu).max_queue_tx(60);
    let config = config.flight_start_rto(Duration::from_millis(100)).flight_retries(16);
    let config = Arc::new(config.build().expect("a configuration"));
    let mut dtls = match version {
        Version::Dtls12 => Dtls::new_12(config, certificate.clone(), now),
        Version::Dtls13 => Dtls::new_13(config, certificate.clone(), now),
        Version::Auto => Dtls::new_auto(config, certificate.clone(), now),
    };
    dtls.set_active(true);
    dtls
}

fn check_options(server: &IceCredentials, own: &IceCredentials) -> CheckOptions {
    CheckOptions {
        nominate: true,
        role: IceRole::Controlling(7),
        username: format!("{}:{}", server.ufrag, own.ufrag),
        password: server.password.clone(),
    }
}
