"""One task per conference: what it takes, what it carries out, how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from causerie.conference import events
from causerie.conference.commands import Join, Leave, OfferedSource, SessionLost, SetMuted, SourceKind
from causerie.conference.events import Code
from causerie.conference.ids import ParticipantId, Ref, RoomName, SessionId, SourceId
from causerie.conference.machine import Conference
from causerie.conference.policy import Limits
from causerie.media.fake import FakeEngine
from causerie.ports import media
from causerie.ports.conferences import ConferenceDoor, Refused
from causerie.server.runner import ConferenceRegistry
from tests.conference.scene import made_parameters

LIMITS = Limits(
    mailbox_commands=10, mailbox_reserve=5, conferences=2, empty_grace_s=0.05, resume_window_s=0.2
)
ROOM = RoomName("lundi")
PATIENCE_S = 5.0
F = TypeVar("F")


class Ear:
    """Remembers what it was told, and lets a test wait for more."""

    def __init__(self) -> None:
        self.facts: asyncio.Queue[events.Fact] = asyncio.Queue()

    def on_fact(self, fact: events.Fact) -> None:
        self.facts.put_nowait(fact)

    async def hear(self, kind: type[F]) -> F:
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(fact := await self.facts.get(), kind):
                pass
        return fact


class BrokenEar:
    """A listener with a bug."""

    def on_fact(self, fact: events.Fact) -> None:
        raise RuntimeError("a bug in an edge")


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def conferences(engine: FakeEngine) -> AsyncIterator[ConferenceRegistry]:
    registry = ConferenceRegistry(engine, limits=LIMITS)
    yield registry
    await registry.close()


async def test_join_reaches_the_engine_and_is_answered(
    conferences: ConferenceRegistry, engine: FakeEngine
) -> None:
    door = conferences.open(ROOM)

    await enter(conferences, door, "alice")

    assert len(engine.endpoints) == 1
    assert conferences.participants == 1


async def test_refusing_engine_is_told_to_who_asked_and_nothing_stays(
    conferences: ConferenceRegistry, engine: FakeEngine
) -> None:
    engine.available = False
    door, ear = conferences.open(ROOM), Ear()
    submit_join(conferences, door, "alice", ear)

    assert (await ear.hear(events.Rejected)).code is Code.MEDIA_UNAVAILABLE
    assert conferences.participants == 0


async def test_engine_that_stops_taking_requests_ends_one_stay_and_not_the_conference() -> None:
    conferences = ConferenceRegistry(EngineThatCannotMute(), limits=LIMITS)
    door = conferences.open(ROOM)
    alice = await enter(conferences, door, "alice")
    bob = await enter(conferences, door, "bob")

    submit_join(conferences, door, "carol", carol := Ear(), muted=True)

    assert (await carol.hear(events.SessionEnded)).reason is events.EndReason.MEDIA_UNAVAILABLE
    assert (await bob.hear(events.ParticipantLeft)).participant == "carol"
    door.submit(Leave(ParticipantId("alice"), Ref(2)))
    await alice.hear(events.Done)
    await conferences.close()


async def test_engine_events_reach_the_conference(
    conferences: ConferenceRegistry, engine: FakeEngine
) -> None:
    door = conferences.open(ROOM)
    alice = await enter(conferences, door, "alice")
    [endpoint] = engine.endpoints

    engine.emit(door.key, media.TransportStateChanged(endpoint, media.TransportState.CONNECTED, None))

    assert (await alice.hear(events.TransportStateChanged)).state is media.TransportState.CONNECTED


async def test_deadline_is_kept_without_any_command(conferences: ConferenceRegistry) -> None:
    door = conferences.open(ROOM)
    await enter(conferences, door, "alice")
    bob = await enter(conferences, door, "bob")

    door.submit(SessionLost(ParticipantId("alice")))

    assert (await bob.hear(events.ParticipantLeft)).participant == "alice"


async def test_full_mailbox_refuses_wishes_but_still_takes_news(conferences: ConferenceRegistry) -> None:
    door = conferences.open(ROOM)
    wish = SetMuted(ParticipantId("alice"), Ref(1), SourceId("x"), True)
    for _ in range(LIMITS.mailbox_commands):
        door.submit(wish)

    assert refusal(lambda: door.submit(wish)) is Code.RATE_LIMITED
    for _ in range(LIMITS.mailbox_reserve):
        door.submit(SessionLost(ParticipantId("alice")))
    assert refusal(lambda: door.submit(SessionLost(ParticipantId("alice")))) is Code.RATE_LIMITED


async def test_engine_news_beyond_the_reserve_are_dropped_and_the_conference_goes_on(
    conferences: ConferenceRegistry, engine: FakeEngine
) -> None:
    door = conferences.open(ROOM)
    alice = await enter(conferences, door, "alice")
    [endpoint] = engine.endpoints

    for _ in range(100):
        engine.emit(door.key, media.TransportStateChanged(endpoint, media.TransportState.INTERRUPTED, None))

    await alice.hear(events.TransportStateChanged)
    door.submit(Leave(ParticipantId("alice"), Ref(2)))
    await alice.hear(events.Done)


async def test_empty_conference_ends_and_its_room_can_open_again(conferences: ConferenceRegistry) -> None:
    door = conferences.open(ROOM)
    alice = await enter(conferences, door, "alice")
    door.submit(Leave(ParticipantId("alice"), Ref(2)))
    await alice.hear(events.SessionEnded)

    await ended(conferences, door)

    assert conferences.conferences == 0
    again = conferences.open(ROOM)
    assert again.key != door.key
    await enter(conferences, again, "alice")


async def test_room_is_one_conference_for_all(conferences: ConferenceRegistry) -> None:
    assert conferences.open(ROOM) is conferences.open(ROOM)
    assert conferences.open(RoomName("mardi")).key != conferences.open(ROOM).key


async def test_node_has_no_more_conferences_than_its_limit(conferences: ConferenceRegistry) -> None:
    conferences.open(ROOM)
    conferences.open(RoomName("mardi"))

    assert refusal(lambda: conferences.open(RoomName("mercredi"))) is Code.INSTANCE_FULL
    conferences.open(ROOM)


async def test_a_node_that_has_all_the_people_it_takes_says_so_until_one_has_left() -> None:
    conferences = ConferenceRegistry(FakeEngine(), limits=Limits(people=2, empty_grace_s=0.05))
    first, second = conferences.open(ROOM), conferences.open(RoomName("mardi"))
    await enter(conferences, first, "alice")
    bob = await enter(conferences, second, "bob")

    assert refusal(lambda: conferences.open(ROOM)) is Code.INSTANCE_FULL
    assert refusal(lambda: conferences.open(RoomName("mercredi"))) is Code.INSTANCE_FULL
    second.submit(Leave(ParticipantId("bob"), Ref(2)))
    await bob.hear(events.SessionEnded)
    assert conferences.open(ROOM) is first
    await conferences.close()


async def test_listener_with_a_bug_loses_its_session_and_hurts_nobody(
    conferences: ConferenceRegistry,
) -> None:
    door = conferences.open(ROOM)
    submit_join(conferences, door, "alice", BrokenEar())
    bob = await enter(conferences, door, "bob")

    assert (await bob.hear(events.ParticipantLeft)).participant == "alice"


async def test_bug_in_the_rules_ends_that_conference_only(
    conferences: ConferenceRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    door, other = conferences.open(ROOM), conferences.open(RoomName("mardi"))
    alice = await enter(conferences, door, "alice")
    bob = await enter(conferences, other, "bob")

    def bug(*_: object) -> list[events.Event]:
        raise RuntimeError("a bug in the rules")

    monkeypatch.setattr(Conference, "_session_lost", bug)
    door.submit(SessionLost(ParticipantId("alice")))

    assert (await alice.hear(events.SessionEnded)).reason is events.EndReason.FAULT
    other.submit(Leave(ParticipantId("bob"), Ref(2)))
    await bob.hear(events.Done)


async def test_stop_tells_everyone_and_takes_nothing_more(conferences: ConferenceRegistry) -> None:
    door = conferences.open(ROOM)
    alice = await enter(conferences, door, "alice")

    await conferences.close()

    await alice.hear(events.ServerStopping)
    assert refusal(lambda: conferences.open(ROOM)) is Code.STOPPING
    assert refusal(lambda: door.submit(Leave(ParticipantId("alice"), Ref(2)))) is Code.STOPPING
    await conferences.close()


async def test_engine_is_listened_to_only_while_the_conference_lives(
    conferences: ConferenceRegistry, engine: FakeEngine
) -> None:
    door = conferences.open(ROOM)
    await enter(conferences, door, "alice")
    [endpoint] = engine.endpoints
    await conferences.close()

    engine.emit(door.key, media.TransportStateChanged(endpoint, media.TransportState.CLOSED, None))

    assert conferences.conferences == 0


class EngineThatCannotMute(FakeEngine):
    """Refuses one kind of request, as a queue does that fills up half way."""

    def set_source_enabled(self, source: media.SourceKey, enabled: bool) -> None:
        raise media.EngineUnavailable


def refusal(action: Callable[[], object]) -> Code:
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.code


async def enter(conferences: ConferenceRegistry, door: ConferenceDoor, who: str) -> Ear:
    """Joins someone and waits for the answer."""
    ear = Ear()
    submit_join(conferences, door, who, ear)
    await ear.hear(events.Joined)
    return ear


def submit_join(
    conferences: ConferenceRegistry,
    door: ConferenceDoor,
    who: str,
    ear: Ear | BrokenEar,
    *,
    muted: bool = False,
) -> None:
    parameters = replace(made_parameters(conferences.new_endpoint(), 2, 2), conference=door.key)
    source = OfferedSource(
        SourceId(f"{who}.mic"), conferences.new_source(), SourceKind.MICROPHONE, "0", muted
    )
    door.listen(ParticipantId(who), ear)
    door.submit(Join(ParticipantId(who), Ref(1), SessionId(who), who, parameters, (source,)))


async def ended(conferences: ConferenceRegistry, door: ConferenceDoor) -> None:
    """Waits until a conference is forgotten."""
    async with asyncio.timeout(PATIENCE_S):
        while conferences.conferences:  # noqa: ASYNC110 - what ends is seen from outside only
            await asyncio.sleep(0.01)
