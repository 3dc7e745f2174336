"""One run: a fresh server on one core, the generator on another, a scenario played, the cost read."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.adapters.contract import Place, Server, Slots, Watch
from bench.load.generator import Generator
from bench.load.meter import spent
from bench.load.scenarios import Scenario

JOINS_AT_A_TIME = 8
WARM_UP_S = 3
"""Until key frames came, estimates of bandwidth grew and switches of layers are over."""
LATE_SHARE = 0.05
"""Of its ticks that may be late, by more than 5 ms: with more, it measures itself."""
BUSY = 0.7
"""Of its core that the generator may use beside other work."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where what runs."""

    generator: Path
    server: Place
    generator_core: int
    address: str
    """That the generator sends from."""
    window_s: float
    topology: str
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
            await server.start(bench.server, folder)
            try:
                yield generator
            finally:
                await server.stop()
        finally:
            await generator.stop()


async def play(server: Server, scenario: Scenario, bench: Bench) -> dict[str, Any]:
    """Plays a scenario and returns its figures; raises Unavailable or GeneratorError."""
    async with running(server, bench) as generator:
        members = await _fill(server, generator, scenario)
        await asyncio.sleep(WARM_UP_S)
        # By now all who receive are known, those whom a server offers to as well.
        await _lose(generator, members, scenario.loss_percent)
        await generator.command("mark")
        before = spent(server.pid, bench.server.core)
        await asyncio.sleep(bench.window_s)
        report = await generator.command("report")
        cost = spent(server.pid, bench.server.core) - before
    return {
        **figures(report, cost.process),
        "server_core_busy": round(cost.core / report["seconds"], 3),
        "server_core_softirq": round(cost.softirq / report["seconds"], 3),
    }


async def _fill(server: Server, generator: Generator, scenario: Scenario) -> list[Any]:
    """Has everyone join, then talk, then watch; returns those who watch once all are connected."""
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
    return watching


async def _lose(generator: Generator, watching: Sequence[Any], percent: float) -> None:
    for member in watching if percent else ():
        for peer in member.peers:
            await generator.command("lose", peer=peer, percent=percent)


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
        **_repaired(report),
        "lost_percent": round(100 * report["lost"] / whole, 3) if whole else 0,
        "generator_cores": round(report["cpu_seconds"] / seconds, 3),
        "generator_late_share": round(report["late_ticks"] / max(1, report["ticks"]), 4),
        "profiles": sorted({peer["profile"] for peer in report["peers"].values() if peer.get("profile")}),
    }


def _repaired(report: dict[str, Any]) -> dict[str, float]:
    """How much of what receivers dropped on purpose came again; nothing where none did."""
    dropped = report.get("dropped", 0)
    return {"repaired_percent": round(100 * report["repaired"] / dropped, 1)} if dropped else {}


def counts(run: dict[str, Any], shared: bool) -> bool:
    """Whether the generator kept its own pace or, beside other work, had at least time to spare."""
    if shared:
        return bool(run.get("generator_cores", 0) <= BUSY)
    return bool(run.get("generator_late_share", 0) <= LATE_SHARE)
