//! Another WebRTC stack in the call: what we write, others read, and the other way round.

mod common;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use common::World;
use common::client::{Client, VIDEO_PT};
use netem::{Conditions, Loss};
use sfu::{
    Command, EndpointParameters, IceCredentials, MediaKind, ReceiveSection, Slot, SourceId, TransportState,
    View,
};
use str0m::config::Fingerprint;
use str0m::ice::IceCreds;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc};
use wire::ext::{ExtensionKind, ExtensionMap};

const CAMERA: u32 = 90_001;
const SLOT: u32 = 90_101;

/// A str0m peer in RTP mode: a camera and a slot for another's.
struct Foreign {
    rtc: Rtc,
    address: SocketAddr,
    wake: Instant,
    connected: bool,
    received: BTreeSet<u64>,
    duplicates: u64,
    key_frame_requests: u64,
    next_number: u64,
    next_frame: Instant,
}

fn sha256(der: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der).as_ref().to_vec()
}

impl Foreign {
    fn new(now: Instant, engine: SocketAddr, certificate_der: &[u8]) -> Self {
        let address: SocketAddr = ([10, 9, 9, 9], 999).into();
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        rtc.add_remote_candidate(Candidate::host(engine, "udp").expect("a candidate"));
        let mut api = rtc.direct_api();
        api.set_remote_fingerprint(Fingerprint {
            hash_func: "sha-256".into(),
            bytes: sha256(certificate_der),
        });
        api.set_remote_ice_credentials(IceCreds {
            ufrag: "engineufrag".into(),
            pass: "enginepassword0123456789".into(),
        });
        api.set_ice_controlling(true);
        api.enable_twcc_feedback();
        api.start_dtls(true).expect("DTLS starts");
        api.declare_media("cam".into(), str0m::media::MediaKind::Video);
        api.declare_stream_tx(Ssrc::from(CAMERA), Some(Ssrc::from(CAMERA + 1)), "cam".into(), None);
        api.declare_media("slot".into(), str0m::media::MediaKind::Video);
        api.expect_stream_rx(Ssrc::from(SLOT), Some(Ssrc::from(SLOT + 1)), "slot".into(), None);
        Self {
            rtc,
            address,
            wake: now,
            connected: false,
            received: BTreeSet::new(),
            duplicates: 0,
            key_frame_requests: 0,
            next_number: 1000,
            next_frame: now,
        }
    }

    /// The parameters that signalling would have agreed on with str0m's standard numbers.
    fn parameters(&mut self, mut template: EndpointParameters) -> EndpointParameters {
        let credentials = self.rtc.direct_api().local_ice_credentials();
        let fingerprint = self.rtc.direct_api().local_dtls_fingerprint().bytes.clone();
        let mut extensions = ExtensionMap::default();
        for (kind, id) in [
            (ExtensionKind::AudioLevel, 1),
            (ExtensionKind::AbsSendTime, 2),
            (ExtensionKind::TransportCc, 3),
            (ExtensionKind::Mid, 4),
        ] {
            extensions.set(kind, id);
        }
        template.local_ice =
            IceCredentials { ufrag: "engineufrag".into(), password: "enginepassword0123456789".into() };
        template.remote_ice = IceCredentials { ufrag: credentials.ufrag, password: credentials.pass };
        template.remote_fingerprints = vec![fingerprint.try_into().expect("SHA-256")];
        template.extensions = extensions;
        template.receive = vec![ReceiveSection {
            mid: common::mid("cam"),
            kind: MediaKind::Video,
            ssrcs: vec![(CAMERA, Some(CAMERA + 1))],
            rids: Vec::new(),
        }];
        template.slots = vec![Slot {
            mid: common::mid("slot"),
            kind: MediaKind::Video,
            ssrc: SLOT,
            rtx_ssrc: Some(SLOT + 1),
        }];
        template
    }

    fn step(&mut self, world: &mut World) {
        let now = world.now;
        for (to, bytes) in std::mem::take(&mut world.strays) {
            assert_eq!(to, self.address);
            let contents = bytes.as_slice().try_into().expect("a datagram of a kind it knows");
            let receive = Receive { proto: Protocol::Udp, source: world.server, destination: to, contents };
            self.rtc.handle_input(Input::Receive(now, receive)).expect("it takes what we send");
            self.drain(world);
        }
        if self.wake <= now {
            self.rtc.handle_input(Input::Timeout(now)).expect("time passes");
            self.drain(world);
        }
        if self.connected && self.next_frame <= now {
            self.send_frame(now);
            self.rtc.handle_input(Input::Timeout(now)).expect("time passes");
            self.drain(world);
        }
    }

    fn drain(&mut self, world: &mut World) {
        loop {
            match self.rtc.poll_output().expect("no error") {
                Output::Timeout(at) => {
                    self.wake = at;
                    return;
                }
                Output::Transmit(datagram) => {
                    world.network.send(world.now, self.address, world.server, &datagram.contents);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    assert_eq!(*packet.header.ssrc, SLOT);
                    self.duplicates += u64::from(!self.received.insert(*packet.seq_no));
                }
                Output::Event(Event::KeyframeRequest(_)) => self.key_frame_requests += 1,
                Output::Event(_) => {}
            }
        }
    }

    /// Sends a frame of three packets, each a key frame as far as its descriptor tells.
    fn send_frame(&mut self, now: Instant) {
        self.next_frame = now + Duration::from_millis(33);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx(&Ssrc::from(CAMERA)).expect("declared");
        for place in 0..3u64 {
            let start = if place == 0 { 0x90 } else { 0x80 };
            let mut payload = vec![start, 0x80, 0x80, (self.next_number % 256) as u8, 0x00];
            payload.resize(800, 7);
            let time = (self.next_number / 3 * 2970) as u32;
            let packet =
                RtpWrite::new(VIDEO_PT.into(), self.next_number.into(), time, now, payload.as_slice());
            stream.write_rtp(packet.marker(place == 2).nackable(true));
            self.next_number += 1;
        }
    }
}

#[test]
fn a_foreign_stack_publishes_receives_and_repairs() {
    let bad =
        Conditions { delay: Duration::from_millis(20), loss: Loss::Random(0.02), ..Conditions::default() };
    let mut world = World::with_clients(bad, 1);
    let mut foreign = Foreign::new(world.now, world.server, &world.certificate_der);
    let template = Client::new(9, common::CONFERENCE, world.now).parameters();
    let endpoint = template.endpoint;
    let parameters = foreign.parameters(template);
    world.command(Command::AddEndpoint(Box::new(parameters)));
    world.command(Command::Publish { endpoint, source: SourceId(900), mid: common::mid("cam") });
    let camera = world.clients[0].source(MediaKind::Video);
    world.command(Command::MapSlot {
        endpoint,
        mid: common::mid("slot"),
        source: Some(camera),
        view: View::default(),
    });
    world.show(0, "sv0", Some(SourceId(900)));
    for _ in 0..10_000 {
        world.step();
        foreign.step(&mut world);
    }

    assert!(foreign.connected);
    let connected = sfu::Event::TransportStateChanged { endpoint, state: TransportState::Connected };
    assert_eq!(world.count(|event| *event == connected), 1);
    // It reads what we forward, continuously: its NACKs were answered in a way it understands.
    let (first, last) =
        (*foreign.received.first().expect("packets"), *foreign.received.last().expect("packets"));
    assert!(last - first > 1000, "{first}..{last}");
    let holes = last - first + 1 - foreign.received.len() as u64;
    assert!(holes <= 4, "{holes} packets never came");
    assert!(world.sfu.counters().packets_retransmitted > 10);
    // We read what it sends, and it repairs what we miss.
    let receiver = world.clients[0].receiver("sv0");
    assert!(receiver.packets > 800, "{} packets", receiver.packets);
    assert!(receiver.holes() <= 4, "{} holes", receiver.holes());
    // It sends reports and feedback that we read, and reads ours.
    assert!(world.sfu.counters().transport_feedback_received > 20);
    assert_eq!(world.sfu.counters().dropped(sfu::DropReason::RtcpMalformed), 0);
}
