//! A network between tests: packets go in with a time, come out later, twice, in another order, or not.
//!
//! Pure and seeded: time is an argument and the same seed with the same calls gives the same
//! deliveries. It moves opaque bytes between addresses and must not know what they mean.
//!
//! Every ordered pair of addresses is a link with state of its own (loss bursts, rate, queue), so the
//! two directions of a path can differ; paths can also share a link, as flows share an access line.

mod conditions;
mod link;
mod random;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub use conditions::{Conditions, GilbertElliott, Loss, Rate};
use link::{Fate, Link};

/// Datagrams under way at once; more are dropped and counted as [`Statistics::overflowed`].
pub const IN_FLIGHT_MAX: usize = 65_536;

/// A datagram that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrived; not later than the time it was polled with.
    pub at: Instant,
    /// Who sent it.
    pub from: SocketAddr,
    /// Where it arrives.
    pub to: SocketAddr,
    /// What was sent.
    pub bytes: Vec<u8>,
}

/// What happened so far, over all links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Datagrams handed in.
    pub sent: u64,
    /// Datagrams handed out, duplicates included.
    pub delivered: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Dropped because a rate-limited link's queue was full.
    pub queue_dropped: u64,
    /// Sent on twice.
    pub duplicated: u64,
    /// Held back so that later ones may overtake.
    pub held_back: u64,
    /// Dropped because [`IN_FLIGHT_MAX`] were under way.
    pub overflowed: u64,
}

/// The emulator.
pub struct Netem {
    seed: u64,
    defaults: Conditions,
    links: BTreeMap<(SocketAddr, SocketAddr), Link>,
    /// Paths that lead over the link of another.
    shared: BTreeMap<(SocketAddr, SocketAddr), (SocketAddr, SocketAddr)>,
    in_flight: BinaryHeap<Reverse<Scheduled>>,
    sequence: u64,
    statistics: Statistics,
}

impl Netem {
    /// Makes a network in which every link has `defaults`; the same `seed` makes the same choices.
    pub fn new(seed: u64, defaults: Conditions) -> Self {
        Self {
            seed,
            defaults,
            links: BTreeMap::new(),
            shared: BTreeMap::new(),
            in_flight: BinaryHeap::new(),
            sequence: 0,
            statistics: Statistics::default(),
        }
    }

    /// Changes one direction of one path from now on; what is under way arrives as scheduled.
    pub fn set_conditions(&mut self, from: SocketAddr, to: SocketAddr, conditions: Conditions) {
        self.link(from, to).set_conditions(conditions);
    }

    /// Lets one direction of a path lead over the link of another from now on: they share rate, queue and loss.
    pub fn share(&mut self, path: (SocketAddr, SocketAddr), link: (SocketAddr, SocketAddr)) {
        self.shared.insert(path, link);
    }

    /// Returns how long a datagram handed in now would wait in the queue of a rate-limited link.
    pub fn queue_delay(&mut self, now: Instant, from: SocketAddr, to: SocketAddr) -> Duration {
        self.link(from, to).queue_delay(now)
    }

    /// Hands in a datagram.
    pub fn send(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.statistics.sent += 1;
        match self.link(from, to).fate(now, bytes.len()) {
            Fate::Lost => self.statistics.lost += 1,
            Fate::QueueFull => self.statistics.queue_dropped += 1,
            Fate::Arrives { at, again_at, held_back } => {
                self.statistics.held_back += u64::from(held_back);
                self.schedule(at, from, to, bytes);
                if let Some(at) = again_at {
                    self.statistics.duplicated += 1;
                    self.schedule(at, from, to, bytes);
                }
            }
        }
    }

    /// Returns the next datagram that has arrived by `now`, in the order of arrival.
    pub fn poll(&mut self, now: Instant) -> Option<Delivery> {
        if self.next_deadline()? > now {
            return None;
        }
        let Reverse(scheduled) = self.in_flight.pop()?;
        self.statistics.delivered += 1;
        Some(scheduled.delivery)
    }

    /// Returns when the next datagram arrives; `None` when none is under way.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.in_flight.peek().map(|Reverse(scheduled)| scheduled.delivery.at)
    }

    /// Returns what happened so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    fn link(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Link {
        let nth = self.links.len() as u64;
        let (seed, defaults) = (self.seed, self.defaults);
        let path = self.shared.get(&(from, to)).copied().unwrap_or((from, to));
        self.links.entry(path).or_insert_with(|| Link::new(seed, nth, defaults))
    }

    fn schedule(&mut self, at: Instant, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if self.in_flight.len() == IN_FLIGHT_MAX {
            self.statistics.overflowed += 1;
            return;
        }
        let delivery = Delivery { at, from, to, bytes: bytes.to_vec() };
        self.in_flight.push(Reverse(Scheduled { sequence: self.sequence, delivery }));
        self.sequence += 1;
    }
}

/// Ordered by arrival, then by the order handed in.
struct Scheduled {
    sequence: u64,
    delivery: Delivery,
}

impl Scheduled {
    fn key(&self) -> (Instant, u64) {
        (self.delivery.at, self.sequence)
    }
}

impl PartialEq for Scheduled {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scheduled {}

impl PartialOrd for Scheduled {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scheduled {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
