"""Any sequence of commands, beside a model so simple that it must be right."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from causerie.conference import events
from causerie.conference.commands import Command, EndConference, MuteParticipant, Role, SetHand, SetRole
from causerie.conference.ids import ParticipantId
from causerie.conference.policy import Limits
from causerie.media.fake import FakeEngine
from causerie.ports.media import EngineUnavailable
from causerie.server.runner import call
from tests.conference.scene import (
    MIDS,
    Action,
    Scene,
    comes_back,
    engine_fails,
    joins,
    leaves,
    loses_socket,
    mutes,
    publishes,
    renegotiates,
    speaks,
    transport,
    unpublishes,
    wants,
    wishes,
)

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
people = st.sampled_from(PEOPLE)
kinds = st.sampled_from(sorted(MIDS))
source_names = st.tuples(people, kinds).map(".".join)


@dataclass
class View:
    """What one participant believes, folded from what they were told."""

    roster: dict[str, dict[str, bool]] = field(default_factory=dict)
    """Of others: source id to muted, by participant."""
    slots: dict[str, str | None] = field(default_factory=dict)
    speaking: tuple[str, ...] = ()
    hands: tuple[str, ...] = ()
    ended: bool = False

    def hear(self, fact: events.Fact) -> None:
        match fact:
            case events.Joined(participants=others, slots=slots, speaking=speaking, welcome=welcome):
                self.hands = welcome.hands
                self.roster = {other.id: {s.id: s.muted for s in other.sources} for other in others}
                self.slots = {slot.mid: slot.source for slot in slots}
                self.speaking = speaking
            case events.ParticipantJoined(participant=who):
                assert who.id not in self.roster
                self.roster[who.id] = {s.id: s.muted for s in who.sources}
            case events.ParticipantLeft(participant=who_left):
                del self.roster[who_left]
            case events.SourcePublished(participant=by, source=source):
                self.roster[by][source.id] = source.muted
            case events.SourceUnpublished(participant=by, source=name):
                del self.roster[by][name]
            case events.SourceMutedChanged(participant=by, source=name, muted=muted):
                assert self.roster[by][name] != muted, "only changes are told"
                self.roster[by][name] = muted
            case events.SlotsMapped(slots=slots):
                self.slots |= {slot.mid: slot.source for slot in slots}
            case events.SpeakingChanged(sources=sources):
                assert self.speaking != sources, "only changes are told"
                self.speaking = sources
            case events.HandsChanged(hands=hands):
                assert self.hands != hands, "only changes are told"
                self.hands = hands
            case events.SessionEnded():
                self.ended = True
            case _:
                pass


class AnyMeeting(RuleBasedStateMachine):
    """Drives a conference and a naive model of who is there with which sources."""

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene(Limits(participants=4), audio_slots=2, video_slots=2)
        self.present: dict[str, dict[str, bool]] = {}
        self.views: dict[str, View] = {}
        self.engine = FakeEngine()

    def do(self, action: Action) -> list[events.Event]:
        return self.take(self.scene.give(self.command(action)))

    def refuse(self, refuses: bool) -> None:
        self.scene.engine_refuses = refuses
        self.engine.available = not refuses

    def command(self, action: Action) -> Command:
        return action(self.scene)

    def take(self, happened: list[events.Event]) -> list[events.Event]:
        for event in happened:
            if isinstance(event, events.Request):
                with contextlib.suppress(EngineUnavailable):
                    call(self.engine, event)
                continue
            for listener in event.to:
                assert not self.views.setdefault(listener, View()).ended or refused(event), (
                    "nothing after the end"
                )
                self.views[listener].hear(event)
            if isinstance(event, events.SessionEnded):
                for listener in event.to:
                    del self.present[listener]
        for gone in [who for who, view in self.views.items() if view.ended]:
            del self.views[gone]
        return happened

    # ── What may happen ──────────────────────────────────────────────────────────────────────

    @rule(who=people, sources=st.lists(kinds, unique=True, max_size=4), engine_refuses=st.booleans())
    def join(self, who: str, sources: list[str], engine_refuses: bool) -> None:
        if who in self.present:
            return
        self.refuse(engine_refuses)
        happened = self.do(joins(who, sources=sources))
        self.refuse(False)
        accepted = len(self.present) < 4 and not engine_refuses
        assert accepted == any(isinstance(event, events.Joined) for event in happened)
        if accepted:
            self.present[who] = {f"{who}.{kind}": False for kind in sources}
        else:
            self.views.pop(who)

    @rule(who=people)
    def leave(self, who: str) -> None:
        self.do_as(who, leaves(who))

    @rule(who=people, kind=kinds, muted=st.booleans())
    def publish(self, who: str, kind: str, muted: bool) -> None:
        if f"{who}.{kind}" in self.present.get(who, {}):
            return
        if self.do_as(who, publishes(who, kind, muted=muted)):
            self.present[who][f"{who}.{kind}"] = muted

    @rule(who=people, kind=kinds)
    def unpublish(self, who: str, kind: str) -> None:
        known = f"{who}.{kind}" in self.present.get(who, {})
        assert self.do_as(who, unpublishes(who, kind)) == known
        if known:
            del self.present[who][f"{who}.{kind}"]

    @rule(who=people, kind=kinds, muted=st.booleans())
    def mute(self, who: str, kind: str, muted: bool) -> None:
        if self.do_as(who, mutes(who, kind, muted=muted)):
            self.present[who][f"{who}.{kind}"] = muted

    @rule(who=people, raised=st.booleans())
    def hand(self, who: str, raised: bool) -> None:
        self.do_as(who, wishes(who, SetHand, raised=raised))

    @rule(who=people, whom=st.none() | people)
    def mute_other(self, who: str, whom: str | None) -> None:
        host = self.scene.conference.role(ParticipantId(who)) is Role.HOST
        if self.do_as(who, wishes(who, MuteParticipant, participant=whom)):
            assert host
            for name in self.present if whom is None else [whom]:
                role = self.scene.conference.role(ParticipantId(name))
                if f"{name}.microphone" in self.present[name] and (whom or role is not Role.HOST):
                    self.present[name][f"{name}.microphone"] = True

    @rule(who=people, whom=people, role=st.sampled_from([Role.HOST, Role.PARTICIPANT]))
    def change_role(self, who: str, whom: str, role: Role) -> None:
        hosts = self.hosts()
        if self.do_as(who, wishes(who, SetRole, participant=whom, role=role)):
            assert who in hosts
            assert self.hosts(), "the last host stays one"

    @rule(who=people)
    def end_for_all(self, who: str) -> None:
        if self.do_as(who, wishes(who, EndConference)):
            assert not self.present

    def hosts(self) -> list[str]:
        return [one for one in self.present if self.scene.conference.role(ParticipantId(one)) is Role.HOST]

    @rule(who=people, names=st.lists(source_names, max_size=4))
    def want(self, who: str, names: list[str]) -> None:
        self.do_as(who, wants(who, *names))

    @rule(who=people, speaking=st.booleans())
    def speak(self, who: str, speaking: bool) -> None:
        if f"{who}.microphone" in self.scene.keys.values():
            self.do(speaks(who, speaking=speaking))

    @rule(who=people, slots=st.integers(2, 4))
    @precondition(lambda self: bool(self.present))
    def renegotiate(self, who: str, slots: int) -> None:
        if who in self.present:
            self.do(renegotiates(who, audio_slots=2, video_slots=slots))

    @rule(who=people, back=st.booleans())
    def change_socket(self, who: str, back: bool) -> None:
        self.do(comes_back(who) if back else loses_socket(who))

    @rule(who=people, state=st.sampled_from(["connected", "interrupted", "closed"]))
    def change_transport(self, who: str, state: str) -> None:
        if who in self.scene.parameters:
            self.do(transport(who, state))

    @rule(who=people)
    def lose_endpoint(self, who: str) -> None:
        if who in self.scene.parameters:
            self.do(engine_fails(who))

    @rule(seconds=st.sampled_from([0.5, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.take(self.scene.after(seconds).events)

    def do_as(self, who: str, action: Action) -> bool:
        """Says whether the wish was granted; nobody absent may be."""
        happened = self.do(action)
        granted = not any(refused(event) for event in happened)
        if who not in self.present and not any(isinstance(e, events.SessionEnded) for e in happened):
            assert not granted
            self.views.pop(who, None)
        return granted

    # ── What must always hold ────────────────────────────────────────────────────────────────

    @invariant()
    def everyone_knows_the_true_roster(self) -> None:
        assert set(self.views) == set(self.present)
        for who, view in self.views.items():
            assert view.roster == {other: s for other, s in self.present.items() if other != who}

    @invariant()
    def slots_show_only_existing_sources_of_others_and_none_twice(self) -> None:
        for who, view in self.views.items():
            shown = [source for source in view.slots.values() if source is not None]
            theirs = [name for other, sources in self.present.items() if other != who for name in sources]
            assert set(shown) <= set(theirs)
            assert len(shown) == len(set(shown))

    @invariant()
    def no_voice_goes_unheard_while_a_slot_is_free(self) -> None:
        for who, view in self.views.items():
            free = [mid for mid, source in view.slots.items() if mid.startswith("a") and source is None]
            voices = {
                name
                for other, sources in self.present.items()
                if other != who
                for name in sources
                if name.endswith(("microphone", "audio"))
            }
            assert not free or voices <= set(view.slots.values())

    @invariant()
    def only_unmuted_sources_speak_and_all_agree_which(self) -> None:
        audible = {name for sources in self.present.values() for name, muted in sources.items() if not muted}
        heard = {view.speaking for view in self.views.values()}
        assert len(heard) <= 1
        assert all(set(names) <= audible for names in heard)

    @invariant()
    def all_see_the_same_hands_of_people_who_are_there(self) -> None:
        queues = {view.hands for view in self.views.values()}
        assert len(queues) <= 1
        assert all(set(queue) <= set(self.present) for queue in queues)

    @invariant()
    def the_engine_has_exactly_what_people_see(self) -> None:
        name_of = self.scene.keys
        endpoints = {self.scene.endpoints[id]: found for id, found in self.engine.endpoints.items()}
        published = {name_of[key]: not found.enabled for key, found in self.engine.sources.items()}
        assert set(endpoints) == set(self.present)
        assert published == {
            name: muted for sources in self.present.values() for name, muted in sources.items()
        }
        for who, view in self.views.items():
            mapped = {mid: name_of[key] for mid, key in endpoints[who].slots.items()}
            assert mapped == {mid: source for mid, source in view.slots.items() if source is not None}

    @invariant()
    def an_empty_meeting_has_a_deadline(self) -> None:
        assert self.present or self.scene.conference.deadline() is not None


def refused(event: events.Event) -> bool:
    return isinstance(event, events.Rejected)


AnyMeeting.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_meeting_keeps_its_promises = AnyMeeting.TestCase
