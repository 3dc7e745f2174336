//! The published test vectors of STUN: RFC 5769 §2, RFC 8489 §B.1.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use wire::stun::{Class, IceRole, Message, Method};

const PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

#[test]
fn rfc_5769_2_1_a_request_with_short_term_credentials() {
    let bytes =
        hex("00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
         00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020
         00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
    assert_eq!(message.transaction_id().0[..], bytes[8..20]);
    assert_eq!(message.username(), Some(&b"evtj:h6vY"[..]));
    assert_eq!(message.ufrags(), Some((&b"evtj"[..], &b"h6vY"[..])));
    assert_eq!(message.priority(), Some(0x6e00_01ff));
    assert_eq!(message.role(), Some(IceRole::Controlled(0x932f_f9b1_5126_3b36)));
    assert!(!message.use_candidate());
    assert!(message.unknown_attributes().is_empty());
    assert!(message.verify_integrity(PASSWORD));
    assert!(!message.verify_integrity(b"VOkJxbRl1RmTxUk/WvJxBu"));
    assert_eq!(message.verify_fingerprint(), Some(true));
}

#[test]
fn rfc_5769_2_2_a_response_over_ipv4() {
    let bytes = hex("0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
         00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.class(), Class::SuccessResponse);
    assert_eq!(message.mapped_address(), Some("192.0.2.1:32853".parse().unwrap()));
    assert!(message.verify_integrity(PASSWORD));
    assert_eq!(message.verify_fingerprint(), Some(true));
}

#[test]
fn rfc_5769_2_3_a_response_over_ipv6() {
    let bytes = hex("01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220
         00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
         00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        message.mapped_address(),
        Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap())
    );
    assert!(message.verify_integrity(PASSWORD));
    assert_eq!(message.verify_fingerprint(), Some(true));
}

#[test]
fn rfc_5769_2_4_a_request_with_long_term_credentials() {
    let bytes = hex(
        "00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
         0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700
         00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666",
    );
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.username(), Some("マトリックス".as_bytes()));
    assert_eq!(message.ufrags(), None);
    assert!(message.unknown_attributes().is_empty());
    // MD5 of "マトリックス:example.org:TheMatrIX" (RFC 8489 §9.2.2).
    assert!(message.verify_integrity(&hex("e8ca7ad59d5eb0518e312911d2dab2a9")));
    assert_eq!(message.verify_fingerprint(), None);
}

#[test]
fn rfc_8489_b_1_a_request_with_sha_256_only_is_read_and_not_believed() {
    let bytes =
        hex("00010088 2112a442 78ad3433 c6ad72c0 29da412e 001e0020 4a3cf38f ef6992bd a952c678 0417da0f
         24819415 569e60b2 05c46e41 407f1704 00150029 6f624d61 744a6f73 32414141 43662f2f 3439396b
         39353464 364f4c33 346f4c39 46535476 79363473 41000000 0014000b 6578616d 706c652e 6f726700
         001c0020 fd8c2738 60d2e18e bca4c89b 6973befa 7ee8ecc6 9e9642db 326fab65 a0b955ba");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
    assert!(
        message.unknown_attributes().is_empty(),
        "USERHASH and the rest are known, though of no use to ICE"
    );
    assert_eq!(message.username(), None);
    assert!(!message.has_integrity());
    assert!(!message.verify_integrity(&hex("e8ca7ad59d5eb0518e312911d2dab2a9")), "ICE has SHA-1 only");
    assert_eq!(message.verify_fingerprint(), None);
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap() as u8;
    digits.chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}
