"""A letter on a disc, drawn by strokes: the picture in front of a speaker's moving background. Pure."""

from __future__ import annotations

import itertools
import math

SIZE = 176
"""Pixels of each side."""
DISC_RADIUS = 84.0
STROKE_RADIUS = 7.5
INK, PAPER = (255, 255, 255), (16, 24, 40)
PAPER_OPACITY = 150

Point = tuple[float, float]
STROKES: dict[str, tuple[tuple[Point, ...], ...]] = {
    "A": (((0, 1), (0.5, 0), (1, 1)), ((0.2, 0.65), (0.8, 0.65))),
    "H": (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0.5), (1, 0.5))),
    "I": (((0.5, 0), (0.5, 1)), ((0.2, 0), (0.8, 0)), ((0.2, 1), (0.8, 1))),
    "K": (((0, 0), (0, 1)), ((0.95, 0), (0, 0.58)), ((0.3, 0.42), (1, 1))),
    "L": (((0.1, 0), (0.1, 1), (0.9, 1)),),
    "M": (((0, 1), (0, 0), (0.5, 0.6), (1, 0), (1, 1)),),
    "N": (((0, 1), (0, 0), (1, 1), (1, 0)),),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
}
"""Lines of each letter in a square from 0 to 1, left to right and top to bottom."""


def disc(letter: str) -> bytes:
    """Returns `SIZE` × `SIZE` pixels of RGBA: a dark disc with a white letter, smooth at its edges."""
    segments = [(_placed(a), _placed(b)) for line in STROKES[letter] for a, b in itertools.pairwise(line)]
    pixels = bytearray()
    for y in range(SIZE):
        for x in range(SIZE):
            pixels += _pixel((x + 0.5, y + 0.5), segments)
    return bytes(pixels)


def _placed(point: Point) -> Point:
    """Returns a point of a letter's square in pixels: 56 wide, 72 high, in the middle."""
    return SIZE / 2 + (point[0] - 0.5) * 56, SIZE / 2 + (point[1] - 0.5) * 72


def _pixel(at: Point, segments: list[tuple[Point, Point]]) -> bytes:
    inside = _coverage(DISC_RADIUS - math.dist(at, (SIZE / 2, SIZE / 2)))
    if not inside:
        return bytes(4)
    ink = _coverage(STROKE_RADIUS - min(_distance(at, a, b) for a, b in segments))
    colour = (round(paper + (light - paper) * ink) for light, paper in zip(INK, PAPER, strict=True))
    return bytes((*colour, round(inside * (PAPER_OPACITY + (255 - PAPER_OPACITY) * ink))))


def _coverage(depth: float) -> float:
    """Returns how much of a pixel lies inside of an edge that is `depth` pixels away."""
    return min(1.0, max(0.0, depth + 0.5))


def _distance(at: Point, a: Point, b: Point) -> float:
    length = math.dist(a, b)
    along = ((at[0] - a[0]) * (b[0] - a[0]) + (at[1] - a[1]) * (b[1] - a[1])) / (length * length)
    part = min(1.0, max(0.0, along))
    return math.dist(at, (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
