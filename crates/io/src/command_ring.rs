//! From the control plane to one worker: commands, in order, refused when too many wait.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use sfu::Command;

use crate::engine::CommandError;
use crate::waker::Waker;

/// Commands that may wait: a join is a few dozen, and a worker takes them within a millisecond or so.
pub(crate) const CAPACITY: usize = 8192;

/// The control plane's end.
pub(crate) struct CommandSink {
    ring: SyncSender<Command>,
    waker: Arc<Waker>,
}

/// The worker's end; it waits on the waker.
pub(crate) struct CommandSource {
    ring: Receiver<Command>,
    waker: Arc<Waker>,
}

/// Makes a ring.
pub(crate) fn command_ring() -> io::Result<(CommandSink, CommandSource)> {
    let (sender, receiver) = mpsc::sync_channel(CAPACITY);
    let waker = Arc::new(Waker::new()?);
    Ok((CommandSink { ring: sender, waker: Arc::clone(&waker) }, CommandSource { ring: receiver, waker }))
}

impl CommandSink {
    /// Queues a command and wakes the worker.
    ///
    /// # Errors
    /// The ring is full, or the worker has ended; nothing was changed.
    pub(crate) fn push(&self, command: Command) -> Result<(), CommandError> {
        self.ring.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => CommandError::Full,
            TrySendError::Disconnected(_) => CommandError::Closed,
        })?;
        self.wake();
        Ok(())
    }

    /// Wakes the worker although there is no command.
    pub(crate) fn wake(&self) {
        self.waker.signal();
    }

    /// What wakes the worker, for who else has something for it.
    pub(crate) fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }
}

impl CommandSource {
    /// Hands up to `limit` commands to `each`, and returns whether those were all; the waker is signalled when there may
    /// be more. The caller has cleared it before.
    pub(crate) fn drain(&self, limit: usize, mut each: impl FnMut(Command)) -> bool {
        let mut taken = 0;
        for command in self.ring.try_iter().take(limit) {
            each(command);
            taken += 1;
        }
        if taken == limit {
            self.waker.signal();
        }
        taken < limit
    }

    /// The waker to wait on.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu::SourceId;

    fn command(source: u64) -> Command {
        Command::Unpublish { source: SourceId(source) }
    }

    #[test]
    fn a_full_ring_refuses_until_the_worker_has_taken_some() {
        let (sink, source) = command_ring().expect("a ring");
        for id in 0..CAPACITY as u64 {
            sink.push(command(id)).expect("room");
        }
        assert_eq!(sink.push(command(0)), Err(CommandError::Full));
        let mut taken = 0;
        source.drain(10, |_| taken += 1);
        assert_eq!(taken, 10);
        assert_eq!(sink.push(command(0)), Ok(()));
    }

    #[test]
    fn a_ring_whose_worker_has_ended_is_closed() {
        let (sink, source) = command_ring().expect("a ring");
        drop(source);
        assert_eq!(sink.push(command(0)), Err(CommandError::Closed));
    }
}
