//! The published test vectors, run through the same code as packets: RFC 3711 appendix B, RFC 6188 §7, RFC 7714
//! §16 and §17, and the known answers of libsrtp's self-test for the whole counter mode profile.

use crate::cm::Cm;
use crate::gcm::Gcm;
use crate::kdf::{self, Label};
use crate::session::{Cipher, PacketId};
use crate::{InboundContext, MAX_TAG, MasterKey, OpenError, OutboundContext, Profile};

const RTP: &str = "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
    69736120 696e2070 61727465 73207472 6573";
const RTCP: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
    deadbeef deadbeef deadbeef deadbeef deadbeef";
const KEY_256: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const KEY_128: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn rfc_7714_16_1_seals_and_opens_with_aes_128() {
    seals_and_opens_rtp(
        KEY_128,
        "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
         36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
    );
}

#[test]
fn rfc_7714_16_2_seals_and_opens_with_aes_256() {
    seals_and_opens_rtp(
        KEY_256,
        "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
         1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
    );
}

#[test]
fn rfc_7714_17_1_seals_and_opens_rtcp_with_aes_128() {
    let sealed =
        hex("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda
        4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4");
    let mut plain = hex(RTCP);
    let (header, body) = plain.split_at_mut(8);
    let mut tag = [0; MAX_TAG];
    gcm(KEY_128, true).seal(PacketId::rtcp(0x4d61_7273, 0x5d4), header, body, &mut tag).unwrap();
    assert_eq!([header, body, &tag[..], &hex("800005d4")].concat(), sealed);

    opens_rtcp(KEY_128, &sealed);
}

#[test]
fn rfc_7714_17_2_opens_rtcp_with_aes_256() {
    let sealed =
        hex("81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be
        8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4");
    opens_rtcp(KEY_256, &sealed);
}

#[test]
fn rfc_7714_17_3_and_17_4_are_refused_because_they_are_not_encrypted() {
    let tagged_128 = [hex(RTCP), hex("841dd968 3dd78ec9 2ae58790 125f62b3 000005d4")].concat();
    let tagged_256 = [hex(RTCP), hex("91db4afb feee5a97 8fab4393 ed2615fe 000005d4")].concat();
    for (key, mut packet) in [(KEY_128, tagged_128), (KEY_256, tagged_256)] {
        assert_eq!(inbound(key).open_rtcp(&mut packet), Err(OpenError::NotEncrypted));
    }
}

#[test]
fn rfc_3711_b_2_key_stream() {
    let key: [u8; 16] = array("2B7E151628AED2A6ABF7158809CF4F3C");
    let cm = Cm::from_session(&key, &[0; 20], array("F0F1F2F3F4F5F6F7F8F9FAFBFCFD")).unwrap();
    let mut stream = vec![0; 1_044_512];
    cm.seal(PacketId::rtp(0, 0), &[], &mut stream, &mut [0; MAX_TAG]).unwrap();
    let start =
        "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
    let end =
        "EC8CDF7398607CB0F2D21675EA9EA1E4 362B7C3C6773516318A077D7FC5073AE 6A2CC3787889374FBEB4C81B17BA6C44";
    assert_eq!(stream[..48], hex(start));
    assert_eq!(stream[1_044_512 - 48..], hex(end));
}

#[test]
fn rfc_3711_b_3_key_derivation() {
    let master = cm_master();
    assert_eq!(derive(&master, Label::RtpEncryption, 16), hex("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(derive(&master, Label::RtpSalt, 14), hex("30CBBC08863D8C85D49DB34A9AE1"));
    let authentication = "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE
        E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25
        6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2";
    assert_eq!(derive(&master, Label::RtpAuthentication, 94), hex(authentication));
}

#[test]
fn aes_256_key_derivation_with_a_salt_of_96_bits() {
    // Computed with `openssl enc -aes-256-ctr` over zeros; the salt is extended by zeros (RFC 7714 §11).
    let salt = hex("a0a1a2a3a4a5a6a7a8a9aaab");
    let master = MasterKey::new(Profile::AeadAes256Gcm, &hex(KEY_256), &salt).unwrap();
    let key = hex("b7a435ce454463b760dc82c838468a115c699625af4b93a0f8220a2a6119c5d0");
    assert_eq!(derive(&master, Label::RtpEncryption, 32), key);
    assert_eq!(derive(&master, Label::RtpSalt, 12), hex("944bd21c268a962cd09c674a"));
    let key = hex("3c90f52a0a13ff8a853397cadc245b9eac76b36edb4a6062bf624aa1174eebf2");
    assert_eq!(derive(&master, Label::RtcpEncryption, 32), key);
    assert_eq!(derive(&master, Label::RtcpSalt, 12), hex("258c540cf38ddd40848ceaed"));
}

#[test]
fn the_counter_mode_profile_seals_as_libsrtp_does() {
    let plain = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let mut buf = [plain.clone(), vec![0; MAX_TAG]].concat();
    let context = OutboundContext::new(&cm_master()).unwrap();
    let len = context.seal_rtp_at(&mut buf, 12, 16, 0x1234).unwrap();
    let sealed = "800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402 b78d6acc 99ea179b 8dbb";
    assert_eq!(buf[..len], hex(sealed));
    let mut context = InboundContext::new(&cm_master()).unwrap();
    assert_eq!(context.open_rtp(&mut buf[..len], 12).unwrap().payload_len, 16);
    assert_eq!(buf[..28], plain);
}

#[test]
fn the_counter_mode_profile_opens_rtcp_as_libsrtp_does() {
    let mut packet =
        hex("81c8000b cafebabe 7128035b e487b9bd bef89041 f977a5a8 80000001 993e08cd 54d6c123 0798");
    let opened = InboundContext::new(&cm_master()).unwrap().open_rtcp(&mut packet).unwrap();
    assert_eq!((opened.len, opened.index), (24, 1));
    assert_eq!(packet[..24], hex("81c8000b cafebabe abababab abababab abababab abababab"));
}

fn seals_and_opens_rtp(key: &str, sealed: &str) {
    let plain = hex(RTP);
    let mut buf = [plain.clone(), vec![0; MAX_TAG]].concat();
    let context =
        OutboundContext::from_ciphers(Cipher::Gcm(gcm(key, false)), Cipher::Gcm(gcm(key, true)), MAX_TAG);
    assert_eq!(context.seal_rtp_at(&mut buf, 12, plain.len() - 12, 0xf17b), Ok(buf.len()));
    assert_eq!(buf, hex(sealed));
    let opened = inbound(key).open_rtp(&mut buf, 12).unwrap();
    assert_eq!((opened.payload_len, opened.index), (38, 0xf17b));
    assert_eq!(buf[..plain.len()], plain);
}

fn opens_rtcp(key: &str, sealed: &[u8]) {
    let mut packet = sealed.to_vec();
    let opened = inbound(key).open_rtcp(&mut packet).unwrap();
    assert_eq!(opened.index, 0x5d4);
    assert_eq!(packet[..opened.len], hex(RTCP));
}

fn inbound(key: &str) -> InboundContext {
    InboundContext::from_ciphers(Cipher::Gcm(gcm(key, false)), Cipher::Gcm(gcm(key, true)), MAX_TAG)
}

fn gcm(key: &str, binds_trailer: bool) -> Gcm {
    Gcm::from_session(&hex(key), *b"Quid pro quo", binds_trailer).unwrap()
}

fn cm_master() -> MasterKey {
    let key = hex("E1F97A0D3E018BE0D64FA32C06DE4139");
    MasterKey::new(Profile::Aes128CmSha1_80, &key, &hex("0EC675AD498AFEEBB6960B3AABE6")).unwrap()
}

fn derive(master: &MasterKey, label: Label, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    kdf::derive(master, label, &mut out).unwrap();
    out
}

fn array<const N: usize>(digits: &str) -> [u8; N] {
    hex(digits).try_into().unwrap()
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}
