//! One participant: descriptions, transport, what it sends and what it receives. Takes the time, does no I/O.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::film::Film;
use crate::outbox::Outbox;
use crate::receiver::Receiver;
use crate::rtcp::{self, Told};
use crate::sdp::{Codecs, Description, Kind, Section};
use crate::source::{Camera, Microphone};
use crate::transport::{Change, Identity, Transport};
use crate::wire::{Sending, Wire};

/// Pace of reports and of estimates.
const REPORT_STEP: Duration = Duration::from_secs(1);
/// Pace of transport-wide feedback.
const FEEDBACK_STEP: Duration = Duration::from_millis(100);
/// Pace at which missing packets are looked at.
const REPAIR_STEP: Duration = Duration::from_millis(20);

/// The one clock of a generator: all times in stamps and reports are relative to its start.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// Start on the monotonic clock.
    pub start: Instant,
    /// The same moment since 1970.
    pub unix: Duration,
}

/// What happened to a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are through.
    Connected,
    /// They are not, or no longer.
    Failed(String),
}

/// A section that is negotiated or on the way to it.
pub(crate) struct Place {
    pub kind: Kind,
    pub mid: String,
    pub line: String,
    pub rejected: bool,
    pub sends: bool,
    pub receives: bool,
    pub codecs: Codecs,
    pub ids: crate::rtp::Ids,
    pub transport_cc: bool,
    pub remb: bool,
    /// RIDs that the other side sends here.
    pub rids: Vec<String>,
}

/// One participant.
pub struct Peer {
    pub(crate) transport: Transport,
    pub(crate) microphones: Vec<Microphone>,
    pub(crate) cameras: Vec<Camera>,
    pub(crate) places: Vec<Place>,
    pub(crate) offered: bool,
    pub(crate) version: u32,
    pub(crate) cname: String,
    epoch: Epoch,
    wire: Option<Wire>,
    receiver: Receiver,
    pub(crate) counters: Counters,
    profile: &'static str,
    failed: bool,
    /// Share of the RTP packets to it that its line loses, 0 to 1.
    loss: f64,
    /// When ICE and DTLS, reports, feedback and repair are due.
    transport_due: Instant,
    report_due: Instant,
    feedback_due: Instant,
    repair_due: Option<Instant>,
}

impl Peer {
    /// Makes a peer that sends from `local`.
    pub fn new(identity: &Identity, local: SocketAddr, epoch: Epoch, now: Instant) -> Self {
        Self {
            transport: Transport::new(identity.clone(), local),
            microphones: Vec::new(),
            cameras: Vec::new(),
            places: Vec::new(),
            offered: false,
            version: 1,
            cname: format!("{:08x}", fastrand::u32(..)),
            epoch,
            wire: None,
            receiver: Receiver::default(),
            counters: Counters::default(),
            profile: "",
            failed: false,
            loss: 0.0,
            transport_due: now,
            report_due: now,
            feedback_due: now,
            repair_due: None,
        }
    }

    /// Whether media can flow.
    pub fn is_connected(&self) -> bool {
        self.wire.is_some() && !self.failed
    }

    /// Name of the SRTP profile, empty before it is agreed upon.
    pub fn profile(&self) -> &'static str {
        self.profile
    }

    /// Number of streams that came.
    pub fn streams(&self) -> usize {
        self.receiver.streams()
    }

    /// Forgets everything counted so far.
    pub fn mark(&mut self) {
        self.counters.clear();
    }

    /// Switches between speech and silence.
    pub fn talk(&mut self, now: Instant, on: bool) {
        self.microphones.iter_mut().for_each(|microphone| microphone.talk(now, on));
    }

    /// Switches the cameras on or off.
    pub fn video(&mut self, now: Instant, on: bool) {
        self.cameras.iter_mut().for_each(|camera| camera.switch(now, on));
    }

    /// Has its line lose a share of the media that comes to it, retransmissions included.
    pub fn lose(&mut self, share: f64) {
        self.loss = share;
    }

    /// Sends these encodings of its cameras, 0 the lowest, and no other.
    pub fn layers(&mut self, wanted: &[usize]) {
        self.cameras.iter_mut().for_each(|camera| camera.want(wanted));
    }

    /// Has its cameras show films, one for each encoding, lowest first; says whether there are as many.
    pub fn play(&mut self, films: &[Film]) -> bool {
        let fits = self.cameras.iter().all(|camera| camera.layers.len() == films.len());
        if fits {
            let layers = self.cameras.iter_mut().flat_map(|camera| camera.layers.iter_mut().zip(films));
            layers.for_each(|(layer, film)| layer.play(film.clone()));
        }
        fits
    }

    /// Takes trickled candidates of the other side.
    pub fn add_candidates(&mut self, now: Instant, candidates: &[String]) {
        candidates.iter().for_each(|candidate| self.transport.add_candidate(candidate));
        self.transport_due = now;
    }

    /// Takes the other side's transport; it is ours to check, unless it offered and is no ICE-lite.
    pub(crate) fn take_transport(&mut self, now: Instant, remote: &Description, controlling: bool) {
        self.transport.set_remote(&remote.ufrag, &remote.password, remote.fingerprint, controlling);
        if self.transport.active.is_none() {
            self.transport.active = Some(remote.setup != "active");
        }
        self.add_candidates(now, &remote.candidates);
    }

    /// Learns from a section of the other side how what it sends is to be read.
    pub(crate) fn learn(&mut self, section: &Section) {
        self.receiver.learn(section);
    }

    /// Returns when `timeout` wants to be called.
    pub fn deadline(&self) -> Instant {
        if self.wire.is_none() {
            return self.transport_due;
        }
        let microphones = self.microphones.iter().map(Microphone::due);
        let sources = microphones.chain(self.cameras.iter().filter_map(Camera::due));
        let own = self.transport_due.min(self.report_due).min(self.feedback_due);
        sources.chain(self.repair_due).fold(own, Instant::min)
    }

    /// Takes a datagram that arrived at `now`.
    pub fn receive(
        &mut self,
        now: Instant,
        source: SocketAddr,
        datagram: &mut [u8],
        out: &mut Outbox,
    ) -> Option<Event> {
        match datagram {
            [0..=3 | 20..=63, ..] => {
                let change = self.transport.receive(now, source, datagram, out);
                self.transport_due = self.transport.deadline(now);
                change.map(|change| self.change(now, change))
            }
            [128..=191, 192..=223, ..] => {
                self.receive_control(now, datagram, out);
                None
            }
            [128..=191, ..] if fastrand::f64() < self.loss => {
                self.counters.dropped += 1;
                None
            }
            [128..=191, ..] => {
                let since_start = now.saturating_duration_since(self.epoch.start);
                if self.receiver.receive(now, since_start, datagram, &mut self.counters) {
                    self.repair_due.get_or_insert(now);
                }
                None
            }
            _ => {
                self.counters.unreadable += 1;
                None
            }
        }
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Instant, out: &mut Outbox) -> Option<Event> {
        let mut event = None;
        if self.transport_due <= now {
            let change = self.transport.timeout(now, out);
            self.transport_due = self.transport.deadline(now);
            event = change.map(|change| self.change(now, change));
        }
        self.send_media(now, out);
        self.send_control(now, out);
        event
    }

    fn change(&mut self, now: Instant, change: Change) -> Event {
        match change {
            Change::Connected(send, receive, profile) => {
                self.wire = Some(Wire::new(send));
                self.receiver.connect(receive);
                self.profile = profile;
                self.microphones.iter_mut().for_each(|microphone| microphone.begin(now));
                self.cameras.iter_mut().for_each(|camera| camera.begin(now));
                (self.report_due, self.feedback_due) = (now + REPORT_STEP / 10, now + FEEDBACK_STEP);
                Event::Connected
            }
            Change::Failed(why) => {
                self.failed = true;
                Event::Failed(why)
            }
        }
    }

    fn send_media(&mut self, now: Instant, out: &mut Outbox) {
        let (Some(wire), Some(to)) = (&mut self.wire, self.transport.remote()) else { return };
        let since_start = now.saturating_duration_since(self.epoch.start);
        let sending = &mut Sending { wire, to, now, since_start, out, counters: &mut self.counters };
        self.microphones.iter_mut().for_each(|microphone| microphone.step(sending));
        self.cameras.iter_mut().for_each(|camera| camera.step(sending));
    }

    fn send_control(&mut self, now: Instant, out: &mut Outbox) {
        let (Some(wire), Some(to)) = (&mut self.wire, self.transport.remote()) else { return };
        let since_start = now.saturating_duration_since(self.epoch.start);
        let sending = &mut Sending { wire, to, now, since_start, out, counters: &mut self.counters };
        if self.repair_due.is_some_and(|due| due <= now) {
            let waits = self.receiver.send_wishes(sending);
            self.repair_due = waits.then_some(now + REPAIR_STEP);
        }
        if self.feedback_due <= now {
            self.feedback_due = now + FEEDBACK_STEP;
            self.receiver.send_feedback(sending);
        }
        if self.report_due <= now {
            self.report_due = now + REPORT_STEP;
            self.receiver.send_reports(sending);
            let unix = self.epoch.unix + since_start;
            self.microphones.iter().for_each(|microphone| microphone.report(sending, unix, &self.cname));
            self.cameras.iter().for_each(|camera| camera.report(sending, unix, &self.cname));
        }
    }

    fn receive_control(&mut self, now: Instant, datagram: &mut [u8], out: &mut Outbox) {
        let Some(compound) = self.receiver.open_control(datagram) else {
            self.counters.unreadable += 1;
            return;
        };
        let mut heard = Vec::new();
        rtcp::read(compound, |told| heard.push(told));
        for told in heard {
            match told {
                Told::SenderReport { ssrc, middle } => self.receiver.hear_sender_report(now, ssrc, middle),
                Told::KeyFrame { ssrc } => {
                    let known = self.cameras.iter_mut().any(|camera| camera.want_key(ssrc));
                    self.counters.key_frame_requests += u64::from(known);
                }
                Told::Again { ssrc, sequences } => self.repeat(now, ssrc, &sequences, out),
            }
        }
    }

    fn repeat(&mut self, now: Instant, ssrc: u32, sequences: &[u16], out: &mut Outbox) {
        let (Some(wire), Some(to)) = (&mut self.wire, self.transport.remote()) else { return };
        let since_start = now.saturating_duration_since(self.epoch.start);
        let sending = &mut Sending { wire, to, now, since_start, out, counters: &mut self.counters };
        let mut layers = self.cameras.iter_mut().flat_map(|camera| &mut camera.layers);
        if let Some(layer) = layers.find(|layer| layer.stream.ssrc == ssrc) {
            sequences.iter().for_each(|sequence| layer.stream.repeat(sending, *sequence));
        }
    }
}
