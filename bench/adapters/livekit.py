"""LiveKit, one node: a publishing and a receiving connection a participant; tracks come by new offers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench.adapters.contract import Load, Member, Place, Sent, Slots, Unavailable, Watch
from bench.adapters.livekit_wire import read
from bench.adapters.messages import Message, Messages
from bench.adapters.process import CACHE, Process, port_in

VERSION = "v1.13.5"
RELEASED = "2026-07-31"
MODULE = "github.com/livekit/livekit-server/cmd/server"
"""The newest release that `go install` takes: later ones replace modules by forks of their own."""
PROTOCOL = "2"
"""The last in which a server opens no data channel to each client, which the generator does not speak."""
KEY, SECRET = "bench", "a-secret-for-loopback-that-guards-nothing"
SOURCES = {"microphone": "MICROPHONE", "camera": "CAMERA", "screen": "SCREEN_SHARE"}
QUALITIES = {1: ["HIGH"], 2: ["LOW", "HIGH"], 3: ["LOW", "MEDIUM", "HIGH"]}


@dataclass(slots=True)
class Joined(Member):
    signalling: Messages = field(kw_only=True)
    tracks: list[str] = field(default_factory=list)
    """Of what it publishes, in the order of `sends`."""
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class LiveKit:
    """Built from its Go module, with default settings but for addresses."""

    name = "livekit"

    def __init__(self) -> None:
        self._process: Process
        self._port = 0
        self._address = ""
        self._members: list[Joined] = []

    def version(self) -> str:
        if not _binary().exists():
            _install()
        return f"{VERSION} of {RELEASED}"

    async def start(self, place: Place, folder: Path) -> None:
        self._port, self._address = port_in(place), place.address
        rtc = {
            "udp_port": port_in(place), "use_external_ip": False, "node_ip": place.address,
            "ips": {"includes": [f"{place.address}/32"]}, "tcp_port": port_in(place),
        }  # fmt: skip
        settings = {
            "port": self._port, "bind_addresses": [place.address], "rtc": rtc, "keys": {KEY: SECRET},
            "logging": {"level": "error"},
        }  # fmt: skip
        path = folder / "livekit.yaml"
        path.write_text(json.dumps(settings))  # which is YAML too
        command = [str(_binary()), "--config", str(path)]
        self._process = await Process.start(place, command, folder / "livekit.log")
        await self._process.listening(self._port, place.address)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def join(self, load: Load, room: str, name: str, sends: Sequence[Sent], slots: Slots) -> Joined:
        query = urlencode(
            {
                "access_token": token(room, name, time.time()),
                "auto_subscribe": 0,
                "protocol": PROTOCOL,
                "sdk": "go",
            }
        )
        signalling = await Messages.open(f"ws://{self._address}:{self._port}/rtc?{query}", read=read)
        member = Joined(name, tuple(sends), signalling=signalling)
        self._members.append(member)
        await signalling.expect(lambda message: "join" in message)
        member.tasks.append(asyncio.create_task(_accept(load, member)))
        if sends:
            await _publish(load, member)
        return member

    async def watch(self, load: Load, member: Joined, watch: Watch) -> None:
        others = [other for other in watch.members if other is not member]
        sids = [sid for other in others for sid in other.tracks]
        subscription = {"trackSids": sids, "subscribe": True}
        await member.signalling.send({"subscription": subscription})
        shown = [
            sid
            for other in others
            for sid, sent in zip(other.tracks, other.sends, strict=True)
            if sent.kind == "video"
        ]
        if shown:
            size = {"width": watch.height * 16 // 9, "height": watch.height}
            await member.signalling.send({"trackSetting": {"trackSids": shown, **size}})

    async def stop(self) -> None:
        for member in self._members:
            for task in member.tasks:
                task.cancel()
            await asyncio.gather(*member.tasks, return_exceptions=True)
            await member.signalling.close()
        await self._process.stop()


async def _publish(load: Load, member: Joined) -> None:
    peer = f"{member.name}-out"
    offer = await load.offer(peer, member.sends, Slots())
    for sent, cid in zip(member.sends, track_ids(offer), strict=True):
        published = await member.signalling.request(
            {"addTrack": _described(sent, cid)},
            lambda message, cid=cid: message.get("trackPublished", {}).get("cid") == cid,  # type: ignore[misc]
        )
        member.tracks.append(published["trackPublished"]["track"]["sid"])
    await member.signalling.send({"offer": {"type": "offer", "sdp": offer}})
    answer = await member.signalling.expect(lambda message: "answer" in message)
    member.peers.append(peer)
    await load.answer(peer, answer["answer"]["sdp"])
    member.tasks.append(asyncio.create_task(_trickle(load, member, peer, "PUBLISHER")))


async def _accept(load: Load, member: Joined) -> None:
    """Answers every offer of the server, for as long as the member is there."""
    peer = f"{member.name}-in"
    while True:
        offer = (await _next(member, lambda message: "offer" in message))["offer"]
        answer = await load.accept(peer, offer["sdp"])
        if peer not in member.peers:
            member.peers.append(peer)
            member.tasks.append(asyncio.create_task(_trickle(load, member, peer, "SUBSCRIBER")))
        reply = {"type": "answer", "sdp": answer, "id": offer.get("id", 0)}
        await member.signalling.send({"answer": reply})


async def _trickle(load: Load, member: Joined, peer: str, target: str) -> None:
    while True:
        message = await _next(
            member, lambda message: message.get("trickle", {}).get("target", "PUBLISHER") == target
            and "trickle" in message,
        )  # fmt: skip
        candidate = json.loads(message["trickle"].get("candidateInit") or "{}").get("candidate")
        if candidate:
            await load.candidates(peer, [candidate])


async def _next(member: Joined, holds: object) -> Message:
    """As `expect`, however long it takes."""
    while True:
        try:
            return await member.signalling.expect(holds)  # type: ignore[arg-type]
        except TimeoutError:
            continue


def _described(sent: Sent, cid: str) -> Message:
    described = {"cid": cid, "name": sent.source, "source": SOURCES[sent.source], "type": sent.kind.upper()}
    if sent.kind == "audio":
        return {**described, "disableRed": True}
    layers = [
        {"quality": quality, "width": height * 16 // 9, "height": height, "bitrate": kilobits * 1000}
        for quality, height, kilobits in zip(
            QUALITIES[len(sent.heights)], sent.heights, sent.kilobits, strict=True
        )
    ]
    size = {"width": layers[-1]["width"], "height": layers[-1]["height"]}
    return {**described, **size, "layers": layers}


def track_ids(offer: str) -> list[str]:
    """Returns the id of the track of each section that sends (the second word of a=msid, RFC 8830 §2)."""
    ids = []
    for section in offer.split("\r\nm=")[1:]:
        lines = section.splitlines()
        if "a=sendonly" in lines or "a=sendrecv" in lines:
            msid = next((line for line in lines if line.startswith("a=msid:")), None)
            if msid is None:
                raise Unavailable("the load generator names no track ids")
            ids.append(msid.split(" ")[1])
    return ids


def token(room: str, name: str, now_s: float) -> str:
    """Returns an access token (a JSON Web Token with HMAC-SHA-256) for an hour."""
    claims = {
        "iss": KEY, "sub": name, "nbf": int(now_s) - 10, "exp": int(now_s) + 3600,
        "video": {"room": room, "roomJoin": True},
    }  # fmt: skip
    parts = [_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = hmac.digest(SECRET.encode(), ".".join(parts).encode(), hashlib.sha256)
    return ".".join([*parts, _encoded(signed)])


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _binary() -> Path:
    return CACHE / f"livekit-{VERSION}" / "server"


def _install() -> None:
    if shutil.which("go") is None:
        raise Unavailable("building it needs Go, which is not installed")
    environment = {**os.environ, "GOBIN": str(_binary().parent)}
    command = ["go", "install", f"{MODULE}@{VERSION}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"go install failed: {done.stderr.strip()[-300:]}")
