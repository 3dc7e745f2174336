"""The comparison: servers in turn, run after run; medians with their spread, and ratios to ours."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bench.adapters.contract import Server, Unavailable
from bench.load.generator import GeneratorError
from bench.load.run import Bench, counts, play
from bench.load.scenarios import Scenario

FACTORS = (1, 2, 4, 8)
OURS = "causerie"

Run = dict[str, Any]
Player = Callable[[Server, Scenario, Bench], Awaitable[Run]]
FAILURES = (Unavailable, GeneratorError, TimeoutError, ConnectionError, OSError)


async def compare(
    servers: Sequence[Server], scenario: Scenario, bench: Bench, rounds: int, player: Player = play
) -> dict[str, Any]:
    """Plays `scenario` `rounds` times on each, in turn, at the largest size the generator keeps up with."""
    present, absent = versions(servers)
    for factor in FACTORS:
        size = scenario.scaled(factor) if factor > 1 else scenario
        first = await play_round(present, size.size, lambda it, size=size: player(it, size, bench))  # type: ignore[misc]
        if all(counts(run, bench.shared) for run in first.values()):
            break
    rest = [
        await play_round(present, size.size, lambda it: player(it, size, bench)) for _ in range(rounds - 1)
    ]
    its = summaries(present, [first, *rest], bench.shared)
    return {
        "scenario": scenario.title,
        "size": size.size,
        "whole_size": scenario.size,
        "factor": size.factor,
        "window_s": bench.window_s,
        "topology": bench.topology,
        "shared": bench.shared,
        "servers": {**its, **absent},
        "ratios": ratios(its),
    }


def versions(servers: Sequence[Server]) -> tuple[list[Server], dict[str, Any]]:
    """Returns those that can be measured, and why the others cannot."""
    present, absent = [], {}
    for server in servers:
        try:
            server.version()
            present.append(server)
        except Unavailable as error:
            absent[server.name] = {"version": None, "absent": str(error)}
    return present, absent


async def play_round(
    servers: Sequence[Server], title: str, play: Callable[[Server], Awaitable[Run]]
) -> dict[str, Run]:
    """Plays once on each; a failure is a run too, with its reason."""
    runs: dict[str, Run] = {}
    for server in servers:
        try:
            runs[server.name] = await play(server)
        except FAILURES as error:
            runs[server.name] = {"failed": str(error) or type(error).__name__}
        print(title, server.name, runs[server.name], flush=True)
    return runs


def summaries(
    servers: Sequence[Server], rounds: Sequence[dict[str, Run]], shared: bool
) -> dict[str, dict[str, Any]]:
    """Returns the summary of each server's runs, beside its version."""
    return {
        server.name: {"version": server.version(), **summary([one[server.name] for one in rounds], shared)}
        for server in servers
    }


def summary(runs: Sequence[Run], shared: bool = False) -> dict[str, Any]:
    """Medians, smallest and largest of the runs that count; how many do not, and why."""
    done = [run for run in runs if "failed" not in run]
    counting = [run for run in done if counts(run, shared)]
    numbers = [
        key for key, value in (counting[0] if counting else {}).items() if isinstance(value, int | float)
    ]
    return {
        "counted": len(counting),
        "late": len(done) - len(counting),
        "failures": sorted({run["failed"] for run in runs if "failed" in run}),
        "figures": {key: _spread([run[key] for run in counting]) for key in numbers},
        "runs": list(runs),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(summaries: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Ours to each other's: of packets a CPU second, and of CPU for the same scenario (theirs to ours)."""
    ours = summaries.get(OURS, {})
    if not ours.get("counted"):
        return {}
    return {
        name: {
            "packets_per_cpu_second": _quotient(ours, its, "packets_per_cpu_second"),
            "cpu_of_the_scenario": _quotient(its, ours, "server_cores"),
        }
        for name, its in summaries.items()
        if name != OURS and its["counted"]
    }


def _quotient(above: dict[str, Any], below: dict[str, Any], key: str) -> float | None:
    divisor = below["figures"][key]["median"]
    return round(above["figures"][key]["median"] / divisor, 2) if divisor else None
