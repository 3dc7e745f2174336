"""After a meeting with names, messages and a password, nothing of them is on disk or in the logs (AC-29)."""

from __future__ import annotations

from pathlib import Path

from websockets.asyncio.client import connect

from causerie.protocol import messages
from tests.edges.native_world import Client, join
from tests.support.peer import trusting_context
from tests.support.server import start_server

NAME = "Canari-Zoe-Wenzel"
TEXT = "canari-message-jaune"
PASSWORD = "canari-mot-de-passe"
HIDDEN_ROOM = "canari-salle-libre"
KEPT_ROOM = "canari-salle-fermee"


async def meets(url: str, room: str, password: str | None) -> list[str]:
    """Holds a meeting that leaves; returns the secrets that came up in it."""
    address = f"wss://{url.removeprefix('https://')}/api/v1/session"
    async with connect(address, ssl=trusting_context(), origin=url, compression=None) as socket:
        client = Client(socket)
        me = await client.join(NAME, room)
        await client.send(messages.SendChat(client.ref(), TEXT))
        await client.hear_a(messages.ChatMessageReceived)
        if password is not None:
            await client.send(messages.SetPassword(client.ref(), password))
            await client.hear_a(messages.RoomChanged)
        await client.send(messages.Leave(client.ref()))
        assert await client.close_code() == 1000
    assert me.host_key is not None
    return [me.host_key, me.token, me.participant]


async def test_ac_29_nothing_of_a_meeting_is_on_disk_or_in_the_logs_afterwards(tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data", "--log-level", "debug")
    secrets = await meets(server.url, HIDDEN_ROOM, None)
    secrets += await meets(server.url, KEPT_ROOM, PASSWORD)
    assert await server.stop() == 0

    kept = {path.name: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    everything = [*kept.values(), "".join(server.output).encode()]
    for canary in (NAME, TEXT, PASSWORD, HIDDEN_ROOM, *secrets):
        assert not any(canary.encode() in content for content in everything), canary
    assert KEPT_ROOM.encode() in kept["rooms.sqlite3"], "the canary can sing"


async def test_a_protected_room_still_asks_after_a_restart(tmp_path: Path) -> None:
    first = await start_server(tmp_path / "data")
    await meets(first.url, KEPT_ROOM, PASSWORD)
    assert await first.stop() == 0

    server = await start_server(tmp_path / "data")
    address = f"wss://localhost:{server.port}/api/v1/session"
    async with connect(address, ssl=trusting_context(), origin=server.url, compression=None) as socket:
        client = Client(socket)
        await client.send(join("Bob", KEPT_ROOM))
        assert (await client.hear_error()).code == "password-required"
    assert await server.stop() == 0
