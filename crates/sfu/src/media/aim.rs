//! How much of a source a slot may forward, and what each amount costs.

/// The most that a slot may forward of its source.
///
/// Layers are simulcast encodings, by their place in [`Section::layers`](super::section::Section::layers), low to
/// high; spatial and temporal layers are those inside one encoding (SVC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Aim {
    pub layer: u8,
    pub spatial: u8,
    pub temporal: u8,
}

impl Aim {
    /// All there is.
    pub(crate) const HIGHEST: Self = Self { layer: u8::MAX, spatial: u8::MAX, temporal: u8::MAX };
}

/// What a source costs and gives at one aim, all that it builds on included, as measured lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]

pub(crate) struct Step {
    pub aim: Aim,
    /// On the wire, without UDP and IP; of a suspended layer what it took last.
    pub bits_per_second: u32,
    /// Pixels; 0 while unknown.
    pub width: u16,
    pub height: u16,
    pub frames_per_second: u8,
    /// Whether it is being sent; a suspended layer begins with a key frame.
    pub active: bool,
}
