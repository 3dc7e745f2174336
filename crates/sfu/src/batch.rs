//! Where outgoing datagrams are written: once, contiguously, in runs that one GSO message can carry.
//!
//! A datagram is reserved, written and sealed in place, then committed. Consecutive datagrams on one
//! route form a run as long as they are equally long, the last one possibly shorter: exactly what
//! `UDP_SEGMENT` takes (Linux `udp(7)`). Nothing is allocated after construction.

use crate::ids::Route;

/// Segments in one run: the kernel's `UDP_MAX_SEGMENTS` of old.
const MAX_SEGMENTS: usize = 64;
/// Bytes in one run: below the largest UDP payload, 65,507.
const MAX_RUN_BYTES: usize = 60_000;

/// Datagrams on one route that lie behind each other in the arena.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Where they go, and from which of our addresses.
    pub route: Route,
    /// Length of each datagram but the last, which may be shorter.
    pub segment: u16,
    /// How many datagrams.
    pub segments: u16,
    offset: u32,
    len: u32,
    open: bool,
}

/// An arena of outgoing datagrams, flushed by the driver.
pub struct SendBatch {
    arena: Box<[u8]>,
    used: usize,
    datagrams: usize,
    runs: Vec<Run>,
}

/// The way into the arena for datagrams on one route, which is compared with the last run's once.
pub struct Lane<'a> {
    batch: &'a mut SendBatch,
    route: Route,
    /// Whether the last run is on this route.
    continues: bool,
}

/// A place in the arena; dropping it without [`Reservation::commit`] gives it back.
pub struct Reservation<'a, 'b> {
    lane: &'a mut Lane<'b>,
    room: usize,
}

impl SendBatch {
    /// Makes an arena of `bytes` with place for `runs` runs.
    pub fn new(bytes: usize, runs: usize) -> Self {
        Self {
            arena: vec![0; bytes].into_boxed_slice(),
            used: 0,
            datagrams: 0,
            runs: Vec::with_capacity(runs),
        }
    }

    /// Begins to take datagrams on a route.
    pub fn lane(&mut self, route: Route) -> Lane<'_> {
        let continues = self.runs.last().is_some_and(|last| last.route == route);
        Lane { batch: self, route, continues }
    }

    /// Iterates over the runs and their bytes, in the order committed.
    pub fn runs(&self) -> impl Iterator<Item = (&Run, &[u8])> {
        self.runs.iter().map(|run| {
            let start = run.offset as usize;
            (run, &self.arena[start..start + run.len as usize])
        })
    }

    /// Whether nothing was committed since the last [`SendBatch::clear`].
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns how many datagrams and bytes were committed since the last [`SendBatch::clear`].
    pub fn totals(&self) -> (usize, usize) {
        (self.datagrams, self.used)
    }

    /// Forgets all runs.
    pub fn clear(&mut self) {
        self.used = 0;
        self.datagrams = 0;
        self.runs.clear();
    }
}

impl<'b> Lane<'b> {
    /// Reserves `room` bytes for a datagram; `None` when the arena or the run table is full: the driver then flushes
    /// and asks again.
    pub fn reserve(&mut self, room: usize) -> Option<Reservation<'_, 'b>> {
        let batch = &self.batch;
        let full = batch.arena.len() - batch.used < room || batch.runs.len() == batch.runs.capacity();
        (!full).then_some(Reservation { lane: self, room })
    }

    /// Whether it leads to an IPv6 address.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.route.remote.is_ipv6()
    }

    fn commit(&mut self, len: usize) {
        let batch = &mut *self.batch;
        let offset = batch.used;
        batch.used += len;
        batch.datagrams += 1;
        if self.continues
            && let Some(last) = batch.runs.last_mut()
            && last.takes(len)
        {
            last.open = len == usize::from(last.segment);
            last.len += len as u32;
            last.segments += 1;
            return;
        }
        batch.runs.push(Run {
            route: self.route,
            segment: len as u16,
            segments: 1,
            offset: offset as u32,
            len: len as u32,
            open: true,
        });
        self.continues = true;
    }
}

impl Run {
    fn takes(&self, len: usize) -> bool {
        self.open
            && len <= usize::from(self.segment)
            && usize::from(self.segments) < MAX_SEGMENTS
            && self.len as usize + len <= MAX_RUN_BYTES
    }
}

impl Reservation<'_, '_> {
    /// The reserved bytes; their content is whatever was there before.
    pub fn bytes(&mut self) -> &mut [u8] {
        let start = self.lane.batch.used;
        &mut self.lane.batch.arena[start..start + self.room]
    }

    /// Keeps the first `len` bytes as one datagram. `len` is at most what was reserved, and not 0.
    pub fn commit(self, len: usize) {
        debug_assert!(len > 0 && len <= self.room);
        let len = len.min(self.room);
        if len > 0 {
            self.lane.commit(len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(port: u16) -> Route {
        Route { local: [127, 0, 0, 1].into(), remote: ([127, 0, 0, 1], port).into() }
    }

    fn put(batch: &mut SendBatch, port: u16, len: usize) {
        let mut lane = batch.lane(route(port));
        let mut place = lane.reserve(1500).expect("the arena has room");
        place.bytes()[..len].fill(len as u8);
        place.commit(len);
    }

    fn shape(batch: &SendBatch) -> Vec<(u16, u16, usize)> {
        batch.runs().map(|(run, bytes)| (run.segment, run.segments, bytes.len())).collect()
    }

    #[test]
    fn equal_datagrams_to_one_route_form_a_run_that_a_shorter_one_closes() {
        let mut batch = SendBatch::new(100_000, 16);
        for len in [100, 100, 40, 100] {
            put(&mut batch, 1, len);
        }
        assert_eq!(shape(&batch), [(100, 3, 240), (100, 1, 100)]);
    }

    #[test]
    fn another_route_or_a_longer_datagram_starts_a_new_run() {
        let mut batch = SendBatch::new(100_000, 16);
        put(&mut batch, 1, 100);
        put(&mut batch, 2, 100);
        put(&mut batch, 2, 101);
        assert_eq!(shape(&batch), [(100, 1, 100), (100, 1, 100), (101, 1, 101)]);
    }

    #[test]
    fn a_dropped_reservation_leaves_no_trace() {
        let mut batch = SendBatch::new(4000, 4);
        put(&mut batch, 1, 100);
        assert!(batch.lane(route(1)).reserve(1500).is_some());
        put(&mut batch, 1, 100);
        assert_eq!(shape(&batch), [(100, 2, 200)]);
    }

    #[test]
    fn a_full_arena_or_run_table_refuses_until_cleared() {
        let mut batch = SendBatch::new(3000, 2);
        put(&mut batch, 1, 1000);
        put(&mut batch, 2, 1000);
        assert!(batch.lane(route(3)).reserve(10).is_none());
        batch.clear();
        assert!(batch.lane(route(3)).reserve(3001).is_none());
        assert!(batch.lane(route(3)).reserve(3000).is_some());
    }

    #[test]
    fn a_run_never_exceeds_what_one_gso_message_carries() {
        let mut batch = SendBatch::new(200_000, 16);
        for _ in 0..65 {
            put(&mut batch, 1, 10);
        }
        assert_eq!(shape(&batch), [(10, 64, 640), (10, 1, 10)]);
    }
}
