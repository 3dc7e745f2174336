//! Events and statistics as plain tuples and dicts, named as in `_core.pyi`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use sfu::{
    CloseReason, EndpointStatistics, Event, InboundStatistics, MediaKind, OutboundStatistics, TransportState,
    TransportStatistics,
};

/// Returns the tuple for an event.
pub fn to_python(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyAny>> {
    let tuple = match event {
        Event::TransportStateChanged { endpoint, state } => {
            let (state, reason) = state_names(state);
            ("transport", endpoint.0, state, reason).into_pyobject(py)?.into_any()
        }
        Event::SourceActiveChanged { source, active } => {
            ("active", source.0, active).into_pyobject(py)?.into_any()
        }
        Event::SpeakingChanged { source, speaking } => {
            ("speaking", source.0, speaking).into_pyobject(py)?.into_any()
        }
        Event::CodecUnsupported { endpoint, mid, source } => {
            ("unsupported", endpoint.0, mid.as_str(), source.0).into_pyobject(py)?.into_any()
        }
        Event::PictureHeld { endpoint, mid, held } => {
            ("held", endpoint.0, mid.as_str(), held).into_pyobject(py)?.into_any()
        }
        Event::LayersWanted { source, layers } => {
            let wanted = (0..u8::BITS).filter(|layer| layers & (1 << layer) != 0);
            ("layers", source.0, PyList::new(py, wanted.collect::<Vec<u32>>())?).into_pyobject(py)?.into_any()
        }
        Event::Statistics { request, statistics } => {
            let statistics =
                statistics.map(|statistics| statistics_to_python(py, &statistics)).transpose()?;
            ("statistics", request, statistics).into_pyobject(py)?.into_any()
        }
    };
    Ok(tuple)
}

fn state_names(state: TransportState) -> (&'static str, Option<&'static str>) {
    match state {
        TransportState::Connecting => ("connecting", None),
        TransportState::Connected => ("connected", None),
        TransportState::Interrupted => ("interrupted", None),
        TransportState::Closed(reason) => ("closed", Some(reason_name(reason))),
    }
}

fn reason_name(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::ConsentExpired => "consent-expired",
        CloseReason::ConnectTimeout => "connect-timeout",
        CloseReason::HandshakeFailed => "handshake-failed",
        CloseReason::FingerprintMismatch => "fingerprint-mismatch",
        CloseReason::PeerClosed => "peer-closed",
        CloseReason::Fault => "fault",
    }
}

fn kind_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
    }
}

/// Member names are those of W3C webrtc-stats; `source` and `packetsDropped` are ours.
fn statistics_to_python<'py>(
    py: Python<'py>,
    statistics: &EndpointStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    let inbound = PyList::empty(py);
    for stream in &statistics.inbound {
        inbound.append(inbound_to_python(py, stream)?)?;
    }
    let outbound = PyList::empty(py);
    for stream in &statistics.outbound {
        outbound.append(outbound_to_python(py, stream)?)?;
    }
    let all = PyDict::new(py);
    all.set_item("transport", transport_to_python(py, &statistics.transport)?)?;
    all.set_item("inbound", inbound)?;
    all.set_item("outbound", outbound)?;
    Ok(all)
}

fn transport_to_python<'py>(
    py: Python<'py>,
    transport: &TransportStatistics,
) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item("bytesSent", transport.bytes_sent)?;
    members.set_item("bytesReceived", transport.bytes_received)?;
    members.set_item("packetsSent", transport.packets_sent)?;
    members.set_item("packetsReceived", transport.packets_received)?;
    members.set_item("packetsDropped", transport.packets_dropped)?;
    members.set_item("tlsVersion", transport.tls_version)?;
    members.set_item("srtpCipher", transport.srtp_cipher)?;
    members.set_item("selectedCandidatePairChanges", transport.selected_candidate_pair_changes)?;
    members.set_item("availableOutgoingBitrate", transport.available_outgoing_bitrate)?;
    members.set_item("allocatedBitrate", transport.demand.map(|demand| demand.0))?;
    members.set_item("desiredBitrate", transport.demand.map(|demand| demand.1))?;
    members.set_item("acknowledgedBitrate", transport.acknowledged_bitrate)?;
    members.set_item("queueDelay", transport.queue_delay)?;
    members.set_item("fractionLost", transport.fraction_lost)?;
    members.set_item("probesSent", transport.probes_sent)?;
    Ok(members)
}

fn inbound_to_python<'py>(py: Python<'py>, stream: &InboundStatistics) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item("source", stream.source.map(|source| source.0))?;
    members.set_item("ssrc", stream.ssrc)?;
    members.set_item("kind", kind_name(stream.kind))?;
    members.set_item("mid", stream.mid.as_str())?;
    members.set_item("packetsReceived", stream.packets_received)?;
    members.set_item("bytesReceived", stream.bytes_received)?;
    members.set_item("packetsLost", stream.packets_lost)?;
    members.set_item("jitter", stream.jitter)?;
    members.set_item("nackCount", stream.nack_count)?;
    members.set_item("pliCount", stream.pli_count)?;
    members.set_item("firCount", stream.fir_count)?;
    members.set_item("retransmittedPacketsReceived", stream.retransmitted_packets_received)?;
    members.set_item("keyFramesReceived", stream.key_frames_received)?;
    Ok(members)
}

fn outbound_to_python<'py>(py: Python<'py>, stream: &OutboundStatistics) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    members.set_item("source", stream.source.map(|source| source.0))?;
    members.set_item("ssrc", stream.ssrc)?;
    members.set_item("kind", kind_name(stream.kind))?;
    members.set_item("mid", stream.mid.as_str())?;
    members.set_item("packetsSent", stream.packets_sent)?;
    members.set_item("bytesSent", stream.bytes_sent)?;
    members.set_item("retransmittedPacketsSent", stream.retransmitted_packets_sent)?;
    members.set_item("nackCount", stream.nack_count)?;
    members.set_item("pliCount", stream.pli_count)?;
    members.set_item("firCount", stream.fir_count)?;
    members.set_item("packetsLost", stream.remote_packets_lost)?;
    members.set_item("roundTripTime", stream.round_trip_time)?;
    members.set_item("layer", stream.layer)?;
    members.set_item("allowedLayer", stream.allowed_layer)?;
    members.set_item("maxHeight", stream.max_height)?;
    Ok(members)
}
