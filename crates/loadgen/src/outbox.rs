//! Datagrams that wait to be sent, in one buffer that is used again and again.

use std::net::SocketAddr;

/// Datagrams in the order in which they are to be sent.
#[derive(Debug, Default)]
pub struct Outbox {
    pub(crate) bytes: Vec<u8>,
    ends: Vec<(SocketAddr, usize)>,
}

impl Outbox {
    /// Returns where the next datagram starts in `bytes`.
    pub(crate) fn start(&self) -> usize {
        self.ends.last().map_or(0, |(_, end)| *end)
    }

    /// Makes all bytes appended since the last call a datagram to `to`, and returns its length.
    pub(crate) fn commit(&mut self, to: SocketAddr) -> usize {
        let start = self.start();
        self.ends.push((to, self.bytes.len()));
        self.bytes.len() - start
    }

    /// Forgets the bytes appended since the last commit.
    pub(crate) fn abandon(&mut self) {
        let start = self.start();
        self.bytes.truncate(start);
    }

    /// Appends a whole datagram.
    pub(crate) fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.commit(to);
    }

    /// Calls `send` with each datagram and empties the box.
    pub fn drain(&mut self, mut send: impl FnMut(SocketAddr, &[u8])) {
        let mut start = 0;
        for (to, end) in self.ends.drain(..) {
            send(to, &self.bytes[start..end]);
            start = end;
        }
        self.bytes.clear();
    }
}
