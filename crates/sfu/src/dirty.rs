//! Who has something to do: each index at most once, in the order of need.

use std::collections::VecDeque;

/// A queue of slab indices without duplicates. Allocates only until it has seen its largest index.
#[derive(Default)]
pub(crate) struct DirtyList {
    queue: VecDeque<usize>,
    queued: Vec<bool>,
}

impl DirtyList {
    /// Puts an index at the end unless it waits already.
    pub(crate) fn mark(&mut self, index: usize) {
        if index >= self.queued.len() {
            self.queued.resize(index + 1, false);
            self.queue.reserve(index + 1 - self.queue.len());
        }
        if !std::mem::replace(&mut self.queued[index], true) {
            self.queue.push_back(index);
        }
    }

    /// Returns who is next, leaving it in place.
    pub(crate) fn front(&self) -> Option<usize> {
        self.queue.front().copied()
    }

    /// Takes who is next.
    pub(crate) fn pop(&mut self) -> Option<usize> {
        let index = self.queue.pop_front()?;
        self.queued[index] = false;
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_waits_once_and_in_turn() {
        let mut dirty = DirtyList::default();
        for index in [3, 1, 3, 0, 1] {
            dirty.mark(index);
        }
        assert_eq!(std::iter::from_fn(|| dirty.pop()).collect::<Vec<_>>(), [3, 1, 0]);
        dirty.mark(3);
        assert_eq!(dirty.front(), Some(3));
    }
}
