"""What a visit leaves behind, and whom the page talks to."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson
from tests.browser.rooms import log_of, open_panel, say
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server, start_server

# The other one compares the certificate just the same, or would not connect, but does not report it.
TELLS_THE_CERTIFICATE = "chromium"
CANARY = "mirabelle-4711"
# Firefox tells Playwright of no sockets: the page itself does, in both browsers.
NOTE_SOCKETS = """
window.__sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(url, ...rest) {
    super(url, ...rest);
    window.__sockets.push(this.url);
  }
};
"""
CONNECTED = "() => window.__connections.some((each) => each.connectionState === 'connected')"
CONNECTION_IS_SAFE = """
async () => {
  const [connection] = window.__connections.filter((each) => each.connectionState === "connected");
  const stats = [...(await connection.getStats()).values()];
  const transport = stats.find(({ type }) => type === "transport");
  const remote = stats.find(({ id }) => id === transport.remoteCertificateId);
  const told = connection.remoteDescription.sdp.match(/a=fingerprint:sha-256 ([0-9A-F:]+)/i)?.[1];
  return { dtls: transport.dtlsState, told: told ?? null, seen: remote?.fingerprint ?? null };
}
"""


@in_both_browsers
async def test_ac_03_and_04_signalling_is_wss_and_media_is_bound_to_the_certificate_named_there(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    await alice.context.add_init_script(NOTE_SOCKETS)
    await alice.enter(f"{server.url}/certificat-{browser}")
    await alice.page.wait_for_function(CONNECTED)
    safe = await alice.page.evaluate(CONNECTION_IS_SAFE)
    assert safe["dtls"] == "connected"
    assert safe["told"] is not None, "the certificate of the media is named on the encrypted way"
    if browser == TELLS_THE_CERTIFICATE:
        assert safe["seen"].upper() == safe["told"].upper()
    sockets = await alice.page.evaluate("window.__sockets")
    assert sockets
    assert all(url.startswith("wss://") for url in sockets)


@in_both_browsers
async def test_ac_29_nothing_said_or_shown_is_found_in_any_file(
    person: NewPerson, tmp_path: Path, browser: BrowserName
) -> None:
    server = await start_server(tmp_path, "--log-level", "debug")
    try:
        alice, bob = await person(f"Alice {CANARY}", browser), await person("Bob", browser)
        for someone in (alice, bob):
            await someone.enter(f"{server.url}/canari")
        await bob.sees_moving_pictures()
        await say(alice, f"un secret : {CANARY}")
        await open_panel(bob, "Chat")
        await expect(log_of(bob)).to_contain_text(CANARY)
    finally:
        await server.stop()
    kept = files_under(tmp_path)
    assert [name for name, content in kept.items() if CANARY.encode() in content] == []
    assert CANARY not in "".join(server.output)
    assert sum(len(content) for content in kept.values()) < 100_000, "there is no room for media"


def files_under(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@in_both_browsers
async def test_ac_31_a_whole_visit_asks_no_other_origin_and_breaks_no_policy(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice = await person("Alice", browser)
    asked: list[str] = []
    complaints: list[str] = []
    alice.page.on("request", lambda request: asked.append(request.url))
    await alice.context.add_init_script(NOTE_SOCKETS)
    alice.page.on("console", lambda message: complaints.append(message.text))
    await alice.start_meeting(server.url)
    await alice.enter()
    for panel in ("Participants", "Info", "Chat"):
        await open_panel(alice, panel)
    await alice.click("Emojis")
    await expect(alice.page.get_by_test_id("emoji-picker").get_by_role("button").nth(20)).to_be_visible()
    await alice.page.keyboard.press("Escape")
    await alice.click("Raccrocher")
    await alice.page.wait_for_selector('[data-screen="ecran-fin"], [role=dialog], dialog')
    asked += await alice.page.evaluate("window.__sockets")
    allowed = (server.url, server.url.replace("https", "wss"), "blob:", "data:", "about:")
    assert asked
    assert [url for url in asked if not url.startswith(allowed)] == []
    assert [text for text in complaints if "Content Security Policy" in text] == []
