//! What sending costs on this machine: packets sealed and sent as a worker does, to receivers that nobody reads.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use sfu::{Route, SendBatch};
use srtp::{MAX_TAG, MasterKey, OutboundContext, Profile};

use crate::clock;
use crate::counters::DriverCounters;
use crate::sender::{Progress, Sender};
use crate::socket::Socket;

/// Sockets on loopback; each has its own key.
const RECEIVERS: usize = 100;
const HEADER: usize = 12;
/// Bytes of an RTP packet that are sealed and sent: none shorter than a header, none longer than a line takes.
const PACKET: std::ops::RangeInclusive<usize> = 40..=1_400;
/// Packets of one frame.
const RUN: std::ops::RangeInclusive<usize> = 1..=64;
/// Of the arena: enough for one frame to everyone, as a rule.
const BATCH_BYTES: usize = 1024 * 1024;
const BATCH_RUNS: usize = 1024;
const TIME_MAX: Duration = Duration::from_secs(5);

/// What was sent, and what it took.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Packets handed to the kernel.
    pub packets: u64,
    /// Processor time of the calling thread.
    pub processor: Duration,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum GaugeError {
    /// A packet or run longer or shorter than any of ours.
    #[error("packets have {} to {} bytes, frames 1 to {} packets", PACKET.start(), PACKET.end(), RUN.end())]
    Shape,
    /// No sockets.
    #[error("no socket on loopback: {0}")]
    Socket(#[from] std::io::Error),
    /// The cipher refused.
    #[error("a packet was not sealed: {0}")]
    Seal(String),
}

/// Seals and sends frames of `run` packets of `bytes` each to everyone in turn, for `time` at most.
///
/// On loopback the kernel's share of receiving is in the time too, a network card's driver is not.
///
/// # Errors
/// [`GaugeError`] says what this machine lacks.
pub fn measure_sending(run: usize, bytes: usize, time: Duration) -> Result<Sent, GaugeError> {
    if !RUN.contains(&run) || !PACKET.contains(&bytes) {
        return Err(GaugeError::Shape);
    }
    let mut gauge = Gauge::new(bytes)?;
    let (begun, end) = (clock::processor(), clock::now() + time.min(TIME_MAX));
    while clock::now() < end {
        gauge.round(run)?;
    }
    Ok(Sent { packets: gauge.packets, processor: clock::processor().saturating_sub(begun) })
}

struct Receiver {
    route: Route,
    context: OutboundContext,
    /// Open, so that what is sent has somewhere to go.
    _socket: UdpSocket,
}

struct Gauge {
    socket: Socket,
    sender: Sender,
    batch: SendBatch,
    counters: DriverCounters,
    receivers: Vec<Receiver>,
    packet: Vec<u8>,
    number: u16,
    packets: u64,
}

impl Gauge {
    fn new(bytes: usize) -> Result<Self, GaugeError> {
        let socket = Socket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let sender = Sender::new(socket.supports_segmentation());
        let receivers = (0..RECEIVERS).map(|number| receiver(number as u8)).collect::<Result<_, _>>()?;
        let mut packet = vec![7; bytes];
        // Version 2, a payload type, and an SSRC (RFC 3550 section 5.1).
        packet[..HEADER].copy_from_slice(&[0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
        let batch = SendBatch::new(BATCH_BYTES, BATCH_RUNS);
        let counters = DriverCounters::default();
        Ok(Self { socket, sender, batch, counters, receivers, packet, number: 0, packets: 0 })
    }

    /// Sends everyone one frame.
    fn round(&mut self, run: usize) -> Result<(), GaugeError> {
        let first = self.number;
        for at in 0..self.receivers.len() {
            for place in 0..run {
                self.number = first.wrapping_add(place as u16);
                self.seal(at)?;
            }
        }
        self.number = self.number.wrapping_add(1);
        self.flush();
        Ok(())
    }

    fn seal(&mut self, at: usize) -> Result<(), GaugeError> {
        let room = self.packet.len() + MAX_TAG;
        if self.batch.totals().1 + room > BATCH_BYTES {
            self.flush();
        }
        let receiver = &mut self.receivers[at];
        let mut lane = self.batch.lane(receiver.route);
        let Some(mut place) = lane.reserve(room) else { return Ok(()) };
        let bytes = place.bytes();
        bytes[..self.packet.len()].copy_from_slice(&self.packet);
        bytes[2..4].copy_from_slice(&self.number.to_be_bytes());
        let sealed = receiver.context.seal_rtp(bytes, HEADER, self.packet.len() - HEADER);
        let len = sealed.map_err(|error| GaugeError::Seal(error.to_string()))?;
        place.commit(len);
        Ok(())
    }

    fn flush(&mut self) {
        self.packets += self.batch.totals().0 as u64;
        // Loopback takes what it is given, or drops it: a full socket is offered the rest, once.
        if self.sender.send(&self.socket, &self.batch, &mut self.counters) == Progress::Blocked {
            self.sender.abandon(&self.socket, &self.batch, &mut self.counters);
        }
        self.sender.reset();
        self.batch.clear();
    }
}

fn receiver(number: u8) -> Result<Receiver, GaugeError> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let remote: SocketAddr = socket.local_addr()?;
    let profile = Profile::AeadAes256Gcm;
    let (key, salt) = (vec![number; profile.key_len()], vec![number; profile.salt_len()]);
    let refused = |error: &dyn std::fmt::Display| GaugeError::Seal(error.to_string());
    let master = MasterKey::new(profile, &key, &salt).map_err(|error| refused(&error))?;
    let context = OutboundContext::new(&master).map_err(|error| refused(&error))?;
    Ok(Receiver { route: Route { local: Ipv4Addr::LOCALHOST.into(), remote }, context, _socket: socket })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_counted_and_takes_processor_time() {
        let sent = measure_sending(6, 1_180, Duration::from_millis(50)).expect("sends");
        assert!(sent.packets >= 600 && sent.packets.is_multiple_of(600), "{sent:?}");
        assert!(sent.processor > Duration::ZERO && sent.processor < Duration::from_secs(2), "{sent:?}");
    }

    #[test]
    fn packets_and_frames_that_nobody_sends_are_refused() {
        for (run, bytes) in [(0, 1_000), (65, 1_000), (1, 10), (1, 2_000)] {
            assert!(matches!(measure_sending(run, bytes, Duration::ZERO), Err(GaugeError::Shape)));
        }
    }

    #[test]
    fn packets_arrive_sealed_and_in_order_of_their_numbers() {
        let mut gauge = Gauge::new(100).expect("sockets");
        gauge.round(2).expect("sends");
        gauge.round(2).expect("sends");
        let mut buffer = [0; 200];
        let socket = &gauge.receivers[0]._socket;
        let numbers: Vec<u16> = (0..4)
            .map(|_| {
                assert_eq!(socket.recv(&mut buffer).expect("came"), 116);
                u16::from_be_bytes([buffer[2], buffer[3]])
            })
            .collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
    }
}
