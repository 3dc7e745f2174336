"""A media engine without media: it remembers what it was told, and says what a test makes it say.

Honours `ports.media.MediaEngine` like the real one, and is held to it by the same contract tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from causerie.ports.media import (
    DEFAULT_VIEW,
    Candidate,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    EngineLoad,
    EngineUnavailable,
    MediaEvent,
    MediaListener,
    SourceKey,
    View,
    Worker,
)

CANDIDATE = Candidate(address="127.0.0.1", port=8443, priority=2_130_706_431, foundation="1")


@dataclass(slots=True)
class FakeSource:
    """A published source as the engine knows it."""

    endpoint: EndpointId
    mid: str
    enabled: bool = True


@dataclass(slots=True)
class FakeEndpoint:
    """An endpoint and what its slots show."""

    parameters: EndpointParameters
    slots: dict[str, SourceKey] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)


class FakeEngine:
    """Keeps the state that commands ask for; moves no packet."""

    def __init__(self) -> None:
        self.endpoints: dict[EndpointId, FakeEndpoint] = {}
        self.sources: dict[SourceKey, FakeSource] = {}
        self.available = True
        """Set to False to refuse every command, as a full queue does."""
        self.closed = False
        self._listeners: dict[ConferenceKey, MediaListener] = {}

    @property
    def fingerprint(self) -> bytes:
        """A digest of no certificate."""
        return bytes(range(32))

    def place(self, conference: ConferenceKey) -> Worker:
        """Returns the only worker."""
        return Worker(0)

    def candidates(self, worker: Worker) -> Sequence[Candidate]:
        """Returns one loopback address, the same for all."""
        return (CANDIDATE,)

    def listen(self, conference: ConferenceKey, listener: MediaListener | None) -> None:
        """Sends what `emit` is given for one conference to `listener`."""
        if listener is None:
            self._listeners.pop(conference, None)
        else:
            self._listeners[conference] = listener

    def emit(self, conference: ConferenceKey, event: MediaEvent) -> None:
        """Tells the conference's listener of an event, as the real engine would."""
        listener = self._listeners.get(conference)
        if listener is not None:
            listener.on_media_event(event)

    def add_endpoint(self, parameters: EndpointParameters) -> None:
        """Takes an endpoint."""
        self._check()
        self.endpoints.setdefault(parameters.endpoint, FakeEndpoint(parameters))

    def update_endpoint(self, parameters: EndpointParameters) -> None:
        """Replaces the parameters of an endpoint that is there."""
        self._check()
        endpoint = self.endpoints.get(parameters.endpoint)
        if endpoint is not None:
            endpoint.parameters = parameters

    def remove_endpoint(self, endpoint: EndpointId) -> None:
        """Forgets an endpoint, its sources, and the slots elsewhere that showed them."""
        self._check()
        self.endpoints.pop(endpoint, None)
        for source in [key for key, found in self.sources.items() if found.endpoint == endpoint]:
            self._forget(source)

    def publish(self, endpoint: EndpointId, source: SourceKey, mid: str) -> None:
        """Takes a source on a section that the endpoint has."""
        self._check()
        found = self.endpoints.get(endpoint)
        if found is not None and any(section.mid == mid for section in found.parameters.receive):
            self.sources[source] = FakeSource(endpoint, mid)

    def unpublish(self, source: SourceKey) -> None:
        """Forgets a source and clears the slots that showed it."""
        self._check()
        self._forget(source)

    def set_source_enabled(self, source: SourceKey, enabled: bool) -> None:
        """Opens or closes the tap of a source."""
        self._check()
        if source in self.sources:
            self.sources[source].enabled = enabled

    def map_slot(
        self, endpoint: EndpointId, mid: str, source: SourceKey | None, view: View = DEFAULT_VIEW
    ) -> None:
        """Shows a source on a slot; None clears it."""
        self._check()
        found = self.endpoints.get(endpoint)
        if found is None or not any(slot.mid == mid for slot in found.parameters.slots):
            return
        if source is None:
            found.slots.pop(mid, None)
            found.views.pop(mid, None)
        elif source in self.sources:
            found.slots[mid] = source
            found.views[mid] = view

    def attendance(self) -> dict[ConferenceKey, list[EndpointId]]:
        """Returns who is there, by conference."""
        found: dict[ConferenceKey, list[EndpointId]] = {}
        for id, endpoint in self.endpoints.items():
            found.setdefault(endpoint.parameters.conference, []).append(id)
        return found

    async def statistics(self, endpoint: EndpointId) -> dict[str, object] | None:
        """Returns an empty report, or None when the endpoint is gone."""
        if endpoint not in self.endpoints:
            return None
        return {"timestamp": 0.0, "transport": {}, "inbound": [], "outbound": []}

    def load(self) -> EngineLoad:
        """Returns the number of endpoints, and zeros."""
        return EngineLoad(
            endpoints=len(self.endpoints),
            packets_received=0,
            bytes_received=0,
            packets_sent=0,
            bytes_sent=0,
            packets_mirrored=0,
            send_calls=0,
            dropped={},
            faults=0,
        )

    def close(self) -> None:
        """Forgets everything; later commands raise."""
        self.closed = True
        self.endpoints.clear()
        self.sources.clear()
        self._listeners.clear()

    def _check(self) -> None:
        if self.closed or not self.available:
            raise EngineUnavailable

    def _forget(self, source: SourceKey) -> None:
        self.sources.pop(source, None)
        for endpoint in self.endpoints.values():
            endpoint.slots = {mid: shown for mid, shown in endpoint.slots.items() if shown != source}
