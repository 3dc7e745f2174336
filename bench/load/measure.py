"""The entries of `python -m bench`: builds the generator, keeps to its core, plays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from bench.adapters.causerie import Causerie
from bench.adapters.contract import Server
from bench.adapters.janus import Janus
from bench.adapters.livekit import LiveKit
from bench.adapters.process import on_core, own_address
from bench.load import joins
from bench.load.compare import compare
from bench.load.run import Bench
from bench.load.scenarios import SCENARIOS
from bench.results import ROOT

WINDOW_S = 10
RUNS = 5


def measure(name: str, runs: int = RUNS, shared: bool = False) -> dict[str, Any]:
    """Plays scenario `name` on ours, Janus and LiveKit, `runs` times each."""
    bench = prepare(shared)
    bare = floor(bench)
    return {**asyncio.run(compare(servers(), SCENARIOS[name], bench, runs)), "floor": bare}


def storm(runs: int = RUNS, shared: bool = False) -> dict[str, Any]:
    """Measures how joins are borne that come all at once."""
    return asyncio.run(joins.compare(servers(), joins.STORM_TITLE, prepare(shared), runs, joins.storm))


def memory(runs: int = RUNS, shared: bool = False) -> dict[str, Any]:
    """Measures what participants and rooms take of memory."""
    return asyncio.run(joins.compare(servers(), joins.MEMORY_TITLE, prepare(shared), runs, joins.memory))


def servers() -> list[Server]:
    return [Causerie(), Janus(), LiveKit()]


@cache
def prepare(shared: bool) -> Bench:
    """Builds the generator and puts this process on the generator's core, so that the server has its own."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("the load needs two cores: one for the server, one for the generator")
    generator = build("--package", "loadgen") / "loadgen"
    os.sched_setaffinity(0, {cores[-1]})
    _come_first()
    return Bench(generator, cores[0], cores[-1], WINDOW_S, own_address(), shared)


def floor(bench: Bench) -> dict[str, int]:
    """Returns the bare limit of the server's core, in packets a CPU second, by way of sending."""
    program = build("--package", "io", "--example", "floor") / "examples" / "floor"
    printed = subprocess.run(
        [*on_core(bench.server_core), str(program)], check=True, capture_output=True, text=True
    ).stdout
    return dict(json.loads(printed))


def _come_first() -> None:
    """Has the kernel prefer this session to others, where it groups processes by session (sched(7))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("-15")


def build(*what: str) -> Path:
    """Builds for release, and returns the folder that holds it."""
    subprocess.run(["cargo", "build", "--release", "--locked", *what], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
