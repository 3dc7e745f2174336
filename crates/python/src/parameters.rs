//! The dataclasses of `causerie.ports.media`, read by attribute name and checked against the bounds
//! that the engine states for its own types.

use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use sfu::{ConferenceId, EndpointId, MediaKind, Mid, Rid};
use wire::codec::Codec;
use wire::ext::{ExtensionKind, ExtensionMap};

const MAX_FINGERPRINTS: usize = 8;
/// There are no more payload types.
const MAX_CODECS: usize = 128;
const MAX_EXTENSIONS: usize = 64;
const MAX_RECEIVE_SECTIONS: usize = 8;
const MAX_SLOTS: usize = 64;
const MAX_SSRCS: usize = 16;
const MAX_RIDS: usize = 4;
/// SDES items carry their length in a byte (RFC 3550 §6.5).
const MAX_CNAME_BYTES: usize = 255;
/// RFC 8839 §5.4.
const UFRAG_BYTES: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD_BYTES: std::ops::RangeInclusive<usize> = 22..=256;

#[derive(FromPyObject)]
struct EndpointParameters {
    endpoint: u64,
    conference: u64,
    local_ice: IceCredentials,
    remote_ice: IceCredentials,
    remote_fingerprints: Vec<Vec<u8>>,
    codecs: Vec<CodecParameters>,
    extensions: Vec<HeaderExtension>,
    transport_cc: bool,
    receive: Vec<ReceiveSection>,
    slots: Vec<Slot>,
    cname: String,
}

#[derive(FromPyObject)]
struct View {
    rank: u8,
    max_height: u16,
    max_frames_per_second: u8,
    screen: bool,
}

#[derive(FromPyObject)]
struct IceCredentials {
    ufrag: String,
    password: String,
}

#[derive(FromPyObject)]
struct CodecParameters {
    codec: String,
    variant: u16,
    payload_type: u8,
    rtx_payload_type: Option<u8>,
    red_payload_type: Option<u8>,
    clock_rate: u32,
    nack: bool,
    pli: bool,
}

#[derive(FromPyObject)]
struct HeaderExtension {
    uri: String,
    id: u8,
}

#[derive(FromPyObject)]
struct ReceiveSection {
    mid: String,
    kind: String,
    ssrcs: Vec<(u32, Option<u32>)>,
    rids: Vec<String>,
}

#[derive(FromPyObject)]
struct Slot {
    mid: String,
    kind: String,
    ssrc: u32,
    rtx_ssrc: Option<u32>,
}

/// Reads how a picture is looked at.
pub fn view_from(view: &Bound<'_, PyAny>) -> PyResult<sfu::View> {
    let View { rank, max_height, max_frames_per_second, screen } = view.extract()?;
    Ok(sfu::View { rank, max_height, max_frames_per_second, screen })
}

/// Reads an `EndpointParameters`.
///
/// # Errors
/// `ValueError` for a value out of bounds, `TypeError` or `AttributeError` for another kind of object.
pub fn parameters_from(object: &Bound<'_, PyAny>) -> PyResult<sfu::EndpointParameters> {
    let parameters: EndpointParameters =
        object.extract().map_err(|error| bounds_error(object.py(), error))?;
    parameters.convert()
}

/// Reads a MID.
///
/// # Errors
/// `ValueError` when it is empty or longer than 16 bytes.
pub fn mid_from(text: &str) -> PyResult<Mid> {
    if text.is_empty() { Err(invalid("mid")) } else { Mid::from(text).map_err(|_| invalid("mid")) }
}

impl EndpointParameters {
    fn convert(self) -> PyResult<sfu::EndpointParameters> {
        Ok(sfu::EndpointParameters {
            endpoint: EndpointId(self.endpoint),
            conference: ConferenceId(self.conference),
            local_ice: self.local_ice.convert()?,
            remote_ice: self.remote_ice.convert()?,
            remote_fingerprints: convert_all(self.remote_fingerprints, MAX_FINGERPRINTS, fingerprint)?,
            codecs: convert_all(self.codecs, MAX_CODECS, CodecParameters::convert)?,
            extensions: extension_map(&self.extensions)?,
            transport_cc: self.transport_cc,
            receive: convert_all(self.receive, MAX_RECEIVE_SECTIONS, ReceiveSection::convert)?,
            slots: convert_all(self.slots, MAX_SLOTS, Slot::convert)?,
            cname: Some(self.cname)
                .filter(|name| name.len() <= MAX_CNAME_BYTES)
                .ok_or_else(|| invalid("cname"))?,
        })
    }
}

impl IceCredentials {
    fn convert(self) -> PyResult<sfu::IceCredentials> {
        if !UFRAG_BYTES.contains(&self.ufrag.len()) || !PASSWORD_BYTES.contains(&self.password.len()) {
            return Err(invalid("ice credentials"));
        }
        Ok(sfu::IceCredentials { ufrag: self.ufrag, password: self.password })
    }
}

impl CodecParameters {
    fn convert(self) -> PyResult<sfu::CodecParameters> {
        let others = [self.rtx_payload_type, self.red_payload_type];
        if self.payload_type > 127 || others.into_iter().flatten().any(|other| other > 127) {
            return Err(invalid("payload type"));
        }
        if self.clock_rate == 0 {
            return Err(invalid("clock rate"));
        }
        Ok(sfu::CodecParameters {
            codec: codec(&self.codec)?,
            variant: self.variant,
            payload_type: self.payload_type,
            rtx_payload_type: self.rtx_payload_type,
            red_payload_type: self.red_payload_type,
            clock_rate: self.clock_rate,
            nack: self.nack,
            pli: self.pli,
        })
    }
}

impl ReceiveSection {
    fn convert(self) -> PyResult<sfu::ReceiveSection> {
        Ok(sfu::ReceiveSection {
            mid: mid_from(&self.mid)?,
            kind: kind_from(&self.kind)?,
            ssrcs: convert_all(self.ssrcs, MAX_SSRCS, Ok)?,
            rids: convert_all(self.rids, MAX_RIDS, |rid| Rid::from(&rid).map_err(|_| invalid("rid")))?,
        })
    }
}

impl Slot {
    fn convert(self) -> PyResult<sfu::Slot> {
        Ok(sfu::Slot {
            mid: mid_from(&self.mid)?,
            kind: kind_from(&self.kind)?,
            ssrc: self.ssrc,
            rtx_ssrc: self.rtx_ssrc,
        })
    }
}

fn fingerprint(digest: Vec<u8>) -> PyResult<[u8; 32]> {
    digest.try_into().map_err(|_| invalid("fingerprint"))
}

/// Extensions that the engine does not know are left out: they are then not forwarded either.
fn extension_map(extensions: &[HeaderExtension]) -> PyResult<ExtensionMap> {
    if extensions.len() > MAX_EXTENSIONS {
        return Err(invalid("number of extensions"));
    }
    let mut map = ExtensionMap::default();
    for extension in extensions {
        if extension.id == 0 {
            return Err(invalid("extension id"));
        }
        if let Some(kind) = ExtensionKind::from_uri(&extension.uri) {
            map.set(kind, extension.id);
        }
    }
    Ok(map)
}

fn codec(name: &str) -> PyResult<Codec> {
    match name {
        "opus" => Ok(Codec::Opus),
        "VP8" => Ok(Codec::Vp8),
        "VP9" => Ok(Codec::Vp9),
        "H264" => Ok(Codec::H264),
        "AV1" => Ok(Codec::Av1),
        _ => Err(invalid("codec")),
    }
}

/// Reads what a source is.
///
/// # Errors
/// `ValueError` when it is neither "audio" nor "video".
pub fn kind_from(name: &str) -> PyResult<MediaKind> {
    match name {
        "audio" => Ok(MediaKind::Audio),
        "video" => Ok(MediaKind::Video),
        _ => Err(invalid("kind")),
    }
}

fn convert_all<T, U>(values: Vec<T>, most: usize, convert: impl Fn(T) -> PyResult<U>) -> PyResult<Vec<U>> {
    if values.len() > most {
        return Err(PyValueError::new_err(format!("at most {most} of a kind are allowed")));
    }
    values.into_iter().map(convert).collect()
}

/// What does not fit a number's width is reported as what it is: a value out of bounds.
fn bounds_error(py: Python<'_>, error: PyErr) -> PyErr {
    let mut cause = Some(error.clone_ref(py));
    while let Some(current) = cause {
        if current.is_instance_of::<PyOverflowError>(py) {
            return PyValueError::new_err(error.to_string());
        }
        cause = current.cause(py);
    }
    error
}

/// The value itself stays out of the message: it may be a credential.
fn invalid(what: &str) -> PyErr {
    PyValueError::new_err(format!("invalid {what}"))
}
