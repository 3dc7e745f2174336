"""What a screen reader is told of a meeting: comings and goings, hands, messages, each politely and once.

Source: WCAG 2.2, 4.1.3.
"""

from __future__ import annotations

import asyncio

from playwright.async_api import Page

from tests.browser.people import NewPerson, Person
from tests.support.server import Server

# Writes down what live regions say, as screen readers do: what was added, or all of an atomic region.
LISTEN = """
(() => {
  window.__said = [];
  const REGION = "[aria-live=polite], [role=status], [role=log], [aria-live=assertive], [role=alert]";
  const isAtomic = (region) =>
    (region.getAttribute("aria-atomic") ?? String(region.matches("[role=status], [role=alert]"))) === "true";
  const say = (region, text) => window.__said.push({
    text, isPolite: !region.matches("[role=alert], [aria-live=assertive]") });
  const heard = (records) => {
    const whole = new Set();
    for (const { target, addedNodes, type } of records) {
      const region = (target instanceof Element ? target : target.parentElement)?.closest(REGION);
      if (region == null) continue;
      if (isAtomic(region)) whole.add(region);
      else if (type === "characterData") say(region, target.data);
      else for (const node of addedNodes) say(region, node.textContent);
    }
    for (const region of whole) say(region, region.textContent);
  };
  new MutationObserver(heard).observe(document, { subtree: true, childList: true, characterData: true });
})();
"""
HEARD = "(text) => window.__said.some((said) => said.text.includes(text))"


async def hears_once(page: Page, text: str) -> None:
    await page.wait_for_function(HEARD, arg=text, timeout=5_000)
    # Toasts go after five seconds: also their going says nothing again.
    said = [entry for entry in await page.evaluate("window.__said") if text in entry["text"]]
    assert len(said) == 1, said
    assert said[0]["isPolite"], said


async def test_what_happens_in_a_meeting_is_announced_politely_and_once(
    server: Server, person: NewPerson
) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    await alice.context.add_init_script(LISTEN)
    for someone in (alice, bob):
        await someone.enter(f"{server.url}/annonces")
    await bob.click("Lever la main")
    await write(bob, "Une note")
    await hears_once(alice.page, "Bob lève la main (place 1)")
    await hears_once(alice.page, "Bob : Une note")

    await alice.page.keyboard.press("c")
    await alice.page.get_by_role("log").wait_for()
    await write(bob, "Une autre")
    await hears_once(alice.page, "Une autre")
    await bob.page.get_by_role("button", name="Raccrocher", exact=True).click()
    await asyncio.gather(
        *(hears_once(alice.page, text) for text in ("Bob a rejoint", "Bob a quitté", "Bob lève la main"))
    )


async def write(someone: Person, text: str) -> None:
    field = someone.page.get_by_label("Votre message")
    if not await field.count():
        await someone.page.keyboard.press("c")
    await field.fill(text)
    await field.press("Enter")
