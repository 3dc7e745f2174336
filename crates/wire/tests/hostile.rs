//! Every parser meets every length with every first byte, on seeded noise: nothing may panic, hang or read beyond.

use wire::codec::dependency::{MAX_LEN, Structure, rewrite};
use wire::codec::{Codec, inspect, vp8, vp9};
use wire::demux::classify;
use wire::ext::{name, transport_sequence};
use wire::red;
use wire::rtcp::{Compound, Packet};
use wire::rtp::ParsedRtp;
use wire::rtx;
use wire::stun::Message;

const LONGEST: usize = 1600;

#[test]
fn every_length_with_every_first_byte_is_survived() {
    let mut noise = Noise(42);
    let mut bytes: Vec<u8> = (0..LONGEST).map(|_| noise.byte()).collect();
    for len in 0..=LONGEST {
        for first in 0..=255 {
            if let Some(byte) = bytes.first_mut() {
                *byte = first;
            }
            let at = usize::from(noise.byte()) % 40;
            bytes[at] = noise.byte();
            parse_everything(&bytes[..len]);
        }
    }
}

#[test]
fn well_framed_noise_is_survived() {
    let mut noise = Noise(7);
    for _ in 0..20_000 {
        let words = usize::from(noise.byte()) % 40;
        let mut bytes: Vec<u8> = (0..4 + words * 4).map(|_| noise.byte()).collect();
        bytes[0] = 0x80 | bytes[0] & 0x3f;
        bytes[1] = 200 + bytes[1] % 8;
        bytes[2] = 0;
        bytes[3] = words as u8;
        if bytes.len() >= 16 && bytes[4] & 1 == 0 {
            bytes[12..16].copy_from_slice(b"REMB");
        }
        parse_rtcp(&bytes);
        bytes[0] = 0;
        bytes[1] = 1;
        if bytes.len() >= 20 {
            let length = ((bytes.len() - 20) as u16).to_be_bytes();
            bytes[2..4].copy_from_slice(&length);
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
            for at in (20..bytes.len()).step_by(8) {
                bytes[at..(at + 2)].copy_from_slice(&[0, [6, 8, 9, 0x20, 0x24, 0x25][at % 6]]);
                bytes[at + 2] = 0;
                bytes[at + 3] %= 12;
            }
        }
        parse_stun(&bytes);
    }
}

#[test]
fn noise_behind_the_flags_of_a_dependency_descriptor_is_survived() {
    let mut noise = Noise(99);
    let (mut structures, mut rewritten) = (0, 0);
    for _ in 0..30_000 {
        let len = usize::from(noise.byte()) % 64;
        let mut bytes: Vec<u8> = (0..len).map(|_| noise.byte()).collect();
        if len > 6 {
            // A structure, and few templates: the longer ones seldom hold together by chance.
            bytes[3] |= 0x80;
            bytes[4] &= 0x07;
            bytes[5] |= 0x0c;
        }
        let mut structure = Structure::default();
        let read = structure.read(&bytes);
        structures += u32::from(read.is_some());
        assert!(structure.chain_count() <= 4 && structure.target_count() <= 32);
        let mut out = [0; MAX_LEN];
        if let (Some(before), Some(len)) =
            (read, rewrite(&bytes, 7, Some((1, structure.target_count())), &mut out))
        {
            rewritten += 1;
            let after = Structure::default().read(&out[..len]).expect("still a descriptor");
            assert_eq!((after.spatial_id, after.temporal_id), (before.spatial_id, before.temporal_id));
            assert_eq!((after.frame_number, after.chain_differences), (7, before.chain_differences));
        }
    }
    assert!(structures > 100 && rewritten == structures, "{structures} structures, {rewritten} rewritten");
}

fn parse_everything(bytes: &[u8]) {
    classify(bytes);
    parse_stun(bytes);
    parse_rtp(bytes);
    parse_rtcp(bytes);
    parse_payload(bytes);
    transport_sequence(bytes);
    name(bytes);
}

fn parse_stun(bytes: &[u8]) {
    if let Ok(message) = Message::parse(bytes) {
        message.verify_integrity(b"key");
        message.verify_integrity(b"");
        message.verify_fingerprint();
        message.ufrags();
        message.unknown_attributes();
    }
}

fn parse_rtp(bytes: &[u8]) {
    if let Ok(header) = ParsedRtp::parse_protected(bytes) {
        assert!(header.header_len() + usize::from(header.payload_len) == bytes.len());
        assert!(header.extensions(bytes).all(|(id, value)| id != 0 && value.len() < 256));
        assert_eq!(header.csrcs(bytes).count(), usize::from(header.csrc_count));
    }
    if let Ok(header) = ParsedRtp::parse(bytes) {
        let whole = header.header_len() + usize::from(header.payload_len) + usize::from(header.padding_len);
        assert_eq!(whole, bytes.len());
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            inspect(codec, header.payload(bytes));
        }
        if let Some(original) = rtx::original(&header, bytes, 96, 1) {
            assert_eq!(original.payload(bytes).len() + rtx::OSN_LEN, header.payload(bytes).len());
        }
    }
}

fn parse_rtcp(bytes: &[u8]) {
    let members = Compound::new(bytes).inspect(|member| match member {
        Ok(Packet::SenderReport(report)) => assert!(report.reports.clone().count() <= 31),
        Ok(Packet::ReceiverReport(report)) => assert!(report.reports.clone().count() <= 31),
        Ok(Packet::Sdes(sdes)) => {
            let items: usize = sdes.chunks().map(|chunk| chunk.items().count()).sum();
            assert!(items <= bytes.len());
            assert!(sdes.chunks().all(|chunk| chunk.cname().is_none_or(|name| name.len() < 256)));
        }
        Ok(Packet::Bye(bye)) => assert!(bye.ssrcs().count() <= 31),
        Ok(Packet::Nack(nack)) => assert!(nack.lost().count() <= bytes.len() / 4 * 17),
        Ok(Packet::Fir(fir)) => assert!(fir.entries().count() <= bytes.len() / 8),
        Ok(Packet::TransportCc(feedback)) => {
            assert_eq!(
                feedback.packets().count(),
                usize::from(feedback.status_count),
                "as many as announced"
            );
            assert_eq!(feedback.arrivals().count(), usize::from(feedback.status_count));
        }
        Ok(Packet::Remb(remb)) => assert!(remb.ssrcs().count() <= bytes.len() / 4),
        Ok(Packet::Pli(_) | Packet::Other(_)) | Err(_) => {}
    });
    assert!(members.count() <= bytes.len() / 4 + 1);
}

fn parse_payload(bytes: &[u8]) {
    if bytes.len() <= MAX_LEN {
        Structure::default().read(bytes);
        rewrite(bytes, 1, Some((3, 9)), &mut [0; 20]);
        rewrite(bytes, 1, None, &mut [0; MAX_LEN]);
    }
    parse_redundancy(bytes);
    vp9::layer_size(bytes, 7);
    // A sequence parameter set, a sequence header.
    for (codec, head) in [(Codec::H264, [0x67, 66]), (Codec::Av1, [0x10, 0x08])] {
        inspect(codec, &[&head[..], &bytes[..bytes.len().min(100)]].concat());
    }
    for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
        let info = inspect(codec, bytes);
        // Not only in the payload that it was read from.
        for len in 0..=bytes.len().min(8) {
            info.renumber(codec, &mut bytes.to_vec()[..len], 1, 1);
        }
    }
    if let Some(descriptor) = vp8::Descriptor::parse(bytes) {
        assert!(descriptor.len <= bytes.len());
    }
    vp9::Descriptor::parse(bytes);
}

/// Whatever is taken for redundant audio lies within the packet, one block behind the other.
fn parse_redundancy(bytes: &[u8]) {
    let payload_type = bytes.first().map_or(0, |first| first & 0x7f);
    let Some(blocks) = red::Blocks::parse(bytes, payload_type) else { return };
    let ends = blocks.copies().iter().map(|copy| copy.offset + copy.len);
    let begins = blocks.copies().iter().map(|copy| copy.offset).skip(1).chain([blocks.primary]);
    assert!(begins.eq(ends) || blocks.copies().is_empty());
    assert!(usize::from(blocks.primary) < bytes.len());
    let block = |copy: &red::Copy| (copy.age, &bytes[usize::from(copy.offset)..][..usize::from(copy.len)]);
    let mut again = [0; LONGEST];
    let own = &bytes[usize::from(blocks.primary)..];
    let len = red::write(&mut again, payload_type, blocks.copies().iter().map(block), own);
    assert_eq!(len, Ok(bytes.len()));
    assert_eq!(again[..bytes.len()], *bytes);
}

struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }
}
