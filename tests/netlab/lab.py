"""The real server and real browsers inside the namespaces of a `Network`.

Playwright's driver itself is started inside the client's namespace, by naming `ip netns exec … node` as its
Node: then whatever the driver starts is inside too, and the local port by which it speaks to Firefox
(WebDriver BiDi) is on that namespace's loopback. The driver and this process speak over pipes, which know no
namespaces.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import playwright
from playwright.async_api import Browser, async_playwright

from tests.browser.people import SPARE_NOTHING, WATCH_CONNECTIONS, BrowserName, Person, launch
from tests.netlab.network import SERVER, Network, inside
from tests.support.server import Server, start_server

PORT = 8443
URL = f"https://{SERVER}:{PORT}"
FILMED = (0, 2)
# Where Playwright's Python package looks for the Node that runs its driver.
NODE_VARIABLE = "PLAYWRIGHT_NODEJS_PATH"


async def start_inside(network: Network, data_dir: Path) -> Server:
    """Starts `causerie up` in the server's namespace, as an administrator with one public address would."""
    command = (*inside(network.server), sys.executable, "-m", "causerie")
    options = ("--host", f"{SERVER}:{PORT}", "--public-ip", SERVER, "--metrics", "everyone")
    return await start_server(data_dir, *options, command=command, port=PORT)


@dataclass
class Lab:
    """A network with a server, and people who sit down at its clients."""

    network: Network
    server: Server
    folder: Path
    stack: AsyncExitStack
    film: Path | None = None
    """What cameras of Chromium at the clients `FILMED` show; the others have their plain fake one."""
    browsers: dict[tuple[int, BrowserName], Browser] = field(default_factory=dict)
    drivers: dict[int, Any] = field(default_factory=dict)

    async def person(self, name: str, client: int, browser: BrowserName = "chromium") -> Person:
        """A window of `browser` at one client; whoever asks for it closes it."""
        options = {"locale": "fr-FR"} if browser == "chromium" else {}
        started = await self._browser(client, browser)
        context = await started.new_context(ignore_https_errors=True, **options)  # type: ignore[arg-type]
        for script in (WATCH_CONNECTIONS, SPARE_NOTHING):
            await context.add_init_script(script)
        return Person(name, await context.new_page(), context)

    async def _browser(self, client: int, name: BrowserName) -> Browser:
        if (client, name) not in self.browsers:
            if client not in self.drivers:
                self.drivers[client] = await self._driver(client)
            film = self.film if client in FILMED else None
            self.browsers[(client, name)] = await launch(self.drivers[client], name, film=film)
        return self.browsers[(client, name)]

    async def _driver(self, client: int) -> Any:
        node = Path(playwright.__file__).parent / "driver" / "node"
        namespace = self.network.clients[client].namespace
        wrapper = self.folder / f"node-{client}"
        wrapper.write_text(f'#!/bin/sh\nexec {" ".join(inside(namespace))} {node} "$@"\n')
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        before = os.environ.get(NODE_VARIABLE)
        os.environ[NODE_VARIABLE] = str(wrapper)
        try:
            return await self.stack.enter_async_context(async_playwright())
        finally:
            if before is None:
                del os.environ[NODE_VARIABLE]
            else:
                os.environ[NODE_VARIABLE] = before


@asynccontextmanager
async def open_lab(network: Network, folder: Path) -> AsyncIterator[Lab]:
    """Starts the server; browsers start with the first person who needs them. All end with the block."""
    server = await start_inside(network, folder)
    try:
        async with AsyncExitStack() as stack:
            lab = Lab(network, server, folder, stack)
            yield lab
            for browser in lab.browsers.values():
                await browser.close()
    finally:
        await server.stop()
