//! The whole of it from outside: workers started and stopped, commands in, events and counters out.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use sfu::{Command, Config, Event, Limits, Sfu};

use crate::candidates::{self, Candidate};
use crate::certificate::make_certificate;
use crate::clock;
use crate::command_ring::{CommandSink, CommandSource, command_ring};
use crate::counters::Totals;
use crate::event_ring::{EventSink, EventSource, event_ring};
use crate::exchange::{Exchange, exchanges};
use crate::socket::Socket;
use crate::worker::{Machine, Parts, Shared, Worker};

/// Workers of one engine; more than any machine's cores that one process should take.
const MAX_WORKERS: u16 = 128;
/// Addresses that may be bound, on each of which every worker has a socket.
const MAX_ADDRESSES: usize = 8;
/// Tries to find one port that is free in every family, where the system chooses it.
const PORT_TRIES: usize = 16;

/// What to start.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Threads, 1..=128; each has its own port.
    pub workers: u16,
    /// UDP port of the first worker; the others follow. 0 lets the system choose each.
    pub port: u16,
    /// Addresses to bind, "0.0.0.0" and "::" as a rule; 1..=8. An unspecified one whose family the
    /// system lacks is left out.
    pub addresses: Vec<IpAddr>,
    /// Addresses to announce in candidates; those of the interfaces when empty.
    pub announced: Vec<IpAddr>,
    /// Whether the kernel may be asked to cut runs into datagrams (GSO). It is probed in any case.
    pub segmentation: bool,
}

/// Why an engine could not be started; each says what to change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Somebody else has the port.
    #[error("UDP port {} is in use on {}: choose another media port or stop the program that has it", .0.port(), .0.ip())]
    PortInUse(SocketAddr),
    /// The port needs a right that we lack.
    #[error("UDP port {} may not be opened by this user: choose a media port above 1023", .0.port())]
    PortForbidden(SocketAddr),
    /// No interface has the address.
    #[error("no network interface has the address {0}: correct the addresses to listen on")]
    AddressUnavailable(IpAddr),
    /// There are no sockets of any family asked for.
    #[error("no UDP socket could be opened on any of the given addresses: check the addresses to listen on")]
    NoSocket,
    /// Workers or addresses outside their bounds, or ports beyond 65535.
    #[error("{0}")]
    OutOfRange(&'static str),
    /// The certificate could not be made.
    #[error("no DTLS certificate could be made: check that the system provides random numbers")]
    Certificate,
    /// The system refused a thread, a descriptor or memory.
    #[error("the system refused what a media worker needs ({0}): raise its limits on files and threads")]
    System(#[from] io::Error),
}

/// Why a command was not queued; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Too many commands wait.
    #[error("the media worker is too busy to take commands")]
    Full,
    /// The worker has ended.
    #[error("the media engine is closed")]
    Closed,
    /// There is no such worker.
    #[error("there is no media worker of that number")]
    UnknownWorker,
}

/// Running workers. Methods may be called from any thread.
pub struct Engine {
    workers: Vec<Handle>,
    events: EventSource,
    fingerprint: [u8; 32],
    announced: Vec<IpAddr>,
}

struct Handle {
    commands: CommandSink,
    shared: Arc<Shared>,
    bound: Vec<SocketAddr>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Binds the sockets and starts the threads.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running.
    pub fn start(config: EngineConfig) -> Result<Self, StartError> {
        let (certificate, fingerprint) = make_certificate().ok_or(StartError::Certificate)?;
        let mut seeds = vec![0; 8 * usize::from(config.workers)];
        aws_lc_rs::rand::fill(&mut seeds).map_err(|_| StartError::Certificate)?;
        let certificate = Arc::new(certificate);
        // The same for all, so that what one says of a publisher's clock is true for another.
        let (started, unix_time_at_start) = (clock::now(), clock::unix_time());
        let workers = config.workers.into();
        let sfu_config = |worker: usize| Config {
            certificate: Arc::clone(&certificate),
            started,
            unix_time_at_start,
            seed: seeds
                .chunks_exact(8)
                .nth(worker)
                .and_then(|seed| seed.try_into().ok())
                .map_or(0, u64::from_ne_bytes),
            equalise: true,
            limits: Limits { workers, ..Limits::default() },
        };
        Self::start_with(config, fingerprint, |worker| {
            let config = sfu_config(worker);
            move || Sfu::new(config)
        })
    }

    /// Starts workers that drive whatever `machine` says for each, made on its thread.
    pub(crate) fn start_with<M, F>(
        config: EngineConfig,
        fingerprint: [u8; 32],
        machine: impl Fn(usize) -> F,
    ) -> Result<Self, StartError>
    where
        M: Machine,
        F: FnOnce() -> M + Send + 'static,
    {
        check_ranges(&config)?;
        let (sink, events) = event_ring()?;
        let mut engine = Self { workers: Vec::new(), events, fingerprint, announced: config.announced };
        let rings = (0..config.workers).map(|_| command_ring()).collect::<io::Result<Vec<_>>>()?;
        let wakers: Vec<_> = rings.iter().map(|(sink, _)| sink.waker()).collect();
        for ((index, commands), exchange) in (0..).zip(rings).zip(exchanges(&wakers)) {
            let port = if config.port == 0 { 0 } else { config.port + index };
            let sockets = bind_all(&config.addresses, port)?;
            let rings = Rings { commands, events: sink.another(), exchange };
            let handle = start_worker(index, sockets, config.segmentation, rings, machine(index.into()))?;
            engine.workers.push(handle);
        }
        Ok(engine)
    }

    /// SHA-256 digest of the DTLS certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// How many workers there are.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// The UDP port of each worker.
    pub fn ports(&self) -> Vec<u16> {
        self.workers.iter().filter_map(|worker| worker.bound.first()).map(SocketAddr::port).collect()
    }

    /// The candidates of a worker, best first; the interfaces are read anew. Empty for a worker that
    /// does not exist.
    pub fn candidates(&self, worker: usize) -> Vec<Candidate> {
        let bound = self.workers.get(worker).map_or(&[][..], |worker| &worker.bound);
        candidates::candidates(bound, &self.announced, &candidates::interface_addresses())
    }

    /// Queues a command for a worker; returns at once.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub fn command(&self, worker: usize, command: Command) -> Result<(), CommandError> {
        self.workers.get(worker).ok_or(CommandError::UnknownWorker)?.commands.push(command)
    }

    /// Takes up to `limit` events, oldest first per worker.
    pub fn poll(&self, limit: usize) -> Vec<Event> {
        self.events.poll(limit)
    }

    /// A descriptor that is readable while events wait; [`Engine::poll`] makes it unreadable.
    pub fn readiness(&self) -> BorrowedFd<'_> {
        self.events.waker().as_fd()
    }

    /// Sums over all workers, at most a tenth of a second old.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for worker in &self.workers {
            worker.shared.snapshot.add_to(&mut totals);
            totals.workers_lost += u64::from(worker.shared.failed.load(Ordering::Acquire));
        }
        totals
    }

    /// Stops all workers and waits for their threads; idempotent. Sockets are closed afterwards.
    pub fn close(&self) {
        for worker in &self.workers {
            worker.shared.stopping.store(true, Ordering::Release);
            worker.commands.wake();
        }
        for worker in &self.workers {
            let thread = worker.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            // A worker's panic was caught on its own thread: nothing comes out of the join.
            let _ = thread.map(JoinHandle::join);
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

/// A worker's ends of all rings, and the control plane's end of its commands.
struct Rings {
    commands: (CommandSink, CommandSource),
    events: EventSink,
    exchange: Exchange,
}

fn check_ranges(config: &EngineConfig) -> Result<(), StartError> {
    if config.workers == 0 || config.workers > MAX_WORKERS {
        return Err(StartError::OutOfRange("the number of media workers must be between 1 and 128"));
    }
    if config.addresses.is_empty() || config.addresses.len() > MAX_ADDRESSES {
        return Err(StartError::OutOfRange("between 1 and 8 addresses to listen on must be given"));
    }
    if config.port.checked_add(config.workers - 1).is_none() {
        return Err(StartError::OutOfRange("the media ports would exceed 65535: choose a lower first port"));
    }
    Ok(())
}

fn start_worker<M, F>(
    index: u16,
    sockets: Vec<Socket>,
    segmentation: bool,
    rings: Rings,
    machine: F,
) -> Result<Handle, StartError>
where
    M: Machine,
    F: FnOnce() -> M + Send + 'static,
{
    let shared = Arc::new(Shared::default());
    let Rings { commands: (commands, source), events, exchange } = rings;
    let bound = sockets.iter().map(Socket::address).collect();
    let parts = Parts::new(sockets, segmentation, source, events, exchange, Arc::clone(&shared))?;
    let on_thread = Arc::clone(&shared);
    // The kernel keeps 15 characters of a thread's name.
    let thread = thread::Builder::new().name(format!("causerie-sfu-{index}")).spawn(move || {
        let run = AssertUnwindSafe(|| Worker::new(machine(), parts).run());
        if catch_unwind(run).is_err() {
            on_thread.failed.store(true, Ordering::Release);
            tracing::error!(worker = index, "media_worker_lost");
        }
    })?;
    Ok(Handle { commands, shared, bound, thread: Mutex::new(Some(thread)) })
}

/// Binds one socket per address, all on one port.
fn bind_all(addresses: &[IpAddr], port: u16) -> Result<Vec<Socket>, StartError> {
    let mut result = bind_each(addresses, port);
    // A port that is free for one address may be taken on the next: then the system chooses again.
    for _ in 1..PORT_TRIES {
        if port != 0 || !matches!(result, Err(StartError::PortInUse(_))) {
            break;
        }
        result = bind_each(addresses, port);
    }
    result
}

fn bind_each(addresses: &[IpAddr], port: u16) -> Result<Vec<Socket>, StartError> {
    let mut sockets: Vec<Socket> = Vec::new();
    for ip in addresses {
        let port = sockets.first().map_or(port, |first| first.address().port());
        let address = SocketAddr::new(*ip, port);
        match Socket::bind(address) {
            Ok(socket) => sockets.push(socket),
            Err(error) => skip_or_fail(address, error)?,
        }
    }
    if sockets.is_empty() { Err(StartError::NoSocket) } else { Ok(sockets) }
}

fn skip_or_fail(address: SocketAddr, error: io::Error) -> Result<(), StartError> {
    let ip = address.ip();
    match error.raw_os_error() {
        // What a system without IPv6 says, or one where it is switched off.
        Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL) if ip.is_unspecified() => Ok(()),
        Some(libc::EADDRINUSE) => Err(StartError::PortInUse(address)),
        Some(libc::EACCES) => Err(StartError::PortForbidden(address)),
        Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL) => Err(StartError::AddressUnavailable(ip)),
        _ => Err(StartError::System(error)),
    }
}
