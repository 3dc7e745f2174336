//! A conference on virtual time: one engine, some clients, and an emulated network between them.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod client;
pub mod feedback;
pub mod payloads;
pub mod publisher;
pub mod receiver;
pub mod spread;
pub mod steady;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::Client;
use netem::{Conditions, Netem};
use sfu::{
    Certificate, Command, ConferenceId, Config, EndpointId, Event, Limits, MediaKind, Mid, Route, SendBatch,
    Sfu, SourceId, View,
};

pub const CONFERENCE: u64 = 77;
pub const UNIX_START: Duration = Duration::from_secs(1_800_000_000);
const STEP: Duration = Duration::from_millis(1);

pub struct World {
    /// The engine's certificate.
    pub certificate_der: Vec<u8>,
    pub sfu: Sfu,
    pub clients: Vec<Client>,
    pub network: Netem,
    pub now: Instant,
    pub events: Vec<Event>,
    /// Bytes the engine sent, to all.
    pub bytes_out: u64,
    /// Runs that left, and datagrams that left in one with another.
    pub runs: u64,
    pub in_runs: u64,
    /// What arrived for who is not one of `clients`.
    pub strays: Vec<(SocketAddr, Vec<u8>)>,
    pub server: SocketAddr,
    batch: SendBatch,
}

pub fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
pub fn start() -> Instant {
    Instant::now()
}

pub fn mid(name: &str) -> Mid {
    Mid::from(name).expect("short")
}

pub fn config(now: Instant, limits: Limits) -> Config {
    let made = dimpl::certificate::generate_self_signed_certificate().expect("a certificate");
    Config {
        certificate: Arc::new(Certificate {
            certificate_der: made.certificate,
            private_key_der: made.private_key,
        }),
        started: now,
        unix_time_at_start: UNIX_START,
        seed: 3,
        equalise: true,
        limits,
    }
}

impl World {
    pub fn new(conditions: Conditions) -> Self {
        Self::with_limits(conditions, Limits::default())
    }

    pub fn with_limits(conditions: Conditions, limits: Limits) -> Self {
        Self::with_config(conditions, config(start(), limits))
    }

    pub fn with_config(conditions: Conditions, config: Config) -> Self {
        let now = config.started;
        Self {
            certificate_der: config.certificate.certificate_der.clone(),
            sfu: Sfu::new(config),
            clients: Vec::new(),
            network: Netem::new(5, conditions),
            now,
            events: Vec::new(),
            bytes_out: 0,
            runs: 0,
            in_runs: 0,
            strays: Vec::new(),
            batch: SendBatch::new(64 * 1024, 64),
            server: ([127, 0, 0, 1], 5000).into(),
        }
    }

    /// Lets a client join with all its parameters; it publishes when it is connected.
    pub fn join(&mut self, client: Client) -> usize {
        self.command(Command::AddEndpoint(Box::new(client.parameters())));
        for publisher in &client.publishers {
            let mid = publisher.mid;
            self.command(Command::Publish { endpoint: client.id, source: publisher.source, mid });
        }
        self.clients.push(client);
        self.clients.len() - 1
    }

    /// Lets `count` ordinary clients join and waits until they are connected.
    pub fn with_clients(conditions: Conditions, count: u64) -> Self {
        let mut world = Self::new(conditions);
        for number in 1..=count {
            let client = Client::new(number, CONFERENCE, world.now);
            world.join(client);
        }
        world.connect();
        world
    }

    pub fn connect(&mut self) {
        for _ in 0..20_000 {
            if self.clients.iter().all(Client::is_connected) {
                return;
            }
            self.step();
        }
        panic!("not all clients connected: {:?}", self.sfu.counters());
    }

    pub fn show(&mut self, viewer: usize, slot: &str, source: Option<SourceId>) {
        let endpoint = self.clients[viewer].id;
        self.command(Command::MapSlot { endpoint, mid: mid(slot), source, view: View::default() });
    }

    /// Shows a source in a tile of `height` lines.
    pub fn show_in(&mut self, viewer: usize, slot: &str, source: SourceId, height: u16) {
        let endpoint = self.clients[viewer].id;
        let view = View { max_height: height, ..View::default() };
        self.command(Command::MapSlot { endpoint, mid: mid(slot), source: Some(source), view });
    }

    pub fn command(&mut self, command: Command) {
        self.sfu.command(self.now, command);
    }

    pub fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.step();
        }
    }

    /// Runs while the first client, a camera [`Client::in_layers`], sends exactly what it was told to.
    pub fn follow(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.now < end {
            self.run(ms(10));
            self.obey();
        }
    }

    /// Lets the first client, a camera [`Client::in_layers`], send exactly what it was told to.
    pub fn obey(&mut self) {
        if let Some(layers) = self.wanted().last() {
            for (layer, publisher) in self.clients[0].publishers[1..].iter_mut().enumerate() {
                publisher.enabled = layers & (1 << layer) != 0;
            }
        }
    }

    /// Returns the layers that were asked of the first client's camera, one answer after the other.
    pub fn wanted(&self) -> Vec<u8> {
        let camera = self.clients[0].source(MediaKind::Video);
        let told = |event: &Event| match event {
            Event::LayersWanted { source, layers } if *source == camera => Some(*layers),
            _ => None,
        };
        self.events.iter().filter_map(told).collect()
    }

    /// Hands the engine a datagram as if it came from `from`.
    pub fn inject(&mut self, from: SocketAddr, datagram: &[u8]) {
        let route = Route { local: self.server.ip(), remote: from };
        self.sfu.receive(self.now, route, &mut datagram.to_vec());
        self.flush();
    }

    /// Returns how many of an endpoint's events fit.
    pub fn count(&self, fits: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| fits(event)).count()
    }

    /// One millisecond: what arrives, what is due, what leaves.
    pub fn step(&mut self) {
        self.now += STEP;
        while let Some(delivery) = self.network.poll(self.now) {
            if delivery.to == self.server {
                let route = Route { local: self.server.ip(), remote: delivery.from };
                let mut bytes = delivery.bytes;
                self.sfu.receive(self.now, route, &mut bytes);
            } else if let Some(client) = self.clients.iter_mut().find(|client| client.address == delivery.to)
            {
                client.receive(self.now, &delivery.bytes);
            } else {
                self.strays.push((delivery.to, delivery.bytes));
            }
        }
        if self.sfu.poll_timeout().is_some_and(|at| at <= self.now) {
            self.sfu.timeout(self.now);
        }
        self.flush();
        for client in &mut self.clients {
            for datagram in client.timeout(self.now) {
                self.network.send(self.now, client.address, self.server, &datagram);
            }
        }
    }

    fn flush(&mut self) {
        loop {
            let full = self.sfu.poll_transmit(self.now, &mut self.batch);
            for (run, bytes) in self.batch.runs() {
                self.bytes_out += bytes.len() as u64;
                self.runs += 1;
                self.in_runs += if run.segments > 1 { u64::from(run.segments) } else { 0 };
                for datagram in bytes.chunks(usize::from(run.segment)) {
                    self.network.send(self.now, self.server, run.route.remote, datagram);
                }
            }
            self.batch.clear();
            if !full {
                break;
            }
        }
        while let Some(event) = self.sfu.poll_event() {
            self.events.push(event);
        }
    }
}

pub fn endpoint(number: u64) -> EndpointId {
    EndpointId(number)
}

pub fn conference(number: u64) -> ConferenceId {
    ConferenceId(number)
}
