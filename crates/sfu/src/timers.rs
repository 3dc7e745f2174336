//! When to look at whom again: one deadline per key, cheap to move, found without a search.
//!
//! A hierarchical timing wheel (Varghese, Lauck 1987) with 1 ms ticks. It must not know what the keys
//! stand for. After it has seen its largest key it allocates nothing.

use std::time::{Duration, Instant};

/// Slots per level are 2^6, so that one word says which are occupied.
const SLOT_BITS: u32 = 6;
const SLOTS: usize = 1 << SLOT_BITS;
/// Seven levels reach 2^42 ms, 139 years.
const LEVELS: usize = 7;
const TICK_MAX: u64 = (1 << (SLOT_BITS * LEVELS as u32)) - 1;
/// Ends a list.
const NONE: u32 = u32::MAX;

/// Deadlines of small integer keys, typically slab indices.
pub(crate) struct TimerWheel<K> {
    origin: Instant,
    /// Everything due before this tick has been popped.
    elapsed: u64,
    levels: [Level; LEVELS],
    nodes: Vec<Node<K>>,
}

#[derive(Clone, Copy)]
struct Level {
    /// Bit n is set while slot n has entries.
    occupied: u64,
    heads: [u32; SLOTS],
}

struct Node<K> {
    /// `None` while not armed.
    key: Option<K>,
    tick: u64,
    level: u8,
    slot: u8,
    next: u32,
    previous: u32,
}

impl<K: Copy + Into<usize>> TimerWheel<K> {
    /// Makes a wheel for keys below `capacity`; larger ones make it grow. No deadline before `now`
    /// will be told apart from `now`.
    pub(crate) fn new(now: Instant, capacity: usize) -> Self {
        let level = Level { occupied: 0, heads: [NONE; SLOTS] };
        Self { origin: now, elapsed: 0, levels: [level; LEVELS], nodes: Vec::with_capacity(capacity) }
    }

    /// Arms `key`, in place of any earlier deadline. A deadline in the past is due at once.
    pub(crate) fn insert(&mut self, key: K, deadline: Instant) {
        let index = key.into();
        if index >= self.nodes.len() {
            self.nodes.resize_with(index + 1, Node::default);
        }
        self.unlink(index as u32);
        // Rounded up: a timer never fires early.
        let tick = ticks(deadline.saturating_duration_since(self.origin) + Duration::from_nanos(999_999));
        self.nodes[index].key = Some(key);
        self.nodes[index].tick = tick.max(self.elapsed);
        self.link(index as u32);
    }

    /// Disarms `key`.
    pub(crate) fn remove(&mut self, key: K) {
        let index = key.into();
        if index < self.nodes.len() {
            self.unlink(index as u32);
        }
    }

    /// Disarms and returns a key whose deadline has passed, earliest first to the millisecond.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let target = ticks(now.saturating_duration_since(self.origin)).max(self.elapsed);
        loop {
            let Some((level, slot, start)) = self.first_occupied().filter(|first| first.2 <= target) else {
                self.elapsed = target;
                return None;
            };
            self.elapsed = start;
            let head = self.levels[level].heads[slot];
            if level == 0 {
                let key = self.nodes[head as usize].key;
                self.unlink(head);
                return key;
            }
            self.cascade(head);
        }
    }

    /// Returns when to call [`TimerWheel::pop_due`] next: never after the earliest deadline (rounded
    /// up to a tick), possibly before it while it is more than 64 ms away.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.first_occupied().map(|(_, _, start)| self.origin + Duration::from_millis(start))
    }

    /// Level, slot and first tick of the earliest occupied slot. Entries sit at the level of the
    /// highest digit (base 64) in which their tick differs from `elapsed`; hence those of a lower
    /// level all come before those of a higher one, and no level wraps around.
    fn first_occupied(&self) -> Option<(usize, usize, u64)> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros();
        let shift = SLOT_BITS * level as u32;
        let base = self.elapsed >> (shift + SLOT_BITS) << (shift + SLOT_BITS);
        Some((level, slot as usize, base | u64::from(slot) << shift))
    }

    /// Moves the entries of a slot that `elapsed` has reached down to finer levels.
    fn cascade(&mut self, mut index: u32) {
        while index != NONE {
            let next = self.nodes[index as usize].next;
            let key = self.nodes[index as usize].key;
            self.unlink(index);
            self.nodes[index as usize].key = key;
            self.link(index);
            index = next;
        }
    }

    fn link(&mut self, index: u32) {
        let node = &mut self.nodes[index as usize];
        let differing = (node.tick ^ self.elapsed) | (SLOTS as u64 - 1);
        node.level = (differing.ilog2() / SLOT_BITS) as u8;
        node.slot = (node.tick >> (SLOT_BITS * u32::from(node.level)) & (SLOTS as u64 - 1)) as u8;
        let level = &mut self.levels[usize::from(node.level)];
        let head = &mut level.heads[usize::from(node.slot)];
        (node.previous, node.next) = (NONE, *head);
        let second = std::mem::replace(head, index);
        level.occupied |= 1 << node.slot;
        if second != NONE {
            self.nodes[second as usize].previous = index;
        }
    }

    fn unlink(&mut self, index: u32) {
        let node = &mut self.nodes[index as usize];
        if node.key.take().is_none() {
            return;
        }
        let (previous, next) = (node.previous, node.next);
        let level = &mut self.levels[usize::from(node.level)];
        let slot = node.slot;
        if previous == NONE {
            level.heads[usize::from(slot)] = next;
            level.occupied &= !(u64::from(next == NONE) << slot);
        } else {
            self.nodes[previous as usize].next = next;
        }
        if next != NONE {
            self.nodes[next as usize].previous = previous;
        }
    }
}

impl<K> Default for Node<K> {
    fn default() -> Self {
        Self { key: None, tick: 0, level: 0, slot: 0, next: NONE, previous: NONE }
    }
}

/// Whole milliseconds, clamped to what the wheel can hold.
fn ticks(since_origin: Duration) -> u64 {
    u64::try_from(since_origin.as_millis()).map_or(TICK_MAX, |tick| tick.min(TICK_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[expect(clippy::disallowed_methods, reason = "a test's virtual time starts somewhere")]
    fn start() -> Instant {
        Instant::now()
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn pop_all(wheel: &mut TimerWheel<usize>, now: Instant) -> Vec<usize> {
        std::iter::from_fn(|| wheel.pop_due(now)).collect()
    }

    #[test]
    fn a_timer_fires_at_its_deadline_and_only_once() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 4);
        wheel.insert(3usize, t0 + ms(10));
        assert_eq!(wheel.next_deadline(), Some(t0 + ms(10)));
        assert_eq!(wheel.pop_due(t0 + ms(9)), None);
        assert_eq!(wheel.pop_due(t0 + ms(10)), Some(3));
        assert_eq!(wheel.pop_due(t0 + ms(1000)), None);
        assert_eq!(wheel.next_deadline(), None);
    }

    #[test]
    fn a_deadline_between_ticks_is_never_early() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 4);
        wheel.insert(0usize, t0 + Duration::from_micros(1200));
        assert_eq!(wheel.pop_due(t0 + Duration::from_micros(1999)), None);
        assert_eq!(wheel.pop_due(t0 + ms(2)), Some(0));
    }

    #[test]
    fn the_last_deadline_given_counts() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 4);
        wheel.insert(1usize, t0 + ms(5));
        wheel.insert(1usize, t0 + ms(50_000));
        wheel.insert(2usize, t0 + ms(7));
        wheel.remove(2);
        assert_eq!(pop_all(&mut wheel, t0 + ms(49_999)), []);
        assert_eq!(pop_all(&mut wheel, t0 + ms(50_000)), [1]);
    }

    #[test]
    fn a_past_deadline_is_due_at_once_and_a_late_look_finds_all_in_order() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 4);
        assert_eq!(wheel.pop_due(t0 + ms(90_000)), None);
        wheel.insert(0usize, t0 + ms(3));
        assert_eq!(wheel.pop_due(t0 + ms(90_000)), Some(0));
        for (key, after) in [(0, 400_000), (1, 100_000), (2, 90_001)] {
            wheel.insert(key, t0 + ms(after));
        }
        assert_eq!(pop_all(&mut wheel, t0 + ms(10_000_000)), [2, 1, 0]);
    }

    #[test]
    fn a_deadline_beyond_the_wheel_waits_at_its_end() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 4);
        wheel.insert(0usize, t0 + Duration::from_secs(200 * 365 * 86_400));
        assert_eq!(wheel.pop_due(t0 + Duration::from_secs(100 * 365 * 86_400)), None);
        assert!(wheel.next_deadline().is_some());
    }

    #[test]
    fn a_steady_wheel_does_not_grow() {
        let t0 = start();
        let mut wheel = TimerWheel::new(t0, 64);
        for round in 0..10_000u64 {
            wheel.insert((round % 64) as usize, t0 + ms(round * 3 + 200));
            pop_all(&mut wheel, t0 + ms(round * 3));
        }
        assert_eq!((wheel.nodes.len(), wheel.nodes.capacity()), (64, 64));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert(usize, u64),
        Remove(usize),
        Advance(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        let micros = prop_oneof![0..2_000u64, 0..200_000u64, 0..20_000_000u64, 0..400_000_000_000u64];
        prop_oneof![
            4 => (0..24usize, micros.clone()).prop_map(|(key, after)| Step::Insert(key, after)),
            1 => (0..24usize).prop_map(Step::Remove),
            3 => micros.prop_map(Step::Advance),
        ]
    }

    proptest! {
        #[test]
        fn the_wheel_does_what_a_sorted_map_does(steps in prop::collection::vec(step(), 1..200)) {
            let t0 = start();
            let mut now = t0;
            let mut wheel = TimerWheel::new(t0, 0);
            let mut model: BTreeMap<usize, Instant> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Insert(key, after) => {
                        wheel.insert(key, now + Duration::from_micros(after));
                        model.insert(key, now + Duration::from_micros(after));
                    }
                    Step::Remove(key) => {
                        wheel.remove(key);
                        model.remove(&key);
                    }
                    Step::Advance(by) => now += Duration::from_micros(by),
                }
                let on_tick = t0 + ms(ticks(now - t0));
                let mut expected: Vec<usize> =
                    model.iter().filter(|(_, at)| **at <= on_tick).map(|(key, _)| *key).collect();
                model.retain(|_, at| *at > on_tick);
                let mut popped = pop_all(&mut wheel, now);
                expected.sort_unstable();
                popped.sort_unstable();
                prop_assert_eq!(popped, expected);
                let earliest = model.values().min().copied();
                prop_assert_eq!(wheel.next_deadline().is_some(), earliest.is_some());
                if let (Some(next), Some(earliest)) = (wheel.next_deadline(), earliest) {
                    prop_assert!(next > now && next < earliest + ms(1));
                }
            }
        }
    }
}
