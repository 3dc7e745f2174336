"""A camera that shows something hard to encode, so that a sender fills the rate that it is allowed.

Chromium's own fake camera is a plain surface that takes a fifth of what a face does.
"""

from __future__ import annotations

import random
from pathlib import Path

WIDTH, HEIGHT, RATE = 1280, 720, 15
FRAMES = 40
BLOCK = 8
# Moves so far from frame to frame and is back where it began after the last.
STEP = 8
PERIOD = STEP * FRAMES
# These rows are other ones in each frame, as leaves in the wind.
RESTLESS = range(240, 400)


def write_film(path: Path) -> None:
    """Writes a film of `FRAMES` pictures without a seam, YUV4MPEG2 in 4:2:0 as Chromium reads it."""
    chance = random.Random(1)
    still = [_row(chance, PERIOD) * (WIDTH // PERIOD + 2) for _ in range(HEIGHT // BLOCK)]
    colour = bytes([128]) * (WIDTH * HEIGHT // 2)
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES):
            film.write(b"FRAME\n")
            for y in range(0, HEIGHT, BLOCK):
                start = number * STEP
                row = _row(chance, WIDTH) if y in RESTLESS else still[y // BLOCK][start : start + WIDTH]
                film.write(row * BLOCK)
            film.write(colour)


def _row(chance: random.Random, width: int) -> bytes:
    return b"".join(bytes([chance.randrange(60, 200)]) * BLOCK for _ in range(width // BLOCK))
