//! Writes a packet for its receiver: header, extensions, payload, sealed where it lies in the batch.

use std::time::Instant;

use srtp::OutboundContext;
use wire::WriteError;
use wire::codec::dependency::{self, MAX_LEN};
use wire::ext::{ExtensionKind, ExtensionMap, abs_send_time_bytes, transport_sequence_bytes};
use wire::ntp::NtpTime;
use wire::rtp::{ExtensionWriter, RtpHeaderOut, write_header};
use wire::rtx::{OSN_LEN, write_osn};

use crate::batch::Lane;
use crate::endpoint::Congestion;
use crate::ids::Mid;
use crate::media::bucket::Bucket;
use crate::media::duplicates::Duplicates;
use crate::media::pictures::PictureNumbers;
use crate::media::ring::Packet;

/// Fixed header and the extensions we write, without a dependency descriptor.
const HEADER_ROOM: usize = 12 + 4 + 64;

/// One receiver while its packets are written.
pub(crate) struct Outgoing<'a> {
    pub now: Instant,
    /// The same moment on our wall clock.
    pub time: NtpTime,
    pub lane: Lane<'a>,
    pub srtp: &'a OutboundContext,
    pub extensions: &'a ExtensionMap,
    /// The next transport-wide sequence number.
    pub transport_sequence: &'a mut u16,
    pub congestion: &'a mut Congestion,
    /// Whether what is written can wait for its turn.
    pub paced: bool,
    /// Whether packets of a picture are made equally long.
    pub equalises: bool,
    /// How many copies of earlier frames go along with each frame of sound (RFC 2198), where that was negotiated.
    pub copies: usize,
    /// How many times each packet is sent again as it is.
    pub repeats: u8,
    pub duplicates: &'a mut Duplicates,
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

/// What is different in the copy that goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub pictures: PictureNumbers,
    pub marker: bool,
    /// Decode targets to announce, as a mask, and how many there are.
    pub targets: Option<(u32, u8)>,
    /// Bytes of padding behind the payload.
    pub padding: u8,
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
    /// Writes and seals one packet with what is different in it.
    pub(crate) fn write(
        &mut self,
        envelope: &Envelope<'_>,
        content: &Content<'_>,
        changes: &Changes,
    ) -> Written {
        let osn_len = if envelope.original.is_some() { OSN_LEN } else { 0 };
        let media_len = osn_len + content.payload.len();
        let payload_len = media_len + usize::from(changes.padding);
        let mut scratch;
        let descriptor = match descriptor_to_send(self.extensions, content) {
            Sending::As(descriptor) => descriptor,
            Sending::Rewritten => {
                scratch = [0; MAX_LEN];
                let (number, targets) = (changes.pictures.frame, changes.targets);
                let len = dependency::rewrite(content.descriptor, number, targets, &mut scratch);
                let Some(descriptor) = len.and_then(|len| scratch.get(..len)) else {
                    return Written::Refused;
                };
                descriptor
            }
        };
        let content = Content { descriptor, ..*content };
        let room = HEADER_ROOM + content.descriptor.len() + payload_len + srtp::MAX_TAG;
        let stamps = Stamps { time: self.time, sequence: self.sequence() };
        let Some(mut place) = self.lane.reserve(room) else { return Written::Full };
        let buf = place.bytes();
        let Some(header_len) = write_envelope(buf, self.extensions, envelope, &content, changes, stamps)
        else {
            return Written::Refused;
        };
        let body = &mut buf[header_len..][..payload_len];
        if let Some(original) = envelope.original {
            write_osn(body, original);
        }
        let (media, padding) = body.split_at_mut(media_len);
        media[osn_len..].copy_from_slice(content.payload);
        let Packet { codec, info, .. } = content.packet;
        info.renumber(codec.codec, &mut media[osn_len..], changes.pictures.id, changes.pictures.tl0);
        write_padding(padding);
        let Ok(len) = self.srtp.seal_rtp_at(buf, header_len, payload_len, envelope.number) else {
            return Written::Refused;
        };
        self.duplicates.keep(self.now, &buf[..len], self.repeats);
        place.commit(len);
        self.sent(len);
        Written::Sent(len)
    }

    /// Sends a datagram that is due again as it is; `false` when the batch is full.
    pub(crate) fn repeat(&mut self) -> bool {
        let Some(datagram) = self.duplicates.due(self.now) else { return true };
        let len = datagram.len();
        let Some(mut place) = self.lane.reserve(len) else { return false };
        place.bytes().copy_from_slice(datagram);
        place.commit(len);
        self.duplicates.sent(self.now);
        self.congestion.sent_unnumbered(self.now, len, self.lane.is_ipv6());
        true
    }

    /// Writes and seals a packet of nothing but `padding` bytes, 1 to 255 (RFC 3550 §5.1), which a receiver
    /// counts and throws away.
    pub(crate) fn pad(&mut self, envelope: &Envelope<'_>, padding: u8) -> Written {
        let padding_len = usize::from(padding.max(1));
        let room = HEADER_ROOM + padding_len + srtp::MAX_TAG;
        let Some(mut place) = self.lane.reserve(room) else { return Written::Full };
        let buf = place.bytes();
        let header = RtpHeaderOut { padding: true, ..fixed_header(envelope) };
        let stamps = Stamps { time: self.time, sequence: Some(*self.transport_sequence) };
        let header_len = write_header(buf, &header, |out| stamps.write(out, self.extensions, envelope));
        let Ok(header_len) = header_len else { return Written::Refused };
        let body = &mut buf[header_len..][..padding_len];
        write_padding(body);
        let Ok(len) = self.srtp.seal_rtp_at(buf, header_len, padding_len, envelope.number) else {
            return Written::Refused;
        };
        place.commit(len);
        self.sent(len);
        Written::Sent(len)
    }

    /// Whether the next packet has to wait for its turn.
    pub(crate) fn must_wait(&mut self) -> bool {
        self.paced && self.congestion.must_wait(self.now)
    }

    /// Returns the transport-wide number of the next packet. What is sent again as it is has none: should it arrive the
    /// second time only, it would seem to have been on its way for longer.
    fn sequence(&self) -> Option<u16> {
        (self.repeats == 0).then_some(*self.transport_sequence)
    }

    /// Notes that a packet is in the batch.
    fn sent(&mut self, len: usize) {
        let over_ipv6 = self.lane.is_ipv6();
        let Some(sequence) = self.sequence() else {
            return self.congestion.sent_unnumbered(self.now, len, over_ipv6);
        };
        self.congestion.sent(self.now, sequence, len, over_ipv6);
        *self.transport_sequence = sequence.wrapping_add(1);
    }
}

/// How a dependency descriptor goes out.
enum Sending<'a> {
    /// Like this.
    As(&'a [u8]),
    /// With other numbers.
    Rewritten,
}

/// Says how the dependency descriptor goes out: not at all to a receiver without the extension, and as it came if it
/// could not be read.
fn descriptor_to_send<'a>(ids: &ExtensionMap, content: &Content<'a>) -> Sending<'a> {
    if content.descriptor.is_empty() || ids.id(ExtensionKind::DependencyDescriptor).is_none() {
        return Sending::As(&[]);
    }
    if content.packet.dependency.is_none() { Sending::As(content.descriptor) } else { Sending::Rewritten }
}

/// Fills padding: zeros, and their number in the last byte (RFC 3550 §5.1).
fn write_padding(padding: &mut [u8]) {
    padding.fill(0);
    let len = padding.len() as u8;
    if let Some(last) = padding.last_mut() {
        *last = len;
    }
}

/// What differs between two packets of a frame besides their content.
#[derive(Clone, Copy)]
struct Stamps {
    time: NtpTime,
    sequence: Option<u16>,
}

impl Stamps {
    /// Writes the extensions that packets have whatever is in them.
    #[inline]
    fn write(
        self,
        out: &mut ExtensionWriter<'_>,
        ids: &ExtensionMap,
        envelope: &Envelope<'_>,
    ) -> Result<(), WriteError> {
        if let (Some(mid), Some(id)) = (envelope.mid, ids.id(ExtensionKind::Mid)) {
            out.put_slice(id, mid.as_bytes())?;
        }
        if let Some(id) = ids.id(ExtensionKind::AbsSendTime) {
            out.put(id, abs_send_time_bytes(self.time.abs_send_time()))?;
        }
        if let (Some(sequence), Some(id)) = (self.sequence, ids.id(ExtensionKind::TransportCc)) {
            out.put(id, transport_sequence_bytes(sequence))?;
        }
        Ok(())
    }
}

/// Writes the header with what the receiver negotiated of what we understand, in one fixed order so
/// that packets of a frame are equally long.
fn write_envelope(
    buf: &mut [u8],
    ids: &ExtensionMap,
    envelope: &Envelope<'_>,
    content: &Content<'_>,
    changes: &Changes,
    stamps: Stamps,
) -> Option<usize> {
    let header =
        RtpHeaderOut { marker: changes.marker, padding: changes.padding > 0, ..fixed_header(envelope) };
    let extensions = |out: &mut ExtensionWriter<'_>| {
        stamps.write(out, ids, envelope)?;
        if let (Some(level), Some(id)) = (content.packet.audio_level, ids.id(ExtensionKind::AudioLevel)) {
            out.put(id, [level])?;
        }
        if let (Some(orientation), Some(id)) =
            (content.packet.orientation, ids.id(ExtensionKind::VideoOrientation))
        {
            out.put(id, [orientation])?;
        }
        match ids.id(ExtensionKind::DependencyDescriptor) {
            Some(id) if !content.descriptor.is_empty() => out.put_slice(id, content.descriptor),
            _ => Ok(()),
        }
    };
    write_header(buf, &header, extensions).ok()
}

fn fixed_header(envelope: &Envelope<'_>) -> RtpHeaderOut<'static> {
    RtpHeaderOut {
        payload_type: envelope.payload_type,
        sequence_number: envelope.number as u16,
        timestamp: envelope.timestamp,
        ssrc: envelope.ssrc,
        ..RtpHeaderOut::default()
    }
}
