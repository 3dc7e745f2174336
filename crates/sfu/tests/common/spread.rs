//! A conference on several workers: an engine and a network for each, and parcels between them.

use std::collections::VecDeque;
use std::time::Duration;

use netem::Conditions;
use sfu::{Command, ConferenceId, Limits, MediaKind, Parcel, SourceId, WorkerId};

use super::client::Client;
use super::{CONFERENCE, World, config, start};

pub struct Spread {
    pub workers: Vec<World>,
    /// Parcels on the way: from, to, what.
    on_the_way: VecDeque<(usize, usize, Parcel)>,
    /// Where each source comes from.
    homes: Vec<(SourceId, MediaKind, u8, usize)>,
    empty: Vec<Parcel>,
    /// Nothing is carried while set.
    pub blocked: bool,
}

impl Spread {
    /// Makes workers without anybody.
    pub fn new(workers: usize) -> Self {
        let shared = config(start(), Limits::default());
        let world = |_| World::with_config(Conditions::default(), shared.clone());
        Self {
            workers: (0..workers).map(world).collect(),
            on_the_way: VecDeque::with_capacity(64),
            homes: Vec::new(),
            empty: (0..16).map(|_| Parcel::new(16_384, 64)).collect(),
            blocked: false,
        }
    }

    /// Makes one ordinary client per worker, numbered from 1, and waits until all are connected.
    pub fn one_on_each(workers: usize) -> Self {
        let mut spread = Self::new(workers);
        for worker in 0..workers {
            let client = Client::new(worker as u64 + 1, CONFERENCE, spread.workers[worker].now);
            spread.join(worker, client);
        }
        spread.connect();
        spread
    }

    pub fn join(&mut self, worker: usize, client: Client) -> usize {
        for publisher in &client.publishers {
            let layers = client.publishers.iter().filter(|other| other.source == publisher.source).count();
            self.homes.push((publisher.source, publisher.kind, layers as u8, worker));
        }
        self.workers[worker].join(client)
    }

    pub fn connect(&mut self) {
        for _ in 0..20_000 {
            if self.workers.iter().all(|world| world.clients.iter().all(Client::is_connected)) {
                return;
            }
            self.step();
        }
        panic!("not all clients connected");
    }

    /// Lets a source be shown on a worker that is not its home.
    pub fn mirror(&mut self, worker: usize, source: SourceId) {
        let (_, kind, layers, home) =
            *self.homes.iter().find(|known| known.0 == source).expect("a source of somebody");
        self.workers[worker].command(Command::Mirror {
            source,
            conference: ConferenceId(CONFERENCE),
            kind,
            layers,
            home: WorkerId(home as u16),
        });
    }

    /// Shows the first client of another worker to the first of `worker`.
    pub fn show(&mut self, worker: usize, slot: &str, of: usize, kind: MediaKind) {
        let source = self.workers[of].clients[0].source(kind);
        self.mirror(worker, source);
        self.workers[worker].show(0, slot, Some(source));
    }

    pub fn run(&mut self, duration: Duration) {
        for _ in 0..duration.as_millis() {
            self.step();
        }
    }

    /// Runs while the first client of the first worker, a camera [`Client::in_layers`], sends exactly what it was told to.
    pub fn follow(&mut self, duration: Duration) {
        for _ in 0..duration.as_millis() / 10 {
            self.run(Duration::from_millis(10));
            self.workers[0].obey();
        }
    }

    /// One millisecond everywhere; what workers say to each other is heard in the next.
    pub fn step(&mut self) {
        while let Some((from, to, mut parcel)) = self.on_the_way.pop_front() {
            let world = &mut self.workers[to];
            world.sfu.unpack(world.now, WorkerId(from as u16), &parcel);
            parcel.clear();
            self.empty.push(parcel);
        }
        for from in 0..self.workers.len() {
            self.workers[from].step();
            if !self.blocked {
                self.collect(from);
            }
        }
    }

    fn collect(&mut self, from: usize) {
        for to in 0..self.workers.len() {
            let (world, peer) = (&mut self.workers[from], WorkerId(to as u16));
            while world.sfu.has_for(peer) {
                let mut parcel = self.empty.pop().unwrap_or_else(|| Parcel::new(16_384, 64));
                world.sfu.pack(world.now, peer, &mut parcel);
                self.on_the_way.push_back((from, to, parcel));
            }
        }
    }
}
