"""The Rust engine behind `ports.media.MediaEngine`: conferences on workers, raw events to listeners.

The only module that knows `_core`. It decides one thing, which workers carry a conference, and keeps
just enough to know where an endpoint or source is. Start reading at `RustEngine`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import structlog

from causerie import _core
from causerie.ports.media import (
    DEFAULT_VIEW,
    Candidate,
    CloseReason,
    CodecUnsupported,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    EngineLoad,
    EngineUnavailable,
    LayersWanted,
    MediaEvent,
    MediaListener,
    PictureHeld,
    ReceiveSection,
    SourceActiveChanged,
    SourceKey,
    SpeakingChanged,
    TransportState,
    TransportStateChanged,
    View,
    Worker,
)

if TYPE_CHECKING:
    from causerie._core import _RawEvent

STATISTICS_TIMEOUT_S = 2.0
"""A worker answers within a millisecond or so; one that does not is stuck."""

MAX_STATISTICS_REQUESTS = 1024
"""Snapshots that may be waited for at once."""

PEOPLE_PER_WORKER = 40
"""Of one conference; further ones go to another worker. A smaller room stays on one: nothing is copied."""

BUSY_ENDPOINTS = 300
"""Of all conferences; a worker with more takes nobody for whom there is another."""

NOBODY, NO_REQUEST = 0, 0
"""Numbers that no endpoint and no request for statistics has."""

DROPPED_PREFIX = "dropped_"

CORE_VERSION = _core.VERSION

log = structlog.get_logger()


def measure_sending(run: int, packet_bytes: int, seconds: float) -> tuple[int, float]:
    """Seals and sends frames of `run` packets over loopback, without an engine.

    Returns how many packets, and the processor seconds they took. Raises EngineUnavailable.
    """
    try:
        return _core.measure_sending(run=run, packet_bytes=packet_bytes, seconds=seconds)
    except _core.EngineError as error:
        raise EngineUnavailable(str(error)) from error


class EngineNotStarted(Exception):
    """The engine could not be started; the message is one sentence naming what to change."""


@dataclass(slots=True)
class _Source:
    """A published source: what it is, whose, and the other workers that show it."""

    endpoint: EndpointId
    section: ReceiveSection
    mirrors: set[Worker] = field(default_factory=set)


@dataclass(slots=True)
class _Seat:
    """An endpoint: its worker, what it may send, and what it publishes."""

    conference: ConferenceKey
    worker: Worker
    receive: tuple[ReceiveSection, ...]
    sources: set[SourceKey] = field(default_factory=set)


@dataclass(slots=True)
class _Placement:
    """What is known of a conference: the worker it begins on, who listens, and who is there."""

    first: Worker
    listener: MediaListener | None = None
    endpoints: dict[EndpointId, _Seat] = field(default_factory=dict)


class RustEngine:
    """The media plane of this process (`MediaEngine`). Belongs to the event loop it was made on.

    A conference begins on the worker with the fewest endpoints, takes in others as it grows, and is
    forgotten when it has neither a listener nor endpoints. A source that is shown on another worker than
    its own is mirrored there, once.
    """

    def __init__(
        self,
        *,
        workers: int,
        port: int,
        addresses: Sequence[str] = ("0.0.0.0", "::"),  # noqa: S104 - a server is there to be reached
        announced: Sequence[str] = (),
        segmentation: bool = True,
        people_per_worker: int = PEOPLE_PER_WORKER,
    ) -> None:
        """Starts `workers` threads on UDP ports `port`, `port` + 1, …; 0 lets the system choose.

        `announced` replaces the interfaces' addresses in candidates (behind NAT).
        Raises: EngineNotStarted.
        """
        self._loop = asyncio.get_running_loop()
        try:
            self._core = _core.Engine(
                workers=workers,
                port=port,
                addresses=addresses,
                announced=announced,
                segmentation=segmentation,
            )
        except _core.EngineError as error:
            raise EngineNotStarted(str(error)) from error
        self._people_per_worker = people_per_worker
        self._placements: dict[ConferenceKey, _Placement] = {}
        self._seats: dict[EndpointId, _Seat] = {}
        self._sources: dict[SourceKey, _Source] = {}
        self._requests: dict[int, asyncio.Future[dict[str, object] | None]] = {}
        self._last_request = 0
        self._closed = False
        self._loop.add_reader(self._core.fileno(), self._take_events)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 digest of the DTLS certificate, for `a=fingerprint`."""
        return self._core.fingerprint

    @property
    def ports(self) -> Sequence[int]:
        """The UDP port of each worker."""
        return self._core.ports()

    def place(self, conference: ConferenceKey) -> Worker:
        """Returns the worker for a further endpoint of `conference`.

        The room's least loaded one, until each has its share of the room or is busy; then the least
        loaded of all. One that ended, or is too busy for a command, is passed over while there is another.
        """
        placement = self._place(conference)
        here = Counter({placement.first: 0})
        here.update(seat.worker for seat in placement.endpoints.values())
        burden = self._burden()
        fitting = [
            worker
            for worker, people in here.items()
            if people < self._people_per_worker and burden[worker][0] < BUSY_ENDPOINTS
        ]
        everywhere = map(Worker, range(len(burden)))
        best_first = [*sorted(fitting, key=burden.__getitem__), *sorted(everywhere, key=burden.__getitem__)]
        return next(filter(self._takes_commands, best_first), best_first[0])

    def candidates(self, worker: Worker) -> Sequence[Candidate]:
        """Returns the host candidates of a worker, best first."""
        found = self._core.candidates(worker)
        return [
            Candidate(address, port, priority, foundation) for address, port, priority, foundation in found
        ]

    def listen(self, conference: ConferenceKey, listener: MediaListener | None) -> None:
        """Sends the events of one conference to `listener` from now on; None ends that."""
        if listener is not None:
            self._place(conference).listener = listener
        elif conference in self._placements:
            self._placements[conference].listener = None
            self._forget_if_idle(conference)

    def add_endpoint(self, parameters: EndpointParameters) -> None:
        """Makes an endpoint that waits for the participant's connectivity checks."""
        placement = self._place(parameters.conference)
        if parameters.endpoint in self._seats:
            return
        with _refusals():
            self._core.add_endpoint(parameters.worker, parameters)
        seat = _Seat(parameters.conference, parameters.worker, parameters.receive)
        self._seats[parameters.endpoint] = placement.endpoints[parameters.endpoint] = seat

    def update_endpoint(self, parameters: EndpointParameters) -> None:
        """Applies a second description: ICE restart by new credentials, more slots."""
        seat = self._seats.get(parameters.endpoint)
        if seat is not None:
            with _refusals():
                self._core.update_endpoint(seat.worker, parameters)
            seat.receive = parameters.receive

    def remove_endpoint(self, endpoint: EndpointId) -> None:
        """Ends an endpoint and its sources; whatever its worker answers, they are here no more."""
        seat = self._seats.get(endpoint)
        if seat is None:
            return
        for source in seat.sources:
            self._forget_source(source)
        del self._seats[endpoint]
        del self._placements[seat.conference].endpoints[endpoint]
        self._forget_if_idle(seat.conference)
        with _refusals():
            self._core.remove_endpoint(seat.worker, endpoint)

    def publish(self, endpoint: EndpointId, source: SourceKey, mid: str) -> None:
        """Names what arrives on a section, and lets it be forwarded."""
        seat = self._seats.get(endpoint)
        section = next((one for one in seat.receive if one.mid == mid), None) if seat else None
        if seat is None or section is None or source in self._sources:
            return
        with _refusals():
            self._core.publish(seat.worker, endpoint, source, mid)
        self._sources[source] = _Source(endpoint, section)
        seat.sources.add(source)

    def unpublish(self, source: SourceKey) -> None:
        """Stops forwarding a source and forgets it."""
        seat = self._seat_of_source(source)
        if seat is None:
            return
        with _refusals():
            self._core.unpublish(seat.worker, source)
        seat.sources.discard(source)
        self._forget_source(source)

    def set_source_enabled(self, source: SourceKey, enabled: bool) -> None:
        """Opens or closes the tap of a source."""
        seat = self._seat_of_source(source)
        if seat is not None:
            with _refusals():
                self._core.set_source_enabled(seat.worker, source, enabled)

    def map_slot(
        self, endpoint: EndpointId, mid: str, source: SourceKey | None, view: View = DEFAULT_VIEW
    ) -> None:
        """Shows a source on a slot of an endpoint; None clears the slot."""
        seat = self._seats.get(endpoint)
        if seat is not None:
            with _refusals():
                if source is not None:
                    self._mirror(source, seat.worker)
                self._core.map_slot(seat.worker, endpoint, mid, source, view)

    def attendance(self) -> dict[ConferenceKey, list[EndpointId]]:
        """Returns the endpoints of every conference that has any."""
        placed = self._placements.items()
        return {conference: list(found.endpoints) for conference, found in placed if found.endpoints}

    async def statistics(self, endpoint: EndpointId) -> dict[str, object] | None:
        """Returns a snapshot with W3C webrtc-stats member names, or None when the endpoint is gone.

        Raises: EngineUnavailable, also when there is no answer within `STATISTICS_TIMEOUT_S`.
        """
        seat = self._seats.get(endpoint)
        if seat is None:
            return None
        if len(self._requests) >= MAX_STATISTICS_REQUESTS:
            raise EngineUnavailable("too many statistics requests wait")
        self._last_request += 1
        request = self._last_request
        with _refusals():
            self._core.request_statistics(seat.worker, endpoint, request)
        answer: asyncio.Future[dict[str, object] | None] = self._loop.create_future()
        self._requests[request] = answer
        try:
            async with asyncio.timeout(STATISTICS_TIMEOUT_S):
                return await answer
        except TimeoutError:
            raise EngineUnavailable("the media worker does not answer") from None
        finally:
            del self._requests[request]

    def tell(self, event: MediaEvent) -> None:
        """Hands an event to the listener of its conference.

        Events of what was removed meanwhile are dropped: nobody waits for them.
        """
        match event:
            case TransportStateChanged() | CodecUnsupported() | PictureHeld():
                seat = self._seats.get(event.endpoint)
            case SourceActiveChanged() | SpeakingChanged() | LayersWanted():
                seat = self._seat_of_source(event.source)
            case _:
                assert_never(event)
        listener = None if seat is None else self._placements[seat.conference].listener
        if listener is None:
            return
        try:
            listener.on_media_event(event)
        except Exception:
            # A bug in one conference must not take the events of the others with it.
            log.exception("media-listener-failed")

    def load(self) -> EngineLoad:
        """Returns the sums over all workers, at most a tenth of a second old."""
        counters = self._core.counters()
        dropped = {
            name.removeprefix(DROPPED_PREFIX): count
            for name, count in counters.items()
            if name.startswith(DROPPED_PREFIX)
        }
        return EngineLoad(
            endpoints=counters["endpoints"],
            packets_received=counters["packets_received"],
            bytes_received=counters["bytes_received"],
            packets_sent=counters["packets_sent"],
            bytes_sent=counters["bytes_sent"],
            packets_mirrored=counters["packets_mirrored"],
            send_calls=counters["send_calls"],
            dropped=dropped,
            faults=counters["faults"] + counters["workers_lost"],
        )

    def close(self) -> None:
        """Stops all workers; idempotent; returns when their threads have ended."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._core.fileno())
        self._core.close()
        for answer in self._requests.values():
            if not answer.done():
                answer.set_exception(EngineUnavailable("the media engine is closed"))

    def _place(self, conference: ConferenceKey) -> _Placement:
        placement = self._placements.get(conference)
        if placement is None:
            placement = self._placements[conference] = _Placement(self._least_loaded_worker())
        return placement

    def _least_loaded_worker(self) -> Worker:
        burden = self._burden()
        return min(map(Worker, range(len(burden))), key=burden.__getitem__)

    def _burden(self) -> list[tuple[int, int]]:
        """Returns per worker its endpoints, then its conferences: those just begun have no endpoints yet."""
        endpoints = Counter(seat.worker for seat in self._seats.values())
        conferences = Counter(placement.first for placement in self._placements.values())
        workers = map(Worker, range(self._core.workers))
        return [(endpoints[worker], conferences[worker]) for worker in workers]

    def _takes_commands(self, worker: Worker) -> bool:
        """Asks a worker about nobody: one that ended or is overwhelmed refuses even that."""
        try:
            self._core.request_statistics(worker, NOBODY, NO_REQUEST)
        except _core.EngineError:
            return False
        return True

    def _mirror(self, source: SourceKey, worker: Worker) -> None:
        """Lets a source be shown on another worker than its own, unless it is already."""
        seat = self._seat_of_source(source)
        if seat is None or seat.worker == worker or worker in self._sources[source].mirrors:
            return
        section = self._sources[source].section
        layers = max(len(section.rids), len(section.ssrcs), 1)
        self._core.mirror(worker, source, seat.conference, section.kind, layers, seat.worker)
        self._sources[source].mirrors.add(worker)

    def _forget_source(self, source: SourceKey) -> None:
        for worker in self._sources.pop(source).mirrors:
            # A worker that ended has no mirror left.
            with suppress(_core.EngineError):
                self._core.unpublish(worker, source)

    def _forget_if_idle(self, conference: ConferenceKey) -> None:
        placement = self._placements[conference]
        if placement.listener is None and not placement.endpoints:
            del self._placements[conference]

    def _seat_of_source(self, source: SourceKey) -> _Seat | None:
        found = self._sources.get(source)
        return None if found is None else self._seats[found.endpoint]

    def _take_events(self) -> None:
        for raw in self._core.poll():
            if raw[0] == "statistics":
                self._answer(raw[1], raw[2])
            else:
                self.tell(media_event(raw))

    def _answer(self, request: int, statistics: dict[str, object] | None) -> None:
        answer = self._requests.get(request)
        if answer is None or answer.done():
            return
        if statistics is not None:
            statistics["timestamp"] = time.time() * 1000
        answer.set_result(statistics)


def media_event(raw: _RawEvent) -> MediaEvent:
    """Returns the typed form of what the extension reports, statistics excepted."""
    match raw:
        case ("transport", endpoint, state, reason):
            why = None if reason is None else CloseReason(reason)
            return TransportStateChanged(EndpointId(endpoint), TransportState(state), why)
        case ("active", source, active):
            return SourceActiveChanged(SourceKey(source), active)
        case ("speaking", source, speaking):
            return SpeakingChanged(SourceKey(source), speaking)
        case ("unsupported", endpoint, mid, source):
            return CodecUnsupported(EndpointId(endpoint), mid, SourceKey(source))
        case ("held", endpoint, mid, held):
            return PictureHeld(EndpointId(endpoint), mid, held)
        case ("layers", source, layers):
            return LayersWanted(SourceKey(source), tuple(layers))
        case _:
            raise AssertionError(f"unknown engine event {raw[0]!r}")


@contextmanager
def _refusals() -> Iterator[None]:
    """Turns what the extension raises into what the port promises.

    A ValueError means parameters beyond the engine's bounds, which the session description should
    have been refused for: a bug of ours, but one that must cost no more than this endpoint.
    """
    try:
        yield
    except _core.EngineError as error:
        raise EngineUnavailable(str(error)) from error
    except (ValueError, OverflowError) as error:
        log.exception("media-parameters-refused")
        raise EngineUnavailable(str(error)) from error
