//! Leaving layers out allocates nothing either.

mod common;

use std::alloc::System;

use common::client::Client;
use common::payloads::payload_types;
use common::{CONFERENCE, World, ms, seconds};
use netem::Conditions;
use sfu::{MediaKind, Route, SendBatch};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wire::codec::Codec;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PICTURES: u16 = 300;
/// Pictures from one key picture to the next.
const KEY_INTERVAL: u16 = 30;
/// Pictures after which the viewer has been given the highest layer.
const SETTLED: u16 = 150;
const SPATIAL: u8 = 3;

/// Returns a packet that is all of a layer frame of VP9, bound to the layers below in key pictures only.
fn layer_frame(picture: u16, spatial: u8) -> Vec<u8> {
    let key = picture.is_multiple_of(KEY_INTERVAL);
    let [high, low] = (picture | 0x8000).to_be_bytes();
    let needed_above = key && spatial + 1 < SPATIAL;
    let flags = 0xac | u8::from(!key) << 6 | u8::from(!needed_above);
    let layers = spatial << 1 | u8::from(key && spatial > 0);
    let mut payload = vec![flags, high, low, layers, picture as u8];
    payload.resize(600, 1);
    payload
}

#[test]
fn leaving_out_spatial_layers_allocates_nothing() {
    let mut world = World::new(Conditions::default());
    for number in 1..=2 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        client.use_video(Codec::Vp9);
        client.publishers.iter_mut().for_each(|publisher| publisher.enabled = false);
        world.join(client);
    }
    world.connect();
    let source = world.clients[0].source(MediaKind::Video);
    world.show(1, "sv0", Some(source));
    world.run(seconds(1));
    let packets: Vec<Vec<u8>> = (0..PICTURES)
        .flat_map(|picture| (0..SPATIAL).map(move |spatial| (picture, spatial)))
        .map(|(picture, spatial)| {
            let publisher = world.clients[0].publisher_mut(MediaKind::Video);
            publisher.timestamp = u32::from(picture) * 3000;
            let payload = layer_frame(picture, spatial);
            let plain = publisher.packet(payload_types(Codec::Vp9).0, spatial + 1 == SPATIAL, &payload);
            let (mut bytes, header_len) = plain;
            world.clients[0].seal(&mut bytes, header_len)
        })
        .collect();
    let route = Route { local: [127, 0, 0, 1].into(), remote: world.clients[0].address };
    let mut batch = SendBatch::new(64 * 1024, 64);
    let mut buffer = [0; 1500];
    let mut now = world.now;
    let mut forwarded = 0;
    let mut region = Region::new(ALLOCATOR);
    for (number, packet) in packets.iter().enumerate() {
        if number == usize::from(SETTLED) * usize::from(SPATIAL) {
            forwarded = world.sfu.counters().packets_forwarded;
            region = Region::new(ALLOCATOR);
        }
        now += ms(11);
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
    // Key pictures whole, of the others the highest layer only.
    let pictures = PICTURES - SETTLED;
    let expected = u64::from(pictures + pictures / KEY_INTERVAL * u16::from(SPATIAL - 1));
    assert_eq!(world.sfu.counters().packets_forwarded - forwarded, expected);
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
}
