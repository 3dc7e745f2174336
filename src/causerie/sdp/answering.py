"""From what was agreed to the engine's parameters, and to the answer's text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from causerie.ports.media import (
    FIRST_WORKER,
    Candidate,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    IceCredentials,
    MediaKind,
    Slot,
    Worker,
)
from causerie.sdp.codecs import OPUS_RATE
from causerie.sdp.model import Attribute, Description, Line, Origin, Section
from causerie.sdp.negotiation import NegotiatedSection, Negotiation, Role
from causerie.sdp.writer import write

_CONNECTION = (Line("c", "IN IP4 0.0.0.0"),)


def parameters(
    negotiation: Negotiation,
    *,
    endpoint: EndpointId,
    conference: ConferenceKey,
    local_ice: IceCredentials,
    slot_ssrcs: Sequence[tuple[int, int | None]],
    cname: str,
    worker: Worker = FIRST_WORKER,
) -> EndpointParameters:
    """Returns what the engine needs to carry the client of `negotiation`.

    `slot_ssrcs` are (media, retransmission) SSRCs of our choice, one pair for each of
    `negotiation.slot_sections` in order; the second is left out where the slot has no retransmission.

    Raises:
        ValueError: there are not as many pairs as slots, or a slot with retransmission lacks its SSRC.
    """
    slots = tuple(
        Slot(section.mid, section.kind, ssrc, rtx_ssrc if section.rtx else None)
        for section, (ssrc, rtx_ssrc) in zip(negotiation.slot_sections, slot_ssrcs, strict=True)
    )
    if any(s.rtx and slot.rtx_ssrc is None for s, slot in zip(negotiation.slot_sections, slots, strict=True)):
        raise ValueError("a slot with retransmission needs two SSRCs")
    return EndpointParameters(
        endpoint=endpoint,
        conference=conference,
        local_ice=local_ice,
        remote_ice=negotiation.remote_ice,
        remote_fingerprints=negotiation.remote_fingerprints,
        codecs=negotiation.codecs,
        extensions=negotiation.extensions,
        transport_cc=negotiation.transport_cc,
        receive=negotiation.receive,
        slots=slots,
        cname=cname,
        worker=worker,
    )


def answer(
    negotiation: Negotiation,
    parameters: EndpointParameters,
    *,
    fingerprint: bytes,
    candidates: Sequence[Candidate],
) -> str:
    """Returns the SDP answer: ICE-lite, DTLS server, every section in the offer's order.

    The transport is described in every section: browsers read the first (RFC 9143 §7.1.3), aiortc
    the last. Only the fingerprint is at session level: Firefox 153 crashes when a bundled section has none.
    `fingerprint` is the SHA-256 digest of our certificate, 32 bytes.
    """
    transport = tuple(_transport(parameters.local_ice, candidates))
    slots = {slot.mid: slot for slot in parameters.slots}
    streams = _streams(negotiation)
    accepted = [section.mid for section in negotiation.sections if section.role is not Role.REJECTED]
    sections: list[Section] = []
    for agreed in negotiation.sections:
        if agreed.role is Role.REJECTED:
            sections.append(_rejected(agreed))
            continue
        attributes = [*transport, *_media(agreed)]
        if agreed.mid in slots:
            attributes += _slot(slots[agreed.mid], streams[agreed.mid], parameters.cname)
        sections.append(_accepted(agreed, attributes))
    session = _session(negotiation, accepted, fingerprint)
    origin = Origin("-", str(parameters.endpoint), "1", "IN IP4 127.0.0.1")
    return write(Description(origin, "-", (Line("t", "0 0"),), tuple(session), tuple(sections)))


def _session(negotiation: Negotiation, accepted: Sequence[str], fingerprint: bytes) -> Iterator[Attribute]:
    yield Attribute("ice-lite")
    yield Attribute("group", f"BUNDLE {' '.join(accepted)}")
    yield Attribute("fingerprint", f"sha-256 {fingerprint.hex(':').upper()}")
    if negotiation.allow_mixed:
        yield Attribute("extmap-allow-mixed")
    yield Attribute("msid-semantic", " WMS *")


def _streams(negotiation: Negotiation) -> Mapping[str, str]:
    """Names each slot's stream: the i-th audio and the i-th video slot share one, so lips stay in sync."""
    counts = {MediaKind.AUDIO: 0, MediaKind.VIDEO: 0}
    names: dict[str, str] = {}
    for section in negotiation.slot_sections:
        names[section.mid] = f"pair-{counts[section.kind]}"
        counts[section.kind] += 1
    return names


def _rejected(agreed: NegotiatedSection) -> Section:
    mid = (Attribute("mid", agreed.mid),) if agreed.mid else ()
    return Section(
        agreed.media, 0, agreed.protocol, agreed.formats, _CONNECTION, (*mid, Attribute("inactive"))
    )


def _accepted(agreed: NegotiatedSection, attributes: Sequence[Attribute]) -> Section:
    formats: list[str] = []
    for codec in (offered.parameters for offered in agreed.codecs):
        # What comes first is sent: with copies of earlier frames where both sides know them.
        numbers = (codec.red_payload_type, codec.payload_type, codec.rtx_payload_type)
        formats += [str(number) for number in numbers if number is not None]
    return Section(agreed.media, 9, agreed.protocol, tuple(formats), _CONNECTION, tuple(attributes))


def _transport(ice: IceCredentials, candidates: Sequence[Candidate]) -> Iterator[Attribute]:
    yield Attribute("ice-ufrag", ice.ufrag)
    yield Attribute("ice-pwd", ice.password)
    yield Attribute("setup", "passive")
    for host in candidates:
        value = f"{host.foundation} 1 udp {host.priority} {host.address} {host.port} typ host"
        yield Attribute("candidate", value)
    yield Attribute("end-of-candidates")


def _media(agreed: NegotiatedSection) -> Iterator[Attribute]:
    yield Attribute("mid", agreed.mid)
    yield Attribute(agreed.role.value)
    yield Attribute("rtcp-mux")
    if agreed.reduced_size:
        yield Attribute("rtcp-rsize")
    for offered in agreed.extensions:
        yield Attribute("extmap", f"{offered.extension.id}{offered.suffix} {offered.extension.uri}")
    yield from _codecs(agreed)
    for rid in agreed.rids:
        yield Attribute("rid", f"{rid} recv")
    if agreed.rids and agreed.simulcast:
        yield Attribute("simulcast", f"recv {';'.join(agreed.rids)}")


def _codecs(agreed: NegotiatedSection) -> Iterator[Attribute]:
    for offered in agreed.codecs:
        codec = offered.parameters
        rate = OPUS_RATE if codec.codec == "opus" else codec.clock_rate
        if codec.red_payload_type is not None:
            yield Attribute("rtpmap", f"{codec.red_payload_type} red/{rate}")
            yield Attribute("fmtp", f"{codec.red_payload_type} {codec.payload_type}/{codec.payload_type}")
        yield Attribute("rtpmap", f"{codec.payload_type} {codec.codec}/{rate}")
        for feedback in offered.feedback:
            yield Attribute("rtcp-fb", f"{codec.payload_type} {feedback}")
        if offered.format:
            yield Attribute("fmtp", f"{codec.payload_type} {offered.format}")
        if codec.rtx_payload_type is not None:
            yield Attribute("rtpmap", f"{codec.rtx_payload_type} rtx/{codec.clock_rate}")
            yield Attribute("fmtp", f"{codec.rtx_payload_type} apt={codec.payload_type}")


def _slot(slot: Slot, stream: str, cname: str) -> Iterator[Attribute]:
    yield Attribute("msid", f"{stream} slot-{slot.mid}")
    yield Attribute("ssrc", f"{slot.ssrc} cname:{cname}")
    if slot.rtx_ssrc is not None:
        yield Attribute("ssrc", f"{slot.rtx_ssrc} cname:{cname}")
        yield Attribute("ssrc-group", f"FID {slot.ssrc} {slot.rtx_ssrc}")
