"""A hundred random changes of the layout, and speakers that come onto the stage."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.browser.people import Person

from bench.adaptive.company import Company
from bench.adaptive.stage import WINDOW, Studio
from bench.adaptive.tiles import Seen, seen, until_moving, watch_tiles
from bench.results import spread

PEOPLE = 9
CHANGES = 100
SEED = 45
APART_S = (0.6, 1.2)
"""Between two changes."""
FROZEN_MS = 500
"""A tile may show nothing new for so long."""
WINDOWS = ((1280, 720), (900, 700), (640, 480), (420, 760))
SPEAKERS = 12
SPEECH_S = 4.0
KINDS = ("frozen", "black", "initials", "wrong")

Change = Callable[[], Awaitable[None]]


@dataclass
class Restless:
    """Somebody who changes the layout at random, and people who take turns in speaking."""

    person: Person
    people: Company
    chance: random.Random
    speaker: int = 0

    async def change(self) -> str:
        """Does one thing and returns what it was."""
        ways: dict[str, Change] = {
            "pin": self.pin, "layout": self.layout, "filmstrip": self.filmstrip,
            "window": self.window, "page": self.page, "speaker": self.another_speaks,
        }  # fmt: skip
        name = self.chance.choice(list(ways))
        await ways[name]()
        return name

    async def pin(self) -> None:
        """Pins somebody, or unpins who was pinned."""
        await self.person.page.keyboard.press(str(self.chance.randrange(1, 10)))

    async def layout(self) -> None:
        await self.person.page.keyboard.press("w")

    async def filmstrip(self) -> None:
        await self.person.page.keyboard.press("f")

    async def window(self) -> None:
        width, height = self.chance.choice(WINDOWS)
        await self.person.page.set_viewport_size({"width": width, "height": height})

    async def page(self) -> None:
        """Turns to another page, where there are several."""
        names = ["Page suivante", "Page précédente"]
        self.chance.shuffle(names)
        for name in names:
            button = self.person.page.get_by_role("button", name=name)
            if await button.count() and await button.is_enabled():
                return await button.click()

    async def another_speaks(self) -> None:
        await self.people.speaks(self.speaker, False)
        self.speaker = self.chance.randrange(len(self.people.members))
        await self.people.speaks(self.speaker, True)


async def changes(studio: Studio) -> dict[str, Any]:
    """How long tiles stand still, are black or show nobody during random changes of the layout."""
    watched, done = await restless(studio, "remous", PEOPLE, CHANGES)
    gaps = {f"{kind}_over_150_ms": spread(watched.gaps(kind) or [0]) for kind in KINDS}
    return {
        "changes": ", ".join(f"{done.count(kind)} {kind}" for kind in sorted(set(done))),
        "frames_seen": watched.log["frames"],
        "stretches_over_500_ms": len(watched.gaps(over_ms=FROZEN_MS)),
        "longest_ms": round(max(watched.gaps() or [0])),
        **gaps,
        "black_pictures": watched.log["black"],
        "pictures_of_somebody_else": watched.log["wrong"],
        "slot_to_first_frame_ms": spread(watched.remaps or [0]),
    }


async def restless(studio: Studio, room: str, people: int, count: int) -> tuple[Seen, list[str]]:
    """Has somebody change the layout `count` times; returns what was on screen, and what was done."""
    async with studio.company(room, people) as company:
        alice = await studio.person("Alice", room)
        await watch_tiles(alice, company.cameras)
        await until_moving(alice, min(people, 3))
        restless = Restless(alice, company, random.Random(SEED))
        done = []
        for _ in range(count):
            done.append(await restless.change())
            await asyncio.sleep(restless.chance.uniform(*APART_S))
        watched = await seen(alice)
        await alice.close()
    return watched, done


async def speakers(studio: Studio) -> dict[str, Any]:
    """How soon whoever comes onto the stage is seen in 720 lines."""
    async with studio.company("parole", PEOPLE) as company:
        alice = await studio.person("Alice", "parole")
        await alice.page.set_viewport_size(
            {"width": WINDOW["width"] * 3 // 2, "height": WINDOW["height"] * 3 // 2}
        )
        await watch_tiles(alice, company.cameras)
        await until_moving(alice, 3)
        for turn in range(SPEAKERS):
            number = turn % PEOPLE
            await company.speaks(number, True)
            await asyncio.sleep(SPEECH_S)
            await company.speaks(number, False)
        watched = await seen(alice)
        await alice.close()
    return {"speakers": SPEAKERS, "stage_to_720_lines_ms": spread(watched.stages or [0])}
