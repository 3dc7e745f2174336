//! Counts what is allocated while packets are sealed and opened: nothing, once a stream is known.
//!
//! Counts Rust's allocator only. That aws-lc's C code does not call `malloc` here either was checked by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use allocation_counter::measure;
use srtp::{InboundContext, MAX_RTCP_OVERHEAD, MAX_TAG, MasterKey, OutboundContext, Profile};

#[test]
fn sealing_and_opening_a_known_stream_allocates_nothing() {
    for profile in [Profile::Aes128CmSha1_80, Profile::AeadAes128Gcm, Profile::AeadAes256Gcm] {
        let master =
            MasterKey::new(profile, &vec![1; profile.key_len()], &vec![2; profile.salt_len()]).unwrap();
        let mut sender = OutboundContext::new(&master).unwrap();
        let mut receiver = InboundContext::new(&master).unwrap();
        let first = measure(|| exchange(&mut sender, &mut receiver, 0));
        assert!(
            first.count_total > 0,
            "the first packet of a stream makes its state, which the counter must see"
        );
        let rest = measure(|| (1..200).for_each(|seq| exchange(&mut sender, &mut receiver, seq)));
        assert_eq!(rest.count_total, 0, "{profile:?}");
    }
}

fn exchange(sender: &mut OutboundContext, receiver: &mut InboundContext, seq: u16) {
    let mut packet = [0x5a; 1200 + MAX_TAG];
    packet[..12].copy_from_slice(&[0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
    packet[2..4].copy_from_slice(&seq.to_be_bytes());
    let len = sender.seal_rtp(&mut packet, 12, 1188).unwrap();
    receiver.open_rtp(&mut packet[..len], 12).unwrap();
    let mut report = [0x5a; 60 + MAX_RTCP_OVERHEAD];
    report[..8].copy_from_slice(&[0x80, 200, 0, 14, 0, 0, 0, 7]);
    let len = sender.seal_rtcp(&mut report, 60).unwrap();
    receiver.open_rtcp(&mut report[..len]).unwrap();
}
