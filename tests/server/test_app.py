"""A whole server process: what it says, how it refuses, how soon it stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import time
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.peer import trusting_context
from tests.support.server import Server, free_port, start_server


async def refused(*options: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    """Runs `causerie up`, which must end by itself; returns its status and all it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "causerie", "up", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | (environment or {}),
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 15)
    assert process.returncode is not None
    return process.returncode, output.decode()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_it_says_where_it_is_and_answers_there_in_under_three_seconds(data_dir: Path) -> None:
    (await start_server(data_dir)).process.terminate()
    started = time.monotonic()
    server = await start_server(data_dir)
    assert time.monotonic() - started < 3
    said = json.loads(next(line for line in server.output if "urls" in line))
    async with httpx.AsyncClient(verify=False) as client:
        for url in said["urls"]:
            assert (await client.get(f"{url}/api/v1/health")).json()["status"] == "ok"
        capacity = (await client.get(f"{server.url}/api/v1/capacity")).json()
    assert capacity["origin"] == ("" if len(said["urls"]) == 1 else said["urls"][0])
    assert said["urls"][-1] == server.url
    assert said["mediaPorts"] == [server.media_port]
    assert await server.stop() == 0


async def test_it_says_what_it_keeps_how_many_a_room_takes_and_by_what_name_it_is_known(
    data_dir: Path,
) -> None:
    server = await start_server(data_dir, "--participants", "250")
    async with httpx.AsyncClient(verify=False) as client:
        capacity = (await client.get(f"{server.url}/api/v1/capacity")).json()
    assert capacity["limits"]["participantsPerConference"] == 250
    assert capacity["kept"] == ["protected-rooms"]
    assert capacity["instance"] == ""
    await server.stop()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_stops_within_three_seconds_with_sockets_open(
    data_dir: Path, number: signal.Signals
) -> None:
    server = await start_server(data_dir)
    address = server.url.replace("https", "wss") + "/api/v1/session"
    async with connect(address, ssl=trusting_context(), origin=server.url) as websocket:  # type: ignore[arg-type]
        started = time.monotonic()
        server.process.send_signal(number)
        with pytest.raises(ConnectionClosed):
            await websocket.recv()
        assert await asyncio.wait_for(server.process.wait(), 5) == 0
        assert time.monotonic() - started < 3


async def test_taken_ports_are_one_sentence_each_and_status_two(data_dir: Path) -> None:
    port = free_port()
    with socket.socket() as taken, socket.socket(type=socket.SOCK_DGRAM) as taken_media:
        taken.bind(("", port))
        taken.listen()
        taken_media.bind(("", port))
        common = ("--json", "--data-dir", str(data_dir))
        status, said = await refused("--port", str(port), "--media-port", "0", *common)
        assert (status, said.count("\n")) == (2, 1), said
        assert said.startswith(f"causerie: port: {port} is already in use; choose another")
        status, said = await refused("--port", "0", "--media-port", str(port), *common)
        assert (status, said.count("\n")) == (2, 1), said
        assert said.startswith("causerie: media-port: ")
        assert str(port) in said


@pytest.mark.parametrize(
    ("options", "environment", "sentence"),
    [
        (("--port", "x"), {}, "causerie: port (from --port): 'x' is not a whole number\n"),
        (
            (),
            {"CAUSERIE_WORKERS": "99"},
            "causerie: workers (from CAUSERIE_WORKERS): 99 is not between 1 and 16\n",
        ),
        (("--data-dir", "/proc/none"), {}, "causerie: data-dir: /proc/none cannot be written"),
        (
            ("--bind", "203.0.113.1", "--port", "0"),
            {},
            "causerie: bind: 203.0.113.1 is not an address of this",
        ),
        (("--cert", "/none", "--key", "/none"), {}, "causerie: cert: /none cannot be read"),
        (("--prot", "1"), {}, "causerie: Unknown option"),
    ],
)
async def test_bad_settings_are_one_sentence_and_status_two(
    tmp_path: Path, options: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    ports = () if "--port" in options else ("--port", "0")
    folder = () if "--data-dir" in options else ("--data-dir", str(tmp_path))
    status, said = await refused(*options, *ports, *folder, environment=environment)

    assert (status, said.count("\n")) == (2, 1), said
    assert said.startswith(sentence)


async def test_foreign_origins_get_no_socket(server: Server) -> None:
    address = server.url.replace("https", "wss") + "/api/v1/session"
    for origin in ("https://evil.test", "null", server.url + "0", server.url.replace("https", "http"), None):
        with pytest.raises(InvalidStatus) as answer:
            await connect(address, ssl=trusting_context(), origin=origin)  # type: ignore[arg-type]
        assert answer.value.response.status_code == 403


async def test_message_beyond_its_limit_closes_the_socket(server: Server) -> None:
    address = server.url.replace("https", "wss") + "/api/v1/session"
    async with connect(
        address, ssl=trusting_context(), origin=server.url, compression="deflate"
    ) as websocket:  # type: ignore[arg-type]
        assert websocket.protocol.extensions == []
        await websocket.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            await websocket.recv()
        assert websocket.close_code == 1009


async def hung_up_on(server: Server, said: bytes, context: ssl.SSLContext | None) -> bool:
    """Says part of something, and tells whether the server ended the connection within 13 s."""
    reader, writer = await asyncio.open_connection("localhost", server.port, ssl=context)
    writer.write(said)
    try:
        async with asyncio.timeout(13):
            return await reader.read() == b""
    except ConnectionError:
        return True
    finally:
        writer.transport.abort()


async def test_clients_that_do_not_finish_what_they_say_are_hung_up_on(server: Server) -> None:
    assert (
        await asyncio.gather(
            hung_up_on(server, b"", None),
            hung_up_on(server, b"\x16\x03\x01", None),
            hung_up_on(server, b"", trusting_context()),
            hung_up_on(server, b"GET / HTTP/1.1\r\nHost: localhost\r\n", trusting_context()),
        )
        == [True] * 4
    )


async def test_head_beyond_its_limit_is_refused(server: Server) -> None:
    reader, writer = await asyncio.open_connection("localhost", server.port, ssl=trusting_context())
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"x" * 20_000)
    assert (await reader.readline()).split(b" ")[1] == b"400"
    writer.transport.abort()
