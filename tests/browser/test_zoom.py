"""Every screen at 200 %: all of it can be reached, nothing is cut off and nothing lies over a control.

Source: WCAG 2.2, 1.4.4.
"""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser.people import NewPerson, Person
from tests.browser.pretend import devices
from tests.browser.screens import Visit, walk
from tests.support.server import Server

# 1440 × 900 at 200 %.
ZOOMED = {"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2}
# Controls of what is on top, scrolled to as a person would: they are whole, and hit where they are pressed.
FAULTS = """
() => {
  const faults = [];
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) faults.push(`the page is ${wide} px wider than its window`);
  const open = [...document.querySelectorAll("dialog:modal, [role=menu], [role=dialog]")];
  const top = open.filter((element) => element.checkVisibility()).at(-1) ?? document.body;
  const isScrolled = ({ scrollTop, scrollLeft }) => scrollTop > 0 || scrollLeft > 0;
  for (const it of top.querySelectorAll("button, a[href], input, select, textarea")) {
    const isShown = it.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!isShown || it.disabled || it.closest("[inert]") || it.matches(".skip, .visually-hidden")) continue;
    const labels = [...(it.labels ?? [])];
    const name = `"${it.getAttribute("aria-label") ?? labels[0]?.textContent ?? it.textContent.trim()}"`;
    const say = (what) => faults.push(`${name} ${what}`);
    it.scrollIntoView({ block: "nearest", inline: "nearest" });
    const { left, top: upper, right, bottom, width, height } = it.getBoundingClientRect();
    if (left < -1 || right > innerWidth + 1) say(`spans ${left} to ${right} of ${innerWidth}`);
    if (upper < -1 || bottom > innerHeight + 1) say(`spans ${upper} to ${bottom} of ${innerHeight}`);
    if (it.matches("button, a") && it.scrollWidth > it.clientWidth + 1) say("is cut off");
    for (let at = it.parentElement; at !== null; at = at.parentElement)
      if (/hidden|clip/.test(getComputedStyle(at).overflowY) && isScrolled(at))
        say("is scrolled to by scripts only");
    const hit = document.elementFromPoint(left + width / 2, upper + height / 2);
    const isHit = hit !== null && [it, ...labels].some((element) => element.contains(hit));
    if (!isHit && !hit?.closest("[data-testid=toast]")) say(`lies under ${hit?.tagName}.${hit?.className}`);
  }
  return faults;
}
"""


async def test_every_control_can_be_reached_and_none_is_covered_at_200_percent(
    server: Server, person: NewPerson
) -> None:
    faults: list[str] = []

    async def see(page: Page, name: str) -> None:
        faults.extend(f"{name}: {fault}" for fault in await page.evaluate(FAULTS))

    async def window(name: str) -> Person:
        someone = await person(
            name,
            reduced_motion="reduce",
            permissions=["clipboard-write"],  # so that devices are to be asked for
            **ZOOMED,
        )
        await someone.context.add_init_script(devices())
        return someone

    await walk(Visit(server.url, "loupe", "fr", window, see))
    assert not faults, "\n".join(faults)
