"""Drives conferences: one task and one bounded mailbox each. Holds no rules.

Take a command, let the machine decide, carry out every event, with no await in between. Requests go to the
media engine, whose answer is given back at once; facts go to listeners, which are never waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Sequence
from typing import assert_never

import structlog

from causerie.conference.commands import (
    Command,
    EndpointFailed,
    EndpointReady,
    MediaChanged,
    SessionLost,
    Stop,
    Tick,
    Wish,
)
from causerie.conference.events import (
    AddEndpointWanted,
    Code,
    EndReason,
    Event,
    Fact,
    KeepRecordWanted,
    MapSlotWanted,
    PublishWanted,
    RemoveEndpointWanted,
    Request,
    SessionEnded,
    SetSourceEnabledWanted,
    UnpublishWanted,
    UpdateEndpointWanted,
)
from causerie.conference.ids import Instant, ParticipantId, RoomName
from causerie.conference.machine import Conference
from causerie.conference.policy import Limits
from causerie.conference.record import RoomRecord
from causerie.ports.conferences import FactListener, Refused
from causerie.ports.media import (
    ConferenceKey,
    EndpointId,
    EngineUnavailable,
    MediaEngine,
    MediaEvent,
    SourceKey,
)
from causerie.ports.rooms import RoomStore
from causerie.server.rooms import MemoryRooms

BURST = 64
"""Commands handled before other tasks get a turn: about 10 ms."""

CLOSE_TIMEOUT_S = 5.0
"""How long a stop waits for conferences to say good-bye; each needs a millisecond."""

log = structlog.get_logger()

Clock = Callable[[], float]


class ConferenceRunner:
    """One conference, its mailbox and its listeners. `run` is the only place where its machine is called."""

    def __init__(
        self,
        key: ConferenceKey,
        room: RoomName,
        *,
        engine: MediaEngine,
        limits: Limits,
        clock: Clock,
        rooms: RoomStore,
    ) -> None:
        self._key = key
        self._room = room
        self._rooms = rooms
        self._engine = engine
        self._limits = limits
        self._clock = clock
        self._machine = Conference(
            limits=limits, now=self._now(), wall_ms=time.time_ns() // 1_000_000, record=rooms.find(room)
        )
        self._mailbox: asyncio.Queue[Command] = asyncio.Queue()
        """Bounded by `submit`, which knows what may be refused."""
        self._listeners: dict[ParticipantId, FactListener] = {}
        self._closed = False

    @property
    def key(self) -> ConferenceKey:
        """The conference's number in the media engine."""
        return self._key

    @property
    def participants(self) -> int:
        """How many people are in it."""
        return self._machine.participants

    @property
    def record(self) -> RoomRecord:
        """What its room is now."""
        return self._machine.record

    @property
    def closed(self) -> bool:
        """Says whether it is over; nothing is taken any more."""
        return self._closed

    def submit(self, command: Command) -> None:
        """Queues a command. Raises: Refused."""
        if self._closed:
            raise Refused(Code.STOPPING)
        bound = self._limits.mailbox_commands
        if not isinstance(command, Wish):
            bound += self._limits.mailbox_reserve
        if self._mailbox.qsize() >= bound:
            raise Refused(Code.RATE_LIMITED)
        self._mailbox.put_nowait(command)

    def listen(self, participant: ParticipantId, listener: FactListener | None) -> None:
        """Sends the participant's facts to `listener` from now on; None ends that."""
        if listener is None:
            self._listeners.pop(participant, None)
        else:
            self._listeners[participant] = listener

    def on_media_event(self, event: MediaEvent) -> None:
        """Takes the engine's news (`MediaListener`)."""
        if self._closed:
            return
        try:
            self.submit(MediaChanged(event))
        except Refused:
            log.error("media-event-lost", conference=self._key)

    async def run(self) -> None:
        """Handles commands until the conference is over; then nothing is taken any more."""
        self._engine.listen(self._key, self)
        try:
            while not (self._machine.is_over(self._now()) and self._mailbox.empty()):
                await self._wait()
                for _ in range(min(BURST, self._mailbox.qsize())):
                    self._carry_out(self._machine.handle(self._mailbox.get_nowait(), self._now()))
                self._tick_if_due()
                await asyncio.sleep(0)
        except Exception:
            log.exception("conference-failed", conference=self._key)
            self._tell(SessionEnded(tuple(self._listeners), EndReason.FAULT))
        finally:
            self._closed = True
            self._engine.listen(self._key, None)
            self._listeners.clear()

    async def _wait(self) -> None:
        """Returns when there is a command, or the deadline has come."""
        deadline = self._machine.deadline()
        delay = None if deadline is None else max(0.0, deadline - self._now())
        try:
            async with asyncio.timeout(delay):
                command = await self._mailbox.get()
        except TimeoutError:
            return
        self._carry_out(self._machine.handle(command, self._now()))

    def _tick_if_due(self) -> None:
        deadline = self._machine.deadline()
        if deadline is not None and self._now() >= deadline:
            self._carry_out(self._machine.handle(Tick(), self._now()))

    def _carry_out(self, events: Sequence[Event]) -> None:
        """Carries out events in order; what the engine answers goes straight back into the machine."""
        waiting = list(reversed(events))
        while waiting:
            event = waiting.pop()
            if isinstance(event, KeepRecordWanted):
                self._rooms.keep(self._room, event.record)
                continue
            if not isinstance(event, Request):
                self._tell(event)
                continue
            answer = self._ask(event)
            if answer is not None:
                waiting += reversed(self._machine.handle(answer, self._now()))

    def _ask(self, request: Request) -> EndpointReady | EndpointFailed | None:
        try:
            call(self._engine, request)
        except EngineUnavailable:
            log.warning("engine-unavailable", conference=self._key, request=type(request).__name__)
            return EndpointFailed(request.endpoint)
        if isinstance(request, AddEndpointWanted | UpdateEndpointWanted):
            return EndpointReady(request.endpoint)
        return None

    def _tell(self, fact: Fact) -> None:
        for participant in fact.to:
            listener = self._listeners.get(participant)
            if listener is None:
                continue
            try:
                listener.on_fact(fact)
            except Exception:
                log.exception("listener-failed", conference=self._key)
                del self._listeners[participant]
                with contextlib.suppress(Refused):
                    self.submit(SessionLost(participant))
        if isinstance(fact, SessionEnded):
            for participant in fact.to:
                self._listeners.pop(participant, None)

    def _now(self) -> Instant:
        return Instant(self._clock())


def call(engine: MediaEngine, request: Request) -> None:
    """Makes the one engine call that a request is named after. Raises: EngineUnavailable."""
    match request:
        case AddEndpointWanted(parameters=parameters):
            engine.add_endpoint(parameters)
        case UpdateEndpointWanted(parameters=parameters):
            engine.update_endpoint(parameters)
        case RemoveEndpointWanted(endpoint):
            engine.remove_endpoint(endpoint)
        case PublishWanted(endpoint, source, mid):
            engine.publish(endpoint, source, mid)
        case UnpublishWanted(source=source):
            engine.unpublish(source)
        case SetSourceEnabledWanted(source=source, enabled=enabled):
            engine.set_source_enabled(source, enabled)
        case MapSlotWanted(endpoint, mid, shown, view):
            engine.map_slot(endpoint, mid, shown, view)
        case _:
            assert_never(request)


class ConferenceRegistry:
    """All conferences of this node, by room (`ports.conferences.Conferences`). Use within one event loop."""

    def __init__(
        self,
        engine: MediaEngine,
        *,
        limits: Limits,
        clock: Clock = time.monotonic,
        rooms: RoomStore | None = None,
    ) -> None:
        """Without `rooms` records live as long as this process."""
        self._engine = engine
        self._rooms = rooms or MemoryRooms()
        self._limits = limits
        self._clock = clock
        self._runners: dict[RoomName, ConferenceRunner] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._keys = itertools.count(1)
        self._endpoints = itertools.count(1)
        self._sources = itertools.count(1)
        self._stopping = False

    @property
    def conferences(self) -> int:
        """How many conferences there are, empty ones in their grace time included."""
        return len(self._runners)

    @property
    def participants(self) -> int:
        """How many people are in all conferences."""
        return sum(runner.participants for runner in self._runners.values())

    def open(self, room: RoomName) -> ConferenceRunner:
        """Returns the room's conference, made if there is none. Raises: Refused."""
        if self.participants >= self._limits.people:
            raise Refused(Code.INSTANCE_FULL)
        runner = self._runners.get(room)
        if runner is not None and not runner.closed:
            return runner
        if self._stopping:
            raise Refused(Code.STOPPING)
        if len(self._runners) >= self._limits.conferences:
            raise Refused(Code.INSTANCE_FULL)
        return self._start(room)

    def record(self, room: RoomName) -> RoomRecord:
        """Returns what the room is now, whether or not there is a conference in it; makes none."""
        runner = self._runners.get(room)
        return self._rooms.find(room) if runner is None or runner.closed else runner.record

    def new_endpoint(self) -> EndpointId:
        """Returns a number that no endpoint of this process had before."""
        return EndpointId(next(self._endpoints))

    def new_source(self) -> SourceKey:
        """Returns a number that no source of this process had before."""
        return SourceKey(next(self._sources))

    async def close(self) -> None:
        """Tells everyone that the server stops, and ends all conferences; idempotent."""
        self._stopping = True
        for runner in self._runners.values():
            with contextlib.suppress(Refused):
                runner.submit(Stop())
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=CLOSE_TIMEOUT_S)
            for task in late:
                task.cancel()

    def _start(self, room: RoomName) -> ConferenceRunner:
        key = ConferenceKey(next(self._keys))
        runner = ConferenceRunner(
            key, room, engine=self._engine, limits=self._limits, clock=self._clock, rooms=self._rooms
        )
        if runner.record.outlives_meeting:
            self._rooms.keep(room, runner.record)  # used today
        task = asyncio.create_task(runner.run(), name=f"conference-{key}")
        self._runners[room] = runner
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, room, runner))
        return runner

    def _ended(self, task: asyncio.Task[None], room: RoomName, runner: ConferenceRunner) -> None:
        self._tasks.discard(task)
        if self._runners.get(room) is runner:
            del self._runners[room]
