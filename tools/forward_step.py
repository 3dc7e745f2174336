"""Counts the instructions of the forward step: `python -m tools.forward_step check|record PROGRAM`.

`crates/forward` plays a stage and a gallery on virtual time with real SRTP; callgrind counts what the
engine executes for them, per packet forwarded. Sealing and opening (AES-GCM) are left out: that code is
not ours, and which of its variants runs depends on the processor. The rest depends on the sources, the
compiler and hardly anything else.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

RECORDED = Path(__file__).parents[1] / "crates" / "forward" / "recorded.json"
SCENES = ("stage", "gallery")
TOLERANCE = 0.03
COUNTED = "forward::forward*"
CIPHER = re.compile(r"aws_lc_\w+_EVP_AEAD_CTX_(seal_scatter|open_gather)")
TIMEOUT_S = 300


def main(arguments: list[str]) -> int:
    """Compares with what is recorded, or records; returns 1 where a figure moved by more than 3 %."""
    verb, program = arguments
    if shutil.which("valgrind") is None:
        print("forward step: skipped, valgrind is missing (Debian: apt install valgrind)")
        return 0
    compiler = subprocess.run(
        ["rustc", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
    with ThreadPoolExecutor() as pool:
        counted = dict(zip(SCENES, pool.map(lambda scene: measure(program, scene), SCENES), strict=True))
    if verb == "record":
        RECORDED.write_text(json.dumps({"compiler": compiler, "instructions": counted}, indent=2) + "\n")
        print(f"forward step: recorded {describe(counted)}")
        return 0
    recorded = json.loads(RECORDED.read_text())
    if recorded["compiler"] != compiler:
        print(f"forward step: skipped, {compiler} compiles differently from {recorded['compiler']}")
        return 0
    moved = complaints(recorded["instructions"], counted)
    print(f"forward step: {'moved' if moved else 'passed'}, {describe(counted)}")
    print("".join(f"{line}\n" for line in moved), end="", file=sys.stderr)
    return 1 if moved else 0


def measure(program: str, scene: str) -> int:
    """Returns the instructions per forwarded packet of one scene."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        run = subprocess.run(
            ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", "--dump-line=no",
             f"--toggle-collect={COUNTED}", program, scene],
            check=True, capture_output=True, text=True, timeout=TIMEOUT_S,
        )  # fmt: skip
        return round(instructions(out.read_text().splitlines()) / int(run.stdout))


def instructions(profile: Iterable[str]) -> int:
    """Returns the instructions of a profile (callgrind's format, version 1), those of the cipher left out."""
    names: dict[str, str] = {}
    callee, total, cipher, is_call = "", 0, 0, False
    for line in profile:
        key, _, value = line.partition("=")
        if key in ("fn", "cfn"):
            # A name is spelt out once, as "(12) name", and referred to as "(12)" from then on.
            number, _, name = value.partition(" ")
            callee = names.setdefault(number, name)
        elif key == "calls":
            is_call = True
        elif line.startswith("summary:"):
            total = int(line.split()[1])
        elif is_call:
            cipher += int(line.split()[1]) if CIPHER.fullmatch(callee) else 0
            is_call = False
    return total - cipher


def complaints(recorded: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """Says which figures moved and what to do about it."""
    moved = [
        f"The forward step of a {scene} takes {count} instructions per packet, "
        f"{count / recorded[scene] - 1:+.1%} against the {recorded[scene]} recorded."
        for scene, count in counted.items()
        if abs(count - recorded[scene]) > TOLERANCE * recorded[scene]
    ]
    advice = "If that is meant, or better: `make record-forward`, and say why in the commit."
    return [*moved, advice] if moved else []


def describe(counted: Mapping[str, int]) -> str:
    figures = (f"{count} ({scene})" for scene, count in counted.items())
    return f"{', '.join(figures)} instructions per packet"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
