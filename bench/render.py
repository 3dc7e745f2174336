"""Renders docs/reference/performance.md from the result files, so that no figure is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.load.table import table as loaded
from bench.results import RESULTS, ROOT

PAGE = ROOT / "docs" / "reference" / "performance.md"
HEAD = """# Measured figures

Rendered by `make bench` from the files in `bench/results`, which keep every single value. Absolute
figures belong to the machine named beside them, as a rule a small shared virtual one: compare within
one run only.

Faults of the network (`make test-netlab`) are measured in real browsers behind shaped links. Of some runs
the worst counts; "at first" is the first build of the engine that was measured.

Servers under load (`make bench-load`, or `python -m bench load-s1` to `load-s10`, with `--shared` where
other work runs beside) are ours, Janus (Debian's package, `apt-get install janus`) and LiveKit (built by
Go on first use, outside this folder), all met by the same [generator](loadgen.md). One that cannot be
started is named with the reason. All of it has half an hour (`--minutes`): the plan is printed first,
each result is kept when it is there, and what would not end in time is left out. Server on one core,
generator on another; a fresh server each run, servers in turn. Median (smallest–largest) of the runs in
which the generator kept up. Packets: those that reached the receivers and could be read. Latency: from
the generator's sending to its receiving, its own share included.

Where root measures, each sits in a network namespace of its own with a virtual cable between: datagrams are
cut before it by software, and each end's receiving is done on its own core. Elsewhere, and with
`--loopback`, both share the machine's own network, where a run of datagrams is cut in the receiver's socket
only and the sender's core does the receiving too; each section names its way.

Cores used and packets a CPU second count the server's process, user and system, with what the kernel did
for it while it sent. "Softirq of its core" is the share of that core on which the kernel handled packets,
whoever ran meanwhile: what of it interrupted the server is in the server's time as well, so the two do not
add up.

Pictures that fit their tiles (`python -m bench adaptive-nine` and its sisters) are measured in a browser
among people of the generator, who send films in three layers, each in a colour of their own: a tile counts
as right only while pictures of its own person move in it. Stretches without one are kept from 150 ms on, by
what was to be seen meanwhile: a still picture (frozen), nothing yet (black), initials, somebody else (wrong).

The delay of sound (`python -m bench adaptive-hearing`) is from the start of a tone in one page to its arrival
in the sound graph of another, by the clock that both read; the buffers of both graphs are in it, devices are
not. Of eight people two are browsers, the others send pictures and listen.
"""

COMPARED = """Medians of three runs on virtual time. Used: share of the line that all flows together fill in
the second half of the run; queue: what a packet waits in the line's queue then; down: seconds until the
target fits a line that fell; up: until the target is 90 % of what the line carries after the last change;
lowest: the lowest target after five seconds. Ours depends on nothing but the seed; str0m, driven as a whole
peer, draws randomness of its own.
"""

IDENTIFIED = """One browser sends numbered pictures of 640×360 in one codec alone; another reads the number of
each that it shows and compares it with the picture of that number: PSNR of luminance in decibels. It is shown
on the stage, as a small tile, and on the stage again. Out of order: not newer than the one before in the same
size. Begun again: by how many numbers it went back where the size changed, as another layer may begin with a
key frame of up to a second ago. Shown: of all numbers from the first to the last, at twelve a second, by two
browsers on one small machine. In VP9 Firefox codes several layers in one size, and few of its pictures are
shown; VP8, which every browser has, is agreed before it.
"""


def main() -> None:
    """Writes the page, one section per result file in name order."""
    sections = [HEAD]
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text())
        sections.append(_section(path.stem, result))
    PAGE.write_text("\n".join(sections))


def _section(name: str, result: dict[str, Any]) -> str:
    machine = result["machine"]
    head = [
        f"## {name}",
        "",
        f"`{result['command']}`, {result['measured']}, commit {result['commit']}; {machine['cpu']}, "
        f"{machine['cores']} cores, Linux {machine['kernel']}, Python {machine['python']}.",
        "",
    ]
    return "\n".join([*head, *_table(name)(result["figures"]), ""])


def _table(name: str) -> Callable[[dict[str, Any]], list[str]]:
    if name.startswith("load-"):
        return loaded
    special = {"congestion": _compared, "identity": _identified}
    return special.get(name) or (_judged if name.startswith("fault-") else _plain)


def _compared(figures: dict[str, Any]) -> list[str]:
    """Each line of the emulator: what ours made of it / what str0m's did."""
    columns = list(next(iter(figures.values()))["ours"])
    rows = [
        f"| {name} | " + " | ".join(_either(figure, column) for column in columns) + " |"
        for name, figure in figures.items()
    ]
    titles = " | ".join(column.replace("_", " ") for column in columns)
    return [COMPARED, f"| ours / str0m | {titles} |", "|---" * (len(columns) + 1) + "|", *rows]


def _either(figure: dict[str, Any], column: str) -> str:
    ours, theirs = figure["ours"][column], figure["str0m"][column]
    if ours is None and theirs is None:
        return ""
    return " / ".join("never" if value is None else f"{value:g}" for value in (ours, theirs))


def _identified(figures: dict[str, Any]) -> list[str]:
    """One row per codec and direction."""
    titles = (
        "negotiated",
        "lines",
        "pictures",
        "unreadable",
        "out_of_order",
        "begun_again",
        "shown_percent",
        "median_db",
        "lowest_db",
    )
    rows = [
        f"| {name} | "
        + " | ".join(_cell(figure.get(title)) for title in titles)
        + f" | {figure.get('absent', '')} |"
        for name, figure in figures.items()
    ]
    head = " | ".join(title.replace("_", " ") for title in titles)
    return [IDENTIFIED, f"| codec and way | {head} | |", "|---" * (len(titles) + 2) + "|", *rows]


def _cell(value: Any) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(figures: dict[str, Any]) -> list[str]:
    rows = [f"| {key.replace('_', ' ')} | {_value(value)} |" for key, value in figures.items()]
    return ["| figure | value |", "|---|---|", *rows]


def _judged(figures: dict[str, Any]) -> list[str]:
    """The worst of the last runs beside its target, and the worst of the build that was measured first."""
    rows = []
    for name, figure in figures.items():
        target, verdict = "", ""
        if figure["at_most"] is not None:
            target, verdict = f"≤ {figure['at_most']:g}", "met" if figure["met"] else "**missed**"
        now, first = (_happened(of["worst"], figure["unit"]) for of in (figure, figure["first"]))
        rows.append(f"| {name} | {now} | {len(figure['runs'])} | {target} | {verdict} | {first} |")
    return ["| figure | worst | runs | target | | at first |", "|---|---|---|---|---|---|", *rows]


def _happened(value: float | None, unit: str) -> str:
    return "never" if value is None else f"{value:g} {unit}".strip()


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return (
            f"p50 {value['p50']}, p95 {value['p95']}, {value['min']}–{value['max']} of {len(value['values'])}"
        )
    return str(value)


if __name__ == "__main__":
    main()
