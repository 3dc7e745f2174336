//! Goodbyes (RFC 3550 §6.6).

use crate::bytes::slice_at;

/// Sources that end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bye<'a> {
    ssrcs: &'a [u8],
    /// Why, if it says so; meant to be UTF-8.
    pub reason: Option<&'a [u8]>,
}

impl<'a> Bye<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let (ssrcs, rest) = body.split_at_checked(usize::from(count).checked_mul(4)?)?;
        let reason = match rest.first() {
            Some(len) => Some(slice_at(rest, 1, (*len).into())?),
            None => None,
        };
        Some(Self { ssrcs, reason })
    }

    /// Returns the sources that end.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs.as_chunks::<4>().0.iter().map(|ssrc| u32::from_be_bytes(*ssrc))
    }
}
