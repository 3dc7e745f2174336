from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.conference import names
from causerie.conference.room_name import LENGTH, RESERVED, canonical

ROOM_NAMES = json.loads((Path(__file__).parents[2] / "schema/samples/room_names.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Alice", "Alice"),
        ("  Ana\t\n María  ", "Ana María"),
        ("Zoe\u0301", "Zoé"),
        ("\u202eeciuG", "eciuG"),
        ("A\u2066B\u2069\u200b\ufeffC\u00adD", "ABCD"),
        ("null\x00byte\x1b[31m", "nullbyte[31m"),
        ("李小龍", "李小龍"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("🇫🇷🇩🇪", "🇫🇷🇩🇪"),
        ("क्षि", "क्षि"),
    ],
)
def test_name_is_shown_as_typed_but_for_what_hides_or_reorders(typed: str, shown: str) -> None:
    assert names.cleaned(typed, graphemes=64) == shown


@pytest.mark.parametrize(
    "typed", ["", "   ", "\u200b\u200d\u2060", "\x00\x07", "\u0301", "\u3164", "\u2800 \u00ad"]
)
def test_name_without_ink_is_none(typed: str) -> None:
    assert names.cleaned(typed, graphemes=64) is None


@pytest.mark.parametrize("unit", ["a", "é", "👩\u200d👩\u200d👧", "🇫🇷", "👍🏽", "e\u0302\u0323", "❤\ufe0f"])
def test_cut_never_splits_what_a_reader_sees_as_one_character(unit: str) -> None:
    composed = unicodedata.normalize("NFC", unit)

    assert names.cleaned(unit * 100, graphemes=64) == composed * 64


def test_marks_do_not_pile_up_on_one_letter() -> None:
    cleaned = names.cleaned("Z" + "\u0321" * 500, graphemes=64)

    assert cleaned == "Z" + "\u0321" * names.MARKS_PER_GRAPHEME


@given(st.text(max_size=300))
def test_any_text_becomes_a_stable_short_name_on_one_line_or_none(typed: str) -> None:
    cleaned = names.cleaned(typed, graphemes=64)

    if cleaned is not None:
        assert 1 <= len(names.split(cleaned)) <= 64
        assert names.cleaned(cleaned, graphemes=64) == cleaned
        assert not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in cleaned)
        assert "\u202e" not in cleaned


@pytest.mark.parametrize("case", ROOM_NAMES, ids=lambda case: ascii(case["typed"])[:30])
def test_room_name_has_the_golden_slug(case: dict[str, str | None]) -> None:
    assert case["typed"] is not None
    assert canonical(case["typed"]) == case["slug"]


@given(st.text(max_size=80))
def test_slug_is_its_own_slug_and_safe_in_a_path(typed: str) -> None:
    slug = canonical(typed)

    if slug is not None:
        assert canonical(slug) == slug
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
        assert 1 <= len(slug) <= LENGTH
        assert slug not in RESERVED
