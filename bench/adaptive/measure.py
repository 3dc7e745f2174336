"""The entries of `python -m bench` for pictures in real browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bench.adaptive.changes import changes, speakers
from bench.adaptive.hearing import hearing
from bench.adaptive.nine import fifty, nine
from bench.adaptive.stage import Studio, studio

SCENES: dict[str, Callable[[Studio], Awaitable[dict[str, Any]]]] = {
    "nine": nine,
    "fifty": fifty,
    "changes": changes,
    "speakers": speakers,
    "hearing": hearing,
}


def scene(name: str) -> dict[str, Any]:
    """Plays one scene among people of the load generator and returns its figures."""
    return asyncio.run(_scene(name))


async def _scene(name: str) -> dict[str, Any]:
    async with studio() as made:
        return await SCENES[name](made)
