"""Who gets in: the room's record, its lock, its waiting room, and whom a host sent away."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace

from causerie.conference import names
from causerie.conference.commands import Join
from causerie.conference.events import Code, Event, KeepRecordWanted, KnockView, RoomState
from causerie.conference.ids import ParticipantId
from causerie.conference.policy import Limits
from causerie.conference.record import RoomRecord


class Door:
    """The door of one conference."""

    def __init__(self, record: RoomRecord, limits: Limits) -> None:
        self.record = record
        self.locked = False
        self.waiting: dict[ParticipantId, Join] = {}
        """In order of arrival."""
        self._excluded: dict[str, None] = {}
        self._limits = limits

    @property
    def state(self) -> RoomState:
        """How it stands, for everyone in the room."""
        return RoomState(self.locked, self.record.waiting_room, self.record.password_hash is not None)

    # ── Coming in ────────────────────────────────────────────────────────────────────────────

    def refusal(self, join: Join) -> Code | None:
        """Returns why someone may not even knock, or None. The password comes first: it guards all else."""
        if self.opens_with_key(join):
            return None
        if not self._same_password(join):
            return Code.PASSWORD_REQUIRED if join.verified is None else Code.PASSWORD_WRONG
        if join.visitor is not None and join.visitor in self._excluded:
            return Code.EXCLUDED
        return Code.ROOM_LOCKED if self.locked else None

    def holds(self, join: Join) -> bool:
        """Says whether someone has to wait for a host."""
        return self.record.waiting_room and not self.opens_with_key(join)

    def opens_with_key(self, join: Join) -> bool:
        """Says whether someone presents the room's host key."""
        if self.record.host_digest is None or join.host_digest is None:
            return False
        return hmac.compare_digest(self.record.host_digest, join.host_digest)

    def _same_password(self, join: Join) -> bool:
        """Says whether what was verified is still what the room asks for: it may have changed meanwhile."""
        wanted = self.record.password_hash
        return wanted is None or wanted == join.verified

    def claim(self, join: Join) -> bool:
        """Makes the first person's key the room's; says whether that is the fresh one, to be handed out.

        Who is first and has a key from an earlier meeting keeps it, so that a host link goes on working.
        """
        self.record = replace(self.record, host_digest=join.host_digest or join.fresh_digest)
        return join.host_digest is None

    # ── Waiting ──────────────────────────────────────────────────────────────────────────────

    def knocks(self) -> tuple[KnockView, ...]:
        """Returns who waits, first come first."""
        return tuple(
            KnockView(join.by, names.cleaned(join.name, graphemes=self._limits.name_graphemes) or "")
            for join in self.waiting.values()
        )

    def let_go(self, participant: ParticipantId | None) -> list[Join]:
        """Takes one person, or all, out of the waiting room; returns their joins, first come first."""
        chosen = [participant] if participant is not None else list(self.waiting)
        return [self.waiting.pop(one) for one in chosen if one in self.waiting]

    # ── Changing ─────────────────────────────────────────────────────────────────────────────

    def set_locked(self, locked: bool) -> list[Event]:
        """Locks or unlocks for this meeting."""
        self.locked = locked
        return []

    def set_waiting_room(self, on: bool) -> list[Event]:
        """Switches the waiting room; returns what is to be kept of it."""
        return self._record(lambda record: replace(record, waiting_room=on))

    def set_password(self, hash: str | None) -> list[Event]:
        """Sets, changes or removes the password; returns what is to be kept of it."""
        return self._record(lambda record: replace(record, password_hash=hash))

    def exclude(self, visitor: str | None) -> None:
        """Keeps a browser out of this conference."""
        if visitor is None:
            return
        self._excluded[visitor] = None
        while len(self._excluded) > self._limits.excluded:
            del self._excluded[next(iter(self._excluded))]

    def _record(self, changed: Callable[[RoomRecord], RoomRecord]) -> list[Event]:
        before, self.record = self.record, changed(self.record)
        return [] if before == self.record else [KeepRecordWanted(self.record)]
