"""Who is heard in a room with more microphones than slots: all who talk, and without churn."""

from __future__ import annotations

import random

from causerie.conference.events import MapSlotWanted
from tests.conference.scene import Scene, falls_silent, joins, publishes, scene, speaks

SLOTS = 9
PEOPLE = [f"p{number}" for number in range(100)]
LISTENER = "p99"


def full_room(people: list[str] = PEOPLE) -> Scene:
    """Everyone with an open microphone; pictures are another matter."""
    here = scene(audio_slots=SLOTS, video_slots=0)
    for name in people:
        here.does(joins(name, sources=["microphone"]))
    return here


def heard_by(here: Scene, who: str) -> set[str]:
    return {source.removesuffix(".microphone") for source in here.slots_of(who).values() if source}


def remaps(here: Scene, who: str, since: int) -> int:
    """How often a slot of `who` was given something else."""
    endpoint = here.parameters[who].endpoint
    events = here.history[since:]
    return sum(isinstance(event, MapSlotWanted) and event.endpoint == endpoint for event in events)


def test_of_a_hundred_open_microphones_nine_are_forwarded_to_each() -> None:
    here = full_room()

    assert all(len(heard_by(here, name)) == SLOTS for name in PEOPLE)


def test_whoever_of_a_hundred_speaks_is_heard_by_all_at_once() -> None:
    here = full_room().does(speaks("p57"))

    assert all("p57" in heard_by(here, name) for name in PEOPLE if name != "p57")


def test_a_discussion_of_five_moves_a_slot_once_for_each_and_never_again() -> None:
    here = full_room()
    talkers = ["p20", "p35", "p50", "p65", "p80"]
    chance = random.Random(4)
    began, talking = len(here.history), set[str]()
    for _ in range(200):
        here.after(chance.uniform(0.1, 2.0))
        one = chance.choice(talkers)
        here.does(falls_silent(one) if one in talking else speaks(one))
        talking ^= {one}
        assert talking <= heard_by(here, LISTENER)

    assert remaps(here, LISTENER, began) == len(talkers)


def test_coughs_all_over_the_room_never_cut_off_who_talks() -> None:
    here = full_room()
    chance = random.Random(5)
    here.does(speaks("p20"), speaks("p35"))
    for _ in range(50):
        # Two of them cough, one after the other, while both talk; each pauses for breath now and then.
        for one in chance.sample(PEOPLE[40:90], 2):
            here.does(speaks(one)).after(0.8)
            assert {"p20", "p35", one} <= heard_by(here, LISTENER)
            here.does(falls_silent(one))
        breath = chance.choice(["p20", "p35"])
        here.does(falls_silent(breath)).after(0.3)
        assert {"p20", "p35"} <= heard_by(here, LISTENER), "a breath costs nobody a slot"
        here.does(speaks(breath))


def test_microphones_that_sound_without_a_pause_give_way_to_who_begins_to_speak() -> None:
    here = full_room()
    fans = PEOPLE[40 : 40 + SLOTS]
    for fan in fans:
        here.does(speaks(fan)).after(1)
    assert heard_by(here, LISTENER) == set(fans)

    here.after(60).does(speaks("p7"))
    assert heard_by(here, LISTENER) == {*fans[1:], "p7"}


def test_the_sound_of_a_shared_screen_keeps_its_slot_through_silent_scenes() -> None:
    here = full_room(PEOPLE[:30]).does(publishes("p3", "screen-audio"))
    for name in PEOPLE[10 : 10 + SLOTS + 3]:
        here.does(speaks(name)).after(1)

    assert "p3.screen-audio" in here.slots_of("p0").values()
    assert len(heard_by(here, "p0")) == SLOTS
