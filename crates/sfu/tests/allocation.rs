//! The packet path allocates nothing once a call is under way.

mod common;

use std::alloc::System;
use std::time::Duration;

use common::World;
use common::client::{Client, VIDEO_PT};
use netem::Conditions;
use sfu::{MediaKind, Route, SendBatch};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wire::rtcp::TransportCcOut;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PACKETS: usize = 2000;
const GAP: Duration = Duration::from_micros(2000);
/// Packets that one feedback is about: 100 ms of them.
const REPORTED: usize = 50;

/// Returns what a viewer reports of the packets to come, each block as it will have arrived.
fn reports(viewer: &mut Client) -> Vec<Vec<u8>> {
    let first = viewer.feedback.next_sequence();
    let ticks = |packet: usize| Some(1_000_000 + (packet as i64) * GAP.as_micros() as i64 / 250);
    let blocks = (0..PACKETS).step_by(REPORTED);
    blocks
        .map(|block| {
            let arrivals: Vec<Option<i64>> = (block..block + REPORTED).map(ticks).collect();
            viewer.seal_rtcp(|out| {
                out.receiver_report(1, &[]).expect("fits");
                let feedback = TransportCcOut {
                    sender_ssrc: 1,
                    media_ssrc: 2,
                    base_sequence: first.wrapping_add(block as u16),
                    feedback_count: 0,
                    arrivals: &arrivals,
                };
                out.transport_cc(&feedback).expect("fits");
            })
        })
        .collect()
}

#[test]
fn receiving_and_forwarding_under_congestion_control_allocate_nothing_in_steady_state() {
    let mut world = World::with_clients(Conditions::default(), 3);
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.show(2, "sv0", Some(source));
    world.run(Duration::from_secs(3));
    for client in &mut world.clients {
        client.publishers.iter_mut().for_each(|publisher| publisher.enabled = false);
    }
    world.run(Duration::from_millis(200));
    let route = |client: &Client| Route { local: [127, 0, 0, 1].into(), remote: client.address };
    let routes: Vec<Route> = world.clients.iter().map(route).collect();
    let packets: Vec<Vec<u8>> = (0..PACKETS)
        .map(|number| {
            let publisher = world.clients[0].publisher_mut(MediaKind::Video);
            let mut payload = vec![0x80; 60];
            payload[1] = number as u8;
            let (mut bytes, header_len) = publisher.packet(VIDEO_PT, number % 8 == 7, &payload);
            world.clients[0].seal(&mut bytes, header_len)
        })
        .collect();
    let feedback = [1, 2].map(|viewer| reports(&mut world.clients[viewer]));
    let mut batch = SendBatch::new(64 * 1024, 64);
    let mut buffer = [0; 1500];
    let mut now = world.now;
    let before = world.sfu.counters().clone();
    let region = Region::new(ALLOCATOR);
    for (number, packet) in packets.iter().enumerate() {
        now += GAP;
        buffer[..packet.len()].copy_from_slice(packet);
        world.sfu.receive(now, routes[0], &mut buffer[..packet.len()]);
        if number % REPORTED == REPORTED - 1 {
            for (route, reports) in routes[1..].iter().zip(&feedback) {
                let report = &reports[number / REPORTED];
                buffer[..report.len()].copy_from_slice(report);
                world.sfu.receive(now, *route, &mut buffer[..report.len()]);
            }
        }
        world.sfu.timeout(now);
        while world.sfu.poll_transmit(now, &mut batch) {
            batch.clear();
        }
        batch.clear();
        while world.sfu.poll_event().is_some() {}
    }
    let change = region.change();
    let after = world.sfu.counters();
    assert_eq!(after.packets_forwarded - before.packets_forwarded, 2 * PACKETS as u64);
    let told = after.transport_feedback_received - before.transport_feedback_received;
    assert_eq!(told as usize, 2 * PACKETS / REPORTED);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
}
