//! The dependency descriptor (AV1 RTP payload format 1.0, appendix A): which frames a receiver of some layers needs.
//!
//! A key frame brings a [`Structure`] of templates; later descriptors name one of them. The structure is kept by who
//! reads a stream, for each stream one.

use super::bits::{BitWriter, Bits};

/// Decode targets, the choices of layers that a receiver can be given (§A.8.3).
pub const MAX_TARGETS: usize = 32;
/// Chains: one per spatial layer, of which AV1 has four. A structure with more is not understood.
pub const MAX_CHAINS: usize = 4;
const MAX_TEMPLATES: usize = 64;
/// The bits of start, end and template, before the frame number.
const NUMBER_AT: usize = 1;
/// A descriptor without extended fields is this long.
const MANDATORY_LEN: usize = 3;
/// No header extension is longer, and so no descriptor.
pub const MAX_LEN: usize = 255;

/// What a frame is to a decode target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    /// It is not part of it.
    NotPresent,
    /// It is, and nothing depends on it.
    Discardable,
    /// A receiver may begin to receive the target with it.
    Switch,
    /// It is needed.
    Required,
}

/// What a descriptor says of its packet's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Whether the packet is the first of its frame.
    pub start: bool,
    /// Whether it is the last.
    pub end: bool,
    /// Counts frames of all layers together.
    pub frame_number: u16,
    /// Spatial layer, 0..=3.
    pub spatial_id: u8,
    /// Temporal layer, 0..=7.
    pub temporal_id: u8,
    /// How many frames before this one the previous frame of each chain is; 0: the chain begins here.
    pub chain_differences: [u8; MAX_CHAINS],
    /// Whether it brought a structure.
    pub begins_structure: bool,
    /// Whether it says which decode targets are sent: with a structure, or anew.
    pub announces: bool,
    /// Two bits for each decode target, the first lowest.
    indications: u64,
}

impl Dependency {
    /// Returns what the frame is to a decode target.
    pub fn indication(&self, target: u8) -> Indication {
        match self.indications.checked_shr(u32::from(target).saturating_mul(2)).unwrap_or(0) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Template {
    spatial_id: u8,
    temporal_id: u8,
    indications: u64,
    chain_differences: [u8; MAX_CHAINS],
}

/// What the latest key frame said of all frames behind it.
#[derive(Clone)]
pub struct Structure {
    /// Added to a template's place, modulo 64, to give its id.
    offset: u8,
    templates: [Template; MAX_TEMPLATES],
    template_count: usize,
    target_count: u8,
    chain_count: u8,
    protected_by: [u8; MAX_TARGETS],
    /// Spatial and temporal layer up to which each decode target goes.
    layers: [(u8, u8); MAX_TARGETS],
    resolutions: [Option<(u16, u16)>; 4],
    /// Bit n: decode target n is being sent.
    active: u32,
}

impl Default for Structure {
    fn default() -> Self {
        Self {
            offset: 0,
            templates: [Template::default(); MAX_TEMPLATES],
            template_count: 0,
            target_count: 0,
            chain_count: 0,
            protected_by: [0; MAX_TARGETS],
            layers: [(0, 0); MAX_TARGETS],
            resolutions: [None; 4],
            active: 0,
        }
    }
}

impl Structure {
    /// Reads a descriptor, and takes over the structure in it. `None`, and nothing changed, when it is malformed or
    /// names a template that the structure known does not have.
    pub fn read(&mut self, descriptor: &[u8]) -> Option<Dependency> {
        let head = Head::read(descriptor)?;
        let mut bits = head.rest;
        if head.has_structure {
            let structure = Self::parse(&mut bits)?;
            // The definition behind the structure must hold too before anything is taken over.
            let dependency = structure.frame(&head, bits)?;
            *self = structure;
            self.read_active(&head, &mut bits)?;
            return Some(dependency);
        }
        let dependency = self.frame(&head, bits)?;
        self.read_active(&head, &mut bits)?;
        Some(dependency)
    }

    /// Returns how many decode targets there are.
    pub fn target_count(&self) -> u8 {
        self.target_count
    }

    /// Returns the spatial and temporal layer up to which a decode target goes.
    pub fn layers(&self, target: u8) -> Option<(u8, u8)> {
        self.layers.get(usize::from(target)).copied().filter(|_| target < self.target_count)
    }

    /// Returns the chain whose frames must all have come for the target to be decodable.
    pub fn chain_of(&self, target: u8) -> Option<u8> {
        self.protected_by.get(usize::from(target)).copied().filter(|_| self.chain_count > 0)
    }

    /// Returns how many chains there are.
    pub fn chain_count(&self) -> u8 {
        self.chain_count
    }

    /// Returns width and height of a spatial layer.
    pub fn resolution(&self, spatial: u8) -> Option<(u16, u16)> {
        self.resolutions.get(usize::from(spatial)).copied().flatten()
    }

    /// Returns the decode targets that are being sent, as a mask.
    pub fn active(&self) -> u32 {
        self.active
    }

    /// Returns whether a decode target is being sent.
    pub fn is_active(&self, target: u8) -> bool {
        self.active.checked_shr(target.into()).unwrap_or(0) & 1 == 1
    }

    /// Returns the highest active decode target within a spatial and temporal layer; else the lowest active one.
    pub fn target_within(&self, spatial: u8, temporal: u8) -> Option<u8> {
        let active = (0..self.target_count).filter(|target| self.is_active(*target));
        let layered = active.filter_map(|target| Some((self.layers(target)?, target)));
        let fits = |layers: &(u8, u8)| layers.0 <= spatial && layers.1 <= temporal;
        let best = layered.clone().filter(|(layers, _)| fits(layers)).max_by_key(|(layers, _)| *layers);
        best.or_else(|| layered.min_by_key(|(layers, _)| *layers)).map(|(_, target)| target)
    }

    /// Returns the decode targets at most as high as one of them, as a mask.
    pub fn mask_within(&self, target: u8) -> u32 {
        let Some(limit) = self.layers(target) else { return 0 };
        let within = |other: &u8| {
            self.is_active(*other)
                && self.layers(*other).is_some_and(|layers| layers.0 <= limit.0 && layers.1 <= limit.1)
        };
        (0..self.target_count)
            .filter(within)
            .fold(0, |mask, target| mask | 1u32.checked_shl(target.into()).unwrap_or(0))
    }

    fn parse(bits: &mut Bits<'_>) -> Option<Self> {
        let mut structure = Self {
            offset: bits.read(6)? as u8,
            target_count: bits.read(5)?.checked_add(1)? as u8,
            ..Self::default()
        };
        structure.read_layers(bits)?;
        let targets = u32::from(structure.target_count);
        for template in structure.templates.iter_mut().take(structure.template_count) {
            template.indications = read_indications(bits, targets)?;
        }
        for _ in 0..structure.template_count {
            while bits.flag()? {
                bits.skip(4)?;
            }
        }
        structure.read_chains(bits)?;
        structure.derive_layers();
        if bits.flag()? {
            let highest = structure.templates.get(structure.template_count.checked_sub(1)?)?.spatial_id;
            for size in structure.resolutions.iter_mut().take(usize::from(highest).checked_add(1)?) {
                let (width, height) = (bits.read(16)?, bits.read(16)?);
                *size = Some((
                    width.saturating_add(1).min(0xffff) as u16,
                    height.saturating_add(1).min(0xffff) as u16,
                ));
            }
        }
        structure.active = u32::MAX.checked_shr(32u32.checked_sub(targets)?)?;
        Some(structure)
    }

    /// Reads the templates' layers, which rise from one to the next.
    fn read_layers(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let (mut spatial, mut temporal) = (0u8, 0u8);
        loop {
            let template = self.templates.get_mut(self.template_count)?;
            (template.spatial_id, template.temporal_id) = (spatial, temporal);
            self.template_count = self.template_count.checked_add(1)?;
            match bits.read(2)? {
                0 => {}
                1 => temporal = temporal.checked_add(1).filter(|temporal| *temporal < 8)?,
                2 => (spatial, temporal) = (spatial.checked_add(1).filter(|spatial| *spatial < 4)?, 0),
                _ => return Some(()),
            }
        }
    }

    fn read_chains(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        let targets = u32::from(self.target_count);
        let count = bits.below(targets.checked_add(1)?)?;
        self.chain_count = count as u8;
        if count == 0 {
            return Some(());
        }
        if count as usize > MAX_CHAINS {
            return None;
        }
        for chain in self.protected_by.iter_mut().take(targets as usize) {
            *chain = bits.below(count)? as u8;
        }
        for template in self.templates.iter_mut().take(self.template_count) {
            for difference in template.chain_differences.iter_mut().take(count as usize) {
                *difference = bits.read(4)? as u8;
            }
        }
        Some(())
    }

    /// A decode target goes up to the highest layers of the templates in it.
    fn derive_layers(&mut self) {
        for (layers, target) in self.layers.iter_mut().zip(0..self.target_count) {
            for template in self.templates.iter().take(self.template_count) {
                if template.indications.checked_shr(u32::from(target).saturating_mul(2)).unwrap_or(0) & 3 != 0
                {
                    layers.0 = layers.0.max(template.spatial_id);
                    layers.1 = layers.1.max(template.temporal_id);
                }
            }
        }
    }

    /// Returns what a descriptor says, given the bits behind its structure.
    fn frame(&self, head: &Head<'_>, mut bits: Bits<'_>) -> Option<Dependency> {
        let index = usize::from(head.template.wrapping_sub(self.offset) & 63);
        let template = self.templates.get(index).filter(|_| index < self.template_count)?;
        if head.has_active {
            bits.skip(self.target_count.into())?;
        }
        let targets = u32::from(self.target_count);
        let indications = if head.custom_indications {
            read_indications(&mut bits, targets)?
        } else {
            template.indications
        };
        if head.custom_differences {
            skip_differences(&mut bits)?;
        }
        let mut chain_differences = template.chain_differences;
        if head.custom_chains {
            for difference in chain_differences.iter_mut().take(self.chain_count.into()) {
                *difference = bits.read(8)? as u8;
            }
        }
        Some(Dependency {
            start: head.start,
            end: head.end,
            frame_number: head.frame_number,
            spatial_id: template.spatial_id,
            temporal_id: template.temporal_id,
            chain_differences,
            begins_structure: head.has_structure,
            announces: head.has_structure || head.has_active,
            indications,
        })
    }

    fn read_active(&mut self, head: &Head<'_>, bits: &mut Bits<'_>) -> Option<()> {
        if head.has_active {
            let mask = bits.read(self.target_count.into())?;
            // The lowest bit is the last one written: target n is bit n.
            self.active = mask;
        }
        Some(())
    }
}

/// Writes a descriptor with another frame number and, if given, with other active decode targets, of which there are
/// `targets`; returns its length. `None` when it is malformed or `out` too small.
pub fn rewrite(
    descriptor: &[u8],
    frame_number: u16,
    active: Option<(u32, u8)>,
    out: &mut [u8],
) -> Option<usize> {
    let Some((mask, targets)) = active else {
        let copy = out.get_mut(..descriptor.len())?;
        copy.copy_from_slice(descriptor);
        return crate::bytes::put_at(copy, NUMBER_AT, frame_number.to_be_bytes()).then_some(descriptor.len());
    };
    let head = Head::read(descriptor)?;
    let mut bits = head.rest;
    let mut writer = BitWriter::new(out);
    writer.copy(&mut Bits::new(descriptor), 8)?;
    writer.write(frame_number.into(), 16)?;
    writer.write(head.has_structure.into(), 1)?;
    writer.write(1, 1)?;
    for flag in [head.custom_indications, head.custom_differences, head.custom_chains] {
        writer.write(flag.into(), 1)?;
    }
    if head.has_structure {
        let mut end = bits;
        Structure::parse(&mut end)?;
        let len = end.position().checked_sub(bits.position())?;
        writer.copy(&mut bits, len)?;
    }
    if head.has_active {
        bits.skip(targets.into())?;
    }
    writer.write(mask, targets.into())?;
    let left = bits.left();
    writer.copy(&mut bits, left)?;
    writer.finish()
}

/// The fields that every descriptor has, and the flags of the extended ones.
struct Head<'a> {
    start: bool,
    end: bool,
    template: u8,
    frame_number: u16,
    has_structure: bool,
    has_active: bool,
    custom_indications: bool,
    custom_differences: bool,
    custom_chains: bool,
    /// Behind the flags.
    rest: Bits<'a>,
}

impl<'a> Head<'a> {
    fn read(descriptor: &'a [u8]) -> Option<Self> {
        let mut bits = Bits::new(descriptor);
        let (start, end) = (bits.flag()?, bits.flag()?);
        let (template, frame_number) = (bits.read(6)? as u8, bits.read(16)? as u16);
        let extended = descriptor.len() > MANDATORY_LEN;
        let mut flag = || if extended { bits.flag() } else { Some(false) };
        Some(Self {
            start,
            end,
            template,
            frame_number,
            has_structure: flag()?,
            has_active: flag()?,
            custom_indications: flag()?,
            custom_differences: flag()?,
            custom_chains: flag()?,
            rest: bits,
        })
    }
}

fn read_indications(bits: &mut Bits<'_>, targets: u32) -> Option<u64> {
    let mut indications = 0u64;
    for target in 0..targets {
        let indication = u64::from(bits.read(2)?);
        indications |= indication.checked_shl(target.checked_mul(2)?)?;
    }
    Some(indications)
}

/// Passes over the frames referred to, each with the width of its difference before it.
fn skip_differences(bits: &mut Bits<'_>) -> Option<()> {
    loop {
        match bits.read(2)? {
            0 => return Some(()),
            width => bits.skip(width.checked_mul(4)?)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a structure of two temporal layers in each of two spatial ones, four targets and two chains.
    fn key_frame() -> Vec<u8> {
        let mut buffer = [0; 64];
        let mut out = BitWriter::new(&mut buffer);
        // First and last packet, template 10, frame 500; only a structure.
        for (value, width) in [(1, 1), (1, 1), (10, 6), (500, 16), (0b10000, 5), (10, 6), (3, 5)] {
            out.write(value, width).unwrap();
        }
        // S0T0, S0T0 again, S0T1, S1T0, S1T1.
        for next in [0, 1, 2, 1, 3] {
            out.write(next, 2).unwrap();
        }
        // Per template, what it is to S0T0, S0T1, S1T0, S1T1.
        for indications in [[2, 2, 2, 2], [2, 2, 3, 3], [0, 1, 0, 3], [0, 0, 2, 2], [0, 0, 0, 1]] {
            for indication in indications {
                out.write(indication, 2).unwrap();
            }
        }
        // No references but for the third template's: one frame, two before.
        for bits in ["0", "0", "100010", "0", "0"] {
            for bit in bits.bytes() {
                out.write(u32::from(bit == b'1'), 1).unwrap();
            }
        }
        // ns(5) for two chains; targets 0 and 1 on the first, 2 and 3 on the second.
        out.write(2, 2).unwrap();
        for chain in [0, 0, 1, 1] {
            out.write(chain, 1).unwrap();
        }
        for differences in [[0, 0], [4, 3], [2, 1], [1, 1], [3, 2]] {
            for difference in differences {
                out.write(difference, 4).unwrap();
            }
        }
        out.write(1, 1).unwrap();
        for size in [320, 180, 640, 360] {
            out.write(size - 1, 16).unwrap();
        }
        let len = out.finish().unwrap();
        buffer[..len].to_vec()
    }

    #[test]
    fn a_structure_is_kept_and_later_frames_name_its_templates() {
        let mut structure = Structure::default();
        assert_eq!(structure.read(&[0xc0, 0, 1]), None, "no structure yet");
        let key = structure.read(&key_frame()).unwrap();
        assert!(key.start && key.end && key.begins_structure);
        assert_eq!((key.frame_number, key.spatial_id, key.chain_differences), (500, 0, [0; 4]));
        assert!((0..4).all(|target| key.indication(target) == Indication::Switch));
        let layers: Vec<_> = (0..4).map(|target| structure.layers(target).unwrap()).collect();
        assert_eq!(layers, [(0, 0), (0, 1), (1, 0), (1, 1)]);
        assert_eq!((structure.resolution(0), structure.resolution(1)), (Some((320, 180)), Some((640, 360))));
        assert_eq!((structure.chain_of(1), structure.chain_of(2)), (Some(0), Some(1)));

        let delta = structure.read(&[0x80 | 12, 0x01, 0xf6]).unwrap();
        assert!(delta.start && !delta.end);
        assert_eq!(
            (delta.frame_number, delta.temporal_id, delta.chain_differences[..2].to_vec()),
            (502, 1, vec![2, 1])
        );
        assert_eq!(delta.indication(0), Indication::NotPresent);
        assert_eq!(delta.indication(1), Indication::Discardable);
        assert_eq!(structure.read(&[0x80 | 15, 0, 0]), None, "there are five templates");
    }

    #[test]
    fn custom_fields_stand_in_for_those_of_the_template() {
        let mut structure = Structure::default();
        structure.read(&key_frame()).unwrap();
        let mut buffer = [0; 16];
        let mut out = BitWriter::new(&mut buffer);
        for (value, width) in [(0, 2), (11, 6), (501, 16), (0b01111, 5), (0b0011, 4)] {
            out.write(value, width).unwrap();
        }
        for indication in [1, 1, 0, 0] {
            out.write(indication, 2).unwrap();
        }
        // One reference of eight bits, then the end; then the chains.
        for (value, width) in [(2, 2), (99, 8), (0, 2), (200, 8), (7, 8)] {
            out.write(value, width).unwrap();
        }
        let len = out.finish().unwrap();
        let dependency = structure.read(&buffer[..len]).unwrap();
        assert_eq!(dependency.indication(0), Indication::Discardable);
        assert_eq!(dependency.chain_differences[..2], [200, 7]);
        let active: Vec<_> = (0..4).map(|target| structure.is_active(target)).collect();
        assert_eq!(active, [true, true, false, false]);
        assert_eq!(structure.target_within(3, 7), Some(1));
    }

    #[test]
    fn the_highest_target_within_the_layers_wished_for_is_found() {
        let mut structure = Structure::default();
        structure.read(&key_frame()).unwrap();
        assert_eq!(structure.target_within(7, 7), Some(3));
        assert_eq!(structure.target_within(0, 7), Some(1));
        assert_eq!(structure.target_within(1, 0), Some(2));
        assert_eq!(structure.mask_within(1), 0b0011);
        assert_eq!(structure.mask_within(2), 0b0101);
    }

    #[test]
    fn a_rewritten_descriptor_says_the_same_but_for_number_and_active_targets() {
        let mut out = [0; MAX_LEN];
        let key = key_frame();
        let len = rewrite(&key, 9, Some((0b0101, 4)), &mut out).unwrap();
        let (mut before, mut after) = (Structure::default(), Structure::default());
        let (was, is) = (before.read(&key).unwrap(), after.read(&out[..len]).unwrap());
        assert_eq!(is, Dependency { frame_number: 9, ..was });
        assert_eq!(after.layers, before.layers);
        assert_eq!(after.active, 0b0101);

        let plain = [0x80 | 12, 0x01, 0xf6];
        assert_eq!(rewrite(&plain, 7, None, &mut out), Some(3));
        assert_eq!(after.read(&out[..3]).map(|dependency| dependency.frame_number), Some(7));
        let len = rewrite(&plain, 7, Some((0b0001, 4)), &mut out).unwrap();
        assert_eq!(len, 5);
        assert!(after.read(&out[..len]).is_some());
        assert_eq!(after.active, 1);
        let copy = out;
        let len = rewrite(&copy[..len], 8, Some((0b0011, 4)), &mut out).unwrap();
        assert!(after.read(&out[..len]).is_some());
        assert_eq!(after.active, 3);
    }

    #[test]
    fn a_cut_descriptor_changes_nothing() {
        let key = key_frame();
        for len in 0..key.len() {
            let mut structure = Structure::default();
            assert_eq!(structure.read(&key[..len]), None, "{len} bytes");
            assert_eq!(structure.target_count(), 0);
            let rewritten = rewrite(&key[..len], 1, Some((1, 4)), &mut [0; MAX_LEN]);
            assert!(len <= 3 || rewritten.is_none(), "{len} bytes");
        }
    }
}
