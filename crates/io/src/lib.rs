//! The shell around [`sfu::Sfu`]: worker threads, sockets, clocks, and the two rings to the control plane.
//!
//! Moves batches of datagrams between the kernel and one engine per worker, within a budget per turn.
//! It knows nothing of what is inside a datagram, and decides nothing. It is the only crate that reads
//! a clock, draws randomness or contains `unsafe`: the system calls that `std` and `socket2` lack.
//! Linux only: `recvmmsg`, `sendmmsg`, UDP segmentation offload, epoll, eventfd.
//!
//! Start reading at [`Engine`], then `worker.rs`.

mod address;
mod candidates;
mod certificate;
mod clock;
mod command_ring;
mod control;
mod counters;
mod engine;
mod event_ring;
mod exchange;
mod gauge;
mod poller;
mod receiver;
mod sender;
mod socket;
#[cfg(test)]
mod tests;
mod waker;
mod worker;

pub use candidates::Candidate;
pub use counters::Totals;
pub use engine::{CommandError, Engine, EngineConfig, StartError};
pub use gauge::{GaugeError, Sent, measure_sending};
