"""Janus with its VideoRoom plugin alone: a publishing and a receiving connection a participant."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.adapters.contract import Load, Member, Place, Sent, Slots, Unavailable, Watch
from bench.adapters.messages import Message, Messages
from bench.adapters.process import Process, port_in

FILES = Path("/usr/lib/x86_64-linux-gnu/janus")
ROOM_EXISTS = 427


@dataclass(slots=True)
class Joined(Member):
    signalling: Messages = field(kw_only=True)
    session: int = 0
    room: int = 0
    feed: int = 0
    """Its number as a publisher."""
    mids: list[str] = field(default_factory=list)
    """Of what it publishes, in the order of `sends`."""


class Janus:
    """Debian's package, with default settings but for addresses and idle sessions."""

    name = "janus"

    def __init__(self) -> None:
        self._process: Process
        self._port = 0
        self._address = ""
        self._transactions = itertools.count(1)
        self._members: list[Joined] = []

    def version(self) -> str:
        if shutil.which("janus") is None:
            raise Unavailable("the package janus is not installed (apt-get install janus)")
        asked = ["dpkg-query", "--show", "--showformat", "${Version}", "janus"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout

    async def start(self, place: Place, folder: Path) -> None:
        self._port, self._address = port_in(place), place.address
        _configure(folder, self._port, place.address)
        command = ["janus", "--config", str(folder / "janus.jcfg"), "--configs-folder", str(folder)]
        self._process = await Process.start(place, command, folder / "janus.log")
        await self._process.listening(self._port, place.address)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def join(self, load: Load, room: str, name: str, sends: Sequence[Sent], slots: Slots) -> Joined:
        signalling = await Messages.open(f"ws://{self._address}:{self._port}", dialect="janus-protocol")
        member = Joined(name, tuple(sends), signalling=signalling, room=zlib.crc32(room.encode()))
        self._members.append(member)
        member.session = (await self._request(member, {"janus": "create"}))["data"]["id"]
        if sends:
            await self._publish(load, member)
        return member

    async def _publish(self, load: Load, member: Joined) -> None:
        handle = await self._attach(member)
        await self._create(member, handle)
        peer = f"{member.name}-out"
        offer = await load.offer(peer, member.sends, Slots())
        body = {
            "request": "joinandconfigure", "ptype": "publisher", "room": member.room, "display": member.name,
        }  # fmt: skip
        published = await self._message(member, handle, body, {"type": "offer", "sdp": offer})
        await load.answer(peer, published["jsep"]["sdp"])
        member.peers.append(peer)
        # A feed exists for others only once its media flows.
        await member.signalling.expect(lambda got: got["janus"] == "webrtcup" and got["sender"] == handle)
        member.feed = published["plugindata"]["data"]["id"]
        member.mids = [line[6:] for line in offer.splitlines() if line.startswith("a=mid:")]

    async def watch(self, load: Load, member: Joined, watch: Watch) -> None:
        streams = [
            {"feed": other.feed, "mid": mid}
            for other in watch.members
            if other is not member
            for mid in other.mids
        ]
        handle = await self._attach(member)
        body = {"request": "join", "ptype": "subscriber", "room": member.room, "streams": streams}
        attached = await self._message(member, handle, body)
        peer = f"{member.name}-in"
        answer = await load.accept(peer, attached["jsep"]["sdp"])
        member.peers.append(peer)
        await self._message(member, handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        layers = _substreams(attached["plugindata"]["data"]["streams"], watch)
        if layers:
            await self._message(member, handle, {"request": "configure", "streams": layers})

    async def stop(self) -> None:
        for member in self._members:
            await member.signalling.close()
        await self._process.stop()

    async def _attach(self, member: Joined) -> int:
        attached = await self._request(member, {"janus": "attach", "plugin": "janus.plugin.videoroom"})
        return int(attached["data"]["id"])

    async def _create(self, member: Joined, handle: int) -> None:
        body = {"request": "create", "room": member.room, "publishers": 1000, "videocodec": "vp8"}
        created = await self._request(member, {"janus": "message", "handle_id": handle, "body": body})
        data = created["plugindata"]["data"]
        if data.get("error_code", ROOM_EXISTS) != ROOM_EXISTS:
            raise Unavailable(f"no room: {data['error']}")

    async def _message(
        self, member: Joined, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> Message:
        """An asynchronous request: acknowledged at once, answered by an event of the same transaction."""
        message = {"janus": "message", "handle_id": handle, "body": body}
        answer = await self._request(member, {**message, "jsep": jsep} if jsep else message)
        data = answer["plugindata"]["data"]
        if "error" in data:
            raise Unavailable(f"{body['request']} was refused: {data['error']}")
        return answer

    async def _request(self, member: Joined, message: Message) -> Message:
        transaction = f"t{next(self._transactions)}"
        session = {"session_id": member.session} if member.session else {}
        answer = await member.signalling.request(
            {**message, **session, "transaction": transaction},
            lambda got: got.get("transaction") == transaction and got["janus"] != "ack",
        )
        if answer["janus"] == "error":
            raise Unavailable(f"{message['janus']} was refused: {answer['error']['reason']}")
        return answer


def _substreams(streams: Sequence[dict[str, Any]], watch: Watch) -> list[dict[str, Any]]:
    """Which layer of each simulcast stream is wanted: the highest that is not higher than what is shown."""
    heights = {
        (other.feed, mid): sent.heights
        for other in watch.members
        for mid, sent in zip(other.mids, other.sends, strict=True)
    }
    wanted = []
    for stream in streams:
        layers = heights.get((stream.get("feed_id"), stream.get("feed_mid")), ())
        if len(layers) > 1:
            fitting = sum(height <= watch.height for height in layers)
            wanted.append({"mid": stream["mid"], "substream": max(0, fitting - 1)})
    return wanted


def _configure(folder: Path, port: int, address: str) -> None:
    """Writes a configuration that loads the VideoRoom plugin and the WebSocket transport and nothing else."""
    for part, library in (("plugins", "videoroom"), ("transports", "websockets")):
        (folder / part).mkdir()
        name = f"libjanus_{library}.so"
        (folder / part / name).symlink_to(FILES / part / name)
    for part in ("events", "loggers"):
        (folder / part).mkdir()
    folders = "\n".join(
        f'  {part}_folder = "{folder / part}"' for part in ("plugins", "transports", "events", "loggers")
    )
    (folder / "janus.jcfg").write_text(f"""general: {{
{folders}
  debug_level = 2
  session_timeout = 0
}}
nat: {{
  ice_enforce_list = "{address}"
}}
""")
    (folder / "janus.transport.websockets.jcfg").write_text(f"""general: {{
  json = "compact"
  ws = true
  ws_port = {port}
  ws_ip = "{address}"
}}
""")
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {\n}\n")
