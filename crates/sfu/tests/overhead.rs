//! What congestion control costs per forwarded packet, in the same engine with and without it, for
//! `python -m bench congestion`.

mod common;

use std::time::Instant;

use common::steady::Steady;

const VIEWERS: usize = 10;
/// Twenty-five seconds: the clients give no sign of life, and are let go after thirty.
const PACKETS: usize = 2500;
/// Packets timed together; of all these the fastest counts, which is the one that nothing disturbed.
const CHUNK: usize = 50;

#[expect(clippy::disallowed_methods, reason = "it is real time that is measured")]
fn nanoseconds(steady: &mut Steady, with_feedback: bool) -> f64 {
    let before = steady.world.sfu.counters().packets_forwarded;
    let begun = Instant::now();
    for _ in 0..CHUNK {
        steady.step(with_feedback);
    }
    let elapsed = begun.elapsed().as_nanos() as f64;
    elapsed / (steady.world.sfu.counters().packets_forwarded - before) as f64
}

#[test]
#[ignore = "prints figures for the benchmark and decides nothing"]
fn print_the_cost_of_congestion_control_per_forwarded_packet() {
    let mut least = [f64::INFINITY; 2];
    let mut both = [false, true].map(|with_feedback| Steady::new(VIEWERS, PACKETS, with_feedback));
    for _ in 0..PACKETS / CHUNK {
        for ((steady, least), with_feedback) in both.iter_mut().zip(&mut least).zip([false, true]) {
            *least = least.min(nanoseconds(steady, with_feedback));
        }
    }
    let [without, with] = least;
    println!(
        r#"{{"forwarded_packet_without_feedback_ns": {without:.0}, "forwarded_packet_with_feedback_ns": {with:.0}}}"#
    );
}
