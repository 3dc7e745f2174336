"""From an offer to what was agreed: the one place where the rules of our negotiation are.

One BUNDLE of everything, one transport, the client's send sections first, then its slots. Pure: says what
follows from an offer, chooses no ids or secrets. Start at `negotiate`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from causerie.ports.media import (
    CodecParameters,
    HeaderExtension,
    IceCredentials,
    MediaKind,
    ReceiveSection,
)
from causerie.sdp.codecs import OfferedCodec, offered_codecs
from causerie.sdp.extensions import TRANSPORT_CC, OfferedExtension, offered_extensions
from causerie.sdp.model import DEFAULT, Description, SdpError, SdpLimits, Section
from causerie.sdp.parser import parse
from causerie.sdp.streams import announced_ssrcs, sent_rids

_PROTOCOLS = frozenset({"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF"})
_MID = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,16}")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_SHA_256 = re.compile(r"sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})", re.IGNORECASE)
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class Role(StrEnum):
    """What a section of the offer becomes in the answer."""

    RECEIVE = "recvonly"
    SLOT = "sendonly"
    IDLE = "inactive"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class SlotSection:
    """An m-section on which the client wants to receive; `rtx` says whether it takes retransmissions."""

    mid: str
    kind: MediaKind
    rtx: bool


@dataclass(frozen=True, slots=True)
class NegotiatedSection:
    """One m-section with everything that its answer repeats; of a rejected one only its name."""

    role: Role
    media: str
    protocol: str
    formats: tuple[str, ...]
    mid: str
    """Empty for a rejected section that has none."""
    codecs: tuple[OfferedCodec, ...] = ()
    extensions: tuple[OfferedExtension, ...] = ()
    rids: tuple[str, ...] = ()
    simulcast: bool = False
    reduced_size: bool = False


@dataclass(frozen=True, slots=True)
class Negotiation:
    """What an offer asks for, as far as we agree to it."""

    receive: tuple[ReceiveSection, ...]
    slot_sections: tuple[SlotSection, ...]
    codecs: tuple[CodecParameters, ...]
    extensions: tuple[HeaderExtension, ...]
    transport_cc: bool
    remote_ice: IceCredentials
    remote_fingerprints: tuple[bytes, ...]
    sections: tuple[NegotiatedSection, ...]
    """All of them in the offer's order, for `answer`."""
    allow_mixed: bool
    """Whether the client reads one- and two-byte header extensions side by side (RFC 8285 §6)."""


def negotiate(offer: str, *, limits: SdpLimits = DEFAULT) -> Negotiation:
    """Returns what we agree to of `offer`; the same for a first and for a later one.

    Raises:
        SdpError: the text is malformed or too large, or lacks what we need: one BUNDLE of all sections,
            rtcp-mux, ICE credentials, a SHA-256 fingerprint, and a client that may start DTLS.
    """
    description = parse(offer, limits)
    bundled = _bundle(description)
    sections = _agreed_redundancy(_section(section, bundled, limits) for section in description.sections)
    accepted = [
        (section, agreed)
        for section, agreed in zip(description.sections, sections, strict=True)
        if agreed.role is not Role.REJECTED
    ]
    if not accepted:
        raise SdpError("no section of the offer can be used")
    _check_counts(sections, limits)
    tagged = accepted[0][0]
    extensions = _extensions(sections)
    return Negotiation(
        receive=_receive(accepted, limits),
        slot_sections=tuple(_slot(agreed) for _, agreed in accepted if agreed.role is Role.SLOT),
        codecs=_codecs(sections),
        extensions=extensions,
        transport_cc=_transport_cc(sections),
        remote_ice=_credentials(description, tagged),
        remote_fingerprints=_fingerprints(description, tagged, limits),
        sections=sections,
        allow_mixed=description.has("extmap-allow-mixed") or tagged.has("extmap-allow-mixed"),
    )


def _bundle(description: Description) -> frozenset[str]:
    groups = [value.split(" ") for value in description.values("group")]
    bundles = [group[1:] for group in groups if group[0] == "BUNDLE"]
    if len(bundles) != 1:
        raise SdpError("the offer does not have exactly one BUNDLE group")
    if len(set(bundles[0])) != len(bundles[0]):
        raise SdpError("the BUNDLE group names a section twice")
    mids = [mid for section in description.sections if (mid := section.value("mid")) is not None]
    if len(set(mids)) != len(mids):
        raise SdpError("two sections have the same mid")
    return frozenset(bundles[0])


def _section(section: Section, bundled: frozenset[str], limits: SdpLimits) -> NegotiatedSection:
    mid = section.value("mid") or ""
    if mid and not _MID.fullmatch(mid):
        raise SdpError("a mid is not a token of at most 16 characters")
    rejected = NegotiatedSection(Role.REJECTED, section.media, section.protocol, section.formats, mid)
    if section.media not in ("audio", "video") or section.protocol not in _PROTOCOLS:
        return rejected
    if section.port == 0 and not section.has("bundle-only"):
        return rejected
    if mid not in bundled:
        raise SdpError("a section is not in the BUNDLE group")
    if not section.has("rtcp-mux"):
        raise SdpError("a section is without rtcp-mux")
    role = _role(section)
    codecs = offered_codecs(section, MediaKind(section.media), limits)
    if not codecs:
        return rejected
    return NegotiatedSection(
        role=role,
        media=section.media,
        protocol=section.protocol,
        formats=section.formats,
        mid=mid,
        codecs=codecs,
        extensions=offered_extensions(section, client_sends=role is Role.RECEIVE),
        rids=sent_rids(section, limits) if role is Role.RECEIVE else (),
        simulcast=section.has("simulcast"),
        reduced_size=section.has("rtcp-rsize"),
    )


def _role(section: Section) -> Role:
    directions = [a.name for a in section.attributes if a.name in _DIRECTIONS and a.value is None]
    if len(directions) > 1:
        raise SdpError("a section has more than one direction")
    direction = directions[0] if directions else "sendrecv"
    if direction == "inactive":
        return Role.IDLE
    return Role.SLOT if direction == "recvonly" else Role.RECEIVE


def _check_counts(sections: tuple[NegotiatedSection, ...], limits: SdpLimits) -> None:
    roles = [section.role for section in sections]
    if roles.count(Role.RECEIVE) > limits.receive_sections:
        raise SdpError(f"the client wants to send on more than {limits.receive_sections} sections")
    if roles.count(Role.SLOT) > limits.slots:
        raise SdpError(f"the client wants to receive on more than {limits.slots} sections")


def _receive(
    accepted: list[tuple[Section, NegotiatedSection]], limits: SdpLimits
) -> tuple[ReceiveSection, ...]:
    received: list[ReceiveSection] = []
    seen: set[int] = set()
    for section, agreed in accepted:
        if agreed.role is not Role.RECEIVE:
            continue
        ssrcs = announced_ssrcs(section, limits)
        for ssrc in (ssrc for pair in ssrcs for ssrc in pair if ssrc is not None):
            if ssrc in seen:
                raise SdpError("two streams announce the same SSRC")
            seen.add(ssrc)
        received.append(ReceiveSection(agreed.mid, MediaKind(agreed.media), ssrcs, agreed.rids))
    return tuple(received)


def _slot(agreed: NegotiatedSection) -> SlotSection:
    rtx = any(codec.parameters.rtx_payload_type is not None for codec in agreed.codecs)
    return SlotSection(agreed.mid, MediaKind(agreed.media), rtx)


def _agreed_redundancy(sections: Iterable[NegotiatedSection]) -> tuple[NegotiatedSection, ...]:
    """Keeps redundant audio only where every section with sound offers it alike: it then goes both ways."""
    listed = tuple(sections)
    sound = [codec for section in listed for codec in section.codecs if codec.parameters.codec == "opus"]
    if len({codec.parameters.red_payload_type for codec in sound}) <= 1:
        return listed
    return tuple(
        replace(section, codecs=tuple(map(_without_redundancy, section.codecs))) for section in listed
    )


def _without_redundancy(offered: OfferedCodec) -> OfferedCodec:
    return replace(offered, parameters=replace(offered.parameters, red_payload_type=None))


def _codecs(sections: tuple[NegotiatedSection, ...]) -> tuple[CodecParameters, ...]:
    """Merges the sections' codecs; in a BUNDLE a payload type has one meaning (RFC 9143 §9.1)."""
    merged: dict[int, CodecParameters] = {}
    for section in sections:
        for offered in section.codecs:
            codec = offered.parameters
            if merged.setdefault(codec.payload_type, codec) != codec:
                raise SdpError(f"payload type {codec.payload_type} means two things")
    codecs = tuple(merged.values())
    others = [number for codec in codecs for number in (codec.rtx_payload_type, codec.red_payload_type)]
    used = [number for number in others if number is not None]
    if len(set(used)) != len(used) or not merged.keys().isdisjoint(used):
        raise SdpError("a retransmission or redundancy payload type means two things")
    return codecs


def _extensions(sections: tuple[NegotiatedSection, ...]) -> tuple[HeaderExtension, ...]:
    """Merges the sections' extensions; in a BUNDLE an id has one meaning (RFC 9143 §9.1)."""
    by_id: dict[int, str] = {}
    for section in sections:
        for offered in section.extensions:
            extension = offered.extension
            if by_id.setdefault(extension.id, extension.uri) != extension.uri:
                raise SdpError(f"header extension id {extension.id} means two things")
    if len(set(by_id.values())) != len(by_id):
        raise SdpError("a header extension has two ids")
    return tuple(HeaderExtension(uri, number) for number, uri in by_id.items())


def _transport_cc(sections: tuple[NegotiatedSection, ...]) -> bool:
    """Says whether some section that the client sends on has both the extension and the feedback."""
    return any(
        any(offered.extension.uri == TRANSPORT_CC for offered in section.extensions)
        and any("transport-cc" in codec.feedback for codec in section.codecs)
        for section in sections
    )


def _credentials(description: Description, tagged: Section) -> IceCredentials:
    """Reads those of the BUNDLE's first section, which are the transport's (RFC 9143 §7.2, 8839 §5.4)."""
    if _attribute(description, tagged, "setup") not in ("actpass", "active"):
        raise SdpError("the client does not offer to start DTLS")
    ufrag = _attribute(description, tagged, "ice-ufrag")
    password = _attribute(description, tagged, "ice-pwd")
    if ufrag is None or password is None or not (_UFRAG.fullmatch(ufrag) and _PASSWORD.fullmatch(password)):
        raise SdpError("the offer is without proper ICE credentials")
    return IceCredentials(ufrag, password)


def _attribute(description: Description, section: Section, name: str) -> str | None:
    value = section.value(name)
    return description.value(name) if value is None else value


def _fingerprints(description: Description, tagged: Section, limits: SdpLimits) -> tuple[bytes, ...]:
    values = list(tagged.values("fingerprint")) or list(description.values("fingerprint"))
    digests = [
        bytes.fromhex(match[1].replace(":", "")) for value in values if (match := _SHA_256.fullmatch(value))
    ]
    if not digests:
        raise SdpError("the offer is without a SHA-256 fingerprint")
    if len(digests) > limits.fingerprints:
        raise SdpError(f"the offer has more than {limits.fingerprints} fingerprints")
    return tuple(dict.fromkeys(digests))
