"""The accessibility gate: axe-core on every screen, in both themes, languages and layouts.

Rules are those of WCAG 2.2 at levels A and AA, and axe's best practices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize

from tests.browser.people import NewPerson, Person
from tests.browser.pretend import devices
from tests.browser.screens import LOCALES, Language, Visit, walk
from tests.support.server import Server

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The other theme changes colours alone.
RUN_AXE = """
async ([source, tags, everything]) => {
  if (window.axe === undefined) new Function(source)();
  const { violations } = await window.axe.run(document, {
    runOnly: everything ? { type: "tag", values: tags } : { type: "rule", values: ["color-contrast"] },
    rules: { "target-size": { enabled: true } },
    resultTypes: ["violations"],
  });
  const about = ({ target, any, all }) =>
    `${target.join(" ")} (${[...any, ...all].map(({ message }) => message).join("; ")})`;
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(about).join(" | ")}`);
}
"""
# Colours of the theme are on every element: the page was told, and two frames were painted since.
SETTLED = """
(theme) => document.documentElement.dataset.theme === theme
  && new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))
"""


class Gate:
    """Looks at a screen in both themes and keeps what axe finds."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.screens: list[str] = []
        self._source = AXE.read_text()

    async def see(self, page: Page, name: str) -> None:
        self.screens.append(name)
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await page.wait_for_function(SETTLED, arg=theme)
            found: list[Any] = await page.evaluate(RUN_AXE, [self._source, TAGS, theme == "light"])
            self.findings += [f"{name}, {theme}: {finding}" for finding in found]


# Both layouts and both languages in two walks: they have nothing to do with each other.
WALKS = (("fr", {"width": 1440, "height": 900}), ("en", {"width": 390, "height": 844}))


@pytest.mark.parametrize(("language", "viewport"), WALKS, ids=("desktop-fr", "phone-en"))
async def test_axe_finds_nothing_on_any_screen(
    server: Server, person: NewPerson, language: Language, viewport: ViewportSize
) -> None:
    gate = Gate()

    async def window(name: str) -> Person:
        someone = await person(
            name,
            viewport=viewport,
            locale=LOCALES[language],
            reduced_motion="reduce",
            bypass_csp=True,
            permissions=["clipboard-write"],  # so that devices are to be asked for
        )
        await someone.context.add_init_script(devices())
        return someone

    await walk(Visit(server.url, f"tour-{language}", language, window, gate.see))
    assert gate.findings == []
