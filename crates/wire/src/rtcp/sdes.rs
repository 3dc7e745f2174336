//! Source descriptions (RFC 3550 §6.5).

use crate::bytes::{padding_to_word, u32_at};

/// The item type of a canonical name.
pub(super) const CNAME: u8 = 1;

/// Descriptions of sources.
#[derive(Clone, Debug)]
pub struct Sdes<'a> {
    count: u8,
    body: &'a [u8],
}

/// The description of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdesChunk<'a> {
    /// The source.
    pub ssrc: u32,
    items: &'a [u8],
}

/// One item of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdesItem<'a> {
    /// 1 is the canonical name.
    pub kind: u8,
    /// Its text, meant to be UTF-8.
    pub text: &'a [u8],
}

impl<'a> Sdes<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Option<Self> {
        let mut rest = body;
        for _ in 0..count {
            (_, rest) = split_chunk(rest)?;
        }
        Some(Self { count, body })
    }

    /// Returns the described sources.
    pub fn chunks(&self) -> impl Iterator<Item = SdesChunk<'a>> + use<'a> {
        let mut rest = self.body;
        (0..self.count).map_while(move |_| {
            let (chunk, after) = split_chunk(rest)?;
            rest = after;
            Some(chunk)
        })
    }
}

impl<'a> SdesChunk<'a> {
    /// Returns the items.
    pub fn items(&self) -> impl Iterator<Item = SdesItem<'a>> + use<'a> {
        let mut rest = self.items;
        std::iter::from_fn(move || {
            let (item, after) = split_item(rest)?;
            rest = after;
            Some(item)
        })
    }

    /// Returns the canonical name.
    pub fn cname(&self) -> Option<&'a [u8]> {
        self.items().find(|item| item.kind == CNAME).map(|item| item.text)
    }
}

fn split_item(items: &[u8]) -> Option<(SdesItem<'_>, &[u8])> {
    let (kind, rest) = items.split_first()?;
    let (len, rest) = rest.split_first()?;
    let (text, rest) = rest.split_at_checked((*len).into())?;
    Some((SdesItem { kind: *kind, text }, rest))
}

/// Splits off a chunk: its items end with a zero byte, padded to a word.
fn split_chunk(body: &[u8]) -> Option<(SdesChunk<'_>, &[u8])> {
    let ssrc = u32_at(body, 0)?;
    let items = body.get(4..)?;
    let mut rest = items;
    while *rest.first()? != 0 {
        (_, rest) = split_item(rest)?;
    }
    let len = items.len().checked_sub(rest.len())?;
    let ended = len.checked_add(1)?;
    let after = items.get(ended.checked_add(padding_to_word(ended))?..)?;
    Some((SdesChunk { ssrc, items: items.get(..len)? }, after))
}
