//! STUN answers and DTLS flights on their way out: a short queue, cold compared with media.

use std::collections::VecDeque;

use super::Drain;
use crate::batch::SendBatch;
use crate::counters::DropReason;
use crate::ids::Route;

/// Datagrams that may wait: two DTLS flights and a burst of checks. Both sides retransmit, so what
/// does not fit is dropped.
const DATAGRAMS_MAX: usize = 32;

#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<(Route, Box<[u8]>)>,
}

impl Outbox {
    /// Queues a datagram.
    pub(super) fn push(&mut self, route: Route, datagram: &[u8]) -> Result<(), DropReason> {
        if self.waiting.len() == DATAGRAMS_MAX {
            return Err(DropReason::QueueFull);
        }
        self.waiting.push_back((route, datagram.into()));
        Ok(())
    }

    /// Moves what fits into `out`.
    pub(super) fn drain_into(&mut self, out: &mut SendBatch) -> Drain {
        while let Some((route, datagram)) = self.waiting.front() {
            let mut lane = out.lane(*route);
            let Some(mut place) = lane.reserve(datagram.len()) else { return Drain::Full };
            place.bytes().copy_from_slice(datagram);
            place.commit(datagram.len());
            self.waiting.pop_front();
        }
        Drain::Done
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        Route { local: [127, 0, 0, 1].into(), remote: ([127, 0, 0, 1], 9).into() }
    }

    #[test]
    fn a_full_outbox_refuses_and_a_full_batch_leaves_the_rest_for_later() {
        let mut outbox = Outbox::default();
        for _ in 0..DATAGRAMS_MAX {
            assert_eq!(outbox.push(route(), &[7; 100]), Ok(()));
        }
        assert_eq!(outbox.push(route(), &[7; 100]), Err(DropReason::QueueFull));
        let mut batch = SendBatch::new(1650, 8);
        assert_eq!(outbox.drain_into(&mut batch), Drain::Full);
        assert_eq!(batch.runs().map(|(run, _)| run.segments).sum::<u16>(), 16);
        batch.clear();
        assert_eq!(outbox.drain_into(&mut batch), Drain::Done);
        assert_eq!(batch.runs().map(|(run, _)| run.segments).sum::<u16>(), 16);
    }
}
