"""Films for people of the load generator: VP8 in three sizes, each in a colour that tells who it is."""

from __future__ import annotations

import hashlib
import math
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import av

RATE = 15
FRAMES = 30
SIZES = {180: 150, 360: 500, 720: 1700}
"""Kilobits per second by lines, lowest first."""
COLOURS = 10
"""People that can be told apart."""
SATURATION = 55
"""Distance of a colour from grey, in steps of the chroma planes."""
BLOCK = 8


def write_films(cache: Path, people: int) -> list[list[Path]]:
    """Writes one file per size for each person, at most `COLOURS`; returns their paths, lowest first.

    Those that this very program has written before are taken as they are.
    """
    folder = cache / f"films-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(partial(_of_person, folder), range(min(people, COLOURS))))


def chroma(person: int) -> tuple[int, int]:
    """Returns the values of the two chroma planes of a person's colour."""
    angle = 2 * math.pi * (person % COLOURS) / COLOURS
    return round(128 + SATURATION * math.cos(angle)), round(128 + SATURATION * math.sin(angle))


def _of_person(folder: Path, person: int) -> list[Path]:
    paths = []
    for lines, kilobits in SIZES.items():
        path = folder / f"person-{person}-{lines}.ivf"
        if not path.exists():
            part = path.with_suffix(".part")
            _write(part, lines, kilobits, chroma(person))
            part.rename(path)
        paths.append(path)
    return paths


def _write(path: Path, lines: int, kilobits: int, colours: tuple[int, int]) -> None:
    width = lines * 16 // 9
    frame = av.VideoFrame(width, lines, "yuv420p")
    for plane, colour in zip(frame.planes[1:], colours, strict=True):
        plane.update(bytes([colour]) * plane.buffer_size)
    with av.open(str(path), "w", format="ivf") as film:
        stream = film.add_stream("libvpx", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = (
            width,
            lines,
            "yuv420p",
            kilobits * 1000,
        )
        stream.thread_count = 1  # several spin while they wait for each other, on a busy machine for minutes
        stream.options = {"deadline": "realtime", "cpu-used": "12", "g": "9999", "lag-in-frames": "0"}
        for number in range(FRAMES):
            frame.planes[0].update(_luma(number, frame.planes[0].line_size, lines))
            frame.pts = number
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _luma(number: int, width: int, lines: int) -> bytes:
    """Blocks that drift to the left, and a band in which every frame has other ones."""
    still, restless = random.Random(1), random.Random(number)
    count = width // BLOCK + 1
    rows = []
    for top in range(0, lines, BLOCK):
        chance = restless if lines * 2 // 5 < top < lines * 3 // 5 else still
        row = b"".join(bytes([70 + value % 120]) * BLOCK for value in chance.randbytes(count))
        shift = number * 4 % width if chance is still else 0
        rows.append((row[shift:] + row[:shift])[:width] * min(BLOCK, lines - top))
    return b"".join(rows)
