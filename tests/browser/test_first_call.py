"""Two browsers meet: from the landing page to sound and picture, and what disturbs it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.people import FREEZE_S, BrowserName, NewPerson
from tests.browser.rooms import control, open_panel, say
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

PAIRS: list[tuple[BrowserName, BrowserName]] = [
    ("chromium", "chromium"),
    ("chromium", "firefox"),
    ("firefox", "firefox"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=["-".join(p) for p in PAIRS])
async def test_ac_11_a_whole_call_from_the_link_to_hanging_up(
    server: Server, person: NewPerson, first: BrowserName, second: BrowserName
) -> None:
    alice, bob = await person("Alice", first), await person("Bob", second)
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    for someone in (alice, bob):
        await someone.sees_moving_pictures()
        await someone.hears_sound()
    seen = alice.page.locator("[data-testid=tile]", has_text="Bob").first

    await control(bob, "Muet").click()
    await expect(seen.get_by_text("Micro coupé")).to_be_attached()
    await alice.gets_no_sound()
    await control(bob, "Muet").click()
    await alice.hears_sound()
    await control(bob, "Appareil photo").click()
    await expect(seen.locator("video")).to_have_count(0)
    await control(bob, "Appareil photo").click()
    await alice.sees_moving_pictures()

    await open_panel(alice, "Chat")
    await say(bob, "On m'entend ?")
    await expect(alice.page.get_by_role("log")).to_contain_text("On m'entend ?")
    await control(bob, "Lever la main").click()
    await expect(seen.get_by_text("Main levée, place 1")).to_be_attached()
    await control(bob, "Raccrocher").click()
    await expect(bob.page.locator('[data-screen="ecran-fin"]')).to_be_visible()
    await expect(seen).to_have_count(0)


async def test_a_third_joins_and_one_leaves_while_the_others_do_not_freeze(
    server: Server, person: NewPerson
) -> None:
    alice, bob, chloe = await person("Alice"), await person("Bob"), await person("Chloé", "firefox")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await chloe.enter(link)
    for someone in (alice, bob, chloe):
        await someone.sees_people(2)
        await someone.hears_sound()
    await chloe.click("Raccrocher")
    await chloe.page.wait_for_selector('[data-screen="ecran-fin"]')
    await alice.page.get_by_text("Chloé", exact=True).first.wait_for(state="detached")
    before = await alice.statistics()
    await alice.sees_moving_pictures(timeout_s=6, frames=30)
    after = await alice.statistics()
    assert after["frozen_s"] - before["frozen_s"] < FREEZE_S


@in_both_browsers
async def test_a_reload_and_a_rejoin_bring_the_same_person_back_once(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice"), await person("Bob", browser)
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await alice.sees_moving_pictures()
    await bob.page.reload()
    await bob.enter()
    await bob.sees_moving_pictures()
    await alice.sees_moving_pictures()
    await alice.page.locator("[data-testid=tile]", has_text="Bob").first.wait_for()
    assert await alice.page.locator("[data-testid=tile]").count() == 2
    await bob.click("Raccrocher")
    await bob.click("Rejoindre à nouveau")
    await bob.page.wait_for_selector('[data-screen="ecran-reunion"]')
    await bob.sees_moving_pictures()
    await alice.sees_moving_pictures()
