"""What the scenarios of the meeting share: coming together, finding controls, noting when something shows."""

from __future__ import annotations

import time

from playwright.async_api import Locator, Page, expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.pretend import devices
from tests.support.server import Server

# Notes in `__when` at what time, in ms since 1970, a condition on the page first holds.
_WATCH = """
() => {{
  window.__when = new Promise((done) => {{
    const look = () => {{
      if (!({condition})) return;
      observer.disconnect();
      done(Date.now());
    }};
    const observer = new MutationObserver(look);
    const all = {{ subtree: true, childList: true, attributes: true, characterData: true }};
    observer.observe(document.body, all);
    look();
  }});
}}
"""


async def meet(
    server: Server,
    person: NewPerson,
    room: str,
    browser: BrowserName,
    names: tuple[str, ...] = ("Alice", "Bob"),
    *,
    others: BrowserName = "chromium",
    scripts: tuple[str, ...] = (),
    camera: tuple[int, int] = (320, 180),
) -> list[Person]:
    """People in a room of their own, in this order; the first, in `browser`, is host.

    `scripts`, and the size of the `camera`, are the first's.
    """
    people: list[Person] = []
    for name in names:
        someone = await person(name, others if people else browser)
        for script in (devices(),) if people else (devices(*camera), *scripts):
            await someone.context.add_init_script(script)
        await someone.enter(f"{server.url}/{room}-{browser}")
        people.append(someone)
    for someone in people:
        await expect(someone.page.locator("[data-testid=tile]")).to_have_count(len(people))
    return people


async def alone(
    server: Server,
    person: NewPerson,
    browser: BrowserName,
    room: str,
    camera: tuple[int, int] = (320, 180),
) -> Person:
    """Alice, by herself in a room of her own."""
    alice = await person("Alice", browser)
    await alice.context.add_init_script(devices(*camera))
    await alice.enter(f"{server.url}/{room}-{browser}")
    return alice


def screen(of: Person, name: str) -> Locator:
    return of.page.locator(f'[data-screen="{name}"]')


def tile(of: Person, name: str) -> Locator:
    return of.page.locator("[data-testid=tile]", has_text=name).first


def control(of: Person, name: str) -> Locator:
    """A button of the toolbar, by its whole accessible name."""
    return of.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True)


def toast(of: Person, text: str) -> Locator:
    return of.page.get_by_test_id("toast").filter(has_text=text)


def log_of(someone: Person) -> Locator:
    return someone.page.get_by_role("log")


async def open_panel(someone: Person, name: str) -> None:
    button = control(someone, name)
    if await button.get_attribute("aria-pressed") != "true":
        await button.click()


async def protect(host: Person, password: str) -> None:
    """Sets the room's password as the host does it: Info, "Ajouter un mot de passe", Enter."""
    await open_panel(host, "Info")
    block = host.page.get_by_test_id("info-password")
    await block.get_by_role("button", name="Ajouter un mot de passe").click()
    await host.page.keyboard.type(password)
    await host.page.keyboard.press("Enter")
    await expect(block).to_contain_text("••••")


async def say(someone: Person, text: str) -> None:
    await open_panel(someone, "Chat")
    await someone.page.get_by_label("Votre message").fill(text)
    await someone.page.keyboard.press("Enter")


async def watch(page: Page, condition: str) -> None:
    """From now on notes when `condition`, an expression of JavaScript, first holds; `shown_at` tells."""
    await page.evaluate(_WATCH.format(condition=condition))


async def shown_at(page: Page) -> float:
    """Waits for what `watch` was told to look for; returns when it was there, in ms since 1970."""
    return float(await page.evaluate("window.__when"))


def now_ms() -> float:
    return time.time() * 1000


async def clipboard(page: Page) -> str:
    """Returns what a paste gives: the one way to read a clipboard that all browsers have."""
    await page.evaluate(
        """() => {
          const field = document.createElement("textarea");
          field.id = "pasted";
          document.body.append(field);
          field.focus();
        }"""
    )
    await page.keyboard.press("Control+V")
    return str(
        await page.evaluate(
            """() => {
              const field = document.querySelector("#pasted");
              field.remove();
              return field.value;
            }"""
        )
    )
