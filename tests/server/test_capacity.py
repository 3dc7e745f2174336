"""The meter's arithmetic on given clocks, and the metrics that come of it."""

from __future__ import annotations

from causerie.ports.media import EngineLoad
from causerie.server.capacity import Bounds, CapacityMeter
from causerie.server.metrics import Counts, Metrics


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


BOUNDS = Bounds(
    participants=100,
    conferences=10,
    participants_per_conference=50,
    cores=2,
    bytes_per_s=1_000_000,
    packets_per_s=1_000,
)


def load(packets_sent: int = 0, bytes_sent: int = 0) -> EngineLoad:
    return EngineLoad(
        endpoints=3, packets_received=10, bytes_received=1_000,
        packets_sent=packets_sent, bytes_sent=bytes_sent, packets_mirrored=0,
        send_calls=5, dropped={"replayed": 7}, faults=0,
    )  # fmt: skip


def test_a_busy_process_fills_the_instance_within_seconds_and_empties_again() -> None:
    clock, cpu = Clock(), Clock()
    meter = CapacityMeter(
        BOUNDS,
        participants=lambda: 10,
        conferences=lambda: 2,
        load=load,
        clock=clock,
        cpu_clock=cpu,
    )
    for _ in range(60):
        clock.now += 1
        cpu.now += 1.6
        meter.sample()
    assert 0.79 < meter.occupancy <= 0.8
    for _ in range(120):
        clock.now += 1
        meter.sample()
    assert 0.2 <= meter.occupancy < 0.21
    assert meter.report() == {
        "occupancy": 0.2,
        "participants": 10,
        "conferences": 2,
        "limits": {"participants": 100, "conferences": 10, "participantsPerConference": 50},
    }


def test_two_samples_at_once_change_nothing() -> None:
    clock = Clock()
    meter = CapacityMeter(
        BOUNDS, participants=lambda: 1, conferences=lambda: 1, load=load, clock=clock, cpu_clock=clock
    )
    meter.sample()

    assert meter.occupancy == 0


def test_ac_18_what_is_sent_counts_by_its_bytes_and_by_its_packets() -> None:
    for packets, octets, share in ((900, 0, 0.9), (0, 700_000, 0.7)):
        clock, sent = Clock(), [0]
        meter = CapacityMeter(
            BOUNDS,
            participants=lambda: 0,
            conferences=lambda: 0,
            load=lambda: load(packets * sent[0], octets * sent[0]),  # noqa: B023 - used within the turn
            clock=clock,
            cpu_clock=lambda: 0.0,
        )
        for _ in range(60):
            clock.now += 1
            sent[0] += 1
            meter.sample()
        assert abs(meter.occupancy - share) < 0.01


def test_metrics_name_every_counter_and_no_room() -> None:
    sent = load(packets_sent=20, bytes_sent=2_000)
    text, media_type = Metrics(lambda: sent, lambda: Counts(1, 2, 3, 0.25)).text()
    lines = text.decode().splitlines()

    assert media_type.startswith("text/plain")
    for line in (
        "causerie_conferences 1.0",
        "causerie_participants 2.0",
        "causerie_sessions 3.0",
        "causerie_occupancy_ratio 0.25",
        "causerie_media_endpoints 3.0",
        "causerie_media_packets_received_total 10.0",
        "causerie_media_bytes_sent_total 2000.0",
        "causerie_media_send_messages_total 5.0",
        'causerie_media_packets_dropped_total{reason="replayed"} 7.0',
    ):
        assert line in lines
