"""People of a foreign stack come, go and mute at a real server; whoever speaks is heard by all others."""

from __future__ import annotations

import asyncio
import random
import time
from array import array

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from tests.support.peer import Peer
from tests.support.server import Server
from tests.system.test_foreign_stack import Tone

PEOPLE = 20
SLOTS = 3
ROUNDS = 12
HEARD_S = 5.0
"""From a change to everyone hearing: one remapping, some frames, and a busy machine."""
ON_ITS_WAY_S = 0.5
LOUD = 1_000
ROOM = "va-et-vient"


class Listener(Peer):
    """Someone with a microphone, muted unless they speak, who notes when sound last came on any slot."""

    def __init__(self, name: str) -> None:
        super().__init__(name, slots=SLOTS)
        self.sound_at = 0.0
        self._ears: list[asyncio.Task[None]] = []

    async def enter(self, url: str) -> None:
        await self.join(url, ROOM, audio=Tone())
        await self.mute(True)
        self._ears = [asyncio.create_task(self._listen(track)) for track in self.received("audio")]

    async def mute(self, muted: bool) -> None:
        source = self.joined["sources"][0]["id"]
        answer = await self.signalling.request("set-muted", source=source, muted=muted)
        assert answer["type"] == "ok", answer

    async def go(self) -> None:
        await self.leave()
        await asyncio.gather(*self._ears)

    async def hears(self) -> None:
        """Waits until sound comes that is not what was still on its way from someone else."""
        until = time.monotonic() + ON_ITS_WAY_S
        async with asyncio.timeout(HEARD_S):
            while self.sound_at <= until:  # noqa: ASYNC110 - frames come 50 times a second
                await asyncio.sleep(0.02)

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                if max(array("h", bytes(frame.planes[0]))) > LOUD:
                    self.sound_at = time.monotonic()
        except MediaStreamError:
            return


async def test_whoever_speaks_is_heard_by_all_others_however_people_come_and_go(server: Server) -> None:
    chance = random.Random(20)
    names = (f"Personne {number}" for number in range(1, 100))
    here: list[Listener] = []

    async def one_comes() -> None:
        someone = Listener(next(names))
        await someone.enter(server.url)
        here.append(someone)

    for _ in range(PEOPLE):
        await one_comes()
    for _ in range(ROUNDS):
        if chance.random() < 0.6:
            await here.pop(chance.randrange(len(here))).go()
            await one_comes()
        speaker = chance.choice(here)
        await speaker.mute(False)
        await asyncio.gather(*(someone.hears() for someone in here if someone is not speaker))
        await speaker.mute(True)
    for someone in here:
        await someone.go()
