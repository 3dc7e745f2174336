//! What is made of a server's descriptions.

use loadgen::{Clock, Identity, Peer, Receive, SdpError, Send};

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n\
    a=fingerprint:sha-256 00:11\r\n";
const DATA: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\na=sctp-port:5000\r\n";
const SOUND: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 63 109\r\na=mid:1\r\na=sendonly\r\na=rtpmap:63 red/48000/2\r\n\
    a=rtpmap:109 opus/48000/2\r\na=rtcp-fb:109 transport-cc\r\n\
    a=extmap:7 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
    a=extmap:12 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
const PICTURE: &str = "m=video 9 UDP/TLS/RTP/SAVPF 98 100 101 99\r\na=mid:2\r\na=sendonly\r\n\
    a=rtpmap:98 VP9/90000\r\na=rtpmap:100 VP8/90000\r\na=rtpmap:101 rtx/90000\r\na=fmtp:101 apt=100\r\n\
    a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=rtcp-fb:100 goog-remb\r\na=rtcp-fb:100 nack pli\r\n";

fn peer() -> Peer {
    let epoch = Clock.epoch();
    let identity = Identity::generate().expect("a certificate");
    Peer::new(&identity, ([127, 0, 0, 1], 4000).into(), epoch, epoch.start)
}

/// The sections of a description, each with its lines.
fn sections(description: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = vec![Vec::new()];
    for line in description.lines() {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        sections.last_mut().expect("there is one").push(line);
    }
    sections
}

#[test]
fn an_offer_is_answered_in_its_own_numbers_with_opus_and_vp8_alone() {
    let answer = peer().accept(Clock.now(), &[HEAD, DATA, SOUND, PICTURE].concat()).expect("a good offer");
    let sections = sections(&answer);
    assert_eq!(sections.len(), 4);
    assert!(sections[0].contains(&"a=group:BUNDLE 1 2"));
    assert_eq!(sections[1][0], "m=application 0 UDP/DTLS/SCTP webrtc-datachannel");
    assert_eq!(sections[2][0], "m=audio 9 UDP/TLS/RTP/SAVPF 109");
    assert_eq!(sections[3][0], "m=video 9 UDP/TLS/RTP/SAVPF 100 101");
    for section in &sections[2..] {
        assert!(section.contains(&"a=recvonly") && section.contains(&"a=setup:active"));
    }
    let transport_cc =
        "a=extmap:12 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
    assert!(sections[2].contains(&transport_cc) && !sections[3].contains(&transport_cc));
    assert!(
        sections[3].contains(&"a=rtcp-fb:100 goog-remb") && !answer.contains("a=rtcp-fb:100 transport-cc")
    );
    assert_eq!(answer.matches("a=candidate:").count(), 1);
}

#[test]
fn a_further_offer_keeps_what_was_agreed_and_adds_what_is_new() {
    let mut peer = peer();
    let first = peer.accept(Clock.now(), &[HEAD, DATA, SOUND].concat()).expect("a good offer");
    let inactive = SOUND.replace("sendonly", "inactive");
    let second = peer.accept(Clock.now(), &[HEAD, DATA, &inactive, PICTURE].concat()).expect("a good offer");
    let line = |description: &str, start: &str| {
        description.lines().find(|line| line.starts_with(start)).map(str::to_owned)
    };
    for start in ["a=ice-ufrag:", "a=ice-pwd:", "a=setup:", "a=fingerprint:", "a=candidate:"] {
        assert_eq!(line(&first, start), line(&second, start));
    }
    assert_ne!(line(&first, "o="), line(&second, "o="));
    let sections = sections(&second);
    assert!(sections[2].contains(&"a=inactive") && sections[3].contains(&"a=recvonly"));
    assert_eq!(peer.accept(Clock.now(), &[HEAD, DATA].concat()), Err(SdpError::OtherSections));
}

#[test]
fn an_offer_lists_what_is_sent_then_what_is_received() {
    let camera = Send::Video { layers: 3, kilobits: vec![], height: vec![], fps: None };
    let offer = peer().offer(Clock.now(), &[Send::Audio, camera], Receive { audio: 2, video: 1 });
    let sections = sections(&offer);
    let kinds: Vec<_> = sections[1..].iter().map(|section| section[0].split(' ').next()).collect();
    assert_eq!(kinds, ["m=audio", "m=video", "m=audio", "m=video", "m=audio"].map(Some));
    assert!(sections[1].contains(&"a=sendonly") && sections[3].contains(&"a=recvonly"));
    assert!(sections[2].contains(&"a=simulcast:send q;h;f"));
    assert!(!sections[2].iter().any(|line| line.starts_with("a=ssrc:")));
}

#[test]
fn an_answer_that_fits_no_offer_is_refused() {
    let mut peer = peer();
    let answer = [HEAD, SOUND].concat();
    assert_eq!(peer.answer(Clock.now(), &answer), Err(SdpError::NoOffer));
    peer.offer(Clock.now(), &[Send::Audio, Send::Audio], Receive::default());
    assert_eq!(peer.answer(Clock.now(), &answer), Err(SdpError::OtherSections));
    assert_eq!(peer.answer(Clock.now(), "v=0\r\n"), Err(SdpError::NoCredentials));
    let malformed = answer.replace("rtpmap:109 opus", "rtpmap:x opus");
    assert!(matches!(peer.answer(Clock.now(), &malformed), Err(SdpError::Malformed(_))));
}

#[test]
fn a_description_cut_off_anywhere_is_read_or_refused() {
    let mut peer = peer();
    let whole = [HEAD, DATA, SOUND, PICTURE, "a=simulcast:recv q;~h\r\na=ssrc-group:FID 1 2\r\n"].concat();
    let good = (0..=whole.len()).filter(|len| peer.accept(Clock.now(), &whole[..*len]).is_ok()).count();
    assert!(good > 0 && good < whole.len());
}
