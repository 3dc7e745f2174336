"""Twenty people come, go, mute and speak at random: who speaks is heard by all, and a broken pair mends."""

from __future__ import annotations

import random

import pytest

from causerie.conference.commands import Quality, Report
from causerie.conference.events import Request, SilenceSuspected
from causerie.conference.ids import SourceId
from causerie.media.fake import FakeEngine
from causerie.ports.media import SourceKey
from causerie.server.runner import call
from tests.conference.scene import (
    Action,
    Scene,
    comes_back,
    falls_silent,
    joins,
    leaves,
    loses_socket,
    mutes,
    scene,
    speaks,
    unmutes,
    wishes,
)

PEOPLE = [f"p{number:02}" for number in range(20)]
SLOTS = 4
"""Voices that a listener hears at a time; so many may speak at once here."""
STEPS = 400
REPORT_S = 5.0
REPAIR_REPORTS = 3
"""Doubt, repair, and hearing again."""


class Hall:
    """A conference whose requests reach an engine, and who does what in it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.scene: Scene = scene(audio_slots=SLOTS)
        self.engine = FakeEngine()
        self.present: list[str] = []
        self.muted: set[str] = set()
        self.speaking: set[str] = set()
        self._told = 0

    def does(self, *actions: Action) -> None:
        self.scene.does(*actions)
        self.carry_out()

    def passes(self, seconds: float) -> None:
        self.scene.after(seconds)
        self.carry_out()

    def carry_out(self) -> None:
        """Makes the engine do what was asked for since the last time."""
        news = self.scene.history[self._told :]
        self._told = len(self.scene.history)
        for event in news:
            if isinstance(event, Request):
                call(self.engine, event)

    def key(self, who: str) -> SourceKey:
        """Returns the microphone that someone has now."""
        return max(key for key, name in self.scene.keys.items() if name == f"{who}.microphone")

    def hears(self, listener: str) -> set[str]:
        """Returns whose voices really reach a listener: shown on a slot, published, and not muted."""
        slots = self.engine.endpoints[self.scene.parameters[listener].endpoint].slots
        open_ = {
            key for key in slots.values() if key in self.engine.sources and self.engine.sources[key].enabled
        }
        names = {self.scene.keys[key] for key in open_}
        return {name.removesuffix(".microphone") for name in names if name.endswith(".microphone")}

    def deaf_pairs(self) -> list[tuple[str, str]]:
        """Returns each speaker with each listener who does not hear them."""
        return [
            (speaker, listener)
            for listener in self.present
            for speaker in self.speaking - {listener} - self.hears(listener)
        ]

    def report_round(self) -> None:
        """Lets everyone report what they hear; speakers who speak on are said so by the engine."""
        for listener in self.present:
            hearing = tuple(SourceId(f"{who}.microphone") for who in self.hears(listener) & self.speaking)
            self.does(wishes(listener, Report, quality=Quality.GOOD, hearing=hearing))
        self.passes(REPORT_S)

    # ── One random thing ─────────────────────────────────────────────────────────────────────

    def step(self) -> str:
        possible = [name for name, who in self.choices().items() if who]
        name = self.chance.choice(possible)
        who = self.chance.choice(sorted(self.choices()[name]))
        getattr(self, name)(who)
        self.passes(self.chance.uniform(0, 2))
        return f"{name} {who}"

    def choices(self) -> dict[str, set[str]]:
        here = set(self.present)
        can_speak = here - self.muted - self.speaking
        return {
            "come": set(PEOPLE) - here,
            "go": here,
            "mute": here - self.muted,
            "unmute": self.muted,
            "speak": can_speak if len(self.speaking) < SLOTS else set(),
            "stop": self.speaking,
            "blink": here,
        }

    def come(self, who: str) -> None:
        self.does(joins(who))
        self.present.append(who)

    def go(self, who: str) -> None:
        self.does(leaves(who))
        self.present.remove(who)
        self.muted.discard(who)
        self.speaking.discard(who)

    def mute(self, who: str) -> None:
        self.does(mutes(who, "microphone"))
        self.muted.add(who)
        self.speaking.discard(who)

    def unmute(self, who: str) -> None:
        self.does(unmutes(who, "microphone"))
        self.muted.discard(who)

    def speak(self, who: str) -> None:
        self.does(speaks(who))
        self.speaking.add(who)

    def stop(self, who: str) -> None:
        self.does(falls_silent(who))
        self.speaking.discard(who)

    def blink(self, who: str) -> None:
        """The socket goes and comes back within the time that sessions are kept."""
        self.does(loses_socket(who))
        self.passes(self.chance.uniform(0, 30))
        self.does(comes_back(who))


@pytest.mark.parametrize("seed", range(6))
def test_after_every_change_every_speaker_is_heard_by_every_listener(seed: int) -> None:
    hall = Hall(seed)
    for who in PEOPLE:
        hall.come(who)
    done: list[str] = []
    for _ in range(STEPS):
        done.append(hall.step())
        assert hall.deaf_pairs() == [], done[-5:]

    assert {line.split()[0] for line in done} == set(hall.choices())
    assert set(hall.engine.endpoints) == {hall.scene.parameters[who].endpoint for who in hall.present}


@pytest.mark.parametrize("seed", range(6))
def test_a_pair_that_falls_silent_is_found_and_mended_by_the_watchdog(seed: int) -> None:
    hall = Hall(seed)
    for who in PEOPLE:
        hall.come(who)
    for _ in range(60):
        hall.step()
    speaker = min(hall.speaking or set(hall.present) - hall.muted)
    if speaker not in hall.speaking:
        hall.speak(speaker)
    hall.passes(REPORT_S)
    listener = hall.chance.choice([who for who in hall.present if who != speaker])
    slots = hall.engine.endpoints[hall.scene.parameters[listener].endpoint].slots
    broken = next(mid for mid, key in slots.items() if key == hall.key(speaker))
    del slots[broken]  # what a lost packet of the control plane or a bug would do
    assert hall.deaf_pairs() == [(speaker, listener)]

    for _ in range(REPAIR_REPORTS):
        hall.report_round()

    assert hall.deaf_pairs() == []
    told = [event for event in hall.scene.history if isinstance(event, SilenceSuspected)]
    assert [(event.speaker, event.listener, event.repaired) for event in told] == [(speaker, listener, True)]
