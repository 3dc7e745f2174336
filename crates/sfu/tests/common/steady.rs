//! A call under way whose packets and feedback are made beforehand, so that only the engine is at work.

use std::time::Duration;

use netem::Conditions;
use sfu::{MediaKind, Route, SendBatch};
use wire::rtcp::TransportCcOut;

use super::client::{Client, VIDEO_PT};
use super::{CONFERENCE, World, ms, seconds};

/// 800 kbit/s in packets of 1,000 bytes: what the viewers' lines are known to take.
const GAP: Duration = Duration::from_millis(10);
/// Packets that one feedback is about: 100 ms of them.
pub const REPORTED: usize = 10;

pub struct Steady {
    pub world: World,
    packets: Vec<Vec<u8>>,
    /// Of each viewer.
    reports: Vec<Vec<Vec<u8>>>,
    /// Of the publisher and of each viewer.
    routes: Vec<Route>,
    batch: SendBatch,
    next: usize,
}

impl Steady {
    /// Makes a publisher and so many viewers, who report what they get or do not.
    pub fn new(viewers: usize, packets: usize, with_feedback: bool) -> Self {
        let mut world = World::new(Conditions::default());
        for number in 0..=viewers as u64 {
            let mut client = Client::new(number + 1, CONFERENCE, world.now);
            client.gives_feedback = with_feedback;
            world.join(client);
        }
        world.connect();
        let source = world.clients[0].source(MediaKind::Video);
        for viewer in 1..=viewers {
            world.show(viewer, "sv0", Some(source));
        }
        world.run(seconds(3));
        world.clients.iter_mut().flat_map(|client| &mut client.publishers).for_each(|it| it.enabled = false);
        world.run(ms(200));
        let route = |client: &Client| Route { local: [127, 0, 0, 1].into(), remote: client.address };
        let routes = world.clients.iter().map(route).collect();
        let reports = world.clients[1..].iter_mut().map(|viewer| reports(viewer, packets)).collect();
        let packets = (0..packets).map(|number| packet(&mut world.clients[0], number)).collect();
        let batch = SendBatch::new(64 * 1024, 64);
        Self { world, packets, reports, routes, batch, next: 0 }
    }

    /// Lets the next packet come, with the feedback that is due, and all that is to leave, leave.
    pub fn step(&mut self, with_feedback: bool) {
        let Self { world, packets, reports, routes, batch, next } = self;
        let mut buffer = [0; 1500];
        let mut receive = |world: &mut World, route: Route, bytes: &[u8]| {
            buffer[..bytes.len()].copy_from_slice(bytes);
            world.sfu.receive(world.now, route, &mut buffer[..bytes.len()]);
        };
        world.now += GAP;
        receive(world, routes[0], &packets[*next]);
        if with_feedback && *next % REPORTED == REPORTED - 1 {
            for (route, reports) in routes[1..].iter().zip(reports) {
                receive(world, *route, &reports[*next / REPORTED]);
            }
        }
        world.sfu.timeout(world.now);
        while world.sfu.poll_transmit(world.now, batch) {
            batch.clear();
        }
        batch.clear();
        while world.sfu.poll_event().is_some() {}
        *next += 1;
    }
}

fn packet(publisher: &mut Client, number: usize) -> Vec<u8> {
    let mut payload = vec![0x80; 1000];
    payload[1] = number as u8;
    let (mut bytes, header_len) =
        publisher.publisher_mut(MediaKind::Video).packet(VIDEO_PT, number % 8 == 7, &payload);
    publisher.seal(&mut bytes, header_len)
}

/// Returns what a viewer will report of the packets to come, as if they arrived in step.
fn reports(viewer: &mut Client, packets: usize) -> Vec<Vec<u8>> {
    let first = viewer.feedback.next_sequence();
    let ticks = |packet: usize| Some(1_000_000 + (packet as i64) * GAP.as_micros() as i64 / 250);
    let blocks = (0..packets).step_by(REPORTED);
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
