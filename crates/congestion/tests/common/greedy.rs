//! A flow that takes all it can get: a download, with the congestion avoidance of RFC 5681.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netem::Netem;

use super::{Flow, addresses};

const SEGMENT: usize = 1460;
const TIMEOUT: Duration = Duration::from_secs(1);

pub struct Greedy {
    sender: SocketAddr,
    receiver: SocketAddr,
    window: f64,
    threshold: f64,
    next: u64,
    in_flight: BTreeMap<u64, Instant>,
    /// A loss before this segment is part of one that was answered.
    recover: u64,
    delivered: u64,
}

impl Greedy {
    pub fn new(number: u8) -> Self {
        let (sender, receiver) = addresses(number);
        Self {
            sender,
            receiver,
            window: 4.0,
            threshold: 64.0,
            next: 0,
            in_flight: BTreeMap::new(),
            recover: 0,
            delivered: 0,
        }
    }

    fn acknowledged(&mut self, number: u64) {
        if self.in_flight.remove(&number).is_none() {
            return;
        }
        self.window += if self.window < self.threshold { 1.0 } else { 1.0 / self.window };
        let lost: Vec<u64> =
            self.in_flight.range(..number.saturating_sub(3)).map(|(lost, _)| *lost).collect();
        for lost in lost {
            self.in_flight.remove(&lost);
            if lost >= self.recover {
                self.threshold = (self.window / 2.0).max(2.0);
                self.window = self.threshold;
                self.recover = self.next;
            }
        }
    }
}

impl Flow for Greedy {
    fn step(&mut self, now: Instant, network: &mut Netem) {
        if self.in_flight.values().next().is_some_and(|sent| now - *sent > TIMEOUT) {
            self.in_flight.clear();
            (self.threshold, self.window) = ((self.window / 2.0).max(2.0), 1.0);
        }
        while (self.in_flight.len() as f64) < self.window {
            let mut bytes = vec![0; SEGMENT];
            bytes[..8].copy_from_slice(&self.next.to_be_bytes());
            network.send(now, self.sender, self.receiver, &bytes);
            self.in_flight.insert(self.next, now);
            self.next += 1;
        }
    }

    fn receive(&mut self, now: Instant, to: SocketAddr, bytes: &[u8], network: &mut Netem) {
        if to == self.receiver {
            self.delivered += bytes.len() as u64;
            network.send(now, self.receiver, self.sender, &bytes[..8]);
        } else {
            self.acknowledged(u64::from_be_bytes(bytes[..8].try_into().expect("a number")));
        }
    }

    fn target(&self) -> Option<u32> {
        None
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }

    fn sound(&self) -> (u64, u64) {
        (0, 0)
    }

    fn set_wanted(&mut self, _bits_per_second: u32) {}
}
