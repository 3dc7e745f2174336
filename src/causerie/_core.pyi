"""Typed face of the Rust engine (crates/python). Only `causerie.media.engine` imports it.

Python sees batches of commands and events, never a packet.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self, final

from causerie.ports.media import EndpointParameters, View

__all__ = ["VERSION", "Engine", "EngineError", "measure_sending"]

VERSION: str

class EngineError(Exception):
    """The engine could not be started (a sentence naming what to change), or is full or closed."""

def measure_sending(*, run: int, packet_bytes: int, seconds: float) -> tuple[int, float]:
    """Seals and sends frames of `run` packets over loopback: how many, and the processor seconds they took.

    `run` is 1 to 64, `packet_bytes` 40 to 1,400, `seconds` at most 5. Raises EngineError.
    """

_RawEvent = (
    tuple[Literal["transport"], int, str, str | None]
    | tuple[Literal["active"], int, bool]
    | tuple[Literal["speaking"], int, bool]
    | tuple[Literal["unsupported"], int, str, int]
    | tuple[Literal["held"], int, str, bool]
    | tuple[Literal["layers"], int, list[int]]
    | tuple[Literal["statistics"], int, dict[str, Any] | None]
)

@final
class Engine:
    """Worker threads with one UDP port each, from construction to `close`."""

    def __new__(
        cls,
        *,
        workers: int,
        port: int,
        addresses: Sequence[str],
        announced: Sequence[str],
        segmentation: bool = True,
    ) -> Self:
        """Binds UDP `port` + worker index and starts the threads.

        `port` 0 lets the system choose (tests). `addresses` are those to bind, "0.0.0.0" and "::"
        as a rule; a family that the system lacks is left out. `announced` forces the candidates'
        addresses; empty means those of the interfaces, loopback last. `segmentation` False forbids GSO.
        Raises EngineError when no socket could be bound.
        """

    @property
    def fingerprint(self) -> bytes: ...
    @property
    def workers(self) -> int: ...
    def ports(self) -> list[int]: ...
    def candidates(self, worker: int) -> list[tuple[str, int, int, str]]:
        """(address, port, priority, foundation), best first, read anew from the interfaces."""

    def fileno(self) -> int:
        """An eventfd, readable while events wait; `poll` clears it."""

    def add_endpoint(self, worker: int, parameters: EndpointParameters) -> None: ...
    def update_endpoint(self, worker: int, parameters: EndpointParameters) -> None: ...
    def remove_endpoint(self, worker: int, endpoint: int) -> None: ...
    def publish(self, worker: int, endpoint: int, source: int, mid: str) -> None: ...
    def unpublish(self, worker: int, source: int) -> None: ...
    def set_source_enabled(self, worker: int, source: int, enabled: bool) -> None: ...
    def map_slot(self, worker: int, endpoint: int, mid: str, source: int | None, view: View) -> None: ...
    def mirror(self, worker: int, source: int, conference: int, kind: str, layers: int, home: int) -> None:
        """Lets a source that is published on worker `home` be shown on `worker`, until `unpublish` there."""

    def request_statistics(self, worker: int, endpoint: int, request: int) -> None: ...
    def poll(self, limit: int = 256) -> list[_RawEvent]:
        """Takes up to `limit` events of all workers, oldest first per worker."""

    def counters(self) -> dict[str, int]:
        """Sums over all workers, at most a tenth of a second old: endpoints, packets_received,
        bytes_received, packets_sent, bytes_sent, packets_mirrored, send_calls, faults, workers_lost,
        segmentation_lost, events_lost, and `dropped_REASON` for every reason."""

    def close(self) -> None: ...
