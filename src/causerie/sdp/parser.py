"""Text to `Description`: strict about form and size, indifferent to meaning (RFC 8866 §5, §9)."""

from __future__ import annotations

import re

from causerie.sdp.model import DEFAULT, Attribute, Description, Line, Origin, SdpError, SdpLimits, Section

_LINE = re.compile(r"([a-z])=([^\x00-\x08\x0a-\x1f\x7f]*)")
_ATTRIBUTE_NAME = re.compile(r"[!#-'*+\-.0-9A-Z^-~]+")
_DIGITS = re.compile(r"[0-9]{1,20}")
_TOKEN = re.compile(r"[!-~]+")

_SESSION_ORDER = {letter: rank for rank, letter in enumerate("vosiuepcbtzka")}
_SESSION_ORDER["r"] = _SESSION_ORDER["t"]
_MEDIA_ORDER = {letter: rank for rank, letter in enumerate("micbka")}
_ONCE = frozenset("vosikum")


def parse(text: str, limits: SdpLimits = DEFAULT) -> Description:
    """Reads a session description.

    Lines may end in CRLF or LF. Linear in the length of `text`.

    Raises:
        SdpError: it is larger than `limits`, or not of the form that RFC 8866 §9 asks.
    """
    blocks = _blocks(_lines(text, limits), limits)
    session, media = blocks[0], blocks[1:]
    _check_order(session, _SESSION_ORDER, required="vost")
    first = {line.letter: line.value for line in session if line.letter in _ONCE}
    if first["v"] != "0":
        raise SdpError("the version is not 0")
    return Description(
        origin=_origin(first["o"]),
        name=first["s"],
        lines=tuple(line for line in session if line.letter not in "vosa"),
        attributes=_attributes(session),
        sections=tuple(_section(block) for block in media),
    )


def _lines(text: str, limits: SdpLimits) -> list[Line]:
    if len(text) > limits.bytes or len(text.encode("utf-8", "surrogatepass")) > limits.bytes:
        raise SdpError(f"the description is larger than {limits.bytes} bytes")
    if text.count("\n") > limits.lines:
        raise SdpError(f"the description has more than {limits.lines} lines")
    raw = text.split("\n")
    if raw[-1] == "":
        raw.pop()
    return [_line(number, line.removesuffix("\r"), limits) for number, line in enumerate(raw, 1)]


def _line(number: int, text: str, limits: SdpLimits) -> Line:
    if len(text) > limits.line_length:
        raise SdpError(f"line {number} is longer than {limits.line_length} characters")
    match = _LINE.fullmatch(text)
    if match is None:
        raise SdpError(f"line {number} is not of the form letter=value")
    return Line(match[1], match[2])


def _blocks(lines: list[Line], limits: SdpLimits) -> list[list[Line]]:
    """Cuts at every `m=`: the session's lines first, then one list per section."""
    blocks: list[list[Line]] = [[]]
    for line in lines:
        if line.letter == "m":
            blocks.append([])
        blocks[-1].append(line)
    if len(blocks) - 1 > limits.sections:
        raise SdpError(f"the description has more than {limits.sections} sections")
    return blocks


def _check_order(lines: list[Line], order: dict[str, int], required: str) -> None:
    rank = -1
    seen: set[str] = set()
    for line in lines:
        letter = line.letter
        if letter not in order:
            raise SdpError(f"a line of type {letter} does not belong there")
        if order[letter] < rank or (letter in seen and letter in _ONCE):
            raise SdpError(f"a line of type {letter} is out of order")
        rank = order[letter]
        seen.add(letter)
    for letter in required:
        if letter not in seen:
            raise SdpError(f"a line of type {letter} is missing")


def _origin(value: str) -> Origin:
    parts = value.split(" ")
    if len(parts) != 6 or not all(_TOKEN.fullmatch(part) for part in parts):
        raise SdpError("the origin line does not have six parts")
    if not (_DIGITS.fullmatch(parts[1]) and _DIGITS.fullmatch(parts[2])):
        raise SdpError("the origin line's numbers are not numbers")
    return Origin(parts[0], parts[1], parts[2], " ".join(parts[3:]))


def _section(lines: list[Line]) -> Section:
    _check_order(lines, _MEDIA_ORDER, required="m")
    parts = lines[0].value.split(" ")
    if len(parts) < 4 or not all(_TOKEN.fullmatch(part) for part in parts):
        raise SdpError("a media line does not have media, port, protocol and formats")
    return Section(
        media=parts[0],
        port=_port(parts[1]),
        protocol=parts[2],
        formats=tuple(parts[3:]),
        lines=tuple(line for line in lines if line.letter not in "ma"),
        attributes=_attributes(lines),
    )


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise SdpError("a media line's port is not a port")
    return int(text)


def _attributes(lines: list[Line]) -> tuple[Attribute, ...]:
    return tuple(_attribute(line.value) for line in lines if line.letter == "a")


def _attribute(text: str) -> Attribute:
    name, colon, value = text.partition(":")
    if not _ATTRIBUTE_NAME.fullmatch(name):
        raise SdpError("an attribute has no proper name")
    return Attribute(name, value if colon else None)
