"""Display names as people may have them: visible, on one line, short, harmless to the text around."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

ZERO_WIDTH_JOINER = "\u200d"
EMOJI_MODIFIERS = range(0x1F3FB, 0x1F400)
REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
NEW_SYMBOLS = range(0x1F300, 0x1FB00)
"""Emoji blocks: code points that our Unicode tables do not know yet are younger emoji."""

HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)

MARKS_PER_GRAPHEME = 8
"""More marks than that on one letter climb out of the line and are dropped; written languages need four."""


def cleaned(name: str, *, graphemes: int) -> str | None:
    """Returns a display name fit to be shown, cut to `graphemes`, or None when nothing visible is left.

    Composed (NFC), without control, format (bidirectional and invisible) and private characters, except the
    joiner inside emoji and scripts that need it; runs of spaces become one space.
    """
    composed = unicodedata.normalize("NFC", "".join(map(kept, name)))
    clusters = split(" ".join(composed.split()))[:graphemes]
    cut = "".join(clusters).strip(" " + ZERO_WIDTH_JOINER)
    return cut if any(is_visible(character) for character in cut) else None


def distinct(name: str, taken: Iterable[str], *, graphemes: int) -> str:
    """Returns the name, with " (2)" or the next free number behind it when someone else has it.

    Case does not make names different. What a long name loses at its end makes room for the number.
    """
    others = {other.casefold() for other in taken}
    numbered, number = name, 1
    while numbered.casefold() in others:
        number += 1
        suffix = f" ({number})"
        numbered = "".join(split(name)[: graphemes - len(suffix)]).rstrip() + suffix
    return numbered


def kept(character: str) -> str:
    """Returns the character, a space for any white space, or nothing for what a name must not hold."""
    if character.isspace():
        return " "
    if character == ZERO_WIDTH_JOINER or ord(character) in NEW_SYMBOLS:
        return character
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} else character


def split(text: str) -> list[str]:
    """Returns what a reader sees as characters.

    Approximates UAX #29 without its tables: marks, emoji modifiers, Hangul vowels and finals extend what they
    follow; a joiner binds both sides; two regional indicators make a flag. It differs in a few Indic and
    Hangul sequences by counting them shorter or longer, which only moves the cut.
    """
    clusters: list[str] = []
    marks = 0
    for character in text:
        if clusters and extends(clusters[-1], character):
            marks += 1
            if marks <= MARKS_PER_GRAPHEME:
                clusters[-1] += character
        else:
            clusters.append(character)
            marks = 0
    return clusters


def extends(cluster: str, character: str) -> bool:
    """Says whether `character` belongs to the grapheme before it."""
    code = ord(character)
    if unicodedata.category(character) in {"Mn", "Me", "Mc"} or character == ZERO_WIDTH_JOINER:
        return True
    if code in EMOJI_MODIFIERS or code in HANGUL_VOWELS_AND_FINALS:
        return True
    if code in REGIONAL_INDICATORS:
        return len(cluster) == 1 and ord(cluster) in REGIONAL_INDICATORS
    return cluster.endswith(ZERO_WIDTH_JOINER) and unicodedata.category(character) in {"So", "Sk", "Cn"}


def is_visible(character: str) -> bool:
    """Says whether a character leaves ink: letters, marks, numbers, punctuation, symbols."""
    if ord(character) in NEW_SYMBOLS:
        return True
    return unicodedata.category(character)[0] in "LNPS" and character not in "\u3164\u115f\u1160\uffa0\u2800"
