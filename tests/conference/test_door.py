"""Who gets in: lock, waiting room, exclusion, password."""

from __future__ import annotations

from typing import Any

import pytest

from causerie.conference import events
from causerie.conference.commands import (
    Admit,
    EndConference,
    Exclude,
    Refuse,
    Role,
    SetLocked,
    SetPassword,
    SetRole,
    SetWaitingRoom,
)
from causerie.conference.machine import Conference
from causerie.conference.policy import Limits
from causerie.conference.record import RoomRecord
from tests.conference.scene import (
    Action,
    Scene,
    fresh_digest,
    joins,
    leaves,
    loses_socket,
    scene,
    welcome,
    wishes,
)

WAITING_ROOM_ON = wishes("alice", SetWaitingRoom, on=True)


def excludes(who: str, target: str) -> Action:
    return wishes(who, Exclude, participant=target)


def records(meeting: Scene) -> list[RoomRecord]:
    return [event.record for event in meeting.history if isinstance(event, events.KeepRecordWanted)]


# ── Lock ─────────────────────────────────────────────────────────────────────────────────────


def test_a_locked_room_lets_only_hosts_in() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", SetLocked, locked=True))
    meeting.expects("alice: Done", "alice: RoomChanged <locked> alice", "bob: RoomChanged <locked> alice")

    meeting.does(joins("carol")).expects("carol: Rejected room-locked")
    meeting.does(leaves("alice"), joins("alice2", key=fresh_digest("alice")))
    assert welcome(meeting, "alice2").room_state.locked
    meeting.does(wishes("alice2", SetLocked, locked=False), joins("carol"))
    assert welcome(meeting, "carol").role is Role.PARTICIPANT


# ── Waiting room ─────────────────────────────────────────────────────────────────────────────


def test_who_knocks_waits_and_only_hosts_are_told() -> None:
    meeting = scene("alice", "bob").does(WAITING_ROOM_ON, joins("carol"))

    meeting.expects("carol: Waiting", "alice: KnocksChanged [Carol]")


def test_who_is_admitted_gets_the_answer_to_the_same_question() -> None:
    meeting = scene("alice").does(
        WAITING_ROOM_ON, joins("carol"), wishes("alice", Admit, participant="carol")
    )

    answer = next(event for event in meeting.events if isinstance(event, events.Joined))
    assert (answer.to, answer.ref) == (("carol",), 7)
    told = [line for event in meeting.events for line in meeting.lines(event)]
    assert told[:2] == ["alice: Done", "alice: KnocksChanged []"]


def test_all_are_admitted_in_the_order_in_which_they_came() -> None:
    meeting = scene("alice").does(WAITING_ROOM_ON, joins("carol"), joins("bob"), wishes("alice", Admit))

    assert [e.to for e in meeting.events if isinstance(e, events.Joined)] == [("carol",), ("bob",)]


def test_switching_the_waiting_room_off_admits_everyone_in_it() -> None:
    meeting = scene("alice").does(WAITING_ROOM_ON, joins("bob"), wishes("alice", SetWaitingRoom, on=False))

    assert welcome(meeting, "bob").role is Role.PARTICIPANT
    meeting.tells(
        "alice",
        "Done",
        "RoomChanged <> alice",
        "KnocksChanged []",
        "ParticipantJoined bob Bob [bob.microphone, bob.camera]",
        "SlotsMapped [a0=bob.microphone, v0=bob.camera]",
    )


def test_who_is_refused_is_told_so_and_nobody_else_but_hosts() -> None:
    meeting = scene("alice", "bob").does(
        WAITING_ROOM_ON, joins("carol"), wishes("alice", Refuse, participant="carol")
    )

    meeting.expects("alice: Done", "carol: SessionEnded refused", "alice: KnocksChanged []")


def test_admitting_or_refusing_nobody_is_refused() -> None:
    for wish in (Admit, Refuse):
        scene("alice").does(wishes("alice", wish, participant="carol")).expects(
            "alice: Rejected participant-unknown"
        )


def test_who_waits_and_goes_is_forgotten() -> None:
    meeting = scene("alice").does(WAITING_ROOM_ON, joins("bob"), loses_socket("bob"))
    meeting.expects("bob: SessionEnded session-expired", "alice: KnocksChanged []")

    meeting.does(joins("carol"), leaves("carol"))
    meeting.expects("carol: Done", "carol: SessionEnded left", "alice: KnocksChanged []")


def test_a_new_host_learns_who_waits_and_a_host_who_comes_back_too() -> None:
    meeting = scene("alice", "bob").does(
        WAITING_ROOM_ON, joins("carol"), wishes("alice", SetRole, participant="bob", role=Role.HOST)
    )
    meeting.tells("bob", "RoleChanged bob host", "KnocksChanged [Carol]")

    meeting.does(joins("alice2", key=fresh_digest("alice")))
    assert [knock.name for knock in welcome(meeting, "alice2").knocks] == ["Carol"]


def test_a_meeting_in_which_someone_waits_is_not_over() -> None:
    meeting = scene("alice").does(WAITING_ROOM_ON, joins("bob"), leaves("alice"))
    meeting.after(3600)

    assert not meeting.conference.is_over(meeting.now)


def test_the_waiting_room_is_bounded() -> None:
    meeting = scene("alice", limits=Limits(waiting=1)).does(WAITING_ROOM_ON, joins("bob"), joins("carol"))

    meeting.expects("carol: Rejected room-full")


def test_whoever_waits_when_it_ends_for_all_is_told() -> None:
    meeting = scene("alice").does(WAITING_ROOM_ON, joins("bob"), wishes("alice", EndConference))

    meeting.tells("bob", "SessionEnded ended-for-all")


# ── Exclusion ────────────────────────────────────────────────────────────────────────────────


def test_the_excluded_go_and_the_waiting_room_goes_on() -> None:
    meeting = scene("alice", "bob").does(excludes("alice", "bob"))

    meeting.tells("bob", "SessionEnded excluded")
    meeting.asks_engine(
        "RemoveEndpointWanted bob", *("MapSlotWanted alice a0 nothing", "MapSlotWanted alice v0 nothing")
    )
    meeting.tells(
        "alice",
        "Done",
        "ParticipantLeft bob",
        "SlotsMapped [a0=nothing, v0=nothing]",
        "RoomChanged <waiting-room> alice",
    )


def test_a_waiting_room_that_is_on_already_is_not_told_again_when_someone_is_excluded() -> None:
    meeting = scene("alice", "bob").does(WAITING_ROOM_ON, excludes("alice", "bob"))

    meeting.tells("alice", "Done", "ParticipantLeft bob", "SlotsMapped [a0=nothing, v0=nothing]")


def test_the_excluded_do_not_come_back_under_another_name() -> None:
    meeting = scene("alice", "bob").does(excludes("alice", "bob"), joins("bob2", name="Somebody"))

    meeting.expects("bob2: Rejected excluded")


def test_hosts_and_oneself_cannot_be_excluded() -> None:
    scene("alice").does(excludes("alice", "alice")).expects("alice: Rejected not-allowed")
    scene("alice").does(excludes("alice", "bob")).expects("alice: Rejected participant-unknown")


@pytest.mark.parametrize(
    "wish",
    [{"kind": SetLocked, "locked": True}, {"kind": SetWaitingRoom, "on": True}],
    ids=["lock", "waiting room"],
)
def test_a_door_set_as_it_stands_is_told_to_nobody(wish: dict[str, Any]) -> None:
    kind = wish.pop("kind")
    meeting = scene("alice", "bob").does(wishes("alice", kind, **wish))
    meeting.does(wishes("alice", kind, **wish)).expects("alice: Done")


# ── Password ─────────────────────────────────────────────────────────────────────────────────


def test_a_password_is_told_to_all_and_asked_of_newcomers() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", SetPassword, hash="h1"))
    meeting.tells("bob", "RoomChanged <password> alice")

    meeting.does(joins("carol")).expects("carol: Rejected password-required")
    meeting.does(joins("carol", verified="h1"))
    assert welcome(meeting, "carol").room_state.password_set


def test_a_password_changed_in_between_counts() -> None:
    meeting = scene("alice").does(
        wishes("alice", SetPassword, hash="h1"), wishes("alice", SetPassword, hash="h2")
    )

    meeting.does(joins("bob", verified="h1")).expects("bob: Rejected password-wrong")


def test_a_password_is_asked_before_anything_else_is_said() -> None:
    meeting = scene("alice", limits=Limits(participants=1)).does(
        wishes("alice", SetPassword, hash="h1"), wishes("alice", SetLocked, locked=True)
    )

    meeting.does(joins("bob", name="")).expects("bob: Rejected password-required")
    meeting.does(joins("bob", verified="h1")).expects("bob: Rejected room-locked")


def test_the_host_key_opens_without_a_password() -> None:
    meeting = scene("alice").does(
        wishes("alice", SetPassword, hash="h1"), joins("alice2", key=fresh_digest("alice"))
    )

    assert welcome(meeting, "alice2").role is Role.HOST


# ── What is kept ─────────────────────────────────────────────────────────────────────────────


def test_a_room_is_kept_when_its_password_or_waiting_room_changes_only() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", SetLocked, locked=True))
    assert records(meeting) == []

    password = wishes("alice", SetPassword, hash="h1")
    meeting.does(password, password, wishes("alice", SetPassword, hash=None))
    assert [record.outlives_meeting for record in records(meeting)] == [True, False]
    assert records(meeting)[0].host_digest == fresh_digest("alice")


def test_a_kept_room_has_its_host_and_its_password_in_the_next_meeting() -> None:
    meeting = scene()
    record = RoomRecord(b"key", "h1", waiting_room=True)
    meeting.conference = Conference(limits=meeting.limits, now=meeting.now, record=record)

    meeting.does(joins("bob", verified="h1")).expects("bob: Waiting")
    meeting.does(joins("alice", key=b"key"))
    assert (welcome(meeting, "alice").role, welcome(meeting, "alice").created) == (Role.HOST, False)
