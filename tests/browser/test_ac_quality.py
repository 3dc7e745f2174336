"""Less quality, for a weak line or machine: chosen on a slider, or proposed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from playwright.async_api import Locator, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.pretend import LYING_STATISTICS, OVERLOADED, devices
from tests.browser.rooms import alone, control, meet, tile
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

BITRATES = {"Haute définition": 1_700_000, "Définition standard": 500_000, "Basse définition": 150_000}
CAMERA = (1280, 720)
LOWEST_HEIGHT = 180
# In two seconds and some: Firefox codes a small black picture a second for a sender that has no track. The
# server forwards none of them.
BLACK_PICTURES: dict[BrowserName, int] = {"chromium": 0, "firefox": 4}
OVERLOAD_S = 10
PATIENCE_S = 8

# What the camera sends: bytes and pictures so far, the largest picture now, and the highest ceiling, even
# while nobody watches.
CAMERA_SENT = """
async () => {
  const sent = { bytes: 0, pictures: 0, height: 0, ceiling: 0 };
  for (const connection of window.__connections) {
    if (connection.connectionState === "closed") continue;
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type !== "outbound-rtp" || entry.kind !== "video") continue;
      sent.bytes += entry.bytesSent;
      sent.pictures += entry.framesEncoded ?? 0;
      if (entry.active !== false) sent.height = Math.max(sent.height, entry.frameHeight ?? 0);
    }
    const [sender] = connection.getSenders().filter(({ track }) => track?.kind === "video");
    for (const encoding of sender?.getParameters().encodings ?? []) {
      sent.ceiling = Math.max(sent.ceiling, encoding.maxBitrate);
    }
  }
  return sent;
}
"""


async def sends(someone: Person, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Waits until what the camera sends is as wanted; there is no event to wait for."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        sent: dict[str, Any] = await someone.page.evaluate(CAMERA_SENT)
        if holds(sent):
            return sent
        assert time.monotonic() < deadline, sent
        await asyncio.sleep(0.1)


async def sent_during(someone: Person, seconds: float, what: str) -> int:
    """Returns how many `bytes` or `pictures` the camera sent in a time long enough to be a rate."""
    before = await someone.page.evaluate(CAMERA_SENT)
    await asyncio.sleep(seconds)
    return int((await someone.page.evaluate(CAMERA_SENT))[what] - before[what])


def slider_of(someone: Person) -> Locator:
    return someone.page.get_by_role("slider", name="Qualité vidéo")


@in_both_browsers
async def test_ac_45_low_definition_sends_less_and_audio_only_no_picture_either_way(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await meet(server, person, "moindre", browser, camera=CAMERA)
    await bob.sees_moving_pictures()
    await sends(alice, lambda sent: sent["height"] > LOWEST_HEIGHT)
    high = await sent_during(alice, 2, "bytes")
    await alice.page.keyboard.press("a")
    for _ in range(2):
        await slider_of(alice).press("ArrowLeft")
    lowest = BITRATES["Basse définition"]
    await sends(alice, lambda sent: 0 < sent["height"] <= LOWEST_HEIGHT and sent["ceiling"] == lowest)
    assert await sent_during(alice, 2, "bytes") < high

    await slider_of(alice).press("Home")
    await expect(slider_of(alice)).to_have_attribute("aria-valuetext", "Audio seulement")
    await alice.gets_no_picture()
    await bob.gets_no_picture()
    await expect(tile(bob, "Alice").locator("video")).to_have_count(0)
    assert await sent_during(alice, 2, "pictures") <= BLACK_PICTURES[browser]
    assert await alice.page.evaluate("window.__cameras.every(({ readyState }) => readyState === 'ended')")
    await alice.page.evaluate("window.__speak(5_000)")
    await bob.hears_sound()

    await slider_of(alice).press("End")
    await alice.sees_moving_pictures()
    await bob.sees_moving_pictures()


@in_both_browsers
async def test_ac_46_a_machine_overloaded_for_ten_seconds_is_offered_less_in_one_click(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    for script in (devices(*CAMERA), LYING_STATISTICS):
        await alice.context.add_init_script(script)
    await alice.page.clock.install()
    await alice.enter(f"{server.url}/surcharge-{browser}")
    await expect(alice.page.get_by_test_id("conn-indicator")).to_have_accessible_name("Connexion : bonne")
    proposal = alice.page.get_by_test_id("quality-proposal")
    await alice.page.evaluate(OVERLOADED)
    for _ in range(OVERLOAD_S - 2):
        await alice.page.clock.run_for(1_000)
    await expect(proposal).to_have_count(0)
    for _ in range(4):
        await alice.page.clock.run_for(1_000)
    await expect(proposal).to_contain_text("Votre machine peine à suivre")
    await proposal.get_by_role("button", name="Passer en Définition standard").click()
    await expect(proposal).to_have_count(0)
    await sends(alice, lambda sent: sent["ceiling"] == BITRATES["Définition standard"])


@in_both_browsers
async def test_ac_47_settings_at_the_right_end_lead_to_quality_in_two_clicks_or_one_key(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await alone(server, person, browser, "reglages")
    buttons = alice.page.get_by_role("toolbar").get_by_role("button")
    boxes = [await button.bounding_box() for button in await buttons.all()]
    own = await control(alice, "Paramètres").bounding_box()
    assert own is not None
    assert own["x"] == max(box["x"] for box in boxes if box is not None)

    quality = alice.page.get_by_role("dialog", name="Gérer la qualité vidéo")
    await control(alice, "Paramètres").click()
    await expect(alice.page.get_by_role("menu", name="Paramètres")).to_be_visible()
    await alice.page.get_by_role("menuitem", name="Gérer la qualité vidéo").click()
    await expect(quality).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await expect(quality).to_have_count(0)
    await alice.page.keyboard.press("a")
    await expect(quality).to_be_visible()


# Closes the dialog and presses A before the browser has told anybody of the close.
CLOSE_AND_PRESS_A = """
async (dialog) => {
  dialog.querySelector("button[aria-label=Fermer]").click();
  await null;
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true }));
}
"""


@in_both_browsers
async def test_a_key_right_after_a_dialog_was_closed_opens_it_again(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await alone(server, person, browser, "aussitot")
    quality = alice.page.get_by_role("dialog", name="Gérer la qualité vidéo")
    await alice.page.keyboard.press("a")
    await quality.evaluate(CLOSE_AND_PRESS_A)
    await alice.page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    await expect(quality).to_be_visible()


@in_both_browsers
async def test_ac_48_a_slider_with_four_names_takes_effect_at_once_and_is_kept_for_other_meetings(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await alone(server, person, browser, "curseur", CAMERA)
    await alice.page.keyboard.press("a")
    slider = slider_of(alice)
    await slider.focus()
    for name, bitrate in BITRATES.items():
        await expect(slider).to_have_attribute("aria-valuetext", name)
        await sends(alice, lambda sent, ceiling=bitrate: sent["ceiling"] == ceiling)
        await alice.page.keyboard.press("ArrowLeft")
    await expect(slider).to_have_attribute("aria-valuetext", "Audio seulement")
    await alice.page.keyboard.press("ArrowRight")
    await alice.page.keyboard.press("ArrowRight")
    await alice.enter(f"{server.url}/curseur-ailleurs-{browser}")
    await alice.page.keyboard.press("a")
    await expect(slider_of(alice)).to_have_attribute("aria-valuetext", "Définition standard")
    await sends(alice, lambda sent: sent["ceiling"] == BITRATES["Définition standard"])
