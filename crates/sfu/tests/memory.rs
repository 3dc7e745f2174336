//! What a participant costs in memory.

mod common;

use std::alloc::System;

use common::client::{Client, VIDEO_PT};
use common::payloads::payload_types;
use common::{CONFERENCE, World, ms, seconds};
use netem::Conditions;
use sfu::{DropReason, MediaKind, Route};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wire::codec::Codec;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Returns the bytes that the engine takes, and keeps, for ten seconds of a stream.
fn bytes_kept(world: &mut World, kind: MediaKind, payload_len: usize, packets: u64) -> usize {
    let route = Route { local: world.server.ip(), remote: world.clients[0].address };
    let payload_type = if kind == MediaKind::Video { VIDEO_PT } else { payload_types(Codec::Opus).0 };
    let sealed: Vec<Vec<u8>> = (0..packets)
        .map(|_| {
            let plain =
                world.clients[0].publisher_mut(kind).packet(payload_type, false, &vec![0x80; payload_len]);
            let (mut bytes, header_len) = plain;
            world.clients[0].seal(&mut bytes, header_len)
        })
        .collect();
    let mut buffer = [0; 1500];
    let region = Region::new(ALLOCATOR);
    for (packet, number) in sealed.iter().zip(0..) {
        buffer[..packet.len()].copy_from_slice(packet);
        let now = world.now + seconds(10) * number / packets as u32;
        world.sfu.receive(now, route, &mut buffer[..packet.len()]);
    }
    let change = region.change();
    change.bytes_allocated - change.bytes_deallocated
}

#[test]
fn a_camera_and_a_microphone_take_less_than_a_megabyte_and_a_half() {
    let mut world = World::new(Conditions::default());
    let mut client = Client::new(1, CONFERENCE, world.now);
    client.publishers.iter_mut().for_each(|publisher| publisher.enabled = false);
    world.join(client);
    world.connect();
    world.run(ms(100));
    let video = bytes_kept(&mut world, MediaKind::Video, 1100, 2000);
    let audio = bytes_kept(&mut world, MediaKind::Audio, 80, 500);
    let dropped: u64 = DropReason::ALL.iter().map(|reason| world.sfu.counters().dropped(*reason)).sum();
    assert_eq!(dropped, 0, "all of it was kept");
    assert!(video + audio < 1_500_000, "{video} bytes of video, {audio} of sound");
    assert!(audio < 100_000, "{audio} bytes of sound");
}
