"""What picture and sound are like at those who receive them."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import BrowserName, NewPerson, Person
from tests.browser.rooms import control
from tests.support.acceptance import in_both_browsers
from tests.support.server import Server

FULL_SIZE_WITHIN_MS = 2_000
# Of two pictures of the same text: 1 where they are equal, about 0 where one is a blur.
READABLE = 0.8
READ_SOUND = """
async () => {
  for (const connection of window.__connections) {
    if (connection.connectionState !== "connected") continue;
    const stats = await connection.getStats();
    for (const entry of stats.values()) {
      if (entry.type !== "inbound-rtp" || entry.kind !== "audio" || !entry.packetsReceived) continue;
      const { mimeType, clockRate } = stats.get(entry.codecId);
      return { mimeType, clockRate };
    }
  }
  return null;
}
"""
# A page of 12 px text in 1080p; the digits in its corner change, as something on a real screen always does.
DRAW_TEXT = """
(context) => {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, 1920, 1080);
  context.fillStyle = "#000";
  context.font = "12px sans-serif";
  for (let line = 0; line < 60; line += 1) {
    const text = `${line} Portez ce vieux whisky au juge blond qui fume, et tout va bien. `;
    context.fillText(text.repeat(3), 20, 40 + 17 * line);
  }
}
"""
TEXT_ON_SCREEN = f"""
navigator.mediaDevices.getDisplayMedia = async () => {{
  const draw = {DRAW_TEXT};
  const canvas = Object.assign(document.createElement("canvas"), {{ width: 1920, height: 1080 }});
  const context = canvas.getContext("2d");
  setInterval(() => {{
    draw(context);
    context.fillText(String(Date.now()), 1700, 1070);
  }}, 100);
  window.__shared_at = Date.now();
  return canvas.captureStream(10);
}};
"""
SHARED_SCREEN = "[...document.querySelectorAll('video')].find((video) => video.videoWidth === 1920)"
FULL_SIZE_AT = f"""
() => new Promise((done) => {{
  const look = () => ({SHARED_SCREEN} ? done(Date.now()) : setTimeout(look, 20));
  look();
}})
"""
COMPARE = f"""
() => {{
  const grey = (paint) => {{
    const canvas = Object.assign(document.createElement("canvas"), {{ width: 1920, height: 1080 }});
    const context = canvas.getContext("2d");
    paint(context);
    const {{ data }} = context.getImageData(20, 25, 900, 300);
    return Float64Array.from({{ length: data.length / 4 }}, (_, at) => data[4 * at + 1]);
  }};
  const screen = {SHARED_SCREEN};
  const [seen, drawn] = [grey((context) => context.drawImage(screen, 0, 0)), grey({DRAW_TEXT})];
  const centred = (values) => {{
    const mean = values.reduce((a, b) => a + b) / values.length;
    return values.map((value) => value - mean);
  }};
  const product = (one, two) => one.reduce((sum, value, at) => sum + value * two[at], 0);
  const [a, b] = [centred(seen), centred(drawn)];
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b) || 1);
}}
"""


async def enter_without_devices(someone: Person, link: str) -> None:
    """Comes in to look and listen, and leaves the machine to those who send."""
    await someone.page.bring_to_front()
    await someone.open(link)
    await someone.page.get_by_label("Votre nom").fill(someone.name)
    await someone.click("Rejoindre sans micro ni caméra")
    await someone.page.wait_for_selector('[data-screen="ecran-reunion"]')


@in_both_browsers
async def test_ac_06_picture_reaches_720p_and_sound_is_opus_at_48_khz(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice"), await person("Bob", browser)
    await alice.enter(f"{server.url}/haute-qualite-{browser}")
    await enter_without_devices(bob, f"{server.url}/haute-qualite-{browser}")
    await bob.until(
        lambda now: any((s["width"], s["height"]) == (1280, 720) for s in now["streams"]),
        "Bob gets no 1280×720", 20,
    )  # fmt: skip
    await bob.hears_sound()
    assert await bob.page.evaluate(READ_SOUND) == {"mimeType": "audio/opus", "clockRate": 48_000}


@in_both_browsers
async def test_ac_08_text_on_a_shared_screen_is_readable_soon(
    server: Server, person: NewPerson, browser: BrowserName
) -> None:
    alice, bob = await person("Alice", browser), await person("Bob", browser)
    await alice.context.add_init_script(TEXT_ON_SCREEN)
    for someone in (alice, bob):
        await enter_without_devices(someone, f"{server.url}/ecran-{browser}")
    await expect(bob.page.locator("[data-testid=tile]")).to_have_count(2)
    await control(alice, "Partage d'écran").click()
    await alice.click("Choisir…")
    full_at = await bob.page.evaluate(FULL_SIZE_AT)
    assert full_at - await alice.page.evaluate("window.__shared_at") < FULL_SIZE_WITHIN_MS
    await bob.page.wait_for_function(f"() => ({COMPARE})() > {READABLE}", polling=200, timeout=5_000)
