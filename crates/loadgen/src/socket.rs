//! A peer's own UDP socket: several datagrams per call where the kernel can, each with the time it came in.

use std::io::{self, ErrorKind, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use quinn_udp::{RecvMeta, UdpSocketState};
use rustix::net::sockopt;

use crate::clock::Clock;
use crate::outbox::Outbox;

/// Messages read at once, each a train of datagrams.
const MESSAGES: usize = 8;
const TRAIN_MAX: usize = 65_536;
/// What the kernel may hold for one peer while others are served.
const KERNEL_BUFFER: usize = 4 << 20;

/// Room for what is read, shared by all sockets.
pub(crate) struct Buffers {
    bytes: Vec<u8>,
    meta: [RecvMeta; MESSAGES],
}

/// One peer's socket.
pub(crate) struct Socket {
    pub io: UdpSocket,
    state: UdpSocketState,
    pub local: SocketAddr,
}

impl Buffers {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; MESSAGES * TRAIN_MAX], meta: [RecvMeta::default(); MESSAGES] }
    }
}

impl Socket {
    pub(crate) fn bind(address: IpAddr) -> io::Result<Self> {
        let io = UdpSocket::bind((address, 0).into())?;
        let state = UdpSocketState::new((&io).into())?;
        // More than the system's limit only as root; the report tells what was dropped for want of it.
        if sockopt::set_socket_recv_buffer_size_force(&io, KERNEL_BUFFER).is_err() {
            sockopt::set_socket_recv_buffer_size(&io, KERNEL_BUFFER)?;
        }
        let local = io.local_addr()?;
        Ok(Self { io, state, local })
    }

    /// Calls `take` with everything that came: when, from where, and the datagram. Returns the number of datagrams.
    pub(crate) fn receive(
        &self,
        clock: Clock,
        buffers: &mut Buffers,
        mut take: impl FnMut(Instant, SocketAddr, &mut [u8]),
    ) -> io::Result<()> {
        loop {
            let mut chunks = buffers.bytes.chunks_exact_mut(TRAIN_MAX);
            let mut slices: [IoSliceMut<'_>; MESSAGES] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
            let count = match self.state.recv((&self.io).into(), &mut slices, &mut buffers.meta) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let (now, unix) = (clock.now(), clock.unix());
            for (meta, bytes) in buffers.meta[..count].iter().zip(buffers.bytes.chunks_exact_mut(TRAIN_MAX)) {
                let waited = meta.timestamp.map_or(Duration::ZERO, |at| unix.saturating_sub(at));
                let at = now.checked_sub(waited).unwrap_or(now);
                for datagram in bytes[..meta.len].chunks_mut(meta.stride.max(1)) {
                    take(at, meta.addr, datagram);
                }
            }
            if count < MESSAGES {
                return Ok(());
            }
        }
    }

    /// Sends everything in the box, and returns how many datagrams the kernel did not take.
    pub(crate) fn send(&self, out: &mut Outbox) -> u64 {
        let mut refused = 0;
        out.drain(|to, datagram| refused += u64::from(self.io.send_to(datagram, to).is_err()));
        refused
    }
}

/// Returns how many datagrams the kernel dropped at the sockets with these ports for want of room.
pub(crate) fn dropped(ports: &[u16]) -> u64 {
    let tables = ["/proc/self/net/udp", "/proc/self/net/udp6"];
    let tables = tables.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    tables.map(|table| table.lines().filter_map(|line| dropped_at(line, ports)).sum::<u64>()).sum()
}

fn dropped_at(line: &str, ports: &[u16]) -> Option<u64> {
    let mut words = line.split_ascii_whitespace();
    let (_, port) = words.nth(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    words.last()?.parse().ok().filter(|_| ports.contains(&port))
}
