//! RTP headers that are written are read, rewritten fields are read back, and wrong packets are refused.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use proptest::prelude::*;
use wire::WriteError;
use wire::codec::{Codec, PictureId, inspect, vp8, vp9};
use wire::red;
use wire::rtp::{ExtensionWriter, ParsedRtp, RtpError, RtpHeaderOut, write_header};

#[test]
fn the_parts_of_a_full_packet_are_found() {
    let packet = [
        &[0xb1, 0xe0, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7][..],
        &[0, 0, 0, 42],
        &[0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0],
        &[1, 2, 3],
        &[0, 0, 3],
    ]
    .concat();
    let header = ParsedRtp::parse(&packet).unwrap();
    assert!(header.marker && header.has_padding);
    assert_eq!((header.payload_type, header.sequence_number), (96, 0x1234));
    assert_eq!((header.timestamp, header.ssrc), (9, 7));
    assert_eq!(header.csrcs(&packet).collect::<Vec<_>>(), [42]);
    assert_eq!(header.extensions(&packet).collect::<Vec<_>>(), [(1, &[0xff][..])]);
    assert_eq!((header.header_len(), header.payload_len, header.padding_len), (24, 3, 3));
    assert_eq!(header.payload(&packet), [1, 2, 3]);
}

#[test]
fn an_encrypted_packet_is_read_without_its_padding_and_completed_when_open() {
    let mut packet = vec![0xa0, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 5, 6, 0, 2];
    let sealed = [&packet[..], &[0xee; 16]].concat();
    let header = ParsedRtp::parse_protected(&sealed).unwrap();
    assert_eq!((header.header_len(), header.payload_len, header.padding_len), (12, 20, 0));
    let open = header.with_plaintext(&packet).unwrap();
    assert_eq!((open.payload_len, open.padding_len), (2, 2));
    packet[15] = 5;
    assert_eq!(header.with_plaintext(&packet), Err(RtpError::BadPadding));
    packet[15] = 0;
    assert_eq!(header.with_plaintext(&packet), Err(RtpError::BadPadding));
    assert_eq!(header.with_plaintext(&packet[..11]), Err(RtpError::TooShort));
}

#[test]
fn padding_may_be_all_there_is_and_no_more() {
    let packet = [0xa0, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 3];
    assert_eq!(ParsedRtp::parse(&packet).unwrap().payload_len, 0);
    let packet = [0xa0, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 4];
    assert_eq!(ParsedRtp::parse(&packet), Err(RtpError::BadPadding));
    let packet = [0xa0, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 1];
    assert_eq!(ParsedRtp::parse(&packet), Err(RtpError::BadPadding), "the SSRC's last byte is no padding");
}

#[test]
fn headers_that_overrun_the_packet_are_refused_at_every_length() {
    let packet = [
        &[0x92, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7][..],
        &[0; 8],
        &[0xbe, 0xde, 0, 2, 0x10, 1, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    for len in 0..packet.len() {
        assert_eq!(ParsedRtp::parse(&packet[..len]), Err(RtpError::TooShort), "{len} bytes");
    }
    assert_eq!(ParsedRtp::parse(&packet).unwrap().payload_len, 0);
}

#[test]
fn an_extension_block_of_65535_words_is_too_long_for_any_packet() {
    let mut packet = vec![0; 65_535];
    packet[0] = 0x90;
    packet[12..16].copy_from_slice(&[0xbe, 0xde, 0xff, 0xff]);
    assert_eq!(ParsedRtp::parse(&packet), Err(RtpError::TooShort));
    packet.push(0);
    assert_eq!(ParsedRtp::parse(&packet), Err(RtpError::TooLong));
}

#[test]
fn other_versions_are_refused() {
    for first in [0x00, 0x40, 0xc0] {
        let mut packet = [0; 12];
        packet[0] = first;
        assert_eq!(ParsedRtp::parse(&packet), Err(RtpError::BadVersion));
    }
}

#[test]
fn parts_of_another_packet_are_empty_and_not_a_panic() {
    let packet = [0x91, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 5];
    let header = ParsedRtp::parse(&packet).unwrap();
    assert!(header.payload(&[]).is_empty());
    assert_eq!((header.extensions(&[]).count(), header.csrcs(&[]).count()), (0, 0));
}

#[test]
fn extensions_take_one_byte_each_where_they_can_and_two_where_they_must() {
    assert_eq!(profile_of(&[(1, b"a"), (14, &[0; 16])]), [0xbe, 0xde]);
    assert_eq!(profile_of(&[(1, b"a"), (15, b"b")]), [0x10, 0x00]);
    assert_eq!(profile_of(&[(1, &[0; 17])]), [0x10, 0x00]);
    assert_eq!(profile_of(&[(1, b"")]), [0x10, 0x00]);
}

#[test]
fn headers_that_cannot_be_written_are_refused() {
    let plain = RtpHeaderOut::default();
    let write = |header: &RtpHeaderOut<'_>, extensions: &[(u8, &[u8])]| {
        write_header(&mut [0; 400], header, |out| put_all(out, extensions))
    };
    assert_eq!(write(&RtpHeaderOut { payload_type: 128, ..plain }, &[]), Err(WriteError::OutOfRange));
    assert_eq!(write(&RtpHeaderOut { csrcs: &[0; 16], ..plain }, &[]), Err(WriteError::OutOfRange));
    assert_eq!(write(&plain, &[(0, b"a")]), Err(WriteError::OutOfRange));
    assert_eq!(write(&plain, &[(1, &[0; 256])]), Err(WriteError::OutOfRange));
    let write_into = |size: usize| {
        let header = RtpHeaderOut { csrcs: &[1], ..plain };
        write_header(&mut [0; 24][..size], &header, |out| out.put(1, *b"abc"))
    };
    for size in 0..24 {
        assert_eq!(write_into(size), Err(WriteError::NoRoom), "{size} bytes");
    }
    assert_eq!(write_into(24), Ok(24));
}

proptest! {
    #[test]
    fn copies_of_earlier_sound_and_its_own_frame_are_found_in_any_packet_and_in_no_cut_one(
        copies in proptest::collection::vec((0..1u16 << 14, proptest::collection::vec(any::<u8>(), 0..100)), 0..=8),
        own in proptest::collection::vec(any::<u8>(), 1..100),
        payload_type in 0..128u8,
        cut: proptest::sample::Index,
    ) {
        let mut packet = Vec::new();
        for (age, copy) in &copies {
            packet.push(0x80 | payload_type);
            packet.extend(&(u32::from(*age) << 10 | copy.len() as u32).to_be_bytes()[1..]);
        }
        packet.push(payload_type);
        packet.extend(copies.iter().flat_map(|(_, copy)| copy));
        let primary = packet.len();
        packet.extend(&own);
        let blocks = red::Blocks::parse(&packet, payload_type).unwrap();
        prop_assert_eq!(usize::from(blocks.primary), primary);
        let found = blocks.copies().iter().map(|copy| {
            let at = usize::from(copy.offset);
            (copy.age, packet[at..at + usize::from(copy.len)].to_vec())
        });
        prop_assert_eq!(found.collect::<Vec<_>>(), copies);
        prop_assert_eq!(red::Blocks::parse(&packet[..cut.index(primary + 1)], payload_type), None);
    }

    #[test]
    fn headers_survive_the_round_trip(
        marker: bool,
        payload_type in 0..=127u8,
        sequence_number: u16,
        timestamp: u32,
        ssrc: u32,
        csrcs in proptest::collection::vec(any::<u32>(), 0..=15),
        extensions in proptest::collection::vec((1..=255u8, proptest::collection::vec(any::<u8>(), 0..40)), 0..8),
        payload in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let extensions: Vec<(u8, &[u8])> = extensions.iter().map(|(id, value)| (*id, &value[..])).collect();
        let out = RtpHeaderOut {
            marker, padding: false, payload_type, sequence_number, timestamp, ssrc,
            csrcs: &csrcs,
        };
        let mut buf = [0xee; 600];
        let len = write_header(&mut buf, &out, |out| put_all(out, &extensions)).unwrap();
        buf[len..len + payload.len()].copy_from_slice(&payload);
        let packet = &buf[..len + payload.len()];
        let header = ParsedRtp::parse(packet).unwrap();
        prop_assert_eq!(header.header_len(), len);
        prop_assert_eq!((header.marker, header.payload_type), (marker, payload_type));
        prop_assert_eq!((header.sequence_number, header.timestamp, header.ssrc), (sequence_number, timestamp, ssrc));
        prop_assert_eq!(header.csrcs(packet).collect::<Vec<_>>(), csrcs);
        prop_assert_eq!(header.extensions(packet).collect::<Vec<_>>(), extensions);
        prop_assert_eq!(header.payload(packet), payload);
    }

    #[test]
    fn patching_vp8_changes_the_two_numbers_and_nothing_else(
        mut payload in proptest::collection::vec(any::<u8>(), 1..40), picture: u16, tl0: u8,
    ) {
        let Some(before) = vp8::Descriptor::parse(&payload) else { return Ok(()) };
        let body = payload[before.len..].to_vec();
        inspect(Codec::Vp8, &payload).renumber(Codec::Vp8, &mut payload, picture, tl0);
        let expected = vp8::Descriptor {
            picture_id: before.picture_id.map(|id| cut(id, picture)),
            tl0_picture_index: before.tl0_picture_index.map(|_| tl0),
            ..before
        };
        prop_assert_eq!(vp8::Descriptor::parse(&payload), Some(expected));
        prop_assert_eq!(&payload[before.len..], body);
    }

    #[test]
    fn patching_vp9_changes_the_two_numbers_and_nothing_else(
        mut payload in proptest::collection::vec(any::<u8>(), 1..40), picture: u16, tl0: u8,
    ) {
        let Some(before) = vp9::Descriptor::parse(&payload) else { return Ok(()) };
        inspect(Codec::Vp9, &payload).renumber(Codec::Vp9, &mut payload, picture, tl0);
        let expected = vp9::Descriptor {
            picture_id: before.picture_id.map(|id| cut(id, picture)),
            tl0_picture_index: before.tl0_picture_index.map(|_| tl0),
            ..before
        };
        prop_assert_eq!(vp9::Descriptor::parse(&payload), Some(expected));
    }
}

fn cut(id: PictureId, value: u16) -> PictureId {
    PictureId { value: value & if id.wide { 0x7fff } else { 0x7f }, ..id }
}

fn profile_of(extensions: &[(u8, &[u8])]) -> [u8; 2] {
    let mut buf = [0; 400];
    write_header(&mut buf, &RtpHeaderOut::default(), |out| put_all(out, extensions)).unwrap();
    [buf[12], buf[13]]
}

fn put_all(out: &mut ExtensionWriter<'_>, extensions: &[(u8, &[u8])]) -> Result<(), WriteError> {
    extensions.iter().try_for_each(|(id, value)| out.put_slice(*id, value))
}
