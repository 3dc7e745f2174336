"""What is shown is what was sent, picture by picture, in order and in each codec."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence

import pytest

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.stamps import (
    Frame,
    begun_again,
    frames,
    only_codec,
    out_of_order,
    received_codecs,
    share_shown,
    stamped_camera,
    unreadable,
    watch_frames,
)
from tests.support.server import Server

CAMERA = (640, 360, 12)
STAGE_LINES, TILE_LINES = 360, 180
FRAMES = 6
"""Of each size before the next is wanted."""
PATIENCE_S = 12
LIKE_SENT_DB = 35
"""Median. The picture of the number before or after has 11 dB."""
STILL_ITSELF_DB = 25
"""Any single picture, right after a key frame too."""
KEY_FRAME_AGE = 14
"""In numbers: a second, and a picture on either side."""
SHARE_SHOWN = 0.5
"""On a busy machine."""
OWN = "2"
"""The key that puts one's own tile on the stage: others come first."""


async def test_pictures_arrive_in_order_and_as_they_were_sent_through_a_change_of_layers(
    server: Server, person: NewPerson
) -> None:
    _, bob = await meet_in(server, "VP8", await person("Alice"), await person("Bob", "firefox"))
    await bob.page.keyboard.press(OWN)
    await shown_in(bob, TILE_LINES)
    await bob.page.keyboard.press(OWN)
    await judge(bob, "VP8", await shown_in(bob, STAGE_LINES))


@pytest.mark.parametrize(
    ("codec", "sender", "receiver"),
    [
        ("VP9", "chromium", "chromium"),
        # Debian's Firefox has neither a coder nor a decoder of it.
        ("H264", "chromium", "chromium"),
        ("AV1", "firefox", "chromium"),
    ],
)
async def test_a_codec_that_is_not_the_first_choice_shows_what_was_sent_as_large_as_its_tile(
    server: Server, person: NewPerson, codec: str, sender: BrowserName, receiver: BrowserName
) -> None:
    _, bob = await meet_in(server, codec, await person("Alice", sender), await person("Bob", receiver))
    await judge(bob, codec, await shown_in(bob, STAGE_LINES))


async def meet_in(server: Server, codec: str, *people: Person) -> tuple[Person, ...]:
    """People with stamped cameras who offer this codec alone; the last notes what is shown."""
    for someone in people:
        for script in (*stamped_camera(*CAMERA), only_codec(codec)):
            await someone.context.add_init_script(script)
        await someone.enter(f"{server.url}/identite-{codec.lower()}")
    await watch_frames(people[-1])
    return people


async def judge(someone: Person, codec: str, shown: Sequence[Frame]) -> None:
    decibels = [frame.decibels for frame in shown]
    assert await received_codecs(someone) == [codec]
    assert (unreadable(shown), out_of_order(shown)) == (0, [])
    assert all(back <= KEY_FRAME_AGE for back in begun_again(shown)), begun_again(shown)
    assert statistics.median(decibels) >= LIKE_SENT_DB
    assert min(decibels) >= STILL_ITSELF_DB
    assert share_shown(shown) >= SHARE_SHOWN


async def shown_in(someone: Person, lines: int) -> Sequence[Frame]:
    """Waits until the last pictures have so many lines; returns all that were shown so far."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        shown = await frames(someone)
        if len(shown) >= FRAMES and all(frame.height == lines for frame in shown[-FRAMES:]):
            return shown
        assert time.monotonic() < deadline, [(frame.number, frame.height) for frame in shown[-FRAMES:]]
        await asyncio.sleep(0.1)
