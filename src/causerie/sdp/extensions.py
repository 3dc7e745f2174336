"""Which RTP header extensions we negotiate (RFC 8285). Knows their names, not their bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from causerie.ports.media import HeaderExtension
from causerie.sdp.model import SdpError, Section

TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

KNOWN = frozenset(
    {
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
        "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        TRANSPORT_CC,
        "urn:3gpp:video-orientation",
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    }
)

_EXTMAP = re.compile(r"([0-9]{1,5})(?:/(sendrecv|sendonly|recvonly|inactive))? ([!-~]+)(?: .*)?")
_REVERSED = {"sendrecv": "", "sendonly": "/recvonly", "recvonly": "/sendonly"}


@dataclass(frozen=True, slots=True)
class OfferedExtension:
    """An extension of one section that we answer."""

    extension: HeaderExtension
    suffix: str
    """Direction to answer, with its slash; empty for both ways (RFC 8285 §5)."""


def offered_extensions(section: Section, *, client_sends: bool) -> tuple[OfferedExtension, ...]:
    """Returns the known extensions that can flow the way the section's packets do.

    Raises:
        SdpError: an `a=extmap` line cannot be read, or gives one id twice.
    """
    found: list[OfferedExtension] = []
    ids: set[int] = set()
    against = "recvonly" if client_sends else "sendonly"
    for value in section.values("extmap"):
        match = _EXTMAP.fullmatch(value)
        if match is None:
            raise SdpError("an extmap line cannot be read")
        number, direction, uri = int(match[1]), match[2] or "sendrecv", match[3]
        if number in ids:
            raise SdpError("a section gives a header extension id twice")
        ids.add(number)
        if uri in KNOWN and 1 <= number <= 255 and direction not in (against, "inactive"):
            found.append(OfferedExtension(HeaderExtension(uri, number), _REVERSED[direction]))
    return tuple(found)
