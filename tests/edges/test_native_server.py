"""The native edge on real sockets: meeting, losing the way, and everything that can be sent wrongly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from contextlib import AsyncExitStack

import msgspec
import pytest
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus

from causerie.conference.policy import Limits
from causerie.edges.native.limits import EdgeLimits, Rate
from causerie.ports import media
from causerie.protocol import messages, parts
from causerie.protocol.codec import decode_from_server, encode
from tests.edges.native_world import OFFER, ORIGIN, Client, join, world

# ── Meeting ──────────────────────────────────────────────────────────────────────────────────


async def test_two_people_meet_in_one_round_trip_each() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        news = await alice.hear_a(messages.ParticipantJoined)

        assert news.participant.name == "Bob"
        assert [other.name for other in bob.me.participants] == ["Alice"]
        assert bob.me.answer.startswith("v=0\r\n")
        shown = {slot.source for slot in bob.me.slots if slot.source}
        assert shown == {source.id for source in alice.me.sources}


async def test_answer_names_the_slots_by_the_engines_ssrcs_and_no_two_are_equal() -> None:
    async with world() as here, here.joined("Alice") as alice:
        [endpoint] = here.engine.endpoints.values()
        slots = endpoint.parameters.slots

        assert [slot.mid for slot in slots] == [slot.mid for slot in alice.me.slots]
        ssrcs = [ssrc for slot in slots for ssrc in (slot.ssrc, slot.rtx_ssrc) if ssrc is not None]
        assert len(set(ssrcs)) == len(ssrcs)
        assert all(
            f"a=ssrc:{slot.ssrc} cname:{endpoint.parameters.cname}" in alice.me.answer for slot in slots
        )


async def test_different_spellings_of_a_room_are_one_room() -> None:
    async with (
        world() as here,
        here.joined("Alice", "Café du lundi"),
        here.joined("Bob", "cafe-du-LUNDI") as bob,
    ):
        assert bob.me.room == "cafe-du-lundi"
        assert len(bob.me.participants) == 1


async def test_rooms_do_not_hear_each_other() -> None:
    async with world() as here, here.joined("Alice", "one") as alice, here.joined("Bob", "two") as bob:
        assert bob.me.participants == ()
        await alice.still_works()
        assert alice.last_event == 0


async def test_source_is_published_muted_and_taken_back() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        await bob.send(messages.Publish(bob.ref(), parts.NewSource("screen", "2")))
        published = (await bob.hear_a(messages.Published)).source
        assert (await alice.hear_a(messages.SourcePublished)).source == published

        await bob.send(messages.SetMuted(bob.ref(), published.id, True))
        await bob.hear_a(messages.Ok)
        muted = await alice.hear_a(messages.SourceMutedChanged)
        assert (muted.source, muted.muted) == (published.id, True)

        await bob.send(messages.Unpublish(bob.ref(), published.id))
        await bob.hear_a(messages.Ok)
        assert (await alice.hear_a(messages.SourceUnpublished)).source == published.id


async def test_hanging_up_is_answered_then_closed_and_told_to_others() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        await alice.send(messages.Leave(alice.ref()))

        await alice.hear_a(messages.Ok)
        assert await alice.close_code() == 1000
        assert (await bob.hear_a(messages.ParticipantLeft)).participant == alice.me.participant
        assert len(here.engine.endpoints) == 1
        assert here.edge.sessions == 1


async def test_second_offer_restarts_ice_only_when_the_client_did_and_keeps_every_ssrc() -> None:
    async with world() as here, here.joined("Alice") as alice:
        [endpoint] = here.engine.endpoints.values()
        before = endpoint.parameters

        await alice.send(messages.Renegotiate(alice.ref(), OFFER))
        await alice.hear_a(messages.Renegotiated)
        assert endpoint.parameters.local_ice == before.local_ice

        ufrag = before.remote_ice.ufrag
        restarted = OFFER.replace(f"a=ice-ufrag:{ufrag}", "a=ice-ufrag:zzzz")
        await alice.send(messages.Renegotiate(alice.ref(), restarted))
        answer = (await alice.hear_a(messages.Renegotiated)).answer
        assert endpoint.parameters.local_ice != before.local_ice
        assert endpoint.parameters.local_ice.ufrag in answer
        assert endpoint.parameters.slots == before.slots


async def test_engine_news_reach_their_owner() -> None:
    async with world() as here, here.joined("Alice") as alice:
        [endpoint] = here.engine.endpoints
        key = here.engine.endpoints[endpoint].parameters.conference
        here.engine.emit(key, media.TransportStateChanged(endpoint, media.TransportState.CONNECTED, None))

        assert (await alice.hear_a(messages.TransportStateChanged)).state == "connected"


async def test_stopping_server_says_so_to_everyone() -> None:
    async with world() as here, here.joined("Alice") as alice:
        await here.conferences.close()

        await alice.hear_a(messages.ServerStopping)
        assert await alice.close_code() == 1001


# ── Losing the way ───────────────────────────────────────────────────────────────────────────


async def test_lost_socket_is_not_noticed_and_the_resumed_session_missed_nothing() -> None:
    async with world() as here, here.joined("Bob") as bob:
        async with here.joined("Alice") as alice:
            await bob.hear_a(messages.ParticipantJoined)
        async with here.joined("Carol") as carol, here.client() as again:
            resumed = await again.resume(alice.me.token, alice.last_event)

            assert (await again.hear_a(messages.ParticipantJoined)).participant.name == "Carol"
            assert resumed.token != alice.me.token
            await again.still_works()
            assert {other.name for other in carol.me.participants} == {"Alice", "Bob"}
            news = await bob.hear_a(messages.ParticipantJoined)
            assert news.participant.name == "Carol"


async def test_one_who_comes_in_anew_takes_the_place_of_the_session_left_behind() -> None:
    async with world() as here, here.joined("Bob") as bob, here.joined("Alice") as tab:
        await bob.hear_a(messages.ParticipantJoined)
        async with here.client() as reloaded:
            await reloaded.send(msgspec.structs.replace(join("Alice"), replaces=tab.me.token))
            welcome = await reloaded.hear_a(messages.Joined)

            assert (await bob.hear_a(messages.ParticipantLeft)).participant == tab.me.participant
            assert (await bob.hear_a(messages.ParticipantJoined)).participant.id == welcome.participant
            assert [other.name for other in welcome.participants] == ["Bob"]
            assert await tab.close_code() == 4003


@pytest.mark.parametrize("which", ["guessed secret", "other room", "nonsense"])
async def test_nobody_else_can_be_pushed_out_by_naming_their_session(which: str) -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as stranger:
        session = alice.me.token.partition(".")[0]
        claims = {
            "guessed secret": f"{session}.{'x' * 43}",
            "other room": alice.me.token,
            "nonsense": "no session has this token",
        }
        room = "mardi" if which == "other room" else "lundi"
        await stranger.send(msgspec.structs.replace(join("Mallory", room), replaces=claims[which]))
        await stranger.hear_a(messages.Joined)
        await alice.still_works()


async def test_resume_replaces_a_socket_that_still_seems_alive() -> None:
    async with world() as here, here.joined("Alice") as old, here.client() as new:
        await new.resume(old.me.token, old.last_event)

        assert await old.close_code() == 4003
        await new.still_works()
        assert here.conferences.participants == 1


async def test_replaced_socket_takes_nothing_with_it() -> None:
    short = Limits(resume_window_s=0.1)
    async with (
        world(limits=short) as here,
        here.joined("Alice") as old,
        here.joined("Bob") as bob,
        here.client() as new,
    ):
        await new.resume(old.me.token, old.last_event)
        await old.close_code()
        async with here.joined("Carol"):
            pass

        assert (await bob.hear_a(messages.ParticipantLeft)).participant != old.me.participant
        await new.still_works()


async def test_who_does_not_come_back_leaves_after_the_window() -> None:
    async with world(limits=Limits(resume_window_s=0.1)) as here, here.joined("Bob") as bob:
        async with here.joined("Alice") as alice:
            pass

        assert (await bob.hear_a(messages.ParticipantLeft)).participant == alice.me.participant
        async with here.client() as late:
            await late.send(messages.Resume(1, 1, alice.me.token, 0))
            assert await late.hear_error() == messages.Error("session-unknown", 1)


async def test_forged_and_used_tokens_open_nothing() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as second:
        await second.resume(alice.me.token, alice.last_event)
        await second.still_works()
        id = alice.me.token.split(".")[0]
        for wrong in (alice.me.token, f"{id}.{'x' * 43}", "x" * 60):
            async with here.client() as thief:
                await thief.send(messages.Resume(1, 1, wrong, 0))
                assert await thief.hear_error() == messages.Error("session-unknown", 1)
        await second.still_works()


# ── Bad input: each is refused, and a neighbour in the same room is unaffected ────────────────

READABLE: dict[str, tuple[messages.ClientMessage, messages.Error]] = {
    "bad room": (join(room="a/b"), messages.Error("bad-room", 1)),
    "reserved room": (join(room="API"), messages.Error("bad-room", 1)),
    "bad name": (join("\u200b"), messages.Error("bad-name", 1)),
    "bad offer": (join(offer="v=0\r\n"), messages.Error("bad-offer", 1)),
    "no offer at all": (join(offer="🌻" * 1000), messages.Error("bad-offer", 1)),
    "other version": (messages.Join(1, 9, "lundi", "Eve", OFFER), messages.Error("version", 1)),
    "not joined": (messages.Leave(5), messages.Error("not-joined", 5)),
    "unknown session": (messages.Resume(6, 1, "x" * 20, 0), messages.Error("session-unknown", 6)),
}

UNREADABLE: dict[str, tuple[str | bytes, messages.Error, int]] = {
    "no JSON": ("hello", messages.Error("malformed"), 4000),
    "empty": ("", messages.Error("malformed"), 4000),
    "binary": (b'{"type":"leave","ref":1}', messages.Error("malformed"), 4000),
    "an array": ("[]", messages.Error("malformed"), 4000),
    "no type": ('{"ref":1}', messages.Error("malformed"), 4000),
    "wrong member": ('{"type":"leave","ref":[]}', messages.Error("malformed"), 4000),
    "missing member": ('{"type":"set-muted","ref":3}', messages.Error("malformed", 3), 4000),
    "deep": ('{"type":"leave","ref":1,"x":' + "[" * 70_000, messages.Error("malformed"), 4000),
    "lone surrogate": ('{"type":"leave","ref":1,"x":"\\ud800"}', messages.Error("malformed"), 4000),
    "too big": ('{"type":"leave","ref":1}' + " " * 163_840, messages.Error("malformed"), 1009),
}


@pytest.mark.parametrize("kind", READABLE)
async def test_refused_message_gets_its_error_and_the_socket_may_try_again(kind: str) -> None:
    message, expected = READABLE[kind]
    async with world() as here, here.joined("Alice") as alice, here.client() as eve:
        await eve.send(message)

        assert await eve.hear_error() == expected
        assert (await eve.join("Eve")).participants[0].name == "Alice"
        await alice.still_works()


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_unreadable_message_gets_an_error_and_a_close_code(kind: str) -> None:
    data, expected, code = UNREADABLE[kind]
    async with world() as here, here.joined("Alice") as alice, here.joined("Eve") as eve:
        await alice.hear_a(messages.ParticipantJoined)
        await eve.socket.send(data)

        assert await eve.hear_error() == expected
        assert await eve.close_code() == code
        await unaffected(alice)


async def test_unknown_type_is_unsupported_and_the_session_goes_on() -> None:
    async with world() as here, here.joined("Eve") as eve:
        await eve.socket.send(json.dumps({"type": "dance", "ref": 8}))

        assert await eve.hear_error() == messages.Error("unsupported", 8)
        await eve.still_works()


async def test_frame_larger_than_the_server_reads_closes_without_harm() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as eve:
        await eve.socket.send("x" * 2_000_000)

        assert await eve.close_code() == 1009
        await alice.still_works()


async def test_flood_is_cut_off_and_the_neighbour_does_not_notice() -> None:
    slow = EdgeLimits(messages=Rate(per_second=5, burst=10))
    async with world(edge_limits=slow) as here, here.joined("Alice") as alice, here.joined("Eve") as eve:
        await alice.hear_a(messages.ParticipantJoined)
        for _ in range(20):
            await eve.send(messages.Subscribe(eve.ref(), ()))

        assert (await eve.hear_error()).code == "rate-limited"
        assert await eve.close_code() == 4008
        await unaffected(alice)


async def test_a_socket_may_ask_to_join_ten_times() -> None:
    async with world() as here, here.client() as eve:
        for _ in range(11):
            await eve.send(join(room="a/b"))

        errors = [(await eve.hear_error()).code for _ in range(11)]
        assert errors == ["bad-room"] * 10 + ["rate-limited"]
        assert await eve.close_code() == 4008


async def test_resumes_on_a_socket_have_their_own_rate() -> None:
    async with world() as here, here.client() as eve:
        for ref in range(6):
            await eve.send(messages.Resume(ref, 1, "x" * 20, 0))

        errors = [(await eve.hear_error()).code for _ in range(6)]
        assert errors == ["session-unknown"] * 5 + ["rate-limited"]
        assert await eve.close_code() == 4008


async def test_sockets_beyond_the_bound_of_one_address_are_closed_with_a_code_until_one_ends() -> None:
    async with world(edge_limits=EdgeLimits(sockets_per_address=2)) as here, here.joined("Alice") as alice:
        async with here.client(), here.client() as third:
            assert await third.close_code() == 4011
            await alice.still_works()
        async with here.joined("Bob") as bob:
            await bob.still_works()


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example", "https://meet.example.evil.example", "null"]
)
async def test_page_of_another_origin_is_refused_before_the_socket_opens(origin: str | None) -> None:
    async with world() as here:
        with pytest.raises(InvalidStatus) as refused:
            async with here.person(origin=origin):
                pass

        assert refused.value.response.status_code == 403


async def test_page_served_from_the_very_address_it_calls_may_open_a_socket() -> None:
    """A new address from the router, or a mapped port, is nothing that the server was started with."""
    async with world() as here:
        address = here.url.removeprefix("ws://").partition("/")[0]
        async with here.person(origin=f"https://{address}") as socket:
            await Client(socket).join("Alice")


async def test_who_says_nothing_is_shown_out() -> None:
    async with world(edge_limits=EdgeLimits(join_timeout_s=0.05)) as here, here.client() as mute:
        assert await mute.close_code() == 4001


async def test_who_only_fails_to_join_is_shown_out_too() -> None:
    async with world(edge_limits=EdgeLimits(join_timeout_s=0.2)) as here, here.client() as eve:
        await eve.send(join("\u200b"))
        await eve.hear_error()

        assert await eve.close_code() == 4001
        assert here.edge.sessions == 0


async def test_who_speaks_before_joining_is_shown_out_too() -> None:
    async with world(edge_limits=EdgeLimits(join_timeout_s=0.05)) as here, here.client() as early:
        await early.send(messages.Leave(early.ref()))

        assert await early.close_code() == 4001
        assert here.edge.sessions == 0


async def test_who_joined_is_not_shown_out() -> None:
    async with world(edge_limits=EdgeLimits(join_timeout_s=0.3)) as here, here.joined("Alice") as alice:
        async with here.client() as mute:
            assert await mute.close_code() == 4001
        await alice.still_works()


async def test_strangers_beyond_the_cap_are_turned_away_and_participants_are_not_counted() -> None:
    async with world(edge_limits=EdgeLimits(unauthenticated_sockets=2)) as here, AsyncExitStack() as open_:
        await open_.enter_async_context(here.joined("Alice"))
        for _ in range(2):
            await open_.enter_async_context(here.client())
        with pytest.raises(InvalidStatus) as refused:
            await open_.enter_async_context(here.client())

        assert refused.value.response.status_code == 503


async def test_client_that_does_not_read_is_dropped_and_can_resume() -> None:
    small = EdgeLimits(outbox_messages=20)
    async with world(edge_limits=small) as here, here.joined("Alice") as alice:
        lazy = UnreadSocket()
        serving = asyncio.create_task(here.edge.endpoint(lazy.websocket()))
        lazy.say(join("Lazy"))
        await alice.hear_a(messages.ParticipantJoined)
        for count in range(30):
            await alice.send(messages.SetMuted(alice.ref(), alice.me.sources[0].id, count % 2 == 0))
            await alice.hear_a(messages.Ok)

        async with asyncio.timeout(5):
            await serving
        assert lazy.closed_with == 4010
        await unaffected(alice)
        assert lazy.welcome is not None
        async with here.client() as again:
            await again.resume(lazy.welcome.token, 29)
            await again.hear_a(messages.SourceMutedChanged)


async def test_full_room_says_so() -> None:
    async with (
        world(limits=Limits(participants=1)) as here,
        here.joined("Alice") as alice,
        here.client() as bob,
    ):
        await bob.send(join("Bob"))

        assert await bob.hear_error() == messages.Error("room-full", 1)
        assert here.edge.sessions == 1
        await unaffected(alice)


async def test_instance_that_is_full_of_rooms_says_so_and_its_rooms_go_on() -> None:
    async with (
        world(limits=Limits(conferences=1)) as here,
        here.joined("Alice", "une") as alice,
        here.client() as bob,
    ):
        await bob.send(join("Bob", "autre"))

        assert await bob.hear_error() == messages.Error("instance-full", 1)
        await bob.join("Bob", "une")
        await alice.still_works()


async def test_engine_that_is_full_says_so() -> None:
    async with world() as here, here.client() as bob:
        here.engine.available = False
        await bob.send(join("Bob"))

        assert await bob.hear_error() == messages.Error("media-unavailable", 1)


async def test_nothing_stays_of_those_who_came_and_went() -> None:
    short = Limits(resume_window_s=0.05, empty_grace_s=0.05)
    async with world(limits=short) as here:
        for _ in range(5):
            async with here.joined("Alice"), here.joined("Bob"), here.client():
                pass
        async with asyncio.timeout(5):
            while (  # noqa: ASYNC110 - what ends is seen from outside only
                here.conferences.conferences or here.edge.sessions or here.edge.strangers
            ):
                await asyncio.sleep(0.01)

        assert here.engine.endpoints == {}
        assert here.engine.sources == {}


class UnreadSocket:
    """An accepted socket whose client reads one frame and then no more, so that the second is never sent."""

    def __init__(self) -> None:
        self.welcome: messages.Joined | None = None
        self.closed_with: int | None = None
        self._inbox: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "websocket.connect"})

    def websocket(self) -> WebSocket:
        headers = [(b"origin", ORIGIN.encode())]
        return WebSocket({"type": "websocket", "headers": headers}, self._inbox.get, self._send)

    def say(self, message: messages.ClientMessage) -> None:
        self._inbox.put_nowait({"type": "websocket.receive", "text": encode(message).decode()})

    async def _send(self, event: MutableMapping[str, object]) -> None:
        if event["type"] == "websocket.close":
            assert isinstance(event["code"], int)
            self.closed_with = event["code"]
        elif event["type"] == "websocket.send" and self.welcome is not None:
            await asyncio.Event().wait()
        elif event["type"] == "websocket.send":
            welcome = decode_from_server(str(event["text"]).encode())
            assert isinstance(welcome, messages.Joined)
            self.welcome = welcome


async def unaffected(neighbour: Client) -> None:
    """Fails unless the neighbour's session works and has heard of nothing but departures."""
    await neighbour.still_works()
    assert neighbour.socket.close_code is None
