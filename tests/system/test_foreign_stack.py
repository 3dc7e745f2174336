"""aiortc, a WebRTC stack we did not write, joins, publishes and receives."""

from __future__ import annotations

import asyncio
from fractions import Fraction

from aiortc import AudioStreamTrack, VideoStreamTrack
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame

from tests.support.peer import Peer
from tests.support.server import Server


class Tone(AudioStreamTrack):
    """A loud square wave instead of aiortc's silence."""

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        half = (b"\x00\x20" * 10 + b"\x00\xe0" * 10) * (frame.samples // 20 + 1)
        frame.planes[0].update(half[: frame.planes[0].buffer_size])
        return frame


class Colours(VideoStreamTrack):
    """Frames whose brightness is constant, so that a receiver can recognise them."""

    def __init__(self, luma: int) -> None:
        super().__init__()
        self.luma = luma

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame(width=320, height=240)
        for plane, value in zip(frame.planes, (self.luma, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


async def frames(track: MediaStreamTrack, count: int) -> list[VideoFrame | AudioFrame]:
    """Returns the next `count` decoded frames."""
    return [await asyncio.wait_for(track.recv(), 10) for _ in range(count)]


async def test_two_foreign_peers_exchange_recognisable_picture_and_sound(server: Server) -> None:
    alice, bob = Peer("Alice"), Peer("Bob")
    await alice.join(server.url, "salle-aiortc", audio=Tone(), video=Colours(200))
    await bob.join(server.url, "salle-aiortc", audio=Tone(), video=Colours(60))
    for someone, luma in ((alice, 60), (bob, 200)):
        pictures = await frames(someone.received("video")[0], 20)
        assert abs(bytes(pictures[-1].planes[0])[0] - luma) < 12
        sound = await frames(someone.received("audio")[0], 50)
        assert (
            max(
                abs(int.from_bytes(bytes(sound[-1].planes[0])[i : i + 2], "little", signed=True))
                for i in range(0, 400, 2)
            )
            > 1000
        )
    await alice.leave()
    left = await bob.signalling.event(lambda e: e["type"] == "participant-left")
    assert left["participant"] == alice.joined["participant"]
    await bob.leave()


async def test_one_who_only_watches_receives_without_sending(server: Server) -> None:
    speaker, watcher = Peer("Marie"), Peer("Paul")
    await speaker.join(server.url, "spectateurs", audio=Tone(), video=Colours(120))
    await watcher.join(server.url, "spectateurs")
    assert len(await frames(watcher.received("video")[0], 10)) == 10
    await watcher.leave()
    await speaker.leave()
