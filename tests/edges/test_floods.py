"""Whoever says too much is cut off by their own bucket; the others are answered as fast as before."""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from causerie.edges.native.gate import Gate, Refusal
from causerie.edges.native.limits import EdgeLimits
from causerie.protocol import messages
from tests.edges.native_world import Client, join
from tests.support.peer import trusting_context
from tests.support.server import Server, start_server

SAMPLES = Path(__file__).parents[2] / "schema/samples"
TYPES = sorted(struct.__struct_config__.tag for struct in get_args(messages.ClientMessage))
OPENING = {"join", "resume"}
OFFERS = {"resume", "renegotiate"}
LIMITS = EdgeLimits()
BURST, PER_SECOND = LIMITS.messages.burst, int(LIMITS.messages.per_second)


def admitted(
    gate: Gate, sample: bytes, now: float, *, joined: bool, times: int
) -> tuple[int, set[int | None]]:
    """Returns how many of so many tries passed, and the close codes of those that did not."""
    outcomes = [gate.admit(sample, now, joined=joined) for _ in range(times)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    return times - len(refused), {refusal.close for refusal in refused}


@pytest.mark.parametrize("type_", TYPES)
def test_a_flood_of_any_message_passes_its_burst_then_its_rate_and_then_closes(type_: str) -> None:
    gate = Gate(LIMITS, 0.0)
    sample = (SAMPLES / f"{type_}.json").read_bytes()
    joined = type_ not in OPENING
    burst = LIMITS.offers.burst if type_ in OFFERS else BURST

    passed, closes = admitted(gate, sample, 0.0, joined=joined, times=1_000)
    assert passed == burst
    assert 4008 in closes
    later, _ = admitted(gate, sample, 1.0, joined=joined, times=1_000)
    assert later <= PER_SECOND


@pytest.mark.parametrize("noise", [b"", b"{", b"[]", b'{"type":"dance","ref":1}', None])
def test_a_flood_of_what_is_no_message_is_cut_off_too(noise: bytes | None) -> None:
    gate = Gate(LIMITS, 0.0)

    assert admitted(gate, noise or b"", 0.0, joined=True, times=1_000)[0] == 0
    last = gate.admit(noise, 0.0, joined=True)
    assert isinstance(last, Refusal)
    assert last.close == 4008


# ── A real server ────────────────────────────────────────────────────────────────────────────

QUESTIONS = 30
SLOWER = 4.0
"""How much longer the median answer may take during a flood, on a machine that does other things as well."""
NOISE_S = 0.02
FLOOD = 2_000


@contextlib.asynccontextmanager
async def joined(server: Server, name: str) -> AsyncIterator[Client]:
    address = server.url.replace("https:", "wss:") + "/api/v1/session"
    async with connect(address, ssl=trusting_context(), origin=server.url, compression=None) as socket:  # type: ignore[arg-type]
        client = Client(socket)
        await client.send(join(name, "inondation", ref=client.ref()))
        client.welcome = await client.hear_a(messages.Joined)
        yield client


async def answer_times(client: Client) -> list[float]:
    """Asks one question after the other; returns how long each answer took."""
    took = []
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        await client.still_works()
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.025)  # 40 a second: within the bucket of this client itself
    return took


async def floods(server: Server, type_: str) -> int:
    """Joins and sends one message over and over; returns the code with which that ends."""
    async with joined(server, f"Flood {type_}") as eve:
        sample = json.loads((SAMPLES / f"{type_}.json").read_text("utf-8"))
        text = json.dumps(sample)
        with contextlib.suppress(ConnectionClosed):
            for _ in range(FLOOD):
                await eve.socket.send(text)
        return await eve.close_code()


async def test_floods_of_every_kind_end_with_their_code_and_a_neighbour_is_answered_as_before(
    tmp_path: Path,
) -> None:
    server = await start_server(tmp_path / "data")
    kinds = (
        "send-chat",
        "react",
        "set-hand",
        "report",
        "subscribe",
        "set-muted",
        "renegotiate",
        "mute-participant",
    )
    try:
        async with joined(server, "Alice") as alice:
            before = await answer_times(alice)
            ended: list[int] = []

            async def all_floods() -> None:
                for kind in kinds:
                    ended.append(await floods(server, kind))

            flooding = asyncio.create_task(all_floods())
            during = await answer_times(alice)
            await flooding
            after = await answer_times(alice)
    finally:
        assert await server.stop() == 0

    assert ended == [4008] * len(kinds)
    quiet = statistics.median([*before, *after])
    assert statistics.median(during) < SLOWER * quiet + NOISE_S, (quiet, statistics.median(during))
