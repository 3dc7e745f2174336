"""The first screen and its JSON twin: pure text from a server's facts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import segno

from causerie.cli.wording import Wording
from causerie.server.app import Facts

QUIET_ZONE = 2
"""Light modules around the code; ISO 18004 asks for 4, phones are content with 2."""
BLACK_ON_WHITE, PLAIN = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
INDENT = "  "
LABEL_COLUMNS = 21
FINGERPRINT_PIECES = 16


def one_line(facts: Facts) -> str:
    """Returns the facts as one line of JSON, for programs."""
    return json.dumps(
        {
            "urls": facts.urls(),
            "port": facts.port,
            "mediaPorts": list(facts.media_ports),
            "fingerprint": facts.fingerprint,
            "dataDir": str(facts.data_dir),
            "version": facts.version,
        },
        ensure_ascii=False,
    )


def screen(facts: Facts, words: Wording, *, seconds: float, colour: bool) -> str:
    """Returns the first screen. `colour` makes the code black on white, whatever the terminal's colours."""
    return "\n".join(_lines(facts, words, seconds, colour)) + "\n"


def _lines(facts: Facts, words: Wording, seconds: float, colour: bool) -> Iterator[str]:
    ready = words.ready.format(seconds=f"{seconds:.1f}".replace(".", words.decimal))
    *others, here = facts.urls()
    yield f"causerie {facts.version}  —  {ready}"
    yield ""
    yield _row(words.here, here)
    if facts.host:
        yield _row(words.public, others.pop(0))
    for index, url in enumerate(others):
        yield _row("" if index else words.network, url)
    if not facts.lan:
        yield _row(words.network, words.no_network)
    yield from _certificate(facts, words)
    yield _row(words.media, "UDP " + ", ".join(map(str, facts.media_ports)))
    yield _row(words.kept, words.rooms_only)
    yield _row(words.folder, str(facts.data_dir))
    yield _row(words.stop, words.stop_keys)
    if facts.lan or facts.host:
        yield ""
        yield INDENT + words.phone
        yield from (INDENT + line for line in code(facts.urls()[0], colour=colour))


def _row(label: str, text: str) -> str:
    return f"{INDENT}{label:<{LABEL_COLUMNS}}{text}"


def _certificate(facts: Facts, words: Wording) -> Iterator[str]:
    pieces = facts.fingerprint.split(":")
    halves = [":".join(pieces[:FINGERPRINT_PIECES]), ":".join(pieces[FINGERPRINT_PIECES:])]
    yield _row(words.certificate, f"{words.own if facts.own_certificate else words.local}, SHA-256")
    for half in halves:
        yield _row("", half)
    if not facts.own_certificate:
        yield _row("", words.trust)


def code(text: str, *, colour: bool) -> Iterator[str]:
    """Yields the lines of a QR code in half blocks, two rows of modules each.

    With `colour`, black on white; without, light modules are drawn and dark ones left, for dark terminals.
    """
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    blocks = " ▄▀█" if colour else "█▀▄ "
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        line = "".join(blocks[2 * bool(top) + bool(bottom)] for top, bottom in zip(upper, lower, strict=True))
        yield f"{BLACK_ON_WHITE}{line}{PLAIN}" if colour else line
