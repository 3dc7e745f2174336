"""Messages and emojis reach everybody, soon, in one order, and as they were typed."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson
from tests.browser.rooms import log_of, meet, open_panel, say, shown_at, watch
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

SOON_MS = 500
FAMILY_FLAG_SKIN = "Bonjour 👩‍👩‍👧 🇫🇷 👍🏽"


@in_both_browsers
async def test_ac_10_messages_and_emojis_reach_everybody_soon_and_in_one_order(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "bavardage", browser)
    for someone in (alice, bob):
        await open_panel(someone, "Chat")
    await alice.page.get_by_label("Votre message").fill(FAMILY_FLAG_SKIN)
    await watch(bob.page, f"document.querySelector('[role=log]').innerText.includes('{FAMILY_FLAG_SKIN}')")
    sent_ms = await alice.page.evaluate("Date.now()")
    await alice.page.keyboard.press("Enter")
    assert await shown_at(bob.page) - sent_ms < SOON_MS

    await say(bob, "Salut Alice")
    await say(alice, "Deuxième")
    for someone in (alice, bob):
        await expect(log_of(someone)).to_contain_text("Deuxième")
        text = await log_of(someone).inner_text()
        assert text.index("Bonjour") < text.index("Salut") < text.index("Deuxième")


@in_both_browsers
async def test_ac_10_emojis_are_found_by_french_name_with_mouse_and_keys_from_our_own_server(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    [alice] = await meet(server, person, "emojis", browser, ("Alice",))
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(request.url))
    await open_panel(alice, "Chat")
    composer = alice.page.get_by_label("Votre message")
    picker = alice.page.get_by_test_id("emoji-picker")
    await alice.page.get_by_role("button", name="Emojis", exact=True).click()
    await picker.get_by_role("button", name="visage rieur", exact=True).click()
    await expect(picker).to_have_count(0)
    assert "😀" in await composer.input_value()

    await composer.press("Tab")
    await alice.page.keyboard.press("Enter")
    await expect(picker.get_by_role("searchbox")).to_be_focused()
    await alice.page.keyboard.type("coeur")
    await expect(picker.get_by_role("button", name="cœur rouge", exact=True)).to_be_visible()
    await picker.get_by_role("button", name="cœur rouge", exact=True).press("Enter")
    assert "❤️" in await composer.input_value()
    assert [url for url in asked if not url.startswith((server.url, "blob:", "data:"))] == []
