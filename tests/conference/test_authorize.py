"""The gate: every wish there is, from the waiting room and from a plain participant."""

from __future__ import annotations

from typing import get_args

import pytest

from causerie.conference import commands
from causerie.conference.authorize import ALLOWED, authorize
from causerie.conference.commands import GuestWish, HostWish, Leave, Role
from causerie.conference.events import Code
from causerie.conference.ids import ParticipantId, Ref, SourceId
from tests.conference.scene import joins, scene, wishes

WISHES: tuple[type[GuestWish], ...] = get_args(GuestWish)
HOST_WISHES: tuple[type[HostWish], ...] = get_args(HostWish)
ALICE = ParticipantId("alice")
MEMBERS = {
    commands.SetHand: {"raised": True},
    commands.React: {"emoji": "👏"},
    commands.SendChat: {"text": "hello"},
    commands.Report: {"quality": commands.Quality.BAD},
    commands.StopSource: {"source": SourceId("alice.camera")},
    commands.Exclude: {"participant": ALICE},
    commands.SetLocked: {"locked": True},
    commands.SetWaitingRoom: {"on": True},
    commands.SetRole: {"participant": ParticipantId("bob"), "role": Role.HOST},
    commands.SetPassword: {"hash": "a hash"},
    commands.Unpublish: {"source": SourceId("alice.camera")},
    commands.SetMuted: {"source": SourceId("alice.camera"), "muted": True},
    commands.Subscribe: {"sources": ()},
    commands.Publish: {"source": None},
    commands.Renegotiate: {"parameters": None},
}


def made(wish: type[GuestWish], by: str) -> GuestWish:
    return wish(ParticipantId(by), Ref(7), **MEMBERS.get(wish, {}))  # type: ignore[arg-type]


def test_the_table_names_every_wish_once() -> None:
    assert set(ALLOWED) == set(WISHES)


@pytest.mark.parametrize("wish", WISHES)
def test_who_is_not_here_may_nothing(wish: type[GuestWish]) -> None:
    assert authorize(None, made(wish, "mallory")) is Code.NOT_JOINED


@pytest.mark.parametrize("wish", WISHES)
def test_from_the_waiting_room_one_may_only_leave(wish: type[GuestWish]) -> None:
    meeting = scene("alice").does(wishes("alice", commands.SetWaitingRoom, on=True))
    meeting.does(joins("bob"))
    before = len(meeting.history)

    meeting.give(made(wish, "bob"))

    if wish is Leave:
        meeting.tells("bob", "Done", "SessionEnded left")
    else:
        meeting.expects("bob: Rejected not-admitted")
        assert len(meeting.history) == before + 1


@pytest.mark.parametrize("wish", HOST_WISHES)
def test_a_plain_participant_may_not_do_what_is_for_hosts(wish: type[HostWish]) -> None:
    meeting = scene("alice", "bob")

    meeting.give(made(wish, "bob"))

    meeting.expects("bob: Rejected not-allowed")


@pytest.mark.parametrize("wish", HOST_WISHES)
def test_a_host_may_not_be_told_that_it_is_not_allowed(wish: type[HostWish]) -> None:
    assert authorize(Role.HOST, made(wish, "alice")) is None


def test_a_wish_that_the_table_does_not_know_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ALLOWED, commands.SendChat)

    assert authorize(Role.HOST, made(commands.SendChat, "alice")) is Code.NOT_ALLOWED
