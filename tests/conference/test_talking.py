"""Chat, hands, reactions and reports."""

from __future__ import annotations

import pytest

from causerie.conference.chat import Chat, cleaned
from causerie.conference.commands import LowerHand, Quality, React, Report, SendChat, SetHand
from causerie.conference.events import ChatView
from causerie.conference.ids import ParticipantId
from causerie.conference.policy import Limits
from tests.conference.scene import Action, joins, leaves, scene, welcome, wishes


def writes(who: str, text: str, to: str | None = None) -> Action:
    return wishes(who, SendChat, text=text, to=to)


def raises(who: str, *, raised: bool = True) -> Action:
    return wishes(who, SetHand, raised=raised)


# ── Chat ─────────────────────────────────────────────────────────────────────────────────────


def test_a_message_goes_to_everyone_and_to_its_author() -> None:
    scene("alice", "bob").does(writes("alice", "hello")).expects(
        "alice: Done", "alice: ChatMessageSent Alice: hello", "bob: ChatMessageSent Alice: hello"
    )


def test_a_private_message_goes_to_the_two_only_and_into_nobodys_history() -> None:
    meeting = scene("alice", "bob", "carol").does(writes("alice", "psst", to="bob"))
    meeting.expects(
        "alice: Done", "alice: ChatMessageSent Alice to bob: psst", "bob: ChatMessageSent Alice to bob: psst"
    )

    assert welcome(meeting.does(joins("dave")), "dave").chat == ()


def test_a_private_message_to_nobody_or_to_oneself_is_refused() -> None:
    scene("alice").does(writes("alice", "psst", to="bob")).expects("alice: Rejected participant-unknown")
    scene("alice").does(writes("alice", "psst", to="alice")).expects("alice: Rejected participant-unknown")


def test_newcomers_see_what_was_written_with_the_names_of_those_who_left() -> None:
    meeting = scene("alice", "bob").does(
        writes("alice", "one"), writes("bob", "two"), leaves("alice"), joins("carol")
    )

    assert [(m.author_name, m.text) for m in welcome(meeting, "carol").chat] == [
        ("Alice", "one"),
        ("Bob", "two"),
    ]


def test_ten_messages_in_ten_seconds_are_carried_and_the_eleventh_is_not() -> None:
    meeting = scene("alice").does(*(writes("alice", str(i)) for i in range(10)))
    meeting.tells("alice", "Done", "ChatMessageSent Alice: 9")

    meeting.does(writes("alice", "more")).expects("alice: Rejected rate-limited")
    meeting.after(1.0)
    meeting.does(writes("alice", "later")).tells("alice", "Done", "ChatMessageSent Alice: later")


@pytest.mark.parametrize("text", ["", " \n\t ", "\u202e", "\x00\x07", "x" * 4001])
def test_an_empty_or_endless_message_is_refused(text: str) -> None:
    scene("alice").does(writes("alice", text)).expects("alice: Rejected bad-text")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("e\u0301te\u0301", "été"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\u202eb\u2066c\u200f", "abc"),
        ("a\x00\x1b[31mb", "a[31mb"),
        ("\n\nhello  \n", "hello"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("<script>", "<script>"),
        ("  indented", "  indented"),
    ],
)
def test_a_message_is_cleaned_of_what_lies_about_it(typed: str, shown: str) -> None:
    assert cleaned(typed, characters=4000) == shown


def test_history_keeps_the_newest_within_messages_and_bytes() -> None:
    by_count = Chat(Limits(chat_messages=3))
    by_bytes = Chat(Limits(chat_bytes=25))
    for kept in (by_count, by_bytes):
        for i in range(5):
            kept.keep(ChatView(str(i), ParticipantId("a"), "A", f"{i}" * 9, 0))

    assert [message.id for message in by_count.history()] == ["2", "3", "4"]
    assert [message.id for message in by_bytes.history()] == ["3", "4"]


def test_what_json_makes_longer_weighs_more() -> None:
    chat = Chat(Limits(chat_bytes=100))
    for text in ("\\" * 40, '"' * 40):
        chat.keep(ChatView(text[0], ParticipantId("a"), "A", text, 0))

    assert [message.id for message in chat.history()] == ['"']


# ── Hands ────────────────────────────────────────────────────────────────────────────────────


def test_ac_37_hands_queue_in_the_order_raised_for_everyone() -> None:
    meeting = scene("alice", "bob").does(raises("bob"), raises("alice"))

    meeting.expects("alice: Done", "alice: HandsChanged [bob, alice]", "bob: HandsChanged [bob, alice]")
    assert welcome(meeting.does(joins("carol")), "carol").hands == ("bob", "alice")


def test_raising_a_raised_hand_keeps_its_place_and_tells_nobody() -> None:
    scene("alice", "bob").does(raises("alice"), raises("bob"), raises("alice")).expects("alice: Done")


def test_leaving_lowers_the_hand() -> None:
    scene("alice", "bob").does(raises("bob"), leaves("bob")).tells(
        "alice", "ParticipantLeft bob", "SlotsMapped [a0=nothing, v0=nothing]", "HandsChanged []"
    )


def test_a_host_lowers_one_hand_or_all() -> None:
    meeting = scene("alice", "bob", "carol").does(raises("bob"), raises("carol"))

    meeting.does(wishes("alice", LowerHand, participant="bob")).tells("carol", "HandsChanged [carol]")
    meeting.does(wishes("alice", LowerHand)).tells("carol", "HandsChanged []")
    meeting.does(wishes("alice", LowerHand)).expects("alice: Done")


def test_a_hand_goes_up_and_down_five_times_in_ten_seconds() -> None:
    meeting = scene("alice").does(*(raises("alice", raised=i % 2 == 0) for i in range(5)))

    meeting.does(raises("alice", raised=False)).expects("alice: Rejected rate-limited")


# ── Reactions and reports ────────────────────────────────────────────────────────────────────


def test_a_reaction_is_shown_to_everyone_and_five_in_five_seconds_are_enough() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", React, emoji="🎉"))
    meeting.expects("alice: Done", "alice: Reacted alice 🎉", "bob: Reacted alice 🎉")

    meeting.does(*(wishes("alice", React, emoji="🎉") for _ in range(4)))
    meeting.does(wishes("alice", React, emoji="🎉")).expects("alice: Rejected rate-limited")


def test_a_worse_connection_is_told_once() -> None:
    bad = wishes("bob", Report, quality=Quality.BAD)
    meeting = scene("alice", "bob").does(bad)
    meeting.expects("bob: Done", "alice: QualityChanged bob bad", "bob: QualityChanged bob bad")

    meeting.does(bad).expects("bob: Done")
