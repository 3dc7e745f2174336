//! Writes dependency descriptors of three temporal layers in each of up to three spatial ones.

/// Temporal layers.
const TEMPORAL: usize = 3;

/// Bits, most significant first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: usize, width: usize) {
        self.0.extend((0..width).rev().map(|place| value >> place & 1 == 1));
    }

    /// ns(n) of the specification.
    fn put_below(&mut self, value: usize, values: usize) {
        let width = values.ilog2() as usize + 1;
        let short = (1 << width) - values;
        if value < short { self.put(value, width - 1) } else { self.put(value + short, width) }
    }

    fn bytes(&self) -> Vec<u8> {
        let byte =
            |bits: &[bool]| bits.iter().zip(0..).fold(0, |byte, (bit, at)| byte | u8::from(*bit) << (7 - at));
        self.0.chunks(8).map(byte).collect()
    }
}

/// How the layers build on each other, and the frames seen so far.
pub(super) struct Describer {
    pub spatial: usize,
    /// Layers build on each other in key pictures only.
    pub key_only: bool,
    /// The latest frame of each chain.
    chains: Vec<Option<u16>>,
}

/// One frame to describe.
pub(super) struct Described<'a> {
    pub number: u16,
    pub spatial: usize,
    pub temporal: usize,
    pub key: bool,
    pub depends_on: &'a [u16],
}

impl Describer {
    pub(super) fn new(spatial: usize, key_only: bool) -> Self {
        Self { spatial, key_only, chains: vec![None; spatial] }
    }

    /// Returns the descriptors of a frame's first, middle and last packets, as many as there are.
    pub(super) fn describe(&mut self, frame: &Described<'_>, packets: usize) -> Vec<Vec<u8>> {
        let begins = frame.key && frame.spatial == 0;
        let since = |last: &Option<u16>| last.map_or(0, |last| usize::from(frame.number.wrapping_sub(last)));
        let chains: Vec<usize> =
            self.chains.iter().map(|last| if begins { 0 } else { since(last).min(255) }).collect();
        let written = (0..packets).map(|place| {
            let mut bits = Bits::default();
            bits.put(usize::from(place == 0) << 1 | usize::from(place + 1 == packets), 2);
            bits.put(frame.spatial * TEMPORAL + frame.temporal, 6);
            bits.put(frame.number.into(), 16);
            let structure = begins && place == 0;
            bits.put(usize::from(structure) << 4 | 0b00111, 5);
            if structure {
                self.put_structure(&mut bits);
            }
            self.put_indications(&mut bits, frame.spatial, frame.temporal, frame.key);
            for other in frame.depends_on {
                bits.put(2, 2);
                bits.put(usize::from(frame.number.wrapping_sub(*other)) - 1, 8);
            }
            bits.put(0, 2);
            chains.iter().for_each(|difference| bits.put(*difference, 8));
            bits.bytes()
        });
        let written = written.collect();
        for (chain, last) in self.chains.iter_mut().enumerate() {
            let in_key = frame.key && frame.spatial <= chain;
            let own = frame.spatial == chain || !self.key_only && frame.spatial < chain;
            if in_key || own && frame.temporal == 0 {
                *last = Some(frame.number);
            }
        }
        written
    }

    fn put_structure(&self, bits: &mut Bits) {
        let targets = self.spatial * TEMPORAL;
        bits.put(0, 6);
        bits.put(targets - 1, 5);
        for template in 0..targets {
            let next = if template + 1 == targets { 3 } else { 1 + usize::from(template % TEMPORAL == 2) };
            bits.put(next, 2);
        }
        for template in 0..targets {
            self.put_indications(bits, template / TEMPORAL, template % TEMPORAL, false);
        }
        bits.put(0, targets);
        bits.put_below(self.spatial, targets + 1);
        for target in 0..targets {
            bits.put_below(target / TEMPORAL, self.spatial);
        }
        (0..targets * self.spatial).for_each(|_| bits.put(0, 4));
        bits.put(1, 1);
        for spatial in 0..self.spatial {
            bits.put((320 << spatial) - 1, 16);
            bits.put((180 << spatial) - 1, 16);
        }
    }

    /// What a frame is to each decode target: 0 not present, 1 discardable, 2 switch, 3 required.
    fn put_indications(&self, bits: &mut Bits, spatial: usize, temporal: usize, key: bool) {
        for target in 0..self.spatial * TEMPORAL {
            let (up_to, rate) = (target / TEMPORAL, target % TEMPORAL);
            let indication = if up_to < spatial || rate < temporal {
                0
            } else if key {
                2
            } else if spatial < up_to {
                if self.key_only { 0 } else { 3 }
            } else if temporal > 0 && rate == temporal {
                1
            } else {
                2
            };
            bits.put(indication, 2);
        }
    }
}
