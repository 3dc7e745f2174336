"""The landing page: what it says, the meeting it offers, and what it does when nobody answers."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.people import BrowserName, NewPerson, invitation
from tests.support.acceptance import in_both_browsers, only_in
from tests.support.qr import Modules, text_of
from tests.support.server import Server

LANGUAGE_OF_ALL_WINDOWS = "Playwright sets Firefox's language for all windows at once"
PROCESSOR_TIME = "only Chromium tells how long the processor worked, whatever else the machine does"
PHONE_IS_SLOWER = 4  # times, as Lighthouse takes a mid-range phone to be
RANDOM_NAME = re.compile(r"[2-9a-km-np-z]{4}-[2-9a-km-np-z]{5}-[2-9a-km-np-z]{4}")
# Clipboard and share sheet answer at once and keep what they were given.
KEEP_WHAT_IS_SHARED = """
(() => {
  window.__copied = [];
  window.__shared = [];
  navigator.clipboard.writeText = async (text) => void window.__copied.push(text);
  navigator.share = async (sheet) => void window.__shared.push(sheet.url);
})();
"""
NOTE_CHANCE = """
(() => {
  window.__chance = [];
  const secure = crypto.getRandomValues.bind(crypto), weak = Math.random;
  crypto.getRandomValues = (array) => { window.__chance.push("crypto"); return secure(array); };
  Math.random = () => { window.__chance.push("Math"); return weak(); };
})();
"""
READ_QR = """
(canvas) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const row = (y) => Array.from({ length: width }, (_, x) => data[4 * (y * width + x)] < 128);
  return Array.from({ length: height }, (_, y) => row(y));
}
"""


async def link_of(page: Page) -> str:
    return await page.get_by_test_id("landing-link").inner_text()


@in_both_browsers
async def test_ac_01_page_says_in_french_what_it_is_and_switches_without_losing_anything(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.open(server.url)
    await expect(alice.page.locator("html")).to_have_attribute("lang", "fr")
    await expect(alice.page.locator("h1")).to_have_count(1)
    await expect(alice.page.locator("h1")).to_contain_text("Causerie")
    await expect(alice.page.get_by_text("Lancez une réunion, partagez son lien")).to_be_visible()
    await alice.page.get_by_label("Nom de la salle (facultatif)").fill("Classe 3B")

    await alice.page.get_by_role("button", name="English").click()
    await expect(alice.page.locator("html")).to_have_attribute("lang", "en")
    await expect(alice.page.get_by_role("button", name="Start a meeting", exact=True)).to_be_visible()
    await expect(alice.page.get_by_label("Room name (optional)")).to_have_value("Classe 3B")
    assert (await link_of(alice.page)).endswith("/classe-3b")


@only_in("chromium", LANGUAGE_OF_ALL_WINDOWS)
@pytest.mark.parametrize(("locale", "shown"), [("fr-CA", "fr"), ("en-GB", "en"), ("de-DE", "en")])
async def test_ac_01_language_is_the_one_that_the_browser_prefers(
    server: Server, person: NewPerson, browser: BrowserName, locale: str, shown: str
) -> None:
    alice = await person("Alice", browser, locale=locale)
    await alice.open(server.url)
    await expect(alice.page.locator("html")).to_have_attribute("lang", shown)


@in_both_browsers
async def test_ac_09_spellings_of_a_name_lead_to_one_short_address(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    for typed in ("Classe%203B%20%C3%89t%C3%A9", "CLASSE-3b-ete"):
        await alice.open(f"{server.url}/{typed}")
        assert alice.page.url == f"{server.url}/classe-3b-ete"
    await expect(alice.page.locator('[data-screen="ecran-prejoin"]')).to_contain_text("classe-3b-ete")


@only_in("chromium", PROCESSOR_TIME)
async def test_ac_14_front_page_takes_keys_within_a_second_on_a_slow_phone(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser, viewport={"width": 390, "height": 844})
    devtools = await alice.context.new_cdp_session(alice.page)
    await devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    await alice.open(server.url)
    await expect(alice.page.get_by_test_id("landing-start")).to_be_enabled()
    metrics = await devtools.send("Performance.getMetrics")
    worked_s = {metric["name"]: metric["value"] for metric in metrics["metrics"]}["TaskDuration"]
    assert 0 < worked_s * PHONE_IS_SLOWER < 1, worked_s
    for _ in range(40):
        await alice.page.keyboard.press("Tab")
        if await alice.page.get_by_test_id("landing-start").evaluate("(it) => it === document.activeElement"):
            break
    await alice.page.keyboard.press("Enter")
    await expect(alice.page.locator('[data-screen="ecran-prejoin"]')).to_be_visible()


@in_both_browsers
async def test_ac_17_page_says_that_nobody_answers_tries_again_and_has_no_dead_button(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)

    async def nobody(route: Route) -> None:
        await route.abort()

    await alice.page.route("**/api/v1/capacity", nobody)
    await alice.open(server.url)
    instance = alice.page.get_by_test_id("landing-instance")
    await expect(instance).to_contain_text("L'instance ne répond pas pour le moment. Nouvel essai")
    await expect(alice.page.get_by_test_id("landing-start")).to_be_disabled()

    await alice.page.unroute("**/api/v1/capacity")
    await expect(instance).to_contain_text("disponible", timeout=8_000)
    await expect(alice.page.get_by_test_id("landing-start")).to_be_enabled()


@in_both_browsers
async def test_ac_19_occupancy_of_the_instance_stands_in_words_and_as_a_meter(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.open(server.url)
    await expect(alice.page.get_by_test_id("landing-instance")).to_contain_text(
        re.compile(r"Instance localhost\s: \d+\s% occupée — (disponible|chargée|très occupée)")
    )
    meter = alice.page.get_by_role("meter", name="Occupation de l'instance")
    await expect(meter).to_be_visible()
    assert 0 <= int(await meter.get_attribute("aria-valuenow") or "") <= 100
    await expect(alice.page.get_by_role("button", name="Proposer une autre instance")).to_have_count(0)


@in_both_browsers
async def test_ac_22_one_click_leads_to_the_preview_of_a_new_room(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.open(server.url)
    link = await link_of(alice.page)
    await alice.page.get_by_role("button", name="Lancer une réunion", exact=True).click()
    await expect(alice.page.locator('[data-screen="ecran-prejoin"]')).to_be_visible()
    assert alice.page.url.rpartition("/")[2] == link.rpartition("/")[2]


@in_both_browsers
async def test_ac_23_random_name_comes_from_the_cryptographic_source_and_is_new_each_time(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.context.add_init_script(NOTE_CHANCE)
    names = set()
    for _ in range(2):
        await alice.open(server.url)
        names.add((await link_of(alice.page)).rpartition("/")[2])
        assert await alice.page.evaluate("window.__chance") == ["crypto"]
    assert len(names) == 2
    assert all(RANDOM_NAME.fullmatch(name) for name in names)


@in_both_browsers
@pytest.mark.parametrize(
    ("kept", "sentence"),
    [
        ([], "Aucun son, aucune image, aucun message n'est conservé."),
        (["messages"], "les messages"),
    ],
    ids=["nothing", "messages"],
)
async def test_ac_32_what_is_kept_is_said_as_the_server_is_configured(
    server: Server, person: NewPerson, browser: BrowserName, kept: list[str], sentence: str
) -> None:
    alice = await person("Alice", browser)

    async def configured(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "kept": kept})

    if kept:
        await alice.page.route("**/api/v1/capacity", configured)
    await alice.open(server.url)
    await expect(alice.page.get_by_test_id("kept")).to_contain_text(sentence)


@in_both_browsers
async def test_ac_54_link_to_copy_share_and_scan_is_that_of_the_room_that_opens(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.context.add_init_script(KEEP_WHAT_IS_SHARED)
    await alice.open(server.url)
    link = await invitation(alice.page) + "cafe-du-lundi"
    await expect(alice.page.get_by_test_id("landing-link")).not_to_have_text(link)
    await alice.page.get_by_label("Nom de la salle (facultatif)").fill("Café du lundi")
    await expect(alice.page.get_by_test_id("landing-link")).to_have_text(link)

    await alice.click("Copier le lien")
    await expect(alice.page.get_by_role("status").filter(has_text="Lien copié")).to_be_attached()
    await alice.click("Partager…")
    assert await alice.page.evaluate("[window.__copied, window.__shared]") == [[link], [link]]
    await alice.click("Code QR")
    code = alice.page.get_by_role("img", name="Code QR du lien de la réunion").locator("canvas")
    await code.wait_for()
    assert text_of(trimmed(await code.evaluate(READ_QR))) == link

    await alice.page.get_by_role("button", name="Lancer une réunion", exact=True).click()
    await expect(alice.page.locator('[data-screen="ecran-prejoin"]')).to_be_visible()
    assert alice.page.url == f"{server.url}/cafe-du-lundi"


def trimmed(picture: Modules) -> Modules:
    """Cuts the white rim."""
    rows = [y for y, row in enumerate(picture) if any(row)]
    columns = [x for x in range(len(picture[0])) if any(row[x] for row in picture)]
    return [row[columns[0] : columns[-1] + 1] for row in picture[rows[0] : rows[-1] + 1]]
