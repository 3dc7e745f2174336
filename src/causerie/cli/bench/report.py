"""The forecast as a page for people and as JSON for programs. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from causerie.cli.bench.forecast import Forecast, Machine
from causerie.cli.bench.words import Words
from causerie.server.gauge import Shape

COLUMNS = 100
INDENT = "  "
FEWEST = 2


def page(found: Sequence[Forecast], machine: Machine, limit: int, words: Words) -> str:
    """Returns what a person reads; `limit` is that of one meeting."""
    return "\n".join(_lines(found, machine, limit, words)) + "\n"


def document(
    found: Sequence[Forecast], costs: Mapping[Shape, float], machine: Machine, limit: int, words: Words
) -> str:
    """Returns the same as one JSON object, with what was measured."""
    views = [
        {
            "view": one.view,
            "people": one.people,
            "bound": one.bound,
            "outMbit": round(one.bits / 1e6, 1),
            "text": _said(one, words),
        }
        for one in found
    ]
    measured = [
        {"packetsPerFrame": shape.run, "packetBytes": shape.packet_bytes, "nanoseconds": round(cost * 1e9)}
        for shape, cost in costs.items()
    ]
    told = {
        "views": views,
        "peoplePerMeeting": limit,
        "workers": machine.workers,
        "memoryBytes": machine.memory_bytes,
        "uplinkMbit": None if machine.uplink_bits_per_s is None else machine.uplink_bits_per_s / 1e6,
        "measured": measured,
        "over": "loopback",
        "caveat": words.caveat,
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _lines(found: Sequence[Forecast], machine: Machine, limit: int, words: Words) -> Iterator[str]:
    for one in found:
        line = words.answer.format(view=_said(one, words), bound=words.bounds[one.bound])
        yield from _wrapped(f"{INDENT}• ", line)
    yield ""
    yield from _wrapped(INDENT, words.meeting.format(limit=limit))
    if machine.uplink_bits_per_s is None:
        yield from _wrapped(INDENT, words.uplink)
    yield from _wrapped(INDENT, words.caveat)


def _said(one: Forecast, words: Words) -> str:
    people = f"{one.people:,}".replace(",", words.thousands)
    mbit = f"{one.bits / 1e6:,.0f}".replace(",", words.thousands)
    said = words.views[one.view].format(people=people, mbit=mbit)
    return said if one.people >= FEWEST else f"{said} ({words.none})"


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(text, COLUMNS, initial_indent=start, subsequent_indent=" " * len(start))
