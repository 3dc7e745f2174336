"""How often passwords may be tried: per address and room, and per room from everywhere. Pure.

Five a minute are free; then every further try makes the wait longer, up to a minute. A room that is tried
from many addresses answers everyone more slowly, but goes on answering: the right password still opens.
"""

from __future__ import annotations

from dataclasses import dataclass

from causerie.conference.ids import RoomName
from causerie.edges.native.network import network

TRIES = 5
PERIOD_S = 60.0
LONGEST_WAIT_S = 60.0
FORGIVE_S = 300.0
TRIES_PER_ROOM = 30
ENTRIES = 10_000
"""Pairs of address and room that are remembered; the longest untouched is forgotten first."""


@dataclass(slots=True)
class Tries:
    """What one key has tried: `spent` heals within `PERIOD_S`, a pause of `FORGIVE_S` heals all."""

    spent: float
    at: float
    beyond: int = 0
    """Tries beyond the free ones, since the last pause of `FORGIVE_S`."""
    blocked_until: float = 0.0

    def settle(self, now: float, free: int) -> None:
        """Lets time heal."""
        idle = now - self.at
        self.spent = max(0.0, self.spent - idle * free / PERIOD_S)
        self.at = now
        if idle >= FORGIVE_S:
            self.beyond = 0


class PasswordThrottle:
    """Counts tries; forgets them by and by."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._by_client: dict[tuple[str, RoomName], Tries] = {}
        self._by_room: dict[tuple[str, RoomName], Tries] = {}

    def attempt(self, client: str, room: RoomName, now: float) -> float:
        """Counts a try and returns 0, or returns the seconds until one is allowed and counts nothing."""
        tries = self._find(self._by_client, (network(client), room), now, TRIES)
        if now < tries.blocked_until:
            return tries.blocked_until - now
        tries.spent += 1
        self._find(self._by_room, ("", room), now, TRIES_PER_ROOM).spent += 1
        if tries.beyond or tries.spent > TRIES - 1:
            tries.beyond += 1
            tries.blocked_until = now + min(LONGEST_WAIT_S, 2.0**tries.beyond)
        return 0.0

    def wait(self, client: str, room: RoomName, now: float) -> float:
        """Returns the seconds until the next try is allowed; 0 when it is."""
        tries = self._by_client.get((network(client), room))
        return 0.0 if tries is None else max(0.0, tries.blocked_until - now)

    def succeeded(self, client: str, room: RoomName) -> None:
        """The password was right: this address has nothing to make good."""
        self._by_client.pop((network(client), room), None)

    def is_beset(self, room: RoomName, now: float) -> bool:
        """Says whether a room is tried so often that its answers are to be slowed down."""
        return self._find(self._by_room, ("", room), now, TRIES_PER_ROOM).spent > TRIES_PER_ROOM

    def _find(
        self, table: dict[tuple[str, RoomName], Tries], key: tuple[str, RoomName], now: float, free: int
    ) -> Tries:
        tries = table.pop(key, None) or Tries(0.0, now)
        tries.settle(now, free)
        table[key] = tries  # the last touched is the last in order
        while len(table) > self._entries:
            del table[next(iter(table))]
        return tries
