"""Prometheus metrics `causerie_*`, read from the parts when someone asks. No label names a room or person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from causerie.ports.media import EngineLoad


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is of everything now."""

    conferences: int
    participants: int
    sessions: int
    occupancy: float


class Metrics(Collector):
    """Turns the parts' own counters into metrics; keeps none itself."""

    def __init__(self, load: Callable[[], EngineLoad], counts: Callable[[], Counts]) -> None:
        self._load = load
        self._counts = counts
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> tuple[bytes, str]:
        """Returns the exposition and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_PLAIN_0_0_4

    def describe(self) -> Iterator[Metric]:
        """Describes nothing in advance, so that registering asks no part."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Yields every metric, read now."""
        counts = self._counts()
        yield GaugeMetricFamily(
            "causerie_conferences", "Conferences, empty ones in grace included", counts.conferences
        )
        yield GaugeMetricFamily("causerie_participants", "People in conferences", counts.participants)
        yield GaugeMetricFamily("causerie_sessions", "Signalling sessions", counts.sessions)
        yield GaugeMetricFamily(
            "causerie_occupancy_ratio", "How full the instance is, 0 to 1", counts.occupancy
        )
        yield from _media(self._load())


def _media(load: EngineLoad) -> Iterator[Metric]:
    yield GaugeMetricFamily("causerie_media_endpoints", "Endpoints in the media engine", load.endpoints)
    for name, what, value in (
        ("packets_received", "Datagrams received", load.packets_received),
        ("bytes_received", "Bytes received", load.bytes_received),
        ("packets_sent", "Datagrams sent", load.packets_sent),
        ("bytes_sent", "Bytes sent", load.bytes_sent),
        ("packets_mirrored", "Media packets copied between workers", load.packets_mirrored),
        ("send_messages", "Messages given to the kernel, each a run of datagrams", load.send_calls),
        ("faults", "Endpoints and workers ended by a bug of ours", load.faults),
    ):
        yield CounterMetricFamily(f"causerie_media_{name}", what, value)
    dropped = CounterMetricFamily("causerie_media_packets_dropped", "Datagrams dropped", labels=["reason"])
    for reason, count in sorted(load.dropped.items()):
        dropped.add_metric([reason], count)
    yield dropped
