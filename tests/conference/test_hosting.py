"""Roles, and what hosts may do to others."""

from __future__ import annotations

from causerie.conference.commands import EndConference, MuteParticipant, Role, SetRole, StopSource
from tests.conference.scene import (
    Scene,
    fresh_digest,
    joins,
    leaves,
    mutes,
    publishes,
    scene,
    welcome,
    wishes,
)


def test_the_first_is_host_and_gets_the_key_and_the_second_does_not() -> None:
    meeting = scene("alice", "bob")

    assert (welcome(meeting, "alice").role, welcome(meeting, "alice").created) == (Role.HOST, True)
    assert (welcome(meeting, "bob").role, welcome(meeting, "bob").created) == (Role.PARTICIPANT, False)


def test_the_host_key_makes_host_again_and_another_key_does_not() -> None:
    meeting = scene("alice", "bob").does(
        leaves("alice"), joins("alice2", key=fresh_digest("alice")), joins("mallory", key=b"guessed")
    )

    assert (welcome(meeting, "alice2").role, welcome(meeting, "alice2").created) == (Role.HOST, False)
    assert welcome(meeting, "mallory").role is Role.PARTICIPANT


def test_who_is_first_with_a_key_of_an_earlier_meeting_goes_on_using_it() -> None:
    meeting = scene().does(joins("alice", key=b"old"), joins("bob", key=b"old"))

    assert (welcome(meeting, "alice").role, welcome(meeting, "alice").created) == (Role.HOST, False)
    assert welcome(meeting, "bob").role is Role.HOST


def test_hosts_are_not_replaced_when_they_leave() -> None:
    meeting = scene("alice", "bob").does(leaves("alice"), joins("carol"))

    assert welcome(meeting, "carol").role is Role.PARTICIPANT


def test_a_host_mutes_someone_who_may_unmute_again() -> None:
    meeting = scene("alice", "bob", "carol").does(wishes("alice", MuteParticipant, participant="bob"))

    meeting.asks_engine("SetSourceEnabledWanted bob bob.microphone False")
    meeting.tells("bob", "MutedByHost bob.microphone alice")
    meeting.tells("carol", "SourceMutedChanged bob bob.microphone True")
    meeting.does(mutes("bob", "microphone", muted=False)).asks_engine(
        "SetSourceEnabledWanted bob bob.microphone True"
    )


def test_muting_all_spares_hosts_and_those_who_are_muted() -> None:
    meeting = scene("alice", "bob", "carol").does(
        mutes("carol", "microphone"), wishes("alice", MuteParticipant)
    )

    meeting.asks_engine("SetSourceEnabledWanted bob bob.microphone False")
    meeting.tells("carol", "SourceMutedChanged bob bob.microphone True")


def test_a_host_stops_a_camera_by_muting_it() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", StopSource, source="bob.camera"))

    meeting.tells("bob", "MutedByHost bob.camera alice")
    meeting.asks_engine("SetSourceEnabledWanted bob bob.camera False")


def test_a_host_ends_a_share_and_its_sound_with_it() -> None:
    meeting = scene("alice", "bob").does(publishes("bob", "screen"), publishes("bob", "screen-audio"))

    meeting.does(wishes("alice", StopSource, source="bob.screen"))

    meeting.tells("bob", "SourceStopped bob.screen alice", "SourceStopped bob.screen-audio alice")
    told = [line for event in meeting.events for line in meeting.lines(event)]
    assert "alice: SourceUnpublished bob bob.screen" in told
    assert "engine: UnpublishWanted bob bob.screen-audio" in told


def test_a_source_that_is_not_there_cannot_be_stopped() -> None:
    scene("alice", "bob").does(wishes("alice", StopSource, source="bob.screen")).expects(
        "alice: Rejected source-unknown"
    )


def test_hosts_are_equals_until_one_is_made_a_participant() -> None:
    meeting = scene("alice", "bob").does(wishes("alice", SetRole, participant="bob", role=Role.HOST))
    meeting.expects("alice: Done", "alice: RoleChanged bob host", "bob: RoleChanged bob host")
    mute = wishes("bob", MuteParticipant, participant="alice")

    meeting.does(mute).expects("bob: Rejected not-allowed")
    meeting.does(wishes("bob", SetRole, participant="alice", role=Role.PARTICIPANT), mute)
    meeting.tells("alice", "MutedByHost alice.microphone bob")


def test_the_last_host_stays_one() -> None:
    scene("alice", "bob").does(wishes("alice", SetRole, participant="alice", role=Role.PARTICIPANT)).expects(
        "alice: Rejected not-allowed"
    )


def test_a_role_for_nobody_is_refused() -> None:
    scene("alice").does(wishes("alice", SetRole, participant="bob", role=Role.HOST)).expects(
        "alice: Rejected participant-unknown"
    )


def test_ending_for_all_ends_every_session_and_the_room_begins_anew() -> None:
    meeting: Scene = scene("alice", "bob").does(wishes("alice", EndConference))
    meeting.expects(
        "alice: Done",
        "engine: RemoveEndpointWanted alice",
        "engine: RemoveEndpointWanted bob",
        "alice: SessionEnded ended-for-all",
        "bob: SessionEnded ended-for-all",
    )

    assert welcome(meeting.does(joins("carol")), "carol").role is Role.PARTICIPANT


def test_people_of_one_name_are_told_apart() -> None:
    meeting = scene("alice").does(joins("alice2", name="ALICE"), joins("alice3", name="Alice"))

    assert [p.name for e in meeting.events if hasattr(e, "participants") for p in e.participants] == [
        "Alice",
        "ALICE (2)",
    ]
    meeting.tells(
        "alice2", "ParticipantJoined alice3 Alice (3) [alice3.microphone, alice3.camera]", *slots(2)
    )


def slots(index: int) -> tuple[str, ...]:
    kinds = {"a": "microphone", "v": "camera"}
    return (f"SlotsMapped [{', '.join(f'{k}{index - 1}=alice3.{kind}' for k, kind in kinds.items())}]",)
