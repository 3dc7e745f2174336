//! The forward step on virtual time, for `tools/forward_step.py`, which counts its instructions under callgrind:
//! `forward stage|gallery` prints how many packets it forwarded. Real SRTP and congestion control, no sockets.

#[path = "../../sfu/tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use common::client::Client;
use common::{CONFERENCE, World, ms, seconds};
use netem::Conditions;
use sfu::{MediaKind, Route, SendBatch};

/// Packets of a picture of 720p at 1.7 Mbit/s, and of the encodings of a simulcast camera.
const STAGE_PACKETS: u32 = 7;
const GALLERY_PACKETS: [u32; 3] = [1, 2, 7];
const WATCHERS: u64 = 12;
const PEOPLE: u64 = 10;
const SPEAKING: usize = 3;
/// Heights that ask for the middle encoding.
const TILE: u16 = 360;
/// Until estimates of bandwidth stand.
const WARM_UP: u64 = 8;
const MEASURED: u64 = 1;

fn main() {
    let mut world = match std::env::args().nth(1).as_deref() {
        Some("stage") => stage(),
        Some("gallery") => gallery(),
        _ => panic!("usage: forward stage|gallery"),
    };
    world.run(seconds(WARM_UP));
    let before = world.sfu.counters().packets_forwarded;
    let mut batch = SendBatch::new(1 << 20, 1024);
    let end = world.now + seconds(MEASURED);
    while world.now < end {
        step(&mut world, &mut batch);
    }
    let forwarded = world.sfu.counters().packets_forwarded - before;
    assert!(forwarded > 1000, "the call stands: {:?}", world.sfu.counters());
    std::io::Write::write_all(&mut std::io::stdout(), format!("{forwarded}\n").as_bytes())
        .expect("somebody reads");
}

/// One camera and voice, watched by many.
fn stage() -> World {
    let mut world = World::new(Conditions { delay: ms(20), ..Conditions::default() });
    for number in 1..=WATCHERS + 1 {
        let mut client = Client::new(number, CONFERENCE, world.now);
        client.publishers.iter_mut().for_each(|publisher| publisher.enabled = number == 1);
        client.publisher_mut(MediaKind::Video).packets_per_frame = STAGE_PACKETS;
        world.join(client);
    }
    world.connect();
    let (voice, camera) =
        (world.clients[0].source(MediaKind::Audio), world.clients[0].source(MediaKind::Video));
    for watcher in 1..world.clients.len() {
        world.show(watcher, "sa0", Some(voice));
        world.show(watcher, "sv0", Some(camera));
    }
    world
}

/// Cameras in three encodings; everybody sees all others in the middle one and hears who speaks.
fn gallery() -> World {
    let mut world = World::new(Conditions { delay: ms(20), ..Conditions::default() });
    for number in 1..=PEOPLE {
        let mut client = Client::new(number, CONFERENCE, world.now).in_layers(GALLERY_PACKETS);
        (3..PEOPLE).for_each(|slot| client.add_slot(&format!("sv{slot}")));
        world.join(client);
    }
    world.connect();
    for watcher in 0..world.clients.len() {
        let others: Vec<_> = (0..world.clients.len()).filter(|other| *other != watcher).collect();
        for (slot, other) in others.iter().enumerate() {
            let source = world.clients[*other].source(MediaKind::Video);
            world.show_in(watcher, &format!("sv{slot}"), source, TILE);
        }
        for (slot, other) in others.iter().filter(|other| **other < SPEAKING).enumerate() {
            let source = world.clients[*other].source(MediaKind::Audio);
            world.show(watcher, &format!("sa{slot}"), Some(source));
        }
    }
    world
}

/// One millisecond, of which only what the engine does is counted.
fn step(world: &mut World, batch: &mut SendBatch) {
    world.now += ms(1);
    let mut arrivals = Vec::new();
    while let Some(delivery) = world.network.poll(world.now) {
        if delivery.to == world.server {
            arrivals.push((Route { local: world.server.ip(), remote: delivery.from }, delivery.bytes));
        } else if let Some(client) = world.clients.iter_mut().find(|client| client.address == delivery.to) {
            client.receive(world.now, &delivery.bytes);
        }
    }
    forward(world, &mut arrivals, batch);
    for (run, bytes) in batch.runs() {
        for datagram in bytes.chunks(usize::from(run.segment)) {
            world.network.send(world.now, world.server, run.route.remote, datagram);
        }
    }
    batch.clear();
    for client in &mut world.clients {
        for datagram in client.timeout(world.now) {
            world.network.send(world.now, client.address, world.server, &datagram);
        }
    }
}

/// What is counted: a turn of the engine, from what came to what leaves.
#[inline(never)]
fn forward(world: &mut World, arrivals: &mut [(Route, Vec<u8>)], batch: &mut SendBatch) {
    let now = world.now;
    for (route, datagram) in arrivals {
        world.sfu.receive(now, *route, datagram);
    }
    if world.sfu.poll_timeout().is_some_and(|at| at <= now) {
        world.sfu.timeout(now);
    }
    assert!(!world.sfu.poll_transmit(now, batch), "the batch has room for a turn");
    while let Some(event) = world.sfu.poll_event() {
        black_box(event);
    }
}
