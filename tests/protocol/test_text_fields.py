"""Every text that a client sends is either shown, and made fit for it, or never shown: there is no third."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.conference import chat, names, room_name
from causerie.conference.policy import Limits
from causerie.edges.native.admission import normal
from causerie.protocol import messages, parts
from causerie.protocol.generation.model import bare

LIMITS = Limits()
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
SHOWN: dict[str, Callable[[str], str | None]] = {
    "Join.name": lambda text: names.cleaned(text, graphemes=LIMITS.name_graphemes),
    "Join.room": room_name.canonical,
    "SendChat.text": lambda text: chat.cleaned(text, characters=LIMITS.chat_characters),
}
"""What people read, with what the server makes of it."""

COMPARED = {
    "Join.hostKey", "Join.visitor", "Join.replaces", "Resume.token",
    "Unpublish.source", "SetMuted.source", "Wanted.source", "StopSource.source", "Report.hearing",
    "SendChat.to", "MuteParticipant.participant", "LowerHand.participant", "Exclude.participant",
    "Admit.participant", "Refuse.participant", "SetRole.participant",
}  # fmt: skip
"""Ids and secrets: looked up or compared, never repeated to anyone."""

PARSED = {"Join.offer", "Renegotiate.offer", "NewSource.mid"}
"""For the SDP parser, which has bounds of its own."""

HASHED = {"Join.password", "SetPassword.password"}
"""Composed, so that keyboards agree, and hashed."""


def holds_text(type_: msgspec.inspect.Type) -> bool:
    plain = bare(type_)
    inner = getattr(plain, "types", None) or (getattr(plain, "item_type", None),)
    return isinstance(plain, msgspec.inspect.StrType) or any(holds_text(t) for t in inner if t is not None)


def text_fields() -> Iterator[str]:
    for struct in (*get_args(messages.ClientMessage), parts.NewSource, parts.Wanted):
        info = msgspec.inspect.type_info(struct)
        assert isinstance(info, msgspec.inspect.StructType)
        for field in info.fields:
            if holds_text(field.type):
                yield f"{struct.__name__}.{field.encode_name}"


def test_every_field_that_holds_text_is_accounted_for() -> None:
    assert set(text_fields()) == set(SHOWN) | COMPARED | PARSED | HASHED


AWKWARD = st.sampled_from(
    [*BIDI, "\0", "\x1b", "\x7f", "\u200b", "\ufeff", "\u2028", "e\u0301", "\U0001f468\u200d\U0001f469"]
)
TEXTS = st.lists(AWKWARD | st.characters(), max_size=120).map("".join)


@pytest.mark.parametrize("field", SHOWN)
@given(text=TEXTS)
def test_what_is_shown_is_composed_visible_bounded_and_cannot_turn_the_text_around(
    field: str, text: str
) -> None:
    shown = SHOWN[field](text)
    if shown is None:
        return

    assert shown == unicodedata.normalize("NFC", shown)
    assert not set(shown) & set(BIDI)
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in shown.replace("\n", ""))
    assert any(map(names.is_visible, shown))
    assert SHOWN[field](shown) == shown, "what is fit stays as it is"
    assert len(names.split(shown)) <= {"Join.name": 64, "Join.room": 64, "SendChat.text": 4_000}[field]
    assert "\n" not in shown or field == "SendChat.text"


@pytest.mark.parametrize("field", SHOWN)
@pytest.mark.parametrize("nothing", ["", " ", "\u200b", BIDI, "\0\x1b", "\u3164", "\n\n"])
def test_what_shows_nothing_is_refused(field: str, nothing: str) -> None:
    assert SHOWN[field](nothing) is None


@given(text=TEXTS.filter(bool))
def test_a_password_is_the_same_however_it_was_composed(text: str) -> None:
    assert normal(unicodedata.normalize("NFD", text)) == normal(text)
