"""The controls of the reference page: share, hand, chat, mute, hang up, camera."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.pretend import CATCH_DOWNLOADS, FAKE_SCREEN
from tests.browser.rooms import (
    clipboard,
    control,
    log_of,
    meet,
    now_ms,
    open_panel,
    say,
    screen,
    shown_at,
    tile,
    toast,
    watch,
)
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

SOON_MS = 500
WITHIN_A_SECOND_MS = 1_000
SILENCE_PACKET_MS = 400
LONGEST_GAP_MS = 300
LOOK_EVERY_MS = 50
# Over WebDriver BiDi the driver hears of no download: the file is caught in the page, as it is handed over.
TELLS_NO_DOWNLOADS: frozenset[BrowserName] = frozenset({"firefox"})
TILES = "[...document.querySelectorAll('[data-testid=tile]')]"
OTHERS = ("Partage d'écran", "Lever la main", "Chat", "Mosaïque", "Participants", "Info", "Paramètres")


@in_both_browsers
async def test_ac_36_a_screen_is_shared_and_ends_by_button_bar_key_and_the_browsers_own_bar(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "partage", browser, scripts=(FAKE_SCREEN,))
    await _refused_silently(alice)
    button, bar = control(alice, "Partage d'écran"), alice.page.get_by_test_id("share-bar")
    shared = tile(bob, "Écran de Alice")
    endings = {
        "button": button.click,
        "bar": bar.get_by_role("button", name="Arrêter le partage").click,
        "key": lambda: alice.page.keyboard.press("d"),
        "browser": lambda: alice.page.evaluate("window.__end_screen()"),
    }
    for end in endings.values():
        await alice.page.keyboard.press("d")
        await alice.click("Choisir…")
        await expect(bar).to_be_visible()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(shared.locator("video")).to_be_visible()
        await watch(alice.page, "document.querySelector('[data-testid=share-bar]') === null")
        ended = now_ms()
        await end()
        await expect(button).to_have_attribute("aria-pressed", "false")
        assert await shown_at(alice.page) - ended < WITHIN_A_SECOND_MS
        await expect(shared).to_have_count(0)


async def _refused_silently(alice: Person) -> None:
    await alice.page.evaluate("window.__refuse_screen = true")
    await alice.page.keyboard.press("d")
    await alice.click("Choisir…")
    await alice.page.wait_for_function("() => window.__screens_asked === 1")
    await alice.page.evaluate("window.__refuse_screen = false")
    # What comes of it is there by the time the next question is on screen.
    await alice.page.keyboard.press("d")
    await expect(screen(alice, "dialogue-partage")).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await expect(alice.page.get_by_role("alert")).to_have_count(0)
    await expect(toast(alice, "partage")).to_have_count(0)
    await expect(control(alice, "Partage d'écran")).to_have_attribute("aria-pressed", "false")


@in_both_browsers
async def test_ac_37_a_raised_hand_is_told_to_all_has_one_place_for_all_and_goes_everywhere_at_once(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    people = await meet(server, person, "mains", browser, ("Alice", "Bob", "Chloé"))
    alice, bob, _ = people
    await bob.page.keyboard.press("r")
    await expect(toast(alice, "Bob lève la main (place 1)")).to_be_visible()
    await expect(toast(bob, "Votre main est levée, place 1")).to_be_visible()
    await control(alice, "Lever la main").click()
    await expect(control(alice, "Lever la main")).to_have_attribute("aria-pressed", "true")
    for someone in people:
        await open_panel(someone, "Participants")
        await expect(_hand(someone, "Bob")).to_have_text("Main levée, place 1")
        await expect(_hand(someone, "Alice")).to_have_text("Main levée, place 2")
        await expect(_row(someone, "Bob")).to_contain_text("Main levée, place 1")
        await expect(_row(someone, "Alice")).to_contain_text("Main levée, place 2")

    for someone in people:
        await watch(someone.page, f"!{TILES}.some((tile) => tile.innerText.includes('place 2'))")
    lowered = now_ms()
    await bob.page.keyboard.press("r")
    for someone in people:
        assert await shown_at(someone.page) - lowered < SOON_MS
        await expect(_hand(someone, "Alice")).to_have_text("Main levée, place 1")
        await expect(_row(someone, "Bob")).not_to_contain_text("Main levée")
    await expect(control(bob, "Lever la main")).to_have_attribute("aria-pressed", "false")


def _hand(viewer: Person, name: str) -> Locator:
    """The badge on a tile."""
    shown = "Vous" if viewer.name == name else name
    return tile(viewer, shown).get_by_text(re.compile("^Main levée"))


def _row(viewer: Person, name: str) -> Locator:
    people = viewer.page.get_by_role("list", name="Personnes dans la salle")
    return people.get_by_role("listitem").filter(has_text=name)


@in_both_browsers
async def test_ac_38_chat_takes_the_focus_and_gives_it_back_and_counts_what_was_not_read(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "chat", browser)
    button, composer = control(alice, "Chat"), alice.page.get_by_label("Votre message")
    for note in ("une note", "une autre"):
        await say(bob, note)
    await expect(button).to_have_accessible_description(re.compile("^2 messages non lus"))
    await expect(button.locator("[data-badge]")).to_have_attribute("data-badge", "2")
    await button.click()
    await expect(composer).to_be_focused()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(log_of(alice)).to_contain_text("une autre")
    await button.click()
    await expect(composer).to_have_count(0)
    await expect(button).to_be_focused()
    await expect(button).not_to_have_accessible_description(re.compile("non lu"))
    await alice.page.keyboard.press("c")
    await expect(composer).to_be_focused()
    await alice.page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-pressed", "false")


@in_both_browsers
async def test_ac_39_lines_are_kept_for_late_arrivals_too_and_all_can_be_copied_and_downloaded(
    server: Server, person: NewPerson, browser: BrowserName, tmp_path: Path
) -> None:
    alice, bob = await meet(server, person, "notes", browser)
    await say(bob, "Bonjour 👋")
    await open_panel(alice, "Chat")
    composer = alice.page.get_by_label("Votre message")
    await composer.press_sequentially("première ligne")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("seconde ligne")
    await composer.press("Enter")
    late = await person("Chloé", browser)
    await late.enter(alice.page.url)
    await open_panel(late, "Chat")
    for someone in (alice, bob, late):
        await expect(log_of(someone)).to_contain_text("seconde ligne")
        assert "première ligne\nseconde ligne" in await log_of(someone).inner_text()

    moment = r"\[\d\d/\d\d/\d{4} \d\d:\d\d\]"
    whole = re.compile(rf"{moment} Bob\nBonjour 👋\n\n{moment} Alice\npremière ligne\nseconde ligne\n")
    await late.click("Copier tout")
    await expect(screen(late, "panneau-chat").get_by_role("status")).to_have_text("Messages copiés")
    assert whole.fullmatch(await clipboard(late.page))
    name, text = await _downloaded(late, browser, tmp_path)
    assert name == f"notes-{browser}.txt"
    assert whole.fullmatch(text)


async def _downloaded(someone: Person, browser: BrowserName, folder: Path) -> tuple[str, str]:
    """Presses "Télécharger"; returns the name of the file and what is in it."""
    if browser in TELLS_NO_DOWNLOADS:
        await someone.page.evaluate(CATCH_DOWNLOADS)
        await someone.click("Télécharger (.txt)")
        await someone.page.wait_for_function("() => window.__saved !== undefined")
        name, text = await someone.page.evaluate("window.__saved")
        return name, text
    async with someone.page.expect_download() as download:
        await someone.click("Télécharger (.txt)")
    saved = await download.value
    await saved.save_as(folder / "saved.txt")
    return saved.suggested_filename, (folder / "saved.txt").read_text()


@in_both_browsers
async def test_ac_40_muet_stops_what_is_sent_at_once_and_others_see_it_soon(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "muet", browser)
    await _three_in_the_middle(alice)
    await alice.page.evaluate("window.__speak(60_000)")
    await bob.hears_sound()
    muted = "/Micro coupé/.test(tile.innerText) && /Alice/.test(tile.innerText)"
    await watch(bob.page, f"{TILES}.some((tile) => {muted})")
    pressed = now_ms()
    await alice.page.keyboard.press("m")
    assert await shown_at(bob.page) - pressed < SOON_MS
    await expect(control(alice, "Muet")).to_have_attribute("aria-pressed", "true")
    first, last = await alice.page.evaluate(SOUND_SENT_DURING, 2_000)
    assert last - first <= 2_000 / SILENCE_PACKET_MS
    await bob.gets_no_sound()
    await control(alice, "Muet").click()
    await expect(control(alice, "Muet")).to_have_attribute("aria-pressed", "false")
    await bob.hears_sound()
    await expect(tile(bob, "Alice").get_by_text("Micro coupé")).to_have_count(0)


# Packets of sound that left this page, before and after some time.
SOUND_SENT_DURING = """
async (ms) => {
  const sent = async () => {
    let packets = 0;
    for (const connection of window.__connections) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === "outbound-rtp" && entry.kind === "audio") packets += entry.packetsSent;
      }
    }
    return packets;
  };
  const before = await sent();
  await new Promise((done) => setTimeout(done, ms));
  return [before, await sent()];
}
"""


async def _three_in_the_middle(alice: Person) -> None:
    bar = await _box(alice.page.get_by_role("toolbar"))
    mute, hang_up, camera = [
        await _box(control(alice, name)) for name in ("Muet", "Raccrocher", "Appareil photo")
    ]
    assert mute["x"] < hang_up["x"] < camera["x"]
    middle, centre = bar["x"] + bar["width"] / 2, hang_up["x"] + hang_up["width"] / 2
    assert abs(centre - middle) < bar["width"] / 20
    for name in OTHERS:
        other = await _box(control(alice, name))
        assert other["x"] < mute["x"] or other["x"] > camera["x"], name


async def _box(of: Locator) -> dict[str, float]:
    box = await of.bounding_box()
    assert box is not None
    return dict(box)


@in_both_browsers
async def test_ac_41_leaving_does_not_interrupt_the_others_and_a_host_may_end_it_for_all(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob, chloe = await meet(server, person, "partir", browser, ("Alice", "Bob", "Chloé"))
    for someone in (alice, bob):
        await someone.page.evaluate("window.__speak(60_000)")
    for someone in (alice, bob):
        await someone.hears_sound()
        await someone.page.evaluate(COUNT_SOUND, LOOK_EVERY_MS)
    await control(chloe, "Raccrocher").click()
    await expect(screen(chloe, "ecran-fin")).to_be_visible()
    for someone in (alice, bob):
        await expect(tile(someone, "Chloé")).to_have_count(0)
    await asyncio.sleep(WITHIN_A_SECOND_MS / 1000)  # what an interruption would show in
    for someone in (alice, bob):
        looks = await someone.page.evaluate("window.__looks")
        assert longest_gap_ms(looks) <= LONGEST_GAP_MS, (someone.name, looks)

    await control(alice, "Raccrocher").click()
    await expect(alice.page.get_by_role("button", name="Quitter sans arrêter la réunion")).to_be_visible()
    await alice.click("Terminer pour tous")
    for someone in (alice, bob):
        await expect(screen(someone, "ecran-fin")).to_contain_text("La réunion est terminée")


# Counts the packets of the loudest stream of sound every so many ms; `__looks` holds [ms, packets].
COUNT_SOUND = """
async (every) => {
  window.__looks = [];
  const look = async () => {
    const counts = [];
    for (const connection of window.__connections) {
      if (connection.connectionState === "closed") continue;
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type !== "inbound-rtp" || entry.kind !== "audio") continue;
        counts.push([entry.totalAudioEnergy ?? 0, entry.packetsReceived]);
      }
    }
    const [loudest] = counts.sort(([a], [b]) => b - a);
    if (loudest !== undefined) window.__looks.push([performance.now(), loudest[1]]);
    setTimeout(look, every);
  };
  await look();
}
"""


def longest_gap_ms(looks: list[list[float]]) -> float:
    """The longest time in which look after look found not one packet more; too few looks prove nothing."""
    assert len(looks) > 1_000 / LOOK_EVERY_MS / 2, looks
    longest, since = 0.0, looks[0]
    for look in looks[1:]:
        if look[1] > since[1]:
            since = look
        longest = max(longest, look[0] - since[0])
    return longest


@in_both_browsers
async def test_ac_42_the_camera_is_released_when_off_and_back_within_a_second(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "camera", browser)
    await bob.sees_moving_pictures()
    button = control(alice, "Appareil photo")
    for press in (lambda: alice.page.keyboard.press("v"), button.click):
        await expect(button).to_have_attribute("aria-pressed", "true")
        await press()
        await expect(button).to_have_attribute("aria-pressed", "false")
        assert await _cameras(alice) == {"ended"}
        await expect(tile(bob, "Alice").locator("video")).to_have_count(0)
        await expect(tile(bob, "Alice").locator(".avatar")).to_have_text("A")
        await watch(alice.page, "window.__cameras.at(-1).readyState === 'live'")
        wanted = now_ms()
        await press()
        assert await shown_at(alice.page) - wanted < WITHIN_A_SECOND_MS
        await expect(tile(bob, "Alice").locator("video")).to_be_visible()
    await bob.sees_moving_pictures()


async def _cameras(someone: Person) -> set[Any]:
    """The states of all cameras that this page ever opened: `ended` is a light that is off."""
    return set(await someone.page.evaluate("window.__cameras.map(({ readyState }) => readyState)"))
