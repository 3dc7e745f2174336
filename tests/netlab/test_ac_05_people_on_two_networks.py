"""AC-05: two people on different networks, each behind a NAT, see and hear each other."""

from __future__ import annotations

import pytest

from tests.browser.people import BrowserName
from tests.netlab.conftest import NewNeighbour
from tests.netlab.lab import URL

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.mark.parametrize("second", ["chromium", "firefox"])
async def test_ac_05_two_people_behind_two_nats_see_and_hear_each_other(
    neighbour: NewNeighbour, second: BrowserName
) -> None:
    alice, bob = await neighbour("Alice", 0, "chromium"), await neighbour("Bob", 1, second)
    link = await alice.start_meeting(URL)
    await alice.enter()
    await bob.enter(link)
    for someone in (alice, bob):
        await someone.sees_moving_pictures()
        await someone.hears_sound()
