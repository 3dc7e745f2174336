//! What one endpoint sends on one of its m-sections, and who watches it.
//!
//! A section is there from the description on; it becomes a source when the control plane names it.

use std::time::{Duration, Instant};

use arrayvec::ArrayVec;

use crate::allocation::Demand;
use crate::command::{MediaKind, ReceiveSection};
use crate::endpoint::DEFAULT_ROUND_TRIP;
use crate::event::Event;
use crate::ids::{ConferenceId, Mid, Rid, SourceId};
use crate::media::mirror::{Home, Mirror, Relay, Watch};
use crate::media::rates::is_active;
use crate::media::speaking::SpeakingDetector;
use crate::media::stream::Stream;

/// Simulcast encodings of one section.
pub(crate) const MAX_LAYERS: usize = 4;
/// A picture that sends nothing for this long is no longer active.
const PICTURE_INACTIVE_AFTER: Duration = Duration::from_secs(3);
/// The same of sound. Opus in silence sends each 400 ms: where a third of it is lost, every thirtieth
/// minute has seven losses in a row, and hardly one in 10,000 has twelve.
const SOUND_INACTIVE_AFTER: Duration = Duration::from_secs(5);
/// A word that began this long ago is still shown from its beginning; a longer wait than that is heard.
const LONGEST_WORD_BEGINNING: Duration = Duration::from_millis(400);
/// The same in packets, the shortest of which last 10 ms.
const MOST_OF_A_WORD: u64 = 46;
/// Consonants before the first loud sound.
const SOFT_BEGINNING: Duration = Duration::from_millis(60);
/// Requests for key frames of one source are at least this far apart, whatever the layer.
const REQUEST_SPACING: Duration = Duration::from_millis(200);

/// One slot that shows this section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    /// Slab index of the endpoint.
    pub endpoint: usize,
    /// Position of the slot.
    pub slot: usize,
}

/// A receive section.
pub(crate) struct Section {
    /// Where its packets come from.
    pub home: Home,
    pub conference: ConferenceId,
    pub mid: Mid,
    pub kind: MediaKind,
    pub rids: ArrayVec<Rid, MAX_LAYERS>,
    /// Lowest quality first; empty until it sends.
    pub layers: [Option<Box<Stream>>; MAX_LAYERS],
    /// How many of `layers` the description knows.
    pub layer_count: usize,
    pub source: Option<SourceId>,
    pub enabled: bool,
    pub subscribers: Vec<Subscriber>,
    /// The other workers on which it is shown.
    pub relays: Vec<Relay>,
    /// What of it is watched.
    pub demand: Demand,
    /// The publisher's clock minus ours in 2^-32 s: the same for all its sections, so that sound and
    /// picture stay together.
    pub clock_offset: i64,
    /// Between us and the publisher.
    pub round_trip: Duration,
    active: bool,
    speaking: SpeakingDetector,
    last_request: Option<Instant>,
}

impl Section {
    /// Makes a section that has sent nothing. Layers beyond [`MAX_LAYERS`] are not taken.
    pub(crate) fn new(endpoint: usize, conference: ConferenceId, description: &ReceiveSection) -> Self {
        let announced = description.rids.len().max(description.ssrcs.len());
        Self {
            home: Home::Endpoint(endpoint),
            conference,
            mid: description.mid,
            kind: description.kind,
            rids: description.rids.iter().take(MAX_LAYERS).copied().collect(),
            layers: Default::default(),
            layer_count: announced.clamp(1, MAX_LAYERS),
            source: None,
            enabled: true,
            subscribers: Vec::new(),
            relays: Vec::new(),
            demand: Demand::new(announced.clamp(1, MAX_LAYERS)),
            clock_offset: 0,
            round_trip: DEFAULT_ROUND_TRIP,
            active: false,
            speaking: SpeakingDetector::default(),
            last_request: None,
        }
    }

    /// Makes a section for what is published on another worker, of 1 to [`MAX_LAYERS`] layers.
    pub(crate) fn mirror(
        source: SourceId,
        conference: ConferenceId,
        kind: MediaKind,
        layers: usize,
        mirror: Mirror,
    ) -> Self {
        let nothing = ReceiveSection { mid: Mid::new(), kind, ssrcs: Vec::new(), rids: Vec::new() };
        let layer_count = layers.clamp(1, MAX_LAYERS);
        Self {
            home: Home::Worker(mirror),
            source: Some(source),
            layer_count,
            demand: Demand::new(layer_count),
            ..Self::new(usize::MAX, conference, &nothing)
        }
    }

    /// Whether its packets come from another worker.
    pub(crate) fn is_mirror(&self) -> bool {
        matches!(self.home, Home::Worker(_))
    }

    /// Returns what the slots of this worker want of it.
    pub(crate) fn watch(&self) -> Watch {
        let viewers = self.subscribers.len().min(u8::MAX.into()) as u8;
        let layers = match (self.kind, viewers) {
            (_, 0) => 0,
            (MediaKind::Audio, _) => 1,
            (MediaKind::Video, _) => self.demand.told(),
        };
        Watch { layers, viewers }
    }

    /// Iterates over the layers that have sent.
    pub(crate) fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.layers.iter_mut().filter_map(|layer| layer.as_deref_mut())
    }

    /// Returns a layer that has sent.
    pub(crate) fn stream(&self, layer: usize) -> Option<&Stream> {
        self.layers.get(layer)?.as_deref()
    }

    /// Returns the layers that take part in what is sent, one bit each; those sent last once it ends.
    pub(crate) fn sent(&self) -> u8 {
        let last = |stream: &Option<Box<Stream>>| stream.as_deref().and_then(Stream::last_media);
        let latest = self.layers.iter().filter_map(last).max();
        let active = |stream| last(stream).zip(latest).is_some_and(|(last, latest)| is_active(last, latest));
        self.layers.iter().zip(0..).fold(0, |sent, (stream, layer)| sent | u8::from(active(stream)) << layer)
    }

    /// Notes that a packet was accepted, with its audio level if it has one.
    pub(crate) fn heard(&mut self, now: Instant, audio_level: Option<u8>) -> [Option<Event>; 2] {
        let became_active = !std::mem::replace(&mut self.active, true);
        if became_active && self.kind == MediaKind::Video {
            self.demand.begins(now);
        }
        let active = self.source.filter(|_| became_active).map(|source| active_changed(source, true));
        let change = audio_level.and_then(|byte| self.speaking.packet(now, byte & 0x7f));
        [active, self.speaking_changed(change)]
    }

    /// Notes what silence means by now.
    pub(crate) fn timeout(&mut self, now: Instant) -> [Option<Event>; 2] {
        let change = self.speaking.silence(now);
        let speaking = self.speaking_changed(change);
        if self.inactive_at().is_none_or(|at| now < at) {
            return [speaking, None];
        }
        self.active = false;
        [speaking, self.source.map(|source| active_changed(source, false))]
    }

    /// Says goodbye for the source at once: it was disabled or ended.
    pub(crate) fn fall_silent(&mut self) -> [Option<Event>; 2] {
        let change = self.speaking.stop().then_some(false);
        let speaking = self.speaking_changed(change);
        let was_active = std::mem::take(&mut self.active);
        [speaking, self.source.filter(|_| was_active).map(|source| active_changed(source, false))]
    }

    /// Returns where sound begins for a receiver: with the word just being said, else with the latest packet.
    pub(crate) fn sound_start(&self, layer: usize, now: Instant) -> Option<u64> {
        let ring = &self.stream(layer)?.ring;
        let highest = ring.highest()?;
        let recent = |began: &Instant| now.saturating_duration_since(*began) <= LONGEST_WORD_BEGINNING;
        let Some(began) = self.speaking.began().filter(recent) else { return Some(highest) };
        let since = began.checked_sub(SOFT_BEGINNING).unwrap_or(began);
        let said = |number: &u64| ring.get(*number).is_none_or(|(packet, ..)| packet.arrived >= since);
        let oldest = highest.saturating_sub(MOST_OF_A_WORD);
        let word = (oldest..=highest).rev().take_while(said);
        word.filter(|number| ring.get(*number).is_some()).last().or(Some(highest))
    }

    /// Names the section; returns the event that media already flows.
    pub(crate) fn publish(&mut self, source: SourceId) -> Option<Event> {
        self.source = Some(source);
        self.active.then(|| active_changed(source, true))
    }

    /// Returns when [`Section::timeout`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let own = [self.inactive_at(), self.speaking.deadline(), self.demand.deadline()];
        own.into_iter().flatten().min()
    }

    /// Says whether a layer's due request for a key frame may go out, and plans its repetition.
    pub(crate) fn take_key_frame_request(
        &mut self,
        layer: usize,
        now: Instant,
        round_trip: Duration,
    ) -> bool {
        let Some(stream) = self.layers[layer].as_deref_mut() else { return false };
        if let Some(last) = self.last_request
            && now.saturating_duration_since(last) < REQUEST_SPACING
        {
            stream.requests.postpone(last + REQUEST_SPACING);
            return false;
        }
        let due = stream.requests.take_due(now, round_trip);
        if due {
            self.last_request = Some(now);
        }
        due
    }

    fn inactive_at(&self) -> Option<Instant> {
        let streams = self.layers.iter().flatten();
        let latest = streams.filter_map(|stream| stream.last_arrival()).max()?;
        let patience = match self.kind {
            MediaKind::Audio => SOUND_INACTIVE_AFTER,
            MediaKind::Video => PICTURE_INACTIVE_AFTER,
        };
        self.active.then(|| latest + patience)
    }

    fn speaking_changed(&self, change: Option<bool>) -> Option<Event> {
        let (source, speaking) = (self.source?, change?);
        Some(Event::SpeakingChanged { source, speaking })
    }
}

fn active_changed(source: SourceId, active: bool) -> Event {
    Event::SourceActiveChanged { source, active }
}
