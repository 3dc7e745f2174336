//! Offers and answers of a peer.

use std::time::Instant;

use serde::Deserialize;

use crate::peer::{Peer, Place};
use crate::sdp::{self, Encoding, Kind, Local, SdpError, Section, Written};
use crate::source::{Camera, Layer, Microphone, Shape};
use crate::stream::Stream;

const RIDS: [&str; 3] = ["q", "h", "f"];
/// Encodings by default, lowest first: kilobits per second and lines.
const SHAPES: [Shape; 3] = [
    Shape { kilobits: 150, lines: 180 },
    Shape { kilobits: 500, lines: 360 },
    Shape { kilobits: 1700, lines: 720 },
];
const FRAMES_PER_SECOND: u32 = 30;

/// What a peer is to send.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Send {
    /// Opus.
    Audio,
    /// VP8.
    Video {
        /// One or three encodings.
        layers: usize,
        /// Kilobits per second of each, lowest first.
        #[serde(default)]
        kilobits: Vec<u32>,
        /// Lines of each, lowest first.
        #[serde(default)]
        height: Vec<u16>,
        /// Frames per second.
        #[serde(default)]
        fps: Option<u32>,
    },
}

/// How many sections of each kind a peer is to receive.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Receive {
    /// Sections of sound.
    pub audio: usize,
    /// Sections of pictures.
    pub video: usize,
}

impl Place {
    fn offered(kind: Kind, mid: usize, sends: bool) -> Self {
        Self {
            kind,
            mid: mid.to_string(),
            line: String::new(),
            rejected: false,
            sends,
            receives: !sends,
            codecs: sdp::offered_codecs(kind),
            ids: sdp::offered_ids(kind),
            transport_cc: true,
            remb: kind == Kind::Video,
            rids: Vec::new(),
        }
    }

    /// Answers a section of the other side that sends, and refuses what is not understood.
    fn answering(section: &Section) -> Self {
        Self {
            kind: section.kind,
            mid: section.mid.clone(),
            line: section.line.clone(),
            rejected: section.rejected || section.codecs.media == 0,
            sends: false,
            receives: section.sends,
            codecs: section.codecs,
            ids: section.ids,
            transport_cc: section.transport_cc,
            remb: section.remb,
            rids: section.sent_rids.clone(),
        }
    }
}

impl Peer {
    /// Returns an offer of what is to be sent, then of what is to be received.
    pub fn offer(&mut self, now: Instant, send: &[Send], receive: Receive) -> String {
        for what in send {
            self.add_source(now, what);
        }
        for pair in 0..receive.audio.max(receive.video) {
            for (kind, wanted) in [(Kind::Audio, receive.audio), (Kind::Video, receive.video)] {
                if pair < wanted {
                    self.places.push(Place::offered(kind, self.places.len(), false));
                }
            }
        }
        self.offered = true;
        self.describe("actpass")
    }

    fn add_source(&mut self, now: Instant, what: &Send) {
        let kind = if matches!(what, Send::Audio) { Kind::Audio } else { Kind::Video };
        let place = Place::offered(kind, self.places.len(), true);
        let stream = |rid| Stream::new(place.mid.clone(), rid, place.codecs, place.ids);
        match what {
            Send::Audio => self.microphones.push(Microphone::new(stream(None), now)),
            Send::Video { layers, kilobits, height, fps } => {
                let rids = if *layers > 1 { &RIDS[..] } else { &[""] };
                let first = SHAPES.len() - rids.len();
                let shaped = rids.iter().enumerate().map(|(at, rid)| {
                    let default = SHAPES[first + at];
                    let shape = Shape {
                        kilobits: kilobits.get(at).copied().unwrap_or(default.kilobits),
                        lines: height.get(at).copied().unwrap_or(default.lines),
                    };
                    Layer::new(stream((!rid.is_empty()).then_some(*rid)), shape)
                });
                let rate = fps.unwrap_or(FRAMES_PER_SECOND);
                self.cameras.push(Camera::new(shaped.collect(), rate, now));
            }
        }
        self.places.push(place);
    }

    /// Takes the answer to the last offer.
    pub fn answer(&mut self, now: Instant, text: &str) -> Result<(), SdpError> {
        if !self.offered {
            return Err(SdpError::NoOffer);
        }
        let remote = sdp::read(text)?;
        if remote.sections.len() != self.places.len() {
            return Err(SdpError::OtherSections);
        }
        self.take_transport(now, &remote, true);
        for (at, section) in remote.sections.iter().enumerate() {
            self.learn(section);
            self.settle(at, section);
        }
        Ok(())
    }

    /// Makes what is sent in the section `at` fit what the answer says about it.
    fn settle(&mut self, at: usize, section: &Section) {
        let mid = &self.places[at].mid;
        let refused = section.rejected || !section.receives || section.codecs.media == 0;
        if refused {
            self.microphones.retain(|microphone| microphone.stream.mid != *mid);
            self.cameras.retain(|camera| camera.layers.iter().all(|layer| layer.stream.mid != *mid));
            return;
        }
        let microphones = self.microphones.iter_mut().map(|microphone| &mut microphone.stream);
        let layers = self.cameras.iter_mut().flat_map(|camera| &mut camera.layers);
        for stream in microphones.chain(layers.map(|layer| &mut layer.stream)) {
            if stream.mid == *mid {
                stream.codecs = section.codecs;
                stream.ids = section.ids;
                stream.rtx_ssrc = stream.rtx_ssrc.filter(|_| section.codecs.rtx != 0);
            }
        }
        for camera in &mut self.cameras {
            if camera.layers.len() > 1 && camera.layers[0].stream.mid == *mid {
                keep_accepted(&mut camera.layers, &section.rids);
            }
        }
    }

    /// Returns the answer to an offer of the other side, the first or a further one.
    pub fn accept(&mut self, now: Instant, text: &str) -> Result<String, SdpError> {
        let remote = sdp::read(text)?;
        if remote.sections.len() < self.places.len() {
            return Err(SdpError::OtherSections);
        }
        self.take_transport(now, &remote, remote.ice_lite);
        for (at, section) in remote.sections.iter().enumerate() {
            self.learn(section);
            match self.places.get_mut(at) {
                Some(place) if place.sends => place.receives = section.sends,
                Some(place) => *place = Place::answering(section),
                None => self.places.push(Place::answering(section)),
            }
        }
        self.version += 1;
        let active = self.transport.active == Some(true);
        Ok(self.describe(if active { "active" } else { "passive" }))
    }

    fn describe(&self, setup: &str) -> String {
        let credentials = self.transport.credentials();
        let candidates = self.transport.candidates();
        let local = Local {
            ufrag: &credentials.ufrag,
            password: &credentials.pass,
            fingerprint: self.transport.fingerprint(),
            setup,
            candidates: &candidates,
            cname: &self.cname,
        };
        let sections: Vec<_> = self.places.iter().map(|place| self.written(place)).collect();
        sdp::write(&local, self.version, &sections)
    }

    fn written<'a>(&'a self, place: &'a Place) -> Written<'a> {
        let microphones = self.microphones.iter().map(|microphone| &microphone.stream);
        let layers = self.cameras.iter().flat_map(|camera| &camera.layers).map(|layer| &layer.stream);
        let streams = microphones.chain(layers).filter(|stream| stream.mid == place.mid && place.sends);
        let encoding = |stream: &'a Stream| Encoding {
            rid: stream.rid.as_deref(),
            ssrc: stream.ssrc,
            rtx_ssrc: stream.rtx_ssrc,
        };
        Written { place, encodings: streams.map(encoding).collect() }
    }
}

/// Keeps the encodings that the answer names; the largest alone, without a name, if it knows no simulcast.
fn keep_accepted(layers: &mut Vec<Layer>, rids: &[String]) {
    if rids.is_empty() {
        layers.drain(..layers.len() - 1);
        layers.iter_mut().for_each(|layer| layer.stream.rid = None);
    } else {
        layers.retain(|layer| layer.stream.rid.as_ref().is_some_and(|rid| rids.contains(rid)));
    }
}
