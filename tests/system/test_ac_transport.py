"""What a server of its own process does to those who try without encryption, or from another room."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import statistics
import time
from pathlib import Path

import httpx
import pytest
from bench.bundles import javascript
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage

from tests.support.peer import Peer, trusting_context
from tests.support.server import Server
from tests.system.test_foreign_stack import Colours, Tone, frames

ROOT = Path(__file__).parents[2]
PLAIN_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def answer_to(server: Server, request: bytes) -> bytes:
    """Returns all that the server says to bytes sent without encryption, until it hangs up."""
    reader, writer = await asyncio.open_connection("localhost", server.port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def tls_version(server: Server, version: ssl.TLSVersion) -> str | None:
    """Returns the version agreed upon when only `version` is offered; None where the server refuses."""
    context = trusting_context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")  # TLS 1.1 needs what OpenSSL holds too weak
    context.minimum_version = context.maximum_version = version
    try:
        _, writer = await asyncio.open_connection("localhost", server.port, ssl=context)
    except (ssl.SSLError, ConnectionError):
        return None
    agreed: str = writer.get_extra_info("ssl_object").version()
    writer.close()
    return agreed


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
async def test_ac_02_plain_http_gets_no_page_and_old_tls_no_connection(server: Server) -> None:
    assert b"<html" not in (await answer_to(server, PLAIN_REQUEST)).lower()
    assert await tls_version(server, ssl.TLSVersion.TLSv1_1) is None
    assert await tls_version(server, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    assert await tls_version(server, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"


async def test_ac_03_signalling_is_not_to_be_had_without_tls(server: Server) -> None:
    with pytest.raises((InvalidMessage, ConnectionError, EOFError)):
        await connect(f"ws://localhost:{server.port}/api/v1/session", origin=server.url)  # type: ignore[arg-type]
    async with connect(
        f"wss://localhost:{server.port}/api/v1/session",
        ssl=trusting_context(),
        origin=server.url,  # type: ignore[arg-type]
    ):
        pass


def test_ac_06_licence_stands_in_the_repository_and_in_the_package() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()


async def test_ac_14_front_page_is_answered_soon_and_carries_little_script(server: Server) -> None:
    async with httpx.AsyncClient(verify=trusting_context()) as client:
        await client.get(server.url)
        took_ms = []
        for _ in range(20):
            began = time.perf_counter()
            assert (await client.get(server.url)).status_code == 200
            took_ms.append((time.perf_counter() - began) * 1000)
    assert statistics.median(took_ms) < 200, took_ms
    assert (
        sum(len(gzip.compress(script.encode(), 9)) for script in javascript("index.html").values()) <= 60_000
    )


def wanted(*sources: str) -> list[dict[str, object]]:
    return [{"source": source, "maxHeight": 720} for source in sources]


async def test_ac_30_a_source_of_another_room_is_nothing_to_whoever_asks_for_it(server: Server) -> None:
    alice, mallory = Peer("Alice"), Peer("Mallory")
    await alice.join(server.url, "salle-a", audio=Tone(), video=Colours(200))
    await mallory.join(server.url, "salle-b", audio=Tone(), video=Colours(60))
    foreign = [source["id"] for source in alice.joined["sources"]]

    asked = await mallory.signalling.request("subscribe", sources=wanted(*foreign), others=0)
    nothing = await mallory.signalling.request("subscribe", sources=wanted("nowhere"), others=0)
    assert {**asked, "ref": 0} == {**nothing, "ref": 0}, "the answer does not tell whether it exists"
    for request in ("unpublish", "set-muted"):
        more = {"muted": True} if request == "set-muted" else {}
        assert (await mallory.signalling.request(request, source=foreign[0], **more))["type"] == "error"
    got = [asyncio.create_task(frames(mallory.received(kind)[0], 1)) for kind in ("video", "audio")]

    bob = Peer("Bob")
    await bob.join(server.url, "salle-a")
    await frames(bob.received("video")[0], 20)
    assert not any(task.done() for task in got), "Bob was shown a second of Alice, Mallory nothing"
    for task in got:
        task.cancel()
    await asyncio.gather(*got, return_exceptions=True)
    for peer in (alice, bob, mallory):
        await peer.leave()
