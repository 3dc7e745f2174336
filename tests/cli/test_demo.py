"""The demonstration: what its people do, how they sound and look, and that they are really there."""

from __future__ import annotations

import importlib.util
import itertools
import random
from pathlib import Path

import pytest

from causerie.cli import demo
from causerie.cli.demo import portrait, voice
from causerie.cli.demo.script import Act, Beat, beats
from causerie.cli.demo.words import ENGLISH, FRENCH, NAMES
from causerie.cli.main import main
from tests.support.peer import Peer
from tests.support.server import start_server


def first(count: int, *, people: int = 4, seed: int = 1) -> list[Beat]:
    return list(itertools.islice(beats(people, FRENCH.lines, random.Random(seed)), count))


@pytest.mark.parametrize("people", [2, 4, 8])
@pytest.mark.parametrize("seed", range(5))
def test_they_take_turns_and_do_not_talk_over_each_other(people: int, seed: int) -> None:
    turns = [beat for beat in first(400, people=people, seed=seed) if beat.act is Act.SPEAK]

    for one, next_ in itertools.pairwise(turns):
        assert one.who != next_.who
        assert one.at_s + one.for_s < next_.at_s
    assert {beat.who for beat in turns} == set(range(people))


def test_everything_comes_in_order_and_each_act_within_two_minutes() -> None:
    played = first(200)

    assert [beat.at_s for beat in played] == sorted(beat.at_s for beat in played)
    assert {beat.act for beat in played if beat.at_s < 120} == set(Act)


@pytest.mark.parametrize("seed", range(5))
def test_who_raises_a_hand_speaks_next_and_lowers_it(seed: int) -> None:
    played = first(400, seed=seed)
    hands = [index for index, beat in enumerate(played[:-10]) if beat.act is Act.RAISE_HAND]

    assert hands
    for index in hands:
        after = [beat for beat in played[index + 1 :] if beat.act in {Act.SPEAK, Act.LOWER_HAND}][:2]
        assert [(beat.who, beat.act) for beat in after] == [
            (played[index].who, Act.SPEAK),
            (played[index].who, Act.LOWER_HAND),
        ]


def test_a_voice_is_as_loud_as_speech_and_pauses() -> None:
    chance = random.Random(1)
    frames = list(itertools.islice(voice.babble(voice.syllables(120, chance), chance), 250))

    assert all(len(frame) == voice.FRAME_SAMPLES for frame in frames)
    loudest = [max(map(abs, frame)) for frame in frames]
    assert max(loudest) == voice.LOUDNESS
    assert 0.05 < sum(level == 0 for level in loudest) / len(loudest) < 0.6


def test_every_person_has_a_letter_that_can_be_drawn() -> None:
    assert {name[0] for name in NAMES} == portrait.STROKES.keys()
    drawn = {portrait.disc(letter) for letter in portrait.STROKES}
    assert len(drawn) == len(portrait.STROKES)
    assert {len(pixels) for pixels in drawn} == {portrait.SIZE**2 * 4}


def test_both_languages_have_as_much_to_say() -> None:
    assert len(ENGLISH.lines) == len(FRENCH.lines)


def test_a_missing_package_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--lang", "en"])

    assert ended.value.code == 1
    assert capsys.readouterr().err == f"causerie: {ENGLISH.missing}\n"
    assert "pip install 'causerie[demo]'" in ENGLISH.missing


@pytest.mark.parametrize("people", ["1", "9"])
def test_too_few_or_too_many_are_refused(people: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--people", people])

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"causerie: people (from --people): {people} is not between")


async def test_people_are_there_speak_write_and_make_the_visitor_a_host(tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data", "--people", "3", "--lang", "fr", verb="demo")
    visitor = Peer("Visiteuse")
    try:
        await visitor.join(server.url, demo.ROOM)
        hears = visitor.signalling.event
        await hears(lambda _: len(arrived(visitor)) == 3, 20)
        assert arrived(visitor) == list(NAMES[:3])

        await hears(lambda e: e["type"] == "speaking-changed" and len(e["sources"]) == 1, 20)
        assert (await hears(lambda e: e["type"] == "chat-message", 20))["message"]["text"] == FRENCH.lines[0]
        await visitor.received("video")[0].recv()
        made_host = {"type": "role-changed", "participant": visitor.joined["participant"], "role": "host"}
        if visitor.joined.get("role") != "host":  # host already, when first in the room
            await hears(lambda e: made_host.items() <= e.items())
    finally:
        await visitor.close()
        assert await server.stop() == 0, "".join(server.output)


def arrived(visitor: Peer) -> list[str]:
    """Returns the names of everyone else who is or was there, in order of arrival."""
    came = [e["participant"] for e in visitor.signalling.events if e["type"] == "participant-joined"]
    return [someone["name"] for someone in (*visitor.joined["participants"], *came)]
