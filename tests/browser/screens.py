"""Every screen and how a person gets there: one walk, for whoever wants to look at all of them.

Texts come from the catalogue of messages, so that the walk goes the same way in every language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Locator, Page, WebSocketRoute, expect

from tests.browser.people import Person

Language = Literal["fr", "en"]
LOCALES: dict[Language, str] = {"fr": "fr-FR", "en": "en-GB"}
# Called at each screen with the window that shows it and the screen's name.
See = Callable[[Page, str], Awaitable[None]]
# Opens a window for the person of that name.
NewWindow = Callable[[str], Awaitable[Person]]

CATALOGUES = Path(__file__).parents[2] / "web" / "messages"
SESSION = re.compile(r"/api/v1/session")
PASSWORD = "coquelicot"
SETTINGS = {
    "quality": "settings_quality",
    "devices": "settings_devices",
    "display": "settings_display",
    "notifications": "settings_notifications",
    "shortcuts": "settings_shortcuts",
    "accessibility": "settings_accessibility",
    "language": "settings_language",
    "report": "settings_report",
    "host": "settings_host",
}
# What a server answers to a join that the walk cannot bring about by itself.
REFUSALS = ("room-full", "version", "bad-name", "session-unknown")
# After so long a break is no longer a matter of a moment.
LASTING_MS = 10_000
DEVICE_ERRORS = {"refused": "NotAllowedError", "system": "NotReadableError", "none": "NotFoundError"}
FAIL_DEVICES = """
(name) => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", name); }; }
"""
# A page of text as the shared screen: the picker of a real one cannot be answered from a script.
FAKE_SCREEN = """
() => {
  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
    const context = canvas.getContext("2d");
    setInterval(() => {
      context.fillStyle = "#fff";
      context.fillRect(0, 0, 1280, 720);
      context.fillStyle = "#222";
      context.font = "600 44px sans-serif";
      context.fillText("Ordre du jour", 90, 130);
      context.font = "30px sans-serif";
      ["1. Compte rendu", "2. Budget", "3. Travaux de la cour", "4. Questions"].forEach(
        (line, index) => context.fillText(line, 90, 230 + 80 * index));
    }, 200);
    return canvas.captureStream(5);
  };
}
"""


class Words:
    """The interface's texts in one language, by key."""

    def __init__(self, language: Language) -> None:
        self._texts = json.loads((CATALOGUES / f"{language}.json").read_text())

    def __call__(self, key: str, **values: str) -> str:
        text: str = self._texts[key]
        return text.format(**values)


class Cable:
    """Stands between a window and the server; once cut, signalling breaks and stays broken."""

    def __init__(self) -> None:
        self._sockets: list[WebSocketRoute] = []
        self._is_cut = False

    async def plug(self, person: Person) -> None:
        """Before the window opens a page."""
        await person.context.route_web_socket(SESSION, self._opened)

    async def _opened(self, socket: WebSocketRoute) -> None:
        if self._is_cut:
            await socket.close(code=3000)
            return
        socket.connect_to_server()
        self._sockets.append(socket)

    async def cut(self) -> None:
        self._is_cut = True
        for socket in self._sockets:
            await socket.close(code=3000)


@dataclass
class Visit:
    """One walk: on which server, in which language, who goes and who looks."""

    url: str
    room: str
    language: Language
    window: NewWindow
    see: See
    others: tuple[str, ...] = ("Marie Lefèvre", "Youssef Benali")
    # How many of the others bring a camera.
    cameras: int = 1

    def __post_init__(self) -> None:
        self.say = Words(self.language)
        self.link = f"{self.url}/{self.room}"

    async def enter(self, person: Person, *, has_camera: bool = True) -> None:
        """From the prejoin screen into the meeting."""
        await self.ask_in(person, has_camera=has_camera)
        await screen(person.page, "ecran-reunion").wait_for()

    async def ask_in(self, person: Person, *, has_camera: bool = False) -> None:
        await person.page.get_by_label(self.say("prejoin_name")).fill(person.name)
        await self.press(person.page, "prejoin_join" if has_camera else "prejoin_join_without")

    async def press(self, page: Page, key: str, **values: str) -> None:
        await page.get_by_role("button", name=self.say(key, **values), exact=True).click()

    async def tool(self, page: Page, key: str) -> None:
        """A control of the toolbar; on phones some are behind "more"."""
        button = page.locator("[role=toolbar]").get_by_role("button", name=self.say(key), exact=True)
        if await button.count():
            await button.click()
        else:
            await self.press(page, "toolbar_more")
            await page.get_by_role("menuitem", name=self.say(key)).click()

    async def guest(self, name: str) -> Person:
        """A further window on the room's prejoin screen."""
        person = await self.window(name)
        await person.open(self.link)
        await screen(person.page, "ecran-prejoin").wait_for()
        return person


def screen(page: Page, name: str) -> Locator:
    """The part of the page that is called so in `data-screen`."""
    return page.locator(f'[data-screen="{name}"]')


async def walk(visit: Visit) -> None:
    """Goes through every screen; returns where nothing is left to see."""
    host = await visit.window("Camille Roux")
    cable = Cable()
    await cable.plug(host)
    await before_the_room(visit, host.page)
    await at_prejoin(visit, host)
    await in_the_meeting(visit, host)
    await at_the_door(visit, host)
    await when_it_fails(visit)
    await when_the_line_breaks(visit, host, cable)


async def before_the_room(visit: Visit, page: Page) -> None:
    await page.goto(visit.url)
    await page.get_by_test_id("landing-occupancy").wait_for()
    await visit.see(page, "landing")
    await visit.press(page, "landing_help")
    await page.get_by_role("dialog").wait_for()
    await visit.see(page, "help")
    await page.goto(f"{visit.url}/test")
    await screen(page, "ecran-test").wait_for()
    await visit.see(page, "test")


async def at_prejoin(visit: Visit, host: Person) -> None:
    page = host.page
    for step, error in DEVICE_ERRORS.items():
        await host.open(visit.link)
        await page.get_by_role("button", name=visit.say("prejoin_why_allow")).wait_for()
        if step == "refused":
            await visit.see(page, "permission")
        await page.evaluate(FAIL_DEVICES, error)
        await visit.press(page, "prejoin_why_allow")
        await page.get_by_test_id("permission-card").wait_for()
        await visit.see(page, f"prejoin-{step}")
    await host.open(visit.link)
    await visit.press(page, "prejoin_why_allow")
    await page.locator("video").first.wait_for()
    await visit.press(page, "prejoin_join")
    await page.get_by_text(visit.say("prejoin_name_missing")).wait_for()
    await visit.see(page, "prejoin-nameless")
    await page.get_by_label(visit.say("prejoin_name")).fill(host.name)
    await visit.see(page, "prejoin")


async def in_the_meeting(visit: Visit, host: Person) -> None:
    page = host.page
    await visit.enter(host)
    await visit.see(page, "alone")
    others = [await visit.guest(name) for name in visit.others]
    for number, other in enumerate(others):
        await visit.enter(other, has_camera=number < visit.cameras)
    await page.get_by_test_id("tile").nth(len(others)).wait_for()
    await page.locator("video").nth(visit.cameras).wait_for()
    await visit.see(page, "meeting")
    await beside_the_stage(visit, host, others)
    await over_the_stage(visit, page)
    await while_sharing(visit, page)
    for other in others:
        await visit.tool(other.page, "toolbar_hangup")
        await screen(other.page, "ecran-fin").wait_for()
    await visit.see(others[0].page, "left")
    for other in others:
        await other.close()


async def beside_the_stage(visit: Visit, host: Person, others: list[Person]) -> None:
    """The panels, with something in them."""
    page = host.page
    for person, text in zip(
        others, ("Bonjour à tous 👋", "Le plan : https://example.org/plan"), strict=False
    ):
        await visit.tool(person.page, "toolbar_chat")
        await person.page.get_by_label(visit.say("chat_compose")).fill(text)
        await person.page.keyboard.press("Enter")
        await person.page.keyboard.press("Escape")
    await visit.tool(others[-1].page, "toolbar_hand")
    await visit.tool(page, "toolbar_chat")
    await page.get_by_test_id("chat-message").nth(1).wait_for()
    await visit.see(page, "chat")
    await visit.press(page, "chat_emoji")
    await page.get_by_test_id("emoji-picker").get_by_role("button").nth(12).wait_for()
    await visit.see(page, "chat-emoji")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await visit.tool(page, "toolbar_participants")
    await visit.see(page, "people")
    await visit.press(page, "people_menu", name=others[0].name)
    await visit.see(page, "people-menu")
    await page.get_by_role("menuitem", name=visit.say("people_exclude")).click()
    await visit.see(page, "exclude")
    await page.keyboard.press("Escape")
    await page.keyboard.press("p")
    await protect(visit, page)


async def protect(visit: Visit, page: Page) -> None:
    """The panel of information without a password and with one."""
    await visit.tool(page, "toolbar_info")
    await screen(page, "panneau-info").wait_for()
    await visit.see(page, "info")
    await visit.press(page, "info_password_add")
    await page.keyboard.type(PASSWORD)
    await visit.see(page, "info-typing")
    await page.keyboard.press("Enter")
    await page.get_by_test_id("info-password-value").wait_for()
    await visit.see(page, "info-password")
    await page.keyboard.press("Escape")


async def over_the_stage(visit: Visit, page: Page) -> None:
    """Views, menus and dialogs."""
    await page.get_by_test_id("conn-indicator").click()
    await visit.see(page, "connection")
    await page.keyboard.press("Escape")
    await visit.press(page, "stage_menu", name=visit.others[0])
    await visit.see(page, "tile-menu")
    await page.keyboard.press("Escape")
    more = page.get_by_role("button", name=visit.say("toolbar_more"), exact=True)
    await visit.press(page, "toolbar_more" if await more.count() else "reaction_title")
    await visit.see(page, "reactions")
    await page.keyboard.press("Escape")
    await visit.tool(page, "toolbar_settings")
    await visit.see(page, "settings")
    await page.keyboard.press("Escape")
    for name, key in SETTINGS.items():
        await visit.tool(page, "toolbar_settings")
        await page.get_by_role("menuitem", name=visit.say(key)).click()
        await page.get_by_role("dialog").wait_for()
        await visit.see(page, name)
        await page.keyboard.press("Escape")
    await visit.tool(page, "toolbar_hangup")
    await page.get_by_test_id("leave-dialog").wait_for()
    await visit.see(page, "leave")
    await page.keyboard.press("Escape")
    await page.keyboard.press("w")
    await visit.see(page, "mosaic")
    await page.keyboard.press("w")


async def while_sharing(visit: Visit, page: Page) -> None:
    await page.evaluate(FAKE_SCREEN)
    await page.keyboard.press("d")
    await screen(page, "dialogue-partage").wait_for()
    await visit.see(page, "share")
    await visit.press(page, "stage_share_choose")
    await page.get_by_test_id("share-bar").wait_for()
    await visit.see(page, "sharing")
    await page.get_by_test_id("share-bar").get_by_role("button", name=visit.say("toolbar_share_stop")).click()


async def at_the_door(visit: Visit, host: Person) -> None:
    """A password, a waiting room and a lock, from the outside; a refusal and an exclusion."""
    guest = await visit.guest("Nadia Haddad")
    await visit.ask_in(guest)
    await guest.page.get_by_label(visit.say("password_label"), exact=True).wait_for()
    await visit.see(guest.page, "password")
    await guest.page.keyboard.type("faux")
    await guest.page.keyboard.press("Enter")
    await guest.page.get_by_role("alert").wait_for()
    await visit.see(guest.page, "password-wrong")

    await visit.tool(host.page, "toolbar_participants")
    await visit.press(host.page, "people_waiting_room")
    await give_password(visit, guest)
    await screen(guest.page, "ecran-attente").wait_for()
    await visit.see(guest.page, "waiting")
    await host.page.get_by_test_id("waiting-queue").wait_for()
    await visit.see(host.page, "people-waiting")
    await visit.press(host.page, "people_refuse_name", name=guest.name)
    await screen(guest.page, "ecran-fin").wait_for()
    await visit.see(guest.page, "refused")

    await visit.press(host.page, "people_waiting_room")
    await visit.press(host.page, "people_lock")
    await guest.open(visit.link)
    await visit.ask_in(guest)
    await give_password(visit, guest)
    await screen(guest.page, "ecran-erreur").wait_for()
    await visit.see(guest.page, "locked")
    await visit.press(host.page, "people_lock")
    await guest.close()
    await ended_by_the_host(visit, host)


async def give_password(visit: Visit, guest: Person) -> None:
    await guest.page.get_by_label(visit.say("password_label"), exact=True).fill(PASSWORD)
    await guest.page.keyboard.press("Enter")


async def ended_by_the_host(visit: Visit, host: Person) -> None:
    """One is sent away, one is told that it is over; the host comes back for more."""
    guest = await visit.guest("Nadia Haddad")
    await visit.ask_in(guest)
    await give_password(visit, guest)
    await screen(guest.page, "ecran-reunion").wait_for()
    await visit.press(host.page, "people_menu", name=guest.name)
    await host.page.get_by_role("menuitem", name=visit.say("people_exclude")).click()
    await host.page.get_by_role("dialog").get_by_role("button", name=visit.say("people_exclude")).click()
    await screen(guest.page, "ecran-fin").wait_for()
    await visit.see(guest.page, "excluded")
    await guest.close()


async def when_it_fails(visit: Visit) -> None:
    """Refusals that only a server in another state, or another browser, would bring about."""
    person = await visit.window("Inès Moreau")

    async def refuse(socket: WebSocketRoute) -> None:
        def answer(message: str | bytes) -> None:
            ref = json.loads(message)["ref"]
            socket.send(json.dumps({"type": "error", "code": refusals[0], "ref": ref}))

        socket.on_message(answer)

    refusals: list[str] = []
    await person.context.route_web_socket(SESSION, refuse)
    for code in (*REFUSALS, "unsupported-browser"):
        refusals[:] = [code]
        await person.open(visit.link)
        await screen(person.page, "ecran-prejoin").wait_for()
        if code == "unsupported-browser":
            await person.page.evaluate("delete window.RTCPeerConnection")
        await visit.ask_in(person)
        await expect(screen(person.page, "ecran-erreur")).to_have_attribute("data-code", code)
        await visit.see(person.page, code)
    await person.close()


async def when_the_line_breaks(visit: Visit, host: Person, cable: Cable) -> None:
    await host.page.clock.install()
    await cable.cut()
    await host.page.get_by_test_id("reconnect-banner").wait_for()
    await visit.see(host.page, "reconnecting")
    await host.page.clock.fast_forward(LASTING_MS)
    await screen(host.page, "ecran-reconnexion").wait_for()
    await visit.see(host.page, "disconnected")
