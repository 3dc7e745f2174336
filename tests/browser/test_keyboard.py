"""A whole meeting without a mouse, and with the focus always in sight.

Source: WCAG 2.2, 2.1.1, 2.1.2, 2.4.3, 2.4.7, 2.4.11 and 1.4.13.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import control, screen
from tests.support.server import Server

BOTH: list[BrowserName] = ["chromium", "firefox"]
# What is wrong with how the focused element shows, or "". A field may leave the mark to the box around it.
FOCUS_FAULT = """
() => {
  const it = document.activeElement;
  const name = it.getAttribute("aria-label") ?? it.textContent.trim().slice(0, 40);
  const { left, top, right, bottom } = it.getBoundingClientRect();
  if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) return `${name}: outside the window`;
  const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const own = (element) => element !== null && (it.contains(element) || element.contains(it)
    || it.labels?.[0]?.contains(element));
  if (!own(seen)) return `${name}: covered by <${seen?.tagName} ${seen?.className}>`;
  const isMarked = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  };
  return isMarked(it) || isMarked(it.parentElement) ? "" : `${name}: not marked`;
}
"""
HAS_FOCUS = "(element) => element === document.activeElement"
IN_TOOLBAR = "document.activeElement.closest('[role=toolbar]') !== null"
IS_INSIDE = "(dialog) => dialog.contains(document.activeElement) || document.activeElement === document.body"


async def gets_focus(wanted: Locator) -> None:
    """Waits until the page's focus is there."""
    element = await wanted.element_handle()
    await wanted.page.wait_for_function(HAS_FOCUS, arg=element, timeout=5_000)


async def tab_to(page: Page, wanted: Locator, *, most: int = 25) -> None:
    """Presses Tab until `wanted` has the focus; every stop on the way shows that it has it."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            continue  # the browser's own controls
        assert await page.evaluate(FOCUS_FAULT) == ""
        if await wanted.evaluate(HAS_FOCUS):
            return
    raise AssertionError(f"{most} times Tab did not lead to {wanted}")


async def arrow_to(alice: Person, name: str) -> Locator:
    """Goes along the toolbar with the arrow until the control of that name has the focus."""
    wanted, page = control(alice, name), alice.page
    for _ in range(await page.locator("[role=toolbar] button").count()):
        if await wanted.evaluate(HAS_FOCUS):
            return wanted
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate(FOCUS_FAULT) == ""
    raise AssertionError(f"the arrow keys did not lead to {name}")


@pytest.mark.parametrize("browser", BOTH)
async def test_a_whole_visit_needs_no_mouse(server: Server, person: NewPerson, browser: BrowserName) -> None:
    alice = await person("Alice", browser, reduced_motion="reduce")
    page = alice.page
    await page.bring_to_front()
    await alice.open(server.url)
    await page.get_by_test_id("landing-occupancy").wait_for()
    await tab_to(page, page.get_by_test_id("landing-start"))
    await page.keyboard.press("Enter")
    await screen(alice, "ecran-prejoin").wait_for()
    await tab_to(page, page.get_by_label("Votre nom"))
    await page.keyboard.type("Alice")
    await page.keyboard.press("Enter")
    await screen(alice, "ecran-reunion").wait_for()
    await gets_focus(page.get_by_role("main"))

    await walk_the_toolbar(alice)
    await use_chat(alice)
    await use_settings(alice)
    await use_a_menu(alice)

    await page.keyboard.press("F2")
    await arrow_to(alice, "Raccrocher")
    await page.keyboard.press("Enter")
    await screen(alice, "ecran-fin").wait_for()
    await tab_to(page, page.get_by_role("link", name="Accueil", exact=True))
    await page.keyboard.press("Enter")
    await screen(alice, "ecran-accueil").wait_for()


async def walk_the_toolbar(alice: Person) -> None:
    """One Tab stop, arrows inside, End at its end, and Shift+Tab goes back out of it."""
    page = alice.page
    buttons = page.locator("[role=toolbar] button")
    await tab_to(page, buttons.first)
    await page.keyboard.press("End")
    await gets_focus(buttons.last)
    await page.keyboard.press("ArrowRight")
    await gets_focus(buttons.first)
    await page.keyboard.press("Shift+Tab")
    assert not await page.evaluate(IN_TOOLBAR)
    await page.keyboard.press("F2")
    await gets_focus(buttons.first)


async def use_chat(alice: Person) -> None:
    """The panel takes the focus, keeps the emojis' inside, and gives it back."""
    page = alice.page
    chat = await arrow_to(alice, "Chat")
    await page.keyboard.press("Enter")
    composer = page.get_by_label("Votre message")
    await gets_focus(composer)
    await page.keyboard.type("Bonjour")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("log")).to_contain_text("Bonjour")
    emojis = page.get_by_role("button", name="Emojis", exact=True)
    await tab_to(page, emojis)
    await page.keyboard.press("Enter")
    await gets_focus(page.get_by_label("Chercher un emoji"))
    await page.keyboard.press("Escape")
    await gets_focus(emojis)
    await page.keyboard.press("Escape")
    await gets_focus(chat)


async def use_settings(alice: Person) -> None:
    """A menu by arrows, a dialog that takes the focus, and back to the button."""
    page = alice.page
    settings = await arrow_to(alice, "Paramètres")
    await page.keyboard.press("Enter")
    items = screen(alice, "menu-parametres").get_by_role("menuitem")
    await gets_focus(items.first)
    await page.keyboard.press("ArrowDown")
    await gets_focus(items.nth(1))
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await dialog.wait_for()
    await page.keyboard.press("Tab")
    assert await dialog.evaluate(IS_INSIDE)
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await gets_focus(settings)


async def use_a_menu(alice: Person) -> None:
    """The menu of a tile opens by Enter and gives the focus back on Escape."""
    page = alice.page
    button = page.get_by_role("button", name="Menu de mon image")
    await page.get_by_role("main").focus()
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    await gets_focus(page.get_by_role("menuitem").first)
    await page.keyboard.press("Escape")
    await gets_focus(button)


async def test_a_toolbar_tip_is_hidden_by_escape(server: Server, person: NewPerson) -> None:
    alice = await person("Alice")
    await alice.enter(f"{server.url}/bulle-daide")
    await alice.page.keyboard.press("F2")
    tip = alice.page.get_by_role("tooltip", name="Partager votre écran")
    await expect(tip).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()


@pytest.mark.parametrize("browser", BOTH)
async def test_tab_leaves_the_toolbar_for_what_follows(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.enter(f"{server.url}/sortie-{browser}")
    await alice.page.keyboard.press("F2")
    assert await alice.page.evaluate(IN_TOOLBAR)
    await alice.page.keyboard.press("Tab")
    # From here on Firefox's keys go to its own controls: no test brings them back.
    assert not await alice.page.evaluate(IN_TOOLBAR)


@pytest.mark.parametrize("browser", BOTH)
async def test_a_dialog_holds_the_focus(server: Server, person: NewPerson, browser: BrowserName) -> None:
    alice = await person("Alice", browser)
    await alice.enter(f"{server.url}/dialogue-{browser}")
    await alice.page.keyboard.press("a")
    dialog = alice.page.get_by_role("dialog")
    await dialog.wait_for()
    for _ in range(12):
        await alice.page.keyboard.press("Tab")
        assert await dialog.evaluate(IS_INSIDE)
