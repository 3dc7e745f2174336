//! Takes datagrams from the kernel, 32 trains at a time (`recvmmsg(2)` with `UDP_GRO`).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use sfu::Route;

use crate::address::RawAddress;
use crate::control::{Ancillary, ControlBuffer};

/// Messages of one call.
const MESSAGES: usize = 32;
/// Bytes of one message: a train joined by the kernel is at most 64 kB.
const MESSAGE_BYTES: usize = 65_536;

/// Buffers for one call; allocated once.
pub(crate) struct Receiver {
    data: Box<[u8]>,
    addresses: [RawAddress; MESSAGES],
    controls: [ControlBuffer; MESSAGES],
    lengths: [Lengths; MESSAGES],
}

#[derive(Clone, Copy)]
struct Lengths {
    data: usize,
    control: usize,
    truncated: bool,
}

/// Says how a call went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    /// Datagrams handed on.
    pub(crate) datagrams: usize,
    /// Messages that came cut off or without an address, and were dropped.
    pub(crate) unusable: usize,
    /// Whether more may be waiting.
    pub(crate) more: bool,
}

impl Receiver {
    /// Allocates 2 MB of address space; pages are touched as long datagrams come.
    pub(crate) fn new() -> Self {
        Self {
            data: vec![0; MESSAGES * MESSAGE_BYTES].into_boxed_slice(),
            addresses: [RawAddress::EMPTY; MESSAGES],
            controls: [ControlBuffer::EMPTY; MESSAGES],
            lengths: [Lengths { data: 0, control: 0, truncated: false }; MESSAGES],
        }
    }

    /// Reads once from `socket` and hands each datagram, with its route and the Unix time of its
    /// arrival, to `each`.
    ///
    /// # Errors
    /// What `recvmmsg` says, except that nothing is there, which is no error.
    pub(crate) fn receive(
        &mut self,
        socket: BorrowedFd<'_>,
        mut each: impl FnMut(Route, Option<Duration>, &mut [u8]),
    ) -> io::Result<Received> {
        let count = match self.call(socket) {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Received::default()),
            Err(error) => return Err(error),
        };
        let mut received = Received { more: count == MESSAGES, ..Received::default() };
        for (index, data) in self.data.chunks_exact_mut(MESSAGE_BYTES).take(count).enumerate() {
            let lengths = self.lengths[index];
            let ancillary = self.controls[index].parse(lengths.control);
            let Some(route) = route(&self.addresses[index], &ancillary).filter(|_| !lengths.truncated) else {
                received.unusable += 1;
                continue;
            };
            let segment = ancillary.segment.filter(|segment| *segment > 0).unwrap_or(MESSAGE_BYTES);
            for datagram in data[..lengths.data].chunks_mut(segment) {
                received.datagrams += 1;
                each(route, ancillary.stamp, datagram);
            }
        }
        Ok(received)
    }

    fn call(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let mut parts = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }; MESSAGES];
        // SAFETY: mmsghdr is integers and pointers, for which all zeros are valid.
        let mut headers: [libc::mmsghdr; MESSAGES] = unsafe { std::mem::zeroed() };
        for (index, data) in self.data.chunks_exact_mut(MESSAGE_BYTES).enumerate() {
            parts[index] = libc::iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
            let header = &mut headers[index].msg_hdr;
            header.msg_name = std::ptr::from_mut(&mut self.addresses[index]).cast();
            header.msg_namelen = size_of::<RawAddress>() as libc::socklen_t;
            header.msg_iov = &mut parts[index];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[index].room().as_mut_ptr().cast();
            header.msg_controllen = ControlBuffer::CAPACITY as _;
        }
        // SAFETY: every pointer in `headers` leads to memory of ours, of the length beside it, that is
        // writable, borrowed by nothing else, and outlives the call; no timeout is given.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                MESSAGES as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (lengths, header) in self.lengths.iter_mut().zip(&headers[..count]) {
            lengths.data = (header.msg_len as usize).min(MESSAGE_BYTES);
            lengths.control = header.msg_hdr.msg_controllen;
            lengths.truncated = header.msg_hdr.msg_flags & (libc::MSG_TRUNC | libc::MSG_CTRUNC) != 0;
        }
        Ok(count)
    }
}

fn route(address: &RawAddress, ancillary: &Ancillary) -> Option<Route> {
    Some(Route { local: ancillary.local?, remote: address.decode()? })
}
