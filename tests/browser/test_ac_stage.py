"""Who is large: the one who speaks, unless something is pinned or shared."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.pretend import FAKE_SCREEN
from tests.browser.rooms import control, meet, tile
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

# Notes in `__stage` who is large, and since when.
WATCH_STAGE = """
() => {
  window.__stage = [];
  const stage = document.querySelector("[data-testid=stage]");
  const look = () => {
    const name = stage.querySelector("[data-place=stage] figcaption .name")?.textContent ?? "";
    if (name !== window.__stage.at(-1)?.name) window.__stage.push({ name, at: Date.now() });
  };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(stage, all);
  look();
}
"""
WORD_MS = 500
COUGH_MS = 250
SENTENCE_MS = 2_300
SHOWN_WITHIN_MS = 1_000
HELD_MS = 2_000
DRAWN_WITHIN_MS = 50  # what is drawn on a busy machine follows what was decided by a few frames


async def speaks(someone: Person, ms: int) -> float:
    """Makes sound for `ms` from now on; returns when it began, in ms since 1970."""
    return float(await someone.page.evaluate("(ms) => window.__speak(ms)", ms))


async def on_stage(viewer: Person, name: str) -> float:
    """Waits until `name` is large; returns since when, in ms since 1970."""
    last = "window.__stage.at(-1)"
    await viewer.page.wait_for_function(f"(name) => {last}.name === name", arg=name, timeout=6_000)
    return float(await viewer.page.evaluate(f"{last}.at"))


async def seen_on_stage(viewer: Person) -> list[str]:
    history: list[dict[str, Any]] = await viewer.page.evaluate("window.__stage")
    return [entry["name"] for entry in history]


@in_both_browsers
async def test_ac_35_whoever_speaks_is_large_soon_and_for_a_while_unless_pinned_or_shared(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob, chloe = await meet(
        server, person, "scene", browser, ("Alice", "Bob", "Chloé"), others=browser, scripts=(FAKE_SCREEN,)
    )
    for someone in (alice, bob, chloe):
        await someone.page.evaluate(WATCH_STAGE)
        await someone.sees_people(2)

    await _takes_the_stage_and_keeps_it(alice, bob, chloe)
    await _is_not_moved_by_ones_own_voice_nor_by_a_cough(alice, chloe)
    await _yields_to_a_pin_and_to_a_share(alice, bob, chloe)
    await _shows_initials_where_there_is_no_picture(alice, chloe)


async def _takes_the_stage_and_keeps_it(alice: Person, bob: Person, chloe: Person) -> None:
    assert await seen_on_stage(alice) == ["Bob"]
    began = await speaks(chloe, WORD_MS)
    taken = await on_stage(alice, "Chloé")
    assert taken - began < WORD_MS + SHOWN_WITHIN_MS
    await speaks(bob, SENTENCE_MS)
    assert await on_stage(alice, "Bob") - taken >= HELD_MS - DRAWN_WITHIN_MS


async def _is_not_moved_by_ones_own_voice_nor_by_a_cough(alice: Person, chloe: Person) -> None:
    before = await seen_on_stage(alice)
    await speaks(alice, WORD_MS * 2)
    await on_stage(chloe, "Alice")
    said = tile(alice, "Chloé").get_by_text("Parle")
    await speaks(chloe, COUGH_MS)
    await expect(said).to_be_attached()
    await expect(said).not_to_be_attached()
    assert await seen_on_stage(alice) == before


async def _chooses(viewer: Person, name: str, action: str) -> None:
    await viewer.page.get_by_role("button", name=f"Menu de {name}", exact=True).click()
    await viewer.page.get_by_role("menuitem", name=action, exact=True).click()


async def _yields_to_a_pin_and_to_a_share(alice: Person, bob: Person, chloe: Person) -> None:
    await _chooses(alice, "Chloé", "Épingler")
    await on_stage(alice, "Chloé")
    await speaks(bob, WORD_MS * 2)
    await on_stage(chloe, "Bob")
    await expect(alice.page.locator("[data-place=stage]")).to_contain_text("Chloé")
    await _chooses(alice, "Chloé", "Ne plus épingler")
    await on_stage(alice, "Bob")

    await control(alice, "Partage d'écran").click()
    await alice.click("Choisir…")
    await on_stage(bob, "Écran de Alice")
    await speaks(chloe, WORD_MS * 2)
    await on_stage(alice, "Chloé")
    await expect(bob.page.locator("[data-place=stage]")).to_have_text("Écran de Alice")
    await alice.click("Arrêter le partage")
    await on_stage(bob, "Chloé")


async def _shows_initials_where_there_is_no_picture(alice: Person, chloe: Person) -> None:
    large = alice.page.locator("[data-place=stage]")
    await expect(large.locator("video")).to_be_visible()
    await control(chloe, "Appareil photo").click()
    await expect(large.locator("video")).to_have_count(0)
    await expect(large.locator(".avatar")).to_have_text("C")
