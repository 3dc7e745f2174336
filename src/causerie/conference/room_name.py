"""The canonical slug of a room: what an address shows and what makes two rooms the same.

The browser folds names in the same way; `schema/samples/room_names.json` holds both to it.
"""

from __future__ import annotations

import re
import unicodedata

from causerie.conference.ids import RoomName

LENGTH = 64
RESERVED = frozenset(
    {
        "about",
        "admin",
        "aide",
        "api",
        "apple-touch-icon.png",
        "assets",
        "ca",
        "config.js",
        "external_api.js",
        "favicon.ico",
        "favicon.svg",
        "health",
        "healthz",
        "help",
        "http-bind",
        "index.html",
        "manifest.webmanifest",
        "metrics",
        "robots.txt",
        "static",
        "sw.js",
        "test",
        "xmpp-websocket",
    }
)
"""First path segments that the server answers itself, now or in a Jitsi client's expectation."""

LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"}
)
"""Latin letters that no decomposition folds."""

SPACES = re.compile(r"[ \t\r\n'’]+")
"""What becomes a hyphen; decomposition has made a plain space of most other spaces."""

HYPHENS = re.compile(r"-{2,}")
NOT_ALLOWED = re.compile(r"[^a-z0-9\-_.]")


def canonical(typed: str) -> RoomName | None:
    """Returns the slug of a room as typed, or None when it has none.

    In this order: trims spaces, decomposes (NFKD), lowers, folds `LETTERS`, drops marks (Mn), turns spaces
    and apostrophes into `-`, joins hyphens. None: longer than 64, a reserved path, only dots and dashes, or a
    character that is none of a–z, 0–9, `-`, `_`, `.` after that.
    """
    lowered = unicodedata.normalize("NFKD", typed.strip(" \t\r\n")).lower().translate(LETTERS)
    bare = "".join(character for character in lowered if unicodedata.category(character) != "Mn")
    slug = HYPHENS.sub("-", SPACES.sub("-", bare))
    if len(slug) > LENGTH or NOT_ALLOWED.search(slug) or slug in RESERVED:
        return None
    return RoomName(slug) if slug.strip("-_.") else None
