"""Text that would be a program if it were anything but text, shown everywhere where a person's words appear.

Those who send it are sockets without a browser, which may say what no page of ours would let them say.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from playwright.async_api import Page, expect
from websockets.asyncio.client import connect

from causerie.protocol import messages
from tests.browser.people import NewPerson, Person
from tests.edges.native_world import Client, join
from tests.support.peer import trusting_context
from tests.support.server import Server

PAYLOADS = (
    "<img src=x onerror=__ran=1>",
    "<script>__ran=1</script>",
    '"><svg onload=__ran=1>',
    "' autofocus onfocus='__ran=1' x='",
    "jAvAsCrIpT:__ran=1//https://a.example",
    "</title><script>__ran=1</script>",
    "<iframe srcdoc='<script>top.__ran=1</script>'>",
    "data:text/html,<script>top.__ran=1</script>",
    "{{constructor.constructor('__ran=1')()}}",
    "${__ran=1}",
    "__proto__",
)
HOST = "<b onclick=__ran=1>Hélène</b>"
LINKS = (
    'https://a.example/"onmouseover="__ran=1',
    "https://a.example/'><img/src=x/onerror=__ran=1>",
    "javascript:__ran=1",
    "JAVASCRIPT://a.example/%0a__ran=1",
)
# Notes whatever the policy had to stop, and gives every payload a name that it would change.
WATCH = """
window.__ran = 0;
window.__stopped = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__stopped.push(event.violatedDirective);
});
"""


@contextlib.asynccontextmanager
async def sender(url: str, name: str, room: str) -> AsyncIterator[Client]:
    """Yields a socket whose join was sent; whether it was let in is for the test to hear."""
    address = url.replace("https:", "wss:") + "/api/v1/session"
    tls = trusting_context()
    # Without a limit to what waits unread, which would keep the socket from closing.
    async with connect(address, ssl=tls, origin=url, compression=None, max_queue=None) as socket:  # type: ignore[arg-type]
        client = Client(socket)
        await client.send(msgspec.structs.replace(join(name, room), sources=(), ref=client.ref()))
        yield client


async def watched(person: NewPerson, name: str, browser: str) -> tuple[Person, list[str]]:
    """Returns a person whose window notes violations, and the list in which dialogs and complaints gather."""
    someone = await person(name, browser)
    await someone.page.add_init_script(WATCH)
    complaints: list[str] = []
    someone.page.on("dialog", lambda dialog: complaints.append(dialog.message))
    someone.page.on("pageerror", lambda error: complaints.append(str(error)))
    return someone, complaints


async def nothing_ran(page: Page, complaints: list[str]) -> None:
    """Fails if a payload ran, or was stopped by the policy only and not by us."""
    seen: dict[str, Any] = await page.evaluate("({ ran: window.__ran, stopped: window.__stopped })")
    assert seen == {"ran": 0, "stopped": []}
    assert complaints == []


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_words_of_others_are_shown_as_text_and_never_run(
    server: Server, person: NewPerson, browser: str
) -> None:
    room = f"texte-hostile-{browser}"
    victim, complaints = await watched(person, HOST, browser)
    page = victim.page
    await victim.enter(f"{server.url}/{room}")
    async with contextlib.AsyncExitStack() as stack:
        senders = [await stack.enter_async_context(sender(server.url, text, room)) for text in PAYLOADS]
        welcomes = [await one.hear_a(messages.Joined) for one in senders]
        host = welcomes[0].participants[0].id
        for one, text in zip(senders, PAYLOADS, strict=True):
            await one.send(messages.SendChat(one.ref(), text))
            await one.send(messages.SendChat(one.ref(), text, host))
            await one.send(messages.SetHand(one.ref(), raised=True))
            await one.send(messages.React(one.ref(), "👍"))
        for text in LINKS:
            await senders[0].send(messages.SendChat(senders[0].ref(), text))

        await victim.click("Chat")
        written = page.get_by_test_id("chat-message")
        await expect(written).to_have_count(2 * len(PAYLOADS) + len(LINKS))
        said = await written.all_inner_texts()
        assert sorted(said) == sorted([*PAYLOADS, *PAYLOADS, *LINKS])
        targets = await page.locator('[role="log"] a').evaluate_all(
            "all => all.map((a) => [a.protocol, a.rel])"
        )
        assert {protocol for protocol, _ in targets} <= {"https:"}
        assert all("noopener" in rel and "noreferrer" in rel for _, rel in targets)

        await victim.click("Participants")
        people = page.locator('[data-screen="panneau-participants"]')
        for text in PAYLOADS:
            await expect(people.get_by_text(text, exact=True).first).to_be_visible()
        await nothing_ran(page, complaints)

        await protect_and_show(victim, PAYLOADS[1])
        await lets_knock(victim, server.url, room, stack)
        await page.get_by_test_id("toast").first.wait_for()
        await nothing_ran(page, complaints)


async def protect_and_show(host: Person, password: str) -> None:
    """Sets a password that would be a script, and has it shown."""
    await host.click("Info")
    panel = host.page.locator('[data-screen="panneau-info"]')
    await panel.get_by_role("button", name="Ajouter un mot de passe").click()
    await host.page.keyboard.type(password)
    await host.page.keyboard.press("Enter")
    await panel.get_by_role("button", name="Afficher le mot de passe").click()
    await expect(panel.get_by_test_id("info-password-value")).to_have_text(password)
    await panel.get_by_role("button", name="Supprimer").first.click()


async def lets_knock(host: Person, url: str, room: str, stack: contextlib.AsyncExitStack) -> None:
    """Switches the waiting room on, and finds the hostile name in the queue and in the notice."""
    await host.click("Participants")
    await host.page.get_by_role("button", name="Salle d'attente").click()
    outside = await stack.enter_async_context(sender(url, PAYLOADS[2], room))
    await outside.hear_a(messages.Waiting)
    await expect(host.page.get_by_test_id("waiting-queue")).to_contain_text(PAYLOADS[2])


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
async def test_room_names_and_addresses_are_text_too(server: Server, person: NewPerson, browser: str) -> None:
    visitor, complaints = await watched(person, "Alice", browser)
    page = visitor.page
    for text in PAYLOADS[:4]:
        await visitor.open(
            f"{server.url}/{quote(text, safe='')}?x={quote(text, safe='')}#{quote(text, safe='')}"
        )
        assert await page.evaluate("window.__ran") == 0
        assert "<script" not in await page.title()
    await visitor.open(f"{server.url}/script-alert-1#hote={quote(PAYLOADS[0])}")
    await visitor.enter()
    await visitor.open(server.url)
    await expect(page.get_by_role("link", name="script-alert-1", exact=True)).to_be_visible()
    await nothing_ran(page, complaints)
