"""Who has a hand up: a queue in the order in which the server heard of it."""

from __future__ import annotations

from collections.abc import Iterable

from causerie.conference.ids import ParticipantId


class Hands:
    """The queue; first raised first. At most one hand per participant."""

    def __init__(self) -> None:
        self._raised: dict[ParticipantId, None] = {}

    @property
    def queue(self) -> tuple[ParticipantId, ...]:
        """Who has a hand up, first raised first."""
        return tuple(self._raised)

    def put(self, participant: ParticipantId, *, raised: bool) -> bool:
        """Raises or lowers a hand; says whether that changed anything."""
        if (participant in self._raised) == raised:
            return False
        if raised:
            self._raised[participant] = None
        else:
            del self._raised[participant]
        return True

    def lower(self, participants: Iterable[ParticipantId]) -> bool:
        """Lowers these hands; says whether that changed anything."""
        return sum(self.put(participant, raised=False) for participant in tuple(participants)) > 0
