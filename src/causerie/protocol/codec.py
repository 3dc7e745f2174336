"""Text ↔ native messages: accepts every valid message, refuses everything else with a code. Pure.

Size and depth are looked at before anything is parsed.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

import msgspec

from causerie.protocol.messages import ClientMessage, ServerMessage

MESSAGE_BYTES = 163_840
"""160 KiB: an offer of 128 KiB and what surrounds it."""

DEPTH = 8
"""Nested objects and arrays; the deepest message has 5."""

Refusal = Literal["malformed", "unsupported"]


class ProtocolError(Exception):
    """A peer's message could not be read. `ref` repeats the message's, if that much could be read."""

    def __init__(self, code: Refusal, ref: int | None = None) -> None:
        super().__init__(code)
        self.code: Refusal = code
        self.ref = ref


class _Envelope(msgspec.Struct):
    """What every message has; read when the whole could not be."""

    type: str
    ref: msgspec.Raw = msgspec.Raw()


_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_server_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_envelope = msgspec.json.Decoder(_Envelope)
_ref = msgspec.json.Decoder(int)
_encoder = msgspec.json.Encoder()
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)


def decode(data: bytes) -> ClientMessage:
    """Returns the message in `data`.

    Raises: ProtocolError with `unsupported` for an unknown `type`, else with `malformed`.
    """
    if len(data) > MESSAGE_BYTES or depth(data) > DEPTH:
        raise ProtocolError("malformed")
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal(data) from None


def refusal(data: bytes) -> ProtocolError:
    """Returns why `data` is no message."""
    try:
        envelope = _envelope.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ProtocolError("malformed")
    known = envelope.type in CLIENT_TYPES
    return ProtocolError("malformed" if known else "unsupported", readable_ref(envelope.ref))


def readable_ref(raw: msgspec.Raw) -> int | None:
    """Returns a `ref` that an answer may repeat, or None."""
    try:
        ref = _ref.decode(raw)
    except msgspec.DecodeError:
        return None
    return ref if 0 <= ref < 2**31 else None


def depth(data: bytes) -> int:
    """Returns how deep brackets nest outside of strings; linear in time, without recursion."""
    deepest = current = 0
    for byte in _STRINGS.sub(b"", data):
        if byte in b"{[":
            current += 1
            deepest = max(deepest, current)
        elif byte in b"}]":
            current -= 1
    return deepest


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """Returns the JSON text of a message, in UTF-8."""
    return _encoder.encode(message)


def decode_from_server(data: bytes) -> ServerMessage:
    """Returns the server's message in `data`, for clients in Python. Raises: msgspec.DecodeError."""
    return _server_decoder.decode(data)


CLIENT_TYPES = frozenset(struct.__struct_config__.tag for struct in get_args(ClientMessage))
"""The `type` of every message that a client may send."""
