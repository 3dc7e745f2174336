"""Joins and what stays of them: a storm of joins (S8), memory of participants and rooms (S9)."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from bench.adapters.contract import Server, Slots
from bench.load.compare import play_round, summaries, versions
from bench.load.meter import resident, spent
from bench.load.run import Bench, in_turn, running
from bench.load.scenarios import MICROPHONE

STORM = 200
STORM_S = 5.0
ROOM = 20
"""People of one room in the storm."""
MEASURED = 50
"""People, then rooms, whose memory is measured."""
SETTLE_S = 3

Figures = dict[str, Any]


async def storm(server: Server, bench: Bench) -> Figures:
    """Has 200 people join ten rooms in five seconds, evenly spread."""
    loop = asyncio.get_running_loop()
    async with running(server, bench) as generator:
        before, begun = spent(server.pid, bench.server.core), loop.time()

        async def one(number: int) -> float:
            await asyncio.sleep(number * STORM_S / STORM)
            asked = loop.time()
            member = await server.join(
                generator, f"r{number // ROOM}", f"p{number}", [MICROPHONE], Slots(3, 0)
            )
            await generator.connected(member.peers)
            return (loop.time() - asked) * 1000

        waits = sorted(await asyncio.gather(*(one(number) for number in range(STORM))))
        took = loop.time() - begun
        cost = spent(server.pid, bench.server.core) - before
    return {
        "joins": STORM,
        "all_connected_after_s": round(took, 2),
        "join_p50_ms": round(statistics.median(waits)),
        "join_p99_ms": round(waits[int(0.99 * (STORM - 1))]),
        "cpu_ms_per_join": round(1000 * cost.process / STORM, 2),
    }


async def memory(server: Server, bench: Bench) -> Figures:
    """Compares resident memory empty, with 50 people in one room, and with 50 more in a room each."""
    async with running(server, bench) as generator:
        empty = await _settled(server)
        await in_turn(
            [server.join(generator, "one", f"p{n}", [MICROPHONE], Slots(3, 0)) for n in range(MEASURED)]
        )
        people = await _settled(server)
        await in_turn(
            [server.join(generator, f"r{n}", f"q{n}", [MICROPHONE], Slots(3, 0)) for n in range(MEASURED)]
        )
        rooms = await _settled(server)
    return {
        "empty_mb": round(empty / 1e6, 1),
        "kb_in_one_room": round((people - empty) / MEASURED / 1000),
        "kb_alone": round((rooms - people) / MEASURED / 1000),
    }


async def _settled(server: Server) -> int:
    await asyncio.sleep(SETTLE_S)
    return resident(server.pid)


STORM_TITLE = f"{STORM} joins in {STORM_S:g} s, {STORM // ROOM} rooms"
MEMORY_TITLE = f"memory of {MEASURED} people in one room, then of {MEASURED} more alone in a room each"


async def compare(
    servers: Sequence[Server], title: str, bench: Bench, rounds: int, player: Callable[[Server, Bench], Any]
) -> Figures:
    """Plays `player` on each in turn, `rounds` times; medians, and every run."""
    present, absent = versions(servers)
    played = [await play_round(present, title, lambda it: player(it, bench)) for _ in range(rounds)]
    return {
        "scenario": title,
        "topology": bench.topology,
        "shared": bench.shared,
        "servers": {**summaries(present, played, bench.shared), **absent},
    }
