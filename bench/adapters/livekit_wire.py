"""Reads the few of LiveKit's signalling messages that the harness needs, in either of their encodings.

A server answers in JSON whoever wrote JSON, but what it says before that is in Protocol Buffers. Fields of
both encodings are named in livekit_rtc.proto; numbers unknown here are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

SESSION_DESCRIPTION: dict[int, tuple[str, Any]] = {1: ("type", str), 2: ("sdp", str), 3: ("id", int)}
TRICKLE: dict[int, tuple[str, Any]] = {1: ("candidateInit", str), 2: ("target", ("PUBLISHER", "SUBSCRIBER"))}
RESPONSE: dict[int, tuple[str, Any]] = {
    1: ("join", {}),
    2: ("answer", SESSION_DESCRIPTION),
    3: ("offer", SESSION_DESCRIPTION),
    4: ("trickle", TRICKLE),
}
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read(message: str | bytes) -> dict[str, Any]:
    """Returns the members that JSON would have; an empty one for what nobody asks for."""
    if isinstance(message, str):
        return dict(json.loads(message))
    return _members(message, RESPONSE)


def _members(content: bytes, names: dict[int, tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for number, value in _fields(content):
        if number not in names:
            continue
        name, kind = names[number]
        if isinstance(kind, dict):
            members[name] = _members(value, kind) if isinstance(value, bytes) else {}
        elif isinstance(kind, tuple):
            members[name] = kind[value]
        else:
            members[name] = value.decode() if kind is str else value
    return members


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Yields field numbers with an integer or bytes (protobuf.dev, "Encoding")."""
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(content, at)
            yield number, value
        elif kind == BYTES:
            length, at = _varint(content, at)
            yield number, content[at : at + length]
            at += length
        elif kind in (FIXED32, FIXED64):
            at += 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} is of no message known here")


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at
