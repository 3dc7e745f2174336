//! One thread: a socket or two, one engine, and the loop between them, each turn run to completion.
//!
//! A turn: wait, take commands, receive, do what is due, send, tell events. Nothing in it blocks but
//! the wait, and each step has a budget, so that no flood of one kind starves the others.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sfu::{Command, Counters, Event, Parcel, Route, SendBatch, Sfu, WorkerId};

use crate::clock;
use crate::command_ring::CommandSource;
use crate::counters::{DriverCounters, Snapshot};
use crate::event_ring::EventSink;
use crate::exchange::Exchange;
use crate::poller::{Poller, Ready};
use crate::receiver::Receiver;
use crate::sender::{Progress, Sender};
use crate::socket::Socket;

/// Datagrams taken from one socket before it is another's turn.
const DATAGRAMS_PER_TURN: usize = 256;
/// Commands taken in one turn.
const COMMANDS_PER_TURN: usize = 256;
/// Full batches sent in one turn.
const BATCHES_PER_TURN: usize = 16;
/// How long a full socket may hold up a batch: later than that, media is worth nothing.
const SEND_PATIENCE: Duration = Duration::from_millis(5);
/// When to look again for an empty parcel; a worker takes what it is handed within a turn.
const PARCEL_PATIENCE: Duration = Duration::from_millis(1);
/// Arena of a batch, and the runs it may hold.
const BATCH_BYTES: usize = 1024 * 1024;
const BATCH_RUNS: usize = 1024;
/// How old exported counters may be.
const EXPORT_INTERVAL: Duration = Duration::from_millis(100);
/// A kernel stamp that is older than this belongs to a clock that was set meanwhile.
const OLDEST_ARRIVAL: Duration = Duration::from_millis(500);

/// What a worker drives: [`Sfu`], or a double in tests.
pub(crate) trait Machine {
    fn command(&mut self, now: Instant, command: Command);
    fn receive(&mut self, now: Instant, route: Route, datagram: &mut [u8]);
    fn timeout(&mut self, now: Instant);
    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool;
    fn poll_event(&mut self) -> Option<Event>;
    fn poll_timeout(&self) -> Option<Instant>;
    fn counters(&self) -> &Counters;
    fn has_for(&self, to: WorkerId) -> bool;
    fn pack(&mut self, now: Instant, to: WorkerId, parcel: &mut Parcel) -> bool;
    fn unpack(&mut self, now: Instant, from: WorkerId, parcel: &Parcel);
    fn forget_peer(&mut self, now: Instant, gone: WorkerId);
}

/// What a worker and the owner of its thread share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) stopping: AtomicBool,
    pub(crate) failed: AtomicBool,
    pub(crate) snapshot: Snapshot,
}

/// What a worker waits on and talks to; made before its thread, because that can fail.
pub(crate) struct Parts {
    poller: Poller,
    ports: Vec<Port>,
    commands: CommandSource,
    events: EventSink,
    exchange: Exchange,
    shared: Arc<Shared>,
}

struct Port {
    socket: Socket,
    sender: Sender,
    readable: bool,
    /// Whether it refused a datagram, so that we wait until it can be written.
    full: bool,
}

impl Parts {
    /// Puts the parts together; `segmentation` allows runs of datagrams in one message.
    ///
    /// # Errors
    /// The system has no descriptors left.
    pub(crate) fn new(
        sockets: Vec<Socket>,
        segmentation: bool,
        commands: CommandSource,
        events: EventSink,
        exchange: Exchange,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        let poller = Poller::new()?;
        for (token, socket) in sockets.iter().enumerate() {
            poller.add(socket.as_fd(), token)?;
        }
        poller.add(commands.waker().as_fd(), sockets.len())?;
        let ports = sockets.into_iter().map(|socket| Port {
            sender: Sender::new(segmentation && socket.supports_segmentation()),
            socket,
            readable: false,
            full: false,
        });
        Ok(Self { poller, ports: ports.collect(), commands, events, exchange, shared })
    }
}

/// The loop and everything it owns.
pub(crate) struct Worker<M> {
    machine: M,
    parts: Parts,
    receiver: Receiver,
    batch: SendBatch,
    /// Since when a full socket holds up the batch.
    blocked: Option<Instant>,
    /// When to hand over what waits for other workers, if they hold all parcels.
    hand_over_at: Option<Instant>,
    /// Work is left over from this turn: the next wait does not wait.
    unfinished: bool,
    counters: DriverCounters,
    exported: Instant,
    /// Something may have changed since the counters were exported.
    stale: bool,
    /// The latest time that the machine was told; it never goes back.
    told: Instant,
}

impl<M: Machine> Worker<M> {
    /// Makes a worker; call [`Worker::run`] on its own thread.
    pub(crate) fn new(machine: M, parts: Parts) -> Self {
        let now = clock::now();
        Self {
            machine,
            parts,
            receiver: Receiver::new(),
            batch: SendBatch::new(BATCH_BYTES, BATCH_RUNS),
            blocked: None,
            hand_over_at: None,
            unfinished: false,
            counters: DriverCounters::default(),
            exported: now,
            stale: true,
            told: now,
        }
    }

    /// Takes turns until told to stop.
    pub(crate) fn run(mut self) {
        while !self.parts.shared.stopping.load(Ordering::Acquire) {
            let ready = self.wait();
            // Commands first: a client's first check may follow closely on the command that expects it.
            if self.note(&ready) {
                self.obey();
            }
            self.receive();
            let now = self.now();
            if self.machine.poll_timeout().is_some_and(|deadline| deadline <= now) {
                self.machine.timeout(now);
            }
            // Copies for other workers first, before this one's own receivers take their time; then what those want.
            self.hand_over(now);
            self.transmit(now);
            self.hand_over(now);
            self.tell(now);
            self.export(now);
        }
        self.parts.shared.snapshot.set(self.machine.counters(), self.counters);
    }

    fn wait(&mut self) -> Ready {
        let timeout = if std::mem::take(&mut self.unfinished) {
            Some(Duration::ZERO)
        } else {
            self.deadline().map(|deadline| deadline.saturating_duration_since(clock::now()))
        };
        self.parts.poller.wait(timeout)
    }

    fn deadline(&self) -> Option<Instant> {
        let deadlines = [
            self.machine.poll_timeout(),
            self.blocked.map(|since| since + SEND_PATIENCE),
            self.hand_over_at,
            self.parts.events.deadline(),
            self.stale.then_some(self.exported + EXPORT_INTERVAL),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Notes which sockets are readable, and returns whether there are commands or parcels.
    fn note(&mut self, ready: &Ready) -> bool {
        let mut commanded = false;
        for (token, readable) in ready.iter() {
            match self.parts.ports.get_mut(token) {
                Some(port) => port.readable = readable,
                None => commanded = true,
            }
        }
        commanded
    }

    fn obey(&mut self) {
        let now = self.now();
        let Self { parts, machine, .. } = self;
        parts.commands.waker().clear();
        // A parcel may be about what a command made known that was given before it was packed: commands come first, all
        // that are older than any parcel.
        parts.exchange.accept();
        if parts.commands.drain(COMMANDS_PER_TURN, |command| machine.command(now, command)) {
            parts.exchange.open(|from, parcel| machine.unpack(now, from, parcel));
        }
    }

    /// Hands other workers what the machine has for them.
    fn hand_over(&mut self, now: Instant) {
        let Self { parts, machine, .. } = self;
        self.hand_over_at = None;
        for to in parts.exchange.peers() {
            while machine.has_for(to) {
                let Some(mut parcel) = parts.exchange.empty(to) else {
                    self.hand_over_at = Some(now + PARCEL_PATIENCE);
                    break;
                };
                machine.pack(now, to, &mut parcel);
                if parcel.is_empty() {
                    parts.exchange.keep(to, parcel);
                } else if !parts.exchange.send(to, parcel) {
                    machine.forget_peer(now, to);
                }
            }
        }
    }

    fn now(&mut self) -> Instant {
        self.told = self.told.max(clock::now());
        self.told
    }

    fn receive(&mut self) {
        let (now, unix_now) = (clock::now(), clock::unix_time());
        let Self { parts, receiver, machine, told, counters, .. } = self;
        for port in parts.ports.iter_mut().filter(|port| port.readable) {
            port.readable = false;
            let mut budget = DATAGRAMS_PER_TURN;
            while budget > 0 {
                let received = receiver.receive(port.socket.as_fd(), |route, stamp, datagram| {
                    *told = arrival(now, unix_now, stamp).max(*told);
                    machine.receive(*told, route, datagram);
                });
                let Ok(received) = received else {
                    counters.receive_failed += 1;
                    break;
                };
                counters.receive_failed += received.unusable as u64;
                budget = budget.saturating_sub(received.datagrams);
                if !received.more {
                    break;
                }
            }
        }
    }

    fn transmit(&mut self, now: Instant) {
        for _ in 0..BATCHES_PER_TURN {
            if !self.flush(now) {
                return;
            }
            if !self.machine.poll_transmit(now, &mut self.batch) {
                self.flush(now);
                return;
            }
        }
        self.unfinished = true;
    }

    /// Offers the batch to the sockets; returns whether it is empty now.
    fn flush(&mut self, now: Instant) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let mut full = false;
        for (token, port) in self.parts.ports.iter_mut().enumerate() {
            let progress = port.sender.send(&port.socket, &self.batch, &mut self.counters);
            port.set_full(progress == Progress::Blocked, &self.parts.poller, token);
            full |= port.full;
        }
        if full && now < *self.blocked.get_or_insert(now) + SEND_PATIENCE {
            return false;
        }
        for (token, port) in self.parts.ports.iter_mut().enumerate() {
            if port.full {
                port.sender.abandon(&port.socket, &self.batch, &mut self.counters);
            }
            port.set_full(false, &self.parts.poller, token);
            port.sender.reset();
        }
        self.blocked = None;
        self.batch.clear();
        true
    }

    fn tell(&mut self, now: Instant) {
        while let Some(event) = self.machine.poll_event() {
            if !self.parts.events.push(event) {
                self.counters.events_lost += 1;
            }
        }
        self.parts.events.timeout(now);
    }

    fn export(&mut self, now: Instant) {
        self.stale = now < self.exported + EXPORT_INTERVAL;
        if !self.stale {
            self.parts.shared.snapshot.set(self.machine.counters(), self.counters);
            self.exported = now;
        }
    }
}

impl Port {
    fn set_full(&mut self, full: bool, poller: &Poller, token: usize) {
        if self.full != full {
            self.full = full;
            // It cannot fail for a socket that was added; if it did, the deadline would still come.
            let _ = poller.want_writable(self.socket.as_fd(), token, full);
        }
    }
}

/// Returns when a datagram with the kernel's Unix time `stamp` came, on the monotonic clock.
fn arrival(now: Instant, unix_now: Duration, stamp: Option<Duration>) -> Instant {
    let age = stamp.and_then(|stamp| unix_now.checked_sub(stamp)).filter(|age| *age <= OLDEST_ARRIVAL);
    now.checked_sub(age.unwrap_or_default()).unwrap_or(now)
}

impl Machine for Sfu {
    fn command(&mut self, now: Instant, command: Command) {
        Sfu::command(self, now, command);
    }

    fn receive(&mut self, now: Instant, route: Route, datagram: &mut [u8]) {
        Sfu::receive(self, now, route, datagram);
    }

    fn timeout(&mut self, now: Instant) {
        Sfu::timeout(self, now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool {
        Sfu::poll_transmit(self, now, out)
    }

    fn poll_event(&mut self) -> Option<Event> {
        Sfu::poll_event(self)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Sfu::poll_timeout(self)
    }

    fn counters(&self) -> &Counters {
        Sfu::counters(self)
    }

    fn has_for(&self, to: WorkerId) -> bool {
        Sfu::has_for(self, to)
    }

    fn pack(&mut self, now: Instant, to: WorkerId, parcel: &mut Parcel) -> bool {
        Sfu::pack(self, now, to, parcel)
    }

    fn unpack(&mut self, now: Instant, from: WorkerId, parcel: &Parcel) {
        Sfu::unpack(self, now, from, parcel);
    }

    fn forget_peer(&mut self, now: Instant, gone: WorkerId) {
        Sfu::forget_peer(self, now, gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrival_is_as_long_ago_as_the_kernel_says_unless_its_clock_was_set() {
        let (now, unix_now) = (clock::now(), Duration::from_secs(1_000_000));
        let ago = Duration::from_millis(3);
        assert_eq!(arrival(now, unix_now, Some(unix_now - ago)), now - ago);
        assert_eq!(arrival(now, unix_now, Some(unix_now + ago)), now);
        assert_eq!(arrival(now, unix_now, Some(Duration::ZERO)), now);
        assert_eq!(arrival(now, unix_now, None), now);
    }
}
