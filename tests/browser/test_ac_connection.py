"""The indicator in the corner: how good the connection to the instance is, in words, and what to do then."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.pretend import LYING_STATISTICS, WATCH_SOCKETS
from tests.browser.rooms import clipboard, control, meet, now_ms, open_panel, screen, shown_at, watch
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

WIDE = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
BAD_WITHIN_MS = 5_000
GOOD_WITHIN_MS = 10_000
STEADY_MS = 3_000
# A stream that loses `__loss` of its packets; so large that what the others lose does not count beside it.
LOSE = """
(loss) => {
  window.__loss = loss;
  window.__looks = 0;
  if (window.__lie) return;
  const lost = { id: "lie", type: "inbound-rtp", kind: "audio", packetsReceived: 0, packetsLost: 0 };
  window.__lie = () => {
    window.__looks += 1;
    lost.packetsReceived += 10_000 * (1 - window.__loss);
    lost.packetsLost += 10_000 * window.__loss;
    return [{ ...lost }];
  };
}
"""
# Keeps every word that the indicator says from now on.
NOTE_WORDS = """
() => {
  window.__words = [];
  const indicator = document.querySelector("[data-testid=conn-indicator]");
  new MutationObserver(() => window.__words.push(indicator.dataset.quality)).observe(indicator, {
    attributeFilter: ["data-quality"],
  });
}
"""
# Whether what is drawn in the middle of the indicator is the indicator.
IS_UNCOVERED = """
(indicator) => {
  const { left, top, width, height } = indicator.getBoundingClientRect();
  return indicator.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}
"""


def indicator_of(someone: Person) -> Locator:
    return someone.page.get_by_test_id("conn-indicator")


@in_both_browsers
async def test_ac_43_indicator_says_in_words_and_bars_how_the_connection_is_without_flicker(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, _ = await meet(server, person, "indicateur", browser, scripts=(LYING_STATISTICS, WATCH_SOCKETS))
    indicator = indicator_of(alice)
    await _is_always_in_the_corner(alice)
    await _says(indicator, "bonne", bars=3)

    await _loses_until_looked_at(alice, 0)
    await alice.page.evaluate(NOTE_WORDS)
    await _lasts_a_moment(alice, 0.08)
    await alice.page.evaluate(LOSE, 0.03)
    await _says(indicator, "moyenne", bars=2)
    assert await _ms_until(alice, "poor", 0.08) < BAD_WITHIN_MS
    await _says(indicator, "mauvaise", bars=1)
    assert STEADY_MS <= await _ms_until(alice, "good", 0) < GOOD_WITHIN_MS
    await _says(indicator, "bonne", bars=3)
    words = await alice.page.evaluate("window.__words")
    assert words in (["fair", "poor", "good"], ["fair", "poor", "fair", "good"])

    await alice.page.evaluate("window.__drop_sockets(true)")
    await _says(indicator, "perdue", bars=0)
    await alice.page.evaluate("window.__drop_sockets(false)")
    await _says(indicator, "bonne", bars=3)


async def _ms_until(alice: Person, quality: str, loss: float) -> float:
    """From now on loses this share of packets; returns how long it takes until the indicator says so."""
    await watch(
        alice.page, f"document.querySelector('[data-testid=conn-indicator]').dataset.quality === '{quality}'"
    )
    since = now_ms()
    await alice.page.evaluate(LOSE, loss)
    return await shown_at(alice.page) - since


async def _lasts_a_moment(alice: Person, loss: float) -> None:
    """Loses packets during one look of the page's, and waits until it has forgotten that."""
    await _loses_until_looked_at(alice, loss)
    await _loses_until_looked_at(alice, 0, times=3)


async def _loses_until_looked_at(alice: Person, loss: float, *, times: int = 1) -> None:
    """The very first look of a page is believed at once; those after it have to agree."""
    await alice.page.evaluate(LOSE, loss)
    await alice.page.wait_for_function("(times) => window.__looks >= times", arg=times)


async def _says(indicator: Locator, word: str, *, bars: int) -> None:
    """Never by colour alone: the word is there to read, and so many of three bars are lit."""
    await expect(indicator).to_have_accessible_name(f"Connexion : {word}", timeout=GOOD_WITHIN_MS)
    await expect(indicator).to_contain_text(f"Connexion : {word}")
    await expect(indicator.locator("rect")).to_have_count(3)
    await expect(indicator.locator("rect.lit")).to_have_count(bars)


async def _is_always_in_the_corner(alice: Person) -> None:
    indicator = indicator_of(alice)
    for size in (PHONE, WIDE):
        await alice.page.set_viewport_size(size)
        box = await indicator.bounding_box()
        assert box is not None
        assert 0 <= box["x"] < size["width"] / 20
        assert 0 <= box["y"] < size["height"] / 20
        assert await indicator.evaluate(IS_UNCOVERED), size
    for panel in ("Chat", "Participants", "Info"):
        await open_panel(alice, panel)
        assert await indicator.evaluate(IS_UNCOVERED), panel
    await control(alice, "Info").click()


@in_both_browsers
async def test_ac_44_details_say_what_is_wrong_with_whom_and_what_to_do_then_the_numbers(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, _ = await meet(server, person, "details", browser, scripts=(LYING_STATISTICS,))
    indicator, bubble = indicator_of(alice), screen(alice, "bulle-connexion")
    await indicator.click()
    await expect(bubble).to_contain_text("Tout va bien")
    await alice.page.keyboard.press("Escape")
    await expect(bubble).to_have_count(0)
    await expect(indicator).to_be_focused()

    await alice.page.evaluate(LOSE, 0.08)
    await expect(indicator).to_have_accessible_name("Connexion : mauvaise", timeout=BAD_WITHIN_MS)
    await alice.page.keyboard.press("Enter")
    await expect(bubble).to_contain_text("Une partie de ce que vous recevez se perd en route.")
    await expect(bubble).to_contain_text("Cela vient de votre réseau")
    for label, value in ROWS.items():
        row = bubble.locator("dt", has_text=re.compile(f"^{label}$")).locator("+ dd")
        await expect(row).to_have_text(re.compile(value))
    await bubble.get_by_role("button", name="Copier le rapport").click()
    await expect(bubble.get_by_role("status")).to_have_text("Rapport copié")
    report = await clipboard(alice.page)
    assert "Perte à la réception" in report
    assert "Alice" not in report

    await bubble.get_by_role("button", name="Passer en basse définition").click()
    await alice.page.keyboard.press("Escape")
    await alice.page.keyboard.press("a")
    slider = alice.page.get_by_role("slider", name="Qualité vidéo")
    await expect(slider).to_have_attribute("aria-valuetext", "Basse définition")


# The numbers that do not depend on the browser, in their order.
ROWS = {
    "Aller-retour": r"^\d+ ms$",
    "Transport": "^UDP$",
    "Débit envoyé": "bit/s$",
    "Débit reçu": "bit/s$",
    "Perte à l'envoi": "%$",
    "Perte à la réception": "%$",
    "Instance": "^localhost$",
    "Occupation de l'instance": "%$",
}
