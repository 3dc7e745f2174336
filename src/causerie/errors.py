"""Errors that end the program with a sentence for whoever runs it.

    Exception
    └── CauserieError       the program cannot do what was asked; the message is one sentence
        └── ConfigError     a setting, or what it names on this machine, must change; exit status 2

Other packages keep their own: `sdp.SdpError`, `ports.conferences.Refused`, `ports.media.EngineUnavailable`.
"""

from __future__ import annotations


class CauserieError(Exception):
    """The program cannot do what was asked. The message is one sentence, without a traceback's help."""

    exit_status = 1


class ConfigError(CauserieError):
    """A setting must change. `key` is its name in `causerie.toml`; the sentence says where it came from."""

    exit_status = 2

    def __init__(self, key: str, problem: str, *, origin: str | None = None) -> None:
        source = f" (from {origin})" if origin else ""
        super().__init__(f"{key}{source}: {problem}")
        self.key = key
