//! Waits on several descriptors until a deadline of nanosecond resolution (`epoll(7)`).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// Descriptors that one worker waits on: its sockets and its waker.
const MAX_READY: usize = 16;

/// An epoll instance.
pub(crate) struct Poller {
    epoll: OwnedFd,
    precise: bool,
}

/// What turned ready, by the token given to [`Poller::add`].
pub(crate) struct Ready {
    events: [libc::epoll_event; MAX_READY],
    len: usize,
}

impl Poller {
    /// Makes one that waits on nothing.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: takes a flag and touches no memory of ours.
        let epoll = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if epoll < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made, is valid, and nobody else owns it.
        Ok(Self { epoll: unsafe { OwnedFd::from_raw_fd(epoll) }, precise: true })
    }

    /// Waits on `descriptor` to be readable from now on; `token` comes back in [`Ready`].
    pub(crate) fn add(&self, descriptor: BorrowedFd<'_>, token: usize) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, descriptor, token, libc::EPOLLIN)
    }

    /// Also waits on `descriptor` to be writable, or no longer does.
    pub(crate) fn want_writable(
        &self,
        descriptor: BorrowedFd<'_>,
        token: usize,
        wanted: bool,
    ) -> io::Result<()> {
        let interest = if wanted { libc::EPOLLIN | libc::EPOLLOUT } else { libc::EPOLLIN };
        self.control(libc::EPOLL_CTL_MOD, descriptor, token, interest)
    }

    /// Waits until something is ready or `timeout` has passed; `None` waits without end.
    ///
    /// Returns early, with nothing ready, when a signal interrupts it.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Ready {
        let mut ready = Ready { events: [libc::epoll_event { events: 0, u64: 0 }; MAX_READY], len: 0 };
        let mut count = if self.precise { self.wait_precise(&mut ready, timeout) } else { -1 };
        if count < 0 && self.precise && lacks_precise_wait() {
            self.precise = false;
        }
        if !self.precise {
            count = self.wait_milliseconds(&mut ready, timeout);
        }
        ready.len = usize::try_from(count).unwrap_or(0);
        ready
    }

    fn control(
        &self,
        operation: i32,
        descriptor: BorrowedFd<'_>,
        token: usize,
        interest: i32,
    ) -> io::Result<()> {
        let mut event = libc::epoll_event { events: interest as u32, u64: token as u64 };
        // SAFETY: both descriptors are open while borrowed, and `event` outlives the call.
        let result =
            unsafe { libc::epoll_ctl(self.epoll.as_raw_fd(), operation, descriptor.as_raw_fd(), &mut event) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    fn wait_precise(&self, ready: &mut Ready, timeout: Option<Duration>) -> i64 {
        let timespec = timeout.map(|timeout| libc::timespec {
            tv_sec: timeout.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        });
        let timespec = timespec.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: the kernel writes at most MAX_READY events into `ready`, reads a timespec that
        // outlives the call or is null, and no signal mask is given. By number, because the wrapper
        // is younger than the C library that wheels are built against.
        let count = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.as_raw_fd(),
                ready.events.as_mut_ptr(),
                MAX_READY,
                timespec,
                std::ptr::null::<libc::sigset_t>(),
                0_usize,
            )
        };
        count as i64
    }

    fn wait_milliseconds(&self, ready: &mut Ready, timeout: Option<Duration>) -> i64 {
        let timeout = timeout
            .map_or(-1, |timeout| i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX));
        // SAFETY: the kernel writes at most MAX_READY events into `ready`, which outlives the call.
        let count = unsafe {
            libc::epoll_wait(self.epoll.as_raw_fd(), ready.events.as_mut_ptr(), MAX_READY as i32, timeout)
        };
        i64::from(count)
    }
}

impl Ready {
    /// Iterates over tokens and whether there is something to read, an error included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, bool)> {
        let readable = (libc::EPOLLIN | libc::EPOLLERR | libc::EPOLLHUP) as u32;
        self.events[..self.len].iter().map(move |event| (event.u64 as usize, event.events & readable != 0))
    }
}

/// Kernels before 5.11 lack `epoll_pwait2`, and some sandboxes forbid what they do not know.
fn lacks_precise_wait() -> bool {
    matches!(io::Error::last_os_error().raw_os_error(), Some(libc::ENOSYS | libc::EPERM))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, waker::Waker};
    use std::os::fd::AsFd;

    #[test]
    fn a_signal_is_seen_once_by_either_kind_of_wait() {
        let waker = Waker::new().expect("an eventfd");
        let mut poller = Poller::new().expect("an epoll");
        poller.add(waker.as_fd(), 7).expect("added");
        for precise in [true, false] {
            poller.precise = precise;
            waker.signal();
            waker.signal();
            assert_eq!(poller.wait(None).iter().collect::<Vec<_>>(), [(7, true)]);
            waker.clear();
            assert_eq!(poller.wait(Some(Duration::ZERO)).iter().count(), 0);
        }
    }

    #[test]
    fn a_wait_ends_at_its_deadline_and_not_before() {
        let mut poller = Poller::new().expect("an epoll");
        for precise in [true, false] {
            poller.precise = precise;
            let start = clock::now();
            assert_eq!(poller.wait(Some(Duration::from_micros(1500))).iter().count(), 0);
            assert!(start.elapsed() >= Duration::from_micros(1500));
        }
    }
}
