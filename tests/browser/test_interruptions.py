"""What a call survives: refused devices, cut signalling, a restarted server, hostile neighbours."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from pathlib import Path

from websockets.exceptions import ConnectionClosed

from tests.browser.people import FREEZE_S, NewPerson
from tests.support.cutter import Cutter
from tests.support.peer import Signalling
from tests.support.server import Server, free_port, start_server


async def test_signalling_cut_for_seconds_resumes_in_place_without_a_gap_in_media(
    person: NewPerson, tmp_path: Path
) -> None:
    cutter = Cutter(free_port())
    await cutter.start()
    server = await start_server(tmp_path, "--host", f"localhost:{cutter.port}", port=cutter.target_port)
    try:
        await _cut_and_mended(server, cutter, person)
    finally:
        await cutter.stop()
        await server.stop()


async def _cut_and_mended(server: Server, cutter: Cutter, person: NewPerson) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link.replace(f":{server.port}", f":{cutter.port}"))
    await bob.sees_moving_pictures()
    before = await bob.statistics()
    cutter.cut()
    await bob.page.get_by_test_id("reconnect-banner").wait_for()
    await bob.sees_moving_pictures(timeout_s=3)
    chloe = await person("Chloé")
    await chloe.enter(link)
    cutter.mend()
    await bob.page.get_by_test_id("reconnect-banner").wait_for(state="detached", timeout=15_000)
    await bob.page.locator("[data-testid=tile]", has_text="Chloé").first.wait_for()
    after = await bob.statistics()
    assert after["frozen_s"] - before["frozen_s"] < FREEZE_S
    assert await alice.page.locator("[data-testid=tile]", has_text="Bob").count() == 1


async def test_a_restarted_server_brings_everybody_back_into_the_room(
    person: NewPerson, tmp_path: Path
) -> None:
    first = await start_server(tmp_path)
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(first.url)
    await alice.enter()
    await bob.enter(link)
    await bob.sees_moving_pictures()
    await first.stop()
    for someone in (alice, bob):
        await someone.page.get_by_test_id("reconnect-banner").wait_for(timeout=15_000)
    second = await start_server(tmp_path, port=first.port)
    try:
        for someone in (alice, bob):
            await someone.sees_moving_pictures(timeout_s=30)
    finally:
        await second.stop()


async def test_hostile_neighbours_cost_the_others_nothing(server: Server, person: NewPerson) -> None:
    alice, bob = await person("Alice"), await person("Bob")
    link = await alice.start_meeting(server.url)
    await alice.enter()
    await bob.enter(link)
    await bob.sees_moving_pictures()
    before = await bob.statistics()
    await asyncio.gather(_shout_nonsense(server), _spray_datagrams(server))
    await bob.sees_moving_pictures(timeout_s=3)
    await alice.sees_moving_pictures(timeout_s=3)
    after = await bob.statistics()
    assert after["frozen_s"] - before["frozen_s"] < FREEZE_S


async def _shout_nonsense(server: Server) -> None:
    """Malformed and oversized signalling, closed with a documented code, beside one who speaks too early.

    That one is closed after the time in which to join, which scenarios of `edges` shorten and wait for.
    """
    early = await Signalling.open(server.url)
    await early.socket.send('{"type":"leave","ref":1}')
    for nonsense in ("{", "[]", '{"type":"join"}', "x" * 200_000, "[" * 10_000):
        signalling = await Signalling.open(server.url)
        try:
            await signalling.socket.send(nonsense)
            await asyncio.wait_for(signalling.socket.wait_closed(), 20)
        except ConnectionClosed:
            pass
        assert signalling.socket.close_code in {1009, 4000}, (nonsense[:20], signalling.socket.close_code)
        await signalling.close()
    await early.close()


async def _spray_datagrams(server: Server) -> None:
    """20,000 datagrams that no one authenticated, of every class, answered by none."""
    chance = random.Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", server.media_port))
        udp.setblocking(False)
        for number in range(20_000):
            first = bytes([(0, 1, 22, 128, 144, 255)[number % 6]])
            udp.send(first + os.urandom(chance.randrange(0, 1400)))
            if number % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.3)
        try:
            answer = udp.recv(2048)
        except BlockingIOError:
            return
        raise AssertionError(f"the server answered an unauthenticated datagram: {answer[:20]!r}")
