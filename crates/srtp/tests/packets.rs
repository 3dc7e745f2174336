//! Two ends of a transport exchanging packets in every order, and an attacker between them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use srtp::{
    InboundContext, KeyError, MAX_INBOUND_SSRCS, MAX_OUTBOUND_SSRCS, MAX_RTCP_OVERHEAD, MAX_TAG, MasterKey,
    OpenError, OutboundContext, Profile, SealError, split,
};

const PROFILES: [Profile; 3] = [Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm];
const SSRC: u32 = 0x1234_5678;

#[test]
fn what_one_side_seals_the_other_opens_in_both_directions() {
    for profile in PROFILES {
        let material: Vec<u8> = (0..profile.keying_material_len()).map(|byte| byte as u8).collect();
        let (mut server_in, mut server_out) = split(profile, &material, true).unwrap();
        let (mut client_in, mut client_out) = split(profile, &material, false).unwrap();
        for (sender, receiver) in [(&mut client_out, &mut server_in), (&mut server_out, &mut client_in)] {
            let mut packet = sealed(sender, SSRC, 77, b"hello");
            let opened = receiver.open_rtp(&mut packet, 12).unwrap();
            assert_eq!((opened.payload_len, opened.index), (5, 77), "{profile:?}");
            assert_eq!(&packet[12..17], b"hello");
        }
        let mut packet = sealed(&client_out, SSRC, 78, b"hello");
        assert_eq!(
            client_in.open_rtp(&mut packet, 12),
            Err(OpenError::AuthFailed),
            "own packets are not for us"
        );
    }
}

#[test]
fn the_client_has_the_first_key_and_the_first_salt() {
    for profile in PROFILES {
        let (key_len, salt_len) = (profile.key_len(), profile.salt_len());
        let material = [vec![1; key_len], vec![2; key_len], vec![3; salt_len], vec![4; salt_len]].concat();
        let client = MasterKey::new(profile, &vec![1; key_len], &vec![3; salt_len]).unwrap();
        let mut packet = sealed(&OutboundContext::new(&client).unwrap(), SSRC, 1, b"hello");
        let (mut server_in, _) = split(profile, &material, true).unwrap();
        assert!(server_in.open_rtp(&mut packet, 12).is_ok(), "{profile:?}");
    }
}

#[test]
fn keying_material_of_another_length_is_refused() {
    for profile in PROFILES {
        let len = profile.keying_material_len();
        for wrong in [0, len - 1, len + 1] {
            assert_eq!(split(profile, &vec![0; wrong], true).err(), Some(KeyError::WrongLength));
        }
    }
    assert_eq!(Profile::Aes128CmSha1_80.keying_material_len(), 60);
    assert_eq!(Profile::AeadAes128Gcm.keying_material_len(), 56);
    assert_eq!(Profile::AeadAes256Gcm.keying_material_len(), 88);
}

#[test]
fn keys_are_not_shown() {
    let master = MasterKey::new(Profile::AeadAes128Gcm, &[0xab; 16], &[0xcd; 12]).unwrap();
    let shown = format!("{master:?} {:?}", InboundContext::new(&master).unwrap());
    assert!(!shown.contains("171") && !shown.contains("205"), "{shown}");
}

#[test]
fn headers_with_extensions_stay_readable_and_are_authenticated() {
    each_profile(|sender, receiver| {
        let mut packet = vec![0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 0xbe, 0xde, 0, 1, 0x10, 0x55, 0, 0];
        packet.extend_from_slice(b"payload");
        packet.resize(packet.len() + MAX_TAG, 0);
        let len = sender.seal_rtp(&mut packet, 20, 7).unwrap();
        packet.truncate(len);
        assert_eq!(packet[17], 0x55);
        let mut forged = packet.clone();
        forged[17] ^= 1;
        assert_eq!(receiver.open_rtp(&mut forged, 20), Err(OpenError::AuthFailed));
        assert_eq!(receiver.open_rtp(&mut packet, 20).unwrap().payload_len, 7);
        assert_eq!(&packet[20..27], b"payload");
    });
}

#[test]
fn payloads_may_be_empty() {
    each_profile(|sender, receiver| {
        let mut packet = sealed(sender, SSRC, 5, b"");
        assert_eq!(packet.len(), 12 + sender.tag_len());
        assert_eq!(receiver.open_rtp(&mut packet, 12).unwrap().payload_len, 0);
    });
}

#[test]
fn every_changed_byte_is_noticed() {
    each_profile(|sender, receiver| {
        let packet = sealed(sender, SSRC, 900, b"0123456789");
        for at in 0..packet.len() {
            let mut forged = packet.clone();
            forged[at] ^= 0x80;
            let result = receiver.open_rtp(&mut forged, 12);
            assert!(result.is_err(), "byte {at}");
        }
        assert_eq!(receiver.ssrc_count(), 0, "forgeries leave no trace");
        assert!(receiver.open_rtp(&mut packet.clone(), 12).is_ok());
    });
}

#[test]
fn packets_shorter_than_header_and_tag_are_refused_at_every_length() {
    each_profile(|sender, receiver| {
        let packet = sealed(sender, SSRC, 3, b"");
        for len in 0..packet.len() {
            let result = receiver.open_rtp(&mut packet[..len].to_vec(), 12);
            assert_eq!(result, Err(OpenError::TooShort), "{len} bytes");
        }
        assert_eq!(
            receiver.open_rtp(&mut packet.clone(), 11),
            Err(OpenError::TooShort),
            "header below RTP's"
        );
        assert_eq!(receiver.open_rtp(&mut packet.clone(), usize::MAX), Err(OpenError::TooShort));
        assert_eq!(
            receiver.open_rtp(&mut packet.clone(), 13),
            Err(OpenError::TooShort),
            "tag cut by the header"
        );
    });
}

#[test]
fn rtcp_of_20_to_27_bytes_and_all_other_short_ones_are_refused() {
    each_profile(|sender, receiver| {
        for len in 0..64 {
            let mut noise = vec![0xff; len];
            assert!(receiver.open_rtcp(&mut noise).is_err(), "{len} bytes of noise");
        }
        let shortest = 8 + sender.tag_len() + 4;
        let packet = sealed_rtcp(sender, &rtcp(SSRC, 0));
        for len in 0..shortest {
            let result = receiver.open_rtcp(&mut packet[..len].to_vec());
            assert!(matches!(result, Err(OpenError::TooShort)), "{len} bytes");
        }
        assert_eq!(packet.len(), shortest);
        assert_eq!(receiver.open_rtcp(&mut packet.clone()).unwrap().len, 8);
    });
}

#[test]
fn rtcp_travels_and_is_not_taken_twice() {
    each_profile(|sender, receiver| {
        for index in 0..3 {
            let plain = rtcp(SSRC, 20);
            let mut packet = sealed_rtcp(sender, &plain);
            let copy = packet.clone();
            let opened = receiver.open_rtcp(&mut packet).unwrap();
            assert_eq!((opened.len, opened.index), (28, index));
            assert_eq!(packet[..28], plain);
            assert_eq!(receiver.open_rtcp(&mut copy.clone()), Err(OpenError::Replayed));
        }
    });
}

#[test]
fn rtcp_is_taken_127_late_and_refused_128_late() {
    each_profile(|sender, receiver| {
        let packets: Vec<Vec<u8>> = (0..129).map(|_| sealed_rtcp(sender, &rtcp(SSRC, 4))).collect();
        receiver.open_rtcp(&mut packets[128].clone()).unwrap();
        assert_eq!(receiver.open_rtcp(&mut packets[0].clone()), Err(OpenError::Replayed));
        assert!(receiver.open_rtcp(&mut packets[1].clone()).is_ok());
    });
}

#[test]
fn every_changed_byte_of_rtcp_is_noticed() {
    each_profile(|sender, receiver| {
        let packet = sealed_rtcp(sender, &rtcp(SSRC, 12));
        for at in 0..packet.len() {
            let mut forged = packet.clone();
            forged[at] ^= 0x80;
            assert!(receiver.open_rtcp(&mut forged).is_err(), "byte {at}");
        }
        assert_eq!(receiver.ssrc_count(), 0);
    });
}

#[test]
fn duplicates_are_refused_and_late_packets_taken_up_to_1023() {
    each_profile(|sender, receiver| {
        open(sender, receiver, 5000).unwrap();
        assert_eq!(open(sender, receiver, 5000), Err(OpenError::Replayed));
        assert_eq!(open(sender, receiver, 5000 - 1024), Err(OpenError::Replayed));
        assert_eq!(open(sender, receiver, 5000 - 1023), Ok(5000 - 1023));
        assert_eq!(open(sender, receiver, 5000 - 1023), Err(OpenError::Replayed));
        assert_eq!(open(sender, receiver, 5001), Ok(5001));
        assert_eq!(open(sender, receiver, 5000 - 1022), Ok(5000 - 1022), "the window moved by one");
    });
}

#[test]
fn the_rollover_counter_survives_a_wrap_with_loss() {
    each_profile(|sender, receiver| {
        open(sender, receiver, 65_534).unwrap();
        assert_eq!(open(sender, receiver, 65_537), Ok(65_537), "65535 and 0 lost, 1 first");
        assert_eq!(open(sender, receiver, 65_535), Ok(65_535), "65535 after all");
        assert_eq!(open(sender, receiver, 65_536), Ok(65_536));
        assert_eq!(
            open(sender, receiver, 131_075),
            Err(OpenError::AuthFailed),
            "a whole turn cannot be seen"
        );
        assert_eq!(open(sender, receiver, 90_000), Ok(90_000));
        assert_eq!(open(sender, receiver, 120_000), Ok(120_000));
        assert_eq!(open(sender, receiver, 131_075), Ok(131_075));
    });
}

#[test]
fn a_stream_whose_packets_before_the_wrap_are_all_lost_is_still_read() {
    each_profile(|sender, receiver| {
        assert_eq!(open(sender, receiver, 65_537), Ok(65_537), "began with 65535, which was lost");
        assert_eq!(open(sender, receiver, 65_535), Ok(65_535));
        assert_eq!(open(sender, receiver, 65_538), Ok(65_538));
    });
}

#[test]
fn a_forged_packet_far_ahead_does_not_move_the_rollover_counter() {
    each_profile(|sender, receiver| {
        open(sender, receiver, 60_000).unwrap();
        for seq in [60_001u16, 65_535, 100, 20_000] {
            let mut forged = packet(SSRC, seq, &[0; 40]);
            assert_eq!(receiver.open_rtp(&mut forged, 12), Err(OpenError::AuthFailed));
        }
        assert_eq!(open(sender, receiver, 60_001), Ok(60_001));
        assert_eq!(open(sender, receiver, 59_000), Ok(59_000), "the window did not move either");
    });
}

#[test]
fn two_thousand_ssrcs_do_not_grow_the_table_and_do_not_evict_a_pinned_one() {
    each_profile(|sender, receiver| {
        assert!(receiver.pin(SSRC));
        open(sender, receiver, 65_535).unwrap();
        open(sender, receiver, 65_536).unwrap();
        for ssrc in 0..2000 {
            let mut packet = sealed(sender, ssrc, 9, b"spray");
            assert!(receiver.open_rtp(&mut packet, 12).is_ok());
            assert!(receiver.ssrc_count() <= MAX_INBOUND_SSRCS);
        }
        assert_eq!(receiver.ssrc_count(), MAX_INBOUND_SSRCS);
        assert_eq!(open(sender, receiver, 65_535), Err(OpenError::Replayed), "its window is still there");
        assert_eq!(open(sender, receiver, 65_537), Ok(65_537), "and its rollover counter");
        let mut recent = sealed(sender, 1999, 9, b"spray");
        assert_eq!(receiver.open_rtp(&mut recent, 12), Err(OpenError::Replayed), "the latest are kept");
    });
}

#[test]
fn a_stream_in_use_outlives_a_spray_without_being_pinned() {
    each_profile(|sender, receiver| {
        for ssrc in 0..1000 {
            open(sender, receiver, u64::from(ssrc)).unwrap();
            let mut packet = sealed(sender, ssrc, 9, b"spray");
            receiver.open_rtp(&mut packet, 12).unwrap();
        }
        assert_eq!(open(sender, receiver, 0), Err(OpenError::Replayed));
    });
}

#[test]
fn forged_ssrcs_take_no_place() {
    each_profile(|_, receiver| {
        for ssrc in 0..2000 {
            let mut forged = packet(ssrc, 1, &[0; 30]);
            assert_eq!(receiver.open_rtp(&mut forged, 12), Err(OpenError::AuthFailed));
        }
        assert_eq!(receiver.ssrc_count(), 0);
    });
}

#[test]
fn a_table_full_of_pinned_ssrcs_refuses_others_until_one_is_released() {
    each_profile(|sender, receiver| {
        for ssrc in 0..MAX_INBOUND_SSRCS as u32 {
            assert!(receiver.pin(ssrc));
        }
        assert!(!receiver.pin(SSRC));
        assert_eq!(open(sender, receiver, 10), Err(OpenError::TooManySsrcs));
        let mut rtcp = sealed_rtcp(sender, &rtcp(SSRC, 4));
        assert_eq!(receiver.open_rtcp(&mut rtcp), Err(OpenError::TooManySsrcs));
        receiver.unpin(3);
        assert_eq!(open(sender, receiver, 11), Ok(11));
        assert_eq!(receiver.ssrc_count(), MAX_INBOUND_SSRCS);
    });
}

#[test]
fn sealing_follows_the_wrap_by_itself() {
    each_profile(|sender, receiver| {
        for (seq, index) in
            [(65_534u16, 65_534), (65_535, 65_535), (0, 65_536), (65_535, 65_535), (1, 65_537)]
        {
            let mut buf = packet(SSRC, seq, b"abc");
            buf.resize(buf.len() + MAX_TAG, 0);
            let len = sender.seal_rtp(&mut buf, 12, 3).unwrap();
            match receiver.open_rtp(&mut buf[..len], 12) {
                Ok(opened) => assert_eq!(opened.index, index),
                Err(error) => {
                    assert_eq!((error, index), (OpenError::Replayed, 65_535), "the same packet again")
                }
            }
        }
    });
}

#[test]
fn sealing_something_old_again_does_not_turn_the_count_back() {
    each_profile(|sender, _| {
        for seq in [20_000u16, 40_000, 7_240, 40_010] {
            let mut buf = packet(SSRC, seq, b"abc");
            buf.resize(buf.len() + MAX_TAG, 0);
            assert!(sender.seal_rtp(&mut buf, 12, 3).is_ok(), "{seq}");
        }
    });
}

#[test]
fn sealing_refuses_what_it_cannot_do_and_changes_nothing() {
    each_profile(|sender, _| {
        let plain = [packet(SSRC, 7, b"abc"), vec![0; MAX_TAG]].concat();
        let mut buf = plain.clone();
        assert_eq!(sender.seal_rtp_at(&mut buf, 12, 3, 8), Err(SealError::IndexMismatch));
        assert_eq!(sender.seal_rtp_at(&mut buf, 12, 3, 7 | 1 << 48), Err(SealError::IndexMismatch));
        assert_eq!(sender.seal_rtp_at(&mut buf, 12, 3 + MAX_TAG, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtp_at(&mut buf, 11, 3, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtp_at(&mut buf, usize::MAX, 3, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtp_at(&mut buf, 12, usize::MAX, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtp_at(&mut buf[..11], 12, 0, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtcp(&mut buf, 7), Err(SealError::NoRoom));
        assert_eq!(sender.seal_rtcp(&mut buf, plain.len()), Err(SealError::NoRoom));
        assert_eq!(buf, plain);
    });
}

#[test]
fn the_tracked_ssrcs_of_a_sender_are_bounded() {
    each_profile(|sender, _| {
        for ssrc in 0..MAX_OUTBOUND_SSRCS as u32 {
            let mut buf = [packet(ssrc, 7, b""), vec![0; MAX_TAG]].concat();
            sender.seal_rtp(&mut buf, 12, 0).unwrap();
        }
        let mut buf = [packet(SSRC, 7, b""), vec![0; MAX_TAG]].concat();
        assert_eq!(sender.seal_rtp(&mut buf, 12, 0), Err(SealError::TooManySsrcs));
    });
}

#[test]
fn no_bytes_of_any_length_panic_or_open() {
    let mut noise = Noise(1);
    each_profile(|_, receiver| {
        for len in 0..=1600 {
            for first in [0x80u8, 0x90, 0xbf, (len % 256) as u8] {
                let mut bytes: Vec<u8> = (0..len).map(|_| noise.byte()).collect();
                if let Some(byte) = bytes.first_mut() {
                    *byte = first;
                }
                let header_len = usize::from(noise.byte()) % 64;
                assert!(receiver.open_rtp(&mut bytes.clone(), header_len).is_err());
                assert!(receiver.open_rtcp(&mut bytes).is_err());
            }
        }
        assert_eq!(receiver.ssrc_count(), 0);
    });
}

fn each_profile(mut scenario: impl FnMut(&mut OutboundContext, &mut InboundContext)) {
    for profile in PROFILES {
        let key: Vec<u8> = (0..profile.key_len()).map(|byte| byte as u8).collect();
        let master = MasterKey::new(profile, &key, &vec![9; profile.salt_len()]).unwrap();
        scenario(&mut OutboundContext::new(&master).unwrap(), &mut InboundContext::new(&master).unwrap());
    }
}

/// Seals a packet with the index, opens it and returns the index found.
fn open(sender: &OutboundContext, receiver: &mut InboundContext, index: u64) -> Result<u64, OpenError> {
    receiver.open_rtp(&mut sealed(sender, SSRC, index, b"some payload"), 12).map(|opened| opened.index)
}

fn sealed(sender: &OutboundContext, ssrc: u32, index: u64, payload: &[u8]) -> Vec<u8> {
    let mut buf = packet(ssrc, index as u16, payload);
    buf.resize(buf.len() + MAX_TAG, 0);
    let len = sender.seal_rtp_at(&mut buf, 12, payload.len(), index).unwrap();
    buf.truncate(len);
    buf
}

fn packet(ssrc: u32, seq: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&seq.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 1]);
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(payload);
    packet
}

fn rtcp(ssrc: u32, body_len: usize) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.resize(8 + body_len, 0x5a);
    packet
}

fn sealed_rtcp(sender: &mut OutboundContext, plain: &[u8]) -> Vec<u8> {
    let mut buf = plain.to_vec();
    buf.resize(plain.len() + MAX_RTCP_OVERHEAD, 0);
    let len = sender.seal_rtcp(&mut buf, plain.len()).unwrap();
    buf.truncate(len);
    buf
}

struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }
}
