//! From the first ClientHello to keys that belong to the announced certificate, whoever interferes.
//!
//! Until a handshake is complete nothing in it is authenticated, and whoever can forge a source address
//! can inject into it. So a ClientHello that is not a repetition begins an attempt of its own beside
//! the others, a broken attempt is just dropped, alerts in the clear are not believed, and the
//! certificate is judged when the peer has proved that it holds its key (T-08).

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;
use aws_lc_rs::constant_time;

use super::dtls::{DtlsIdentity, Outcome, Session, SessionError};
use super::outbox::Outbox;
use crate::counters::DropReason;
use crate::ids::Route;

/// A handshake not complete by then has failed.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
/// Attempts side by side. Another one takes the place of the oldest that has not come to an answer.
const ATTEMPTS_MAX: usize = 5;
/// Attempts in the life of a transport, which bounds what forged hellos can cost: the dearest take a
/// key exchange and a signature, a fraction of a millisecond.
const ATTEMPTS_MADE_MAX: usize = 32;

/// SRTP contexts for both directions.
pub(super) type Contexts = Box<(srtp::InboundContext, srtp::OutboundContext)>;

/// What a step led to.
pub(super) enum Progress {
    None,
    /// Complete, and with the announced certificate.
    Keys(Contexts),
    /// Complete, but with another certificate.
    FingerprintMismatch,
    /// It took too long, or all attempts broke.
    Failed,
    /// The peer said goodbye, or sent an authenticated fatal alert.
    PeerClosed,
}

/// The handshake of one transport, and the session that it leaves behind.
pub(super) struct Handshake {
    identity: DtlsIdentity,
    fingerprints: Vec<[u8; 32]>,
    attempts: ArrayVec<Attempt, ATTEMPTS_MAX>,
    attempts_made: usize,
    fail_at: Option<Instant>,
    established: Option<Established>,
}

struct Attempt {
    session: Session,
    /// Tells one ClientHello from another; `None` while only later fragments of it have come.
    hello: Option<[u8; 32]>,
    /// Whether it has sent anything.
    answered: bool,
    certificate: Option<[u8; 32]>,
    complete: Option<Option<(srtp::Profile, dimpl::KeyingMaterial)>>,
    peer_closed: bool,
}

struct Established {
    tls_version: &'static str,
    srtp_cipher: &'static str,
}

/// Where to put what is to be sent.
struct Exit<'a> {
    route: Option<Route>,
    outbox: &'a mut Outbox,
}

impl Handshake {
    pub(super) fn new(identity: DtlsIdentity, fingerprints: Vec<[u8; 32]>) -> Self {
        Self {
            identity,
            fingerprints,
            attempts: ArrayVec::new(),
            attempts_made: 0,
            fail_at: None,
            established: None,
        }
    }

    /// Takes a datagram that came on a validated route. Answers go to `answer_on`.
    pub(super) fn receive(
        &mut self,
        now: Instant,
        datagram: &[u8],
        answer_on: Option<Route>,
        outbox: &mut Outbox,
    ) -> Result<Progress, DropReason> {
        let contents = inspect(datagram).ok_or(DropReason::DtlsMalformed)?;
        let mut exit = Exit { route: answer_on, outbox };
        let concerned = self.concerned(now, contents)?;
        let mut failure = None;
        for index in concerned.rev() {
            let result = self.attempts[index].session.receive(now, datagram);
            failure = self.apply(index, result, &mut exit).or(failure);
        }
        let progress = self.conclude(failure);
        match (failure, progress) {
            (Some(_), Progress::None) => Err(DropReason::DtlsMalformed),
            (_, progress) => Ok(progress),
        }
    }

    /// Retransmits what is due, and gives up in time.
    pub(super) fn timeout(
        &mut self,
        now: Instant,
        answer_on: Option<Route>,
        outbox: &mut Outbox,
    ) -> Progress {
        if self.fail_at.is_some_and(|at| now >= at) {
            return Progress::Failed;
        }
        let mut exit = Exit { route: answer_on, outbox };
        let mut failure = None;
        for index in (0..self.attempts.len()).rev() {
            if self.attempts[index].session.deadline() <= now {
                let result = self.attempts[index].session.timeout(now);
                failure = self.apply(index, result, &mut exit).or(failure);
            }
        }
        self.conclude(failure)
    }

    /// Returns when [`Handshake::timeout`] wants to be called.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let sessions = self.attempts.iter().map(|attempt| attempt.session.deadline());
        sessions.chain(self.fail_at).min()
    }

    /// Says goodbye where there is someone to say it to.
    pub(super) fn close(&mut self, now: Instant, answer_on: Option<Route>, outbox: &mut Outbox) {
        let mut exit = Exit { route: answer_on, outbox };
        for attempt in &mut self.attempts {
            for outcome in attempt.session.close(now) {
                attempt.note(outcome, &mut exit);
            }
        }
        self.attempts.clear();
        self.fail_at = None;
    }

    /// Whether it has begun and is not complete.
    pub(super) fn is_running(&self) -> bool {
        self.fail_at.is_some()
    }

    /// Returns "DTLS 1.2" or "DTLS 1.3", or "" before completion.
    pub(super) fn tls_version(&self) -> &'static str {
        self.established.as_ref().map_or("", |established| established.tls_version)
    }

    /// Returns the IANA name of the SRTP profile, or "" before completion.
    pub(super) fn srtp_cipher(&self) -> &'static str {
        self.established.as_ref().map_or("", |established| established.srtp_cipher)
    }

    /// Returns the attempts that a datagram is for; begins one where that is called for.
    fn concerned(&mut self, now: Instant, contents: Contents) -> Result<std::ops::Range<usize>, DropReason> {
        let all = 0..self.attempts.len();
        if self.established.is_some() {
            return Ok(all);
        }
        match contents {
            Contents::Hello(random) => {
                let index = self.attempt_for(now, random)?;
                self.attempts[index].hello = Some(random);
                Ok(index..index + 1)
            }
            Contents::Fragment if all.is_empty() => {
                let index = self.begin(now)?;
                Ok(index..index + 1)
            }
            Contents::Other if all.is_empty() => Err(DropReason::DtlsMalformed),
            Contents::Fragment | Contents::Other => Ok(all),
        }
    }

    /// Returns the attempt that a ClientHello with this random belongs to. When it is repeated and
    /// still had no answer, forged fragments may have got mixed into the attempt, so it begins anew.
    fn attempt_for(&mut self, now: Instant, random: [u8; 32]) -> Result<usize, DropReason> {
        let own = |attempt: &Attempt| attempt.hello.is_none_or(|hello| hello == random);
        let Some(index) = self.attempts.iter().position(own) else { return self.begin(now) };
        if self.attempts[index].hello.is_none() || self.attempts[index].answered {
            return Ok(index);
        }
        self.attempts.remove(index);
        self.begin(now)
    }

    fn begin(&mut self, now: Instant) -> Result<usize, DropReason> {
        if self.attempts_made == ATTEMPTS_MADE_MAX {
            return Err(DropReason::DtlsMalformed);
        }
        if self.attempts.is_full() {
            let silent = self.attempts.iter().position(|attempt| !attempt.answered);
            self.attempts.remove(silent.ok_or(DropReason::DtlsMalformed)?);
        }
        self.attempts_made += 1;
        self.fail_at.get_or_insert(now + TIMEOUT);
        self.attempts.push(Attempt {
            session: Session::new(&self.identity, now),
            hello: None,
            answered: false,
            certificate: None,
            complete: None,
            peer_closed: false,
        });
        Ok(self.attempts.len() - 1)
    }

    /// Notes what a step of one attempt led to; a broken attempt goes, and with it what it would say.
    fn apply(
        &mut self,
        index: usize,
        result: Result<Vec<Outcome>, SessionError>,
        exit: &mut Exit<'_>,
    ) -> Option<SessionError> {
        match result {
            Ok(outcomes) => {
                outcomes.into_iter().for_each(|outcome| self.attempts[index].note(outcome, exit));
                None
            }
            Err(error) => {
                self.attempts.remove(index);
                Some(error)
            }
        }
    }

    fn conclude(&mut self, failure: Option<SessionError>) -> Progress {
        if self.established.is_some() {
            let closed =
                failure == Some(SessionError::Alert) || self.attempts.iter().any(|it| it.peer_closed);
            return if closed { Progress::PeerClosed } else { Progress::None };
        }
        let complete = self.attempts.iter_mut().position(|attempt| attempt.complete.is_some());
        match complete {
            Some(index) => self.complete(index),
            None if self.attempts.is_empty() && self.attempts_made == ATTEMPTS_MADE_MAX => Progress::Failed,
            None => Progress::None,
        }
    }

    /// Judges the one complete attempt; the others were not the peer's.
    fn complete(&mut self, index: usize) -> Progress {
        let mut attempt = self.attempts.swap_remove(index);
        self.attempts.clear();
        self.fail_at = None;
        let announced = attempt.certificate.is_some_and(|hash| is_among(&hash, &self.fingerprints));
        if !announced {
            return Progress::FingerprintMismatch;
        }
        let Some((profile, material)) = attempt.complete.take().flatten() else { return Progress::Failed };
        let Ok(contexts) = srtp::split(profile, &material, true) else { return Progress::Failed };
        self.established =
            Some(Established { tls_version: attempt.session.version(), srtp_cipher: iana_name(profile) });
        self.attempts.push(attempt);
        Progress::Keys(Box::new(contexts))
    }
}

impl Attempt {
    fn note(&mut self, outcome: Outcome, exit: &mut Exit<'_>) {
        match outcome {
            Outcome::Datagram(datagram) => {
                self.answered = true;
                if let Some(route) = exit.route {
                    // What does not fit is lost like on any network, and retransmitted.
                    let _ = exit.outbox.push(route, &datagram);
                }
            }
            Outcome::Certificate(hash) => self.certificate = Some(hash),
            Outcome::Complete(keys) => self.complete = Some(keys),
            Outcome::PeerClosed => self.peer_closed = true,
        }
    }
}

/// Compares with each, in time that tells nothing.
fn is_among(hash: &[u8; 32], fingerprints: &[[u8; 32]]) -> bool {
    let equal = |fingerprint: &[u8; 32]| constant_time::verify_slices_are_equal(hash, fingerprint).is_ok();
    fingerprints.iter().fold(false, |found, fingerprint| equal(fingerprint) | found)
}

fn iana_name(profile: srtp::Profile) -> &'static str {
    match profile {
        srtp::Profile::Aes128CmSha1_80 => "SRTP_AES128_CM_HMAC_SHA1_80",
        srtp::Profile::AeadAes128Gcm => "SRTP_AEAD_AES_128_GCM",
        srtp::Profile::AeadAes256Gcm => "SRTP_AEAD_AES_256_GCM",
    }
}

/// What matters of a datagram before anything in it is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contents {
    /// The beginning of a ClientHello with this random.
    Hello([u8; 32]),
    /// Another handshake message or fragment in the clear.
    Fragment,
    Other,
}

/// Walks the records of a datagram (RFC 6347 §4.1, RFC 9147 §4). `None` for what is not DTLS and for
/// alerts in the clear, which anybody could have sent.
fn inspect(datagram: &[u8]) -> Option<Contents> {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let mut contents = None;
    let mut rest = datagram;
    while let [kind, ..] = *rest {
        let encrypted_1_3 = kind & 0xe0 == 0x20;
        if encrypted_1_3 {
            return Some(contents.unwrap_or(Contents::Other));
        }
        let (header, after) = rest.split_at_checked(13)?;
        let body_len = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let (body, next) = after.split_at_checked(body_len)?;
        let in_the_clear = header[3..5] == [0, 0];
        if !(20..=26).contains(&kind) || header[1] != 0xfe || (kind == ALERT && in_the_clear) {
            return None;
        }
        contents.get_or_insert(match kind {
            HANDSHAKE if in_the_clear => client_random(body).map_or(Contents::Fragment, Contents::Hello),
            _ => Contents::Other,
        });
        rest = next;
    }
    contents
}

/// Returns the random of a ClientHello, given its first fragment (RFC 6347 §4.2.2, RFC 5246 §7.4.1.2).
fn client_random(handshake: &[u8]) -> Option<[u8; 32]> {
    const CLIENT_HELLO: u8 = 1;
    let (header, body) = handshake.split_at_checked(12)?;
    let is_beginning = header[0] == CLIENT_HELLO && header[6..9] == [0, 0, 0];
    if !is_beginning {
        return None;
    }
    body.get(2..34)?.try_into().ok()
}
