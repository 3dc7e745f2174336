"""What makes a meeting comfortable: devices at hand, one's own volume, calm bars, one tab, offline words."""

from __future__ import annotations

import base64
import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Page, Playwright, expect

from tests.browser.people import CHROMIUM_ARGUMENTS, NewPerson, Person
from tests.support.server import Server, start_server

BARS_ARE = "(opacity) => Number(getComputedStyle(document.querySelector('footer')).opacity) === opacity"
VOLUMES = "() => [...document.querySelectorAll('audio')].map((element) => element.volume)"
KEPT = """
async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = (await Promise.all(caches_.map((cache) => cache.keys()))).flat();
  return requests.map(({ url }) => new URL(url).pathname);
}
"""


async def test_devices_are_chosen_beside_their_buttons_and_tested_from_there(
    server: Server, person: NewPerson
) -> None:
    alice = await person("Alice")
    await alice.start_meeting(server.url)
    await alice.enter()
    page = alice.page
    await alice.click("Choisir l'appareil photo")
    cameras = page.get_by_role("group", name="Caméra").get_by_role("menuitemradio")
    chosen = await cameras.nth(1).inner_text()
    await cameras.nth(1).click()
    await alice.click("Choisir l'appareil photo")
    checked = page.get_by_role("menuitemradio", checked=True)
    assert (await checked.inner_text()).strip() == chosen.strip()
    await page.get_by_role("menuitem", name="Tester…").click()
    await page.get_by_role("dialog", name="Audio et vidéo").wait_for()


async def test_one_person_is_made_quieter_for_oneself_only(server: Server, person: NewPerson) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await alice.sees_moving_pictures()
    for someone in (alice, bob):
        await someone.hears_sound()
    tile = alice.page.locator("[data-testid=tile]", has_text="Bob").first
    await tile.hover()
    await alice.click("Menu de Bob")
    await alice.page.get_by_label("Volume de Bob").fill("0")
    await alice.page.keyboard.press("Escape")
    assert set(await alice.page.evaluate(VOLUMES)) == {0}
    assert set(await bob.page.evaluate(VOLUMES)) == {1}
    await tile.get_by_role("img", name="Vous avez coupé le son de Bob pour vous").wait_for()


async def test_the_bars_step_back_while_the_mouse_rests_and_return_for_a_key(
    server: Server, person: NewPerson
) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    page = alice.page
    await page.bring_to_front()
    await page.locator("[data-testid=tile]", has_text="Bob").first.wait_for()
    await page.mouse.move(600, 300)
    await page.wait_for_function(BARS_ARE, arg=0, timeout=8_000)
    assert await page.get_by_test_id("conn-indicator").is_visible()
    await page.keyboard.press("Shift")
    await page.wait_for_function(BARS_ARE, arg=1)


async def test_a_second_tab_says_so_and_takes_the_place_of_the_first(
    server: Server, person: NewPerson
) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    second = Person("Alice", await alice.context.new_page(), alice.context)
    await second.open(link)
    await second.page.get_by_test_id("elsewhere-card").wait_for()
    await second.click("Continuer ici")
    await second.page.wait_for_selector('[data-screen="ecran-reunion"]')
    await alice.page.get_by_role("heading", name="La réunion continue dans un autre onglet").wait_for()
    tiles = bob.page.locator("[data-testid=tile]", has_text="Alice")
    await expect(tiles).to_have_count(1)


async def test_the_shell_is_kept_for_offline_and_rooms_never(playwright: Playwright, tmp_path: Path) -> None:
    """Behind a certificate that the browser trusts, as service workers need one."""
    server = await start_server(tmp_path)
    trusted = f"--ignore-certificate-errors-spki-list={_key_digest(server)}"
    browser = await playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=[*CHROMIUM_ARGUMENTS, "--use-fake-device-for-media-stream", trusted],
    )
    try:
        context = await browser.new_context(locale="fr-FR")
        alice = Person("Alice", await context.new_page(), context)
        link = await alice.start_meeting(server.url)
        await alice.page.evaluate("() => navigator.serviceWorker.ready")
        await alice.page.reload()
        await alice.enter()
        await _keeps_only_the_shell(alice.page, link)
        await server.stop()
        await alice.open(server.url)
        await alice.page.get_by_role("button", name="Lancer une réunion").wait_for()
        await alice.open(link)
        await alice.page.get_by_role("heading", name="Pas de connexion").wait_for()
        await _keeps_only_the_shell(alice.page, link)
    finally:
        await browser.close()
        await server.stop()


async def _keeps_only_the_shell(page: Page, link: str) -> None:
    kept = await page.evaluate(KEPT)
    assert "/" in kept, kept
    others = [path for path in kept if not path.startswith(("/assets/", "/favicon", "/manifest", "/icon-"))]
    assert others == ["/"], others
    assert not any(link.rsplit("/", 1)[-1] in path for path in kept)


def _key_digest(server: Server) -> str:
    """Returns what Chromium calls the certificate's key by: SHA-256 of its SubjectPublicKeyInfo in base64."""
    pem = ssl.get_server_certificate(("localhost", server.port))
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
