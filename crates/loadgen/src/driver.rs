//! Gives peers sockets and time, and obeys commands. One thread; another reads the commands.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fs;
use std::io::{self, BufRead, Write};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token, Waker};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::counters::{Counters, LATE};
use crate::film::Film;
use crate::outbox::Outbox;
use crate::peer::{Epoch, Event, Peer};
use crate::protocol::{Command, Request};
use crate::report::Report;
use crate::socket::{self, Buffers, Socket};
use crate::transport::Identity;

/// Token of the commands; peers have their places.
const COMMANDS: Token = Token(usize::MAX);
/// The driver's own tick shows whether it keeps up even when nothing is to be sent.
const TICK: Duration = Duration::from_millis(10);
const PEERS_MAX: usize = 10_000;

/// A peer with its socket.
struct Member {
    name: String,
    peer: Peer,
    socket: Socket,
    /// When both descriptions were known.
    begun: Instant,
    /// When it is next looked at.
    planned: Option<Instant>,
}

/// Takes lines of commands from another thread.
pub struct Inbox {
    lines: mpsc::SyncSender<String>,
    waker: Arc<Waker>,
}

impl Inbox {
    /// Hands every line over until the input ends, which ends the driver too.
    pub fn feed(self, input: impl BufRead) -> io::Result<()> {
        for line in input.lines() {
            if self.lines.send(line?).is_err() {
                break;
            }
            self.waker.wake()?;
        }
        drop(self.lines);
        self.waker.wake()
    }
}

/// A generator: peers, their sockets, and where replies go.
pub struct Driver<W> {
    clock: Clock,
    epoch: Epoch,
    identity: Identity,
    address: IpAddr,
    poll: Poll,
    lines: mpsc::Receiver<String>,
    /// Kept open: closing it would take its last call back.
    _waker: Arc<Waker>,
    output: W,
    members: Vec<Option<Member>>,
    names: HashMap<String, usize>,
    agenda: BinaryHeap<Reverse<(Instant, usize)>>,
    out: Outbox,
    /// What peers counted that are gone.
    gone: Counters,
    marked: Instant,
    processor_marked: Duration,
    dropped_marked: u64,
    refused: u64,
    tick: Instant,
    /// The driver's own ticks: all, and those that came late.
    ticks: (u64, u64),
    ends: bool,
}

impl<W: Write> Driver<W> {
    /// Makes a generator that sends from `address` and writes replies and events to `output`.
    pub fn new(address: IpAddr, output: W) -> Result<(Self, Inbox), Box<dyn std::error::Error>> {
        let clock = Clock;
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), COMMANDS)?);
        let (sender, lines) = mpsc::sync_channel(64);
        let driver = Self {
            clock,
            epoch: clock.epoch(),
            identity: Identity::generate()?,
            address,
            poll,
            lines,
            _waker: Arc::clone(&waker),
            output,
            members: Vec::new(),
            names: HashMap::new(),
            agenda: BinaryHeap::new(),
            out: Outbox::default(),
            gone: Counters::default(),
            marked: clock.now(),
            processor_marked: clock.processor(),
            dropped_marked: 0,
            refused: 0,
            tick: clock.now(),
            ticks: (0, 0),
            ends: false,
        };
        Ok((driver, Inbox { lines: sender, waker }))
    }

    /// Plays until told to quit or the commands end.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        let mut buffers = Buffers::new();
        self.tick = self.clock.now() + TICK;
        while !self.ends {
            let wait = self.next().saturating_duration_since(self.clock.now());
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            self.heartbeat();
            for event in &events {
                match event.token() {
                    COMMANDS => self.obey_all()?,
                    Token(place) => self.receive(place, &mut buffers)?,
                }
                self.do_due()?;
            }
            self.do_due()?;
        }
        Ok(())
    }

    fn next(&self) -> Instant {
        self.agenda.peek().map_or(self.tick, |Reverse((at, _))| self.tick.min(*at))
    }

    fn heartbeat(&mut self) {
        let now = self.clock.now();
        if now >= self.tick {
            self.ticks.0 += 1;
            self.ticks.1 += u64::from(now > self.tick + LATE);
            self.tick = now + TICK;
        }
    }

    fn receive(&mut self, place: usize, buffers: &mut Buffers) -> io::Result<()> {
        let Some(Some(member)) = self.members.get_mut(place) else { return Ok(()) };
        let (clock, out) = (self.clock, &mut self.out);
        let mut happened = Vec::new();
        let peer = &mut member.peer;
        member.socket.receive(clock, buffers, |at, source, datagram| {
            // Checks and handshakes want a clock that never goes back.
            let media = datagram.first().is_some_and(|first| *first >= 128);
            let at = if media { at } else { clock.now() };
            happened.extend(peer.receive(at, source, datagram, out));
        })?;
        self.refused += member.socket.send(out);
        self.plan(place);
        happened.into_iter().try_for_each(|event| self.tell(place, &event))
    }

    fn do_due(&mut self) -> io::Result<()> {
        while let Some(&Reverse((at, place))) = self.agenda.peek() {
            let now = self.clock.now();
            if at > now {
                break;
            }
            self.agenda.pop();
            let Some(Some(member)) = self.members.get_mut(place) else { continue };
            if member.planned != Some(at) {
                continue;
            }
            member.planned = None;
            let event = member.peer.timeout(now, &mut self.out);
            self.refused += member.socket.send(&mut self.out);
            self.plan(place);
            if let Some(event) = event {
                self.tell(place, &event)?;
            }
        }
        Ok(())
    }

    /// Puts a peer onto the agenda, unless it is there for an earlier time already.
    fn plan(&mut self, place: usize) {
        let Some(Some(member)) = self.members.get_mut(place) else { return };
        let at = member.peer.deadline();
        if member.planned.is_none_or(|planned| at < planned) {
            member.planned = Some(at);
            self.agenda.push(Reverse((at, place)));
        }
    }

    fn tell(&mut self, place: usize, event: &Event) -> io::Result<()> {
        let Some(Some(member)) = self.members.get(place) else { return Ok(()) };
        let line = match event {
            Event::Connected => {
                let took = self.clock.now().saturating_duration_since(member.begun);
                json!({"event": "connected", "peer": member.name, "milliseconds": took.as_secs_f64() * 1000.0})
            }
            Event::Failed(why) => json!({"event": "failed", "peer": member.name, "why": why}),
        };
        self.write(&line)
    }

    fn write(&mut self, line: &Value) -> io::Result<()> {
        writeln!(self.output, "{line}")?;
        self.output.flush()
    }

    fn obey_all(&mut self) -> io::Result<()> {
        loop {
            match self.lines.try_recv() {
                Ok(line) => self.obey(&line)?,
                Err(mpsc::TryRecvError::Empty) => return Ok(()),
                Err(mpsc::TryRecvError::Disconnected) => {
                    self.ends = true;
                    return Ok(());
                }
            }
        }
    }

    fn obey(&mut self, line: &str) -> io::Result<()> {
        let (reference, done) = match serde_json::from_str::<Request>(line) {
            Ok(request) => (request.reference, self.carry_out(request.command)),
            Err(error) => {
                let reference = serde_json::from_str::<Value>(line).ok();
                (reference.and_then(|value| value["ref"].as_u64()), Err(error.to_string()))
            }
        };
        let mut reply = done.unwrap_or_else(|why| json!({"error": why}));
        reply["ref"] = json!(reference);
        self.write(&reply)
    }

    fn carry_out(&mut self, command: Command) -> Result<Value, String> {
        let now = self.clock.now();
        let done = |()| json!({});
        match command {
            Command::Offer { peer, send, recv } => {
                if self.names.contains_key(&peer) {
                    return Err(format!("there is a peer {peer} already"));
                }
                let place = self.add(peer, now)?;
                self.with(place, |peer| Ok(json!({"sdp": peer.offer(now, &send, recv)})))
            }
            Command::Answer { peer, sdp } => {
                let place = self.place(&peer)?;
                self.begin(place, now);
                self.with(place, |peer| peer.answer(now, &sdp).map(done).map_err(|error| error.to_string()))
            }
            Command::Accept { peer, sdp } => self.accept(peer, &sdp, now),
            Command::Candidates { peer, candidates } => {
                self.act(&peer, |peer| peer.add_candidates(now, &candidates)).map(done)
            }
            Command::Talk { peer, on } => self.act(&peer, |peer| peer.talk(now, on)).map(done),
            Command::Video { peer, on } => self.act(&peer, |peer| peer.video(now, on)).map(done),
            Command::Lose { percent, .. } if !(0.0..=100.0).contains(&percent) => {
                Err(format!("{percent} is no percentage"))
            }
            Command::Lose { peer, percent } => self.act(&peer, |peer| peer.lose(percent / 100.0)).map(done),
            Command::Layers { peer, wanted } => self.act(&peer, |peer| peer.layers(&wanted)).map(done),
            Command::Film { peer, files } => self.film(&peer, &files).map(done),
            Command::Mark => {
                self.mark(now);
                Ok(json!({}))
            }
            Command::Report => Ok(self.report(now)),
            Command::Close { peer } => {
                let place = self.place(&peer)?;
                self.close(place);
                Ok(json!({}))
            }
            Command::Quit => {
                self.ends = true;
                Ok(json!({}))
            }
        }
    }

    /// Reads films and has a peer's cameras show them.
    fn film(&mut self, name: &str, files: &[PathBuf]) -> Result<(), String> {
        let read = |file: &PathBuf| {
            let bytes = fs::read(file).map_err(|error| error.to_string())?;
            Film::read(&bytes).map_err(|error| error.to_string())
        };
        let films = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let place = self.place(name)?;
        self.with(place, |peer| {
            if peer.play(&films) { Ok(()) } else { Err("one film for each encoding is wanted".to_owned()) }
        })
    }

    /// Answers an offer; a peer made for one that cannot be accepted does not stay.
    fn accept(&mut self, name: String, sdp: &str, now: Instant) -> Result<Value, String> {
        let known = self.names.get(&name).copied();
        let place = known.map_or_else(|| self.add(name, now), Ok)?;
        let done = self.with(place, |peer| {
            peer.accept(now, sdp).map(|sdp| json!({"sdp": sdp})).map_err(|error| error.to_string())
        });
        if known.is_none() && done.is_err() {
            self.close(place);
        }
        done
    }

    fn act(&mut self, name: &str, act: impl FnOnce(&mut Peer)) -> Result<(), String> {
        let place = self.place(name)?;
        self.with(place, |peer| {
            act(peer);
            Ok(())
        })
    }

    fn place(&self, name: &str) -> Result<usize, String> {
        self.names.get(name).copied().ok_or_else(|| format!("there is no peer {name}"))
    }

    fn with<T>(
        &mut self,
        place: usize,
        act: impl FnOnce(&mut Peer) -> Result<T, String>,
    ) -> Result<T, String> {
        let Some(Some(member)) = self.members.get_mut(place) else {
            return Err("the peer is gone".to_owned());
        };
        let done = act(&mut member.peer);
        self.plan(place);
        done
    }

    fn add(&mut self, name: String, now: Instant) -> Result<usize, String> {
        if self.names.len() >= PEERS_MAX {
            return Err(format!("there are {PEERS_MAX} peers already"));
        }
        let mut socket = Socket::bind(self.address).map_err(|error| format!("no socket: {error}"))?;
        let place = self.members.len();
        self.poll
            .registry()
            .register(&mut socket.io, Token(place), Interest::READABLE)
            .map_err(|error| format!("no place for the socket: {error}"))?;
        let peer = Peer::new(&self.identity, socket.local, self.epoch, now);
        self.names.insert(name.clone(), place);
        self.members.push(Some(Member { name, peer, socket, begun: now, planned: None }));
        Ok(place)
    }

    fn begin(&mut self, place: usize, now: Instant) {
        if let Some(Some(member)) = self.members.get_mut(place) {
            member.begun = now;
        }
    }

    fn close(&mut self, place: usize) {
        if let Some(mut member) = self.members.get_mut(place).and_then(Option::take) {
            self.names.remove(&member.name);
            self.gone.add(&member.peer.counters);
            // The socket closes at once; whether the poll still knew it makes no difference.
            self.poll.registry().deregister(&mut member.socket.io).unwrap_or_default();
        }
    }

    fn mark(&mut self, now: Instant) {
        self.members.iter_mut().flatten().for_each(|member| member.peer.mark());
        self.gone.clear();
        (self.ticks, self.refused) = ((0, 0), 0);
        (self.marked, self.processor_marked) = (now, self.clock.processor());
        self.dropped_marked = self.dropped();
    }

    fn dropped(&self) -> u64 {
        let ports: Vec<_> = self.members.iter().flatten().map(|member| member.socket.local.port()).collect();
        socket::dropped(&ports)
    }

    fn report(&self, now: Instant) -> Value {
        let mut report = Report::default();
        report.add_gone(&self.gone);
        self.members.iter().flatten().for_each(|member| report.add(&member.name, &member.peer));
        let seconds = now.saturating_duration_since(self.marked).as_secs_f64();
        let processor = self.clock.processor().saturating_sub(self.processor_marked);
        let mut json = report.json(seconds, processor, self.ticks);
        json["kernel_drops"] = json!(self.dropped().saturating_sub(self.dropped_marked));
        json["send_refused"] = json!(self.refused);
        json
    }
}
