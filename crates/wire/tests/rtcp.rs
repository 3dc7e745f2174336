//! RTCP that is written is read; malformed members are refused without losing the good ones before them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use proptest::collection::vec;
use proptest::prelude::*;
use wire::WriteError;
use wire::ntp::NtpTime;
use wire::rtcp::{
    Compound, CompoundWriter, FirEntry, MAX_FEEDBACK_PACKETS, Malformed, Packet, Pli, ReportBlock,
    SenderInfo, TransportCcOut,
};

#[test]
fn a_compound_of_everything_is_read_in_order() {
    let mut buf = [0; 400];
    let mut writer = CompoundWriter::new(&mut buf);
    let info = SenderInfo { ntp: NtpTime(1 << 40), rtp_timestamp: 3, packet_count: 4, octet_count: 5 };
    writer.sender_report(1, &info, &[]).unwrap().cname(1, b"name").unwrap();
    writer.receiver_report(1, &[ReportBlock::default()]).unwrap().pli(1, 2).unwrap();
    writer.fir(1, 2, 200).unwrap().nack(1, 2, &[7]).unwrap().bye(&[1, 9]).unwrap();
    let len = writer.len();
    let packets: Vec<Packet<'_>> = Compound::new(&buf[..len]).map(Result::unwrap).collect();
    match &packets[..] {
        [
            Packet::SenderReport(sr),
            Packet::Sdes(sdes),
            Packet::ReceiverReport(rr),
            Packet::Pli(pli),
            Packet::Fir(fir),
            Packet::Nack(nack),
            Packet::Bye(bye),
        ] => {
            assert_eq!((sr.ssrc, sr.info, sr.reports.clone().count()), (1, info, 0));
            let chunk = sdes.chunks().next().unwrap();
            assert_eq!((chunk.ssrc, chunk.cname()), (1, Some(&b"name"[..])));
            assert_eq!((rr.ssrc, rr.reports.clone().collect::<Vec<_>>()), (1, vec![ReportBlock::default()]));
            assert_eq!(*pli, Pli { sender_ssrc: 1, media_ssrc: 2 });
            assert_eq!(fir.entries().collect::<Vec<_>>(), [FirEntry { ssrc: 2, sequence: 200 }]);
            assert_eq!(nack.lost().collect::<Vec<_>>(), [7]);
            assert_eq!((bye.ssrcs().collect::<Vec<_>>(), bye.reason), (vec![1, 9], None));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_member_malformed_inside_loses_neither_those_before_nor_those_after() {
    let mut buf = [0; 64];
    let mut writer = CompoundWriter::new(&mut buf);
    writer.pli(1, 2).unwrap();
    let len = writer.len();
    let pli = &buf[..len];
    let bad_report = [0x81, 200, 0, 1, 0, 0, 0, 1];
    let packet = [pli, &bad_report, pli].concat();
    let kinds: Vec<bool> = Compound::new(&packet).map(|member| member.is_ok()).collect();
    assert_eq!(kinds, [true, false, true]);
}

#[test]
fn wrong_framing_ends_the_packet_after_the_good_members() {
    let pli = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
    for tail in [
        &[0x81][..],
        &[0x81, 206, 0],
        &[0x81, 206, 0, 3, 0, 0, 0, 1],
        &[0x41, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2],
        &[0x81, 206, 0xff, 0xff],
    ] {
        let packet = [&pli[..], tail].concat();
        let members: Vec<Result<bool, Malformed>> = Compound::new(&packet)
            .map(|member| member.map(|packet| matches!(packet, Packet::Pli(_))))
            .collect();
        assert_eq!(members, [Ok(true), Err(Malformed)], "{tail:?}");
    }
}

#[test]
fn padding_is_taken_off_and_refused_when_it_is_wrong() {
    let padded = [0xa1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4];
    assert!(matches!(only(&padded), Ok(Packet::Pli(_))));
    for padding in [0, 16, 255] {
        let mut wrong = padded;
        wrong[15] = padding;
        assert_eq!(only(&wrong).err(), Some(Malformed), "padding of {padding}");
    }
    assert_eq!(only(&[0xa1, 206, 0, 0]).err(), Some(Malformed), "no byte to hold a count");
}

#[test]
fn transport_feedback_padded_by_less_than_a_word_is_taken() {
    let feedback = [0xaf, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0x56, 0xfd, 0, 1, 0, 0, 0, 0, 0x20, 1, 0, 1];
    match only(&feedback) {
        Ok(Packet::TransportCc(feedback)) => assert!(feedback.arrivals().eq([(0x56fd, Some(0))])),
        other => panic!("{other:?}"),
    }
}

#[test]
fn members_of_unknown_kind_are_passed_on() {
    let extended = [0x80, 207, 0, 1, 0, 0, 0, 1];
    match only(&extended) {
        Ok(Packet::Other(other)) => {
            assert_eq!((other.packet_type, other.count, other.body.len()), (207, 0, 4))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_goodbye_whose_reason_overruns_is_refused() {
    let with_reason = [0x81, 203, 0, 3, 0, 0, 0, 1, 6, b'l', b'e', b'a', b'v', b'i', b'n', 0];
    match only(&with_reason) {
        Ok(Packet::Bye(bye)) => assert_eq!(bye.reason, Some(&b"leavin"[..])),
        other => panic!("{other:?}"),
    }
    for len in [8, 100, 255] {
        let mut overrun = with_reason;
        overrun[8] = len;
        assert_eq!(only(&overrun).err(), Some(Malformed), "reason of {len}");
    }
    assert_eq!(only(&[0x82, 203, 0, 1, 0, 0, 0, 1]).err(), Some(Malformed), "two sources in room for one");
}

#[test]
fn descriptions_that_overrun_are_refused() {
    let good = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, b'a', 0];
    assert!(only(&good).is_ok());
    let mut overrun = good;
    overrun[9] = 2;
    assert_eq!(only(&overrun).err(), Some(Malformed), "no zero byte to end the items");
    overrun[9] = 200;
    assert_eq!(only(&overrun).err(), Some(Malformed));
    let two = [0x82, 202, 0, 5, 0, 0, 0, 1, 1, 2, b'a', b'b', 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
    match only(&two) {
        Ok(Packet::Sdes(sdes)) => {
            assert_eq!(sdes.chunks().map(|chunk| chunk.ssrc).collect::<Vec<_>>(), [1, 2])
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bitrate_estimate_is_read_and_one_that_names_too_many_streams_is_refused() {
    let estimate = |count: u8, packed: [u8; 3]| {
        let [a, b, c] = packed;
        [0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', count, a, b, c, 0, 0, 0, 9]
    };
    match only(&estimate(1, [0x0b, 0x61, 0xa8])) {
        Ok(Packet::Remb(remb)) => {
            assert_eq!((remb.sender_ssrc, remb.bitrate_bps), (1, 221_608 << 2));
            assert_eq!(remb.ssrcs().collect::<Vec<_>>(), [9]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(only(&estimate(2, [0, 0, 1])).err(), Some(Malformed));
    match only(&estimate(0, [0xff, 0xff, 0xff])) {
        Ok(Packet::Remb(remb)) => assert_eq!(remb.bitrate_bps, u64::MAX),
        other => panic!("{other:?}"),
    }
    let twenty = [0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 255, 0, 0, 1];
    assert_eq!(only(&twenty).err(), Some(Malformed), "255 streams in 20 bytes");
    let other = [0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, b'X', b'X', b'X', b'X'];
    assert!(matches!(only(&other), Ok(Packet::Other(_))));
}

#[test]
fn transport_feedback_with_the_reserved_symbol_is_refused() {
    // One chunk of seven 2-bit symbols, the first of them 3; two packets.
    let feedback = |chunk: [u8; 2]| {
        [0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 0, 2, 0, 0, 1, 0, chunk[0], chunk[1], 4, 8]
    };
    assert_eq!(only(&feedback([0b1111_0000, 0])).err(), Some(Malformed));
    assert_eq!(only(&feedback([0b0110_0000, 2])).err(), Some(Malformed), "a run of it");
    assert!(only(&feedback([0b1101_0111, 0xff])).is_ok(), "not where no packet is meant");
}

#[test]
fn transport_feedback_of_65535_packets_is_read_within_its_chunks_or_refused() {
    let head = |words: u16, count: u16| {
        let mut packet = vec![0x8f, 205];
        packet.extend_from_slice(&words.to_be_bytes());
        packet.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff]);
        packet.extend_from_slice(&count.to_be_bytes());
        packet.extend_from_slice(&[0xff, 0xff, 0xff, 7]);
        packet
    };
    assert_eq!(only(&head(4, 65_535)).err(), Some(Malformed), "no chunks at all");
    let missing = [&head(9, 65_535)[..], &[0x1f, 0xff].repeat(9)[..], &[0, 0]].concat();
    match only(&missing) {
        Ok(Packet::TransportCc(feedback)) => {
            assert_eq!((feedback.reference_time, feedback.feedback_count), (-1, 7));
            let packets: Vec<(u16, Option<i16>)> = feedback.packets().collect();
            assert_eq!((packets.len(), packets[0], packets[1]), (65_535, (65_535, None), (0, None)));
        }
        other => panic!("{other:?}"),
    }
    let arrived = [&head(9, 65_535)[..], &[0x3f, 0xff].repeat(9)[..], &[0, 0]].concat();
    assert_eq!(only(&arrived).err(), Some(Malformed), "deltas that are not there");
    assert_eq!(only(&[&head(5, 0)[..], &[0; 4]].concat()).err(), Some(Malformed), "about nothing");
}

#[test]
fn feedback_is_as_compact_as_its_packets_are_alike() {
    let body_len = |arrivals: &[Option<i64>]| {
        let mut buf = [0; 1500];
        let mut writer = CompoundWriter::new(&mut buf);
        assert_eq!(writer.transport_cc(&out(arrivals)), Ok(arrivals.len()));
        writer.len() - 20
    };
    assert_eq!(body_len(&[Some(5); 200]), 2 + 200 + 2, "one run");
    assert_eq!(body_len(&[None; 400]), 2 + 2);
    let gaps: Vec<Option<i64>> = (0..28).map(|i| (i % 3 > 0).then_some(i)).collect();
    assert_eq!(body_len(&gaps), 2 * 2 + 18 + 2, "two one-bit vectors");
}

#[test]
fn feedback_stops_before_a_gap_of_more_than_eight_seconds() {
    let arrivals = [Some(100), None, Some(32_800), Some(70_000), Some(70_001)];
    let mut buf = [0; 200];
    let mut writer = CompoundWriter::new(&mut buf);
    assert_eq!(writer.transport_cc(&out(&arrivals)), Ok(3));
    assert_eq!(writer.transport_cc(&out(&[])), Err(WriteError::OutOfRange));
    let len = writer.len();
    assert_eq!(arrivals_in(&buf[..len]), [(65_530, Some(100)), (65_531, None), (65_532, Some(32_800))]);
    let many = vec![Some(1); MAX_FEEDBACK_PACKETS + 1];
    assert_eq!(CompoundWriter::new(&mut [0; 1500]).transport_cc(&out(&many)), Ok(MAX_FEEDBACK_PACKETS));
}

#[test]
fn a_member_without_room_leaves_those_before_it() {
    let mut buf = [0; 30];
    let mut writer = CompoundWriter::new(&mut buf);
    writer.pli(1, 2).unwrap();
    assert_eq!(writer.fir(1, 2, 3).map(drop), Err(WriteError::NoRoom));
    assert_eq!(writer.nack(1, 2, &[]).map(drop), Err(WriteError::OutOfRange));
    assert_eq!(writer.cname(1, &[b'a'; 256]).map(drop), Err(WriteError::OutOfRange));
    assert_eq!(writer.bye(&[0; 32]).map(drop), Err(WriteError::OutOfRange));
    assert_eq!(writer.len(), 12);
    writer.pli(3, 4).unwrap();
    assert_eq!(Compound::new(&buf[..24]).filter(Result::is_ok).count(), 2);
}

#[test]
fn a_loss_count_beyond_24_bits_is_cut() {
    for (count, expected) in [(i32::MAX, 0x7f_ffff), (i32::MIN, -0x80_0000), (-1, -1)] {
        let mut buf = [0; 64];
        let block = ReportBlock { cumulative_lost: count, ..Default::default() };
        CompoundWriter::new(&mut buf).receiver_report(1, &[block]).unwrap();
        match only(&buf[..32]) {
            Ok(Packet::ReceiverReport(mut report)) => {
                assert_eq!(report.reports.next().unwrap().cumulative_lost, expected);
            }
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn reports_survive_the_round_trip(
        ssrc: u32, ntp: u64, rtp_timestamp: u32, packet_count: u32, octet_count: u32,
        blocks in vec(block(), 0..=31),
    ) {
        let info = SenderInfo { ntp: NtpTime(ntp), rtp_timestamp, packet_count, octet_count };
        let mut buf = [0; 1600];
        let mut writer = CompoundWriter::new(&mut buf);
        writer.sender_report(ssrc, &info, &blocks).unwrap().receiver_report(ssrc, &blocks).unwrap();
        let len = writer.len();
        let packets: Vec<Packet<'_>> = Compound::new(&buf[..len]).map(Result::unwrap).collect();
        let [Packet::SenderReport(sr), Packet::ReceiverReport(rr)] = &packets[..] else {
            return Err(TestCaseError::fail("not the two reports"));
        };
        prop_assert_eq!((sr.ssrc, sr.info, rr.ssrc), (ssrc, info, ssrc));
        prop_assert_eq!(&sr.reports.clone().collect::<Vec<_>>(), &blocks);
        prop_assert_eq!(&rr.reports.clone().collect::<Vec<_>>(), &blocks);
    }

    #[test]
    fn lost_numbers_survive_the_round_trip(first: u16, steps in vec(1..40u16, 0..100)) {
        let mut lost = vec![first];
        for step in steps {
            lost.push(lost[lost.len() - 1].wrapping_add(step));
        }
        let mut buf = [0; 600];
        let mut writer = CompoundWriter::new(&mut buf);
        writer.nack(1, 2, &lost).unwrap();
        let len = writer.len();
        let Ok(Packet::Nack(nack)) = only(&buf[..len]) else { return Err(TestCaseError::fail("no NACK")) };
        prop_assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
    }

    #[test]
    fn arrivals_survive_the_round_trip(
        start in -1_000_000..1_000_000i64,
        steps in vec(proptest::option::weighted(0.8, prop_oneof![4 => 0..256i64, 1 => -3000..3000i64]), 1..300),
    ) {
        let mut clock = start;
        let arrivals: Vec<Option<i64>> = steps
            .iter()
            .map(|step| {
                clock += (*step)?;
                Some(clock)
            })
            .collect();
        let mut buf = [0; 1500];
        let mut writer = CompoundWriter::new(&mut buf);
        prop_assert_eq!(writer.transport_cc(&out(&arrivals)), Ok(arrivals.len()));
        let len = writer.len();
        prop_assert_eq!(len % 4, 0);
        let expected: Vec<(u16, Option<i64>)> =
            arrivals.iter().enumerate().map(|(i, arrival)| (65_530u16.wrapping_add(i as u16), *arrival)).collect();
        prop_assert_eq!(arrivals_in(&buf[..len]), expected);
    }
}

fn block() -> impl Strategy<Value = ReportBlock> {
    (any::<(u32, u8, u32, u32, u32, u32)>(), -0x80_0000..0x80_0000).prop_map(|(fields, cumulative_lost)| {
        let (ssrc, fraction_lost, highest_sequence, jitter, last_sr, delay_since_last_sr) = fields;
        ReportBlock {
            ssrc,
            fraction_lost,
            cumulative_lost,
            highest_sequence,
            jitter,
            last_sr,
            delay_since_last_sr,
        }
    })
}

fn out(arrivals: &[Option<i64>]) -> TransportCcOut<'_> {
    TransportCcOut { sender_ssrc: 1, media_ssrc: 2, base_sequence: 65_530, feedback_count: 3, arrivals }
}

fn arrivals_in(packet: &[u8]) -> Vec<(u16, Option<i64>)> {
    match only(packet) {
        Ok(Packet::TransportCc(feedback)) => feedback.arrivals().collect(),
        other => panic!("{other:?}"),
    }
}

/// Returns the only member of a packet.
fn only(packet: &[u8]) -> Result<Packet<'_>, Malformed> {
    let mut members = Compound::new(packet);
    let first = members.next().unwrap();
    assert!(members.next().is_none());
    first
}
