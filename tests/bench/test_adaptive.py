"""What the measurements of pictures in browsers are computed with."""

from __future__ import annotations

from pathlib import Path

from bench.adaptive.films import COLOURS, SATURATION, chroma, write_films
from bench.adaptive.tiles import Seen


def test_people_are_told_apart_by_colours_far_from_grey_and_from_each_other() -> None:
    colours = [chroma(person) for person in range(COLOURS)]
    for at, (u, v) in enumerate(colours):
        assert abs((u - 128) ** 2 + (v - 128) ** 2 - SATURATION**2) < 2 * SATURATION
        for other_u, other_v in colours[at + 1 :]:
            assert (u - other_u) ** 2 + (v - other_v) ** 2 > SATURATION**2 / 4


def test_a_film_is_there_in_three_sizes_and_written_once(tmp_path: Path) -> None:
    [first] = write_films(tmp_path, 1)
    written = [path.stat().st_mtime_ns for path in first]
    assert [path.read_bytes()[:4] for path in first] == [b"DKIF"] * 3
    sizes = [path.stat().st_size for path in first]
    assert sizes == sorted(sizes)
    [again] = write_films(tmp_path, 1)
    assert [path.stat().st_mtime_ns for path in again] == written


def test_stretches_are_chosen_by_what_was_to_be_seen_and_by_length() -> None:
    seen = Seen({"gaps": [{"kind": "frozen", "ms": 600}, {"kind": "black", "ms": 200}]})
    assert seen.gaps() == [600, 200]
    assert seen.gaps("black") == [200]
    assert seen.gaps(over_ms=500) == [600]
