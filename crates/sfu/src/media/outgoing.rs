//! Writes a packet for its receiver: header, extensions, payload, sealed where it lies in the batch.

use std::time::Instant;

use arrayvec::ArrayVec;
use srtp::OutboundContext;
use wire::ext::{ExtensionKind, ExtensionMap, abs_send_time_bytes, transport_sequence_bytes};
use wire::ntp::NtpTime;
use wire::rtp::{RtpHeaderOut, write_header};
use wire::rtx::{OSN_LEN, write_osn};

use crate::batch::SendBatch;
use crate::ids::{Mid, Route};
use crate::media::bucket::Bucket;
use crate::media::ring::Packet;

/// Fixed header and the extensions we write, without a dependency descriptor.
const HEADER_ROOM: usize = 12 + 4 + 64;

/// One receiver while its packets are written.
pub(crate) struct Outgoing<'a> {
    pub now: Instant,
    /// The same moment on our wall clock.
    pub time: NtpTime,
    pub route: Route,
    pub batch: &'a mut SendBatch,
    pub srtp: &'a OutboundContext,
    pub extensions: &'a ExtensionMap,
    /// The next transport-wide sequence number.
    pub transport_sequence: &'a mut u16,
    /// What retransmissions may cost: a share of what is sent.
    pub resend_budget: &'a mut Bucket,
}

/// The header fields a receiver sees.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub payload_type: u8,
    pub ssrc: u32,
    /// Its low 48 bits are the SRTP index, its low 16 the sequence number.
    pub number: u64,
    pub timestamp: u32,
    /// Present until the receiver knows the SSRC.
    pub mid: Option<&'a Mid>,
    /// The number a retransmission repairs.
    pub original: Option<u16>,
}

/// A packet's content, from the ring.
#[derive(Clone, Copy)]
pub(crate) struct Content<'a> {
    pub packet: &'a Packet,
    pub payload: &'a [u8],
    pub descriptor: &'a [u8],
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is in the batch, this long.
    Sent(usize),
    /// The batch is full; nothing changed.
    Full,
    /// It cannot be written or sealed; nothing changed.
    Refused,
}

impl Outgoing<'_> {
    /// Writes and seals one packet; `patch` changes the payload's copy.
    pub(crate) fn write(
        &mut self,
        envelope: &Envelope<'_>,
        content: &Content<'_>,
        patch: impl FnOnce(&mut [u8]),
    ) -> Written {
        let osn_len = if envelope.original.is_some() { OSN_LEN } else { 0 };
        let payload_len = osn_len + content.payload.len();
        let room = HEADER_ROOM + content.descriptor.len() + payload_len + srtp::MAX_TAG;
        let Some(mut place) = self.batch.reserve(self.route, room) else { return Written::Full };
        let buf = place.bytes();
        let sequence = *self.transport_sequence;
        let stamps = Stamps { time: self.time, sequence };
        let Some(header_len) = write_envelope(buf, self.extensions, envelope, content, stamps) else {
            return Written::Refused;
        };
        let body = &mut buf[header_len..][..payload_len];
        if let Some(original) = envelope.original {
            write_osn(body, original);
        }
        body[osn_len..].copy_from_slice(content.payload);
        patch(&mut body[osn_len..]);
        let Ok(len) = self.srtp.seal_rtp_at(buf, header_len, payload_len, envelope.number) else {
            return Written::Refused;
        };
        place.commit(len);
        *self.transport_sequence = sequence.wrapping_add(1);
        Written::Sent(len)
    }
}

/// What differs between two packets of a frame besides their content.
#[derive(Clone, Copy)]
struct Stamps {
    time: NtpTime,
    sequence: u16,
}

/// Writes the header with what the receiver negotiated of what we understand, in one fixed order so
/// that packets of a frame are equally long.
fn write_envelope(
    buf: &mut [u8],
    ids: &ExtensionMap,
    envelope: &Envelope<'_>,
    content: &Content<'_>,
    stamps: Stamps,
) -> Option<usize> {
    let send_time = abs_send_time_bytes(stamps.time.abs_send_time());
    let sequence = transport_sequence_bytes(stamps.sequence);
    let level = content.packet.audio_level.map(|level| [level]);
    let orientation = content.packet.orientation.map(|orientation| [orientation]);
    let values: [(ExtensionKind, Option<&[u8]>); 6] = [
        (ExtensionKind::Mid, envelope.mid.map(|mid| mid.as_bytes())),
        (ExtensionKind::AbsSendTime, Some(&send_time)),
        (ExtensionKind::TransportCc, Some(&sequence)),
        (ExtensionKind::AudioLevel, level.as_ref().map(|level| level.as_slice())),
        (ExtensionKind::VideoOrientation, orientation.as_ref().map(|byte| byte.as_slice())),
        (ExtensionKind::DependencyDescriptor, Some(content.descriptor).filter(|bytes| !bytes.is_empty())),
    ];
    let negotiated = values.into_iter().filter_map(|(kind, value)| Some((ids.id(kind)?, value?)));
    let extensions: ArrayVec<(u8, &[u8]), 6> = negotiated.collect();
    let header = RtpHeaderOut {
        marker: content.packet.marker,
        padding: false,
        payload_type: envelope.payload_type,
        sequence_number: envelope.number as u16,
        timestamp: envelope.timestamp,
        ssrc: envelope.ssrc,
        csrcs: &[],
        extensions: &extensions,
    };
    write_header(buf, &header).ok()
}
