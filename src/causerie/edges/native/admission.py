"""The password at the door: asked before anything of the room is said, counted, and checked off the loop."""

from __future__ import annotations

import asyncio
import hmac
import math
import secrets
import unicodedata
from collections.abc import Callable
from typing import Literal

from causerie.conference.ids import RoomName
from causerie.conference.record import RoomRecord
from causerie.edges.native.session import digest
from causerie.edges.native.throttle import PasswordThrottle
from causerie.ports.conferences import Conferences
from causerie.ports.rooms import Passwords
from causerie.protocol import messages

SLOWEST_ANSWER_MS = 1_000
"""A beset room answers after 1 s and up to this much more, by chance."""

DenialCode = Literal["password-required", "password-wrong", "throttled"]


class Denied(Exception):
    """No right password was given; nothing of the room is said. The client may ask again."""

    def __init__(self, code: DenialCode, wait_s: float = 0.0) -> None:
        super().__init__(code)
        self.code: DenialCode = code
        self.retry_after_s = math.ceil(wait_s) or None


class Admission:
    """Checks the passwords of all rooms of this node."""

    def __init__(self, conferences: Conferences, passwords: Passwords, clock: Callable[[], float]) -> None:
        self._conferences = conferences
        self._passwords = passwords
        self._clock = clock
        self._throttle = PasswordThrottle()

    async def verified(self, room: RoomName, join: messages.Join, client: str) -> str | None:
        """Returns the password hash that was met, or None when none is asked for.

        The host key opens as well. `client` is the address asking. Raises: Denied, PasswordsBusy.
        """
        record = self._conferences.record(room)
        if record.password_hash is None or holds_key(record, join.host_key):
            return None
        if not join.password:
            raise Denied("password-required")
        wait = self._throttle.attempt(client, room, self._clock())
        if wait > 0:
            raise Denied("throttled", wait)
        if self._throttle.is_beset(room, self._clock()):
            await asyncio.sleep(1 + secrets.randbelow(SLOWEST_ANSWER_MS) / 1000)
        if not await self._passwords.verify(normal(join.password), record.password_hash):
            raise Denied("password-wrong", self._throttle.wait(client, room, self._clock()))
        self._throttle.succeeded(client, room)
        return record.password_hash


def holds_key(record: RoomRecord, key: str | None) -> bool:
    """Says whether someone presents the room's host key; it opens what a password opens."""
    if record.host_digest is None or key is None:
        return False
    return hmac.compare_digest(record.host_digest, digest(key))


def normal(password: str) -> str:
    """Returns a password as it is hashed: composed (NFC), for keyboards differ."""
    return unicodedata.normalize("NFC", password)
