"""The whole meeting, by the criteria of the reference page; the number in a name is the criterion's."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import log_of, meet, open_panel, say, tile
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server, start_server

CANARY = "mirabelle-4711"
NOTE_WHEN_SHOWN = """
(text) => new MutationObserver((_, observer) => {
  if (!document.querySelector("[role=log]").innerText.includes(text)) return;
  window.__shown_ms = Date.now();
  observer.disconnect();
}).observe(document.querySelector("[role=log]"), { childList: true, subtree: true, characterData: true })
"""


async def test_ac_09_a_name_is_folded_to_one_address(server: Server, person: NewPerson) -> None:
    alice = await person("Alice")
    await alice.open(f"{server.url}/Classe%203B%20%C3%89t%C3%A9")
    assert alice.page.url == f"{server.url}/classe-3b-ete"


@in_both_browsers
async def test_ac_10_messages_and_emojis_reach_everybody_soon_and_in_one_order(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "ac-10", browser)
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


@in_both_browsers
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
