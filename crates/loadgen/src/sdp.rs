//! Session descriptions (RFC 8866, RFC 8829) as far as this generator needs them: read what a server says.

use crate::peer::Place;
use crate::rtp::Ids;

const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

/// Kind of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Audio,
    Video,
    /// Data channels or whatever else is not media.
    Other,
}

/// Payload types of a section; 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Codecs {
    /// Opus or VP8.
    pub media: u8,
    /// Retransmission of `media`.
    pub rtx: u8,
}

/// One section of a description.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub kind: Kind,
    pub mid: String,
    /// The line after `m=`, needed to refuse what is not understood.
    pub line: String,
    pub rejected: bool,
    pub sends: bool,
    pub receives: bool,
    pub codecs: Codecs,
    pub ids: Ids,
    /// Asks for transport-wide feedback, for REMB.
    pub transport_cc: bool,
    pub remb: bool,
    /// RIDs that it is ready to receive, and those that it would send.
    pub rids: Vec<String>,
    pub sent_rids: Vec<String>,
    /// Announced pairs of a retransmission SSRC and the SSRC it repairs.
    pub repairs: Vec<(u32, u32)>,
}

/// What a description says about the transport and its sections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Description {
    pub ufrag: String,
    pub password: String,
    pub fingerprint: Option<[u8; 32]>,
    pub setup: String,
    pub ice_lite: bool,
    pub candidates: Vec<String>,
    pub sections: Vec<Section>,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SdpError {
    /// It has no ICE credentials.
    #[error("the description has no ICE credentials")]
    NoCredentials,
    /// A section line or attribute is malformed.
    #[error("malformed line: {0}")]
    Malformed(String),
    /// The answer does not fit the offer.
    #[error("the answer has other sections than the offer")]
    OtherSections,
    /// An answer to an offer that was not made.
    #[error("there is no offer that this could answer")]
    NoOffer,
}

/// Reads a description.
pub(crate) fn read(text: &str) -> Result<Description, SdpError> {
    let mut description = Description::default();
    for line in text.lines().map(str::trim_end) {
        if let Some(rest) = line.strip_prefix("m=") {
            description.sections.push(section(rest)?);
        } else if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            transport(&mut description, name, value);
            if let Some(section) = description.sections.last_mut() {
                media(section, name, value).ok_or_else(|| SdpError::Malformed(line.to_owned()))?;
            }
        }
    }
    if description.ufrag.is_empty() || description.password.is_empty() {
        return Err(SdpError::NoCredentials);
    }
    Ok(description)
}

fn section(rest: &str) -> Result<Section, SdpError> {
    let malformed = || SdpError::Malformed(format!("m={rest}"));
    let mut words = rest.split(' ');
    let kind = match words.next().ok_or_else(malformed)? {
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        _ => Kind::Other,
    };
    let port = words.next().ok_or_else(malformed)?;
    Ok(Section {
        kind,
        mid: String::new(),
        line: rest.to_owned(),
        rejected: port == "0",
        sends: true,
        receives: true,
        codecs: Codecs::default(),
        ids: Ids::default(),
        transport_cc: false,
        remb: false,
        rids: Vec::new(),
        sent_rids: Vec::new(),
        repairs: Vec::new(),
    })
}

fn transport(description: &mut Description, name: &str, value: &str) {
    match name {
        "ice-ufrag" if description.ufrag.is_empty() => description.ufrag = value.to_owned(),
        "ice-pwd" if description.password.is_empty() => description.password = value.to_owned(),
        "ice-lite" => description.ice_lite = true,
        "setup" if description.setup.is_empty() => description.setup = value.to_owned(),
        "fingerprint" if description.fingerprint.is_none() => description.fingerprint = fingerprint(value),
        "candidate" => description.candidates.push(format!("candidate:{value}")),
        _ => {}
    }
}

/// Reads a SHA-256 fingerprint; others are not checked.
fn fingerprint(value: &str) -> Option<[u8; 32]> {
    let (algorithm, hex) = value.split_once(' ')?;
    let bytes: Option<Vec<u8>> = hex.split(':').map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    bytes.filter(|_| algorithm.eq_ignore_ascii_case("sha-256"))?.try_into().ok()
}

/// Takes one attribute of a section; `None` if it is malformed.
fn media(section: &mut Section, name: &str, value: &str) -> Option<()> {
    match name {
        "mid" => section.mid = value.to_owned(),
        "sendrecv" => (section.sends, section.receives) = (true, true),
        "sendonly" => (section.sends, section.receives) = (true, false),
        "recvonly" => (section.sends, section.receives) = (false, true),
        "inactive" => (section.sends, section.receives) = (false, false),
        "rtpmap" | "fmtp" => codec(section, name, value)?,
        "rtcp-fb" => {
            section.transport_cc |= value.ends_with(" transport-cc");
            section.remb |= value.ends_with(" goog-remb");
        }
        "extmap" => {
            let (id, uri) = value.split_once(' ')?;
            let id = id.split('/').next()?.parse().ok()?;
            if let Some(place) = extension(&mut section.ids, uri.split(' ').next()?) {
                *place = id;
            }
        }
        "simulcast" => {
            let mut words = value.split_ascii_whitespace();
            while let (Some(direction), Some(list)) = (words.next(), words.next()) {
                let rids = list.split(';').map(|rid| rid.trim_start_matches('~').to_owned()).collect();
                match direction {
                    "recv" => section.rids = rids,
                    _ => section.sent_rids = rids,
                }
            }
        }
        "ssrc-group" => {
            let mut words = value.split(' ');
            if words.next() == Some("FID") {
                let (media, repair) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                section.repairs.push((repair, media));
            }
        }
        _ => {}
    }
    Some(())
}

/// Takes what tells VP8, Opus and the retransmission of VP8 from other codecs.
fn codec(section: &mut Section, name: &str, value: &str) -> Option<()> {
    let (payload, what) = value.split_once(' ')?;
    let payload = payload.parse().ok()?;
    let media = section.codecs.media;
    if name == "rtpmap" {
        let wanted = if section.kind == Kind::Audio { "opus/48000" } else { "vp8/90000" };
        if media == 0 && what.to_ascii_lowercase().starts_with(wanted) {
            section.codecs.media = payload;
        }
    } else {
        let repaired = what.split(';').find_map(|parameter| parameter.trim().strip_prefix("apt="));
        if media != 0 && repaired.is_some_and(|apt| apt.parse() == Ok(media)) {
            section.codecs.rtx = payload;
        }
    }
    Some(())
}

fn extension<'a>(ids: &'a mut Ids, uri: &str) -> Option<&'a mut u8> {
    match uri {
        MID => Some(&mut ids.mid),
        RID => Some(&mut ids.rid),
        REPAIRED_RID => Some(&mut ids.repaired_rid),
        AUDIO_LEVEL => Some(&mut ids.audio_level),
        SEND_TIME => Some(&mut ids.send_time),
        TRANSPORT_CC => Some(&mut ids.transport_cc),
        _ => None,
    }
}

/// Ids of an offer of ours.
pub(crate) fn offered_ids(kind: Kind) -> Ids {
    let both = Ids { send_time: 2, transport_cc: 3, mid: 4, ..Ids::default() };
    match kind {
        Kind::Audio => Ids { audio_level: 1, ..both },
        _ => Ids { rid: 10, repaired_rid: 11, ..both },
    }
}

/// Payload types of an offer of ours.
pub(crate) fn offered_codecs(kind: Kind) -> Codecs {
    match kind {
        Kind::Audio => Codecs { media: 111, rtx: 0 },
        _ => Codecs { media: 96, rtx: 97 },
    }
}

/// What of ours goes into every description.
pub(crate) struct Local<'a> {
    pub ufrag: &'a str,
    pub password: &'a str,
    pub fingerprint: &'a str,
    pub setup: &'a str,
    pub candidates: &'a [String],
    pub cname: &'a str,
}

/// An encoding to be announced.
pub(crate) struct Encoding<'a> {
    pub rid: Option<&'a str>,
    pub ssrc: u32,
    pub rtx_ssrc: Option<u32>,
}

/// A section of ours.
pub(crate) struct Written<'a> {
    pub place: &'a Place,
    pub encodings: Vec<Encoding<'a>>,
}

/// Writes a description.
pub(crate) fn write(local: &Local<'_>, version: u32, sections: &[Written<'_>]) -> String {
    let mut lines = vec![
        "v=0".to_owned(),
        format!("o=- 4611731400430051336 {version} IN IP4 127.0.0.1"),
        "s=-".to_owned(),
        "t=0 0".to_owned(),
    ];
    let bundled: Vec<_> = sections
        .iter()
        .map(|section| section.place)
        .filter(|place| !place.rejected)
        .map(|place| &*place.mid)
        .collect();
    lines.push(format!("a=group:BUNDLE {}", bundled.join(" ")));
    lines.push("a=extmap-allow-mixed".to_owned());
    lines.push("a=msid-semantic: WMS *".to_owned());
    let mut candidates = local.candidates;
    for section in sections {
        let place = section.place;
        if place.rejected {
            lines.push(refused_line(&place.line));
            lines.push("c=IN IP4 0.0.0.0".to_owned());
            lines.push(format!("a=mid:{}", place.mid));
            lines.push("a=inactive".to_owned());
            continue;
        }
        write_section(&mut lines, local, section);
        // The first section's transport is everyone's.
        lines.extend(candidates.iter().map(|candidate| format!("a={candidate}")));
        if !candidates.is_empty() {
            lines.push("a=end-of-candidates".to_owned());
        }
        candidates = &[];
    }
    lines.join("\r\n") + "\r\n"
}

fn refused_line(line: &str) -> String {
    let mut words: Vec<_> = line.split(' ').collect();
    if let Some(port) = words.get_mut(1) {
        *port = "0";
    }
    format!("m={}", words.join(" "))
}

fn write_section(lines: &mut Vec<String>, local: &Local<'_>, section: &Written<'_>) {
    let place = section.place;
    let Codecs { media, rtx } = place.codecs;
    let (name, codec) = match place.kind {
        Kind::Audio => ("audio", "opus/48000/2"),
        _ => ("video", "VP8/90000"),
    };
    let types = if rtx == 0 { media.to_string() } else { format!("{media} {rtx}") };
    let direction = match (place.sends, place.receives) {
        (true, true) => "sendrecv",
        (true, false) => "sendonly",
        (false, true) => "recvonly",
        (false, false) => "inactive",
    };
    lines.extend([
        format!("m={name} 9 UDP/TLS/RTP/SAVPF {types}"),
        "c=IN IP4 0.0.0.0".to_owned(),
        "a=rtcp:9 IN IP4 0.0.0.0".to_owned(),
        format!("a=ice-ufrag:{}", local.ufrag),
        format!("a=ice-pwd:{}", local.password),
        "a=ice-options:trickle".to_owned(),
        format!("a=fingerprint:sha-256 {}", local.fingerprint),
        format!("a=setup:{}", local.setup),
        format!("a=mid:{}", place.mid),
    ]);
    write_extensions(lines, place.ids);
    lines.push(format!("a={direction}"));
    if place.sends {
        lines.push(format!("a=msid:{} {}-{}", local.cname, local.cname, place.mid));
    }
    lines.push("a=rtcp-mux".to_owned());
    if place.kind == Kind::Video {
        lines.push("a=rtcp-rsize".to_owned());
    }
    lines.push(format!("a=rtpmap:{media} {codec}"));
    write_feedback(lines, place);
    match place.kind {
        Kind::Audio => lines.push(format!("a=fmtp:{media} minptime=10;useinbandfec=1")),
        _ if rtx != 0 => {
            lines.push(format!("a=rtpmap:{rtx} rtx/90000"));
            lines.push(format!("a=fmtp:{rtx} apt={media}"));
        }
        _ => {}
    }
    if !place.rids.is_empty() {
        lines.extend(place.rids.iter().map(|rid| format!("a=rid:{rid} recv")));
        lines.push(format!("a=simulcast:recv {}", place.rids.join(";")));
    }
    write_encodings(lines, local.cname, &section.encodings);
}

fn write_extensions(lines: &mut Vec<String>, ids: Ids) {
    let all = [
        (ids.audio_level, AUDIO_LEVEL),
        (ids.send_time, SEND_TIME),
        (ids.transport_cc, TRANSPORT_CC),
        (ids.mid, MID),
        (ids.rid, RID),
        (ids.repaired_rid, REPAIRED_RID),
    ];
    lines.extend(all.iter().filter(|(id, _)| *id != 0).map(|(id, uri)| format!("a=extmap:{id} {uri}")));
}

fn write_feedback(lines: &mut Vec<String>, place: &Place) {
    let media = place.codecs.media;
    let mut say = |what: &str| lines.push(format!("a=rtcp-fb:{media} {what}"));
    if place.kind == Kind::Video && place.remb {
        say("goog-remb");
    }
    if place.transport_cc {
        say("transport-cc");
    }
    if place.kind == Kind::Video {
        ["ccm fir", "nack", "nack pli"].into_iter().for_each(say);
    }
}

fn write_encodings(lines: &mut Vec<String>, cname: &str, encodings: &[Encoding<'_>]) {
    let rids: Vec<_> = encodings.iter().filter_map(|encoding| encoding.rid).collect();
    if !rids.is_empty() {
        lines.extend(rids.iter().map(|rid| format!("a=rid:{rid} send")));
        lines.push(format!("a=simulcast:send {}", rids.join(";")));
        return;
    }
    for encoding in encodings {
        let ssrc = encoding.ssrc;
        lines.extend(encoding.rtx_ssrc.map(|rtx| format!("a=ssrc-group:FID {ssrc} {rtx}")));
        lines.push(format!("a=ssrc:{ssrc} cname:{cname}"));
        lines.extend(encoding.rtx_ssrc.map(|rtx| format!("a=ssrc:{rtx} cname:{cname}")));
    }
}
