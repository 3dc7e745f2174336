"""What people write to each other: cleaned, in one order, kept while the conference lives."""

from __future__ import annotations

import unicodedata
from collections import deque

from causerie.conference.events import ChatView
from causerie.conference.names import is_visible
from causerie.conference.policy import Limits

DIRECTION_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn text around (UAX #9); what they follow would lie about its order."""

ESCAPED = '"\\\n'
"""What JSON writes with a backslash before it."""


def cleaned(text: str, *, characters: int) -> str | None:
    """Returns a message fit to be shown, or None when nothing visible is left or it is longer than allowed.

    Composed (NFC), lines kept, tabs made spaces, without other control and direction characters.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    composed = unicodedata.normalize("NFC", "".join(map(kept, lines))).strip("\n").rstrip()
    if len(composed) > characters or not any(map(is_visible, composed)):
        return None
    return composed


def kept(character: str) -> str:
    """Returns the character, a space for a tab, or nothing for what a message must not hold."""
    if character == "\n":
        return character
    if character == "\t":
        return " "
    hidden = character in DIRECTION_CONTROLS or unicodedata.category(character) in {"Cc", "Cs"}
    return "" if hidden else character


class Chat:
    """The public messages of a conference, the oldest dropped first. Private ones are never kept."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._history: deque[ChatView] = deque()
        self._bytes = 0
        self._written = 0

    def cleaned(self, text: str) -> str | None:
        """Returns a message fit to be shown, or None."""
        return cleaned(text, characters=self._limits.chat_characters)

    def next_id(self) -> str:
        """Returns an id that no message of the conference had before."""
        self._written += 1
        return str(self._written)

    def keep(self, message: ChatView) -> None:
        """Adds a message to what newcomers see, unless it is private."""
        if message.to is not None:
            return
        self._history.append(message)
        self._bytes += weight(message)
        while len(self._history) > self._limits.chat_messages or self._bytes > self._limits.chat_bytes:
            self._bytes -= weight(self._history.popleft())

    def history(self) -> tuple[ChatView, ...]:
        """Returns what newcomers see, oldest first."""
        return tuple(self._history)


def weight(message: ChatView) -> int:
    """Returns the size of what someone wrote as JSON, in bytes: what a newcomer is sent."""
    written = message.text + message.author_name
    return len(written.encode()) + sum(map(written.count, ESCAPED))
