"""What people in a conference do, and what follows."""

from __future__ import annotations

import pytest

from causerie.conference.commands import EndpointReady, Join, SetMuted, Stop, Tick, Unpublish
from causerie.conference.events import Joined, Rejected
from causerie.conference.ids import ParticipantId, Ref, SourceId
from causerie.conference.policy import Limits
from causerie.ports.media import EndpointId
from tests.conference.scene import (
    Action,
    Scene,
    comes_back,
    engine_fails,
    falls_silent,
    joins,
    leaves,
    loses_socket,
    mutes,
    publishes,
    renegotiates,
    scene,
    speaks,
    transport,
    unmutes,
    unpublishes,
    wants,
)

# ── Coming ───────────────────────────────────────────────────────────────────────────────────


def test_first_join_asks_the_engine_before_it_is_answered() -> None:
    scene().does(joins("alice")).expects(
        "engine: AddEndpointWanted alice",
        "engine: PublishWanted alice alice.microphone 0",
        "engine: PublishWanted alice alice.camera 1",
        "alice: Joined [alice.microphone, alice.camera] [] "
        "[a0=nothing, a1=nothing, a2=nothing, v0=nothing, v1=nothing, v2=nothing] []",
    )


def test_second_person_sees_the_first_at_once_and_the_first_is_told() -> None:
    scene("alice").does(joins("bob")).expects(
        "engine: AddEndpointWanted bob",
        "engine: PublishWanted bob bob.microphone 0",
        "engine: PublishWanted bob bob.camera 1",
        "engine: MapSlotWanted bob a0 alice.microphone",
        "engine: MapSlotWanted bob v0 alice.camera",
        "bob: Joined [bob.microphone, bob.camera] [alice Alice [alice.microphone, alice.camera]] "
        "[a0=alice.microphone, a1=nothing, a2=nothing, v0=alice.camera, v1=nothing, v2=nothing] []",
        "alice: ParticipantJoined bob Bob [bob.microphone, bob.camera]",
        "engine: MapSlotWanted alice a0 bob.microphone",
        "engine: MapSlotWanted alice v0 bob.camera",
        "alice: SlotsMapped [a0=bob.microphone, v0=bob.camera]",
    )


def test_muted_source_is_published_with_its_tap_closed() -> None:
    scene("alice").does(publishes("alice", "screen", muted=True)).asks_engine(
        "PublishWanted alice alice.screen 2", "SetSourceEnabledWanted alice alice.screen False"
    )


def test_join_that_the_engine_refuses_changes_nothing() -> None:
    here = scene("alice").refusing().does(joins("bob"))

    here.expects("engine: AddEndpointWanted bob", "bob: Rejected media-unavailable")
    assert here.conference.participants == 1


def test_same_participant_joins_once() -> None:
    scene("alice").does(joins("alice")).expects("alice: Rejected already-joined")


def test_join_that_waits_for_the_engine_is_not_taken_twice() -> None:
    here = scene()
    first = joins("alice")(here)
    assert isinstance(first, Join)
    here.conference.handle(first, here.now)

    [refusal] = here.conference.handle(first, here.now)

    assert isinstance(refusal, Rejected)


def test_full_room_refuses_one_more() -> None:
    full = scene("alice", "bob", limits=Limits(participants=2))

    full.does(joins("carol")).expects("carol: Rejected room-full")
    full.does(leaves("bob"), joins("carol")).tells(
        "alice",
        "ParticipantJoined carol Carol [carol.microphone, carol.camera]",
        "SlotsMapped [a0=carol.microphone, v0=carol.camera]",
    )


def test_name_without_anything_to_see_is_refused() -> None:
    scene("alice").does(joins("bob", name=" \u202e\u200b ")).expects("bob: Rejected bad-name")


def test_name_is_cleaned_for_others() -> None:
    scene("alice").does(joins("bob", name="  Bob\u202e  the\nGreat ", sources=())).tells(
        "alice", "ParticipantJoined bob Bob the Great []"
    )


# ── Going ────────────────────────────────────────────────────────────────────────────────────


def test_leaving_frees_the_slots_of_others_and_is_told_once() -> None:
    scene("alice", "bob").does(leaves("alice")).expects(
        "alice: Done",
        "engine: RemoveEndpointWanted alice",
        "alice: SessionEnded left",
        "bob: ParticipantLeft alice",
        "engine: MapSlotWanted bob a0 nothing",
        "engine: MapSlotWanted bob v0 nothing",
        "bob: SlotsMapped [a0=nothing, v0=nothing]",
    )


@pytest.mark.parametrize(
    "wish",
    [
        leaves("alice"),
        mutes("alice", "camera"),
        publishes("alice", "screen"),
        unpublishes("alice", "camera"),
        wants("alice"),
        renegotiates("alice", audio_slots=3, video_slots=3),
    ],
)
def test_who_left_is_told_so_and_nothing_else_happens(wish: Action) -> None:
    scene("alice", "bob").does(leaves("alice"), wish).expects("alice: Rejected not-joined")


def test_lost_socket_goes_unnoticed_for_sixty_seconds_and_then_ends_the_stay() -> None:
    here = scene("alice", "bob").does(loses_socket("alice")).expects()

    here.after(59.9).expects()
    here.after(0.2).tells("bob", "ParticipantLeft alice", "SlotsMapped [a0=nothing, v0=nothing]").tells(
        "alice", "SessionEnded session-expired"
    )


def test_who_comes_back_in_time_stays() -> None:
    scene("alice", "bob").does(loses_socket("alice")).after(59).does(comes_back("alice")).after(300).expects()


def test_second_loss_starts_a_new_window() -> None:
    here = scene("alice", "bob").does(loses_socket("alice")).after(50).does(comes_back("alice"))

    here.after(50).does(loses_socket("alice")).after(59).expects()
    here.after(2).tells("alice", "SessionEnded session-expired")


def test_closed_transport_is_told_to_its_owner_and_ends_the_stay_unless_renewed() -> None:
    here = scene("alice", "bob").does(transport("alice", "closed"))

    here.expects("alice: TransportStateChanged closed")
    here.after(60).tells("alice", "SessionEnded transport-closed").tells(
        "bob", "ParticipantLeft alice", "SlotsMapped [a0=nothing, v0=nothing]"
    )


def test_renewed_and_connected_transport_stays() -> None:
    here = scene("alice", "bob").does(transport("alice", "closed")).after(50)

    here.does(renegotiates("alice", audio_slots=3, video_slots=3)).after(50).expects()
    here.does(transport("alice", "connected")).after(600).expects()


def test_renewed_transport_that_never_connects_ends_the_stay() -> None:
    here = scene("alice", "bob").does(transport("alice", "closed")).after(50)

    here.does(renegotiates("alice", audio_slots=3, video_slots=3)).after(61)
    here.tells("alice", "SessionEnded transport-closed")


def test_engine_that_gives_up_an_endpoint_ends_only_that_stay() -> None:
    here = scene("alice", "bob").does(engine_fails("alice"))

    here.tells("alice", "SessionEnded media-unavailable")
    here.does(mutes("bob", "camera")).tells("bob", "Done")


def test_empty_conference_waits_ten_seconds_before_it_is_over() -> None:
    here = scene("alice").does(leaves("alice"))

    assert not here.conference.is_over(here.after(9).now)
    assert here.conference.is_over(here.after(1).now)


def test_conference_nobody_ever_joined_ends_too() -> None:
    here = scene()

    assert here.conference.deadline() == here.now + 10
    assert here.conference.is_over(here.after(10).now)


def test_conference_whose_only_person_lost_the_socket_goes_on_while_they_may_return() -> None:
    here = scene("alice").does(loses_socket("alice"))

    assert not here.conference.is_over(here.after(59).now)
    assert here.conference.is_over(here.after(11).now)


def test_stopping_server_tells_everyone_once_and_takes_nobody() -> None:
    here = scene("alice", "bob").does(lambda _: Stop())

    here.expects("alice: ServerStopping", "bob: ServerStopping")
    here.does(lambda _: Stop()).expects()
    here.does(joins("carol")).expects("carol: Rejected stopping")
    assert here.conference.is_over(here.now)


# ── Sources ──────────────────────────────────────────────────────────────────────────────────


def test_published_screen_is_told_and_shown() -> None:
    scene("alice", "bob").does(publishes("bob", "screen")).expects(
        "engine: PublishWanted bob bob.screen 2",
        "bob: Published bob.screen",
        "alice: SourcePublished bob bob.screen",
        "engine: MapSlotWanted alice v1 bob.screen",
        "alice: SlotsMapped [v1=bob.screen]",
    )


def test_publishing_the_same_kind_on_the_same_section_again_is_the_same_source() -> None:
    here = scene("alice", "bob").does(publishes("bob", "screen"))

    here.does(publishes("bob", "screen")).expects("bob: Published bob.screen")


@pytest.mark.parametrize(
    ("kind", "mid"), [("screen", "9"), ("screen", "0"), ("screen-audio", "2"), ("screen", "1")]
)
def test_source_needs_a_free_section_of_its_kind(kind: str, mid: str) -> None:
    scene("alice", "bob").does(publishes("bob", kind, mid=mid)).expects("bob: Rejected section-unknown")


def test_join_with_two_sources_on_one_section_is_refused() -> None:
    scene("alice").does(joins("bob", sources=("camera", "camera"))).expects("bob: Rejected section-unknown")


def test_no_more_sources_than_the_limit() -> None:
    here = scene("alice", limits=Limits(sources_per_participant=2))

    here.does(publishes("alice", "screen")).expects("alice: Rejected source-limit")


def test_unpublished_source_disappears_everywhere() -> None:
    scene("alice", "bob").does(unpublishes("bob", "camera")).expects(
        "engine: UnpublishWanted bob bob.camera",
        "bob: Done",
        "alice: SourceUnpublished bob bob.camera",
        "engine: MapSlotWanted alice v0 nothing",
        "alice: SlotsMapped [v0=nothing]",
    )


def test_nobody_touches_the_sources_of_others() -> None:
    here = scene("alice", "bob")
    alice, theirs = ParticipantId("alice"), SourceId("bob.camera")

    here.does(lambda _: Unpublish(alice, Ref(1), theirs)).expects("alice: Rejected source-unknown")
    here.does(lambda _: SetMuted(alice, Ref(1), theirs, True)).expects("alice: Rejected source-unknown")


def test_muting_closes_the_tap_and_is_told_to_others() -> None:
    here = scene("alice", "bob").does(mutes("bob", "microphone"))

    here.expects(
        "engine: SetSourceEnabledWanted bob bob.microphone False",
        "bob: Done",
        "alice: SourceMutedChanged bob bob.microphone True",
    )
    here.does(mutes("bob", "microphone")).expects("bob: Done")
    here.does(unmutes("bob", "microphone")).expects(
        "engine: SetSourceEnabledWanted bob bob.microphone True",
        "bob: Done",
        "alice: SourceMutedChanged bob bob.microphone False",
    )


def test_late_joiner_learns_who_is_muted_and_who_speaks() -> None:
    here = scene("alice", "bob").does(mutes("alice", "camera"), speaks("bob"), joins("carol"))

    [joined] = [event for event in here.events if isinstance(event, Joined)]
    assert [(s.id, s.muted) for s in joined.participants[0].sources] == [
        ("alice.microphone", False),
        ("alice.camera", True),
    ]
    assert joined.speaking == ("bob.microphone",)


# ── Speaking ─────────────────────────────────────────────────────────────────────────────────


def test_everyone_learns_the_whole_list_of_those_who_speak() -> None:
    here = scene("alice", "bob").does(speaks("alice"), speaks("bob"))

    here.tells("alice", "SpeakingChanged [alice.microphone, bob.microphone]")
    here.does(speaks("bob")).expects()
    here.does(falls_silent("alice")).tells("bob", "SpeakingChanged [bob.microphone]")


@pytest.mark.parametrize(
    "ending", [mutes("alice", "microphone"), unpublishes("alice", "microphone"), leaves("alice")]
)
def test_who_cannot_be_heard_does_not_speak(ending: Action) -> None:
    here = scene("alice", "bob").does(speaks("alice"), ending)

    assert "bob: SpeakingChanged []" in [line for event in here.events for line in here.lines(event)]


def test_late_news_of_a_muted_or_gone_microphone_is_ignored() -> None:
    here = scene("alice", "bob").does(mutes("alice", "microphone"), speaks("alice")).expects()

    here.does(unpublishes("bob", "microphone"), speaks("bob")).expects()


# ── Second offers ────────────────────────────────────────────────────────────────────────────


def test_more_slots_show_more_and_keep_what_was_shown() -> None:
    here = scene("alice", "bob", "carol", video_slots=1).does(
        renegotiates("alice", audio_slots=3, video_slots=2)
    )

    here.expects(
        "engine: UpdateEndpointWanted alice",
        "alice: Renegotiated",
        "engine: MapSlotWanted alice v1 carol.camera",
        "alice: SlotsMapped [v1=carol.camera]",
    )


def test_second_offer_may_not_take_anything_away() -> None:
    scene("alice").does(renegotiates("alice", audio_slots=3, video_slots=2)).expects(
        "alice: Rejected section-unknown"
    )


def test_second_offer_that_the_engine_refuses_changes_nothing() -> None:
    here = scene("alice", "bob", "carol", video_slots=1).refusing()

    here.does(renegotiates("alice", audio_slots=3, video_slots=2)).expects(
        "engine: UpdateEndpointWanted alice", "alice: Rejected media-unavailable"
    )


def test_answers_of_the_engine_about_nobody_are_ignored() -> None:
    here = scene("alice")

    assert here.give(EndpointReady(EndpointId(99))) == []
    assert here.give(Tick()) == []


def test_a_difference_is_shown_side_by_side() -> None:
    with pytest.raises(AssertionError, match=r"≠ bob: Done +│ alice: Done") as failure:
        Scene.expects(scene("alice").does(mutes("alice", "camera")), "engine: nothing", "bob: Done")
    assert "│ engine: SetSourceEnabledWanted alice alice.camera False" in str(failure.value)
