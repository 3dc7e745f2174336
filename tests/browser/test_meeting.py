"""What a host does to others."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import meet, open_panel, tile
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server


@in_both_browsers
async def test_a_host_mutes_one_who_may_speak_again(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "sourdine", browser)
    await _host_menu(alice, "Bob", "Couper le micro")
    mute = bob.page.get_by_role("button", name="Muet", exact=True)
    await expect(mute).to_have_attribute("aria-pressed", "true")
    await expect(tile(alice, "Bob").get_by_text("Micro coupé")).to_be_attached()
    await mute.click()
    await expect(tile(alice, "Bob").get_by_text("Micro coupé")).not_to_be_attached()


async def _host_menu(host: Person, name: str, action: str) -> None:
    await open_panel(host, "Participants")
    people = host.page.get_by_role("list", name="Personnes dans la salle")
    await people.get_by_role("button", name=f"Actions pour {name}").click()
    await host.page.get_by_role("menuitem", name=action).click()


@in_both_browsers
async def test_one_excluded_is_told_and_does_not_come_back_unseen(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "exclusion", browser)
    await _host_menu(alice, "Bob", "Exclure")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Exclure").click()
    await bob.page.locator('[data-screen="ecran-erreur"], [data-screen="ecran-fin"]').wait_for()
    await expect(alice.page.locator("[data-testid=tile]", has_text="Bob")).to_have_count(0)
    chloe = await person("Chloé")
    await chloe.open(alice.page.url)
    await chloe.page.get_by_label("Votre nom").fill("Chloé")
    await chloe.click("Rejoindre maintenant")
    await chloe.page.locator('[data-screen="ecran-attente"]').wait_for()
    await open_panel(alice, "Participants")
    await alice.page.get_by_role("button", name="Admettre Chloé").click()
    await chloe.page.wait_for_selector('[data-screen="ecran-reunion"]')
    await chloe.sees_moving_pictures()
