"""AC-07: with one packet of twenty lost, hardly any of the sound has to be made up."""

from __future__ import annotations

import asyncio

import pytest

from tests.browser.people import BrowserName
from tests.netlab.conftest import NewNeighbour
from tests.netlab.lab import URL, Lab
from tests.netlab.shaper import Conditions
from tests.support.acceptance import in_both_browsers

pytestmark = [pytest.mark.netlab, pytest.mark.asyncio(loop_scope="module")]

LISTENED_S = 8
LOSS = Conditions(delay_s=0.02, loss=0.05)


@in_both_browsers
async def test_ac_07_with_five_percent_lost_less_than_five_percent_of_the_sound_is_made_up(
    lab: Lab, neighbour: NewNeighbour, browser: BrowserName
) -> None:
    alice, bob = await neighbour("Alice", 0, "chromium"), await neighbour("Bob", 1, browser)
    link = await alice.start_meeting(URL)
    await alice.enter()
    await bob.enter(link)
    await bob.hears_sound()
    lab.network.shape(1, LOSS)
    before = await bob.statistics()
    await asyncio.sleep(LISTENED_S)  # a share of sound is measured over time
    after = await bob.statistics()
    made_up, played = (after[member] - before[member] for member in ("concealed", "samples"))
    assert played > 0
    assert made_up / played < 0.05
