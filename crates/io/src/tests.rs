//! Scenarios through real sockets and threads, with a machine that echoes in place of the engine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use sfu::{Command, Counters, EndpointId, Event, Parcel, Route, SendBatch, SourceId, WorkerId};

use crate::engine::{CommandError, Engine, EngineConfig, StartError};
use crate::poller::Poller;
use crate::worker::Machine;

const PATIENCE: Duration = Duration::from_secs(5);

/// Sends back what it gets, `copies` times; tells of commands; panics when asked to.
struct Echo {
    copies: usize,
    pending: Vec<(Route, Vec<u8>)>,
    events: Vec<Event>,
    counters: Counters,
    last: Option<Instant>,
}

impl Echo {
    fn new(copies: usize) -> Self {
        Self { copies, pending: Vec::new(), events: Vec::new(), counters: Counters::default(), last: None }
    }

    fn at(&mut self, now: Instant) {
        assert!(self.last.is_none_or(|last| last <= now), "time never goes back");
        self.last = Some(now);
    }
}

impl Machine for Echo {
    fn command(&mut self, now: Instant, command: Command) {
        self.at(now);
        match command {
            Command::Unpublish { source } => {
                self.events.push(Event::SpeakingChanged { source, speaking: true });
            }
            Command::RemoveEndpoint { .. } => panic!("as asked by the test"),
            _ => {}
        }
    }

    fn receive(&mut self, now: Instant, route: Route, datagram: &mut [u8]) {
        self.at(now);
        self.counters.packets_received += 1;
        for _ in 0..self.copies {
            self.pending.push((route, datagram.to_vec()));
        }
    }

    fn timeout(&mut self, now: Instant) {
        self.at(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut SendBatch) -> bool {
        self.at(now);
        let mut written = 0;
        for (route, datagram) in &self.pending {
            let mut lane = out.lane(*route);
            let Some(mut place) = lane.reserve(datagram.len()) else { break };
            place.bytes().copy_from_slice(datagram);
            place.commit(datagram.len());
            written += 1;
        }
        self.counters.packets_sent += written as u64;
        self.pending.drain(..written);
        !self.pending.is_empty()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn counters(&self) -> &Counters {
        &self.counters
    }

    fn has_for(&self, _to: WorkerId) -> bool {
        false
    }

    fn pack(&mut self, _now: Instant, _to: WorkerId, _parcel: &mut Parcel) -> bool {
        false
    }

    fn unpack(&mut self, _now: Instant, _from: WorkerId, _parcel: &Parcel) {}

    fn forget_peer(&mut self, _now: Instant, _gone: WorkerId) {}
}

#[test]
fn a_train_of_datagrams_comes_back_whole_from_where_it_was_sent_to() {
    for (address, segmentation) in both_families().into_iter().flat_map(|ip| [(ip, true), (ip, false)]) {
        let engine = echo(EngineConfig { segmentation, ..config() }, 1);
        let client = client(address, engine.ports()[0]);
        for index in 0..64_u8 {
            client.send(&[index; 1100]).expect("sent");
        }
        let mut seen = Vec::new();
        let mut buffer = [0; 2000];
        while seen.len() < 64 {
            let len = client.recv(&mut buffer).expect("an echo from the address asked");
            assert_eq!(len, 1100);
            seen.push(buffer[0]);
        }
        assert_eq!(seen, (0..64).collect::<Vec<_>>());
    }
}

#[test]
fn a_run_costs_one_message_with_segmentation_and_one_per_datagram_without() {
    for (segmentation, calls) in [(true, 1), (false, 40)] {
        let engine = echo(EngineConfig { segmentation, ..config() }, 40);
        let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[0]);
        client.send(&[7; 900]).expect("sent");
        let mut buffer = [0; 2000];
        for _ in 0..40 {
            assert_eq!(client.recv(&mut buffer).expect("an echo"), 900);
        }
        wait_until(|| engine.totals().packets_sent == 40);
        assert_eq!(engine.totals().send_calls, calls);
    }
}

#[test]
fn an_answer_leaves_from_the_address_that_was_asked_on_a_machine_with_several() {
    let engine = echo(config(), 1);
    for last in [1, 2, 77] {
        // `connect` makes the kernel drop whatever comes from another address.
        let client = client(Ipv4Addr::new(127, 0, 0, last).into(), engine.ports()[0]);
        client.send(b"where").expect("sent");
        assert_eq!(client.recv(&mut [0; 100]).expect("an echo"), 5);
    }
}

#[test]
fn a_batch_larger_than_the_arena_is_sent_in_parts() {
    let engine = echo(config(), 3000);
    let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[0]);
    client.send(&[1; 1000]).expect("sent");
    // The client's own receive buffer may overflow; what counts is that all were sent.
    wait_until(|| engine.totals().packets_sent == 3000);
    assert_eq!(engine.totals().dropped("send_failed"), 0);
}

#[test]
fn a_command_wakes_a_sleeping_worker_and_its_event_the_control_plane() {
    let engine = echo(config(), 1);
    let mut poller = Poller::new().expect("an epoll");
    poller.add(engine.readiness(), 0).expect("added");
    for id in 0..3 {
        engine.command(0, Command::Unpublish { source: SourceId(id) }).expect("queued");
        assert_eq!(poller.wait(Some(PATIENCE)).iter().count(), 1);
        assert_eq!(engine.poll(10), [Event::SpeakingChanged { source: SourceId(id), speaking: true }]);
        assert_eq!(poller.wait(Some(Duration::ZERO)).iter().count(), 0);
    }
}

#[test]
fn each_worker_has_a_port_of_its_own() {
    let engine = echo(EngineConfig { workers: 3, ..config() }, 1);
    let mut ports = engine.ports();
    ports.dedup();
    assert_eq!((engine.workers(), ports.len()), (3, 3));
    for (worker, port) in engine.ports().into_iter().enumerate() {
        assert!(engine.candidates(worker).iter().all(|candidate| candidate.address.port() == port));
    }
    assert!(engine.candidates(3).is_empty());
    assert_eq!(engine.command(3, remove()), Err(CommandError::UnknownWorker));
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a socket");
    let port = taken.local_addr().expect("bound").port();
    let Err(error) = Engine::start_with(EngineConfig { port, ..config() }, [0; 32], |_| || Echo::new(1))
    else {
        panic!("the port is taken");
    };
    assert!(matches!(error, StartError::PortInUse(address) if address.port() == port));
    assert!(error.to_string().contains(&format!("UDP port {port} is in use")));
}

#[test]
fn an_address_of_another_machine_and_ports_beyond_the_last_are_refused() {
    let foreign = EngineConfig { addresses: vec![[192, 0, 2, 199].into()], ..config() };
    let beyond = EngineConfig { port: 65_535, workers: 2, ..config() };
    let nowhere = EngineConfig { addresses: vec![], ..config() };
    assert!(matches!(start(foreign), Some(StartError::AddressUnavailable(_))));
    assert!(matches!(start(beyond), Some(StartError::OutOfRange(_))));
    assert!(matches!(start(nowhere), Some(StartError::OutOfRange(_))));
}

#[test]
fn a_worker_lost_to_a_panic_is_counted_and_closed_while_others_live() {
    let engine = echo(EngineConfig { workers: 2, ..config() }, 1);
    engine.command(0, remove()).expect("queued");
    wait_until(|| engine.command(0, remove()) == Err(CommandError::Closed));
    wait_until(|| engine.totals().workers_lost == 1);
    let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[1]);
    client.send(b"alive?").expect("sent");
    assert_eq!(client.recv(&mut [0; 100]).expect("an echo"), 6);
}

#[test]
fn a_closed_engine_refuses_commands_and_closing_again_does_nothing() {
    let engine = echo(config(), 1);
    engine.close();
    engine.close();
    assert_eq!(engine.command(0, remove()), Err(CommandError::Closed));
    assert!(engine.poll(10).is_empty());
}

#[test]
fn counters_of_a_worker_at_rest_are_those_of_its_last_turn() {
    let engine = echo(config(), 0);
    let client = client(Ipv4Addr::LOCALHOST.into(), engine.ports()[0]);
    for _ in 0..10 {
        client.send(b"count me").expect("sent");
    }
    wait_until(|| engine.totals().packets_received == 10);
}

fn config() -> EngineConfig {
    EngineConfig {
        workers: 1,
        port: 0,
        addresses: vec![Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()],
        announced: vec![],
        segmentation: true,
    }
}

fn start(config: EngineConfig) -> Option<StartError> {
    Engine::start_with(config, [0; 32], |_| || Echo::new(1)).err()
}

fn echo(config: EngineConfig, copies: usize) -> Engine {
    Engine::start_with(config, [0; 32], |_| move || Echo::new(copies)).expect("started")
}

fn remove() -> Command {
    Command::RemoveEndpoint { endpoint: EndpointId(1) }
}

/// Loopback addresses of the families that this machine has.
fn both_families() -> Vec<IpAddr> {
    let all: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    all.into_iter().filter(|ip| UdpSocket::bind((*ip, 0)).is_ok()).collect()
}

fn client(server: IpAddr, port: u16) -> UdpSocket {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let client = UdpSocket::bind((any, 0)).expect("a socket");
    client.connect(SocketAddr::new(server, port)).expect("connected");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client
}

/// Waits for what another thread does, at most [`PATIENCE`].
fn wait_until(condition: impl Fn() -> bool) {
    let waker = crate::waker::Waker::new().expect("an eventfd");
    let mut poller = Poller::new().expect("an epoll");
    poller.add(waker.as_fd(), 0).expect("added");
    for _ in 0..PATIENCE.as_millis() / 5 {
        if condition() {
            return;
        }
        poller.wait(Some(Duration::from_millis(5)));
    }
    panic!("waited {PATIENCE:?} in vain");
}
