"""The people of the demonstration: `python -m causerie.cli.demo.people URL ROOM PEOPLE LANGUAGE MINUTES`.

Real participants through the real signalling and media path, in a process of their own, so that their work is
not the server's. They send and receive nothing. They leave when their time is over or the process is
interrupted.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import ssl
import sys
import time

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from causerie.cli.demo.script import Act, Beat, beats
from causerie.cli.demo.tracks import PALETTES, Picture, Voice
from causerie.cli.demo.words import ENGLISH, FRENCH, NAMES
from causerie.protocol import messages, parts
from causerie.protocol.codec import decode_from_server, encode

PITCHES_HZ = (205.0, 118.0, 220.0, 104.0, 190.0, 131.0, 232.0, 112.0)
SEED = 7
"""The same meeting every time."""
ENTRY_S = 15.0
ARRIVALS_APART_S = 0.7


class Speaker:
    """One of them, from `enter` to `leave`."""

    def __init__(self, number: int) -> None:
        self.name = NAMES[number]
        self.voice = Voice(PITCHES_HZ[number], random.Random(SEED + number))  # noqa: S311 - not a secret
        self._picture = Picture(self.name[0], PALETTES[number], self.voice)
        alone = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self._connection = RTCPeerConnection(alone)
        self._socket: ClientConnection
        self._ref = 0
        self.host = False

    async def enter(self, url: str, room: str) -> None:
        """Joins the room with microphone and camera. Raises: OSError, WebSocketException, ValueError."""
        sections = [
            (kind, self._connection.addTransceiver(track, direction="sendonly"))
            for kind, track in (("microphone", self.voice), ("camera", self._picture))
        ]
        await self._connection.setLocalDescription(await self._connection.createOffer())
        sources = tuple(parts.NewSource(kind, section.mid) for kind, section in sections)  # type: ignore[arg-type]
        self._socket = await connect(
            url.replace("https:", "wss:", 1) + "/api/v1/session",
            ssl=_this_machine(),
            additional_headers={"Origin": url},
            compression=None,
            proxy=None,
        )
        offer = self._connection.localDescription.sdp
        await self.say(
            messages.Join(self._next(), messages.PROTOCOL_VERSION, room, self.name, offer, sources)
        )
        welcome = await self._welcome()
        self.host = welcome.role == "host"
        await self._connection.setRemoteDescription(RTCSessionDescription(welcome.answer, "answer"))

    async def attend(self) -> None:
        """Listens to what happens until the meeting is over for this one; a host makes hosts of who comes."""
        with contextlib.suppress(ConnectionClosed):
            async for text in self._socket:
                event = decode_from_server(str(text).encode())
                if isinstance(event, messages.RoleChanged) and event.participant == self._me:
                    self.host = event.role == "host"
                if self.host and isinstance(event, messages.ParticipantJoined):
                    await self._make_host(event.participant)

    async def play(self, beat: Beat) -> None:
        """Does one thing of the script; who is gone does nothing."""
        match beat.act:
            case Act.SPEAK:
                self.voice.speak(beat.for_s)
            case Act.RAISE_HAND | Act.LOWER_HAND:
                await self.say(messages.SetHand(self._next(), beat.act is Act.RAISE_HAND))
            case Act.REACT:
                await self.say(messages.React(self._next(), beat.text))  # type: ignore[arg-type]
            case Act.WRITE:
                await self.say(messages.SendChat(self._next(), beat.text))

    async def say(self, message: messages.ClientMessage) -> None:
        """Sends a message, if there is still someone to send it to."""
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(encode(message).decode())

    async def leave(self) -> None:
        """Hangs up and lets go of everything."""
        await self.say(messages.Leave(self._next()))
        await self._socket.close()
        await self._connection.close()

    async def _welcome(self) -> messages.Joined:
        async for text in self._socket:
            message = decode_from_server(str(text).encode())
            if isinstance(message, messages.Joined):
                self._me = message.participant
                return message
            if isinstance(message, messages.Error):
                raise ValueError(f"{self.name} may not come in: {message.code}")
        raise ValueError(f"{self.name} was not let in")

    async def _make_host(self, newcomer: parts.Participant) -> None:
        if newcomer.name not in NAMES:
            await self.say(messages.SetRole(self._next(), newcomer.id, "host"))

    def _next(self) -> int:
        self._ref += 1
        return self._ref


def _this_machine() -> ssl.SSLContext:
    """Accepts any certificate: the server is the one that this program's parent started."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def meet(url: str, room: str, people: int, language: str, seconds: float) -> None:
    """Lets so many people meet for so long, or until an interruption."""
    words = FRENCH if language == "fr" else ENGLISH
    speakers = [Speaker(number) for number in range(people)]
    for speaker in speakers:
        async with asyncio.timeout(ENTRY_S):
            await speaker.enter(url, room)
        await asyncio.sleep(ARRIVALS_APART_S)
    attending = [asyncio.create_task(speaker.attend()) for speaker in speakers]
    playing = asyncio.create_task(_play(speakers, words.lines))
    over = asyncio.create_task(_interrupted())
    gone = asyncio.create_task(_all_gone(attending))
    await asyncio.wait({over, gone, playing}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    playing.cancel()
    over.cancel()
    await speakers[0].play(Beat(seconds, 0, Act.WRITE, text=words.farewell))
    await asyncio.gather(*(speaker.leave() for speaker in speakers))
    await asyncio.gather(gone, playing, over, return_exceptions=True)


async def _play(speakers: list[Speaker], lines: tuple[str, ...]) -> None:
    began = time.monotonic()
    for beat in beats(len(speakers), lines, random.Random(SEED)):  # noqa: S311 - not a secret
        await asyncio.sleep(max(0.0, began + beat.at_s - time.monotonic()))
        await speakers[beat.who].play(beat)


async def _all_gone(attending: list[asyncio.Task[None]]) -> None:
    await asyncio.wait(attending)


async def _interrupted() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def main(arguments: list[str]) -> None:
    """Runs the meeting that the arguments name."""
    url, room, people, language, minutes = arguments
    asyncio.run(meet(url, room, int(people), language, float(minutes) * 60))


if __name__ == "__main__":
    main(sys.argv[1:])
