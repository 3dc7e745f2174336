//! Wakes a thread or an event loop that waits on a file descriptor, at one system call per sleep.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// An eventfd, readable from [`Waker::signal`] until [`Waker::clear`].
///
/// Whoever signals does so after its work is visible (a push to a ring); whoever waits clears first
/// and looks for work afterwards. Then no work is ever slept through, however both interleave.
pub(crate) struct Waker {
    descriptor: OwnedFd,
    signalled: AtomicBool,
}

impl Waker {
    /// Makes one that is not signalled.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes two integers and touches no memory of ours.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made, is valid, and nobody else owns it.
        let descriptor = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Ok(Self { descriptor, signalled: AtomicBool::new(false) })
    }

    /// Makes the descriptor readable. Repeated signals cost one atomic exchange.
    pub(crate) fn signal(&self) {
        if self.signalled.swap(true, Ordering::AcqRel) {
            return;
        }
        let one = 1_u64.to_ne_bytes();
        // SAFETY: `one` is eight readable bytes, which is what an eventfd takes.
        // A failure leaves nothing to do: the counter is far from its limit and never blocks.
        let _ = unsafe { libc::write(self.descriptor.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Makes the descriptor unreadable.
    pub(crate) fn clear(&self) {
        let mut count = [0_u8; 8];
        // SAFETY: `count` is eight writable bytes, which is what an eventfd gives.
        // It fails with EAGAIN when a signaller has not written yet: the descriptor then turns
        // readable a moment later, which costs one needless wake-up.
        let _ = unsafe { libc::read(self.descriptor.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
        // An exchange, not a store: it makes visible what was pushed before a signal that came since.
        self.signalled.swap(false, Ordering::AcqRel);
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}
