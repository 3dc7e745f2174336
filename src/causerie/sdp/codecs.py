"""Which payload types of a section we understand, and how their formats read.

Knows the payload formats' parameters (RFC 7587 Opus, 7741 VP8, 9628 VP9, 6184 H.264, AV1's, 4588 RTX,
2198 RED); knows no sections' roles and no wire bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from causerie.ports.media import CodecParameters, MediaKind
from causerie.sdp.model import SdpError, SdpLimits, Section

PREFERENCE = ("opus", "VP8", "H264", "VP9", "AV1")
"""Answer order: what every browser encodes well first, what costs most last."""

_NAMES = {name.lower(): name for name in PREFERENCE}
OPUS_RATE = "48000/2"
"""Ticks per second and channels in every `a=rtpmap` of Opus, mono too (RFC 7587 §4.1)."""
_RATES = {MediaKind.AUDIO: (OPUS_RATE,), MediaKind.VIDEO: ("90000", "90000/1")}
_KINDS = {name: MediaKind.AUDIO if name == "opus" else MediaKind.VIDEO for name in PREFERENCE}
_H264_DEFAULT = "42000a"
_H264_PROFILES = (
    (0x42, 0x4F, 0x40, 0),
    (0x4D, 0x8F, 0x80, 0),
    (0x58, 0xCF, 0xC0, 0),
    (0x42, 0x4F, 0x00, 1),
    (0x58, 0xCF, 0x80, 1),
    (0x4D, 0xAF, 0x00, 2),
    (0x64, 0xFF, 0x0C, 3),
    (0x64, 0xFF, 0x00, 4),
    (0xF4, 0xEF, 0x00, 5),
)
"""RFC 6184 table 5: profile_idc, mask and value of the profile-iop bits, our number: constrained baseline 0,
baseline 1, main 2, constrained high 3, high 4, high 4:4:4 predictive 5."""

_FORMAT_KEYS = {
    "opus": ("minptime", "useinbandfec", "usedtx"),
    "VP8": (),
    "VP9": ("profile-id",),
    "H264": ("level-asymmetry-allowed", "packetization-mode", "profile-level-id"),
    "AV1": ("profile", "level-idx", "tier"),
}


@dataclass(frozen=True, slots=True)
class OfferedCodec:
    """A payload type as one section offers it."""

    parameters: CodecParameters
    format: str
    """The `a=fmtp` parameters to answer; empty for none."""
    feedback: tuple[str, ...]
    """The `a=rtcp-fb` values to answer, in our order."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A section's codec attributes by payload type."""

    maps: dict[int, str]
    formats: dict[int, str]
    feedback: dict[int, set[str]]

    def retransmission_of(self, payload_type: int) -> int | None:
        for candidate, encoding in self.maps.items():
            if encoding.lower() == "rtx/90000" and self.format(candidate).get("apt") == str(payload_type):
                return candidate
        return None

    def redundancy_of(self, payload_type: int) -> int | None:
        """Finds redundant audio all of whose blocks are of `payload_type`, such as `a=fmtp:63 111/111`."""
        for candidate, encoding in self.maps.items():
            blocks = set(self.formats.get(candidate, "").split("/"))
            if encoding.lower() == f"red/{OPUS_RATE}" and blocks == {str(payload_type)}:
                return candidate
        return None

    def format(self, payload_type: int) -> dict[str, str]:
        """Reads `a=fmtp` parameters of the form `key=value;…`."""
        return _format(self.formats.get(payload_type, ""))


def offered_codecs(section: Section, kind: MediaKind, limits: SdpLimits) -> tuple[OfferedCodec, ...]:
    """Returns the codecs of `section` that we forward, best first; noise and tones are left out.

    Raises:
        SdpError: a payload type is no number of 0–127, is listed twice, or its parameters cannot be read.
    """
    table = _read(section, limits)
    found = [
        codec
        for payload_type in _payload_types(section, limits)
        if (codec := _codec(payload_type, kind, table)) is not None
    ]
    return tuple(sorted(found, key=lambda codec: _rank(codec.parameters)))


def _rank(codec: CodecParameters) -> tuple[int, bool, bool]:
    """Orders by `PREFERENCE`, then packetization mode 1 and constrained baseline first; else as offered."""
    h264 = codec.codec == "H264"
    return PREFERENCE.index(codec.codec), h264 and codec.variant & 1 == 0, h264 and codec.variant > 1


def _payload_types(section: Section, limits: SdpLimits) -> list[int]:
    if len(section.formats) > limits.payload_types:
        raise SdpError(f"a section offers more than {limits.payload_types} payload types")
    numbers = [_payload_type(text) for text in section.formats]
    if len(set(numbers)) != len(numbers):
        raise SdpError("a section lists a payload type twice")
    return numbers


def _payload_type(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 127:
        raise SdpError("a payload type is not a number of 0 to 127")
    return int(text)


def _read(section: Section, limits: SdpLimits) -> _Table:
    table = _Table({}, {}, {})
    listed = set(section.formats[: limits.payload_types])
    for attribute in section.attributes:
        if attribute.name not in ("rtpmap", "fmtp", "rtcp-fb") or attribute.value is None:
            continue
        head, _, rest = attribute.value.partition(" ")
        targets = listed if head == "*" and attribute.name == "rtcp-fb" else {head} & listed
        for number in map(_payload_type, sorted(targets)):
            if attribute.name == "rtpmap":
                table.maps.setdefault(number, rest)
            elif attribute.name == "fmtp":
                table.formats.setdefault(number, rest)
            else:
                table.feedback.setdefault(number, set()).add(rest)
    return table


def _format(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _codec(payload_type: int, kind: MediaKind, table: _Table) -> OfferedCodec | None:
    name_text, _, rate = table.maps.get(payload_type, "").partition("/")
    name = _NAMES.get(name_text.lower())
    if name is None or _KINDS[name] is not kind or rate not in _RATES[kind]:
        return None
    format = table.format(payload_type)
    variant = _variant(name, format)
    if variant is None:
        return None
    feedback = table.feedback.get(payload_type, set())
    parameters = CodecParameters(
        codec=name,
        variant=variant,
        payload_type=payload_type,
        rtx_payload_type=table.retransmission_of(payload_type),
        clock_rate=int(rate.partition("/")[0]),
        nack="nack" in feedback,
        pli="nack pli" in feedback,
        red_payload_type=table.redundancy_of(payload_type) if name == "opus" else None,
    )
    wanted = [value for value in ("transport-cc", "ccm fir", "nack", "nack pli") if value in feedback]
    return OfferedCodec(parameters, _answered_format(name, format), tuple(wanted))


def _variant(name: str, format: dict[str, str]) -> int | None:
    """Returns what tells incompatible forms apart, or None for a form that we do not know."""
    if name == "VP9":
        return _small(format.get("profile-id", "0"), 3)
    if name == "AV1":
        return _small(format.get("profile", "0"), 2)
    if name == "H264":
        mode = _small(format.get("packetization-mode", "0"), 1)
        profile = _h264_profile(format.get("profile-level-id", _H264_DEFAULT))
        return None if mode is None or profile is None else profile << 1 | mode
    return 0


def _small(text: str, highest: int) -> int | None:
    return int(text) if re.fullmatch("[0-9]", text) and int(text) <= highest else None


def _h264_profile(text: str) -> int | None:
    if not re.fullmatch("[0-9A-Fa-f]{6}", text):
        return None
    idc, constraints = int(text[:2], 16), int(text[2:4], 16)
    for profile_idc, mask, value, number in _H264_PROFILES:
        if idc == profile_idc and constraints & mask == value:
            return number
    return None


def _answered_format(name: str, format: dict[str, str]) -> str:
    """Echoes the parameters that bind both sides.

    Of Opus we ask for in-band FEC and for silence to be left out (RFC 7587 §6.1), whatever was offered;
    never for stereo.
    """
    kept = {key: format[key] for key in _FORMAT_KEYS[name] if key in format and _TOKEN.fullmatch(format[key])}
    if name == "opus":
        kept |= {"useinbandfec": "1", "usedtx": "1"}
    return ";".join(f"{key}={value}" for key, value in kept.items())


_TOKEN = re.compile(r"[0-9A-Za-z]{1,16}")
