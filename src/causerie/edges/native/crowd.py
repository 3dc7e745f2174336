"""How many sockets each address has open. Pure."""

from __future__ import annotations

from collections import Counter

from causerie.edges.native.network import network


class Crowd:
    """Counts sockets by address, an IPv6 /64 as one; remembers only addresses that have one open."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._open: Counter[str] = Counter()

    def enter(self, client: str) -> bool:
        """Counts a socket of the address `client`; False, and uncounted, when it has as many as it may."""
        who = network(client)
        if self._open[who] >= self._bound:
            return False
        self._open[who] += 1
        return True

    def leave(self, client: str) -> None:
        """A socket that had entered is closed."""
        who = network(client)
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]
