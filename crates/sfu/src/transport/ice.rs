//! Judges connectivity checks as an ICE-lite agent does (RFC 8445 §2.5, §7.3; RFC 8489 §9.1): it
//! answers, never asks, is always controlled, and keeps nothing but its credentials.

use std::net::SocketAddr;

use arrayvec::ArrayVec;
use wire::stun::{self, Class, ErrorCode, IceRole, Message, Method};

use crate::command::IceCredentials;
use crate::counters::DropReason;

/// Room for the longest answer: a 420 that lists eight attributes has 88 bytes.
const ANSWER_MAX: usize = 128;

/// Which credentials a check was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Current,
    /// Those of an ICE restart that no check has settled yet.
    Next,
}

/// What a check says, and what to answer.
pub(super) struct Check {
    pub(super) answer: ArrayVec<u8, ANSWER_MAX>,
    pub(super) verdict: Verdict,
}

/// What is to be done about an authenticated check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The route it came on is valid.
    Granted { nominates: bool, generation: Generation },
    /// Nothing; the answer says why.
    Refused,
}

/// The agent: its credentials, and during a restart the ones to come.
pub(super) struct IceLite {
    current: Credentials,
    next: Option<Credentials>,
}

struct Credentials {
    local: IceCredentials,
    remote: IceCredentials,
}

impl IceLite {
    pub(super) fn new(local: IceCredentials, remote: IceCredentials) -> Self {
        Self { current: Credentials { local, remote }, next: None }
    }

    /// Accepts further credentials beside the current ones; those of an unsettled restart are forgotten.
    pub(super) fn restart(&mut self, local: IceCredentials, remote: IceCredentials) {
        self.next = Some(Credentials { local, remote });
    }

    /// Notes that a pair was nominated with the credentials of `generation`; older ones are over.
    pub(super) fn settle(&mut self, generation: Generation) {
        if generation == Generation::Next
            && let Some(next) = self.next.take()
        {
            self.current = next;
        }
    }

    /// Judges a datagram from `source`. An error is silence: what does not prove that it knows our
    /// password learns nothing (T-01, T-02).
    pub(super) fn check(&self, datagram: &[u8], source: SocketAddr) -> Result<Check, DropReason> {
        let message = Message::parse(datagram).map_err(|_| DropReason::StunMalformed)?;
        if message.class() != Class::Request || message.method() != Method::BINDING {
            return Err(DropReason::StunUnexpected);
        }
        if message.verify_fingerprint() != Some(true) {
            return Err(DropReason::StunFingerprint);
        }
        let generation = self.generation(&message).ok_or(DropReason::StunUsername)?;
        let key = self.password(generation).as_bytes();
        if !message.verify_integrity(key) {
            return Err(DropReason::StunIntegrity);
        }
        match refusal(&message) {
            Some(code) => refuse(&message, code, key),
            None => grant(&message, generation, source, key),
        }
    }

    /// USERNAME must name both sides, not only ours: a check is for one pair of descriptions.
    fn generation(&self, message: &Message<'_>) -> Option<Generation> {
        let named = message.ufrags()?;
        let fits = |credentials: &Credentials| {
            named == (credentials.local.ufrag.as_bytes(), credentials.remote.ufrag.as_bytes())
        };
        if self.next.as_ref().is_some_and(fits) {
            return Some(Generation::Next);
        }
        fits(&self.current).then_some(Generation::Current)
    }

    fn password(&self, generation: Generation) -> &str {
        match (generation, &self.next) {
            (Generation::Next, Some(next)) => &next.local.password,
            _ => &self.current.local.password,
        }
    }
}

/// A lite agent cannot become controlling, so the tie-breaker does not matter (RFC 8445 §7.3.1.1).
fn refusal(message: &Message<'_>) -> Option<ErrorCode> {
    if !message.unknown_attributes().is_empty() {
        return Some(ErrorCode::UnknownAttribute);
    }
    matches!(message.role(), Some(IceRole::Controlled(_))).then_some(ErrorCode::RoleConflict)
}

fn refuse(message: &Message<'_>, code: ErrorCode, key: &[u8]) -> Result<Check, DropReason> {
    let mut bytes = [0; ANSWER_MAX];
    let unknown = message.unknown_attributes();
    let written = stun::write_binding_error(&mut bytes, message.transaction_id(), code, unknown, Some(key));
    let answer = cut(bytes, written.map_err(|_| DropReason::StunMalformed)?);
    Ok(Check { answer, verdict: Verdict::Refused })
}

fn grant(
    message: &Message<'_>,
    generation: Generation,
    source: SocketAddr,
    key: &[u8],
) -> Result<Check, DropReason> {
    let mut bytes = [0; ANSWER_MAX];
    let written = stun::write_binding_success(&mut bytes, message.transaction_id(), source, key);
    let answer = cut(bytes, written.map_err(|_| DropReason::StunMalformed)?);
    Ok(Check { answer, verdict: Verdict::Granted { nominates: message.use_candidate(), generation } })
}

fn cut(bytes: [u8; ANSWER_MAX], len: usize) -> ArrayVec<u8, ANSWER_MAX> {
    let mut answer = ArrayVec::from(bytes);
    answer.truncate(len);
    answer
}
