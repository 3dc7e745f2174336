//! From the workers to the control plane: events, and a descriptor that says when to fetch them.
//!
//! Policy when full: the newest is lost and counted. That takes a control plane that has not fetched
//! for minutes: a worker makes at most a few events per endpoint and second.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sfu::Event;

use crate::waker::Waker;

/// Events of all workers that may wait.
const CAPACITY: usize = 65_536;
/// A waiting event is signalled after this long at the latest, so that events come in batches.
const DELAY: Duration = Duration::from_millis(5);
/// So many waiting events are signalled at once.
const BATCH: usize = 64;

/// One worker's end.
pub(crate) struct EventSink {
    ring: SyncSender<Event>,
    waker: Arc<Waker>,
    unsignalled: usize,
    signalled: Option<Instant>,
}

/// The control plane's end.
pub(crate) struct EventSource {
    ring: Mutex<Receiver<Event>>,
    waker: Arc<Waker>,
}

/// Makes a ring; the sink is cloned for each worker.
pub(crate) fn event_ring() -> std::io::Result<(EventSink, EventSource)> {
    let (sender, receiver) = mpsc::sync_channel(CAPACITY);
    let waker = Arc::new(Waker::new()?);
    let sink = EventSink { ring: sender, waker: Arc::clone(&waker), unsignalled: 0, signalled: None };
    Ok((sink, EventSource { ring: Mutex::new(receiver), waker }))
}

impl EventSink {
    /// Another worker's end of the same ring.
    pub(crate) fn another(&self) -> Self {
        Self { ring: self.ring.clone(), waker: Arc::clone(&self.waker), unsignalled: 0, signalled: None }
    }

    /// Queues an event; `false`: the ring is full and the event lost.
    pub(crate) fn push(&mut self, event: Event) -> bool {
        self.unsignalled += 1;
        self.ring.try_send(event).is_ok()
    }

    /// Signals when it is time to.
    pub(crate) fn timeout(&mut self, now: Instant) {
        let due = self.signalled.is_none_or(|last| last + DELAY <= now);
        if self.unsignalled > BATCH || (due && self.unsignalled > 0) {
            self.waker.signal();
            self.unsignalled = 0;
            self.signalled = Some(now);
        }
    }

    /// When [`EventSink::timeout`] has something to do, if it was called since the last push.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let since = self.signalled?;
        (self.unsignalled > 0).then_some(since + DELAY)
    }
}

impl EventSource {
    /// Takes up to `limit` events, oldest first per worker.
    ///
    /// The descriptor is unreadable afterwards, unless events are left.
    pub(crate) fn poll(&self, limit: usize) -> Vec<Event> {
        self.waker.clear();
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let events: Vec<Event> = ring.try_iter().take(limit).collect();
        if events.len() == limit {
            self.waker.signal();
        }
        events
    }

    /// The waker whose descriptor is readable while events wait.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::poller::Poller;
    use sfu::SourceId;
    use std::os::fd::AsFd;

    fn event(source: u64) -> Event {
        Event::SpeakingChanged { source: SourceId(source), speaking: true }
    }

    fn readable(source: &EventSource) -> bool {
        let mut poller = Poller::new().expect("an epoll");
        poller.add(source.waker().as_fd(), 0).expect("added");
        poller.wait(Some(Duration::ZERO)).iter().count() == 1
    }

    #[test]
    fn the_first_event_is_signalled_at_once_and_the_next_after_the_delay() {
        let (mut sink, source) = event_ring().expect("a ring");
        let now = clock::now();
        sink.push(event(1));
        sink.timeout(now);
        assert!(readable(&source));
        assert_eq!(source.poll(10), [event(1)]);
        assert!(!readable(&source));

        sink.push(event(2));
        sink.timeout(now);
        assert!(!readable(&source));
        assert_eq!(sink.deadline(), Some(now + DELAY));
        sink.timeout(now + DELAY);
        assert!(readable(&source));
        assert_eq!(sink.deadline(), None);
    }

    #[test]
    fn many_events_are_signalled_without_delay() {
        let (mut sink, source) = event_ring().expect("a ring");
        let now = clock::now();
        sink.push(event(0));
        sink.timeout(now);
        source.poll(10);
        for id in 0..=BATCH as u64 {
            sink.push(event(id));
        }
        sink.timeout(now);
        assert!(readable(&source));
    }

    #[test]
    fn a_limited_poll_leaves_the_descriptor_readable() {
        let (mut sink, source) = event_ring().expect("a ring");
        for id in 0..3 {
            sink.push(event(id));
        }
        sink.timeout(clock::now());
        assert_eq!(source.poll(2), [event(0), event(1)]);
        assert!(readable(&source));
        assert_eq!(source.poll(2), [event(2)]);
        assert!(!readable(&source));
    }

    #[test]
    fn a_full_ring_loses_the_newest() {
        let (mut sink, source) = event_ring().expect("a ring");
        for id in 0..CAPACITY as u64 {
            assert!(sink.push(event(id)));
        }
        assert!(!sink.push(event(u64::MAX)));
        assert_eq!(source.poll(1), [event(0)]);
        assert!(sink.push(event(u64::MAX)));
    }
}
