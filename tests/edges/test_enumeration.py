"""What a stranger learns of rooms by knocking: the same bytes after the same time, whatever goes on inside.

Every valid name is a room that anybody may enter, so that names tell nothing; what is behind a password does.
"""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from causerie.conference.ids import RoomName
from causerie.conference.policy import Limits
from causerie.conference.record import RoomRecord
from causerie.edges.native.admission import Admission, Denied
from causerie.media.fake import FakeEngine
from causerie.protocol import messages
from causerie.server.passwords import ArgonPasswords
from causerie.server.rooms import MemoryRooms
from causerie.server.runner import ConferenceRegistry
from tests.edges.native_world import Client, World, join, world
from tests.support.peer import trusting_context
from tests.support.server import start_server

TRIES = 24
ALIKE = 1.35
"""How far medians of interleaved tries may lie apart: the load of the machine meets both in turn."""

PASSWORD = "tournesol bleu"


async def medians(*attempts: Callable[[int], Awaitable[None]]) -> list[float]:
    """Returns the median seconds of each attempt, all tried in turn so that noise hits all alike."""
    took: list[list[float]] = [[] for _ in attempts]
    for number in range(TRIES):
        for times, attempt in zip(took, attempts, strict=True):
            began = time.perf_counter()
            await attempt(number)
            times.append(time.perf_counter() - began)
    return [statistics.median(times[2:]) for times in took]


def are_alike(times: list[float]) -> bool:
    return all(a / b < ALIKE for a, b in itertools.permutations(times, 2))


def test_times_that_differ_by_half_are_told_apart() -> None:
    assert are_alike([0.100, 0.110, 0.130])
    assert not are_alike([0.100, 0.150])


async def test_a_wrong_password_takes_as_long_in_a_meeting_as_in_an_empty_room() -> None:
    passwords = ArgonPasswords(1)
    record = RoomRecord(password_hash=await passwords.hash(PASSWORD))
    rooms, engine = MemoryRooms(), FakeEngine()
    live, empty = RoomName("live"), RoomName("empty")
    for room in (live, empty):
        rooms.keep(room, record)
    conferences = ConferenceRegistry(engine, limits=Limits(), rooms=rooms)
    conferences.open(live)
    clock = itertools.count(step=1_000)  # each try a quarter of an hour after the last: none is throttled
    admission = Admission(conferences, passwords, lambda: float(next(clock)))

    def knocking(room: RoomName) -> Callable[[int], Awaitable[None]]:
        async def knock(number: int) -> None:
            wrong = msgspec.structs.replace(join("Eve"), password=f"wrong {number}")
            with pytest.raises(Denied) as denied:
                await admission.verified(room, wrong, "203.0.113.7")
            assert (denied.value.code, denied.value.retry_after_s) == ("password-wrong", None)

        return knock

    times = await medians(knocking(live), knocking(empty))
    assert are_alike(times), times
    await conferences.close()
    passwords.close()


async def answers(here: World, *said: messages.ClientMessage) -> list[bytes]:
    """Returns the frames that a stranger gets who says something on a new socket, as they came."""
    async with here.person() as socket:
        heard = []
        for message in said:
            await socket.send(msgspec.json.encode(message).decode())
            heard.append(str(await socket.recv()).encode())
        return heard


async def test_before_the_password_full_locked_waiting_and_empty_rooms_answer_the_same_bytes() -> None:
    async with world(limits=Limits(participants=1)) as here:
        heard = []
        changes: dict[str, messages.ClientMessage] = {
            "locked": messages.SetLocked(50, True),
            "waiting": messages.SetWaitingRoom(50, True),
            "left": messages.Leave(50),
        }
        for state in ("full", *changes):
            async with here.joined("Alice", state) as alice:
                await alice.send(messages.SetPassword(alice.ref(), PASSWORD))
                await alice.hear_a(messages.Ok)
                if change := changes.get(state):
                    await alice.send(change)
                    await alice.hear_a(messages.Ok)
                asks = join("Eve", state)
                tries = msgspec.structs.replace(asks, password="wrong")
                heard.append(await answers(here, asks, tries))

        assert all(one == heard[0] for one in heard), heard
        assert b"password-required" in heard[0][0]
        assert b"password-wrong" in heard[0][1]


async def test_a_session_that_is_not_there_answers_as_one_whose_secret_is_wrong() -> None:
    async with world() as here, here.joined("Alice") as alice:
        id = alice.me.token.split(".")[0]
        absent, wrong = f"{'x' * len(id)}.{'y' * 43}", f"{id}.{'y' * 43}"

        assert await answers(here, messages.Resume(1, 1, absent, 0)) == await answers(
            here, messages.Resume(1, 1, wrong, 0)
        )


async def test_pages_of_live_protected_and_absent_rooms_are_the_same_after_the_same_time(
    tmp_path: Path,
) -> None:
    server = await start_server(tmp_path / "data")
    address = server.url.replace("https:", "wss:") + "/api/v1/session"
    async with connect(address, ssl=trusting_context(), origin=server.url, compression=None) as socket:  # type: ignore[arg-type]
        alice = Client(socket)
        await alice.join("Alice", "vivante")
        await alice.send(messages.SetPassword(alice.ref(), PASSWORD))
        await alice.hear_a(messages.RoomChanged)
        async with httpx.AsyncClient(verify=False, base_url=server.url) as browser:
            seen: dict[str, set[tuple[bytes, tuple[tuple[str, str], ...]]]] = {}

            def opening(room: str) -> Callable[[int], Awaitable[None]]:
                async def open_page(number: int) -> None:
                    page = await browser.get(f"/{room}")
                    headers = tuple(sorted((k, v) for k, v in page.headers.items() if k != "date"))
                    seen.setdefault(room, set()).add((page.content, headers))

                return open_page

            times = await medians(opening("vivante"), opening("absente"), opening("autre"))
    assert await server.stop() == 0
    assert len(set.union(*seen.values())) == 1
    assert are_alike(times), times
