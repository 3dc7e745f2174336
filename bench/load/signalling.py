"""Signalling under load (S10): 2,000 people in 100 rooms who write and raise hands; how soon others see it.

Their media never starts: it is the Python half of the server that is measured, on one core with the engine.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from bench.adapters.causerie import Causerie
from bench.adapters.contract import Slots, Unavailable
from bench.adapters.messages import trusting
from bench.load import joins
from bench.load.measure import FEW_RUNS, Options, prepared
from bench.load.meter import spent
from bench.load.run import Bench, in_turn, running
from bench.load.scenarios import MICROPHONE

ROOMS, PEOPLE = 100, 20
"""In each room."""
CHAT_EVERY_S, HAND_EVERY_S = 1.0, 5.0
"""In each room."""
WINDOW_S = 10.0
TICK_S = 0.01
LATE_S = 0.005
TITLE = (
    f"signalling: {ROOMS * PEOPLE:,} people in {ROOMS} rooms, in each of which a message is written every "
    f"{CHAT_EVERY_S:g} s and a hand raised or lowered every {HAND_EVERY_S:g} s"
)


@dataclass
class Room:
    """Those in one room, and when the hand last moved."""

    sockets: list[ClientConnection] = field(default_factory=list)
    hand_at: float = 0.0


@dataclass
class Seen:
    """Seconds from sending to each receiver's reading; refusals of what was sent."""

    waits: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def measure(options: Options) -> dict[str, Any]:
    """Measures ours alone: the others have neither chat nor hands of their own."""
    with prepared(options) as bench:
        runs = min(options.runs, FEW_RUNS)
        return asyncio.run(joins.compare([Causerie()], TITLE, bench, runs, play))


async def play(server: Causerie, bench: Bench) -> dict[str, Any]:
    """Fills the rooms, lets them talk for a while, and returns the figures."""
    rooms, seen = [Room() for _ in range(ROOMS)], Seen()
    async with running(server, bench) as generator:
        # One description for all: nobody answers the checks, so nobody's media starts.
        offer = await generator.offer("everyone", [MICROPHONE], Slots(1, 0))
        join = in_turn(
            [_enter(server, rooms, number, offer) for number in range(ROOMS * PEOPLE)]  # room after room
        )
        await join
        readers = [
            asyncio.create_task(_read(socket, room, seen)) for room in rooms for socket in room.sockets
        ]
        try:
            return await _observed(server, bench, rooms, seen)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
            await asyncio.gather(*(socket.close() for room in rooms for socket in room.sockets))


async def _enter(server: Causerie, rooms: list[Room], number: int, offer: str) -> None:
    room = number // PEOPLE
    socket = await connect(
        server.signalling, origin=Origin(server.origin), ssl=trusting(), compression=None, ping_interval=None
    )
    rooms[room].sockets.append(socket)
    join = {
        "type": "join", "ref": 1, "version": 1, "room": f"room-{room}", "name": f"person {number}",
        "offer": offer, "sources": [],
    }  # fmt: skip
    await socket.send(json.dumps(join))
    while (answer := json.loads(await socket.recv()))["type"] != "joined":
        if answer["type"] == "error":
            raise Unavailable(f"join was refused: {answer['code']}")


async def _observed(server: Causerie, bench: Bench, rooms: list[Room], seen: Seen) -> dict[str, Any]:
    seen.waits.clear()
    before, begun, own = spent(server.pid, bench.server.core), time.monotonic(), time.process_time()
    async with asyncio.timeout(WINDOW_S * 3), asyncio.TaskGroup() as group:
        late = group.create_task(_lateness())
        for number, room in enumerate(rooms):
            group.create_task(_talk(room, number / ROOMS))
    cost, seconds = spent(server.pid, bench.server.core) - before, time.monotonic() - begun
    if seen.refused:
        raise Unavailable(f"{len(seen.refused)} messages were refused: {seen.refused[0]}")
    waits = sorted(seen.waits)
    return {
        "deliveries_per_second": round(len(waits) / seconds),
        "delivery_p50_ms": round(1000 * statistics.median(waits), 1),
        "delivery_p99_ms": round(1000 * waits[int(0.99 * (len(waits) - 1))], 1),
        "server_cores": round(cost.process / seconds, 3),
        "server_core_softirq": round(cost.softirq / seconds, 3),
        "generator_cores": round((time.process_time() - own) / seconds, 3),
        "generator_late_share": late.result(),
    }


async def _talk(room: Room, offset: float) -> None:
    """Has the members of a room write in turn, and one of them raise and lower the hand."""
    loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time() + offset * CHAT_EVERY_S
    every = round(HAND_EVERY_S / CHAT_EVERY_S)
    for turn in range(round(WINDOW_S / CHAT_EVERY_S)):
        await asyncio.sleep(begun + turn * CHAT_EVERY_S - loop.time())
        message: dict[str, Any] = {"type": "send-chat", "ref": 10 + 2 * turn, "text": repr(time.monotonic())}
        await room.sockets[turn % PEOPLE].send(json.dumps(message))
        if turn % every == 0:
            await asyncio.sleep(CHAT_EVERY_S / 2)
            room.hand_at = time.monotonic()
            message = {"type": "set-hand", "ref": 11 + 2 * turn, "raised": turn % (2 * every) == 0}
            await room.sockets[0].send(json.dumps(message))


async def _read(socket: ClientConnection, room: Room, seen: Seen) -> None:
    async for text in socket:
        now, message = time.monotonic(), json.loads(text)
        if message["type"] == "chat-message":
            seen.waits.append(now - float(message["message"]["text"]))
        elif message["type"] == "hands-changed":
            seen.waits.append(now - room.hand_at)
        elif message["type"] == "error":
            seen.refused.append(message["code"])


async def _lateness() -> float:
    """Returns the share of ticks of this process that came late during the window."""
    loop, late, ticks = asyncio.get_running_loop(), 0, round(WINDOW_S / TICK_S)
    begun = loop.time()
    for tick in range(ticks):
        due = begun + tick * TICK_S
        await asyncio.sleep(due - loop.time())
        late += loop.time() > due + LATE_S
    return round(late / ticks, 4)
