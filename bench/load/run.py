"""One run: a fresh server on one core, the generator on another, a scenario played, the cost read."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.adapters.contract import Server, Slots, Watch
from bench.load.generator import Generator
from bench.load.meter import spent
from bench.load.scenarios import Scenario

JOINS_AT_A_TIME = 8
WARM_UP_S = 4
"""Until key frames came, estimates of bandwidth grew and switches of layers are over."""
TICKS_PER_SECOND = 100
"""At which the generator looks whether it is late, by more than 5 ms."""
LATE_SHARE = 0.05
"""Of its ticks that may be late: with more, it measures itself."""
BUSY = 0.7
"""Of its core that the generator may use beside other work."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where what runs."""

    generator: Path
    server_core: int
    generator_core: int
    window_s: float
    address: str
    """Of this machine: the kernel carries what is sent to it over loopback."""
    shared: bool = False
    """Whether other work runs beside: then the generator is late for that too, and latencies mean little."""


@contextlib.asynccontextmanager
async def running(server: Server, bench: Bench) -> AsyncIterator[Generator]:
    """A server and a generator for the time of one run, in a folder that goes with them."""
    with tempfile.TemporaryDirectory(prefix="causerie-bench-") as name:
        folder = Path(name)
        log = folder / "generator.log"
        generator = await Generator.start(bench.generator, bench.generator_core, bench.address, log)
        try:
            await server.start(bench.server_core, folder, bench.address)
            try:
                yield generator
            finally:
                await server.stop()
        finally:
            await generator.stop()


async def play(server: Server, scenario: Scenario, bench: Bench) -> dict[str, Any]:
    """Plays a scenario and returns its figures; raises Unavailable or GeneratorError."""
    async with running(server, bench) as generator:
        await _fill(server, generator, scenario)
        await asyncio.sleep(WARM_UP_S)
        await generator.command("mark")
        before = spent(server.pid, bench.server_core)
        await asyncio.sleep(bench.window_s)
        report = await generator.command("report")
        cost = spent(server.pid, bench.server_core) - before
    return {
        **figures(report, cost.process),
        "server_core_busy": round(cost.core / report["seconds"], 3),
        "server_core_softirq": round(cost.softirq / report["seconds"], 3),
    }


async def _fill(server: Server, generator: Generator, scenario: Scenario) -> None:
    """Has everyone join, then talk, then watch; returns once all are connected."""
    publishers = await in_turn(
        [
            server.join(generator, "bench", f"p{n}", scenario.sends, _of_publisher(scenario))
            for n in range(scenario.publishers)
        ]
    )
    watchers = await in_turn(
        [server.join(generator, "bench", f"w{n}", (), scenario.slots) for n in range(scenario.watchers)]
    )
    await generator.connected(peer for member in publishers for peer in member.peers)
    for number, member in enumerate(publishers):
        await generator.command("talk", peer=member.peers[0], on=number < scenario.talkers)
    if any(sent.kind == "video" for sent in scenario.sends):
        for member in publishers:
            await generator.command("video", peer=member.peers[0], on=True)
    watch = Watch(publishers, scenario.height)
    watching = watchers or publishers
    await in_turn([server.watch(generator, member, watch) for member in watching])
    await generator.connected(peer for member in watching for peer in member.peers)


def _of_publisher(scenario: Scenario) -> Slots:
    return Slots() if scenario.watchers else scenario.slots


async def in_turn(joins: Sequence[Any]) -> list[Any]:
    """Awaits all, a few at a time, and returns their results in order; the first failure ends the rest."""
    gate = asyncio.Semaphore(JOINS_AT_A_TIME)

    async def one(join: Any) -> Any:
        async with gate:
            return await join

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(join)) for join in joins]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def figures(report: dict[str, Any], cpu_s: float) -> dict[str, Any]:
    """Turns a generator's report and the CPU seconds of the server into what is compared."""
    received, seconds = report["received"], report["seconds"]
    packets = received["packets"]
    whole = packets + report["lost"]
    return {
        "packets_per_cpu_second": round(packets / cpu_s) if cpu_s else 0,
        "packets_per_second": round(packets / seconds),
        "video_share": round(received["video_packets"] / packets, 3) if packets else 0,
        "server_cores": round(cpu_s / seconds, 3),
        "latency_p50_us": round(report["latency_us"]["p50"]),
        "latency_p99_us": round(report["latency_us"]["p99"]),
        "lost_percent": round(100 * report["lost"] / whole, 3) if whole else 0,
        "generator_cores": round(report["cpu_seconds"] / seconds, 3),
        "generator_late_share": round(report["late_ticks"] / (seconds * TICKS_PER_SECOND), 4),
        "profiles": sorted({peer["profile"] for peer in report["peers"].values() if peer.get("profile")}),
    }


def counts(run: dict[str, Any], shared: bool) -> bool:
    """Whether the generator kept its own pace or, beside other work, had at least time to spare."""
    if shared:
        return bool(run.get("generator_cores", 0) <= BUSY)
    return bool(run.get("generator_late_share", 0) <= LATE_SHARE)
