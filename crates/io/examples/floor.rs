//! The bare limit of this machine: sealing packets and handing them to the kernel, and nothing else.
//!
//! `floor ADDRESS:PORT…` prints one JSON object: packets per second of this thread's CPU time, by way of
//! sending. The receivers are sockets that nobody reads. `bench/load` prints it beside what servers reach.

use std::error::Error;
use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::Duration;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// As a server forwards video: header, payload and tag.
const PACKET: usize = 1_200;
const HEADER: usize = 12;
const TAG: usize = 16;
const ROUNDS: usize = 100;
/// Of which the fastest counts: others were disturbed.
const TRIES: usize = 10;
/// Packets of one frame, sent as one message: a picture of 360p, of 720p, of 1080p.
const RUNS: [usize; 3] = [2, 7, 12];

fn main() -> Result<(), Box<dyn Error>> {
    let receivers: Vec<SocketAddr> =
        std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    if receivers.is_empty() {
        return Err("floor ADDRESS:PORT…: no receiver is named".into());
    }
    let count = receivers.len();
    let sealer = Sealer::new()?;
    let alone = rate(count, || sealer.send_each(&receivers))?;
    let mut figures = format!("{{\"sendto\": {alone}");
    for run in RUNS {
        let together = rate(count * run, || sealer.send_runs(&receivers, run))?;
        figures.push_str(&format!(", \"segments_of_{run}\": {together}"));
    }
    writeln!(io::stdout(), "{figures}}}")?;
    Ok(())
}

/// One key and one socket, as each worker has.
struct Sealer {
    key: LessSafeKey,
    socket: UdpSocket,
}

impl Sealer {
    fn new() -> Result<Self, Box<dyn Error>> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).map_err(|_| "no key")?);
        Ok(Self { key, socket: UdpSocket::bind("0.0.0.0:0")? })
    }

    fn seal(&self, packet: &mut [u8], number: usize) -> Result<(), Box<dyn Error>> {
        let mut nonce = [0; 12];
        nonce[4..].copy_from_slice(&(number as u64).to_be_bytes());
        let (header, rest) = packet.split_at_mut(HEADER);
        let (payload, tag) = rest.split_at_mut(PACKET - HEADER - TAG);
        let sealed = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&*header), payload)
            .map_err(|_| "a packet was not sealed")?;
        tag.copy_from_slice(sealed.as_ref());
        Ok(())
    }

    /// A call of sendto for each packet.
    fn send_each(&self, receivers: &[SocketAddr]) -> Result<(), Box<dyn Error>> {
        self.segment(0)?;
        let mut packet = [0; PACKET];
        for (number, receiver) in receivers.iter().enumerate() {
            self.seal(&mut packet, number)?;
            self.socket.send_to(&packet, receiver)?;
        }
        Ok(())
    }

    /// A call for each run of `run` packets, cut by the kernel (`UDP_SEGMENT`).
    fn send_runs(&self, receivers: &[SocketAddr], run: usize) -> Result<(), Box<dyn Error>> {
        self.segment(PACKET)?;
        let mut packets = vec![0; PACKET * run];
        for receiver in receivers {
            for (number, packet) in packets.chunks_mut(PACKET).enumerate() {
                self.seal(packet, number)?;
            }
            self.socket.send_to(&packets, receiver)?;
        }
        Ok(())
    }

    fn segment(&self, size: usize) -> io::Result<()> {
        let size = size as libc::c_int;
        // SAFETY: `size` is readable for the length given and outlives the call.
        let result = unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_UDP,
                libc::UDP_SEGMENT,
                std::ptr::from_ref(&size).cast(),
                size_of_val(&size) as libc::socklen_t,
            )
        };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

/// Packets per second of CPU time, where a round sends so many.
fn rate(
    packets: usize,
    mut round: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<u64, Box<dyn Error>> {
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        let begun = cpu_time()?;
        for _ in 0..ROUNDS {
            round()?;
        }
        fastest = fastest.min(cpu_time()? - begun);
    }
    Ok(((ROUNDS * packets) as f64 / fastest.as_secs_f64()) as u64)
}

/// What this thread has spent.
fn cpu_time() -> io::Result<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is writable and outlives the call.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}
