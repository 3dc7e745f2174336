//! The packet path allocates nothing once a call is under way.

mod common;

use std::alloc::System;
use std::time::Duration;

use common::World;
use common::client::VIDEO_PT;
use netem::Conditions;
use sfu::{MediaKind, Route, SendBatch};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn receiving_and_forwarding_allocate_nothing_in_steady_state() {
    let mut world = World::with_clients(Conditions::default(), 3);
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.show(2, "sv0", Some(source));
    world.run(Duration::from_secs(3));
    for client in &mut world.clients {
        client.publishers.iter_mut().for_each(|publisher| publisher.enabled = false);
    }
    let route = Route { local: [127, 0, 0, 1].into(), remote: world.clients[0].address };
    let packets: Vec<Vec<u8>> = (0..2000)
        .map(|number| {
            let publisher = world.clients[0].publisher_mut(MediaKind::Video);
            let mut payload = vec![0x80; 1000];
            payload[1] = number as u8;
            let (mut bytes, header_len) = publisher.packet(VIDEO_PT, number % 8 == 7, &payload);
            world.clients[0].seal(&mut bytes, header_len)
        })
        .collect();
    let mut batch = SendBatch::new(64 * 1024, 64);
    let mut buffer = [0; 1500];
    let mut now = world.now;
    let forwarded = world.sfu.counters().packets_forwarded;
    let region = Region::new(ALLOCATOR);
    for packet in &packets {
        now += Duration::from_micros(500);
        buffer[..packet.len()].copy_from_slice(packet);
        world.sfu.receive(now, route, &mut buffer[..packet.len()]);
        world.sfu.timeout(now);
        while world.sfu.poll_transmit(now, &mut batch) {
            batch.clear();
        }
        batch.clear();
        while world.sfu.poll_event().is_some() {}
    }
    let change = region.change();
    assert_eq!(world.sfu.counters().packets_forwarded - forwarded, 2 * 2000);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
}
