//! The RTCP that a browser's media engine speaks: written whole, read as far as it matters to a sender.

use std::time::Duration;

use crate::srtp::word;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
/// Seconds from 1900 to 1970.
const NTP_UNIX: u64 = 2_208_988_800;

/// What a peer was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A sender's clock: middle 32 bits of its NTP time.
    SenderReport { ssrc: u32, middle: u32 },
    /// Wish for a key frame of an encoding.
    KeyFrame { ssrc: u32 },
    /// Wish for packets again.
    Again { ssrc: u32, sequences: Vec<u16> },
}

/// What a receiver says about one stream (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Block {
    pub ssrc: u32,
    pub fraction: u8,
    pub lost: u32,
    pub highest: u32,
    pub jitter: u32,
    pub last_report: u32,
    pub delay: u32,
}

/// Calls `tell` for each thing said in a compound packet; stops at what is malformed.
pub(crate) fn read(mut compound: &[u8], mut tell: impl FnMut(Told)) {
    while let Some(head) = compound.first_chunk::<4>() {
        let len = 4 + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        let Some(packet) = compound.get(..len) else { return };
        match (head[1], head[0] & 31) {
            (SENDER_REPORT, _) => {
                if let (Some(ssrc), Some(high), Some(low)) =
                    (word(packet, 4), word(packet, 8), word(packet, 12))
                {
                    tell(Told::SenderReport { ssrc, middle: high << 16 | low >> 16 });
                }
            }
            (PAYLOAD_FEEDBACK, 1) => {
                word(packet, 8).into_iter().for_each(|ssrc| tell(Told::KeyFrame { ssrc }));
            }
            (PAYLOAD_FEEDBACK, 4) => {
                let wishes = packet.get(12..).unwrap_or_default().chunks_exact(8);
                wishes.filter_map(|wish| word(wish, 0)).for_each(|ssrc| tell(Told::KeyFrame { ssrc }));
            }
            (TRANSPORT_FEEDBACK, 1) => {
                if let Some(ssrc) = word(packet, 8) {
                    let words = packet[12..].chunks_exact(4).filter_map(|four| word(four, 0));
                    tell(Told::Again { ssrc, sequences: words.flat_map(named).collect() });
                }
            }
            _ => {}
        }
        compound = &compound[len..];
    }
}

/// Sequence numbers that one word of a generic NACK names (RFC 4585 section 6.2.1).
fn named(word: u32) -> impl Iterator<Item = u16> {
    let first = (word >> 16) as u16;
    let further = (0..16).filter(move |bit| word >> bit & 1 != 0).map(move |bit| first.wrapping_add(bit + 1));
    std::iter::once(first).chain(further)
}

/// Writes the packets of one compound.
pub(crate) struct Writer<'a> {
    buffer: &'a mut Vec<u8>,
    ssrc: u32,
}

impl<'a> Writer<'a> {
    /// Packets will be appended to `buffer` and be from `ssrc`.
    pub(crate) fn new(buffer: &'a mut Vec<u8>, ssrc: u32) -> Self {
        Self { buffer, ssrc }
    }

    fn packet(&mut self, kind: u8, count: u8, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer.len();
        self.buffer.extend_from_slice(&[0x80 | count, kind, 0, 0]);
        self.buffer.extend_from_slice(&self.ssrc.to_be_bytes());
        body(self.buffer);
        let words = (self.buffer.len() - start).div_ceil(4);
        self.buffer.resize(start + 4 * words, 0);
        self.buffer[start + 2..start + 4].copy_from_slice(&(words as u16 - 1).to_be_bytes());
    }

    /// Clock, counts and name of an own stream.
    pub(crate) fn sender(&mut self, unix: Duration, timestamp: u32, packets: u32, octets: u32, cname: &str) {
        self.packet(SENDER_REPORT, 0, |buffer| {
            buffer.extend_from_slice(&ntp(unix).to_be_bytes());
            for value in [timestamp, packets, octets] {
                buffer.extend_from_slice(&value.to_be_bytes());
            }
        });
        self.packet(DESCRIPTION, 1, |buffer| {
            buffer.extend_from_slice(&[1, cname.len() as u8]);
            buffer.extend_from_slice(cname.as_bytes());
            buffer.push(0);
        });
    }

    /// Reception of at most 31 streams.
    pub(crate) fn receiver(&mut self, blocks: &[Block]) {
        self.packet(RECEIVER_REPORT, blocks.len() as u8, |buffer| {
            for block in blocks {
                let lost = u32::from(block.fraction) << 24 | block.lost.min(0x7f_ffff);
                let (last, delay) = (block.last_report, block.delay);
                for value in [block.ssrc, lost, block.highest, block.jitter, last, delay] {
                    buffer.extend_from_slice(&value.to_be_bytes());
                }
            }
        });
    }

    /// Wish for a key frame (RFC 4585 section 6.3.1).
    pub(crate) fn key_frame(&mut self, media: u32) {
        self.packet(PAYLOAD_FEEDBACK, 1, |buffer| buffer.extend_from_slice(&media.to_be_bytes()));
    }

    /// Wish for packets again; the numbers must ascend.
    pub(crate) fn again(&mut self, media: u32, sequences: &[u16]) {
        self.packet(TRANSPORT_FEEDBACK, 1, |buffer| {
            buffer.extend_from_slice(&media.to_be_bytes());
            let mut rest = sequences;
            while let Some((&first, tail)) = rest.split_first() {
                let mut bits = 0u16;
                let near = tail.iter().take_while(|next| (1..=16).contains(&next.wrapping_sub(first)));
                let taken = near.inspect(|next| bits |= 1 << (next.wrapping_sub(first) - 1)).count();
                buffer.extend_from_slice(&first.to_be_bytes());
                buffer.extend_from_slice(&bits.to_be_bytes());
                rest = &tail[taken..];
            }
        });
    }

    /// Bits per second that these streams may be sent at (draft-alvestrand-rmcat-remb).
    pub(crate) fn estimate(&mut self, bits_per_second: u64, media: &[u32]) {
        self.packet(PAYLOAD_FEEDBACK, 15, |buffer| {
            let exponent = (64 - bits_per_second.leading_zeros()).saturating_sub(18);
            let mantissa = (bits_per_second >> exponent) as u32;
            buffer.extend_from_slice(&[0, 0, 0, 0]);
            buffer.extend_from_slice(b"REMB");
            buffer.extend_from_slice(&((media.len() as u32) << 24 | exponent << 18 | mantissa).to_be_bytes());
            media.iter().for_each(|ssrc| buffer.extend_from_slice(&ssrc.to_be_bytes()));
        });
    }

    /// Arrivals of packets (draft-holmer-rmcat-transport-wide-cc-extensions). `arrivals` are transport sequence
    /// numbers, from `base` on, ascending without repetition, and microseconds since any fixed moment.
    pub(crate) fn transport(&mut self, media: u32, count: u8, base: u64, arrivals: &[(u64, u64)]) {
        let Some(last) = arrivals.last() else { return };
        let reference = arrivals.iter().map(|(_, at)| at / 64_000).min().unwrap_or(0);
        self.packet(TRANSPORT_FEEDBACK, 15, |buffer| {
            buffer.extend_from_slice(&media.to_be_bytes());
            buffer.extend_from_slice(&(base as u16).to_be_bytes());
            buffer.extend_from_slice(&((last.0 - base + 1) as u16).to_be_bytes());
            buffer.extend_from_slice(&((reference as u32) << 8 | u32::from(count)).to_be_bytes());
            write_arrivals(buffer, reference * 256, base, arrivals);
        });
    }
}

/// Status chunks of two bits per packet, then the deltas in quarters of a millisecond from `last` on.
fn write_arrivals(buffer: &mut Vec<u8>, mut last: u64, base: u64, arrivals: &[(u64, u64)]) {
    let chunks = buffer.len();
    let len = (arrivals[arrivals.len() - 1].0 - base) as usize / 7 + 1;
    buffer.resize(chunks + 2 * len, 0);
    (0..len).for_each(|chunk| buffer[chunks + 2 * chunk] = 0xc0);
    for (sequence, at) in arrivals {
        let ticks = at / 250;
        let delta = (ticks as i64 - last as i64).clamp(i16::MIN.into(), i16::MAX.into());
        last = last.saturating_add_signed(delta);
        let place = (sequence - base) as usize;
        let symbol: u16 = if (0..256).contains(&delta) { 1 } else { 2 };
        let bits = (symbol << (12 - 2 * (place % 7))).to_be_bytes();
        buffer[chunks + 2 * (place / 7)] |= bits[0];
        buffer[chunks + 2 * (place / 7) + 1] |= bits[1];
        match symbol {
            1 => buffer.push(delta as u8),
            _ => buffer.extend_from_slice(&(delta as i16).to_be_bytes()),
        }
    }
}

/// NTP time of a time since 1970.
pub(crate) fn ntp(unix: Duration) -> u64 {
    let fraction = (u64::from(unix.subsec_nanos()) << 32) / 1_000_000_000;
    (unix.as_secs() + NTP_UNIX) << 32 | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(write: impl FnOnce(&mut Writer<'_>)) -> Vec<Told> {
        let mut buffer = Vec::new();
        write(&mut Writer::new(&mut buffer, 1));
        let mut all = Vec::new();
        read(&buffer, |told| all.push(told));
        (0..buffer.len()).for_each(|len| read(&buffer[..len], |_| {}));
        all
    }

    #[test]
    fn wishes_are_read_as_they_were_written() {
        let sequences = vec![65_530, 65_531, 3, 9, 10, 300];
        let all = told(|writer| {
            writer.receiver(&[Block::default(); 2]);
            writer.key_frame(7);
            writer.again(8, &sequences);
        });
        assert_eq!(all, [Told::KeyFrame { ssrc: 7 }, Told::Again { ssrc: 8, sequences }]);
    }

    #[test]
    fn a_sender_report_tells_its_clock() {
        let all = told(|writer| writer.sender(Duration::from_millis(1_500), 9, 10, 11, "cname"));
        let middle = ((NTP_UNIX + 1) as u32) << 16 | 0x8000;
        assert_eq!(all, [Told::SenderReport { ssrc: 1, middle }]);
    }

    #[test]
    fn transport_feedback_is_laid_out_as_the_draft_says() {
        let mut buffer = Vec::new();
        // Packets 10, 11, 19 at 64 ms, 65 ms and, out of order, 64.5 ms; 12 to 18 did not come.
        let arrivals = [(10, 64_000), (11, 65_000), (19, 64_500)];
        Writer::new(&mut buffer, 1).transport(2, 5, 10, &arrivals);
        let expected = [
            [0x8f, 205, 0, 6].as_slice(),
            &[0, 0, 0, 1, 0, 0, 0, 2],
            &[0, 10, 0, 10, 0, 0, 1, 5],
            // 1 1 0 0 0 0 0 | 0 0 2 0 0 0 0
            &[0xd4, 0x00, 0xc2, 0x00],
            &[0, 4, 0xff, 0xfe],
        ];
        assert_eq!(buffer, expected.concat());
    }

    #[test]
    fn an_estimate_keeps_its_leading_bits() {
        let mut buffer = Vec::new();
        Writer::new(&mut buffer, 1).estimate(100_000_000, &[9]);
        let value = word(&buffer, 16).expect("long enough");
        assert_eq!(value >> 24, 1);
        let rate = u64::from(value & 0x3ffff) << (value >> 18 & 63);
        assert!(rate <= 100_000_000 && rate > 99_990_000, "{rate}");
    }
}
