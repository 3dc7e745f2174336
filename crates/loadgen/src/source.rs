//! Microphones and cameras: when packets are due, and how large they are.

use std::time::{Duration, Instant};

use crate::counters::LATE;
use crate::film::Film;
use crate::stamp::{self, Stamp};
use crate::stream::Stream;
use crate::wire::Sending;

const AUDIO_STEP: Duration = Duration::from_millis(20);
/// Pace of Opus in silence (DTX).
const SILENCE_STEP: Duration = Duration::from_millis(400);
const OPUS_BYTES: usize = 80;
/// Level of silence (RFC 6464), and the bit that says "voice".
const SILENT: u8 = 127;
const VOICE: u8 = 0x80;
/// Largest VP8 payload: with all headers and the tag it stays below 1,200 bytes.
const PAYLOAD_MAX: usize = 1120;
/// How much larger a key frame is than the mean.
const KEY_FRAME_FACTOR: usize = 5;
/// Key frames are at least this far apart, as libwebrtc holds it.
const KEY_FRAME_STEP: Duration = Duration::from_millis(300);
/// Behind by more, a source starts afresh instead of catching up.
const BEHIND: Duration = Duration::from_millis(500);

/// When a source is due next.
struct Pace {
    start: Instant,
    due: Instant,
}

impl Pace {
    /// Starts at a random place within `step`, so that sources do not fall into step.
    fn new(now: Instant, step: Duration) -> Self {
        let due = now + step.mul_f64(fastrand::f64());
        Self { start: now, due }
    }

    /// Returns whether something is due now, and counts that, and whether it is late.
    fn is_due(&self, sending: &mut Sending<'_>) -> bool {
        let due = self.due <= sending.now;
        sending.counters.ticks += u64::from(due);
        sending.counters.late_ticks += u64::from(due && sending.now > self.due + LATE);
        due
    }

    fn advance(&mut self, now: Instant, step: Duration) {
        self.due += step;
        if now > self.due + BEHIND {
            self.due = now + step;
        }
    }

    /// Ticks of a clock at `at`.
    fn clock(&self, at: Instant, rate: u32) -> u32 {
        (at.saturating_duration_since(self.start).as_nanos() * u128::from(rate) / 1_000_000_000) as u32
    }
}

/// Opus with levels: spurts of speech with pauses, or silence.
pub(crate) struct Microphone {
    pub stream: Stream,
    pub talks: bool,
    pace: Pace,
    talked: bool,
    voiced: bool,
    /// When this spurt or pause ends.
    turn: Instant,
}

impl Microphone {
    pub(crate) fn new(stream: Stream, now: Instant) -> Self {
        Self {
            stream,
            talks: true,
            pace: Pace::new(now, AUDIO_STEP),
            talked: false,
            voiced: false,
            turn: now,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.pace.due
    }

    /// Switches between speech and silence at once.
    pub(crate) fn talk(&mut self, now: Instant, on: bool) {
        self.talks = on;
        self.pace.due = self.pace.due.min(now + AUDIO_STEP);
    }

    /// Restarts the pace, as when the connection begins.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.pace = Pace::new(now, AUDIO_STEP);
    }

    /// Sends what is due.
    pub(crate) fn step(&mut self, sending: &mut Sending<'_>) {
        while self.pace.is_due(sending) {
            let level = self.level(sending.now);
            let timestamp = self.stream.timestamp(self.pace.clock(self.pace.due, 48_000));
            let stamp = self.stream.next_frame(1, true);
            let starts = self.talks && !self.talked;
            self.stream.send(sending, (timestamp, starts, Some(level)), stamp, |stamp, buffer| {
                stamp.write_opus(buffer, OPUS_BYTES);
            });
            sending.counters.sent_audio += 1;
            self.talked = self.talks;
            self.pace.advance(sending.now, if self.talks { AUDIO_STEP } else { SILENCE_STEP });
        }
    }

    /// Level in -dBov: 15 to 35 in a spurt of 0.8 to 3 s, 60 to 75 in a pause of 0.1 to 0.5 s.
    fn level(&mut self, now: Instant) -> u8 {
        if !self.talks {
            return SILENT;
        }
        if now >= self.turn {
            self.voiced = !self.voiced;
            let range = if self.voiced { 800..3000 } else { 100..500 };
            self.turn = now + Duration::from_millis(fastrand::u64(range));
        }
        if self.voiced { VOICE | fastrand::u8(15..35) } else { fastrand::u8(60..75) }
    }

    pub(crate) fn report(&self, sending: &mut Sending<'_>, unix: Duration, cname: &str) {
        self.stream.report(sending, unix, self.pace.clock(sending.now, 48_000), cname);
    }
}

/// Size and rate of one encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub kilobits: u32,
    pub lines: u16,
}

/// One encoding of a camera.
pub(crate) struct Layer {
    pub stream: Stream,
    shape: Shape,
    picture: u16,
    key_wanted: bool,
    last_key: Option<Instant>,
    /// Somebody may have use for it.
    wanted: bool,
    /// Real pictures instead of stamped filling.
    film: Option<Film>,
}

/// VP8 in one or several encodings of the same pictures.
pub(crate) struct Camera {
    pub layers: Vec<Layer>,
    pub on: bool,
    pace: Pace,
    step: Duration,
}

impl Layer {
    pub(crate) fn new(stream: Stream, shape: Shape) -> Self {
        let picture = fastrand::u16(..0x8000);
        Self { stream, shape, picture, key_wanted: true, last_key: None, wanted: true, film: None }
    }

    /// Shows a film from now on.
    pub(crate) fn play(&mut self, film: Film) {
        (self.film, self.key_wanted) = (Some(film), true);
    }

    /// Starts, then with a key frame, or stops.
    fn want(&mut self, wanted: bool) {
        self.key_wanted |= wanted && !self.wanted;
        self.wanted = wanted;
    }

    fn send_frame(&mut self, sending: &mut Sending<'_>, clock: u32, step: Duration) {
        let early = self.last_key.is_some_and(|at| sending.now < at + KEY_FRAME_STEP);
        let key = self.key_wanted && !early;
        if key {
            (self.key_wanted, self.last_key) = (false, Some(sending.now));
            sending.counters.key_frames_sent += 1;
        }
        if self.film.is_some() {
            self.send_film(sending, clock, key)
        } else {
            self.send_made(sending, clock, step, key)
        }
    }

    /// Sends the next frame of the film, which starts again where a key frame is wanted.
    fn send_film(&mut self, sending: &mut Sending<'_>, clock: u32, key: bool) {
        let Some(film) = &mut self.film else { return };
        if key {
            film.rewind();
        }
        let (frame, key) = film.advance();
        self.picture = (self.picture + 1) & 0x7fff;
        let count = frame.len().div_ceil(PAYLOAD_MAX - stamp::DESCRIPTOR);
        let stamp = self.stream.next_frame(count as u16, key);
        let timestamp = self.stream.timestamp(clock);
        for (index, part) in frame.chunks(frame.len().div_ceil(count)).enumerate() {
            self.stream.send(sending, (timestamp, index + 1 == count, None), stamp, |_, buffer| {
                stamp::write_descriptor(buffer, index == 0, self.picture);
                buffer.extend_from_slice(part);
            });
        }
        sending.counters.sent_video += count as u64;
    }

    /// Sends a frame of the size that a camera's would have.
    fn send_made(&mut self, sending: &mut Sending<'_>, clock: u32, step: Duration, key: bool) {
        let mean = (f64::from(self.shape.kilobits) * 125.0 * step.as_secs_f64()) as usize;
        let varied = mean * fastrand::usize(85..=115) / 100;
        let bytes = if key { mean * KEY_FRAME_FACTOR } else { varied }.max(Stamp::least_vp8());
        // About equally, as libwebrtc splits.
        let count = (bytes.div_ceil(PAYLOAD_MAX - stamp::DESCRIPTOR)).min(1000);
        let stamp = self.stream.next_frame(count as u16, key);
        let timestamp = self.stream.timestamp(clock);
        self.picture = (self.picture + 1) & 0x7fff;
        for index in 0..count {
            let share = bytes / count + usize::from(index >= count - bytes % count);
            let len = (share + stamp::DESCRIPTOR).max(Stamp::least_vp8());
            let stamp = Stamp { index: index as u16, ..stamp };
            let (picture, lines) = (self.picture, self.shape.lines);
            self.stream.send(sending, (timestamp, index + 1 == count, None), stamp, |stamp, buffer| {
                stamp.write_vp8(buffer, picture, lines, len);
            });
        }
        sending.counters.sent_video += count as u64;
    }
}

impl Camera {
    pub(crate) fn new(layers: Vec<Layer>, frames_per_second: u32, now: Instant) -> Self {
        let step = Duration::from_secs(1) / frames_per_second.clamp(1, 120);
        Self { layers, on: true, pace: Pace::new(now, step), step }
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.on.then_some(self.pace.due)
    }

    /// Restarts the pace, as when the connection begins.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.pace = Pace::new(now, self.step);
    }

    /// Switches the pictures on, then with a key frame, or off.
    pub(crate) fn switch(&mut self, now: Instant, on: bool) {
        if on && !self.on {
            self.pace.due = now;
            self.layers.iter_mut().for_each(|layer| layer.key_wanted = true);
        }
        self.on = on;
    }

    /// Sends the encodings with these numbers, 0 the lowest, and no other.
    pub(crate) fn want(&mut self, layers: &[usize]) {
        self.layers.iter_mut().enumerate().for_each(|(at, layer)| layer.want(layers.contains(&at)));
    }

    /// Sends what is due: a frame of each encoding as one burst.
    pub(crate) fn step(&mut self, sending: &mut Sending<'_>) {
        while self.on && self.pace.is_due(sending) {
            let clock = self.pace.clock(self.pace.due, 90_000);
            for layer in self.layers.iter_mut().filter(|layer| layer.wanted) {
                layer.send_frame(sending, clock, self.step);
            }
            self.pace.advance(sending.now, self.step);
        }
    }

    /// Hears the wish for a key frame of an encoding, and says whether it is one of this camera.
    pub(crate) fn want_key(&mut self, ssrc: u32) -> bool {
        let wanted = self.layers.iter_mut().find(|layer| layer.stream.ssrc == ssrc);
        wanted.map(|layer| layer.key_wanted = true).is_some()
    }

    pub(crate) fn report(&self, sending: &mut Sending<'_>, unix: Duration, cname: &str) {
        let clock = self.pace.clock(sending.now, 90_000);
        self.layers.iter().for_each(|layer| layer.stream.report(sending, unix, clock, cname));
    }
}
