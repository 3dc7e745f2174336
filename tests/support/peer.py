"""A participant that is not a browser: aiortc for media, plain WebSocket for signalling.

An independent WebRTC stack, so that what we send and accept is judged by code we did not write.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import ssl
from collections.abc import Callable
from typing import Any

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from websockets.asyncio.client import ClientConnection, connect


def trusting_context() -> ssl.SSLContext:
    """Accepts the server's self-signed certificate, as a test on loopback may."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Signalling:
    """One signalling socket: requests with answers by `ref`, events collected as they come."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Condition()
        self._refs = itertools.count(1)
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str) -> Signalling:
        """Connects to `https://HOST:PORT` as a page of that origin would."""
        address = url.replace("https:", "wss:") + "/api/v1/session"
        return cls(await connect(address, ssl=trusting_context(), origin=url, compression=None))  # type: ignore[arg-type]

    async def request(self, type_: str, **members: Any) -> dict[str, Any]:
        """Sends a request and returns its answer, an `error` included."""
        ref = next(self._refs)
        self._answers[ref] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": type_, "ref": ref, **members}))
        return await asyncio.wait_for(self._answers[ref], 10)

    async def event(self, holds: Callable[[dict[str, Any]], bool], timeout_s: float = 10) -> dict[str, Any]:
        """Returns the first event, past or coming, for which `holds`."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.events if holds(event)), None)

        async with asyncio.timeout(timeout_s), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        result = found()
        assert result is not None
        return result

    async def _read(self) -> None:
        async for text in self.socket:
            message = json.loads(text)
            answer = self._answers.pop(message["ref"], None) if "ref" in message else None
            if answer is not None and not answer.done():
                answer.set_result(message)
            else:
                async with self._changed:
                    self.events.append(message)
                    self._changed.notify_all()

    async def close(self) -> None:
        await self.socket.close()
        await asyncio.gather(self._reader, return_exceptions=True)


class Peer:
    """Joins a room with aiortc, publishing what it is given and receiving on a few slots."""

    def __init__(self, name: str, *, slots: int = 2) -> None:
        self.name = name
        self.slots = slots
        # Its default, balanced, leaves later video sections on a closed transport. No STUN server is asked.
        alone = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.connection = RTCPeerConnection(alone)
        self.signalling: Signalling
        self.joined: dict[str, Any]

    async def join(
        self,
        url: str,
        room: str,
        *,
        audio: MediaStreamTrack | None = None,
        video: MediaStreamTrack | None = None,
    ) -> None:
        """Offers once, in the join message, and returns when the media transport is connected."""
        sources = self._add_transceivers(audio, video)
        self.signalling = await Signalling.open(url)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offered = [{"kind": kind, "mid": transceiver.mid} for kind, transceiver in sources]
        self.joined = await self.signalling.request(
            "join", version=1, room=room, name=self.name,
            offer=self.connection.localDescription.sdp, sources=offered,
        )  # fmt: skip
        assert self.joined["type"] == "joined", self.joined
        answer = RTCSessionDescription(sdp=self.joined["answer"], type="answer")
        connected = self._connected()
        await self.connection.setRemoteDescription(answer)
        await asyncio.wait_for(connected, 15)

    def _add_transceivers(
        self, audio: MediaStreamTrack | None, video: MediaStreamTrack | None
    ) -> list[tuple[str, Any]]:
        sources = []
        if audio is not None:
            sources.append(("microphone", self.connection.addTransceiver(audio, direction="sendonly")))
        if video is not None:
            sources.append(("camera", self.connection.addTransceiver(video, direction="sendonly")))
        for _ in range(self.slots):
            for kind in ("audio", "video"):
                self.connection.addTransceiver(kind, direction="recvonly")
        return sources

    def received(self, kind: str) -> list[MediaStreamTrack]:
        """Tracks of the receive slots of one kind, in slot order."""
        return [
            t.receiver.track
            for t in self.connection.getTransceivers()
            if t.kind == kind and t.direction == "recvonly"
        ]

    def _connected(self) -> asyncio.Future[None]:
        done = asyncio.get_running_loop().create_future()

        @self.connection.on("connectionstatechange")
        def _() -> None:
            if self.connection.connectionState == "connected" and not done.done():
                done.set_result(None)

        return done

    async def leave(self) -> None:
        """Hangs up and closes both connections."""
        await self.signalling.request("leave")
        await self.close()

    async def close(self) -> None:
        await self.signalling.close()
        await self.connection.close()
