"""Camera and microphone: why they are asked for, and what becomes of who refuses or has allowed them."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.support.acceptance import in_both_browsers, only_in
from tests.support.server import Server

NO_GRANT_IN_FIREFOX = "Playwright cannot give Firefox a permission in advance"
WHY = "Votre navigateur va vous demander l'accès au micro et à l'appareil photo."
ALLOW = "Autoriser le micro et la caméra"
STEPS = {
    "chromium": "l'icône des réglages, à gauche de l'adresse",
    "firefox": "caméra barrée, à gauche de l'adresse",
}
# Fake devices count as allowed in Chromium: the browser of a first visit says that it has to ask.
NEVER_ASKED = """
(() => {
  const permission = (state) => Object.assign(new EventTarget(), { state });
  navigator.permissions.query = async () => permission(window.__answered ? "granted" : "prompt");
})();
"""
# Whether a click was behind each question to the browser.
NOTE_QUESTIONS = """
(() => {
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.__asked = [];
  navigator.mediaDevices.getUserMedia = (wanted) => {
    window.__asked.push(navigator.userActivation.isActive);
    window.__answered = true;
    return native(wanted);
  };
})();
"""
REFUSE_UNTIL_ALLOWED = """
(() => {
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (window.__allowed) return native(wanted);
    throw new DOMException("refused", "NotAllowedError");
  };
})();
"""
REFUSE_THE_CAMERA = """
(() => {
  const native = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (wanted.video) throw new DOMException("refused", "NotAllowedError");
    return native(wanted);
  };
  navigator.permissions.query = async ({ name }) => ({ state: name === "camera" ? "denied" : "granted" });
})();
"""


def own_picture(someone: Person):
    return someone.page.get_by_test_id("prejoin-preview").locator("video")


@in_both_browsers
async def test_ac_26_first_visit_says_why_and_the_browser_asks_after_a_click(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    for script in (NEVER_ASKED, NOTE_QUESTIONS):
        await alice.context.add_init_script(script)
    await alice.page.bring_to_front()
    await alice.open(f"{server.url}/premiere-visite")
    await expect(alice.page.get_by_text(WHY)).to_be_visible()
    assert await alice.page.evaluate("window.__asked") == []

    await alice.click(ALLOW)
    await expect(own_picture(alice)).to_be_visible()
    assert await alice.page.evaluate("window.__asked") == [True]
    await expect(alice.page.get_by_text(WHY)).to_have_count(0)


@in_both_browsers
async def test_ac_27_who_refuses_both_sees_and_hears_and_finds_out_how_to_allow_them(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice"), await person("Bob", browser)
    for script in (NEVER_ASKED, REFUSE_UNTIL_ALLOWED):
        await bob.context.add_init_script(script)
    link = f"{server.url}/refus-{browser}"
    await alice.enter(link)
    await bob.enter(link)
    await bob.sees_moving_pictures()
    await bob.hears_sound()
    await expect(alice.page.locator("[data-testid=tile]", has_text="Bob")).to_be_visible()

    await bob.page.reload()
    await bob.click(ALLOW)
    await expect(bob.page.get_by_test_id("permission-card")).to_contain_text(STEPS[browser])
    await bob.page.evaluate("window.__allowed = true")
    await bob.click("Réessayer")
    await expect(own_picture(bob)).to_be_visible()


@in_both_browsers
async def test_ac_27_who_refuses_the_camera_is_heard(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice"), await person("Bob", browser)
    await bob.context.add_init_script(REFUSE_THE_CAMERA)
    link = f"{server.url}/sans-camera-{browser}"
    await alice.enter(link)
    await bob.enter(link)
    await bob.sees_moving_pictures()
    await alice.hears_sound()


@only_in("chromium", NO_GRANT_IN_FIREFOX)
async def test_ac_28_who_has_allowed_both_is_told_nothing_about_permissions(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser, permissions=["camera", "microphone"])
    await alice.open(f"{server.url}/retour")
    await expect(own_picture(alice)).to_be_visible()
    await expect(alice.page.get_by_text(WHY)).to_have_count(0)
    await expect(alice.page.get_by_test_id("permission-card")).to_have_count(0)
