//! What a browser reports of the packets that arrived, whichever stream they belong to.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wire::rtcp::{CompoundWriter, TransportCcOut};
use wire::seq::SeqUnwrapper;

/// Packets that one report is about at most.
const MOST: usize = 300;

pub struct Feedback {
    started: Instant,
    unwrapper: SeqUnwrapper,
    unreported: BTreeMap<u64, i64>,
    reported_to: u64,
    count: u8,
    pub next: Instant,
}

impl Feedback {
    pub fn new(now: Instant) -> Self {
        Self {
            started: now,
            unwrapper: SeqUnwrapper::default(),
            unreported: BTreeMap::new(),
            reported_to: 0,
            count: 0,
            next: now,
        }
    }

    pub fn note(&mut self, now: Instant, sequence: u16) {
        let ticks = (now - self.started).as_micros() as i64 / 250;
        self.unreported.insert(self.unwrapper.unwrap(sequence), ticks);
    }

    /// Returns the number after the highest that came.
    pub fn next_sequence(&self) -> u16 {
        self.unwrapper.highest().map_or(0, |highest| highest as u16).wrapping_add(1)
    }

    /// Whether something is to be reported now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.next <= now && !self.unreported.is_empty()
    }

    /// Writes the next report: from where the last one ended, or from the earliest packet that came late.
    pub fn write(&mut self, now: Instant, out: &mut CompoundWriter<'_>) {
        self.next = now + Duration::from_millis(100);
        let (Some((first, _)), Some((last, _))) =
            (self.unreported.first_key_value(), self.unreported.last_key_value())
        else {
            return;
        };
        let base = if self.reported_to == 0 { *first } else { self.reported_to.min(*first) };
        let arrivals: Vec<Option<i64>> =
            (base..=*last).take(MOST).map(|number| self.unreported.get(&number).copied()).collect();
        out.receiver_report(1, &[]).expect("fits");
        let feedback = TransportCcOut {
            sender_ssrc: 1,
            media_ssrc: 2,
            base_sequence: base as u16,
            feedback_count: self.count,
            arrivals: &arrivals,
        };
        let end = base + out.transport_cc(&feedback).expect("fits") as u64;
        self.count = self.count.wrapping_add(1);
        self.unreported.retain(|number, _| *number >= end);
        self.reported_to = self.reported_to.max(end);
    }
}
