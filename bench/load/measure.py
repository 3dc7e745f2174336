"""The entries of `python -m bench`: builds the generator, lays the cable, keeps to its core, plays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bench.adapters.causerie import Causerie
from bench.adapters.contract import Server
from bench.adapters.janus import Janus
from bench.adapters.livekit import LiveKit
from bench.adapters.process import where
from bench.load import joins
from bench.load.compare import compare, versions
from bench.load.run import Bench
from bench.load.scenarios import SCENARIOS
from bench.load.topology import open_topology
from bench.results import ROOT

WINDOW_S = 5
RUNS = 3
FEW_RUNS = 3
"""At most, of what takes long and varies little."""
SINKS = 100


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure."""

    runs: int = RUNS
    shared: bool = False
    loopback: bool = False

    def words(self) -> str:
        """As they are typed."""
        flags = [name for name in ("shared", "loopback") if getattr(self, name)]
        return " ".join([f"--runs {self.runs}", *(f"--{name}" for name in flags)])


def measure(name: str, options: Options) -> dict[str, Any]:
    """Plays scenario `name` on ours, Janus and LiveKit, in turn."""
    with prepared(options) as bench:
        bare = floor(bench)
        return {**asyncio.run(compare(servers(), SCENARIOS[name], bench, options.runs)), "floor": bare}


def storm(options: Options) -> dict[str, Any]:
    """Measures how joins are borne that come all at once."""
    with prepared(options) as bench:
        runs = min(options.runs, FEW_RUNS)
        return asyncio.run(joins.compare(servers(), joins.STORM_TITLE, bench, runs, joins.storm))


def memory(options: Options) -> dict[str, Any]:
    """Measures what participants and rooms take of memory."""
    with prepared(options) as bench:
        runs = min(options.runs, FEW_RUNS)
        return asyncio.run(joins.compare(servers(), joins.MEMORY_TITLE, bench, runs, joins.memory))


def servers() -> list[Server]:
    return [Causerie(), Janus(), LiveKit()]


@contextlib.contextmanager
def prepared(options: Options) -> Iterator[Bench]:
    """Makes all ready, this process on the generator's core and at its end of the cable."""
    generator = _build_all()
    cores = sorted(_all_cores())
    if len(cores) < 2:
        raise SystemExit("the load needs two cores: one for the server, one for the generator")
    os.sched_setaffinity(0, {cores[-1]})
    _come_first()
    with open_topology(cores[0], cores[-1], loopback=options.loopback) as topology:
        yield Bench(
            generator, topology.server, cores[-1], topology.generator, WINDOW_S, topology.kind, options.shared
        )


@cache
def _all_cores() -> frozenset[int]:
    """Those of this process before it first kept to one."""
    return frozenset(os.sched_getaffinity(0))


@cache
def _build_all() -> Path:
    """Builds what is measured and what measures, while the network outside can still be reached."""
    _all_cores()
    versions(servers())
    build("--package", "io", "--example", "floor")
    return build("--package", "loadgen") / "loadgen"


def floor(bench: Bench) -> dict[str, int]:
    """Returns the bare limit of the server's core, in packets a CPU second, by way of sending."""
    program = build("--package", "io", "--example", "floor") / "examples" / "floor"
    with contextlib.ExitStack() as open_sinks:
        sinks = [open_sinks.enter_context(_sink(bench.address)) for _ in range(SINKS)]
        receivers = [f"{bench.address}:{sink.getsockname()[1]}" for sink in sinks]
        command = [*where(bench.server), str(program), *receivers]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(printed))


def _sink(address: str) -> socket.socket:
    """A socket that nobody reads."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind((address, 0))
    return sink


def _come_first() -> None:
    """Has the kernel prefer this session to others, where it groups processes by session (sched(7))."""
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("-15")


def build(*what: str) -> Path:
    """Builds for release, and returns the folder that holds it."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--locked", *what], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
