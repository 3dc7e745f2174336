"""What a section says of its streams: rids and SSRCs (RFC 8851, 8853, 5576)."""

from __future__ import annotations

import re

from causerie.sdp.model import SdpError, SdpLimits, Section

_RID = re.compile(r"[A-Za-z0-9]{1,16}")
_SSRC = re.compile(r"[0-9]{1,10}")


def sent_rids(section: Section, limits: SdpLimits) -> tuple[str, ...]:
    """Returns the rids that the client sends, in the order of `a=simulcast`; of alternatives the first.

    Raises:
        SdpError: a rid cannot be read, is named twice or not declared, or there are too many.
    """
    declared = [value.split(" ")[0] for value in section.values("rid") if value.split(" ")[1:2] == ["send"]]
    order = _simulcast_order(section)
    rids = declared if order is None else order
    if not all(_RID.fullmatch(rid) for rid in rids) or len(set(rids)) != len(rids):
        raise SdpError("a rid is malformed or named twice")
    if len(rids) > limits.rids_per_section:
        raise SdpError(f"a section has more than {limits.rids_per_section} rids")
    if not set(rids) <= set(declared):
        raise SdpError("the simulcast line names a rid that is not declared")
    return tuple(rids)


def _simulcast_order(section: Section) -> list[str] | None:
    """Reads `send l;m,alternative;~h`, where `~` marks an encoding that starts paused."""
    words = (section.value("simulcast") or "").split(" ")
    for direction, rids in zip(words[::2], words[1::2], strict=False):
        if direction == "send":
            return [rid.split(",")[0].removeprefix("~") for rid in rids.split(";")]
    return None


def announced_ssrcs(section: Section, limits: SdpLimits) -> tuple[tuple[int, int | None], ...]:
    """Returns (media, retransmission) SSRCs in the order announced; empty when rids alone tell streams apart.

    Raises:
        SdpError: an SSRC cannot be read, or there are too many.
    """
    announced = list(dict.fromkeys(_ssrc(value.split(" ")[0]) for value in section.values("ssrc")))
    if len(announced) > limits.ssrcs_per_section:
        raise SdpError(f"a section announces more than {limits.ssrcs_per_section} SSRCs")
    retransmissions = _retransmissions(section, set(announced))
    repairs = set(retransmissions.values())
    return tuple((ssrc, retransmissions.get(ssrc)) for ssrc in announced if ssrc not in repairs)


def _retransmissions(section: Section, announced: set[int]) -> dict[int, int]:
    pairs: dict[int, int] = {}
    for value in section.values("ssrc-group"):
        semantics, *numbers = value.split(" ")
        if semantics != "FID":
            continue
        ssrcs = [_ssrc(number) for number in numbers]
        if len(ssrcs) != 2 or not set(ssrcs) <= announced or ssrcs[0] in pairs:
            raise SdpError("an FID group does not pair two announced SSRCs")
        pairs[ssrcs[0]] = ssrcs[1]
    if len(set(pairs.values())) != len(pairs) or not pairs.keys().isdisjoint(pairs.values()):
        raise SdpError("an SSRC is in two FID groups")
    return pairs


def _ssrc(text: str) -> int:
    if not _SSRC.fullmatch(text) or not 1 <= int(text) < 2**32:
        raise SdpError("an SSRC is not a number of 32 bits")
    return int(text)
