"""What one socket may say: counts messages, reads them, insists on `join` or `resume` first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from causerie.edges.native.limits import EdgeLimits, Rate
from causerie.protocol.codec import MESSAGE_BYTES, ProtocolError, decode
from causerie.protocol.fields import ErrorCode
from causerie.protocol.messages import (
    PROTOCOL_VERSION,
    ClientMessage,
    Error,
    Join,
    Renegotiate,
    Resume,
)

CLOSE_TOO_BIG = 1009
CLOSE_MALFORMED = 4000
CLOSE_RATE_LIMITED = 4008


class Bucket:
    """A token bucket; starts full."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Takes one token; says whether there was one."""
        self._tokens = min(self._rate.burst, self._tokens + (now - self._at) * self._rate.per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a message gets instead of being acted upon; `close` ends the socket after the error."""

    error: Error
    close: int | None = None


class Gate:
    """The doorkeeper of one socket."""

    def __init__(self, limits: EdgeLimits, now: float) -> None:
        self._messages = Bucket(limits.messages, now)
        self._offers = Bucket(limits.offers, now)

    def admit(self, data: bytes | None, now: float, *, joined: bool) -> ClientMessage | Refusal:
        """Returns the message in a frame, or why it is not acted upon; `data` is None for a binary one.

        `joined`: whether the socket has a session, or asked for one and waits.
        """
        if not self._messages.take(now):
            return Refusal(Error("rate-limited"), CLOSE_RATE_LIMITED)
        if data is not None and len(data) > MESSAGE_BYTES:
            return Refusal(Error("malformed"), CLOSE_TOO_BIG)
        try:
            message = decode(data or b"")
        except ProtocolError as error:
            close = CLOSE_MALFORMED if error.code == "malformed" else None
            return Refusal(Error(error.code, error.ref), close)
        return self._in_order(message, now, joined=joined)

    def _in_order(self, message: ClientMessage, now: float, *, joined: bool) -> ClientMessage | Refusal:
        opens = isinstance(message, Join | Resume)
        if opens == joined:
            return refuse(message, "already-joined" if joined else "not-joined")
        if isinstance(message, Join | Resume) and message.version != PROTOCOL_VERSION:
            return refuse(message, "version")
        if isinstance(message, Resume | Renegotiate) and not self._offers.take(now):
            return refuse(message, "rate-limited", CLOSE_RATE_LIMITED if opens else None)
        return message


def refuse(message: ClientMessage, code: ErrorCode, close: int | None = None) -> Refusal:
    """Returns the refusal of a message that was read."""
    return Refusal(Error(code, message.ref), close)
