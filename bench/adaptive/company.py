"""People in a room of a running server, played by the load generator: they send pictures in three layers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.server import Server

from bench.adapters.causerie import Causerie, Joined
from bench.adapters.contract import Sent, Slots
from bench.adapters.process import own_address
from bench.adaptive.films import RATE, SIZES
from bench.load.generator import Generator
from bench.load.run import in_turn

CAMERA = Sent("camera", tuple(SIZES.values()), tuple(SIZES), RATE)
MICROPHONE = Sent("microphone")
"""What it sends is recognised by the generator; a browser would hear noise, and take its pauses for loss."""
UNTOLD = (0, 2)
"""What is sent before the server says what it wants: the lowest and the best."""


@dataclass
class Company:
    """Who is in the room. `wanted` is what each was last told to send."""

    generator: Generator
    members: list[Joined] = field(default_factory=list)
    wanted: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _followers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def cameras(self) -> dict[str, dict[str, Any]]:
        """Whose camera each source is: participant and number."""
        return {
            member.sources[-1]: {"participant": member.participant, "number": number}
            for number, member in enumerate(self.members)
        }

    async def enter(
        self, server: Causerie, room: str, films: Sequence[Sequence[Path]], people: int, *, voices: bool
    ) -> None:
        """Has `people` join, who show the films in turn and are silent; returns once all are connected."""
        sends = (MICROPHONE, CAMERA) if voices else (CAMERA,)
        self.members = await in_turn(
            [server.join(self.generator, room, f"Invité {n + 1}", sends, Slots()) for n in range(people)]
        )
        await self.generator.connected(member.name for member in self.members)
        for number, member in enumerate(self.members):
            if voices:
                await self.speaks(number, False)
            files = [str(path) for path in films[number % len(films)]]
            await self.generator.command("film", peer=member.name, files=files)
            await self._send(member.name, UNTOLD)
            self._followers.append(asyncio.create_task(self._follow(member)))

    async def speaks(self, number: int, on: bool) -> None:
        await self.generator.command("talk", peer=self.members[number].name, on=on)

    def suspended(self) -> float:
        """Returns the share of all layers that their senders were told not to send."""
        return 1 - sum(len(layers) for layers in self.wanted.values()) / (len(SIZES) * len(self.wanted))

    async def leave(self) -> None:
        for follower in self._followers:
            follower.cancel()
        await asyncio.gather(*self._followers, return_exceptions=True)
        for member in self.members:
            await member.signalling.close()
        await self.generator.stop()

    async def _send(self, name: str, layers: tuple[int, ...]) -> None:
        self.wanted[name] = layers
        await self.generator.command("layers", peer=name, wanted=list(layers))

    async def _follow(self, member: Joined) -> None:
        """Sends what the server wants, as a browser does."""
        while True:
            with contextlib.suppress(TimeoutError):
                told = await member.signalling.expect(lambda message: message["type"] == "layers-wanted")
                await self._send(member.name, tuple(told["layers"]))


@contextlib.asynccontextmanager
async def company(
    server: Server,
    binary: Path,
    room: str,
    films: Sequence[Sequence[Path]],
    people: int,
    *,
    voices: bool = True,
) -> AsyncIterator[Company]:
    """People in `room` for a while."""
    address = own_address()
    log = server.data_dir / f"generator-{room}.log"
    made = Company(await Generator.start(binary, None, address, log))
    try:
        await made.enter(Causerie.running(address, server.port), room, films, people, voices=voices)
        yield made
    finally:
        await made.leave()
