//! Hands runs of datagrams to the kernel, up to 64 messages at a time (`sendmmsg(2)`), one message
//! per run where the kernel cuts it into datagrams (`UDP_SEGMENT`), one per datagram where it does not.
//!
//! It never waits: what a full socket refuses stays in the batch for the caller to offer again.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use arrayvec::ArrayVec;
use sfu::{Route, SendBatch};

use crate::address::RawAddress;
use crate::control::ControlBuffer;
use crate::counters::DriverCounters;
use crate::socket::Socket;

/// Messages of one call.
const MESSAGES: usize = 64;

/// How far one socket has got with the current batch.
pub(crate) struct Sender {
    segmentation: bool,
    next: Position,
    /// The run that the kernel refused to cut, and that is sent one by one.
    refused_run: Option<usize>,
}

/// A datagram in a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Position {
    run: usize,
    segment: usize,
}

/// Whether a batch is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Everything was sent, or refused for good and counted.
    Done,
    /// The socket is full; the rest waits.
    Blocked,
}

struct Message<'a> {
    position: Position,
    route: Route,
    bytes: &'a [u8],
    /// Length of each datagram in `bytes`, where there are several.
    segment: Option<u16>,
    datagrams: u64,
}

impl Sender {
    /// Makes a sender; `segmentation` says whether the kernel may be asked to cut runs.
    pub(crate) fn new(segmentation: bool) -> Self {
        Self { segmentation, next: Position::default(), refused_run: None }
    }

    /// Sends the datagrams of `batch` that `socket` carries, from where the last call stopped.
    pub(crate) fn send(
        &mut self,
        socket: &Socket,
        batch: &SendBatch,
        counters: &mut DriverCounters,
    ) -> Progress {
        let carries = |route: &Route| socket.carries(route);
        self.offer(batch, carries, counters, |messages| send_messages(socket.as_fd(), messages))
    }

    /// Gives up what is left of `batch` and counts it.
    pub(crate) fn abandon(&mut self, socket: &Socket, batch: &SendBatch, counters: &mut DriverCounters) {
        let mut lost = 0;
        let carries = |route: &Route| socket.carries(route);
        self.offer(batch, carries, &mut DriverCounters::default(), |messages| {
            lost += messages.iter().map(|message| message.datagrams).sum::<u64>();
            Ok(messages.len())
        });
        counters.send_blocked += lost;
    }

    /// Starts over, for the next batch.
    pub(crate) fn reset(&mut self) {
        self.next = Position::default();
        self.refused_run = None;
    }

    fn offer(
        &mut self,
        batch: &SendBatch,
        carries: impl Fn(&Route) -> bool,
        counters: &mut DriverCounters,
        mut kernel: impl FnMut(&[Message<'_>]) -> io::Result<usize>,
    ) -> Progress {
        loop {
            let messages = self.collect(batch, &carries);
            let Some(first) = messages.first() else {
                return Progress::Done;
            };
            match kernel(&messages) {
                Ok(0) => return Progress::Blocked,
                Ok(sent) => {
                    counters.send_calls += sent as u64;
                    self.next = messages[sent - 1].behind();
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Progress::Blocked,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.refused(first, &error, counters),
            }
        }
    }

    fn collect<'a>(
        &self,
        batch: &'a SendBatch,
        carries: impl Fn(&Route) -> bool,
    ) -> ArrayVec<Message<'a>, MESSAGES> {
        let mut messages = ArrayVec::new();
        for (index, (run, bytes)) in batch.runs().enumerate().skip(self.next.run) {
            if !carries(&run.route) {
                continue;
            }
            let whole = self.segmentation && run.segments > 1 && self.refused_run != Some(index);
            let first = if index == self.next.run { self.next.segment } else { 0 };
            let step = if whole { bytes.len() } else { usize::from(run.segment) };
            for (segment, bytes) in bytes.chunks(step.max(1)).enumerate().skip(first) {
                if messages.is_full() {
                    return messages;
                }
                messages.push(Message {
                    position: Position { run: index, segment },
                    route: run.route,
                    bytes,
                    segment: whole.then_some(run.segment),
                    datagrams: if whole { run.segments.into() } else { 1 },
                });
            }
        }
        messages
    }

    /// The kernel refused `message`: decides whether it is offered again in another form, or skipped.
    fn refused(&mut self, message: &Message<'_>, error: &io::Error, counters: &mut DriverCounters) {
        match error.raw_os_error() {
            // The device cannot compute checksums of cut datagrams, or the kernel does not cut.
            Some(libc::EIO | libc::EINVAL) if message.segment.is_some() => {
                self.segmentation = false;
                counters.segmentation_lost += 1;
                tracing::warn!("the kernel refuses UDP segmentation; datagrams are sent one by one");
            }
            // Longer than the device's MTU: such datagrams can be fragmented, but not cut from a run.
            Some(libc::EMSGSIZE) if message.segment.is_some() => {
                self.refused_run = Some(message.position.run)
            }
            _ => {
                counters.send_failed += message.datagrams;
                self.next = message.behind();
            }
        }
    }
}

impl Message<'_> {
    fn behind(&self) -> Position {
        match self.segment {
            Some(_) => Position { run: self.position.run + 1, segment: 0 },
            None => Position { run: self.position.run, segment: self.position.segment + 1 },
        }
    }
}

/// Returns how many of `messages`, at least one, the kernel took; an error is about the first.
fn send_messages(socket: BorrowedFd<'_>, messages: &[Message<'_>]) -> io::Result<usize> {
    let mut addresses = [RawAddress::EMPTY; MESSAGES];
    let mut controls = [ControlBuffer::EMPTY; MESSAGES];
    let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; MESSAGES];
    // SAFETY: mmsghdr is integers and pointers, for which all zeros are valid.
    let mut headers: [libc::mmsghdr; MESSAGES] = unsafe { std::mem::zeroed() };
    for (index, message) in messages.iter().enumerate() {
        let (address, address_len) = RawAddress::encode(message.route.remote);
        addresses[index] = address;
        controls[index].push_source(message.route.local);
        if let Some(segment) = message.segment {
            controls[index].push_segment(segment);
        }
        parts[index] =
            libc::iovec { iov_base: message.bytes.as_ptr().cast_mut().cast(), iov_len: message.bytes.len() };
        let header = &mut headers[index].msg_hdr;
        header.msg_name = std::ptr::from_mut(&mut addresses[index]).cast();
        header.msg_namelen = address_len as libc::socklen_t;
        header.msg_iov = &mut parts[index];
        header.msg_iovlen = 1;
        header.msg_control = controls[index].bytes().as_ptr().cast_mut().cast();
        header.msg_controllen = controls[index].bytes().len() as _;
    }
    // SAFETY: every pointer in the first `messages.len()` headers leads to memory of the length beside
    // it that outlives the call; the kernel only reads what a sent message points to.
    let count = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            messages.len() as libc::c_uint,
            (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
        )
    };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(port: u16) -> Route {
        Route { local: [127, 0, 0, 1].into(), remote: ([127, 0, 0, 1], port).into() }
    }

    /// Two runs: three datagrams of 100 bytes to port 1, two of 50 bytes to port 2.
    fn batch() -> SendBatch {
        let mut batch = SendBatch::new(10_000, 16);
        for (port, len) in [(1, 100), (1, 100), (1, 100), (2, 50), (2, 50)] {
            batch.lane(route(port)).reserve(1500).expect("room").commit(len);
        }
        batch
    }

    /// Offers `batch` to a kernel that answers as scripted, then takes everything; returns the
    /// (port, bytes) taken.
    fn offer(
        sender: &mut Sender,
        batch: &SendBatch,
        counters: &mut DriverCounters,
        script: &[Result<usize, i32>],
    ) -> (Progress, Vec<(u16, usize)>) {
        let mut taken = Vec::new();
        let mut script = script.iter();
        let progress = sender.offer(
            batch,
            |_| true,
            counters,
            |messages| {
                let sent = match script.next() {
                    Some(Err(code)) => return Err(io::Error::from_raw_os_error(*code)),
                    Some(Ok(count)) => *count,
                    None => messages.len(),
                };
                taken.extend(
                    messages[..sent].iter().map(|message| (message.route.remote.port(), message.bytes.len())),
                );
                Ok(sent)
            },
        );
        (progress, taken)
    }

    #[test]
    fn a_run_is_one_message_where_the_kernel_cuts_it() {
        let mut counters = DriverCounters::default();
        let (progress, taken) = offer(&mut Sender::new(true), &batch(), &mut counters, &[]);
        assert_eq!((progress, taken), (Progress::Done, vec![(1, 300), (2, 100)]));
        assert_eq!(counters.send_calls, 2);
    }

    #[test]
    fn a_run_is_one_message_per_datagram_where_the_kernel_does_not_cut() {
        let mut counters = DriverCounters::default();
        let (_, taken) = offer(&mut Sender::new(false), &batch(), &mut counters, &[Ok(2), Ok(2)]);
        assert_eq!(taken, [(1, 100), (1, 100), (1, 100), (2, 50), (2, 50)]);
    }

    #[test]
    fn a_device_that_cannot_cut_gets_single_datagrams_from_then_on() {
        for code in [libc::EIO, libc::EINVAL] {
            let (mut sender, mut counters) = (Sender::new(true), DriverCounters::default());
            let (_, taken) = offer(&mut sender, &batch(), &mut counters, &[Ok(1), Err(code)]);
            assert_eq!(taken, [(1, 300), (2, 50), (2, 50)]);
            assert_eq!((counters.segmentation_lost, counters.send_failed), (1, 0));
            sender.reset();
            let (_, taken) = offer(&mut sender, &batch(), &mut counters, &[]);
            assert_eq!(taken.len(), 5);
        }
    }

    #[test]
    fn a_run_of_too_long_datagrams_is_sent_singly_and_others_are_not() {
        let (mut sender, mut counters) = (Sender::new(true), DriverCounters::default());
        let (_, taken) = offer(&mut sender, &batch(), &mut counters, &[Err(libc::EMSGSIZE)]);
        assert_eq!(taken, [(1, 100), (1, 100), (1, 100), (2, 100)]);
        assert_eq!(counters.segmentation_lost, 0);
    }

    #[test]
    fn a_full_socket_keeps_what_is_unsent() {
        let (mut sender, mut counters) = (Sender::new(false), DriverCounters::default());
        let batch = batch();
        let (progress, taken) = offer(&mut sender, &batch, &mut counters, &[Ok(2), Err(libc::EAGAIN)]);
        assert_eq!((progress, taken.len()), (Progress::Blocked, 2));
        let (progress, taken) = offer(&mut sender, &batch, &mut counters, &[]);
        assert_eq!((progress, taken), (Progress::Done, vec![(1, 100), (2, 50), (2, 50)]));
    }

    #[test]
    fn what_is_abandoned_is_counted_by_datagram() {
        let socket = Socket::bind(([127, 0, 0, 1], 0).into()).expect("a socket");
        let (mut sender, mut counters) = (Sender::new(true), DriverCounters::default());
        let batch = batch();
        offer(&mut sender, &batch, &mut counters, &[Ok(1), Err(libc::EAGAIN)]);
        sender.abandon(&socket, &batch, &mut counters);
        assert_eq!((counters.send_blocked, counters.send_calls), (2, 1));
    }

    #[test]
    fn an_unreachable_destination_does_not_stop_the_others() {
        let (mut sender, mut counters) = (Sender::new(true), DriverCounters::default());
        let (progress, taken) = offer(&mut sender, &batch(), &mut counters, &[Err(libc::ENETUNREACH)]);
        assert_eq!((progress, taken), (Progress::Done, vec![(2, 100)]));
        assert_eq!(counters.send_failed, 3);
    }

    #[test]
    fn more_messages_than_one_call_takes_are_all_sent() {
        let mut batch = SendBatch::new(10_000, 200);
        for port in 1..=150 {
            batch.lane(route(port)).reserve(10).expect("room").commit(10);
        }
        let (_, taken) = offer(&mut Sender::new(true), &batch, &mut DriverCounters::default(), &[]);
        assert_eq!(taken.iter().map(|(port, _)| *port).collect::<Vec<_>>(), (1..=150).collect::<Vec<_>>());
    }

    #[test]
    fn another_sockets_routes_are_left_alone() {
        let mut calls = 0;
        let mut sender = Sender::new(true);
        let progress = sender.offer(
            &batch(),
            |_| false,
            &mut DriverCounters::default(),
            |_| {
                calls += 1;
                Ok(1)
            },
        );
        assert_eq!((progress, calls), (Progress::Done, 0));
    }
}
