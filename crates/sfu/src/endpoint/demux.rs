//! Finds out which stream a packet with an unknown SSRC belongs to (RFC 8843 §9.2).

use slab::Slab;
use wire::codec::Codec;
use wire::ext::{self, ExtensionKind};
use wire::rtp::ParsedRtp;

use crate::command::{CodecParameters, MediaKind};
use crate::counters::DropReason;
use crate::endpoint::Endpoint;
use crate::media::section::Section;
use crate::media::ssrcs::Target;

/// Where a packet belongs and how to read it.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    pub target: Target,
    pub codec: CodecParameters,
    /// Whether its SSRC was not known before.
    pub learnt: bool,
    /// Whether it carries copies of earlier frames (RFC 2198).
    pub redundant: bool,
}

/// How a packet carries its codec's frames.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Media,
    /// As a retransmission (RFC 4588).
    Repair,
    /// With copies of earlier frames (RFC 2198).
    Redundant,
}

impl Endpoint {
    /// Returns the stream of a decrypted packet. A new SSRC is taken by MID (and RID), or without one
    /// if only one section can be meant.
    pub(crate) fn identify(
        &self,
        header: &ParsedRtp,
        packet: &[u8],
        sections: &Slab<Section>,
    ) -> Result<Source, DropReason> {
        let (codec, form) = self.codec(header.payload_type).ok_or(DropReason::UnknownPayloadType)?;
        let (repair, redundant) = (form == Form::Repair, form == Form::Redundant);
        if let Some(target) = self.ssrcs.find(header.ssrc) {
            if target.repair != repair {
                return Err(DropReason::UnknownPayloadType);
            }
            return Ok(Source { target, codec, learnt: false, redundant });
        }
        let name = |kind| {
            let id = self.extensions.id(kind)?;
            ext::name(header.extensions(packet).find(id)?)
        };
        let section = match name(ExtensionKind::Mid) {
            Some(mid) => self.sections.iter().position(|index| sections[*index].mid.as_str() == mid),
            None => self.only_section(kind_of(codec.codec), sections),
        };
        let section = section.ok_or(DropReason::UnknownSsrc)?;
        let held = &sections[self.sections[section]];
        let rid = name(if repair { ExtensionKind::RepairedRid } else { ExtensionKind::Rid });
        let layer = match rid {
            Some(rid) => held.rids.iter().position(|known| known.as_str() == rid),
            None => (held.layer_count == 1).then_some(0),
        };
        let layer = layer.ok_or(DropReason::UnknownSsrc)?;
        Ok(Source { target: Target { section, layer, repair }, codec, learnt: true, redundant })
    }

    /// Returns what a payload type means.
    fn codec(&self, payload_type: u8) -> Option<(CodecParameters, Form)> {
        self.codecs.iter().find_map(|codec| {
            let forms = [
                (Some(codec.payload_type), Form::Media),
                (codec.rtx_payload_type, Form::Repair),
                (codec.red_payload_type, Form::Redundant),
            ];
            let form = forms.into_iter().find(|(known, _)| *known == Some(payload_type))?;
            Some((*codec, form.1))
        })
    }

    fn only_section(&self, kind: MediaKind, sections: &Slab<Section>) -> Option<usize> {
        let mut fitting = (0..self.sections.len()).filter(|at| sections[self.sections[*at]].kind == kind);
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

fn kind_of(codec: Codec) -> MediaKind {
    match codec {
        Codec::Opus => MediaKind::Audio,
        Codec::Vp8 | Codec::Vp9 | Codec::H264 | Codec::Av1 => MediaKind::Video,
    }
}
