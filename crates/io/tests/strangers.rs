//! What those who know no secret get out of a media port: nothing (threats T-01, T-02, T-07).
//! Alone in its process, because it measures the memory of it.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use io::{Engine, EngineConfig};
use wire::stun::{BindingRequest, IceRole, TransactionId, write_binding_request};

const DATAGRAMS: usize = 100_000;
/// So many that the largest has come into each buffer: touched for the first time, those alone are 2 MiB.
const FIRST_DATAGRAMS: usize = 25_000;
const MAX_GROWTH_BYTES: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_hundred_thousand_datagrams_of_strangers_get_no_answer_and_no_memory() {
    let engine = start();
    let strangers: Vec<UdpSocket> = (0..50).map(|_| stranger(engine.ports()[0])).collect();
    let kinds = datagrams();

    send(&engine, &strangers, &kinds, FIRST_DATAGRAMS);
    let before = resident_bytes();
    send(&engine, &strangers, &kinds, DATAGRAMS);
    let growth = resident_bytes().saturating_sub(before);

    let totals = engine.totals();
    assert_eq!((totals.packets_sent, totals.bytes_sent, totals.send_calls), (0, 0, 0));
    assert!(totals.packets_received as usize >= DATAGRAMS, "only {} arrived", totals.packets_received);
    for stranger in &strangers {
        assert!(stranger.recv(&mut [0; 2048]).is_err(), "a stranger was answered");
    }
    assert!(growth <= MAX_GROWTH_BYTES, "{growth} bytes more");
    assert_eq!((totals.faults, totals.workers_lost), (0, 0));
}

fn start() -> Engine {
    let config = EngineConfig {
        workers: 1,
        port: 0,
        addresses: vec![Ipv4Addr::LOCALHOST.into()],
        announced: vec![],
        segmentation: true,
    };
    Engine::start(config).expect("started")
}

fn stranger(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.connect((Ipv4Addr::LOCALHOST, port)).expect("connected");
    socket.set_nonblocking(true).expect("non-blocking");
    socket
}

/// Sends until `count` datagrams more have arrived; some are lost where buffers are small.
fn send(engine: &Engine, strangers: &[UdpSocket], kinds: &[Vec<u8>], count: usize) {
    let received = || engine.totals().packets_received as usize;
    let mut all = strangers.iter().cycle().zip(kinds.iter().cycle());
    let goal = received() + count;
    while received() < goal {
        let before = received();
        for (stranger, datagram) in all.by_ref().take(4096) {
            stranger.send(datagram).expect("sent");
        }
        wait_until(|| received() > before);
    }
}

/// One of each kind: valid and invalid STUN, DTLS hellos, media, control, and what is none of them.
fn datagrams() -> Vec<Vec<u8>> {
    let mut kinds = vec![check(b"nobody:here"), check(b""), check(&[b'u'; 500])];
    let mut without_fingerprint = check(b"nobody:here");
    without_fingerprint.truncate(without_fingerprint.len() - 8);
    kinds.push(without_fingerprint);
    // An allocation and an indication, of which only TURN servers know something.
    kinds.push([&[0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42], &[7; 12][..]].concat());
    kinds.push([&[0, 0x16, 0, 0, 0x21, 0x12, 0xa4, 0x42], &[7; 12][..]].concat());
    // A DTLS 1.2 record with the beginning of a ClientHello.
    kinds.push([&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200, 1, 0, 0, 188], &[9; 196][..]].concat());
    kinds.push([&[0x80, 96, 0, 1], &[5; 1100][..]].concat());
    kinds.push([&[0x90, 111, 0, 1], &[0xbe; 80][..]].concat());
    kinds.push([&[0x81, 200, 0, 6], &[5; 24][..]].concat());
    kinds.push([&[0x8f, 205, 0xff, 0xff], &[5; 60][..]].concat());
    kinds.extend((0..=255).step_by(5).map(|first| vec![first; 33]));
    kinds.extend([vec![0], vec![0; 1501], vec![0x80; 9000], vec![22; 60_000]]);
    kinds
}

fn check(username: &[u8]) -> Vec<u8> {
    let request = BindingRequest {
        transaction_id: TransactionId([3; 12]),
        username,
        priority: 1,
        role: IceRole::Controlling(7),
        use_candidate: true,
    };
    let mut buffer = [0; 1000];
    let len = write_binding_request(&mut buffer, &request, b"guessed password of someone").expect("room");
    buffer[..len].to_vec()
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a process file");
    let pages: usize = statm.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("a number");
    pages * 4096
}

#[allow(clippy::disallowed_methods, reason = "waits for another thread's counters, which nothing announces")]
fn wait_until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain");
        std::thread::sleep(Duration::from_millis(1));
    }
}
