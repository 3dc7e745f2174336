"""The page's section of a comparison under load: a row per server, then the ratios."""

from __future__ import annotations

from typing import Any

SHARED = """
Other work ran on the machine meanwhile: latencies are upper bounds, and only ratios mean much.
"""

COLUMNS = {
    "packets_per_cpu_second": "packets a CPU second",
    "packets_per_second": "packets a second",
    "server_cores": "cores used",
    "server_core_softirq": "softirq of its core",
    "latency_p50_us": "latency p50, µs",
    "latency_p99_us": "p99, µs",
    "lost_percent": "lost, %",
    "repaired_percent": "of what was dropped, came again, %",
    "deliveries_per_second": "deliveries a second",
    "delivery_p50_ms": "delivery p50, ms",
    "delivery_p99_ms": "p99, ms",
    "all_connected_after_s": "all connected after, s",
    "join_p50_ms": "join p50, ms",
    "join_p99_ms": "p99, ms",
    "cpu_ms_per_join": "CPU a join, ms",
    "empty_mb": "empty, MB",
    "kb_in_one_room": "a person in one room, kB",
    "kb_alone": "a person alone with a room, kB",
}
"""What the page shows of the figures, in this order."""


def table(figures: dict[str, Any]) -> list[str]:
    """Returns the lines of the section below its head."""
    servers = figures["servers"]
    columns = [key for key in COLUMNS if any(key in its.get("figures", {}) for its in servers.values())]
    heads = ["server", *(COLUMNS[key] for key in columns), "runs"]
    return [
        f"{figures['scenario'].capitalize()}{_size(figures)}; over {figures['topology']}.",
        *([SHARED] if figures["shared"] else [""]),
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(_row(name, its, columns) for name, its in servers.items()),
        "",
        *(_ratio(name, its) for name, its in figures.get("ratios", {}).items()),
        *_floor(figures.get("floor", {})),
    ]


def _size(figures: dict[str, Any]) -> str:
    if "size" not in figures:
        return ""
    if figures["factor"] == 1:
        return f": {figures['size']} people"
    return f": {figures['size']} people, for the generator cannot play {figures['whole_size']} on one core"


def _row(name: str, its: dict[str, Any], columns: list[str]) -> str:
    if its["version"] is None:
        return f"| {name} | not measured: {its['absent']} |" + " |" * len(columns)
    cells = [_spread(its["figures"][key]) if key in its["figures"] else "" for key in columns]
    runs = [str(its["counted"])]
    if its["late"]:
        runs.append(f"{its['late']} late")
    runs += [f"failed: {why}" for why in its["failures"]]
    return f"| {name} {its['version']} | {' | '.join([*cells, ', '.join(runs)])} |"


def _spread(value: dict[str, float]) -> str:
    median, least, most = (_number(value[key]) for key in ("median", "min", "max"))
    return f"{median} ({least}–{most})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _ratio(name: str, its: dict[str, Any]) -> str:
    return (
        f"Against {name}: {its['packets_per_cpu_second']:g} times the packets a CPU second; "
        f"{name} spends {its['cpu_of_the_scenario']:g} times our CPU on the scenario.\n"
    )


def _floor(rates: dict[str, int]) -> list[str]:
    """What sealing and sending alone allow on the same core in the same minutes."""
    ways = ", ".join(f"{rate:,} by {name.replace('_', ' ')}" for name, rate in rates.items())
    return [f"Bare limit, packets a CPU second of sealing and sending alone: {ways}.\n"] if ways else []
