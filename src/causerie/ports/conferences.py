"""The door that edges knock on: conferences of this node, by room. Protocols; no implementation."""

from __future__ import annotations

from typing import Protocol

from causerie.conference.commands import Command
from causerie.conference.events import Code, Fact
from causerie.conference.ids import ParticipantId, RoomName
from causerie.conference.record import RoomRecord
from causerie.ports.media import ConferenceKey, EndpointId, SourceKey


class Refused(Exception):
    """A command was not taken; nothing was changed. `code` is for the one who asked."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class FactListener(Protocol):
    """Is told the facts meant for one participant, in order, on the event loop. Must return at once."""

    def on_fact(self, fact: Fact) -> None:
        """Takes one fact. Nothing after `SessionEnded` or a rejected `Join`."""
        ...


class ConferenceDoor(Protocol):
    """One conference. It may end while someone holds this; commands are then refused with `stopping`."""

    @property
    def key(self) -> ConferenceKey:
        """The conference's number in the media engine."""
        ...

    def submit(self, command: Command) -> None:
        """Queues a command; what follows comes to listeners.

        Raises: Refused when the server stops or too much waits; news (not wishes) is taken for longer.
        """
        ...

    def listen(self, participant: ParticipantId, listener: FactListener | None) -> None:
        """Sends the participant's facts to `listener` from now on; None ends that."""
        ...


class Conferences(Protocol):
    """All conferences of this node."""

    def open(self, room: RoomName) -> ConferenceDoor:
        """Returns the room's conference, made if there is none; it waits a few seconds for a first `Join`.

        Raises: Refused when the node has as many conferences or people as it may, or stops.
        """
        ...

    def record(self, room: RoomName) -> RoomRecord:
        """Returns what the room is now, whether or not there is a conference in it; makes none."""
        ...

    def new_endpoint(self) -> EndpointId:
        """Returns a number that no endpoint of this process had before."""
        ...

    def new_source(self) -> SourceKey:
        """Returns a number that no source of this process had before."""
        ...
