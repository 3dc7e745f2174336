"""`causerie demo`: a server, and a meeting in it with people made of generated sound and picture.

Media needs aiortc, which the server itself does not: it comes with `causerie[demo]`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator

from causerie.cli.demo.words import ENGLISH, FRENCH, NAMES, DemoWords
from causerie.errors import CauserieError, ConfigError
from causerie.server.app import suffix

FEWEST, MOST = 2, len(NAMES)
ROOM = "demo"
LEAVE_S = 3.0


def words(*, french: bool) -> DemoWords:
    """Returns the words of one language."""
    return FRENCH if french else ENGLISH


def check(people: int, spoken: DemoWords) -> None:
    """Looks whether the demonstration can be given, before anything starts. Raises: CauserieError."""
    if not FEWEST <= people <= MOST:
        raise ConfigError("people", f"{people} is not between {FEWEST} and {MOST}", origin="--people")
    if importlib.util.find_spec("aiortc") is None:
        raise CauserieError(spoken.missing)


class Cast:
    """The people, in a process of their own; `send` starts it."""

    def __init__(self, *, people: int, minutes: float, french: bool) -> None:
        self._people = people
        self._minutes = minutes
        self._language = "fr" if french else "en"
        self._process: subprocess.Popen[bytes] | None = None

    def send(self, port: int) -> None:
        """Sends them to the server on this machine's `port`."""
        url = f"https://localhost{suffix(port)}"
        told = [url, ROOM, str(self._people), self._language, str(self._minutes)]
        command = [sys.executable, "-m", "causerie.cli.demo.people", *told]
        self._process = subprocess.Popen(command)  # noqa: S603 - our own program, our own words

    @contextlib.contextmanager
    def on_stage(self) -> Iterator[None]:
        """Makes sure that nobody stays behind."""
        try:
            yield
        finally:
            if self._process is not None:
                self._process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(LEAVE_S)
                self._process.kill()
                self._process.wait()
