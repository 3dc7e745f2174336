"""The film that a sender shows."""

from __future__ import annotations

from pathlib import Path

from tests.netlab.camera import FRAMES, HEIGHT, WIDTH, write_film


def test_the_film_has_whole_frames_that_differ_and_no_seam(tmp_path: Path) -> None:
    write_film(tmp_path / "film.y4m")
    head, *frames = (tmp_path / "film.y4m").read_bytes().split(b"FRAME\n")
    assert head.startswith(b"YUV4MPEG2 W1280 H720 F15:1")
    assert [len(frame) for frame in frames] == [WIDTH * HEIGHT * 3 // 2] * FRAMES
    assert len(set(frames)) == FRAMES
    top = [frame[:WIDTH] for frame in frames]
    assert top[0][:-8] == top[-1][8:]
