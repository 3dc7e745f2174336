//! One inbound layer: its packets, what is missing of them, and what its publisher reports.

use std::time::{Duration, Instant};

use wire::codec::dependency::{Indication, Structure};
use wire::codec::{Codec, vp9};
use wire::ntp::NtpTime;
use wire::rtcp::{ReportBlock, SenderInfo};

use crate::command::CodecParameters;
use crate::counters::DropReason;
use crate::media::key_frames::KeyFrameRequests;
use crate::media::missing::{Missing, Outlook};
use crate::media::rates::{MAX_SPATIAL, MAX_TEMPORAL, Rates};
use crate::media::reception::Reception;
use crate::media::ring::{Packet, Ring};
use crate::media::timeline::ticks;

/// A key frame younger than this starts a receiver without asking the publisher for another; so does an older one that
/// few packets follow, as long as decoding them all takes less time than waiting.
const FRESH: Duration = Duration::from_millis(300);
const FRESH_PACKETS: u64 = 40;
const FRESH_IF_FEW: Duration = Duration::from_secs(1);

/// Bytes set aside per packet: browsers send pictures in packets of up to 1,200 bytes, not all of them
/// full, and sound in packets of 80 to 160.
const TYPICAL_VIDEO: usize = 1024;
const TYPICAL_AUDIO: usize = 256;

/// Header, extensions and tag of a packet that is forwarded, about.
const OVERHEAD: u16 = 44;
/// A key frame is many times as large as what follows and rare; counted whole, a layer would seem to cost twice
/// what it does for the second after each.
const KEY_FRAME_SHARE: u16 = 4;

/// Where a decoder can start.
#[derive(Clone, Copy)]
struct KeyFrame {
    number: u64,
    timestamp: u32,
    arrived: Instant,
}

/// The publisher's clock, as its last sender report gave it.
#[derive(Clone, Copy)]
pub(crate) struct SenderClock {
    ntp: NtpTime,
    timestamp: u32,
    arrived: Instant,
}

/// What was counted for statistics.
#[derive(Clone, Copy, Default)]
pub(crate) struct StreamTotals {
    pub packets: u64,
    pub bytes: u64,
    pub retransmitted: u64,
    pub nacks: u64,
    pub plis: u64,
    pub firs: u64,
    pub key_frames: u64,
}

/// A layer that has sent at least one packet.
pub(crate) struct Stream {
    /// Unlike that of any other stream, and new after each [`Stream::reset`]: who remembers a packet
    /// number remembers the epoch too.
    pub epoch: u32,
    pub ssrc: Option<u32>,
    pub ring: Ring,
    pub missing: Missing,
    pub requests: KeyFrameRequests,
    pub totals: StreamTotals,
    /// What each SVC layer in it sends.
    pub rates: Rates,
    /// Whether spatial layers build on those below in every picture; else only in key pictures (k-SVC).
    pub stacked: bool,
    /// What its dependency descriptors refer to, once one has told.
    pub structure: Option<Box<Structure>>,
    /// What the latest packet was coded with.
    pub codec: CodecParameters,
    reception: Reception,
    last_arrival: Option<Instant>,
    /// Timestamp and arrival of the latest packet with media that was no retransmission.
    latest: Option<(u32, Instant)>,
    key_frame: Option<KeyFrame>,
    clock: Option<SenderClock>,
    fir_count: u8,
    /// The longest payload of the picture with this timestamp, the latest.
    longest: (u32, u16),
    /// Width and height of each spatial layer, as the last key frame told.
    resolutions: [Option<(u16, u16)>; MAX_SPATIAL],
}

/// A packet on its way into the ring.
pub(crate) struct Arrival<'a> {
    pub packet: Packet,
    pub payload: &'a [u8],
    pub descriptor: &'a [u8],
    /// Whether it came as a retransmission (RFC 4588) or as a copy in a later packet (RFC 2198).
    pub repair: bool,
}

impl Stream {
    /// Makes an empty stream whose ring holds `capacity` packets of usual length.
    pub(crate) fn new(epoch: u32, capacity: usize, codec: CodecParameters) -> Self {
        Self {
            epoch,
            ssrc: None,
            ring: Ring::new(capacity, if is_video(codec) { TYPICAL_VIDEO } else { TYPICAL_AUDIO }),
            missing: Missing::default(),
            requests: KeyFrameRequests::default(),
            totals: StreamTotals::default(),
            rates: Rates::new(),
            stacked: true,
            longest: (0, 0),
            structure: None,
            resolutions: [None; MAX_SPATIAL],
            codec,
            reception: Reception::default(),
            last_arrival: None,
            latest: None,
            key_frame: None,
            clock: None,
            fir_count: 0,
        }
    }

    /// Starts afresh, for another SSRC or after a pause; totals go on.
    pub(crate) fn reset(&mut self, epoch: u32, ssrc: Option<u32>) {
        self.epoch = epoch;
        self.ring.clear();
        self.missing.clear();
        self.key_frame = None;
        self.structure = None;
        if self.ssrc != ssrc {
            self.ssrc = ssrc;
            self.reception = Reception::default();
            self.clock = None;
            self.latest = None;
        }
    }

    /// Notes a packet that is not kept because its source is disabled.
    pub(crate) fn ignore(&mut self, arrival: &Arrival<'_>) {
        let packet = &arrival.packet;
        if !arrival.repair {
            self.reception.record(packet.number, packet.timestamp, packet.arrived, packet.codec.clock_rate);
        }
    }

    /// Keeps a packet. Padding is kept too, as a number that is no loss, and reported as dropped.
    pub(crate) fn accept(&mut self, arrival: &Arrival<'_>, round_trip: Duration) -> Result<(), DropReason> {
        let mut packet = arrival.packet;
        if !arrival.repair {
            // Whether kept or not: what was sent again meanwhile was not lost.
            self.reception.record(packet.number, packet.timestamp, packet.arrived, packet.codec.clock_rate);
        }
        if let Err(reason) = self.ring.admits(packet.number) {
            if reason == DropReason::Duplicate && !arrival.repair {
                self.missing.asked_in_vain();
            }
            return Err(reason);
        }
        self.describe(&mut packet, arrival.descriptor);
        let (packet, now) = (&packet, packet.arrived);
        self.codec = packet.codec;
        self.ring.insert(*packet, arrival.payload, arrival.descriptor)?;
        self.totals.packets += 1;
        self.totals.bytes += u64::from(packet.payload_len);
        self.totals.retransmitted += u64::from(arrival.repair);
        self.last_arrival = Some(now);
        let hopeless = packet.codec.nack
            && self.missing.arrived(packet.number, now, arrival.repair) == Outlook::Hopeless;
        if packet.payload_len == 0 {
            return Err(DropReason::Padding);
        }
        self.measure_picture(packet);
        if !arrival.repair {
            self.latest = Some((packet.timestamp, now));
            self.measure(packet, arrival.payload);
        }
        if hopeless && is_video(packet.codec) {
            self.requests.want(now, round_trip);
        }
        let key = packet.info.key_frame && is_video(packet.codec);
        if key && self.key_frame.is_none_or(|last| last.number < packet.number) {
            self.totals.key_frames += u64::from(!self.continues_key_frame(packet));
            self.key_frame =
                Some(KeyFrame { number: packet.number, timestamp: packet.timestamp, arrived: now });
            self.requests.satisfied();
        }
        Ok(())
    }

    /// Returns where a receiver that waits since `waiting` can start now: at the newest key frame, if
    /// its beginning is there, it is fresh, and either whole so far or what the receiver waited for.
    pub(crate) fn start(&self, now: Instant, waiting: Instant) -> Option<u64> {
        let key = self.key_frame?;
        let highest = self.ring.highest()?;
        let age = now.saturating_duration_since(key.arrived);
        let few = highest.saturating_sub(key.number) < FRESH_PACKETS && age < FRESH_IF_FEW;
        if age >= FRESH && !few {
            return None;
        }
        let whole = (key.number..=highest).all(|number| self.ring.get(number).is_some());
        let first = self.first_of_frame(key.number);
        (self.nothing_is_missing_before(first) && (whole || key.arrived >= waiting)).then_some(first)
    }

    /// Returns the publisher's timestamp of `now`, for which its clock (`clock_offset` ahead of ours,
    /// in 2^-32 s) is used once it has told its time, else the latest arrival.
    pub(crate) fn timestamp_at(&self, now: Instant, our_time: NtpTime, clock_offset: i64) -> Option<u32> {
        let rate = self.codec.clock_rate;
        if let Some(clock) = self.clock {
            let since = our_time.0.wrapping_add_signed(clock_offset).wrapping_sub(clock.ntp.0).cast_signed();
            return Some(clock.timestamp.wrapping_add(((i128::from(since) * i128::from(rate)) >> 32) as u32));
        }
        let (timestamp, arrived) = self.latest?;
        Some(timestamp.wrapping_add(ticks(now.saturating_duration_since(arrived), rate)))
    }

    /// Whether the publisher has told its time.
    pub(crate) fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Takes the publisher's sender report.
    pub(crate) fn sender_report(&mut self, info: &SenderInfo, now: Instant) {
        self.clock = Some(SenderClock { ntp: info.ntp, timestamp: info.rtp_timestamp, arrived: now });
    }

    /// Returns what the publisher's clock said last.
    pub(crate) fn clock(&self) -> Option<SenderClock> {
        self.clock
    }

    /// Takes what the publisher's clock said elsewhere.
    pub(crate) fn set_clock(&mut self, clock: Option<SenderClock>) {
        self.clock = clock;
    }

    /// Returns the report block about this stream and begins another interval.
    pub(crate) fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        let quality = self.reception.report()?;
        let delay = self.clock.map(|clock| now.saturating_duration_since(clock.arrived));
        Some(ReportBlock {
            ssrc: self.ssrc?,
            fraction_lost: quality.fraction_lost,
            cumulative_lost: quality.cumulative_lost,
            highest_sequence: quality.highest,
            jitter: quality.jitter,
            last_sr: self.clock.map_or(0, |clock| clock.ntp.middle()),
            delay_since_last_sr: delay.map_or(0, wire::ntp::duration_to_short),
        })
    }

    /// Returns when the latest packet came, padding included.
    pub(crate) fn last_arrival(&self) -> Option<Instant> {
        self.last_arrival
    }

    /// Returns when the latest packet came that carried media for the first time: padding, which Chromium
    /// sends on suspended encodings to probe for bandwidth, shows nothing.
    pub(crate) fn last_media(&self) -> Option<Instant> {
        self.latest.map(|(_, arrived)| arrived)
    }

    /// Returns how many bytes a packet lacks to be as long as the longest of its picture, if that is the latest one.
    pub(crate) fn lacks(&self, packet: &Packet) -> u16 {
        let (timestamp, longest) = self.longest;
        if timestamp == packet.timestamp { longest.saturating_sub(packet.payload_len) } else { 0 }
    }

    /// Returns the timestamp of the latest packet with media.
    pub(crate) fn latest_timestamp(&self) -> Option<u32> {
        self.latest.map(|(timestamp, _)| timestamp)
    }

    /// Returns packets lost and jitter in seconds.
    pub(crate) fn quality(&self) -> (i64, f64) {
        let rate = f64::from(self.codec.clock_rate.max(1));
        (self.reception.lost(), f64::from(self.reception.jitter()) / rate)
    }

    /// Returns width and height of a spatial layer, once a key frame told.
    pub(crate) fn resolution(&self, spatial: u8) -> Option<(u16, u16)> {
        self.resolutions.get(usize::from(spatial)).copied().flatten()
    }

    /// Returns the highest temporal layer that a spatial layer has sent.
    pub(crate) fn highest_temporal(&self, spatial: u8) -> Option<u8> {
        let sent = |temporal: &u8| self.rates.last(spatial.into(), usize::from(*temporal)).is_some();
        (0..MAX_TEMPORAL as u8).rev().find(sent)
    }

    /// Counts a FIR and returns its number: always a new one, because a publisher ignores one that it has
    /// heard already (RFC 5104 §4.3.1.1), and we repeat only what led to nothing.
    pub(crate) fn next_fir(&mut self) -> u8 {
        self.fir_count = self.fir_count.wrapping_add(1);
        self.totals.firs += 1;
        self.fir_count
    }

    /// Reads the dependency descriptor; what it says of layers and key frames holds for any codec.
    fn describe(&mut self, packet: &mut Packet, descriptor: &[u8]) {
        // Three bytes only refer to a structure.
        if descriptor.is_empty() || self.structure.is_none() && descriptor.len() <= 3 {
            return;
        }
        packet.dependency = self.structure.get_or_insert_default().read(descriptor);
        if let Some(dependency) = packet.dependency {
            packet.info.spatial_id = Some(dependency.spatial_id);
            packet.info.temporal_id = Some(dependency.temporal_id);
            packet.info.key_frame |= dependency.begins_structure && dependency.start;
        }
    }

    fn measure_picture(&mut self, packet: &Packet) {
        let (timestamp, longest) = self.longest;
        let longest =
            if timestamp == packet.timestamp { longest.max(packet.payload_len) } else { packet.payload_len };
        self.longest = (packet.timestamp, longest);
    }

    /// Returns whether spatial layers build on those below, if this packet tells.
    fn is_stacked(&self, packet: &Packet) -> Option<bool> {
        let info = &packet.info;
        let Some((dependency, structure)) = packet.dependency.zip(self.structure.as_ref()) else {
            return (info.spatial_id > Some(0) && info.inter_picture).then_some(info.inter_layer);
        };
        let top = structure.target_within(u8::MAX, u8::MAX)?;
        let lowest =
            info.spatial_id == Some(0) && info.temporal_id == Some(0) && structure.layers(top)?.0 > 0;
        lowest.then(|| dependency.indication(top) != Indication::NotPresent)
    }

    fn measure(&mut self, packet: &Packet, payload: &[u8]) {
        let info = &packet.info;
        let layer = (info.spatial_id.unwrap_or(0), info.temporal_id.unwrap_or(0));
        let bytes = packet.payload_len + packet.descriptor_len + OVERHEAD;
        let key = is_video(packet.codec) && (info.key_frame || self.continues_key_frame(packet));
        let counted = if key { bytes / KEY_FRAME_SHARE } else { bytes };
        self.rates.count(packet.arrived, layer, packet.timestamp, counted.into());
        if !info.key_frame {
            self.stacked = self.is_stacked(packet).unwrap_or(self.stacked);
            return;
        }
        for (size, spatial) in self.resolutions.iter_mut().zip(0..) {
            let described = self.structure.as_ref().and_then(|structure| structure.resolution(spatial));
            let scalable =
                || if packet.codec.codec == Codec::Vp9 { vp9::layer_size(payload, spatial) } else { None };
            let told = described.or_else(scalable).or_else(|| info.resolution.filter(|_| spatial == 0));
            *size = told.or(*size);
        }
    }

    /// Whether the packets before it in its frame were already taken for a key frame.
    fn continues_key_frame(&self, packet: &Packet) -> bool {
        self.key_frame.is_some_and(|last| last.timestamp == packet.timestamp)
    }

    /// Goes back to the first packet of a frame: H.264 parameter sets come before the picture.
    fn first_of_frame(&self, number: u64) -> u64 {
        let Some((packet, ..)) = self.ring.get(number) else { return number };
        let same_frame = |number: &u64| {
            self.ring
                .get(*number)
                .is_some_and(|(earlier, ..)| earlier.timestamp == packet.timestamp && earlier.payload_len > 0)
        };
        (0..number).rev().take_while(same_frame).last().unwrap_or(number)
    }

    /// Whether the packet before the first known one of a key frame is known not to belong to it. Only
    /// H.264 has packets before those that say that a frame is key.
    fn nothing_is_missing_before(&self, first: u64) -> bool {
        self.codec.codec != Codec::H264
            || self.ring.lowest().is_none_or(|lowest| first <= lowest)
            || self.ring.get(first.saturating_sub(1)).is_some()
    }
}

fn is_video(codec: CodecParameters) -> bool {
    codec.codec != Codec::Opus
}
