"""The generator's driver pairs replies with commands and says why a peer did not connect."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bench.load.generator import Generator, GeneratorError

# Answers in the wrong order on purpose: the second command of a pair first.
STANDS_IN = f"""#!{sys.executable}
import json, sys
held = None
for line in sys.stdin:
    command = json.loads(line)
    if command["op"] == "quit":
        break
    if command["op"] == "refuse":
        print(json.dumps({{"ref": command["ref"], "error": "no such peer"}}), flush=True)
    elif command["op"] == "connect":
        ref = command.pop("ref")
        print(json.dumps({{**command, "milliseconds": 7, "why": "no route"}}))
        print(json.dumps({{"ref": ref}}), flush=True)
    elif held is None:
        held = command
    else:
        for one in (command, held):
            print(json.dumps({{"ref": one["ref"], "is": one["name"]}}), flush=True)
        held = None
"""


@pytest.fixture
async def generator(tmp_path: Path) -> AsyncIterator[Generator]:
    program = tmp_path / "generator"
    program.write_text(STANDS_IN)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    core = min(os.sched_getaffinity(0))
    started = await Generator.start(program, core, "127.0.0.1", tmp_path / "log")
    yield started
    await started.stop()
    assert started.process.returncode == 0


async def test_replies_find_their_commands_whatever_their_order(generator: Generator) -> None:
    first, second = await asyncio.gather(
        generator.command("hold", name="first"), generator.command("hold", name="second")
    )
    assert (first["is"], second["is"]) == ("first", "second")


async def test_a_refused_command_says_why(generator: Generator) -> None:
    with pytest.raises(GeneratorError, match="refuse: no such peer"):
        await generator.command("refuse")


async def test_connecting_is_awaited_and_timed(generator: Generator) -> None:
    await generator.command("connect", peer="p0", event="connected")
    assert await generator.connected(["p0"]) == [7]


async def test_a_peer_that_fails_ends_the_wait_for_all_with_its_reason(generator: Generator) -> None:
    await generator.command("connect", peer="p0", event="connected")
    await generator.command("connect", peer="p1", event="failed")
    with pytest.raises(GeneratorError, match="1 of 2 did not connect: no route"):
        await generator.connected(["p0", "p1"])
