//! One stream that is received: what came, what is missing, what must be asked for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::counters::Counters;
use crate::rtcp::Block;
use crate::rtp;
use crate::sdp::Kind;
use crate::stamp::Stamp;

/// Numbers remembered to tell late packets from duplicates.
const WINDOW: u64 = 4096;
/// A larger jump is a new start of the numbers, not loss.
const JUMP: u64 = 3000;
/// Missing packets asked for at once; those beyond are lost, as browsers would ask for a key frame.
const MISSING_MAX: usize = 500;
/// A missing packet is asked for so often, at such a pace, and given up after so long.
const TRIES: u8 = 10;
const RETRY: Duration = Duration::from_millis(30);
const GIVE_UP: Duration = Duration::from_secs(1);
/// Wishes for a key frame are at least this far apart.
const KEY_FRAME_RETRY: Duration = Duration::from_millis(500);
/// Frames whose packets are being counted.
const FRAMES: usize = 64;

struct Missing {
    index: u64,
    since: Instant,
    due: Instant,
    tries: u8,
}

/// A frame of which some packets came.
#[derive(Clone, Copy, Default)]
struct Frame {
    source: u32,
    frame: u32,
    came: u16,
}

/// How a number relates to those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// The next, after so many that did not come.
    InOrder(u64),
    Late,
    Again,
}

/// One stream that is received.
pub(crate) struct Sink {
    pub ssrc: u32,
    pub kind: Kind,
    pub mid: Option<Box<[u8]>>,
    /// The next number expected is one above; none before the first packet.
    pub highest: Option<u64>,
    first: u64,
    came: Box<[u64]>,
    missing: VecDeque<Missing>,
    /// Source of the last packet, and the counter of its latest.
    run: Option<(u32, u32)>,
    frames: [Frame; FRAMES],
    needs_key: bool,
    key_asked: Option<Instant>,
    received: u64,
    reported: (u64, u64),
    jitter: f64,
    transit: Option<f64>,
    sender_report: Option<(u32, Instant)>,
}

impl Sink {
    pub(crate) fn new(ssrc: u32, kind: Kind) -> Self {
        Self {
            ssrc,
            kind,
            mid: None,
            highest: None,
            first: 0,
            came: vec![0; WINDOW as usize / 64].into_boxed_slice(),
            missing: VecDeque::new(),
            run: None,
            frames: [Frame::default(); FRAMES],
            needs_key: kind == Kind::Video,
            key_asked: None,
            received: 0,
            reported: (0, 0),
            jitter: 0.0,
            transit: None,
            sender_report: None,
        }
    }

    /// Returns the number with its rollovers that a sequence number most likely means.
    pub(crate) fn index(&self, sequence: u16) -> u64 {
        self.highest.map_or(u64::from(sequence), |highest| rtp::extend(highest, sequence))
    }

    /// Counts a genuine packet that was sent as such; `stamp` is `None` for padding.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        index: u64,
        stamp: Option<&Stamp>,
        counters: &mut Counters,
    ) -> bool {
        self.received += 1;
        let arrival = self.arrive(now, index, counters);
        counters.out_of_order += u64::from(arrival == Arrival::Late);
        counters.duplicates += u64::from(arrival == Arrival::Again);
        if let (Some(stamp), true) = (stamp, arrival != Arrival::Again) {
            if let Arrival::InOrder(gap) = arrival {
                self.follow(stamp, gap, counters);
            }
            self.assemble(stamp, counters);
        }
        arrival != Arrival::Again
    }

    /// Counts a packet that came by retransmission.
    pub(crate) fn repair(&mut self, now: Instant, sequence: u16, stamp: &Stamp, counters: &mut Counters) {
        let Some(highest) = self.highest else { return };
        let index = rtp::extend(highest, sequence);
        // Probes repeat packets that came: no duplicates of the network's making.
        if index <= highest && self.arrive(now, index, counters) == Arrival::Late {
            counters.repaired += 1;
            self.assemble(stamp, counters);
        }
    }

    fn arrive(&mut self, now: Instant, index: u64, counters: &mut Counters) -> Arrival {
        let Some(highest) = self.highest.filter(|highest| index <= highest + JUMP) else {
            (self.first, self.highest) = (index, Some(index));
            self.came.fill(0);
            self.missing.clear();
            self.set(index);
            return Arrival::InOrder(0);
        };
        if index <= highest {
            if highest - index >= WINDOW || self.has(index) {
                return Arrival::Again;
            }
            self.set(index);
            self.missing.retain(|missing| missing.index != index);
            return Arrival::Late;
        }
        for between in highest + 1..index {
            self.unset(between);
            if self.missing.len() < MISSING_MAX {
                self.missing.push_back(self.missed(between, now));
            } else {
                self.lose(counters);
            }
        }
        self.set(index);
        self.highest = Some(index);
        Arrival::InOrder(index - highest - 1)
    }

    /// Sound is waited for, but not asked for.
    fn missed(&self, index: u64, since: Instant) -> Missing {
        match self.kind {
            Kind::Audio => Missing { index, since, due: since + GIVE_UP, tries: TRIES },
            _ => Missing { index, since, due: since, tries: 0 },
        }
    }

    /// Counts the packets of one source that are left out without a gap in the numbers.
    fn follow(&mut self, stamp: &Stamp, gap: u64, counters: &mut Counters) {
        if let Some((source, counter)) = self.run
            && source == stamp.source
        {
            let between = stamp.counter.wrapping_sub(counter).wrapping_sub(1);
            // Beyond it the counter went backwards.
            if between < u32::MAX / 2 {
                counters.skipped += u64::from(between).saturating_sub(gap);
            }
        }
        self.run = Some((stamp.source, stamp.counter));
    }

    fn assemble(&mut self, stamp: &Stamp, counters: &mut Counters) {
        let frame = &mut self.frames[stamp.frame as usize % FRAMES];
        if (frame.source, frame.frame) != (stamp.source, stamp.frame) {
            *frame = Frame { source: stamp.source, frame: stamp.frame, came: 0 };
        }
        frame.came += 1;
        if frame.came == stamp.count && self.kind == Kind::Video {
            counters.frames_complete += 1;
            self.needs_key &= !stamp.key;
        }
    }

    fn lose(&mut self, counters: &mut Counters) {
        counters.lost += 1;
        self.needs_key |= self.kind == Kind::Video;
    }

    fn slot(index: u64) -> (usize, u64) {
        ((index % WINDOW / 64) as usize, 1 << (index % 64))
    }

    fn has(&self, index: u64) -> bool {
        let (word, bit) = Self::slot(index);
        self.came[word] & bit != 0
    }

    fn set(&mut self, index: u64) {
        let (word, bit) = Self::slot(index);
        self.came[word] |= bit;
    }

    fn unset(&mut self, index: u64) {
        let (word, bit) = Self::slot(index);
        self.came[word] &= !bit;
    }

    /// Whether anything is being waited for.
    pub(crate) fn waits(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Whether a key frame is being waited for.
    pub(crate) fn wants_key(&self) -> bool {
        self.needs_key
    }

    /// Appends the sequence numbers to be asked for now, and gives up those that took too long.
    pub(crate) fn ask(&mut self, now: Instant, counters: &mut Counters, wanted: &mut Vec<u16>) {
        while let Some(oldest) = self.missing.front()
            && (now >= oldest.since + GIVE_UP || oldest.tries >= TRIES && now >= oldest.due)
        {
            self.missing.pop_front();
            self.lose(counters);
        }
        for missing in self.missing.iter_mut().filter(|missing| missing.due <= now && missing.tries < TRIES) {
            missing.tries += 1;
            missing.due = now + RETRY;
            wanted.push(missing.index as u16);
        }
    }

    /// Whether to ask for a key frame now.
    pub(crate) fn ask_key(&mut self, now: Instant) -> bool {
        let asks = self.needs_key && self.key_asked.is_none_or(|at| now >= at + KEY_FRAME_RETRY);
        if asks {
            self.key_asked = Some(now);
        }
        asks
    }

    /// Follows the spread of transit times (RFC 3550 section 6.4.1).
    pub(crate) fn measure_jitter(&mut self, since_start: Duration, timestamp: u32) {
        let rate = if self.kind == Kind::Audio { 48_000.0 } else { 90_000.0 };
        let transit = since_start.as_secs_f64() * rate - f64::from(timestamp);
        if let Some(before) = self.transit.replace(transit)
            && (transit - before).abs() < rate
        {
            self.jitter += ((transit - before).abs() - self.jitter) / 16.0;
        }
    }

    pub(crate) fn hear_sender_report(&mut self, now: Instant, middle: u32) {
        self.sender_report = Some((middle, now));
    }

    /// Returns what a receiver report says of this stream, and starts the next interval.
    pub(crate) fn block(&mut self, now: Instant) -> Block {
        let highest = self.highest.unwrap_or(self.first);
        let expected = highest - self.first + 1;
        let (expected_now, received_now) =
            (expected - self.reported.0.min(expected), self.received - self.reported.1);
        self.reported = (expected, self.received);
        let missing = expected_now.saturating_sub(received_now);
        let (last_report, delay) = self.sender_report.map_or((0, 0), |(middle, at)| {
            (middle, (now.saturating_duration_since(at).as_secs_f64() * 65_536.0) as u32)
        });
        Block {
            ssrc: self.ssrc,
            fraction: (missing * 256).checked_div(expected_now).unwrap_or(0).min(255) as u8,
            lost: expected.saturating_sub(self.received) as u32,
            highest: highest as u32,
            jitter: self.jitter as u32,
            last_report,
            delay,
        }
    }
}
