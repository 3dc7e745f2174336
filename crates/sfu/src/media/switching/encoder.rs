//! Made-up encoders: what their frames depend on is true, what is in them is not.

use wire::codec::Codec;

use super::descriptor::{Described, Describer};

pub(super) const TEMPORAL: [usize; 4] = [0, 2, 1, 2];
/// Ticks between two pictures: thirty a second.
const INTERVAL: u32 = 3000;
/// Marks the stamp in a payload.
pub(super) const MAGIC: u8 = 0xa5;

/// How an encoder codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode {
    pub codec: Codec,
    /// Spatial layers inside the encoding.
    pub spatial: usize,
    /// They build on each other in key pictures only.
    pub key_only: bool,
    /// Packets carry dependency descriptors.
    pub describes: bool,
}

/// One packet before it has a header.
#[derive(Clone)]
pub(super) struct Coded {
    pub frame: u32,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    pub descriptor: Vec<u8>,
}

pub(super) struct Encoder {
    mode: Mode,
    /// Added to the numbers of frames, so that no two encoders have the same.
    base: u32,
    pub wants_key: bool,
    picture: u16,
    tl0: u8,
    timestamp: u32,
    phase: usize,
    next_frame: u32,
    /// The latest frame of each temporal layer in each spatial one.
    latest: [[Option<u32>; 3]; 3],
    describer: Describer,
}

struct Frame {
    spatial: usize,
    temporal: usize,
    key: bool,
    synced: bool,
    depends_on: Vec<u32>,
}

impl Encoder {
    pub(super) fn new(mode: Mode, index: u32) -> Self {
        Self {
            mode,
            base: (index + 1) << 24,
            wants_key: true,
            picture: 0x7ff0 + index as u16,
            tl0: 250,
            timestamp: index.wrapping_mul(0x3abc_1234),
            phase: 0,
            next_frame: 0xfff0,
            latest: [[None; 3]; 3],
            describer: Describer::new(mode.spatial, mode.key_only),
        }
    }

    /// Returns the packets of the next picture.
    pub(super) fn picture(&mut self) -> Vec<Coded> {
        let key = std::mem::take(&mut self.wants_key);
        if key {
            self.phase = 0;
            self.latest = [[None; 3]; 3];
        }
        let temporal =
            if self.mode.codec == Codec::H264 && !self.mode.describes { 0 } else { TEMPORAL[self.phase % 4] };
        self.picture = (self.picture + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(u8::from(temporal == 0));
        self.timestamp = self.timestamp.wrapping_add(INTERVAL);
        let mut packets = Vec::new();
        for spatial in 0..self.mode.spatial {
            let frame = self.frame(spatial, temporal, key);
            let number = self.base | self.next_frame;
            self.next_frame += 1;
            packets.extend(self.packets(number, &frame));
            self.latest[spatial][temporal] = Some(number);
        }
        self.phase += 1;
        packets
    }

    fn frame(&self, spatial: usize, temporal: usize, key: bool) -> Frame {
        let latest = &self.latest[spatial];
        // Every other cycle of VP8 leans on the one before.
        let leans = self.mode.codec == Codec::Vp8 && !self.mode.describes && self.phase / 4 % 2 == 1;
        let mut depends_on: Vec<Option<u32>> = Vec::new();
        if !key {
            depends_on.push(latest[0]);
        }
        match self.phase % 4 {
            1 if leans => depends_on.push(latest[2]),
            2 if leans => depends_on.push(latest[1]),
            3 => depends_on.push(latest[1]),
            _ => {}
        }
        if spatial > 0 && (key || !self.mode.key_only) {
            let below = self.latest[spatial - 1][temporal];
            depends_on.push(below);
        }
        let synced = temporal > 0 && !leans && self.phase % 4 != 3;
        Frame { spatial, temporal, key, synced, depends_on: depends_on.into_iter().flatten().collect() }
    }

    fn packets(&mut self, number: u32, frame: &Frame) -> Vec<Coded> {
        let count = 1 + frame.spatial + usize::from(frame.key) * 2;
        let descriptors = if self.mode.describes {
            let depends_on: Vec<u16> = frame.depends_on.iter().map(|other| *other as u16).collect();
            let described = Described {
                number: number as u16,
                spatial: frame.spatial,
                temporal: frame.temporal,
                key: frame.key,
                depends_on: &depends_on,
            };
            self.describer.describe(&described, count)
        } else {
            vec![Vec::new(); count]
        };
        let packet = |(place, descriptor): (usize, Vec<u8>)| {
            let mut payload = self.head(frame, place, count);
            payload.push(MAGIC);
            payload.extend(number.to_be_bytes());
            payload.extend([place as u8, count as u8, frame.spatial as u8, frame.temporal as u8]);
            payload.push(frame.depends_on.len() as u8);
            frame.depends_on.iter().for_each(|other| payload.extend(other.to_be_bytes()));
            payload.resize(120, 0);
            Coded {
                frame: number,
                timestamp: self.timestamp,
                marker: frame.spatial + 1 == self.mode.spatial && place + 1 == count,
                payload,
                descriptor,
            }
        };
        descriptors.into_iter().enumerate().map(|(place, descriptor)| packet((place, descriptor))).collect()
    }

    /// Returns what the codec puts before a frame's bytes.
    fn head(&self, frame: &Frame, place: usize, count: usize) -> Vec<u8> {
        let [high, low] = (self.picture | 0x8000).to_be_bytes();
        let (first, last) = (place == 0, place + 1 == count);
        let (spatial, temporal) = (frame.spatial as u8, frame.temporal as u8);
        match self.mode.codec {
            Codec::Opus => vec![0x78],
            Codec::Vp8 => {
                let start = if first { 0x90 } else { 0x80 };
                let layers = temporal << 6 | u8::from(frame.synced) << 5;
                vec![start, 0xe0, high, low, self.tl0, layers, u8::from(!frame.key)]
            }
            Codec::Vp9 => {
                let above_builds =
                    spatial + 1 < self.mode.spatial as u8 && (frame.key || !self.mode.key_only);
                let flags = 0xa0 | u8::from(!frame.key) << 6 | u8::from(first) << 3 | u8::from(last) << 2;
                let builds = spatial > 0 && (frame.key || !self.mode.key_only);
                let layers = temporal << 5 | u8::from(temporal < 2) << 4 | spatial << 1 | u8::from(builds);
                vec![flags | u8::from(!above_builds), high, low, layers, self.tl0]
            }
            Codec::H264 if frame.key && first => vec![0x67, 0x42],
            Codec::H264 => {
                let start = place == usize::from(frame.key);
                let kind = if frame.key { 5 } else { 1 };
                vec![0x7c, u8::from(start) << 7 | u8::from(last) << 6 | kind]
            }
            Codec::Av1 if first => vec![if frame.key && spatial == 0 { 0x18 } else { 0x10 }, 0x30],
            Codec::Av1 => vec![0x90, 0],
        }
    }
}

/// Returns where the stamp begins.
pub(super) fn stamp_at(codec: Codec) -> usize {
    match codec {
        Codec::Opus => 1,
        Codec::Vp8 => 7,
        Codec::Vp9 => 5,
        Codec::H264 | Codec::Av1 => 2,
    }
}
