//! The engine of one worker: who is where, what comes from whom, and whose turn it is.

use std::time::Instant;

use crate::batch::SendBatch;
use crate::command::Command;
use crate::config::Config;
use crate::counters::{Counters, DropReason};
use crate::event::Event;
use crate::ids::Route;

/// All endpoints of one worker, driven as the crate's documentation says.
pub struct Sfu {
    config: Config,
    counters: Counters,
}

impl Sfu {
    /// Makes an engine without endpoints.
    pub fn new(config: Config) -> Self {
        Self { config, counters: Counters::default() }
    }

    /// Applies one instruction. An impossible one changes nothing and is counted.
    pub fn command(&mut self, now: Instant, command: Command) {
        let _ = (now, command, &self.config);
        self.counters.drop(DropReason::CommandRefused);
    }

    /// Takes one datagram; its bytes are decrypted in place.
    pub fn receive(&mut self, now: Instant, route: Route, datagram: &mut [u8]) {
        let _ = (now, route, datagram);
        self.counters.drop(DropReason::UnknownProtocol);
    }

    /// Does what is due. Cheap when nothing is.
    pub fn timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// Writes what is to be sent. `true`: the batch is full; flush it and call again.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool {
        let _ = (now, out);
        false
    }

    /// Returns the next event, oldest first.
    pub fn poll_event(&mut self) -> Option<Event> {
        None
    }

    /// Returns when [`Sfu::timeout`] wants to be called; `None` while nothing waits.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Returns the worker's totals.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}
