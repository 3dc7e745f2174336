//! Between workers: a pair of rings for each two of them, one for full parcels, one for those that come back empty.
//!
//! Parcels are made as they are first needed and go round and round, so that nothing is allocated once a call is under
//! way. Policy when all are on the way: what waits stays where it is until one comes back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};

use sfu::{Parcel, WorkerId};

use crate::waker::Waker;

/// Parcels on the way from one worker to another.
const PARCELS: usize = 16;
/// Bytes of the packets in one, and how many packets.
const PARCEL_BYTES: usize = 64 * 1024;
const PARCEL_ENTRIES: usize = 256;

/// One worker's ends of the rings to and from all others.
pub(crate) struct Exchange {
    ways: Vec<Option<Way>>,
    /// Came and were not opened yet.
    accepted: VecDeque<(WorkerId, Box<Parcel>)>,
}

/// Both ways between this worker and another.
struct Way {
    out: SyncSender<Box<Parcel>>,
    /// Ours, emptied there.
    back: Receiver<Box<Parcel>>,
    /// One that was not needed after all.
    spare: Option<Box<Parcel>>,
    made: usize,
    waker: Arc<Waker>,
    inbox: Receiver<Box<Parcel>>,
    /// Theirs, emptied here.
    emptied: SyncSender<Box<Parcel>>,
    /// The other worker has ended.
    gone: bool,
}

/// The two rings of one direction.
struct Direction {
    full: (SyncSender<Box<Parcel>>, Option<Receiver<Box<Parcel>>>),
    empty: (SyncSender<Box<Parcel>>, Option<Receiver<Box<Parcel>>>),
}

impl Direction {
    fn new() -> Self {
        let (full, empty) = (mpsc::sync_channel(PARCELS), mpsc::sync_channel(PARCELS));
        Self { full: (full.0, Some(full.1)), empty: (empty.0, Some(empty.1)) }
    }
}

/// Connects workers with each other, each of which is woken as given.
pub(crate) fn exchanges(wakers: &[Arc<Waker>]) -> Vec<Exchange> {
    let count = wakers.len();
    let mut directions: Vec<Direction> = (0..count * count).map(|_| Direction::new()).collect();
    (0..count)
        .map(|own| {
            let ways = (0..count).map(|other| {
                let (there, here) = (own * count + other, other * count + own);
                let back = directions[there].empty.1.take()?;
                let inbox = directions[here].full.1.take()?;
                (own != other).then(|| Way {
                    out: directions[there].full.0.clone(),
                    back,
                    spare: None,
                    made: 0,
                    waker: Arc::clone(&wakers[other]),
                    inbox,
                    emptied: directions[here].empty.0.clone(),
                    gone: false,
                })
            });
            Exchange { ways: ways.collect(), accepted: VecDeque::new() }
        })
        .collect()
}

impl Exchange {
    /// The other workers that may still be sent to.
    pub(crate) fn peers(&self) -> impl Iterator<Item = WorkerId> + use<> {
        let there = |way: &Option<Way>| way.as_ref().is_some_and(|way| !way.gone);
        let peers: u128 =
            self.ways.iter().zip(0..128).fold(0, |bits, (way, at)| bits | u128::from(there(way)) << at);
        (0..128).filter(move |at| peers & 1 << at != 0).map(WorkerId)
    }

    /// Returns a parcel to pack for a worker; `None` while all are on the way.
    pub(crate) fn empty(&mut self, to: WorkerId) -> Option<Box<Parcel>> {
        let way = self.ways.get_mut(usize::from(to.0))?.as_mut()?;
        if let Some(parcel) = way.spare.take().or_else(|| way.back.try_recv().ok()) {
            return Some(parcel);
        }
        (way.made < PARCELS).then(|| {
            way.made += 1;
            Box::new(Parcel::new(PARCEL_BYTES, PARCEL_ENTRIES))
        })
    }

    /// Keeps a parcel that [`Exchange::empty`] gave for this worker until the next time.
    pub(crate) fn keep(&mut self, to: WorkerId, parcel: Box<Parcel>) {
        if let Some(Some(way)) = self.ways.get_mut(usize::from(to.0)) {
            way.spare = Some(parcel);
        }
    }

    /// Sends a parcel that [`Exchange::empty`] gave for this worker, and wakes it; `false` when it has ended.
    pub(crate) fn send(&mut self, to: WorkerId, parcel: Box<Parcel>) -> bool {
        let Some(way) = self.ways.get_mut(usize::from(to.0)).and_then(Option::as_mut) else { return false };
        // It is never full: no more parcels were made than it holds.
        way.gone = way.out.try_send(parcel).is_err();
        if !way.gone {
            way.waker.signal();
        }
        !way.gone
    }

    /// Takes the parcels that came.
    pub(crate) fn accept(&mut self) {
        let Self { ways, accepted } = self;
        for (way, from) in ways.iter().zip(0..) {
            let Some(way) = way else { continue };
            accepted.extend(way.inbox.try_iter().take(PARCELS).map(|parcel| (WorkerId(from), parcel)));
        }
    }

    /// Opens what was accepted, oldest first per worker, and sends the parcels back.
    pub(crate) fn open(&mut self, mut each: impl FnMut(WorkerId, &Parcel)) {
        while let Some((from, mut parcel)) = self.accepted.pop_front() {
            each(from, &parcel);
            parcel.clear();
            if let Some(Some(way)) = self.ways.get(usize::from(from.0)) {
                // Who has ended does not miss it.
                let _ = way.emptied.try_send(parcel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: WorkerId = WorkerId(1);

    fn pair() -> (Exchange, Exchange) {
        let wakers = [Waker::new().expect("a waker"), Waker::new().expect("a waker")].map(Arc::new);
        let mut both = exchanges(&wakers).into_iter();
        (both.next().expect("the first"), both.next().expect("the second"))
    }

    fn sent(from: &mut Exchange) -> usize {
        std::iter::from_fn(|| from.empty(SECOND).map(|parcel| from.send(SECOND, parcel))).count()
    }

    #[test]
    fn parcels_are_bounded_and_go_round() {
        let (mut first, mut second) = pair();
        assert_eq!(first.peers().collect::<Vec<_>>(), [SECOND]);
        for _ in 0..3 {
            assert_eq!(sent(&mut first), PARCELS);
            let mut opened = 0;
            second.accept();
            second.open(|from, _| opened += usize::from(from == WorkerId(0)));
            assert_eq!(opened, PARCELS);
        }
    }

    #[test]
    fn who_has_ended_is_sent_nothing_more() {
        let (mut first, second) = pair();
        let parcel = first.empty(SECOND).expect("a parcel");
        drop(second);
        assert!(!first.send(SECOND, parcel));
        assert_eq!(first.peers().count(), 0);
    }
}
