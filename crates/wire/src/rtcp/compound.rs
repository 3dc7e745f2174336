//! Splits a compound packet into its members and tells them apart.

use super::{
    Bye, FORMAT_APPLICATION, FORMAT_FIR, FORMAT_NACK, FORMAT_PLI, FORMAT_TRANSPORT_CC, Fir, GOODBYE,
    HEAD_LEN, Nack, PAYLOAD_FEEDBACK, Pli, RECEIVER_REPORT, ReceiverReport, Remb, SENDER_REPORT,
    SOURCE_DESCRIPTION, Sdes, SenderReport, TRANSPORT_FEEDBACK, TransportCc, remb,
};
use crate::bytes::{u8_at, u16_at};

/// A member of a compound packet that is not what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed RTCP")]
pub struct Malformed;

/// One member of a compound packet, borrowed from it.
#[derive(Clone, Debug)]
pub enum Packet<'a> {
    /// What a sender sent, and when by its clock.
    SenderReport(SenderReport<'a>),
    /// What a receiver received.
    ReceiverReport(ReceiverReport<'a>),
    /// Names of sources.
    Sdes(Sdes<'a>),
    /// Sources that end.
    Bye(Bye<'a>),
    /// Packets that are missing.
    Nack(Nack<'a>),
    /// A picture that was lost.
    Pli(Pli),
    /// A key frame asked for.
    Fir(Fir<'a>),
    /// When the packets of a transport arrived.
    TransportCc(TransportCc<'a>),
    /// The bitrate a receiver believes it can take.
    Remb(Remb<'a>),
    /// Anything else, well framed.
    Other(Other<'a>),
}

/// A member of a kind we do not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other<'a> {
    /// The packet type.
    pub packet_type: u8,
    /// The five bits that hold a count or a format.
    pub count: u8,
    /// What follows the four bytes of head, without padding.
    pub body: &'a [u8],
}

/// Iterates over the members of a compound packet.
///
/// A member that is framed well but wrong inside gives an error, and the next follows. Wrong framing gives an error
/// and ends it, as nothing after it can be found. A first member of any kind is taken (RFC 5506).
#[derive(Clone, Debug)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Starts at the first member of a plain (decrypted) packet.
    pub fn new(packet: &'a [u8]) -> Self {
        Self { rest: packet }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Result<Packet<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((member, rest)) = split_member(std::mem::take(&mut self.rest)) else {
            return Some(Err(Malformed));
        };
        self.rest = rest;
        Some(parse_member(member).ok_or(Malformed))
    }
}

/// Splits off the first member, head included.
fn split_member(packet: &[u8]) -> Option<(&[u8], &[u8])> {
    let version = u8_at(packet, 0)? >> 6;
    let words = usize::from(u16_at(packet, 2)?).checked_add(1)?;
    let split = packet.split_at_checked(words.checked_mul(4)?);
    split.filter(|_| version == 2)
}

fn parse_member(member: &[u8]) -> Option<Packet<'_>> {
    let first = u8_at(member, 0)?;
    let packet_type = u8_at(member, 1)?;
    let count = first & 0x1f;
    let mut body = member.get(HEAD_LEN..)?;
    if first & 0x20 != 0 {
        body = without_padding(body)?;
    }
    Some(match (packet_type, count) {
        (SENDER_REPORT, _) => Packet::SenderReport(SenderReport::parse(count, body)?),
        (RECEIVER_REPORT, _) => Packet::ReceiverReport(ReceiverReport::parse(count, body)?),
        (SOURCE_DESCRIPTION, _) => Packet::Sdes(Sdes::parse(count, body)?),
        (GOODBYE, _) => Packet::Bye(Bye::parse(count, body)?),
        (TRANSPORT_FEEDBACK, FORMAT_NACK) => Packet::Nack(Nack::parse(body)?),
        (TRANSPORT_FEEDBACK, FORMAT_TRANSPORT_CC) => Packet::TransportCc(TransportCc::parse(body)?),
        (PAYLOAD_FEEDBACK, FORMAT_PLI) => Packet::Pli(Pli::parse(body)?),
        (PAYLOAD_FEEDBACK, FORMAT_FIR) => Packet::Fir(Fir::parse(body)?),
        (PAYLOAD_FEEDBACK, FORMAT_APPLICATION) if remb::is_remb(body) => Packet::Remb(Remb::parse(body)?),
        _ => Packet::Other(Other { packet_type, count, body }),
    })
}

/// Takes any padding but none: RFC 3550 §6.4.1 wants multiples of four, and browsers pad transport-wide feedback
/// with one to three bytes.
fn without_padding(body: &[u8]) -> Option<&[u8]> {
    let padding = usize::from(*body.last()?);
    if padding == 0 {
        return None;
    }
    body.get(..body.len().checked_sub(padding)?)
}
