"""The screens around the meeting, as people use them: landing, door, settings, connection, test page."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.people import NewPerson
from tests.browser.rooms import control, meet, protect, screen
from tests.support.server import Server


async def test_letter_can_be_changed_and_letters_turned_off(server: Server, person: NewPerson) -> None:
    alice = await person("Alice")
    await alice.enter(f"{server.url}/porte-touches")
    await alice.page.keyboard.press("?")
    await alice.page.get_by_role("button", name="Info : I. Changer la touche").click()
    await alice.page.keyboard.press("k")
    await alice.page.keyboard.press("Escape")

    await alice.page.keyboard.press("k")
    await expect(screen(alice, "panneau-info")).to_be_visible()
    await alice.page.keyboard.press("k")
    await alice.page.keyboard.press("?")
    await alice.page.get_by_role("switch", name="Raccourcis d'une lettre").uncheck()
    await alice.page.keyboard.press("Escape")
    await alice.page.keyboard.press("k")
    await expect(screen(alice, "panneau-info")).to_have_count(0)


async def test_settings_hold_a_page_for_hosts_that_others_do_not_find(
    server: Server, person: NewPerson
) -> None:
    alice, bob = await meet(server, person, "reglages", "chromium")
    for someone, count in ((bob, 0), (alice, 1)):
        await control(someone, "Paramètres").click()
        entry = someone.page.get_by_role("menuitem", name="Options de l'organisateur")
        await expect(entry).to_have_count(count)
    await entry.click()
    page = screen(alice, "dialogue-organisateur")
    await page.get_by_role("button", name="Verrouiller la salle").click()
    await expect(page.get_by_role("button", name="Verrouiller la salle")).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(page.get_by_role("button", name="Ajouter un mot de passe")).to_be_visible()
    await expect(page.get_by_role("button", name="Copier le lien organisateur")).to_be_visible()


async def test_after_five_wrong_tries_everyone_at_one_address_sees_how_long_to_wait(
    server: Server, person: NewPerson
) -> None:
    host = await person("Hélène")
    await host.enter(f"{server.url}/porte-essais")
    await protect(host, "sésame")

    guests = [await person("Camille"), await person("Ali")]
    for guest, tries in zip(guests, (3, 2), strict=True):
        await guest.open(f"{server.url}/porte-essais")
        await guest.page.get_by_label("Votre nom").fill(guest.name)
        await guest.click("Rejoindre maintenant")
        for attempt in range(tries):
            await guest.page.get_by_label("Mot de passe", exact=True).fill(f"faux {attempt}")
            await guest.page.keyboard.press("Enter")
            await expect(guest.page.get_by_role("alert")).to_contain_text("Mot de passe incorrect")
            await expect(guest.page.get_by_role("button", name="Entrer", exact=True)).to_be_visible()

    await expect(guests[1].page.get_by_test_id("password-wait")).to_have_text(
        re.compile(r"Nouvel essai possible dans \d+\ss\.")
    )


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_test_page_finds_that_everything_works(server: Server, person: NewPerson, browser: str) -> None:
    alice = await person("Alice", browser)
    await alice.open(f"{server.url}/test")
    await alice.click("Lancer le test")

    await expect(alice.page.get_by_text("Tout fonctionne")).to_be_visible(timeout=40_000)
    await expect(alice.page.get_by_test_id("check-rate")).to_contain_text(re.compile(r"↑ .*bit/s, ↓ .*bit/s"))
