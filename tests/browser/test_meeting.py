"""The whole meeting, by the criteria of the reference page; the number in a name is the criterion's."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.support.server import Server, start_server

CANARY = "mirabelle-4711"
NOTE_WHEN_SHOWN = """
(text) => new MutationObserver((_, observer) => {
  if (!document.querySelector("[role=log]").innerText.includes(text)) return;
  window.__shown_ms = Date.now();
  observer.disconnect();
}).observe(document.querySelector("[role=log]"), { childList: true, subtree: true, characterData: true })
"""
BOTH: list[BrowserName] = ["chromium", "firefox"]


async def meet(
    server: Server,
    person: NewPerson,
    room: str,
    first: BrowserName = "chromium",
    second: BrowserName = "chromium",
) -> tuple[Person, Person]:
    """Alice, who came first and is host, and Bob are in a room of their own."""
    alice, bob = await person("Alice", first), await person("Bob", second)
    await alice.enter(f"{server.url}/{room}")
    await bob.enter(f"{server.url}/{room}")
    await expect(tile(alice, "Bob")).to_be_visible()
    return alice, bob


def tile(of: Person, name: str):
    return of.page.locator("[data-testid=tile]", has_text=name).first


async def open_panel(someone: Person, name: str) -> None:
    button = someone.page.get_by_role("button", name=name, exact=False).and_(
        someone.page.locator("[role=toolbar] button")
    )
    if "true" not in {
        await button.get_attribute("aria-pressed"),
        await button.get_attribute("aria-expanded"),
    }:
        await button.click()


async def say(someone: Person, text: str) -> None:
    await open_panel(someone, "Chat")
    await someone.page.get_by_label("Votre message").fill(text)
    await someone.page.keyboard.press("Enter")


def log_of(someone: Person):
    return someone.page.get_by_role("log")


async def test_ac_09_a_name_is_folded_to_one_address(server: Server, person: NewPerson) -> None:
    alice = await person("Alice")
    await alice.open(f"{server.url}/Classe%203B%20%C3%89t%C3%A9")
    assert alice.page.url == f"{server.url}/classe-3b-ete"


@pytest.mark.parametrize("browser", BOTH)
async def test_ac_10_messages_and_emojis_reach_everybody_soon_and_in_one_order(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, f"ac-10-{browser}", "chromium", browser)
    await open_panel(bob, "Chat")
    await open_panel(alice, "Chat")
    await alice.page.get_by_label("Votre message").fill("Bonjour 👩‍👩‍👧 🇫🇷 👍🏽")
    await bob.page.evaluate(NOTE_WHEN_SHOWN, "Bonjour 👩‍👩‍👧 🇫🇷 👍🏽")
    sent_ms = await alice.page.evaluate("Date.now()")
    await alice.page.keyboard.press("Enter")
    await bob.page.wait_for_function("window.__shown_ms !== undefined")
    assert await bob.page.evaluate("window.__shown_ms") - sent_ms < 500
    await say(bob, "Salut Alice")
    await say(alice, "Deuxième")
    for someone in (alice, bob):
        await expect(log_of(someone)).to_contain_text("Deuxième")
        text = await log_of(someone).inner_text()
        assert text.index("Bonjour") < text.index("Salut") < text.index("Deuxième")


async def test_ac_37_a_raised_hand_has_the_same_place_for_all(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "ac-37")
    await bob.click("Lever la main")
    await expect(tile(alice, "Bob").get_by_text("Main levée, place 1")).to_be_attached()
    await alice.page.keyboard.press("r")
    for someone in (alice, bob):
        await expect(
            tile(someone, "Bob" if someone is alice else "Vous").get_by_text("Main levée, place 1")
        ).to_be_attached()
        await expect(
            tile(someone, "Alice" if someone is bob else "Vous").get_by_text("Main levée, place 2")
        ).to_be_attached()
    await bob.click("Lever la main")
    await expect(tile(alice, "Vous").get_by_text("Main levée, place 1")).to_be_attached()


@pytest.mark.parametrize("browser", BOTH)
async def test_ac_38_chat_opens_on_the_composer_and_gives_focus_back(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, f"ac-38-{browser}", browser)
    await say(bob, "Une note")
    button = alice.page.locator("[role=toolbar] button", has_text="Chat")
    await expect(button).to_contain_text("1")
    await alice.page.keyboard.press("c")
    await expect(alice.page.get_by_label("Votre message")).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(button).to_be_focused()


async def test_ac_39_lines_are_kept_and_late_arrivals_get_the_history(
    server: Server, person: NewPerson
) -> None:
    alice, _ = await meet(server, person, "ac-39")
    await open_panel(alice, "Chat")
    composer = alice.page.get_by_label("Votre message")
    await composer.fill("première ligne")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("seconde ligne")
    await composer.press("Enter")
    late = await person("Chloé")
    await late.enter(f"{server.url}/ac-39")
    await open_panel(late, "Chat")
    await expect(log_of(late)).to_contain_text("première ligne")
    assert "première ligne\nseconde ligne" in await log_of(late).inner_text()


@pytest.mark.parametrize("browser", BOTH)
async def test_ac_47_and_48_quality_is_two_clicks_away_and_kept(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.enter(f"{server.url}/ac-48-{browser}")
    await _open_quality(alice.page)
    slider = alice.page.get_by_role("slider", name="Qualité vidéo")
    assert await slider.get_attribute("aria-valuetext") == "Haute définition"
    await slider.press("ArrowLeft")
    assert await slider.get_attribute("aria-valuetext") == "Définition standard"
    await alice.page.reload()
    await alice.enter()
    await _open_quality(alice.page)
    slider = alice.page.get_by_role("slider", name="Qualité vidéo")
    assert await slider.get_attribute("aria-valuetext") == "Définition standard"


async def _open_quality(page: Page) -> None:
    await page.locator("[role=toolbar] button", has_text="Paramètres").click()
    await page.get_by_role("menuitem", name="Gérer la qualité vidéo").click()


@pytest.mark.parametrize("browser", BOTH)
async def test_ac_51_to_53_a_password_set_in_info_is_asked_of_whoever_comes_later(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    room = f"ac-51-{browser}"
    alice, bob = await meet(server, person, room, browser)
    await alice.page.locator("[role=toolbar] button", has_text="Info").click()
    await alice.click("Ajouter un mot de passe")
    field = alice.page.get_by_test_id("info-password").get_by_role("textbox")
    await expect(field).to_be_focused()
    await field.fill("sésame")
    await field.press("Enter")
    await expect(alice.page.get_by_test_id("info-password")).to_contain_text("••••")
    await expect(bob.page.get_by_text("Un mot de passe protège maintenant la salle")).to_be_visible()
    late = await person("Chloé")
    await late.open(f"{server.url}/{room}")
    await late.page.get_by_label("Votre nom").fill("Chloé")
    await late.click("Rejoindre maintenant")
    asked = late.page.locator('[data-screen="ecran-mot-de-passe"]')
    await asked.wait_for()
    assert "Alice" not in await late.page.locator("body").inner_text()
    await _type_password(late, "faux")
    await expect(asked).to_contain_text("Mot de passe incorrect")
    await _type_password(late, "sésame")
    await late.page.wait_for_selector('[data-screen="ecran-reunion"]')
    await late.sees_moving_pictures()


async def _type_password(someone: Person, text: str) -> None:
    field = someone.page.locator('[data-screen="ecran-mot-de-passe"] input').first
    await field.fill(text)
    await field.press("Enter")


async def test_a_host_mutes_one_who_may_speak_again(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "sourdine")
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


async def test_one_excluded_is_told_and_does_not_come_back_unseen(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "exclusion")
    await _host_menu(alice, "Bob", "Exclure")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Exclure").click()
    await bob.page.locator('[data-screen="ecran-erreur"], [data-screen="ecran-fin"]').wait_for()
    await expect(alice.page.locator("[data-testid=tile]", has_text="Bob")).to_have_count(0)
    chloe = await person("Chloé")
    await chloe.open(f"{server.url}/exclusion")
    await chloe.page.get_by_label("Votre nom").fill("Chloé")
    await chloe.click("Rejoindre maintenant")
    await chloe.page.locator('[data-screen="ecran-attente"]').wait_for()
    await open_panel(alice, "Participants")
    await alice.page.get_by_role("button", name="Admettre Chloé").click()
    await chloe.page.wait_for_selector('[data-screen="ecran-reunion"]')
    await chloe.sees_moving_pictures()


async def test_ac_41_a_host_ends_the_meeting_for_all(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "ac-41")
    await alice.click("Raccrocher")
    await alice.click("Terminer pour tous")
    for someone in (alice, bob):
        await someone.page.locator('[data-screen="ecran-fin"], [data-screen="ecran-erreur"]').wait_for()


async def test_ac_36_a_shared_screen_takes_the_stage_and_ends_by_its_bar(
    server: Server, person: NewPerson
) -> None:
    alice, bob = await meet(server, person, "ac-36")
    await alice.page.evaluate(FAKE_SCREEN)
    await alice.click("Partage d'écran")
    await alice.click("Choisir…")
    await expect(alice.page.get_by_test_id("share-bar")).to_be_visible()
    await bob.sees_people(2)
    await alice.click("Arrêter le partage")
    await expect(alice.page.get_by_test_id("share-bar")).not_to_be_visible()


FAKE_SCREEN = """
() => {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1280, 720];
    const context = canvas.getContext("2d");
    setInterval(() => { context.fillStyle = "#fff"; context.fillRect(0, 0, 1280, 720);
      context.fillStyle = "#000"; context.fillText(String(performance.now()), 50, 50); }, 100);
    return canvas.captureStream(10);
  };
}
"""


@pytest.mark.parametrize("browser", BOTH)
async def test_ac_31_a_whole_visit_asks_no_other_origin_and_breaks_no_policy(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    foreign: list[str] = []
    complaints: list[str] = []
    alice.page.on("request", lambda request: foreign.append(request.url))
    alice.page.on("console", lambda message: complaints.append(message.text))
    await alice.start_meeting(server.url)
    await alice.enter()
    for panel in ("Chat", "Participants", "Info"):
        await open_panel(alice, panel)
    allowed = (server.url, server.url.replace("https", "wss"), "blob:", "data:", "about:")
    assert [url for url in foreign if not url.startswith(allowed)] == []
    assert [text for text in complaints if "Content Security Policy" in text] == []


async def test_ac_29_nothing_said_is_found_in_any_file(person: NewPerson, tmp_path: Path) -> None:
    server = await start_server(tmp_path)
    try:
        alice, bob = await person(f"Alice {CANARY}"), await person("Bob")
        for someone in (alice, bob):
            await someone.enter(f"{server.url}/canari")
        await say(alice, f"un secret : {CANARY}")
        await expect(alice.page.get_by_role("log")).to_contain_text(CANARY)
    finally:
        await server.stop()
    held = files_holding(tmp_path, CANARY)
    assert held == []
    assert CANARY not in "".join(server.output)


def files_holding(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
