"""A device that does not keep up spares itself pictures, says so, and leaves the chosen level alone."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import NewPerson, Person
from tests.browser.pretend import LYING_STATISTICS, OVERLOADED
from tests.browser.rooms import meet, toast
from tests.support.server import Server

# Four seconds a step: smaller small pictures, then a smaller large one, then that alone.
FIRST_STEP_S = 6
STEPS_S = 9


async def let_pass(someone: Person, seconds: int) -> None:
    """Second by second: the page looks at its statistics once in each."""
    for _ in range(seconds):
        await someone.page.clock.run_for(1_000)
        await someone.page.evaluate("window.__connections[0].getStats().then(() => undefined)")


async def test_a_busy_device_gets_fewer_pictures_says_so_and_has_them_all_back_when_told_to(
    server: Server, person: NewPerson
) -> None:
    people = await meet(server, person, "occupe", "chromium", ("Bob", "Carla", "Alice"))
    alice = people[-1]
    page = alice.page
    await page.close()
    alice.page = page = await alice.context.new_page()
    await page.add_init_script(LYING_STATISTICS)
    await page.clock.install()
    await alice.enter(f"{server.url}/occupe-chromium")
    await alice.sees_people(2)
    await page.keyboard.press("a")
    await page.get_by_role("switch", name="Automatique").click()
    await page.keyboard.press("Escape")

    missing = page.get_by_test_id("tile-missing").filter(has_text="cet appareil est très occupé")
    await page.evaluate(OVERLOADED)
    await let_pass(alice, FIRST_STEP_S)
    await expect(toast(alice, "Cet appareil est très occupé")).to_be_visible()
    await let_pass(alice, STEPS_S)
    await expect(missing).to_have_count(1)
    await page.get_by_test_id("conn-indicator").click()
    await expect(page.get_by_test_id("connection-eased")).to_contain_text("les images sont réduites")
    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    slider = page.get_by_role("slider", name="Qualité vidéo")
    await expect(slider).to_have_attribute("aria-valuetext", "Haute définition")
    await page.get_by_role("switch", name="Automatique").click()
    await page.keyboard.press("Escape")
    await expect(missing).to_have_count(0)
    await alice.sees_people(2)
