"""Records the offers of the installed browsers into `samples/`; run by hand after a browser update.

    PYTHONPATH=. python tests/sdp/record_offers.py

The sections are those of our client: microphone, camera with three rids, screen, screen sound, then
nine pairs of receive slots. No device is opened and no packet leaves the machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples"

BROWSERS: dict[str, tuple[str, dict[str, Any]]] = {
    "chromium": ("chromium", {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}),
    "firefox": ("firefox", {"channel": "moz-firefox", "executable_path": "/usr/bin/firefox-esr"}),
}
"""Playwright's name and launch options of each browser that Debian installs."""

SECTIONS = """(peer) => {
  const sendEncodings = [
    { rid: 'l', scaleResolutionDownBy: 4 }, { rid: 'm', scaleResolutionDownBy: 2 }, { rid: 'h' },
  ];
  peer.addTransceiver('audio', { direction: 'sendonly' });
  peer.addTransceiver('video', { direction: 'sendonly', sendEncodings });
  peer.addTransceiver('video', { direction: 'sendonly' });
  peer.addTransceiver('audio', { direction: 'sendonly' });
  for (let pair = 0; pair < 9; pair++) {
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addTransceiver('video', { direction: 'recvonly' });
  }
}"""

OFFER = f"""async () => {{
  const peer = new RTCPeerConnection({{ bundlePolicy: 'max-bundle', iceServers: [] }});
  ({SECTIONS})(peer);
  const offer = await peer.createOffer();
  peer.close();
  return offer.sdp;
}}"""


def record(playwright: Any, name: str) -> None:
    launcher, options = BROWSERS[name]
    browser = getattr(playwright, launcher).launch(**options)
    try:
        sdp = browser.new_page().evaluate(OFFER)
        (SAMPLES / f"{name}.sdp").write_text(sdp, newline="")
        print(name, browser.version, len(sdp), "bytes")
    finally:
        browser.close()


if __name__ == "__main__":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        for name in BROWSERS:
            record(playwright, name)
