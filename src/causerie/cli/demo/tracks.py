"""Generated sound and picture as aiortc takes them, in time with the clock."""

from __future__ import annotations

import asyncio
import random
import time
from fractions import Fraction

from aiortc import MediaStreamTrack
from av import AudioFrame, VideoFormat, VideoFrame
from av.filter import Graph

from causerie.cli.demo import portrait, voice

WIDTH, HEIGHT, FRAMES_PER_S = 640, 360, 15
VIDEO_CLOCK_HZ = 90_000
LIFT_PIXELS = 26.0
"""How far the disc rises with the loudest syllable."""
PALETTES = (
    ("0x3b5b92", "0x8fb8de"),
    ("0x8a4f6b", "0xe8b4a0"),
    ("0x3f7a63", "0xb7d7a8"),
    ("0x5d4b8c", "0xd3b5e5"),
    ("0x2f6f75", "0x9fd3c7"),
    ("0x9a6b3f", "0xf0d5a3"),
    ("0x7a3e48", "0xe3a5a5"),
    ("0x46607a", "0xb9cbdc"),
)


ENDS = f"x0=0:y0=0:x1={WIDTH}:y1={HEIGHT}"
"""Where the gradient begins and ends before it turns."""


class Pace:
    """Waits for the moment of each frame; never gets ahead, and catches up after a hold-up."""

    def __init__(self, frames_per_s: int) -> None:
        self._step_s = 1 / frames_per_s
        self._next: float | None = None

    async def wait(self) -> None:
        """Returns when the next frame is due."""
        now = time.monotonic()
        self._next = now if self._next is None or now - self._next > 1 else self._next + self._step_s
        await asyncio.sleep(max(0.0, self._next - now))


class Voice(MediaStreamTrack):
    """A microphone: babble while its person speaks, else silence."""

    kind = "audio"

    def __init__(self, pitch_hz: float, chance: random.Random) -> None:
        super().__init__()
        self.level = 0.0
        """How loud the last frame was, 0–1."""
        self._babble = voice.babble(voice.syllables(pitch_hz, chance), chance)
        self._until = 0.0
        self._samples = 0
        self._pace = Pace(voice.RATE_HZ // voice.FRAME_SAMPLES)

    def speak(self, seconds: float) -> None:
        """Speaks from now on for so long."""
        self._until = time.monotonic() + seconds

    async def recv(self) -> AudioFrame:
        """Returns the next 20 ms."""
        await self._pace.wait()
        speaking = time.monotonic() < self._until
        samples = next(self._babble) if speaking else voice.silence(voice.FRAME_SAMPLES / voice.RATE_HZ)
        self.level = max(map(abs, samples)) / voice.LOUDNESS
        frame = AudioFrame(format="s16", layout="mono", samples=voice.FRAME_SAMPLES)
        frame.planes[0].update(samples.tobytes())
        frame.pts, frame.sample_rate, frame.time_base = (
            self._samples,
            voice.RATE_HZ,
            Fraction(1, voice.RATE_HZ),
        )
        self._samples += voice.FRAME_SAMPLES
        return frame


class Picture(MediaStreamTrack):
    """A camera: a slowly turning gradient with a disc that rises with its person's voice."""

    kind = "video"

    def __init__(self, letter: str, colours: tuple[str, str], heard: Voice) -> None:
        super().__init__()
        self._heard = heard
        self._lift = 0.0
        self._number = 0
        self._pace = Pace(FRAMES_PER_S)
        self._graph, self._overlay = _painter(letter, colours)

    async def recv(self) -> VideoFrame:
        """Returns the next frame."""
        await self._pace.wait()
        self._lift += (self._heard.level - self._lift) * 0.5
        self._overlay.process_command(
            "y", str(round((HEIGHT - portrait.SIZE) / 2 - LIFT_PIXELS * self._lift))
        )
        frame = self._graph.pull()
        assert isinstance(frame, VideoFrame)  # noqa: S101 - for the type checker
        frame.pts = self._number * VIDEO_CLOCK_HZ // FRAMES_PER_S
        frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        self._number += 1
        return frame


def _painter(letter: str, colours: tuple[str, str]):  # type: ignore[no-untyped-def]  # PyAV's filters have no types
    """Returns a filter graph that makes frames, and the filter in it that places the disc."""
    graph = Graph()
    size = f"{WIDTH}x{HEIGHT}"
    background = graph.add(
        "gradients",
        f"size={size}:rate={FRAMES_PER_S}:nb_colors=2:c0={colours[0]}:c1={colours[1]}:{ENDS}:speed=0.01",
    )
    side = portrait.SIZE
    disc = graph.add_buffer(
        width=side, height=side, format=VideoFormat("rgba"), time_base=Fraction(1, FRAMES_PER_S)
    )
    overlay = graph.add("overlay", f"x={(WIDTH - side) // 2}:y={(HEIGHT - side) // 2}:eof_action=repeat")
    shape, sink = graph.add("format", "pix_fmts=yuv420p"), graph.add("buffersink")
    background.link_to(overlay, 0, 0)
    disc.link_to(overlay, 0, 1)
    overlay.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    drawn = VideoFrame(side, side, "rgba")
    drawn.planes[0].update(_padded(portrait.disc(letter), drawn.planes[0].line_size))
    drawn.pts, drawn.time_base = 0, Fraction(1, FRAMES_PER_S)
    disc.push(drawn)
    disc.push(None)
    return graph, overlay


def _padded(pixels: bytes, line_bytes: int) -> bytes:
    row = portrait.SIZE * 4
    rows = (pixels[start : start + row] for start in range(0, len(pixels), row))
    return b"".join(one.ljust(line_bytes, b"\0") for one in rows)
