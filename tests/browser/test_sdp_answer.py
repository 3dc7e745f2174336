"""The installed browsers accept our answers to their own offers, without any server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from causerie.ports.media import Candidate, ConferenceKey, EndpointId, IceCredentials
from causerie.sdp import answer, negotiate, parameters
from tests.browser.people import LOOP
from tests.sdp.record_offers import BROWSERS, SECTIONS

MEDIA_PORT = 48_443
"""Nobody answers there; Chromium takes no candidate below 1024."""

OFFER = f"""async () => {{
  const peer = window.peer = new RTCPeerConnection({{ bundlePolicy: 'max-bundle', iceServers: [] }});
  ({SECTIONS})(peer);
  await peer.setLocalDescription();
  return peer.localDescription.sdp;
}}"""

ACCEPT = """async (sdp) => {
  const peer = window.peer;
  const streams = [];
  peer.ontrack = ({ transceiver, streams: [stream] }) => streams.push([transceiver.mid, stream?.id]);
  await peer.setRemoteDescription({ type: 'answer', sdp });
  return {
    state: peer.signalingState,
    directions: peer.getTransceivers().map((t) => [t.mid, t.currentDirection, t.stopped]),
    encodings: peer.getTransceivers()[1].sender.getParameters().encodings.map((e) => e.rid),
    streams,
  };
}"""

HAS_CANDIDATE = """async (port) => {
  const report = await window.peer.getStats();
  return [...report.values()].some((s) => s.type === 'remote-candidate' && s.port === port);
}"""

MORE_SLOTS = """async () => {
  for (let pair = 0; pair < 3; pair++) {
    window.peer.addTransceiver('audio', { direction: 'recvonly' });
    window.peer.addTransceiver('video', { direction: 'recvonly' });
  }
  await window.peer.setLocalDescription(await window.peer.createOffer({ iceRestart: true }));
  return window.peer.localDescription.sdp;
}"""


@pytest_asyncio.fixture(params=sorted(BROWSERS), loop_scope=LOOP)
async def page(request: pytest.FixtureRequest, browsers: Any) -> AsyncIterator[Page]:
    context = await (await browsers(request.param)).new_context()
    page = await context.new_page()
    await page.goto("data:text/html,<title>An offer and its answer</title>")
    yield page
    await context.close()


def answered(offer: str, password: str = "p" * 24) -> str:
    negotiation = negotiate(offer)
    agreed = parameters(
        negotiation,
        endpoint=EndpointId(1),
        conference=ConferenceKey(1),
        local_ice=IceCredentials("u" * 24, password),
        slot_ssrcs=[(1000 + 2 * i, 1001 + 2 * i) for i in range(len(negotiation.slot_sections))],
        cname="causerie",
    )
    candidates = [
        Candidate("127.0.0.1", MEDIA_PORT, 2_130_706_431, "1"),
        Candidate("::1", MEDIA_PORT, 2_130_706_430, "2"),
    ]
    return answer(negotiation, agreed, fingerprint=bytes(range(32)), candidates=candidates)


def expected_directions(pairs: int) -> list[list[Any]]:
    ways = ["sendonly"] * 4 + ["recvonly"] * (2 * pairs)
    return [[str(mid), way, False] for mid, way in enumerate(ways)]


async def test_browser_accepts_the_answer_with_every_direction_rid_and_stream_pair(page: Page) -> None:
    result = await page.evaluate(ACCEPT, answered(await page.evaluate(OFFER)))

    assert result["state"] == "stable"
    assert result["directions"] == expected_directions(9)
    assert result["encodings"] == ["l", "m", "h"]
    assert result["streams"] == [[str(4 + i), f"pair-{i // 2}"] for i in range(18)]


async def test_browser_takes_the_candidates_of_the_answer(page: Page) -> None:
    await page.evaluate(ACCEPT, answered(await page.evaluate(OFFER)))

    await page.wait_for_function(HAS_CANDIDATE, arg=MEDIA_PORT, timeout=5_000)


async def test_browser_accepts_the_answer_to_an_ice_restart_with_more_slots(page: Page) -> None:
    await page.evaluate(ACCEPT, answered(await page.evaluate(OFFER)))
    result = await page.evaluate(ACCEPT, answered(await page.evaluate(MORE_SLOTS), password="q" * 24))

    assert result["state"] == "stable"
    assert result["directions"] == expected_directions(12)
