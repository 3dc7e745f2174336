//! Two peers talk to each other on virtual time, over a line that loses, repeats and reorders what it is told to.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use loadgen::{Clock, Epoch, Event, Film, Identity, Outbox, Peer, Receive, Report, Send};
use serde_json::Value;

const DELAY: Duration = Duration::from_millis(10);

/// What the line does with a datagram from the first peer to the second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Lost,
    Twice,
    /// So much later than the others.
    Late(Duration),
}

struct Flight {
    at: Instant,
    to: usize,
    datagram: Vec<u8>,
}

/// Two peers and the line between them.
struct Line {
    now: Instant,
    peers: [Peer; 2],
    flights: Vec<Flight>,
    events: Vec<(usize, Event)>,
    out: Outbox,
}

fn address(of: usize) -> SocketAddr {
    ([10, 0, 0, of as u8 + 1], 4000).into()
}

fn camera(layers: usize) -> Send {
    Send::Video { layers, kilobits: Vec::new(), height: Vec::new(), fps: None }
}

impl Line {
    /// Connects one who sends with one who receives.
    fn connected(send: &[Send]) -> Self {
        Self::described(send, str::to_owned, str::to_owned).connect()
    }

    fn connect(mut self) -> Self {
        self.run(Duration::from_secs(2), |_| Fate::Arrives);
        self.events.sort_by_key(|(of, _)| *of);
        assert_eq!(self.events, [(0, Event::Connected), (1, Event::Connected)]);
        self
    }

    /// Lets them exchange descriptions, which meet something on their ways.
    fn described(
        send: &[Send],
        on_offer: impl FnOnce(&str) -> String,
        on_answer: impl FnOnce(&str) -> String,
    ) -> Self {
        let epoch: Epoch = Clock.epoch();
        let now = epoch.start;
        let identity = Identity::generate().expect("a certificate");
        let [mut first, mut second] = [0, 1].map(|of| Peer::new(&identity, address(of), epoch, now));
        let offer = first.offer(now, send, Receive::default());
        let answer = second.accept(now, &on_offer(&offer)).expect("a good offer");
        first.answer(now, &on_answer(&answer)).expect("a good answer");
        let peers = [first, second];
        Self { now, peers, flights: Vec::new(), events: Vec::new(), out: Outbox::default() }
    }

    /// Lets time pass; `fate` decides over each media packet, by its RTP header.
    fn run(&mut self, time: Duration, mut fate: impl FnMut(&[u8]) -> Fate) {
        let end = self.now + time;
        while self.now < end {
            self.now += Duration::from_millis(1);
            for of in [0, 1] {
                if self.peers[of].deadline() <= self.now {
                    let event = self.peers[of].timeout(self.now, &mut self.out);
                    self.events.extend(event.map(|event| (of, event)));
                    self.launch(of, &mut fate);
                }
            }
            self.land(&mut fate);
        }
    }

    fn launch(&mut self, from: usize, fate: &mut impl FnMut(&[u8]) -> Fate) {
        let (now, flights) = (self.now, &mut self.flights);
        self.out.drain(|_, datagram| {
            let media = datagram[0] >= 128 && !(192..224).contains(&datagram[1]) && from == 0;
            let fate = if media { fate(datagram) } else { Fate::Arrives };
            let mut fly = |after| {
                flights.push(Flight { at: now + after, to: 1 - from, datagram: datagram.to_vec() });
            };
            match fate {
                Fate::Arrives => fly(DELAY),
                Fate::Lost => {}
                Fate::Twice => [DELAY, DELAY].into_iter().for_each(fly),
                Fate::Late(more) => fly(DELAY + more),
            }
        });
    }

    fn land(&mut self, fate: &mut impl FnMut(&[u8]) -> Fate) {
        let (landing, flying): (Vec<_>, Vec<_>) =
            self.flights.drain(..).partition(|flight| flight.at <= self.now);
        self.flights = flying;
        for mut flight in landing {
            let from = address(1 - flight.to);
            let peer = &mut self.peers[flight.to];
            let event = peer.receive(self.now, from, &mut flight.datagram, &mut self.out);
            self.events.extend(event.map(|event| (flight.to, event)));
            self.launch(flight.to, fate);
        }
    }

    fn mark(&mut self) {
        self.peers.iter_mut().for_each(Peer::mark);
    }

    /// What one of them measured.
    fn report(&self, of: usize) -> Value {
        let mut report = Report::default();
        report.add("peer", &self.peers[of]);
        report.json(1.0, Duration::ZERO, (0, 0))
    }

    fn count(&self, of: usize, name: &str) -> u64 {
        self.report(of)[name].as_u64().unwrap_or_else(|| panic!("{name} is a count"))
    }
}

/// Sequence number and payload type in a header.
fn numbered(datagram: &[u8]) -> (u16, u8) {
    (u16::from_be_bytes([datagram[2], datagram[3]]), datagram[1] & 127)
}

#[test]
fn all_that_is_sent_is_received_and_took_as_long_as_the_line() {
    let mut line = Line::connected(&[Send::Audio, camera(3)]);
    line.mark();
    line.run(Duration::from_secs(10), |_| Fate::Arrives);
    let [sent, received] = [0, 1].map(|of| line.report(of));
    let in_flight = line.flights.len() as u64;
    let (sent_packets, came) = (&sent["sent"]["packets"], received["received"]["packets"].as_u64());
    assert!(sent_packets.as_u64().is_some_and(|sent| sent.abs_diff(came.unwrap_or(0)) <= in_flight + 40));
    for name in ["lost", "out_of_order", "duplicates", "unreadable", "skipped", "nacks_sent"] {
        assert_eq!(received[name], 0, "{name}");
    }
    // Three encodings at 30 frames per second; sound at 50 packets per second.
    assert!(received["frames_complete"].as_u64().is_some_and(|frames| (897..=903).contains(&frames)));
    assert!(received["received"]["audio_packets"].as_u64().is_some_and(|sound| (499..=501).contains(&sound)));
    for quantile in ["p50", "p90", "p99", "max"] {
        let microseconds = received["latency_us"][quantile].as_f64().unwrap_or(0.0);
        assert!((10_000.0..=10_100.0).contains(&microseconds), "{quantile}: {microseconds}");
    }
    assert_eq!(received["peers"]["peer"]["streams"], 4);
    // A frame of all layers is one.
    assert!(
        sent["ticks"].as_u64().is_some_and(|ticks| (798..=802).contains(&ticks)) && sent["late_ticks"] == 0
    );
}

#[test]
fn rates_are_those_of_the_layers() {
    let mut line = Line::connected(&[camera(3)]);
    line.mark();
    line.run(Duration::from_secs(10), |_| Fate::Arrives);
    let bytes = line.report(0)["sent"]["bytes"].as_f64().unwrap_or(0.0);
    // 2,350 kbit/s of pictures, and headers.
    let kilobits = bytes * 8.0 / 10_000.0;
    assert!((2350.0..2600.0).contains(&kilobits), "{kilobits}");
}

#[test]
fn a_lost_packet_is_asked_for_and_comes_again() {
    let mut line = Line::connected(&[camera(1)]);
    line.mark();
    let mut dropped = 0;
    line.run(Duration::from_secs(5), |datagram| {
        let (sequence, payload) = numbered(datagram);
        let lost = payload == 96 && sequence.is_multiple_of(50);
        dropped += u64::from(lost);
        if lost { Fate::Lost } else { Fate::Arrives }
    });
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert!(dropped > 10);
    assert_eq!((line.count(1, "repaired"), line.count(1, "lost")), (dropped, 0));
    assert!(line.count(1, "nacks_sent") >= dropped);
    assert_eq!(line.report(0)["sent"]["rtx_packets"], line.count(1, "nacks_sent"));
    assert!(line.count(1, "frames_complete").abs_diff(180) <= 2);
}

#[test]
fn what_never_comes_is_lost_and_a_key_frame_is_asked_for() {
    let mut line = Line::connected(&[camera(1)]);
    line.mark();
    let mut gone = None;
    line.run(Duration::from_secs(3), |datagram| {
        let (sequence, payload) = numbered(datagram);
        if gone.is_none() && payload == 96 {
            gone = Some(sequence);
        }
        // Neither it nor any retransmission.
        if gone == Some(sequence) && payload == 96 || payload == 97 { Fate::Lost } else { Fate::Arrives }
    });
    assert_eq!((line.count(1, "lost"), line.count(1, "repaired")), (1, 0));
    assert_eq!(
        (line.count(1, "key_frame_requests_sent"), line.count(0, "key_frame_requests_received")),
        (1, 1)
    );
    assert_eq!(line.report(0)["sent"]["key_frames"], 1);
}

#[test]
fn a_receiver_told_to_lose_packets_asks_for_them_and_has_them_repaired() {
    let mut line = Line::connected(&[camera(1)]);
    line.mark();
    line.peers[1].lose(0.05);
    line.run(Duration::from_secs(10), |_| Fate::Arrives);
    line.peers[1].lose(0.0);
    line.run(Duration::from_secs(2), |_| Fate::Arrives);
    // Some 1,900 packets, and their retransmissions: of either, some one in twenty goes.
    let (dropped, repaired) = (line.count(1, "dropped"), line.count(1, "repaired"));
    assert!((40..200).contains(&dropped), "{dropped}");
    assert!(repaired > 30 && repaired <= dropped, "{repaired} of {dropped}");
    assert_eq!((line.count(1, "lost"), line.count(0, "dropped")), (0, 0));
}

#[test]
fn lost_sound_is_not_asked_for() {
    let mut line = Line::connected(&[Send::Audio]);
    line.mark();
    let mut lost = 0;
    line.run(Duration::from_secs(2), |datagram| {
        let gone = numbered(datagram).0.is_multiple_of(10);
        lost += u64::from(gone);
        if gone { Fate::Lost } else { Fate::Arrives }
    });
    line.run(Duration::from_secs(2), |_| Fate::Arrives);
    assert!(line.count(1, "lost") == lost && lost > 5);
    assert_eq!(line.count(1, "nacks_sent"), 0);
}

#[test]
fn repeated_and_late_packets_are_told_apart() {
    let mut line = Line::connected(&[Send::Audio]);
    line.mark();
    let (mut twice, mut late) = (0, 0);
    line.run(Duration::from_secs(4), |datagram| match numbered(datagram).0 % 20 {
        0 => {
            twice += 1;
            Fate::Twice
        }
        10 => {
            late += 1;
            Fate::Late(Duration::from_millis(30))
        }
        _ => Fate::Arrives,
    });
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert!(twice > 5 && late > 5);
    assert_eq!((line.count(1, "duplicates"), line.count(1, "out_of_order")), (twice, late));
    assert_eq!(line.count(1, "lost"), 0);
}

#[test]
fn a_silent_microphone_sends_little_and_says_so() {
    let mut line = Line::connected(&[Send::Audio]);
    let now = line.now;
    line.peers[0].talk(now, false);
    line.run(Duration::from_millis(100), |_| Fate::Arrives);
    line.mark();
    line.run(Duration::from_secs(4), |_| Fate::Arrives);
    assert!(line.report(0)["sent"]["audio_packets"].as_u64().is_some_and(|sent| (9..=11).contains(&sent)));
    assert_eq!(line.count(1, "lost"), 0);
}

#[test]
fn a_camera_switched_off_sends_nothing_and_starts_with_a_key_frame() {
    let mut line = Line::connected(&[camera(3)]);
    let now = line.now;
    line.peers[0].video(now, false);
    line.run(Duration::from_millis(100), |_| Fate::Arrives);
    line.mark();
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert_eq!(line.report(0)["sent"]["video_packets"], 0);
    let now = line.now;
    line.peers[0].video(now, true);
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert_eq!(line.report(0)["sent"]["key_frames"], 3);
}

#[test]
fn layers_that_nobody_wants_are_not_sent_and_start_with_a_key_frame_when_wanted() {
    let mut line = Line::connected(&[camera(3)]);
    line.peers[0].layers(&[0]);
    line.run(Duration::from_millis(400), |_| Fate::Arrives);
    line.mark();
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    let lowest = line.report(0)["sent"]["bytes"].as_f64().unwrap_or(0.0);
    assert!(lowest * 8.0 < 200_000.0, "{lowest}");
    line.peers[0].layers(&[0, 2]);
    line.mark();
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    let report = line.report(0);
    assert!(report["sent"]["bytes"].as_f64().unwrap_or(0.0) * 8.0 > 1_500_000.0, "{report}");
    assert_eq!(report["sent"]["key_frames"], 1, "{report}");
}

#[test]
fn a_film_is_sent_frame_by_frame_and_only_with_one_for_each_layer() {
    let mut file = [&b"DKIF"[..], &[0, 0, 32, 0], b"VP80", &[0; 20]].concat();
    for frame in [[0; 3000], [1; 3000]] {
        file.extend_from_slice(&3000_u32.to_le_bytes());
        file.extend_from_slice(&[0; 8]);
        file.extend_from_slice(&frame);
    }
    let film = Film::read(&file).expect("a film");
    let mut line = Line::connected(&[camera(1)]);
    assert!(!line.peers[0].play(&[film.clone(), film.clone()]));
    assert!(line.peers[0].play(&[film]));
    line.run(Duration::from_millis(100), |_| Fate::Arrives);
    line.mark();
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    // Thirty frames of three packets each; the receiver finds no stamps.
    assert_eq!(line.report(0)["sent"]["video_packets"], 90);
    assert!(line.report(1)["unreadable"].as_u64().unwrap_or(0) > 80);
}

#[test]
fn a_forged_packet_is_unreadable() {
    let mut line = Line::connected(&[Send::Audio]);
    line.mark();
    let now = line.now;
    let mut forged = vec![0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
    forged.resize(100, 7);
    for len in [100, 40, 12, 3, 1, 0] {
        line.peers[1].receive(now, address(0), &mut forged[..len], &mut Outbox::default());
    }
    assert_eq!(line.count(1, "unreadable"), 6);
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert_eq!((line.count(1, "unreadable"), line.count(1, "lost")), (6, 0));
}

#[test]
fn another_certificate_than_announced_fails_and_leaves_the_peer_at_rest() {
    let forge = |answer: &str| {
        let fingerprint = answer.lines().find(|line| line.starts_with("a=fingerprint:")).expect("is there");
        answer.replace(fingerprint, &format!("a=fingerprint:sha-256 {}", ["00"; 32].join(":")))
    };
    let mut line = Line::described(&[Send::Audio], str::to_owned, forge);
    line.run(Duration::from_secs(5), |_| Fate::Arrives);
    let failed: Vec<_> = line.events.iter().filter(|(of, _)| *of == 0).collect();
    assert!(matches!(failed[..], [(_, Event::Failed(why))] if why.contains("certificate")), "{failed:?}");
    assert!(!line.peers[0].is_connected() && line.peers[0].deadline() > line.now);
}

#[test]
fn one_whom_nobody_answers_any_more_says_so_once() {
    let mut line = Line::connected(&[Send::Audio]);
    line.events.clear();
    line.peers[1] =
        Peer::new(&Identity::generate().expect("a certificate"), address(1), Clock.epoch(), line.now);
    line.run(Duration::from_secs(60), |_| Fate::Arrives);
    assert!(
        matches!(&line.events[..], [(0, Event::Failed(why))] if why.contains("ICE")),
        "{:?}",
        line.events
    );
}

#[test]
fn a_sender_that_is_given_no_time_counts_what_it_sent_late() {
    let mut line = Line::connected(&[Send::Audio]);
    line.mark();
    line.now += Duration::from_millis(99);
    line.run(Duration::from_secs(1), |_| Fate::Arrives);
    assert!((4..=5).contains(&line.count(0, "late_ticks")), "{}", line.count(0, "late_ticks"));
}

#[test]
fn feedback_is_transport_wide_or_else_an_estimate() {
    let mut line = Line::connected(&[camera(1)]);
    line.mark();
    line.run(Duration::from_secs(5), |_| Fate::Arrives);
    assert!((49..=51).contains(&line.count(1, "twcc_sent")));
    assert_eq!(line.count(1, "remb_sent"), 0);

    let without = |offer: &str| {
        let lines = offer.lines().filter(|line| !line.ends_with(" transport-cc"));
        lines.collect::<Vec<_>>().join("\r\n")
    };
    let mut line = Line::described(&[camera(1)], without, str::to_owned).connect();
    line.mark();
    line.run(Duration::from_secs(5), |_| Fate::Arrives);
    assert_eq!(line.count(1, "twcc_sent"), 0);
    assert!((4..=6).contains(&line.count(1, "remb_sent")));
}
