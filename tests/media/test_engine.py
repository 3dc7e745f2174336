"""The Rust engine through Python: real threads and sockets on loopback, no browser."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import select
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from causerie import _core
from causerie.media.engine import EngineNotStarted, RustEngine, media_event
from causerie.ports.media import (
    FIRST_WORKER,
    CloseReason,
    CodecParameters,
    CodecUnsupported,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    EngineUnavailable,
    HeaderExtension,
    IceCredentials,
    LayersWanted,
    MediaEvent,
    MediaKind,
    ReceiveSection,
    Slot,
    SourceActiveChanged,
    SourceKey,
    SpeakingChanged,
    TransportState,
    TransportStateChanged,
    View,
    Worker,
)

PATIENCE_S = 5.0


@pytest.fixture
async def engine() -> AsyncIterator[RustEngine]:
    engine = RustEngine(workers=2, port=0)
    yield engine
    engine.close()


async def test_a_started_engine_names_its_certificate_and_where_it_can_be_reached(engine: RustEngine) -> None:
    candidates = engine.candidates(engine.place(ConferenceKey(1)))

    assert len(engine.fingerprint) == 32
    assert {candidate.port for candidate in candidates} == {engine.ports[0]}
    assert candidates[-1].address in {"127.0.0.1", "::1"}
    assert [c.priority for c in candidates] == sorted((c.priority for c in candidates), reverse=True)


async def test_announced_addresses_replace_those_of_the_interfaces() -> None:
    engine = RustEngine(workers=1, port=0, announced=["203.0.113.5"])
    try:
        assert [candidate.address for candidate in engine.candidates(Worker(0))] == ["203.0.113.5"]
    finally:
        engine.close()


async def test_conferences_go_to_the_least_loaded_worker_and_stay_there(engine: RustEngine) -> None:
    def place(conference: int) -> Worker:
        return engine.place(ConferenceKey(conference))

    first, second = place(1), place(2)
    assert first != second
    engine.add_endpoint(parameters(1, conference=1, worker=first))
    engine.add_endpoint(parameters(2, conference=1, worker=first))
    assert place(3) == second
    assert (place(1), place(2)) == (first, second)


async def test_each_worker_is_reached_by_its_own_port(engine: RustEngine) -> None:
    ports = [engine.candidates(Worker(worker))[0].port for worker in range(2)]

    assert ports == list(engine.ports)


async def test_a_room_that_grows_spreads_over_the_workers() -> None:
    engine = RustEngine(workers=3, port=0, people_per_worker=2)
    try:
        workers = []
        for number in range(1, 8):
            workers.append(engine.place(ConferenceKey(1)))
            engine.add_endpoint(parameters(number, worker=workers[-1]))
        assert sorted(workers[:6]) == [0, 0, 1, 1, 2, 2]
        assert workers[0] == workers[1]
        engine.remove_endpoint(EndpointId(1))
        assert engine.place(ConferenceKey(1)) == workers[0]
    finally:
        engine.close()


async def test_nobody_is_sent_to_a_worker_that_has_ended_and_who_was_there_can_be_let_go(
    engine: RustEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = engine.place(ConferenceKey(1))
    other = Worker(1 - lost)
    engine.add_endpoint(parameters(1, conference=1, worker=lost))
    for number in (2, 3):
        engine.add_endpoint(parameters(number, conference=2, worker=other))
    monkeypatch.setattr(engine, "_core", CoreThatLost(engine, lost))

    assert engine.place(ConferenceKey(1)) == other, "a room goes on where there is a worker"
    assert engine.place(ConferenceKey(3)) == other, "the least loaded one would be the one that ended"
    with pytest.raises(EngineUnavailable):
        engine.remove_endpoint(EndpointId(1))
    assert engine.attendance() == {ConferenceKey(2): [EndpointId(2), EndpointId(3)]}


async def test_without_any_worker_a_join_is_refused_with_the_reason(
    engine: RustEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_core", CoreThatLost(engine, Worker(0), Worker(1)))

    worker = engine.place(ConferenceKey(1))
    with pytest.raises(EngineUnavailable, match="the media engine is closed"):
        engine.add_endpoint(parameters(1, worker=worker))
    assert engine.attendance() == {}


async def test_a_source_is_shown_on_another_worker_and_its_owner_learns_of_it(engine: RustEngine) -> None:
    recorder = Recorder()
    engine.listen(ConferenceKey(1), recorder)
    engine.add_endpoint(parameters(1, worker=Worker(0)))
    engine.add_endpoint(parameters(2, worker=Worker(1)))
    section = ReceiveSection("9", MediaKind.VIDEO, (), ("q", "h", "f"))
    engine.update_endpoint(dataclasses.replace(parameters(1), receive=(section,)))
    engine.publish(EndpointId(1), SourceKey(9), "9")

    # Neither the best nor the smallest, which are sent until somebody says what is watched.
    engine.map_slot(EndpointId(2), "3", SourceKey(9), View(max_height=360))

    await until(lambda: LayersWanted(SourceKey(9), (0, 1, 2)) in recorder.events)
    engine.unpublish(SourceKey(9))
    shown = await engine.statistics(EndpointId(2))
    assert shown is not None
    assert [slot["source"] for slot in cast("list[dict[str, Any]]", shown["outbound"])] == [None]
    assert engine.load().dropped["command_refused"] == 0


async def test_a_conference_without_listener_and_endpoints_is_forgotten(engine: RustEngine) -> None:
    engine.listen(ConferenceKey(1), Recorder())
    engine.add_endpoint(parameters(1, conference=1))
    engine.publish(EndpointId(1), SourceKey(9), "0")
    engine.listen(ConferenceKey(1), None)
    engine.remove_endpoint(EndpointId(1))

    assert await engine.statistics(EndpointId(1)) is None
    engine.unpublish(SourceKey(9))
    engine.map_slot(EndpointId(1), "3", SourceKey(9))


async def test_closing_twice_is_closing_once_and_ends_all_threads() -> None:
    threads = len(os.listdir("/proc/self/task"))
    engine = RustEngine(workers=2, port=0)
    assert len(os.listdir("/proc/self/task")) == threads + 2

    engine.close()
    engine.close()

    assert len(os.listdir("/proc/self/task")) == threads
    with pytest.raises(EngineUnavailable):
        engine.add_endpoint(parameters(1))


async def test_a_port_in_use_is_named_in_the_refusal() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        with pytest.raises(EngineNotStarted, match=f"UDP port {port} is in use"):
            RustEngine(workers=1, port=port)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"workers": 0, "port": 0}, "media workers must be between"),
        ({"workers": 10**6, "port": 0}, "media workers must be between"),
        ({"workers": 1, "port": 65536}, "media port must be between"),
        ({"workers": 3, "port": 65534}, "exceed 65535"),
        ({"workers": 1, "port": 0, "addresses": ["here"]}, "not an IP address"),
        ({"workers": 1, "port": 0, "addresses": []}, "addresses to listen on"),
        ({"workers": 1, "port": 0, "addresses": ["192.0.2.199"]}, "no network interface"),
    ],
)
async def test_what_cannot_be_started_is_refused_with_what_to_change(
    options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(EngineNotStarted, match=complaint):
        RustEngine(**options)  # type: ignore[arg-type]


async def test_statistics_of_an_unknown_endpoint_are_none(engine: RustEngine) -> None:
    assert await engine.statistics(EndpointId(404)) is None


async def test_an_endpoint_that_the_engine_has_has_statistics(engine: RustEngine) -> None:
    engine.add_endpoint(parameters(1))

    async with asyncio.timeout(PATIENCE_S):
        statistics = await engine.statistics(EndpointId(1))

    assert statistics is not None
    assert {"timestamp", "transport", "inbound", "outbound"} == statistics.keys()


async def test_a_statistics_request_outlived_by_its_engine_is_refused(engine: RustEngine) -> None:
    engine.add_endpoint(parameters(1))
    request = asyncio.ensure_future(engine.statistics(EndpointId(1)))
    await asyncio.sleep(0)
    engine.close()
    with pytest.raises(EngineUnavailable):
        await request


async def test_a_new_endpoint_is_counted_and_a_removed_one_is_not(engine: RustEngine) -> None:
    engine.add_endpoint(parameters(1))
    engine.add_endpoint(parameters(2))
    await until(lambda: engine.load().endpoints == 2)
    engine.remove_endpoint(EndpointId(1))
    await until(lambda: engine.load().endpoints == 1)


async def test_datagrams_from_strangers_are_counted_and_never_answered(engine: RustEngine) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(b"who are you?", ("127.0.0.1", engine.ports[0]))
        await until(lambda: engine.load().packets_received == 1)
        assert sum(engine.load().dropped.values()) == 1
        assert engine.load().packets_sent == 0


async def test_parameters_beyond_the_engines_bounds_cost_only_that_endpoint(engine: RustEngine) -> None:
    good = parameters(1)
    codec = good.codecs[0]
    for bad in (
        dataclasses.replace(good, codecs=(dataclasses.replace(codec, payload_type=128),)),
        dataclasses.replace(good, codecs=(dataclasses.replace(codec, payload_type=-1),)),
        dataclasses.replace(good, codecs=(dataclasses.replace(codec, codec="H266"),)),
        dataclasses.replace(good, remote_fingerprints=(b"short",)),
        dataclasses.replace(good, local_ice=IceCredentials("abc", "p" * 22)),
        dataclasses.replace(good, slots=good.slots * 65),
        dataclasses.replace(good, cname="c" * 256),
        dataclasses.replace(good, extensions=(HeaderExtension("urn:x", 256),)),
        dataclasses.replace(good, slots=(Slot("m" * 17, MediaKind.VIDEO, 1, None),)),
    ):
        with pytest.raises(EngineUnavailable):
            engine.add_endpoint(bad)
    engine.add_endpoint(good)
    await until(lambda: engine.load().endpoints == 1)


async def test_the_extension_refuses_values_out_of_bounds_as_such() -> None:
    core = _core.Engine(workers=1, port=0, addresses=["127.0.0.1"], announced=[])
    good = parameters(1)
    wide = dataclasses.replace(good, slots=(Slot("3", MediaKind.VIDEO, 2**32, None),))
    with pytest.raises(ValueError, match="slots"):
        core.add_endpoint(0, wide)
    with pytest.raises(_core.EngineError, match="no media worker"):
        core.add_endpoint(1, good)
    core.close()


async def test_the_descriptor_turns_readable_with_an_event_and_unreadable_with_the_poll() -> None:
    core = _core.Engine(workers=1, port=0, addresses=["127.0.0.1"], announced=[])
    assert not readable(core.fileno(), wait=False)
    core.request_statistics(0, 404, 7)
    assert readable(core.fileno(), wait=True)
    assert core.poll() == [("statistics", 7, None)]
    assert not readable(core.fileno(), wait=False)
    core.close()


async def test_an_event_reaches_only_the_listener_of_its_conference(engine: RustEngine) -> None:
    ours, theirs = Recorder(), Recorder()
    engine.listen(ConferenceKey(1), ours)
    engine.listen(ConferenceKey(2), theirs)
    engine.add_endpoint(parameters(1, conference=1))
    engine.publish(EndpointId(1), SourceKey(9), "0")
    connected = TransportStateChanged(EndpointId(1), TransportState.CONNECTED, None)
    speaking = SpeakingChanged(SourceKey(9), True)

    engine.tell(connected)
    engine.tell(speaking)
    engine.unpublish(SourceKey(9))
    engine.tell(speaking)

    assert ours.events == [connected, speaking]
    assert theirs.events == []


async def test_a_listener_that_fails_does_not_cost_others_their_events(engine: RustEngine) -> None:
    recorder = Recorder()
    engine.listen(ConferenceKey(1), Failing())
    engine.listen(ConferenceKey(2), recorder)
    engine.add_endpoint(parameters(1, conference=1))
    engine.add_endpoint(parameters(2, conference=2))

    for endpoint in (1, 2):
        engine.tell(TransportStateChanged(EndpointId(endpoint), TransportState.CONNECTED, None))

    assert len(recorder.events) == 1


@pytest.mark.parametrize(
    ("raw", "event"),
    [
        (
            ("transport", 1, "closed", "peer-closed"),
            TransportStateChanged(EndpointId(1), TransportState.CLOSED, CloseReason.PEER_CLOSED),
        ),
        (
            ("transport", 1, "interrupted", None),
            TransportStateChanged(EndpointId(1), TransportState.INTERRUPTED, None),
        ),
        (("active", 9, False), SourceActiveChanged(SourceKey(9), False)),
        (("speaking", 9, True), SpeakingChanged(SourceKey(9), True)),
        (("unsupported", 1, "3", 9), CodecUnsupported(EndpointId(1), "3", SourceKey(9))),
    ],
)
def test_raw_events_are_given_their_types(raw: Any, event: MediaEvent) -> None:
    assert media_event(raw) == event


class Recorder:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: list[MediaEvent] = []

    def on_media_event(self, event: MediaEvent) -> None:
        self.events.append(event)


class Failing:
    """A listener with a bug."""

    def on_media_event(self, event: MediaEvent) -> None:
        raise RuntimeError("a bug, injected")


class CoreThatLost:
    """The extension of an engine some of whose workers have ended: these refuse every command."""

    def __init__(self, engine: RustEngine, *lost: Worker) -> None:
        self._whole = engine._core
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        whole = getattr(self._whole, name)
        if name not in {"add_endpoint", "remove_endpoint", "request_statistics"}:
            return whole

        def command(worker: Worker, *rest: object) -> None:
            if worker in self._lost:
                raise _core.EngineError("the media engine is closed")
            whole(worker, *rest)

        return command


def parameters(endpoint: int, *, conference: int = 1, worker: Worker = FIRST_WORKER) -> EndpointParameters:
    return EndpointParameters(
        endpoint=EndpointId(endpoint),
        conference=ConferenceKey(conference),
        local_ice=IceCredentials(f"local{endpoint}", "l" * 24),
        remote_ice=IceCredentials(f"remote{endpoint}", "r" * 24),
        remote_fingerprints=(bytes(32),),
        codecs=(
            CodecParameters(
                codec="VP8",
                variant=0,
                payload_type=96,
                rtx_payload_type=97,
                clock_rate=90_000,
                nack=True,
                pli=True,
            ),
        ),
        extensions=(
            HeaderExtension("urn:ietf:params:rtp-hdrext:sdes:mid", 4),
            HeaderExtension("urn:unknown", 5),
        ),
        transport_cc=True,
        receive=(ReceiveSection("0", MediaKind.VIDEO, ((11, 12),), ("h", "l")),),
        slots=(Slot("3", MediaKind.VIDEO, 1000 + endpoint, None),),
        cname="causerie",
        worker=worker,
    )


def readable(descriptor: int, *, wait: bool) -> bool:
    return bool(select.select([descriptor], [], [], PATIENCE_S if wait else 0)[0])


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what a worker counts; counters come with no event to await."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)
