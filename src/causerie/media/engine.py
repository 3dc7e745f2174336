"""The Rust engine behind `ports.media.MediaEngine`: conferences on workers, raw events to listeners.

The only module that knows `_core`. It decides one thing, which worker carries a conference, and keeps
just enough to know whose an endpoint or source is. Start reading at `RustEngine`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    SourceActiveChanged,
    SourceKey,
    SpeakingChanged,
    TransportState,
    TransportStateChanged,
    View,
)

if TYPE_CHECKING:
    from causerie._core import _RawEvent

STATISTICS_TIMEOUT_S = 2.0
"""A worker answers within a millisecond or so; one that does not is stuck."""

MAX_STATISTICS_REQUESTS = 1024
"""Snapshots that may be waited for at once."""

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
class _Placement:
    """What is known of a conference: its worker, who listens, and what it has."""

    worker: int
    listener: MediaListener | None = None
    endpoints: dict[EndpointId, set[SourceKey]] = field(default_factory=dict)


class RustEngine:
    """The media plane of this process (`MediaEngine`). Belongs to the event loop it was made on.

    A conference is placed by its first mention, on the worker with the fewest endpoints, stays there,
    and is forgotten when it has neither a listener nor endpoints.
    """

    def __init__(
        self,
        *,
        workers: int,
        port: int,
        addresses: Sequence[str] = ("0.0.0.0", "::"),  # noqa: S104 - a server is there to be reached
        announced: Sequence[str] = (),
        segmentation: bool = True,
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
        self._placements: dict[ConferenceKey, _Placement] = {}
        self._conference_of: dict[EndpointId, ConferenceKey] = {}
        self._publisher_of: dict[SourceKey, EndpointId] = {}
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

    def candidates(self, conference: ConferenceKey) -> Sequence[Candidate]:
        """Returns the host candidates of the worker that carries `conference`, best first."""
        found = self._core.candidates(self._place(conference).worker)
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
        with _refusals():
            self._core.add_endpoint(placement.worker, parameters)
        if parameters.endpoint not in self._conference_of:
            self._conference_of[parameters.endpoint] = parameters.conference
            placement.endpoints[parameters.endpoint] = set()

    def update_endpoint(self, parameters: EndpointParameters) -> None:
        """Applies a second description: ICE restart by new credentials, more slots."""
        placement = self._placement_of(parameters.endpoint)
        if placement is not None:
            with _refusals():
                self._core.update_endpoint(placement.worker, parameters)

    def remove_endpoint(self, endpoint: EndpointId) -> None:
        """Ends an endpoint and its sources."""
        placement = self._placement_of(endpoint)
        if placement is None:
            return
        with _refusals():
            self._core.remove_endpoint(placement.worker, endpoint)
        for source in placement.endpoints.pop(endpoint):
            del self._publisher_of[source]
        self._forget_if_idle(self._conference_of.pop(endpoint))

    def publish(self, endpoint: EndpointId, source: SourceKey, mid: str) -> None:
        """Names what arrives on a section, and lets it be forwarded."""
        placement = self._placement_of(endpoint)
        if placement is None or source in self._publisher_of:
            return
        with _refusals():
            self._core.publish(placement.worker, endpoint, source, mid)
        self._publisher_of[source] = endpoint
        placement.endpoints[endpoint].add(source)

    def unpublish(self, source: SourceKey) -> None:
        """Stops forwarding a source and forgets it."""
        placement = self._placement_of_source(source)
        if placement is None:
            return
        with _refusals():
            self._core.unpublish(placement.worker, source)
        placement.endpoints[self._publisher_of.pop(source)].discard(source)

    def set_source_enabled(self, source: SourceKey, enabled: bool) -> None:
        """Opens or closes the tap of a source."""
        placement = self._placement_of_source(source)
        if placement is not None:
            with _refusals():
                self._core.set_source_enabled(placement.worker, source, enabled)

    def map_slot(
        self, endpoint: EndpointId, mid: str, source: SourceKey | None, view: View = DEFAULT_VIEW
    ) -> None:
        """Shows a source on a slot of an endpoint; None clears the slot."""
        placement = self._placement_of(endpoint)
        if placement is not None:
            with _refusals():
                self._core.map_slot(placement.worker, endpoint, mid, source, view)

    def attendance(self) -> dict[ConferenceKey, list[EndpointId]]:
        """Returns the endpoints of every conference that has any."""
        placed = self._placements.items()
        return {conference: list(found.endpoints) for conference, found in placed if found.endpoints}

    async def statistics(self, endpoint: EndpointId) -> dict[str, object] | None:
        """Returns a snapshot with W3C webrtc-stats member names, or None when the endpoint is gone.

        Raises: EngineUnavailable, also when there is no answer within `STATISTICS_TIMEOUT_S`.
        """
        placement = self._placement_of(endpoint)
        if placement is None:
            return None
        if len(self._requests) >= MAX_STATISTICS_REQUESTS:
            raise EngineUnavailable("too many statistics requests wait")
        self._last_request += 1
        request = self._last_request
        with _refusals():
            self._core.request_statistics(placement.worker, endpoint, request)
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
                placement = self._placement_of(event.endpoint)
            case SourceActiveChanged() | SpeakingChanged() | LayersWanted():
                placement = self._placement_of_source(event.source)
            case _:
                assert_never(event)
        if placement is None or placement.listener is None:
            return
        try:
            placement.listener.on_media_event(event)
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

    def _least_loaded_worker(self) -> int:
        """Fewest endpoints, then fewest conferences: those just begun have no endpoints yet."""
        burden = [(0, 0)] * self._core.workers
        for placement in self._placements.values():
            endpoints, conferences = burden[placement.worker]
            burden[placement.worker] = (endpoints + len(placement.endpoints), conferences + 1)
        return min(range(len(burden)), key=burden.__getitem__)

    def _forget_if_idle(self, conference: ConferenceKey) -> None:
        placement = self._placements[conference]
        if placement.listener is None and not placement.endpoints:
            del self._placements[conference]

    def _placement_of(self, endpoint: EndpointId) -> _Placement | None:
        conference = self._conference_of.get(endpoint)
        return None if conference is None else self._placements[conference]

    def _placement_of_source(self, source: SourceKey) -> _Placement | None:
        endpoint = self._publisher_of.get(source)
        return None if endpoint is None else self._placement_of(endpoint)

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
