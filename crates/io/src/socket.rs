//! UDP sockets as the media path needs them: non-blocking, unconnected, with large buffers, telling
//! for each datagram to which of our addresses it came, and joining trains of datagrams (UDP_GRO).

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use sfu::Route;
use socket2::{Domain, Protocol, Type};

/// Kernel buffer in each direction: 50 ms of 1 Gbit/s, with the kernel's own overhead.
const BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// One bound socket.
pub(crate) struct Socket {
    inner: socket2::Socket,
    address: SocketAddr,
}

impl Socket {
    /// Binds `address`; port 0 lets the system choose.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let inner = socket2::Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        inner.set_nonblocking(true)?;
        if address.is_ipv6() {
            inner.set_only_v6(true)?;
        }
        inner.bind(&address.into())?;
        let address = inner.local_addr()?.as_socket().ok_or(io::ErrorKind::Unsupported)?;
        let socket = Self { inner, address };
        socket.report_destination()?;
        socket.tune();
        Ok(socket)
    }

    /// The address bound, with the port that the system chose.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether datagrams on `route` leave through this socket.
    pub(crate) fn carries(&self, route: &Route) -> bool {
        let ip = self.address.ip();
        ip.is_ipv4() == route.remote.is_ipv4() && (ip.is_unspecified() || ip == route.local)
    }

    /// Whether the kernel cuts one long message into datagrams (`UDP_SEGMENT`, Linux 4.18).
    pub(crate) fn supports_segmentation(&self) -> bool {
        self.set(libc::SOL_UDP, libc::UDP_SEGMENT, 0).is_ok()
    }

    fn report_destination(&self) -> io::Result<()> {
        match self.address.ip() {
            IpAddr::V4(_) => self.set(libc::IPPROTO_IP, libc::IP_PKTINFO, 1),
            IpAddr::V6(_) => self.set(libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1),
        }
    }

    /// What makes things better and is not needed: an old kernel or a missing right is no reason to stop.
    fn tune(&self) {
        // Path MTU discovery would let a forged ICMP message shrink or stop a call: our datagrams are
        // small, and a network that needs smaller ones may fragment them.
        let _ = match self.address.ip() {
            IpAddr::V4(_) => self.set(libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_OMIT),
            IpAddr::V6(_) => self.set(libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_OMIT),
        };
        let _ = self.set(libc::SOL_UDP, libc::UDP_GRO, 1);
        let _ = self.set(libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1);
        if self.set(libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, BUFFER_BYTES as i32).is_err() {
            let _ = self.inner.set_recv_buffer_size(BUFFER_BYTES);
        }
        if self.set(libc::SOL_SOCKET, libc::SO_SNDBUFFORCE, BUFFER_BYTES as i32).is_err() {
            let _ = self.inner.set_send_buffer_size(BUFFER_BYTES);
        }
    }

    fn set(&self, level: i32, option: i32, value: i32) -> io::Result<()> {
        // SAFETY: `value` is readable for the length given and outlives the call.
        let result = unsafe {
            libc::setsockopt(
                self.inner.as_raw_fd(),
                level,
                option,
                std::ptr::from_ref(&value).cast(),
                size_of_val(&value) as libc::socklen_t,
            )
        };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inner.as_fd()
    }
}
