//! Short bursts above the estimate, and what arrived of them.
//!
//! The numbers are libwebrtc's (BitrateProber, ProbeBitrateEstimator), but for the length of a burst: shapers let
//! some kilobytes through at once (a token bucket of 3,000 bytes made a line of 300 kbit/s look like 1.3 Mbit/s,
//! measured 2026-11-23), so a burst goes on for longer and only its second half is measured.

use arrayvec::ArrayVec;

use crate::{Micros, SECOND};

/// A burst lasts this long, or until it has so many bytes if that is later than the shortest time. At twice the
/// capacity it adds about as much to the queue as it lasts.
const DURATION: Micros = 60_000;
const SHORTEST: Micros = 15_000;
const ENOUGH_BYTES: u32 = 16_000;
const MIN_PACKETS: u32 = 8;
/// Bursts planned at once, and bursts remembered until they are reported.
const WAITING: usize = 3;
const REMEMBERED: usize = 4;
/// What is due within this time may go now.
const GRAIN: Micros = 2_000;
/// A burst that takes longer, to be sent or to arrive, measures nothing.
const LONGEST: Micros = SECOND;
/// What has to be reported of a burst.
const ENOUGH: f64 = 0.5;
/// Arriving this much faster than sent is no measurement: it waited somewhere and came all at once.
const MAX_RATIO: f64 = 2.0;
/// Arriving this much slower shows the line's capacity, of which a little is left free.
const SATURATED: f64 = 0.9;
const SATURATED_SHARE: f64 = 0.95;

#[derive(Clone, Copy, Default)]
struct Burst {
    /// Names it in the history; never 0.
    id: u8,
    /// Bits per second.
    rate: f64,
    began: Micros,
    sent_bytes: u32,
    sent_packets: u32,
    reported: Reported,
}

/// What feedback told of a burst.
#[derive(Clone, Copy, Default)]
struct Reported {
    packets: u32,
    bytes: u32,
    first_sent: Micros,
    last_sent: Micros,
    last_bytes: u16,
    first_arrived: i64,
    last_arrived: i64,
    first_bytes: u16,
    /// Bytes of the first half, which is not measured.
    passed: u32,
}

/// The bursts planned, being sent, and awaited.
#[derive(Default)]
pub(crate) struct Probes {
    waiting: ArrayVec<f64, WAITING>,
    bursts: [Burst; REMEMBERED],
    active: bool,
    latest: u8,
    total: u64,
}

impl Probes {
    /// Plans a burst at `rate` bits per second; more than three wait in vain.
    pub(crate) fn plan(&mut self, rate: f64) {
        // Full: those planned before are as good.
        self.waiting.try_push(rate).ok();
    }

    /// Returns how many bursts began.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Whether a burst is being sent or waits for it.
    pub(crate) fn is_busy(&self) -> bool {
        self.active || !self.waiting.is_empty()
    }

    /// Returns the bytes of a burst that should go out now, and begins the next one.
    pub(crate) fn due(&mut self, now: Micros) -> u32 {
        if self.active && now.saturating_sub(self.burst().began) > LONGEST {
            self.active = false;
        }
        if !self.active {
            let Some(rate) = self.waiting.pop_at(0) else { return 0 };
            self.begin(now, rate);
        }
        let burst = self.burst();
        let elapsed = now.saturating_sub(burst.began) + GRAIN;
        let planned = (burst.rate / 8.0 * elapsed as f64 / SECOND as f64) as u32;
        planned.saturating_sub(burst.sent_bytes)
    }

    /// Returns when more of a burst is due.
    pub(crate) fn deadline(&self) -> Option<Micros> {
        if !self.active {
            return (!self.waiting.is_empty()).then_some(0);
        }
        let burst = self.burst();
        let sent_for = f64::from(burst.sent_bytes) * 8.0 / burst.rate * SECOND as f64;
        Some(burst.began + (sent_for as Micros).saturating_sub(GRAIN))
    }

    /// Counts a packet sent, and returns the name of the burst that it belongs to; 0 for none.
    pub(crate) fn sent(&mut self, bytes: u16) -> u8 {
        if !self.active {
            return 0;
        }
        let place = place(self.latest);
        let burst = &mut self.bursts[place];
        burst.sent_bytes += u32::from(bytes);
        burst.sent_packets += 1;
        self.active = burst.sent_packets < MIN_PACKETS || burst.sent_bytes < burst.needed();
        burst.id
    }

    /// Takes a packet of burst `id` that arrived, and returns the bitrate measured once enough of it has.
    pub(crate) fn arrived(&mut self, id: u8, sent: Micros, arrived: i64, bytes: u16) -> Option<f64> {
        let burst = self.bursts.get_mut(place(id)).filter(|burst| id != 0 && burst.id == id)?;
        if burst.reported.passed < burst.needed() / 2 {
            burst.reported.passed += u32::from(bytes);
            return None;
        }
        burst.reported.take(sent, arrived, bytes);
        burst.measured()
    }

    fn begin(&mut self, now: Micros, rate: f64) {
        self.latest = if self.latest == u8::MAX { 1 } else { self.latest + 1 };
        self.total += 1;
        self.active = true;
        self.bursts[place(self.latest)] = Burst { id: self.latest, rate, began: now, ..Burst::default() };
    }

    fn burst(&self) -> &Burst {
        &self.bursts[place(self.latest)]
    }
}

fn place(id: u8) -> usize {
    usize::from(id) % REMEMBERED
}

impl Burst {
    fn needed(&self) -> u32 {
        let sent_in = |time: Micros| (self.rate / 8.0 * time as f64 / SECOND as f64) as u32;
        sent_in(DURATION).min(ENOUGH_BYTES).max(sent_in(SHORTEST))
    }

    fn measured(&self) -> Option<f64> {
        let told = &self.reported;
        let enough = told.packets >= MIN_PACKETS / 2
            && f64::from(told.passed + told.bytes) >= ENOUGH * f64::from(self.needed());
        let sent_for = told.last_sent.saturating_sub(told.first_sent);
        let arrived_for = told.last_arrived.saturating_sub(told.first_arrived);
        if !enough || !(1..=LONGEST).contains(&sent_for) || !(1..=LONGEST as i64).contains(&arrived_for) {
            return None;
        }
        let rate = |excluded: u16, us: f64| {
            f64::from(told.bytes.saturating_sub(excluded.into())) * 8.0 * SECOND as f64 / us
        };
        let sent = rate(told.last_bytes, sent_for as f64);
        let arrived = rate(told.first_bytes, arrived_for as f64);
        if arrived > MAX_RATIO * sent {
            return None;
        }
        Some(if arrived < SATURATED * sent { SATURATED_SHARE * arrived } else { sent.min(arrived) })
    }
}

impl Reported {
    fn take(&mut self, sent: Micros, arrived: i64, bytes: u16) {
        let first = self.packets == 0;
        if first || sent < self.first_sent {
            self.first_sent = sent;
        }
        if first || sent >= self.last_sent {
            (self.last_sent, self.last_bytes) = (sent, bytes);
        }
        if first || arrived < self.first_arrived {
            (self.first_arrived, self.first_bytes) = (arrived, bytes);
        }
        if first || arrived > self.last_arrived {
            self.last_arrived = arrived;
        }
        self.packets += 1;
        self.bytes += u32::from(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends one burst in packets of 500 bytes over a line of `capacity` bits per second.
    fn probe(rate: f64, capacity: f64) -> Option<f64> {
        let mut probes = Probes::default();
        probes.plan(rate);
        let (mut now, mut line_free, mut measured) = (1_000_000, 0.0f64, None);
        while probes.is_busy() {
            while probes.due(now) > 0 && probes.is_busy() {
                let id = probes.sent(500);
                line_free = line_free.max(now as f64) + 4000.0 / capacity * 1e6;
                measured = probes.arrived(id, now, line_free as i64 + 50_000, 500).or(measured);
            }
            now += 1000;
        }
        measured
    }

    #[test]
    fn a_burst_below_the_capacity_confirms_its_rate() {
        let measured = probe(1e6, 1e7).expect("measured");
        assert!((0.85e6..1.25e6).contains(&measured), "{measured}");
    }

    #[test]
    fn a_burst_above_the_capacity_measures_the_line() {
        let measured = probe(4e6, 1e6).expect("measured");
        assert!((0.85e6..1.05e6).contains(&measured), "{measured}");
    }

    #[test]
    fn a_burst_that_nothing_is_sent_for_is_given_up() {
        let mut probes = Probes::default();
        probes.plan(1e6);
        assert!(probes.due(0) > 0);
        assert_eq!(probes.due(1_100_000), 0);
        assert!(!probes.is_busy());
        assert_eq!(probes.sent(1000), 0);
    }
}
