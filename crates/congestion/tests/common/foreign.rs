//! The same camera and microphone sent by str0m, whose estimator can only be driven as a whole peer: two of them
//! connect over the emulated network, and one sends as much as its estimate allows.

use std::net::SocketAddr;
use std::time::Instant;

use netem::Netem;
use str0m::bwe::{Bitrate, BweKind};
use str0m::media::MediaKind;
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, Ssrc};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::flow::{BOUNDS, Encoder, SOUND_PACKET, VIDEO_PACKET};
use super::{Flow, addresses, ms};

const VIDEO: u32 = 1;
const SOUND: u32 = 3;
const VIDEO_PT: u8 = 96;
const SOUND_PT: u8 = 111;
/// RTP header with extensions, tag, UDP and IPv4.
const AROUND_PAYLOAD: usize = 12 + 16 + 16 + 28;

struct Peer {
    rtc: Rtc,
    address: SocketAddr,
    wake: Instant,
}

pub struct ForeignFlow {
    sender: Peer,
    receiver: Peer,
    connected: bool,
    estimate: Option<u32>,
    encoder: Encoder,
    next_sound: Instant,
    video_number: u64,
    sound_sent: u64,
    delivered: u64,
    sound: u64,
}

impl ForeignFlow {
    pub fn new(number: u8, wanted: u32, now: Instant) -> Self {
        let (from, to) = addresses(number);
        let start = Bitrate::from(u64::from(BOUNDS.start));
        let mut sender = Rtc::builder().set_rtp_mode(true).enable_bwe(Some(start)).build(now);
        let mut receiver = Rtc::builder().set_rtp_mode(true).build(now);
        introduce(&mut sender, from, &mut receiver, to);
        introduce(&mut receiver, to, &mut sender, from);
        sender.direct_api().set_ice_controlling(true);
        receiver.direct_api().set_ice_controlling(false);
        sender.direct_api().start_dtls(true).expect("DTLS starts");
        receiver.direct_api().start_dtls(false).expect("DTLS starts");
        receiver.direct_api().enable_twcc_feedback();
        for (mid, kind, ssrc, rtx) in [
            ("v", MediaKind::Video, VIDEO, Some(Ssrc::from(VIDEO + 1))),
            ("a", MediaKind::Audio, SOUND, None),
        ] {
            sender.direct_api().declare_media(mid.into(), kind);
            sender.direct_api().declare_stream_tx(ssrc.into(), rtx, mid.into(), None);
            receiver.direct_api().declare_media(mid.into(), kind);
            receiver.direct_api().expect_stream_rx(ssrc.into(), rtx, mid.into(), None);
        }
        let peer = |rtc, address| Peer { rtc, address, wake: now };
        let mut flow = Self {
            sender: peer(sender, from),
            receiver: peer(receiver, to),
            connected: false,
            estimate: None,
            encoder: Encoder::new(now),
            next_sound: now,
            video_number: 1000,
            sound_sent: 0,
            delivered: 0,
            sound: 0,
        };
        flow.set_wanted(wanted);
        flow
    }

    fn write(&mut self, now: Instant, ssrc: u32, number: u64, bytes: usize) {
        let (payload_type, ticks) = if ssrc == VIDEO { (VIDEO_PT, 90) } else { (SOUND_PT, 48) };
        let payload = vec![0; bytes.saturating_sub(AROUND_PAYLOAD - 28).max(20)];
        let time = (number * 20 * ticks) as u32;
        let packet = RtpWrite::new(payload_type.into(), number.into(), time, now, payload.as_slice());
        let mut api = self.sender.rtc.direct_api();
        api.stream_tx(&Ssrc::from(ssrc)).expect("declared").write_rtp(packet.nackable(ssrc == VIDEO));
    }

    fn drain(&mut self, now: Instant, network: &mut Netem, sender: bool) {
        loop {
            let peer = if sender { &mut self.sender } else { &mut self.receiver };
            match peer.rtc.poll_output().expect("no error") {
                Output::Timeout(at) => {
                    peer.wake = at;
                    return;
                }
                Output::Transmit(datagram) => {
                    // The network counts whole IP packets.
                    let mut bytes = datagram.contents.to_vec();
                    bytes.extend([0; 28]);
                    network.send(now, datagram.source, datagram.destination, &bytes);
                }
                Output::Event(Event::Connected) => self.connected |= sender,
                Output::Event(Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. })) => {
                    self.estimate = Some(estimate.as_u64() as u32);
                }
                Output::Event(Event::RtpPacket(packet)) if !packet.payload.is_empty() => {
                    self.delivered += (packet.payload.len() + AROUND_PAYLOAD) as u64;
                    self.sound += u64::from(*packet.header.ssrc == SOUND);
                }
                Output::Event(_) => {}
            }
        }
    }
}

/// Tells `rtc` where it is and whom it will meet.
fn introduce(rtc: &mut Rtc, own: SocketAddr, other: &mut Rtc, remote: SocketAddr) {
    rtc.add_local_candidate(Candidate::host(own, "udp").expect("a candidate"));
    rtc.add_remote_candidate(Candidate::host(remote, "udp").expect("a candidate"));
    let credentials = other.direct_api().local_ice_credentials();
    let fingerprint = other.direct_api().local_dtls_fingerprint().clone();
    rtc.direct_api().set_remote_ice_credentials(credentials);
    rtc.direct_api().set_remote_fingerprint(fingerprint);
}

impl Flow for ForeignFlow {
    fn step(&mut self, now: Instant, network: &mut Netem) {
        if self.connected {
            if self.next_sound <= now {
                self.next_sound = now + ms(20);
                self.sound_sent += 1;
                self.write(now, SOUND, self.sound_sent, SOUND_PACKET);
            }
            let target = self.estimate.unwrap_or(BOUNDS.start);
            for bytes in self.encoder.frame(now, target) {
                self.video_number += 1;
                self.write(now, VIDEO, self.video_number, bytes.min(VIDEO_PACKET));
            }
            self.sender.wake = now;
        }
        for sender in [true, false] {
            let peer = if sender { &mut self.sender } else { &mut self.receiver };
            if peer.wake <= now {
                peer.rtc.handle_input(Input::Timeout(now)).expect("time passes");
                self.drain(now, network, sender);
            }
        }
    }

    fn receive(&mut self, now: Instant, to: SocketAddr, bytes: &[u8], network: &mut Netem) {
        let to_sender = to == self.sender.address;
        let source = if to_sender { self.receiver.address } else { self.sender.address };
        let contents = bytes[..bytes.len() - 28].try_into().expect("a datagram of a kind it knows");
        let receive = Receive { proto: Protocol::Udp, source, destination: to, contents };
        let peer = if to_sender { &mut self.sender } else { &mut self.receiver };
        peer.rtc.handle_input(Input::Receive(now, receive)).expect("it takes what its like sends");
        self.drain(now, network, to_sender);
    }

    fn target(&self) -> Option<u32> {
        self.estimate.filter(|_| self.connected)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }

    fn sound(&self) -> (u64, u64) {
        (self.sound_sent, self.sound)
    }

    fn set_wanted(&mut self, bits_per_second: u32) {
        self.encoder.wanted = bits_per_second;
        let wanted = Bitrate::from(u64::from(bits_per_second));
        self.sender.rtc.bwe().set_bitrate(Bitrate::from(0u64), wanted);
    }
}
