//! The path of a packet from one worker to another allocates nothing once a call is under way.

mod common;

use std::alloc::System;

use common::client::{Client, VIDEO_PT};
use common::spread::Spread;
use common::{CONFERENCE, ms, seconds};
use sfu::{MediaKind, Parcel, Route, SendBatch, WorkerId};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn copying_to_another_worker_and_forwarding_there_allocate_nothing_in_steady_state() {
    let mut spread = Spread::new(2);
    for number in [1, 2] {
        let mut client = Client::new(number, CONFERENCE, spread.workers[0].now);
        client.gives_feedback = false;
        spread.join(number as usize - 1, client);
    }
    spread.connect();
    spread.show(1, "sv0", 0, MediaKind::Video);
    spread.run(seconds(3));
    let [home, away] = &mut spread.workers[..] else { panic!("two workers") };
    let publisher = &mut home.clients[0];
    publisher.publishers.iter_mut().for_each(|it| it.enabled = false);
    let sealed: Vec<Vec<u8>> = (0..2000)
        .map(|_| {
            let plain = publisher.publisher_mut(MediaKind::Video).packet(VIDEO_PT, false, &[0x80; 1000]);
            let (mut bytes, header_len) = plain;
            publisher.seal(&mut bytes, header_len)
        })
        .collect();
    let route = Route { local: home.server.ip(), remote: publisher.address };
    let mut parcel = Parcel::new(16_384, 64);
    let mut batch = SendBatch::new(64 * 1024, 64);
    let mut buffer = [0; 1500];
    let mut region = Region::new(ALLOCATOR);
    let mut before = away.sfu.counters().packets_forwarded;
    for (packet, number) in sealed.iter().zip(0..) {
        if number == 1000 {
            region = Region::new(ALLOCATOR);
            before = away.sfu.counters().packets_forwarded;
        }
        (home.now, away.now) = (home.now + ms(10), away.now + ms(10));
        buffer[..packet.len()].copy_from_slice(packet);
        home.sfu.receive(home.now, route, &mut buffer[..packet.len()]);
        home.sfu.pack(home.now, WorkerId(1), &mut parcel);
        away.sfu.unpack(away.now, WorkerId(0), &parcel);
        parcel.clear();
        away.sfu.poll_transmit(away.now, &mut batch);
        batch.clear();
    }
    let change = region.change();
    assert_eq!(away.sfu.counters().packets_forwarded - before, 1000);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
}
