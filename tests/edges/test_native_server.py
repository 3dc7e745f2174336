from __future__ import annotations

from causerie.protocol import messages
from tests.edges.native_world import world


async def test_two_people_meet_in_one_round_trip_each() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        news = await alice.hear_a(messages.ParticipantJoined)

        assert news.participant.name == "Bob"
        assert [other.name for other in bob.me.participants] == ["Alice"]
        assert bob.me.answer.startswith("v=0\r\n")
        shown = {slot.source for slot in bob.me.slots if slot.source}
        assert shown == {source.id for source in alice.me.sources}
