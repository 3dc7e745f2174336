"""Small things that one would miss: toasts, figures, a report, the icon of the tab, an offer to install."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.people import NewPerson, Person
from tests.browser.rooms import clipboard, meet, open_panel, say, screen, toast
from tests.support.server import Server

# As a browser says that it could install the page; noted is whether it was asked to.
OFFER_TO_INSTALL = """
() => {
  window.__asked = 0;
  const offer = new Event("beforeinstallprompt", { cancelable: true });
  offer.prompt = async () => { window.__asked += 1; };
  dispatchEvent(offer);
  return offer.defaultPrevented;
}
"""
ICON = 'link[rel="icon"]'


async def choose_setting(someone: Person, name: str) -> None:
    await someone.page.get_by_role("toolbar").get_by_role("button", name="Paramètres", exact=True).click()
    await someone.page.get_by_role("menuitem", name=name, exact=True).click()


async def test_the_toast_of_a_message_goes_when_the_chat_opens(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "toasts", "chromium")
    await say(bob, "Bonjour à tous")
    await expect(toast(alice, "Bonjour à tous")).to_be_visible()
    await toast(alice, "Bonjour à tous").hover()  # it would stay
    await alice.page.keyboard.press("c")
    await expect(toast(alice, "Bonjour à tous")).to_have_count(0, timeout=1_000)


async def test_what_went_through_in_the_last_minute_is_told_within_five_seconds(
    server: Server, person: NewPerson
) -> None:
    [alice, _] = await meet(server, person, "debit", "chromium")
    await alice.page.keyboard.press("a")
    measured = alice.page.get_by_test_id("quality-measured")
    await expect(measured).to_have_text(re.compile(r"En ce moment ≈ [\d,.]+ Go par heure"), timeout=5_000)
    await expect(alice.page.get_by_test_id("quality-ceiling")).to_have_text(
        re.compile(r"Au plus ≈ [\d,.]+ Go par heure à ce niveau")
    )


async def test_a_report_of_a_problem_is_copied_and_names_nobody(server: Server, person: NewPerson) -> None:
    [alice, _] = await meet(server, person, "rapport-secret", "chromium")
    await choose_setting(alice, "Signaler un problème")
    dialog = screen(alice, "dialogue-signaler")
    await dialog.get_by_label("Que s'est-il passé ?").fill("Le son coupe.")
    report = await dialog.get_by_test_id("report-text").inner_text()
    assert report.startswith("Le son coupe.\n")
    assert "Personnes : 2" in report
    for secret in ("Alice", "Bob", "rapport-secret", "localhost", "127.0.0.1"):
        assert secret not in report
    await dialog.get_by_role("button", name="Copier le rapport").click()
    await expect(dialog.get_by_text("Rapport copié").first).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await open_panel(alice, "Chat")
    assert (await clipboard(alice.page)).startswith("Le son coupe.\n")


async def test_movement_and_fading_bars_are_turned_off_in_the_settings(
    server: Server, person: NewPerson
) -> None:
    [alice, _] = await meet(server, person, "calme", "chromium")
    await choose_setting(alice, "Accessibilité")
    await alice.page.get_by_role("switch", name="Réduire les animations").check()
    await alice.page.get_by_role("switch", name="Garder les commandes affichées").check()
    durations = (
        "() => getComputedStyle(document.querySelector('[role=toolbar] button .icon')).transitionDuration"
    )
    assert await alice.page.evaluate(durations) == "0s"
    await alice.page.reload()
    await alice.enter()
    assert await alice.page.evaluate(durations) == "0s"


async def test_the_icon_of_the_tab_tells_whether_one_can_be_heard(server: Server, person: NewPerson) -> None:
    [alice, _] = await meet(server, person, "icone", "chromium")
    icon = alice.page.locator(ICON)
    await expect(icon).to_have_attribute("href", "/favicon-live.svg")
    await alice.page.keyboard.press("m")
    await expect(icon).to_have_attribute("href", "/favicon-muted.svg")
    for name in ("favicon-live.svg", "favicon-muted.svg"):
        answer = await alice.context.request.get(f"{server.url}/{name}")
        assert answer.headers["content-type"] == "image/svg+xml"
    await alice.page.keyboard.press("Control+Shift+L")
    await alice.click("Quitter sans arrêter la réunion")
    await expect(icon).to_have_attribute("href", "/favicon.svg")


async def test_installing_is_offered_after_a_call_and_not_before(server: Server, person: NewPerson) -> None:
    alice, bob = await meet(server, person, "installer", "chromium")
    hint = bob.page.get_by_test_id("install-hint")
    assert await bob.page.evaluate(OFFER_TO_INSTALL)
    await expect(hint).to_have_count(0)
    await bob.click("Raccrocher")
    await bob.click("Installer Causerie")
    assert await bob.page.evaluate("() => window.__asked") == 1
    await expect(hint).to_have_count(0)

    # Alone now, the host is not asked whether to end it for all.
    await alice.page.evaluate(OFFER_TO_INSTALL)
    await alice.click("Raccrocher")
    await alice.click("Non merci")
    await alice.page.evaluate(OFFER_TO_INSTALL)
    await expect(alice.page.get_by_test_id("install-hint")).to_have_count(0)
