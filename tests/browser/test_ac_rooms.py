"""A room is its link: passed on from inside, and good at any time."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, invitation
from tests.browser.rooms import open_panel, screen
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

KEEP_WHAT_IS_COPIED = """
window.__copied = [];
navigator.clipboard.writeText = async (text) => void window.__copied.push(text);
"""


@in_both_browsers
async def test_ac_24_and_55_link_is_offered_to_who_is_alone_and_by_info(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.context.add_init_script(KEEP_WHAT_IS_COPIED)
    await alice.start_meeting(server.url)
    await alice.enter()
    link = await invitation(alice.page)
    card = alice.page.get_by_test_id("invite-card")
    await expect(card).to_contain_text("Vous êtes seul·e, invitez")
    await expect(card.get_by_role("link")).to_have_attribute("href", link)

    await open_panel(alice, "Info")
    await expect(alice.page.get_by_test_id("info-link")).to_have_text(link)
    await screen(alice, "panneau-info").get_by_role("button", name="Copier le lien", exact=True).click()
    await expect(alice.page.get_by_role("status").filter(has_text="Lien copié")).to_be_attached()
    assert await alice.page.evaluate("window.__copied") == [link]


@in_both_browsers
@pytest.mark.parametrize("room", ["random", "chosen"])
async def test_ac_34_the_link_that_one_came_by_serves_others_during_the_call(
    server: Server, person: NewPerson, browser: BrowserName, room: str
) -> None:
    alice, bob = await person("Alice", browser), await person("Bob", browser)
    link = f"{server.url}/salle-des-maitres-{browser}"
    if room == "random":
        link = await alice.start_meeting(server.url)
    await alice.enter(link)
    await bob.enter(link)
    for someone in (alice, bob):
        await expect(someone.page.locator("[data-testid=tile]")).to_have_count(2)
