//! A place on which one endpoint sees one source after another, without ever noticing the seam.

use std::time::{Duration, Instant};

use wire::ntp::NtpTime;
use wire::rtcp::SenderInfo;

use crate::command::{self, CodecParameters, MediaKind};
use crate::ids::{Mid, SourceId};
use crate::media::aim::Aim;
use crate::media::filter::{Filter, Verdict};
use crate::media::gaps::Gaps;
use crate::media::history::{History, Sent};
use crate::media::key_frames::KeyFrameBudget;
use crate::media::numbering::Numbering;
use crate::media::outgoing::{Changes, Content, Envelope, Outgoing, Written};
use crate::media::pictures::Pictures;
use crate::media::redundancy;
use crate::media::ring::{Packet, Ring};
use crate::media::section::Section;
use crate::media::selector;
use crate::media::stream::Stream;
use crate::media::timeline::{Beginning, Timeline};
use crate::rng::Rng;

/// Packets that can be sent again.
const VIDEO_HISTORY: usize = 1024;
const AUDIO_HISTORY: usize = 128;
/// A slot that still waits then wants a key frame anew.
const ASK_AGAIN: Duration = Duration::from_secs(3);
/// A layer that was silent for longer may have just been suspended.
const MOVING: Duration = Duration::from_millis(150);
/// What has been given up needs one sooner; not at once, which would fill the line again, for all who watch.
const ASK_AFTER_GIVING_UP: Duration = Duration::from_millis(500);
/// A key frame in place of repair is wished for at most this often.
const STUCK_AGAIN: Duration = Duration::from_secs(1);
/// A picture that could not be sent for this long is not worth sending.
const LONGEST_WAIT: Duration = Duration::from_millis(250);
/// Packets that bursts repeat in turn, the latest ones.
const REPEATED: u64 = 16;
/// Bytes of a burst's packet where there is nothing to repeat: libwebrtc's kMaxPaddingLength.
const PADDING: u8 = 224;
/// Header and tag of a retransmission, about.
const OVERHEAD: usize = 64;

/// What was counted for statistics.
#[derive(Clone, Copy, Default)]
pub(crate) struct SlotTotals {
    pub packets: u64,
    pub bytes: u64,
    pub resent: u64,
    pub nacks: u64,
    pub plis: u64,
    pub firs: u64,
    pub remote_lost: i64,
}

/// What a slot shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    /// Slab index of the section.
    pub section: usize,
    pub source: SourceId,
}

/// The layer being forwarded and how far: first what was there when it began, then what arrives.
#[derive(Clone, Copy)]
struct Feed {
    layer: usize,
    epoch: u32,
    /// The packet it began with.
    first: u64,
    backlog_next: u64,
    backlog_end: u64,
    cursor: u64,
    began: Instant,
}

/// A slot of one endpoint.
pub(crate) struct Slot {
    pub mid: Mid,
    pub kind: MediaKind,
    pub ssrc: u32,
    pub rtx_ssrc: Option<u32>,
    /// Whether a report of the receiver named our SSRC; until then packets carry the MID.
    pub acknowledged: bool,
    pub totals: SlotTotals,
    pub key_frame_budget: KeyFrameBudget,
    mapping: Option<Mapping>,
    /// `None`: nothing is sent.
    aim: Option<Aim>,
    feed: Option<Feed>,
    /// Since when, and for which layer, a key frame is awaited; and when it was last wished for.
    awaited: Option<(usize, Instant, Instant)>,
    /// When pictures that had waited too long were given up; what came before does not come back.
    gave_up: Option<Instant>,
    /// When a key frame was last wished for because repair did not succeed.
    stuck: Option<Instant>,
    /// Whether it was reported that the receiver cannot decode the source.
    unsupported: bool,
    filter: Filter,
    numbering: Numbering,
    timeline: Timeline,
    pictures: Pictures,
    history: Option<History>,
    gaps: Gaps,
    next_rtx: u64,
}

/// What draining a slot led to, besides packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// The batch is full.
    pub full: bool,
    /// What is left has to wait for its turn.
    pub held: bool,
    /// The receiver did not negotiate the source's codec; said once per mapping.
    pub unsupported: Option<SourceId>,
    /// The publisher has to be asked for a key frame.
    pub wants_key_frame: bool,
    /// Packets written.
    pub packets: u64,
    /// Packets that could not be written.
    pub refused: u64,
}

impl Slot {
    /// Makes an empty slot; sequence numbers and timestamps start at random.
    pub(crate) fn new(description: &command::Slot, rng: &mut Rng) -> Self {
        Self {
            mid: description.mid,
            kind: description.kind,
            ssrc: description.ssrc,
            rtx_ssrc: description.rtx_ssrc,
            acknowledged: false,
            totals: SlotTotals::default(),
            key_frame_budget: KeyFrameBudget::default(),
            mapping: None,
            aim: Some(Aim::HIGHEST),
            feed: None,
            awaited: None,
            gave_up: None,
            stuck: None,
            unsupported: false,
            filter: Filter::new(),
            numbering: Numbering::new(rng.next_u16()),
            timeline: Timeline::new(rng.next_u32()),
            pictures: Pictures::default(),
            history: None,
            gaps: Gaps::default(),
            next_rtx: u64::from(rng.next_u16() & 0x7fff),
        }
    }

    /// Returns what the slot shows.
    pub(crate) fn mapping(&self) -> Option<Mapping> {
        self.mapping
    }

    /// Shows something else, or nothing, from the next packet on.
    pub(crate) fn map(&mut self, mapping: Option<Mapping>) {
        self.mapping = mapping;
        self.feed = None;
        self.awaited = None;
        self.unsupported = false;
        if mapping.is_some() && self.history.is_none() {
            let capacity = if self.kind == MediaKind::Video { VIDEO_HISTORY } else { AUDIO_HISTORY };
            self.history = Some(History::new(capacity));
        }
    }

    /// Limits what is forwarded. `None` pauses at once; what follows a pause begins with a key frame.
    pub(crate) fn aim(&mut self, aim: Option<Aim>) {
        self.aim = aim;
        if aim.is_none() {
            self.feed = None;
            self.awaited = None;
        }
    }

    /// Returns the limit.
    pub(crate) fn aimed(&self) -> Option<Aim> {
        self.aim
    }

    /// Returns what is really forwarded now.
    pub(crate) fn shown(&self) -> Option<Aim> {
        let layer = self.feed?.layer as u8;
        let (spatial, temporal) = self.filter.shown();
        Some(Aim { layer, spatial, temporal })
    }

    /// Writes all that is pending of `section`, which must be the one mapped.
    pub(crate) fn drain(
        &mut self,
        section: &mut Section,
        codecs: &[CodecParameters],
        round_trip: Duration,
        out: &mut Outgoing<'_>,
    ) -> Drained {
        let mut drained = Drained::default();
        self.feed =
            self.feed.filter(|feed| section.stream(feed.layer).is_some_and(|s| s.epoch == feed.epoch));
        self.forward_pending(section, codecs, out, &mut drained);
        self.catch_up(section, round_trip, out.now, &mut drained);
        if !drained.full && self.choose(section, codecs, round_trip, out, &mut drained) {
            self.forward_pending(section, codecs, out, &mut drained);
        }
        drained
    }

    /// Sends again what went out under a sequence number; `None` when that is not to be.
    ///
    /// Only as RTX (RFC 4588), which every browser negotiates. Without it, the same packet would have to
    /// go out again bit by bit, with the MID, send time and transport-wide number of then: with GCM,
    /// another header under the same SSRC and number would give the key away.
    pub(crate) fn resend(
        &mut self,
        sequence: u16,
        section: &Section,
        codecs: &[CodecParameters],
        round_trip: Duration,
        out: &mut Outgoing<'_>,
    ) -> Option<Written> {
        let sent = self.history.as_ref()?.due(sequence, out.now, round_trip)?;
        // What was before the key frame that is shown from now on helps nobody, and a line that lost much of it is short.
        let feed = self.feed.filter(|feed| feed.epoch == sent.epoch && feed.first <= sent.original)?;
        let stream = section.stream(feed.layer).filter(|stream| stream.epoch == feed.epoch)?;
        let (packet, payload, descriptor) = stream.ring.get(sent.original)?;
        let codec = matching(codecs, &packet.codec)?;
        let mid = self.mid;
        let envelope = Envelope {
            payload_type: codec.rtx_payload_type?,
            ssrc: self.rtx_ssrc?,
            number: self.next_rtx,
            timestamp: sent.timestamp,
            mid: (!self.acknowledged).then_some(&mid),
            original: Some(sent.number as u16),
        };
        if !out.resend_budget.take(out.now, payload.len() + OVERHEAD) {
            return None;
        }
        let content = Content { packet, payload, descriptor };
        let written = out.write(&envelope, &content, &sent.changes);
        if let Written::Sent(_) = written {
            self.next_rtx += 1;
            self.totals.resent += 1;
            self.history.as_mut()?.resent(sent.number, out.now);
            self.send_twice(&envelope, &content, &sent.changes, out);
        }
        Some(written)
    }

    /// Says whether the picture stands because what is asked for by its number could not be repaired for long, once
    /// in a while: a key frame is then the way out. A browser would ask for one after three seconds.
    pub(crate) fn is_stuck(&mut self, sequence: u16, round_trip: Duration, now: Instant) -> bool {
        let stuck = self.history.as_ref().and_then(|history| history.is_stuck(sequence, now, round_trip));
        let shown = stuck.is_some_and(|original| self.feed.is_some_and(|feed| feed.first <= original));
        let recently = self.stuck.is_some_and(|at| now.saturating_duration_since(at) < STUCK_AGAIN);
        if shown && !recently {
            self.stuck = Some(now);
        }
        shown && !recently
    }

    /// Sends a packet once more, as a retransmission, right away where much is lost: to be asked for it takes a round
    /// trip, in which the picture stands.
    fn send_twice(
        &mut self,
        envelope: &Envelope<'_>,
        content: &Content<'_>,
        changes: &Changes,
        out: &mut Outgoing<'_>,
    ) {
        if !out.congestion.repair().twice
            || !out.resend_budget.take(out.now, content.payload.len() + OVERHEAD)
        {
            return;
        }
        let envelope = Envelope { number: self.next_rtx, ..*envelope };
        if let Written::Sent(_) = out.write(&envelope, content, changes) {
            self.next_rtx += 1;
            self.totals.resent += 1;
        }
    }

    /// Sends one of the latest packets again, or padding, for the bytes alone: a burst that looks for more
    /// bandwidth. `None` when the slot has no retransmissions, which alone a receiver takes without a gap.
    pub(crate) fn probe(
        &mut self,
        section: Option<&Section>,
        codecs: &[CodecParameters],
        out: &mut Outgoing<'_>,
    ) -> Option<Written> {
        let codec = codecs.iter().find(|codec| codec.rtx_payload_type.is_some())?;
        let envelope = Envelope {
            payload_type: codec.rtx_payload_type?,
            ssrc: self.rtx_ssrc?,
            number: self.next_rtx,
            timestamp: 0,
            mid: (!self.acknowledged).then_some(&self.mid),
            original: None,
        };
        let written = match section.and_then(|section| self.repeat(section, codecs, &envelope, out)) {
            Some(written) => written,
            None => out.pad(&envelope, PADDING),
        };
        self.next_rtx += u64::from(matches!(written, Written::Sent(_)));
        Some(written)
    }

    fn repeat(
        &self,
        section: &Section,
        codecs: &[CodecParameters],
        envelope: &Envelope<'_>,
        out: &mut Outgoing<'_>,
    ) -> Option<Written> {
        let sent = self.history.as_ref()?.latest(self.next_rtx % REPEATED)?;
        let stream = section.layers.iter().flatten().find(|stream| stream.epoch == sent.epoch)?;
        let (packet, payload, descriptor) = stream.ring.get(sent.original)?;
        let codec = matching(codecs, &packet.codec)?;
        let original = Some(sent.number as u16);
        let payload_type = codec.rtx_payload_type?;
        let envelope = Envelope { payload_type, timestamp: sent.timestamp, original, ..*envelope };
        let content = Content { packet, payload, descriptor };
        Some(out.write(&envelope, &content, &sent.changes))
    }

    /// Returns what a sender report says of the slot; `None` while it shows nothing.
    pub(crate) fn sender_info(&self, section: &Section, now: Instant, time: NtpTime) -> Option<SenderInfo> {
        let stream = section.stream(self.feed?.layer)?;
        let timestamp = stream.timestamp_at(now, time, section.clock_offset)?;
        Some(SenderInfo {
            ntp: time,
            rtp_timestamp: timestamp.wrapping_add(self.timeline.offset()),
            packet_count: self.totals.packets as u32,
            octet_count: self.totals.bytes as u32,
        })
    }

    /// Returns the share of 256 that its line lost, of a share reported lost: of sound, what never came here is no part of
    /// it. Pictures are repaired on their way here.
    pub(crate) fn lost_on_line(&mut self, fraction_lost: u8) -> u8 {
        let Some(history) = self.history.as_ref().filter(|_| self.kind == MediaKind::Audio) else {
            return fraction_lost;
        };
        self.gaps.without(fraction_lost, history.highest(), self.totals.packets)
    }

    /// Returns the layer forwarded now.
    pub(crate) fn layer(&self) -> Option<usize> {
        self.feed.map(|feed| feed.layer)
    }

    fn forward_pending(
        &mut self,
        section: &Section,
        codecs: &[CodecParameters],
        out: &mut Outgoing<'_>,
        drained: &mut Drained,
    ) {
        while let Some(feed) = self.feed
            && let Some(stream) = section.stream(feed.layer)
            && let Some((number, advanced)) = feed.next(&stream.ring)
        {
            if out.must_wait() {
                drained.held = true;
                self.give_up_if_late(stream, number, out.now);
                return;
            }
            match self.forward(stream, number, codecs, out) {
                Written::Full => {
                    drained.full = true;
                    return;
                }
                Written::Sent(0) => {}
                Written::Sent(_) => drained.packets += 1,
                Written::Refused => drained.refused += 1,
            }
            self.feed = Some(advanced);
        }
    }

    /// Goes on with the next key frame when a packet has waited for its turn for too long.
    fn give_up_if_late(&mut self, stream: &Stream, number: u64, now: Instant) {
        let Some((packet, ..)) = stream.ring.get(number) else { return };
        let Some(feed) = self.feed else { return };
        // A backlog was old when it began.
        if now.saturating_duration_since(packet.arrived.max(feed.began)) > LONGEST_WAIT {
            self.feed = None;
            // As if one had been asked for.
            self.awaited = Some((feed.layer, now, now));
            self.gave_up = Some(now);
        }
    }

    /// Writes one packet; nothing (`Sent(0)`) of what is gone, padding, left out, or too late.
    fn forward(
        &mut self,
        stream: &Stream,
        number: u64,
        codecs: &[CodecParameters],
        out: &mut Outgoing<'_>,
    ) -> Written {
        let Some((packet, payload, descriptor)) = stream.ring.get(number) else { return Written::Sent(0) };
        let Some(codec) = matching(codecs, &packet.codec) else { return Written::Refused };
        let (marker, targets) = match self.verdict(stream, packet, out.now) {
            Verdict::Forward { last, targets } => (last, targets),
            Verdict::LeaveOut { whole_picture } => {
                if whole_picture {
                    self.pictures.skip(&packet.info);
                }
                return self.leave_out(packet, codec, out);
            }
        };
        let Some(out_number) = self.numbering.map(number) else { return Written::Sent(0) };
        let timestamp = self.timeline.map(out.now, packet.timestamp);
        let padding = if out.equalises { padding(stream.lacks(packet)) } else { 0 };
        let changes = Changes { pictures: self.pictures.map(packet), marker, targets, padding };
        let mut scratch;
        let (payload_type, payload) = match codec.red_payload_type.filter(|_| out.copies > 0) {
            Some(red_payload_type) => {
                scratch = [0; redundancy::LONGEST];
                let range = self.feed.map_or(number, |feed| feed.first)..number;
                redundancy::pack(&stream.ring, range, out.copies, codec.payload_type, &mut scratch)
                    .map_or((codec.payload_type, payload), |packed| (red_payload_type, packed))
            }
            None => (codec.payload_type, payload),
        };
        let envelope = Envelope {
            payload_type,
            ssrc: self.ssrc,
            number: out_number,
            timestamp,
            mid: (!self.acknowledged).then_some(&self.mid),
            original: None,
        };
        let content = Content { packet, payload, descriptor };
        let written = out.write(&envelope, &content, &changes);
        if let Written::Sent(len) = written {
            self.totals.packets += 1;
            self.totals.bytes += payload.len() as u64;
            out.resend_budget.earn(len * out.congestion.repair().percent / 100);
            if let Some(history) = &mut self.history {
                history.record(Sent::new(out_number, number, stream.epoch, timestamp, changes, out.now));
            }
            if let (Some(payload_type), Some(ssrc)) = (codec.rtx_payload_type, self.rtx_ssrc) {
                let original = Some(out_number as u16);
                let envelope = Envelope { payload_type, ssrc, original, mid: None, ..envelope };
                self.send_twice(&envelope, &content, &changes, out);
            }
        }
        written
    }

    /// Says what becomes of a packet. While another encoding than the one aimed at is shown, all of it counts.
    fn verdict(&mut self, stream: &Stream, packet: &Packet, now: Instant) -> Verdict {
        if packet.payload_len == 0 {
            return Verdict::LeaveOut { whole_picture: false };
        }
        if self.kind == MediaKind::Audio {
            return Verdict::Forward { last: packet.marker, targets: None };
        }
        let layer = self.layer();
        let aim = self.aim.filter(|aim| layer >= Some(aim.layer.into())).unwrap_or(Aim::HIGHEST);
        self.filter.judge(packet, stream.structure.as_deref(), aim, now)
    }

    /// Closes up a packet's number; if later ones already went out, padding takes its place, so that the receiver does
    /// not wait for it.
    fn leave_out(&mut self, packet: &Packet, codec: &CodecParameters, out: &mut Outgoing<'_>) -> Written {
        if self.numbering.skip(packet.number) {
            return Written::Sent(0);
        }
        let Some(number) = self.numbering.map(packet.number) else { return Written::Sent(0) };
        let envelope = Envelope {
            payload_type: codec.payload_type,
            ssrc: self.ssrc,
            number,
            timestamp: self.timeline.map(out.now, packet.timestamp),
            mid: (!self.acknowledged).then_some(&self.mid),
            original: None,
        };
        let content = Content { packet, payload: &[], descriptor: &[] };
        let written = out.write(&envelope, &content, &Changes { padding: 1, ..Changes::default() });
        if let Written::Sent(_) = written { Written::Sent(0) } else { written }
    }

    /// Asks for a key frame where the layers aimed at cannot be reached without one.
    fn catch_up(&mut self, section: &mut Section, round_trip: Duration, now: Instant, drained: &mut Drained) {
        let Some(layer) = self.layer() else { return };
        let aimed = self.aim.is_some_and(|aim| layer <= usize::from(aim.layer));
        if aimed
            && self.filter.wants_key_frame(now)
            && let Some(stream) = section.layers[layer].as_deref_mut()
        {
            stream.requests.want(now, round_trip);
            drained.wants_key_frame = true;
        }
    }

    /// Begins with the layer that should be shown, or the next best one that can begin now; asks for a key frame of the
    /// best.
    fn choose(
        &mut self,
        section: &mut Section,
        codecs: &[CodecParameters],
        round_trip: Duration,
        out: &Outgoing<'_>,
        drained: &mut Drained,
    ) -> bool {
        let (current, Some(aim)) = (self.layer(), self.aim) else { return false };
        if current.is_some_and(|layer| selector::is_best(section, layer, aim.layer, out.now)) {
            return false;
        }
        let candidates = selector::candidates(section, current, aim.layer, out.now);
        let Some(best) = candidates.first().copied().filter(|best| current != Some(*best)) else {
            return false;
        };
        let Some(stream) = section.stream(best) else { return false };
        if matching(codecs, &stream.codec).is_none() {
            let told = std::mem::replace(&mut self.unsupported, true);
            drained.unsupported = self.mapping.filter(|_| !told).map(|mapping| mapping.source);
            return false;
        }
        let start = candidates
            .iter()
            .take_while(|layer| current != Some(**layer))
            .filter(|layer| **layer == best || is_moving(section, **layer, out.now))
            .find_map(|layer| Some((*layer, self.start(section, *layer, out.now)?)));
        if start.is_none_or(|(layer, _)| layer != best) && self.kind == MediaKind::Video {
            drained.wants_key_frame |= self.ask(section, best, out.now, round_trip);
        }
        let Some((layer, first)) = start else { return false };
        self.begin(section, layer, first, out);
        if layer == best {
            self.awaited = None;
        }
        true
    }

    /// Returns the packet with which a layer can begin now.
    fn start(&self, section: &Section, layer: usize, now: Instant) -> Option<u64> {
        let stream = section.stream(layer)?;
        let since = self.awaited.filter(|awaited| awaited.0 == layer).map_or(now, |awaited| awaited.1);
        match self.kind {
            MediaKind::Audio => section.sound_start(layer, now),
            MediaKind::Video => stream.start(now, since).filter(|first| {
                let came = stream.ring.get(*first).map(|(packet, ..)| packet.arrived);
                self.gave_up.is_none_or(|at| came >= Some(at))
            }),
        }
    }

    fn begin(&mut self, section: &Section, layer: usize, first: u64, out: &Outgoing<'_>) {
        let Some(stream) = section.stream(layer) else { return };
        let Some((packet, ..)) = stream.ring.get(first) else { return };
        let exact = self.exact_offset(section, stream, out);
        self.numbering.restart(first);
        let newest = stream.latest_timestamp().unwrap_or(packet.timestamp);
        let beginning = Beginning {
            first: packet.timestamp,
            newest,
            clock_rate: packet.codec.clock_rate,
            elastic: self.kind == MediaKind::Video,
        };
        self.timeline.restart(out.now, beginning, exact);
        self.pictures.restart(packet);
        self.filter = Filter::new();
        self.gave_up = None;
        self.feed = Some(Feed {
            layer,
            epoch: stream.epoch,
            first,
            backlog_next: first,
            backlog_end: stream.ring.highest().map_or(first, |highest| highest + 1),
            cursor: stream.ring.arrivals_end(),
            began: out.now,
        });
    }

    /// Returns the offset that shows `next` at the same moment as the layer before it, when the clocks
    /// of both are known.
    fn exact_offset(&self, section: &Section, next: &Stream, out: &Outgoing<'_>) -> Option<u32> {
        let previous = section.stream(self.feed?.layer)?;
        if !previous.has_clock() || !next.has_clock() {
            return None;
        }
        let before = previous.timestamp_at(out.now, out.time, section.clock_offset)?;
        let after = next.timestamp_at(out.now, out.time, section.clock_offset)?;
        Some(self.timeline.offset().wrapping_add(before).wrapping_sub(after))
    }

    /// Wishes for a key frame once per wait, and again when the wait is long.
    fn ask(&mut self, section: &mut Section, layer: usize, now: Instant, round_trip: Duration) -> bool {
        let awaited = self.awaited.filter(|awaited| awaited.0 == layer);
        let pause = if self.gave_up.is_some() { ASK_AFTER_GIVING_UP } else { ASK_AGAIN };
        if awaited.is_some_and(|(_, _, asked)| now.saturating_duration_since(asked) < pause) {
            return false;
        }
        let since = awaited.map_or(now, |awaited| awaited.1);
        self.awaited = Some((layer, since, now));
        if let Some(stream) = section.layers[layer].as_deref_mut() {
            stream.requests.want(now, round_trip);
        }
        true
    }
}

impl Feed {
    /// Returns the next packet's number, and the feed once it is dealt with.
    fn next(self, ring: &Ring) -> Option<(u64, Self)> {
        if self.backlog_next < self.backlog_end {
            return Some((self.backlog_next, Self { backlog_next: self.backlog_next + 1, ..self }));
        }
        let (number, cursor) = ring.arrival(self.cursor)?;
        Some((number, Self { cursor, ..self }))
    }
}

/// Returns the padding for a packet that lacks so much: libwebrtc cuts pictures into packets that differ by a byte,
/// and their headers by a few. What lacks more is a picture's rest.
fn padding(lacks: u16) -> u8 {
    if lacks <= 3 { lacks as u8 } else { 0 }
}

/// Whether a layer sends right now, and so is better than waiting for the best one.
fn is_moving(section: &Section, layer: usize, now: Instant) -> bool {
    let last = section.stream(layer).and_then(|stream| stream.last_media());
    last.is_some_and(|last| now.saturating_duration_since(last) < MOVING)
}

/// Returns the receiver's payload type for what the publisher sends.
fn matching<'a>(codecs: &'a [CodecParameters], published: &CodecParameters) -> Option<&'a CodecParameters> {
    codecs.iter().find(|codec| codec.codec == published.codec && codec.variant == published.variant)
}
