//! What the workers count, and its way from their threads to whoever asks.

use std::sync::{Mutex, PoisonError};

use sfu::{Counters, DropReason};

/// What the driver itself counts, beside the engine's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DriverCounters {
    pub(crate) send_calls: u64,
    pub(crate) send_blocked: u64,
    pub(crate) send_failed: u64,
    pub(crate) receive_failed: u64,
    pub(crate) segmentation_lost: u64,
    pub(crate) events_lost: u64,
}

/// Sums over all workers since they started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Endpoints now.
    pub endpoints: u64,
    /// Datagrams received.
    pub packets_received: u64,
    /// Their bytes.
    pub bytes_received: u64,
    /// Datagrams made for sending.
    pub packets_sent: u64,
    /// Their bytes.
    pub bytes_sent: u64,
    /// Media packets copied from one worker to another.
    pub packets_mirrored: u64,
    /// Messages that the kernel took, each one datagram or a run of them.
    pub send_calls: u64,
    /// Endpoints fenced off because of a bug of ours.
    pub faults: u64,
    /// Workers that ended because of a bug of ours.
    pub workers_lost: u64,
    /// Sockets for which the kernel ceased to cut runs into datagrams.
    pub segmentation_lost: u64,
    /// Events that nobody fetched in time.
    pub events_lost: u64,
    /// Datagrams and commands that led to nothing, by reason: a closed set.
    pub dropped: Vec<(&'static str, u64)>,
}

impl Totals {
    pub(crate) fn add(&mut self, sfu: &Counters, driver: &DriverCounters) {
        self.endpoints += sfu.endpoints;
        self.packets_received += sfu.packets_received;
        self.bytes_received += sfu.bytes_received;
        self.packets_sent += sfu.packets_sent;
        self.bytes_sent += sfu.bytes_sent;
        self.packets_mirrored += sfu.packets_mirrored;
        self.faults += sfu.faults;
        self.send_calls += driver.send_calls;
        self.segmentation_lost += driver.segmentation_lost;
        self.events_lost += driver.events_lost;
        let ours = [
            ("send_blocked", driver.send_blocked),
            ("send_failed", driver.send_failed),
            ("receive_failed", driver.receive_failed),
        ];
        let theirs = DropReason::ALL.iter().map(|reason| (reason.name(), sfu.dropped(*reason)));
        self.add_dropped(ours.into_iter().chain(theirs));
    }

    /// Returns how often `reason` applied; 0 for one that does not exist.
    pub fn dropped(&self, reason: &str) -> u64 {
        self.dropped.iter().find(|(name, _)| *name == reason).map_or(0, |(_, count)| *count)
    }

    fn add_dropped(&mut self, counts: impl Iterator<Item = (&'static str, u64)>) {
        if self.dropped.is_empty() {
            self.dropped = counts.collect();
            return;
        }
        for (sum, (_, count)) in self.dropped.iter_mut().zip(counts) {
            sum.1 += count;
        }
    }
}

/// The latest counters of one worker, refreshed by it at most ten times a second.
#[derive(Default)]
pub(crate) struct Snapshot(Mutex<(Counters, DriverCounters)>);

impl Snapshot {
    pub(crate) fn set(&self, sfu: &Counters, driver: DriverCounters) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (sfu.clone(), driver);
    }

    pub(crate) fn add_to(&self, totals: &mut Totals) {
        let snapshot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        totals.add(&snapshot.0, &snapshot.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_sums_over_workers_with_every_reason_named_once() {
        let mut sfu = Counters::default();
        sfu.packets_sent = 3;
        sfu.drop(DropReason::TooShort);
        let driver = DriverCounters { send_calls: 2, send_failed: 4, ..DriverCounters::default() };
        let mut totals = Totals::default();
        totals.add(&sfu, &driver);
        totals.add(&sfu, &driver);
        assert_eq!((totals.packets_sent, totals.send_calls), (6, 4));
        assert_eq!((totals.dropped("too_short"), totals.dropped("send_failed")), (2, 8));
        assert_eq!(totals.dropped.len(), DropReason::ALL.len() + 3);
    }
}
