//! STUN messages that are written are read, and those that are wrong are refused for the right reason.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use std::net::{IpAddr, SocketAddr};

use proptest::prelude::*;
use wire::WriteError;
use wire::stun::{
    BindingRequest, Class, ErrorCode, IceRole, MAX_ATTRIBUTES, MAX_UNKNOWN, Message, Method, StunError,
    TransactionId, write_binding_error, write_binding_request, write_binding_success,
};

const ID: TransactionId = TransactionId([7; 12]);
const KEY: &[u8] = b"a password of 22 chars";

#[test]
fn an_answer_is_never_longer_than_the_smallest_request_of_a_browser() {
    let mut request = [0; 200];
    let check = request_of(b"abcd:efgh", true);
    let request_len = write_binding_request(&mut request, &check, KEY).unwrap();
    let mut answer = [0; 200];
    let v4 = write_binding_success(&mut answer, ID, "192.0.2.1:9".parse().unwrap(), KEY).unwrap();
    let v6 = write_binding_success(&mut answer, ID, "[2001:db8::1]:9".parse().unwrap(), KEY).unwrap();
    let error = write_binding_error(&mut answer, ID, ErrorCode::RoleConflict, &[], Some(KEY)).unwrap();
    assert_eq!((v4, v6, error), (64, 76, 60));
    assert!(v6 <= request_len, "{v6} > {request_len}");
}

#[test]
fn errors_carry_their_number_and_the_attributes_not_understood() {
    for (code, number) in [
        (ErrorCode::BadRequest, 400),
        (ErrorCode::Unauthenticated, 401),
        (ErrorCode::UnknownAttribute, 420),
        (ErrorCode::RoleConflict, 487),
    ] {
        let mut buf = [0; 128];
        let len = write_binding_error(&mut buf, ID, code, &[0x7001, 0x7002, 0x7003], None).unwrap();
        let message = Message::parse(&buf[..len]).unwrap();
        assert_eq!((message.class(), message.error_code()), (Class::ErrorResponse, Some(number)));
        assert!(!message.has_integrity());
        assert_eq!(message.verify_fingerprint(), Some(true));
        assert_eq!(buf[28..40], [0, 10, 0, 6, 0x70, 1, 0x70, 2, 0x70, 3, 0, 0]);
    }
}

#[test]
fn unknown_attributes_that_must_be_understood_are_reported_and_others_are_not() {
    let bytes = message(&[(0x7001, &[1, 2, 3]), (0xc057, &[0, 1, 0, 10]), (0x0003, &[0; 4])]);
    assert_eq!(Message::parse(&bytes).unwrap().unknown_attributes(), [0x7001, 0x0003]);
    let many: Vec<(u16, &[u8])> = (0..20).map(|kind| (0x7000 + kind, &[][..])).collect();
    assert_eq!(Message::parse(&message(&many)).unwrap().unknown_attributes().len(), MAX_UNKNOWN);
}

#[test]
fn attributes_after_the_integrity_are_not_there() {
    let mac = [0; 20];
    let bytes = message(&[(0x0006, b"a:b"), (0x0008, &mac), (0x0025, &[]), (0x7001, &[]), (0x0024, &[0; 4])]);
    let parsed = Message::parse(&bytes).unwrap();
    assert_eq!(parsed.username(), Some(&b"a:b"[..]));
    assert!(!parsed.use_candidate() && parsed.priority().is_none() && parsed.unknown_attributes().is_empty());
}

#[test]
fn of_repeated_attributes_the_first_counts() {
    let bytes = message(&[(0x0006, b"a:b"), (0x0006, b"c:d"), (0x802a, &[1; 8]), (0x8029, &[2; 8])]);
    let parsed = Message::parse(&bytes).unwrap();
    assert_eq!(parsed.username(), Some(&b"a:b"[..]));
    assert_eq!(parsed.role(), Some(IceRole::Controlling(0x0101_0101_0101_0101)));
}

#[test]
fn an_integrity_that_covers_less_than_was_sent_is_refused() {
    let mut buf = [0; 200];
    let len = write_binding_request(&mut buf, &request_of(b"abcd:efgh", true), KEY).unwrap();
    for at in 0..len - 8 {
        let mut changed = buf[..len].to_vec();
        changed[at] ^= 0x10;
        // The length field does not count for the integrity, but a wrong one is no message.
        assert!(Message::parse(&changed).map_or(true, |message| !message.verify_integrity(KEY)), "byte {at}");
    }
    buf[len - 1] ^= 1;
    assert_eq!(Message::parse(&buf[..len]).unwrap().verify_fingerprint(), Some(false));
}

#[test]
fn malformed_messages_are_refused_for_the_right_reason() {
    let refused = |bytes: &[u8]| Message::parse(bytes).map(drop).unwrap_err();
    assert_eq!(refused(&[]), StunError::TooShort);
    assert_eq!(refused(&[0; 19]), StunError::TooShort);
    assert_eq!(refused(&[0; 20]), StunError::NotStun);
    let good = message(&[(0x0024, &[0; 4])]);
    assert!(Message::parse(&good).is_ok());
    assert_eq!(refused(&good[..good.len() - 1]), StunError::BadLength);
    assert_eq!(refused(&[&good[..], &[0]].concat()), StunError::BadLength);
    assert_eq!(refused(&with_byte(&good, 0, 0x40)), StunError::NotStun);
    assert_eq!(refused(&with_byte(&good, 3, 7)), StunError::BadLength);
    let odd = [&with_byte(&good, 3, 10)[..], &[0, 0]].concat();
    assert_eq!(refused(&odd), StunError::BadLength, "not a multiple of four");
    assert_eq!(refused(&with_byte(&good, 23, 5)), StunError::BadAttribute);
    assert_eq!(refused(&with_byte(&good, 23, 255)), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x0024, &[0; 3])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x0008, &[0; 16])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x8029, &[0; 4])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x0020, &[0, 3, 0, 0, 0, 0, 0, 0])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x0009, &[0, 0, 2, 0])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x8028, &[0; 4]), (0x0024, &[0; 4])])), StunError::BadAttribute);
    assert_eq!(refused(&message(&[(0x8022, &[][..]); MAX_ATTRIBUTES + 1])), StunError::TooManyAttributes);
    assert!(Message::parse(&message(&[(0x8022, &[][..]); MAX_ATTRIBUTES])).is_ok());
}

#[test]
fn a_buffer_too_small_is_refused_at_every_size() {
    let mut buf = [0; 200];
    let len = write_binding_request(&mut buf, &request_of(b"abcd:efgh", false), KEY).unwrap();
    for size in 0..len {
        let result = write_binding_request(&mut buf[..size], &request_of(b"abcd:efgh", false), KEY);
        assert_eq!(result, Err(WriteError::NoRoom), "{size} bytes");
    }
    let long = vec![b'a'; 513];
    assert_eq!(
        write_binding_request(&mut [0; 900], &request_of(&long, false), KEY),
        Err(WriteError::OutOfRange)
    );
}

#[test]
fn a_user_name_without_a_colon_has_no_ufrags() {
    assert_eq!(Message::parse(&message(&[(6, b"nocolon")])).unwrap().ufrags(), None);
    assert_eq!(Message::parse(&message(&[(6, b":")])).unwrap().ufrags(), Some((&b""[..], &b""[..])));
}

proptest! {
    #[test]
    fn requests_survive_the_round_trip(
        id: [u8; 12],
        username in proptest::collection::vec(any::<u8>(), 0..64),
        priority: u32,
        tie_breaker: u64,
        controlling: bool,
        use_candidate: bool,
        key in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let role = if controlling { IceRole::Controlling(tie_breaker) } else { IceRole::Controlled(tie_breaker) };
        let transaction_id = TransactionId(id);
        let request = BindingRequest { transaction_id, username: &username, priority, role, use_candidate };
        let mut buf = [0; 256];
        let len = write_binding_request(&mut buf, &request, &key).unwrap();
        let message = Message::parse(&buf[..len]).unwrap();
        prop_assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
        prop_assert_eq!(message.transaction_id(), transaction_id);
        prop_assert_eq!(message.username(), Some(&username[..]));
        prop_assert_eq!(message.priority(), Some(priority));
        prop_assert_eq!(message.role(), Some(role));
        prop_assert_eq!(message.use_candidate(), use_candidate);
        prop_assert!(message.verify_integrity(&key));
        prop_assert_eq!(message.verify_fingerprint(), Some(true));
    }

    #[test]
    fn answers_survive_the_round_trip(id: [u8; 12], ip: IpAddr, port: u16) {
        let address = SocketAddr::new(ip, port);
        let mut buf = [0; 128];
        let len = write_binding_success(&mut buf, TransactionId(id), address, KEY).unwrap();
        let message = Message::parse(&buf[..len]).unwrap();
        prop_assert_eq!(message.class(), Class::SuccessResponse);
        prop_assert_eq!(message.mapped_address(), Some(address));
        prop_assert!(message.verify_integrity(KEY));
        prop_assert_eq!(message.verify_fingerprint(), Some(true));
    }
}

fn request_of(username: &[u8], use_candidate: bool) -> BindingRequest<'_> {
    BindingRequest { transaction_id: ID, username, priority: 1, role: IceRole::Controlling(2), use_candidate }
}

/// Builds a Binding request of raw attributes.
fn message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (kind, value) in attributes {
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(value.len() as u16).to_be_bytes());
        body.extend_from_slice(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut bytes = vec![0, 1];
    bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
    bytes.extend_from_slice(&ID.0);
    bytes.extend(body);
    bytes
}

fn with_byte(bytes: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] = value;
    changed
}
