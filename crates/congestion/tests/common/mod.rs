//! Flows of media through an emulated network on virtual time, and what becomes of them.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod flow;
pub mod foreign;
pub mod greedy;
pub mod run;
pub mod scenarios;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netem::Netem;

/// One flow: a sender, its receiver, and what they say to each other.
pub trait Flow {
    /// Lets a millisecond pass at both ends.
    fn step(&mut self, now: Instant, network: &mut Netem);
    /// Takes a datagram at either end.
    fn receive(&mut self, now: Instant, to: SocketAddr, bytes: &[u8], network: &mut Netem);
    /// Returns the bits per second it may send, once it is under way.
    fn target(&self) -> Option<u32>;
    /// Returns the bytes of sound and picture that arrived so far.
    fn delivered(&self) -> u64;
    /// Returns sound packets sent and arrived so far.
    fn sound(&self) -> (u64, u64);
    /// Changes what would be sent if it could be, in bits per second.
    fn set_wanted(&mut self, bits_per_second: u32);
}

/// The addresses of flow `number`: sender and receiver.
pub fn addresses(number: u8) -> (SocketAddr, SocketAddr) {
    (([10, 0, 0, number], 1000).into(), ([10, 0, 1, number], 2000).into())
}

#[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
pub fn start() -> Instant {
    Instant::now()
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
