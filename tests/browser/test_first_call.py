"""Two browsers meet: from the landing page to sound and picture, and what disturbs it."""

from __future__ import annotations

import pytest

from tests.browser.people import FREEZE_S, BrowserName, NewPerson
from tests.support.server import Server

PAIRS: list[tuple[BrowserName, BrowserName]] = [
    ("chromium", "chromium"),
    ("chromium", "firefox"),
    ("firefox", "firefox"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=["-".join(p) for p in PAIRS])
async def test_two_people_meet_by_a_link_and_see_and_hear_each_other(
    server: Server, person: NewPerson, first: BrowserName, second: BrowserName
) -> None:
    alice, bob = await person("Alice", first), await person("Bob", second)
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    for someone in (alice, bob):
        await someone.sees_moving_pictures()
        await someone.hears_sound()
    await alice.page.get_by_text("Bob").first.wait_for()
    await bob.page.get_by_text("Alice").first.wait_for()


@pytest.mark.parametrize("third", ["chromium", "firefox"])
async def test_a_third_joins_and_one_leaves_while_the_others_do_not_freeze(
    server: Server, person: NewPerson, third: BrowserName
) -> None:
    alice, bob, chloe = await person("Alice"), await person("Bob"), await person("Chloé", third)
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
    await alice.sees_moving_pictures(timeout_s=3, frames=30)
    after = await alice.statistics()
    assert after["frozen_s"] - before["frozen_s"] < FREEZE_S


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_muting_stops_the_sound_and_is_seen_by_the_other(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice", browser), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await bob.hears_sound()
    mute = alice.page.get_by_role("button", name="Muet", exact=True)
    await mute.click()
    assert await mute.get_attribute("aria-pressed") == "true"
    tile = bob.page.locator("[data-testid=tile]", has_text="Alice")
    await tile.get_by_text("Micro coupé").wait_for(state="attached")
    await bob.gets_no_sound()
    await mute.click()
    await bob.hears_sound()


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_the_camera_goes_off_and_on_again(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice", browser), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await bob.sees_moving_pictures()
    camera = alice.page.get_by_role("button", name="Appareil photo", exact=True)
    await camera.click()
    tile = bob.page.locator("[data-testid=tile]", has_text="Alice")
    await tile.locator("video").wait_for(state="detached")
    await bob.gets_no_picture()
    await camera.click()
    await bob.sees_moving_pictures(timeout_s=5)


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
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
