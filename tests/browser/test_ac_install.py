"""The site as an installed app: complete, and with nothing of a meeting kept by its service worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlparse

import pytest_asyncio
from playwright.async_api import Browser, Playwright, expect

from tests.browser.people import CHROMIUM_ARGUMENTS, LOOP, WATCH_CONNECTIONS, BrowserName, Person
from tests.support.acceptance import only_in
from tests.support.server import Server

NO_WORKER_IN_FIREFOX = "Firefox runs no service worker behind a certificate that it was told to overlook"
MANIFEST = """
async () => (await fetch(document.querySelector("link[rel=manifest]").href)).json()
"""
ICON_SIZES = """
(icons) => Promise.all(icons.filter(({ type }) => type === "image/png").map(async ({ src, sizes }) => {
  const picture = new Image();
  picture.src = src;
  await picture.decode();
  return [sizes, `${picture.naturalWidth}x${picture.naturalHeight}`];
}))
"""
KEPT = """
async () => {
  const names = await caches.keys();
  const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return requests.flat().map(({ url }) => new URL(url).pathname);
}
"""


@pytest_asyncio.fixture(loop_scope=LOOP)
async def trusting(playwright: Playwright) -> AsyncIterator[Browser]:
    """A Chromium to which every certificate is good, as behind a public one."""
    arguments = [*CHROMIUM_ARGUMENTS, "--ignore-certificate-errors", "--use-fake-device-for-media-stream"]
    browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
    yield browser
    await browser.close()


@only_in("chromium", NO_WORKER_IN_FIREFOX)
async def test_ac_12_site_can_be_installed_opens_offline_and_keeps_no_room(
    server: Server, trusting: Browser, browser: BrowserName
) -> None:
    context = await trusting.new_context(locale="fr-FR")
    await context.add_init_script(WATCH_CONNECTIONS)
    alice = Person("Alice", await context.new_page(), context)
    await alice.open(server.url)
    await alice.page.evaluate("navigator.serviceWorker.ready")
    manifest = await alice.page.evaluate(MANIFEST)
    assert manifest["display"] == "standalone"
    assert manifest["name"] == "Causerie"
    sizes = await alice.page.evaluate(ICON_SIZES, manifest["icons"])
    assert {"192x192", "512x512"} <= {said for said, _ in sizes}
    assert all(said == drawn for said, drawn in sizes)

    await alice.enter(f"{server.url}/salle-installee")
    await alice.page.get_by_role("button", name="Chat", exact=True).click()
    await alice.open(server.url)
    kept = await alice.page.evaluate(KEPT)
    assert "/" in kept
    shell = ("/assets/", "/favicon", "/manifest", "/icon")
    assert [path for path in kept if path != "/" and not path.startswith(shell)] == []

    await context.set_offline(True)
    await alice.page.reload()
    await expect(alice.page.get_by_role("heading", level=1)).to_contain_text("Causerie")
    assert urlparse(alice.page.url).path == "/"
    await alice.close()
