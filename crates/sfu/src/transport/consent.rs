//! Whether the far end still wants our packets (RFC 7675, seen from the lite side: it asks, we answer).

use std::time::{Duration, Instant};

/// Without a check for so long the path is called interrupted. Chromium checks about every 2.5 s;
/// Firefox every 4–6 s (RFC 7675 §5.1), which 5 s would take for an interruption again and again.
const STALE_AFTER: Duration = Duration::from_secs(8);
/// Without a check for so long nothing may be sent any more (RFC 7675 §5.1).
const EXPIRED_AFTER: Duration = Duration::from_secs(30);

/// How recent the consent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// As it should be.
    Fresh,
    /// Overdue; sending goes on.
    Stale,
    /// Gone.
    Expired,
}

/// The time of the last authenticated check.
#[derive(Default)]
pub(super) struct Consent {
    renewed: Option<Instant>,
}

impl Consent {
    /// Notes an authenticated check.
    pub(super) fn renew(&mut self, now: Instant) {
        self.renewed = Some(now);
    }

    /// Judges the consent; before the first check there is none to judge and it is stale.
    pub(super) fn freshness(&self, now: Instant) -> Freshness {
        match self.renewed.map(|renewed| now.saturating_duration_since(renewed)) {
            Some(age) if age < STALE_AFTER => Freshness::Fresh,
            Some(age) if age >= EXPIRED_AFTER => Freshness::Expired,
            Some(_) | None => Freshness::Stale,
        }
    }

    /// Returns when it turns stale.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        self.renewed.map(|renewed| renewed + STALE_AFTER)
    }

    /// Returns when it is gone.
    pub(super) fn expired_at(&self) -> Option<Instant> {
        self.renewed.map(|renewed| renewed + EXPIRED_AFTER)
    }
}
