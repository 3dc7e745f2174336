"""The largest room that can be chosen: all get in, the next is told that it is full, messages stay sendable.

`pytest -s` shows what a join and a leave take at that size.
"""

from __future__ import annotations

import statistics
import time

from causerie.conference.commands import SendChat
from causerie.conference.events import Code, Joined, Rejected
from causerie.conference.policy import Limits
from causerie.edges.native import translation
from causerie.edges.native.limits import EdgeLimits
from causerie.protocol.codec import encode
from causerie.server.config import MAX_PARTICIPANTS
from tests.conference.scene import Action, Scene, joins, leaves, scene, wishes

FULL = Limits(participants=MAX_PARTICIPANTS, waiting=MAX_PARTICIPANTS)
ASTRONAUT = "👩🏽\u200d🚀"
"""One grapheme of four characters, so that a name is as long as a join may say it: 256 of them."""
ALL_SOURCES = ("microphone", "camera", "screen", "screen-audio")
LONGEST_ANSWER = "v" * 131_072
PEOPLE = [f"{number:032}" for number in range(MAX_PARTICIPANTS)]
"""Ids as long as the protocol lets them be."""


def timed(room: Scene, *actions: Action) -> list[float]:
    """Carries out actions and returns how long each took, in milliseconds."""
    took = []
    for action in actions:
        began = time.perf_counter()
        room.does(action)
        took.append(1000 * (time.perf_counter() - began))
    return took


def longest_name(who: str) -> str:
    """Returns a name of its own for each, so that none has to be numbered."""
    return ASTRONAUT * (FULL.name_graphemes - 3) + who[-3:]


def told(what: str, took: list[float]) -> None:
    last = took[-MAX_PARTICIPANTS // 10 :]
    print(f"{what}: median {statistics.median(last):.1f} ms, longest {max(last):.1f} ms")


def test_five_hundred_come_in_and_go_and_the_next_reads_that_the_room_is_full() -> None:
    room = scene(limits=FULL)

    told("one of the last joins of 500", timed(room, *map(joins, PEOPLE)))
    assert room.conference.participants == MAX_PARTICIPANTS

    room.does(joins("late"))
    assert [(event.to, event.code) for event in room.events if isinstance(event, Rejected)] == [
        (("late",), Code.ROOM_FULL)
    ]
    assert len(room.events) == 1, "nothing else follows"

    told("one of the first leaves of 500", timed(room, *map(leaves, PEOPLE[:20])))
    room.does(joins("late"))
    assert room.conference.participants == MAX_PARTICIPANTS - 19


def test_what_the_last_of_five_hundred_is_told_fits_what_may_wait_for_a_socket() -> None:
    room = scene(limits=FULL, audio_slots=0, video_slots=0)
    for who in PEOPLE[:-1]:
        room.does(joins(who, name=longest_name(who), sources=ALL_SOURCES))
    text = "€" * FULL.chat_characters
    for writer in range(50):
        room.does(wishes(PEOPLE[writer], SendChat, text=text))
    room.does(joins(PEOPLE[-1], name=longest_name(PEOPLE[-1]), sources=ALL_SOURCES))

    (answer,) = (event for event in room.events if isinstance(event, Joined))
    message = translation.joined(
        answer, room="r" * 64, token="t" * 128, answer=LONGEST_ANSWER, resume_window_s=60, host_key=None
    )
    size = len(encode(message))
    print(f"`joined` at its longest: {size:,} bytes")
    assert len(answer.participants) == MAX_PARTICIPANTS - 1
    assert 30 < len(message.chat) < 50, "the chat is full"
    assert 2 * size < EdgeLimits().outbox_bytes
