"""A room is there for whoever has its link, at any time."""

from __future__ import annotations

import pytest

from tests.edges.native_world import Client, world

FOUR_DAYS_S = 4 * 86_400


@pytest.mark.parametrize("room", ["classe-3b", "k7mn-p2qrs-x4yz"])
async def test_ac_33_a_link_made_on_monday_opens_its_room_on_friday(room: str) -> None:
    now_s = 1_000.0
    async with world(clock=lambda: now_s) as server, server.person() as socket:
        now_s += FOUR_DAYS_S
        first = Client(socket)
        joined = await first.join("Alice", room)
        assert joined.room == room, "nobody had to start it"
        async with server.joined("Bob", room) as second:
            assert [other.name for other in second.me.participants] == ["Alice"]
