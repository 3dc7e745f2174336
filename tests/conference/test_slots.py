"""Who is shown and heard when there are more people than slots."""

from __future__ import annotations

from tests.conference.scene import (
    comes_back,
    falls_silent,
    holds,
    is_watched,
    joins,
    leaves,
    looks,
    loses_socket,
    mutes,
    publishes,
    scene,
    speaks,
    unmutes,
    unpublishes,
    wants,
)


def test_a_persons_sound_and_picture_share_a_pair() -> None:
    scene("alice", "bob", "carol", "dave").shows(
        "alice",
        a0="bob.microphone",
        v0="bob.camera",
        a1="carol.microphone",
        v1="carol.camera",
        a2="dave.microphone",
        v2="dave.camera",
    )


def test_picture_published_later_goes_beside_its_sound() -> None:
    here = scene("alice").does(joins("bob", sources=["microphone"]), joins("carol"))
    here.shows("alice", a0="bob.microphone", v0=None, a1="carol.microphone", v1="carol.camera")

    here.does(publishes("bob", "camera")).shows("alice", v0="bob.camera")


def test_screen_and_its_sound_share_a_pair_of_their_own() -> None:
    here = scene("alice", "bob").does(publishes("bob", "screen"), publishes("bob", "screen-audio"))

    here.shows("alice", a0="bob.microphone", v0="bob.camera", a1="bob.screen-audio", v1="bob.screen")


def test_screens_come_before_cameras() -> None:
    here = scene("alice", "bob", "carol", video_slots=1).shows("alice", v0="bob.camera")

    here.does(publishes("carol", "screen")).shows("alice", v0="carol.screen")
    here.does(unpublishes("carol", "screen")).shows("alice", v0="bob.camera")


def test_without_speech_the_first_to_arrive_are_shown() -> None:
    here = scene("alice", "bob", "carol", "dave", video_slots=2)

    here.shows("alice", v0="bob.camera", v1="carol.camera").shows("dave", v0="alice.camera", v1="bob.camera")


def test_who_speaks_takes_the_slot_of_who_is_least_recent_and_the_others_stay() -> None:
    here = scene("alice", "bob", "carol", "dave", video_slots=2).does(speaks("dave"))

    here.expects(
        "alice: SpeakingChanged [dave.microphone]",
        "bob: SpeakingChanged [dave.microphone]",
        "carol: SpeakingChanged [dave.microphone]",
        "dave: SpeakingChanged [dave.microphone]",
        "engine: MapSlotWanted alice v1 dave.camera",
        "alice: SlotsMapped [v1=dave.camera]",
        "engine: MapSlotWanted bob v1 dave.camera",
        "bob: SlotsMapped [v1=dave.camera]",
        "engine: MapSlotWanted carol v1 dave.camera",
        "carol: SlotsMapped [v1=dave.camera]",
    )


def test_end_of_speech_moves_nobody() -> None:
    here = scene("alice", "bob", "carol", "dave", video_slots=2).does(speaks("dave"), falls_silent("dave"))

    here.tells("alice", "SpeakingChanged []").shows("alice", v0="bob.camera", v1="dave.camera")


def test_with_more_microphones_than_slots_the_last_to_speak_are_heard() -> None:
    here = scene("alice", "bob", "carol", "dave", audio_slots=1).shows("alice", a0="bob.microphone")

    here.does(speaks("carol")).shows("alice", a0="carol.microphone")
    here.after(1).does(falls_silent("carol")).shows("alice", a0="carol.microphone")
    here.after(1).does(speaks("dave")).shows("alice", a0="dave.microphone")
    here.after(1).does(falls_silent("dave"), leaves("dave")).shows("alice", a0="carol.microphone")


def test_of_two_who_speak_at_once_the_later_is_heard_and_no_news_swaps_them() -> None:
    here = scene("alice", "bob", "carol", audio_slots=1).does(speaks("carol")).after(1).does(speaks("bob"))

    here.shows("alice", a0="bob.microphone")
    here.after(1).does(speaks("carol")).expects()


def test_muted_sources_give_way_to_those_that_can_be_seen() -> None:
    here = scene("alice", "bob", "carol", video_slots=1).does(mutes("bob", "camera"))

    here.shows("alice", v0="carol.camera")
    here.does(mutes("carol", "camera")).shows("alice", v0="bob.camera")
    here.does(unmutes("carol", "camera")).shows("alice", v0="carol.camera")


def test_with_slots_enough_muting_moves_nothing() -> None:
    here = scene("alice", "bob", "carol").does(mutes("bob", "camera"))

    here.asks_engine("SetSourceEnabledWanted bob bob.camera False")


def test_lost_socket_moves_nothing() -> None:
    scene("alice", "bob").does(loses_socket("bob")).expects().does(comes_back("bob")).expects()


def test_wanted_pictures_replace_the_default_order_and_nobody_falls_silent() -> None:
    here = scene("alice", "bob", "carol", "dave").does(wants("alice", "dave.camera"))

    here.expects(
        "alice: Done",
        "engine: MapSlotWanted alice v0 nothing",
        "engine: MapSlotWanted alice v1 nothing",
        "engine: MapSlotWanted alice v2 dave.camera",
        "alice: SlotsMapped [v0=nothing, v1=nothing]",
    )


def test_a_tile_of_another_size_moves_no_picture() -> None:
    here = scene("alice", "bob", "carol").does(looks("alice", {"carol.camera": 360, "bob.camera": 180}))

    here.expects(
        "alice: Done",
        "engine: MapSlotWanted alice v0 bob.camera at 180 lines",
        "engine: MapSlotWanted alice v1 carol.camera at 360 lines",
    )
    here.does(looks("alice", {"carol.camera": 360, "bob.camera": 180})).expects("alice: Done")
    assert [view.rank for view in here.views_of("alice")] == [1, 0]


def test_pictures_not_named_follow_with_the_lines_given_for_others() -> None:
    here = scene("alice", "bob", "carol").does(looks("alice", {"carol.camera": 720}, others=180))

    here.shows("alice", v0="bob.camera", v1="carol.camera")
    assert [(view.rank, view.max_height) for view in here.views_of("alice")] == [(2, 180), (0, 720)]


def test_a_shared_screen_is_told_apart_and_ranks_first_among_the_unnamed() -> None:
    here = scene("alice", "bob").does(publishes("bob", "screen"))

    assert [(view.rank, view.screen) for view in here.views_of("alice")] == [(1, False), (0, True)]


def test_a_picture_the_line_does_not_carry_is_told_to_its_viewer_alone() -> None:
    here = scene("alice", "bob").does(holds("alice", "v0"))

    here.expects("alice: PictureHeld v0 True")


def test_owners_alone_learn_which_layers_are_watched() -> None:
    here = scene("alice", "bob").does(is_watched("bob", "camera", 0, 2))

    here.expects("bob: LayersWanted bob.camera [0, 2]")


def test_wanted_sound_wins_over_who_speaks() -> None:
    here = scene("alice", "bob", "carol", audio_slots=1).does(
        wants("alice", "bob.microphone"), speaks("carol")
    )

    here.shows("alice", a0="bob.microphone").shows("bob", a0="carol.microphone")


def test_wanting_nothing_restores_the_default_order() -> None:
    here = scene("alice", "bob", "carol").does(wants("alice", "carol.camera"), wants("alice"))

    here.shows("alice", v0="bob.camera", v1="carol.camera")


def test_wanted_source_is_shown_as_soon_as_it_is_published() -> None:
    here = scene("alice", "bob").does(wants("alice", "bob.screen", "alice.camera", "nobody.camera"))

    here.shows("alice", v0=None).does(publishes("bob", "screen"))
    assert "bob.screen" in here.slots_of("alice").values()


def test_nobody_is_shown_to_themselves() -> None:
    here = scene("alice").does(wants("alice", "alice.camera", "alice.microphone"), speaks("alice"))

    assert set(here.slots_of("alice").values()) == {None}


def test_who_has_no_slots_still_takes_part() -> None:
    here = scene("alice", "bob", audio_slots=0, video_slots=0)

    assert here.slots_of("bob") == {}
    here.does(speaks("bob")).tells("alice", "SpeakingChanged [bob.microphone]")


def test_fewer_audio_than_video_slots_still_pair_from_the_first() -> None:
    here = scene("alice", "bob", "carol", "dave", audio_slots=2).does(speaks("dave"))

    shown = here.slots_of("alice")
    assert {shown["a0"], shown["a1"]} == {"bob.microphone", "dave.microphone"}
