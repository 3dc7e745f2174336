"""The whole meeting over a socket: host, chat, password, waiting room, ending."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import get_args

import pytest

from causerie.edges.native.limits import EdgeLimits
from causerie.protocol import messages, parts
from tests.edges.native_world import Client, join, world

SAMPLES = Path(__file__).parents[2] / "schema/samples"
CLIENT_TYPES = sorted(struct.__struct_config__.tag for struct in get_args(messages.ClientMessage))
HOST_TYPES = {
    "mute-participant",
    "stop-source",
    "lower-hand",
    "exclude",
    "set-locked",
    "set-waiting-room",
    "admit",
    "refuse",
    "set-role",
    "set-password",
    "end-conference",
}
PASSWORD = "tournesol bleu"


async def does(client: Client, message: messages.ClientMessage) -> None:
    """Sends a message that must be answered `ok`."""
    await client.send(message)
    while not isinstance(heard := await client.hear(), messages.Ok):
        assert not isinstance(heard, messages.Error), heard


async def asks(client: Client, message: messages.ClientMessage) -> messages.Error:
    """Sends a message that must be refused."""
    await client.send(message)
    return await client.hear_error()


def joining(name: str, **members: str) -> messages.Join:
    plain = join(name)
    return messages.Join(plain.ref, plain.version, plain.room, name, plain.offer, plain.sources, **members)


async def sends_sample(client: Client, type_: str) -> messages.Error | None:
    """Sends the golden sample of a type; returns the refusal, if it is one."""
    sample = json.loads((SAMPLES / f"{type_}.json").read_text("utf-8")) | {"ref": 77}
    await client.socket.send(json.dumps(sample))
    while getattr(answer := await client.hear(), "ref", None) != 77:
        pass
    return answer if isinstance(answer, messages.Error) else None


async def lock_with(alice: Client, password: str | None) -> None:
    await does(alice, messages.SetPassword(alice.ref(), password))


# ── Roles ────────────────────────────────────────────────────────────────────────────────────


async def test_the_creator_gets_a_host_key_that_makes_host_again() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        assert (alice.me.role, bob.me.role) == ("host", "participant")
        assert bob.me.host_key is None
        key = alice.me.host_key
        assert key is not None

        async with here.client() as again:
            await again.send(joining("Alice", host_key=key))
            welcome = await again.hear_a(messages.Joined)
            assert (welcome.role, welcome.host_key) == ("host", None)
            assert [person.role for person in welcome.participants] == ["host", "participant"]


@pytest.mark.parametrize("type_", sorted(HOST_TYPES))
async def test_what_is_for_hosts_is_refused_to_a_plain_participant(type_: str) -> None:
    async with world() as here, here.joined("Alice"), here.joined("Bob") as bob:
        refusal = await sends_sample(bob, type_)

        assert refusal is not None
        assert refusal.code == "not-allowed"
        await bob.still_works()


async def test_every_message_from_the_waiting_room_is_refused_but_leaving() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as carol:
        await does(alice, messages.SetWaitingRoom(alice.ref(), on=True))
        await carol.send(joining("Carol"))
        assert await carol.hear() == messages.Waiting(1)

        for type_ in CLIENT_TYPES:
            if type_ == "leave":
                continue
            refusal = await sends_sample(carol, type_)
            assert refusal is not None
            expected = "already-joined" if type_ in {"join", "resume"} else "not-admitted"
            assert (type_, refusal.code) == (type_, expected)

        await carol.send(messages.Leave(5))
        assert await carol.hear() == messages.Ok(5)
        assert await carol.close_code() == 1000
        assert len(here.engine.endpoints) == 1


# ── Chat ─────────────────────────────────────────────────────────────────────────────────────


async def test_chat_reaches_both_and_whoever_comes_later() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        before = time.time() * 1000
        await alice.send(messages.SendChat(alice.ref(), "Bonjour"))
        heard = (await bob.hear_a(messages.ChatMessageReceived)).message
        assert heard == (await alice.hear_a(messages.ChatMessageReceived)).message
        assert (heard.author_name, heard.text) == ("Alice", "Bonjour")
        assert abs(heard.at_ms - before) < 5_000

        async with here.joined("Carol") as carol:
            assert carol.me.chat == (heard,)


async def test_hands_reactions_quality_and_roles_are_told() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        await does(bob, messages.SetHand(bob.ref(), raised=True))
        assert (await alice.hear_a(messages.HandsChanged)).hands == (bob.me.participant,)
        await bob.send(messages.React(bob.ref(), "❤️"))
        assert (await alice.hear_a(messages.Reaction)).emoji == "❤️"
        await bob.send(messages.Report(bob.ref(), "bad"))
        assert (await alice.hear_a(messages.QualityChanged)).quality == "bad"
        await does(alice, messages.SetRole(alice.ref(), bob.me.participant, "host"))
        assert (await bob.hear_a(messages.RoleChanged)).role == "host"
        await does(bob, messages.SetLocked(bob.ref(), locked=True))


# ── Password ─────────────────────────────────────────────────────────────────────────────────


async def test_a_password_is_asked_for_and_opens_on_the_same_socket() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as bob:
        await lock_with(alice, PASSWORD)
        assert await asks(bob, joining("Bob")) == messages.Error("password-required", 1)
        assert await asks(bob, joining("Bob", password="wrong")) == messages.Error("password-wrong", 1)

        await bob.send(joining("Bob", password=PASSWORD))
        assert (await bob.hear_a(messages.Joined)).room_state == parts.RoomState(password_set=True)


async def test_ac_53_before_the_password_is_right_nothing_of_the_room_is_said() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as bob:
        await lock_with(alice, PASSWORD)
        await does(alice, messages.SetLocked(alice.ref(), locked=True))
        await bob.send(joining("Bob", password="wrong"))

        said = json.loads(await bob.socket.recv())
        assert said == {"type": "error", "code": "password-wrong", "ref": 1}
        assert len(here.engine.endpoints) == 1


async def test_wrong_passwords_are_throttled_and_nobody_else_is() -> None:
    async with world() as here, here.joined("Alice") as alice:
        await lock_with(alice, PASSWORD)
        async with here.client() as mallory:
            codes = [(await asks(mallory, joining("M", password="wrong"))).code for _ in range(4)]
            fifth = await asks(mallory, joining("M", password="wrong"))
            sixth = await asks(mallory, joining("M", password=PASSWORD))
        assert codes == ["password-wrong"] * 4
        assert (fifth.code, fifth.retry_after_s) == ("password-wrong", 2)
        assert (sixth.code, sixth.retry_after_s) == ("throttled", 2)
        await alice.still_works()


async def test_after_ten_joins_the_socket_is_closed() -> None:
    async with world(edge_limits=EdgeLimits(joins=2)) as here, here.joined("Alice") as alice:
        await lock_with(alice, PASSWORD)
        async with here.client() as bob:
            for _ in range(2):
                await asks(bob, joining("Bob"))
            assert (await asks(bob, joining("Bob"))).code == "rate-limited"
            assert await bob.close_code() == 4008


async def test_the_socket_stays_open_for_whoever_looks_the_password_up() -> None:
    async with world(edge_limits=EdgeLimits(join_timeout_s=0.3)) as here, here.joined("Alice") as alice:
        await lock_with(alice, PASSWORD)
        async with here.client() as bob:
            await asks(bob, joining("Bob"))
            await asyncio.sleep(0.5)
            await bob.send(joining("Bob", password=PASSWORD))
            await bob.hear_a(messages.Joined)


async def test_the_host_key_opens_without_the_password() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as again:
        await lock_with(alice, PASSWORD)
        assert alice.me.host_key is not None
        await again.send(joining("Alice", host_key=alice.me.host_key))

        assert (await again.hear_a(messages.Joined)).role == "host"


async def test_a_removed_password_is_asked_for_no_more_and_an_empty_one_is_refused() -> None:
    async with world() as here, here.joined("Alice") as alice:
        await lock_with(alice, PASSWORD)
        assert (await asks(alice, messages.SetPassword(alice.ref(), " "))).code == "empty-password"
        await lock_with(alice, None)
        async with here.joined("Bob") as bob:
            assert bob.me.room_state == parts.RoomState()


async def test_a_password_that_is_changed_while_another_is_checked_counts() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as bob:
        await lock_with(alice, PASSWORD)
        checked, go_on = asyncio.Event(), asyncio.Event()
        verify = here.edge.passwords.verify

        async def slow(password: str, hash: str) -> bool:
            right = await verify(password, hash)
            checked.set()
            await go_on.wait()
            return right

        here.edge.passwords.verify = slow  # type: ignore[method-assign]
        await bob.send(joining("Bob", password=PASSWORD))
        await checked.wait()
        await lock_with(alice, "une autre")
        go_on.set()

        assert (await bob.hear_error()).code == "password-wrong"


# ── Waiting room, exclusion, end ─────────────────────────────────────────────────────────────


async def knocks(alice: Client, carol: Client) -> str:
    await does(alice, messages.SetWaitingRoom(alice.ref(), on=True))
    await carol.send(joining("Carol", visitor="browser-of-carol"))
    assert await carol.hear() == messages.Waiting(1)
    knock = (await alice.hear_a(messages.KnocksChanged)).knocks[0]
    assert knock.name == "Carol"
    return knock.participant


async def test_who_is_admitted_is_answered_with_the_same_ref_however_late() -> None:
    limits = EdgeLimits(join_timeout_s=0.3)
    async with world(edge_limits=limits) as here, here.joined("Alice") as alice, here.client() as carol:
        participant = await knocks(alice, carol)
        await asyncio.sleep(0.5)
        await does(alice, messages.Admit(alice.ref(), participant))

        welcome = await carol.hear_a(messages.Joined)
        assert (welcome.ref, welcome.participant) == (1, participant)
        await carol.still_works()


async def test_who_is_refused_is_told_and_closed() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as carol:
        await does(alice, messages.Refuse(alice.ref(), await knocks(alice, carol)))

        assert await carol.hear() == messages.Error("refused", 1)
        assert await carol.hear() == messages.Ended(1, "refused")
        assert await carol.close_code() == 4007


async def test_who_closes_the_page_while_waiting_is_gone_for_hosts() -> None:
    async with world() as here, here.joined("Alice") as alice:
        async with here.client() as carol:
            await knocks(alice, carol)
        assert (await alice.hear_a(messages.KnocksChanged)).knocks == ()


async def test_the_excluded_are_told_closed_and_kept_out() -> None:
    async with world() as here, here.joined("Alice") as alice, here.client() as bob:
        await bob.send(joining("Bob", visitor="browser-of-bob-0"))
        welcome = await bob.hear_a(messages.Joined)
        await does(alice, messages.Exclude(alice.ref(), welcome.participant))
        assert (await bob.hear_a(messages.Ended)).reason == "excluded"
        assert await bob.close_code() == 4005

        async with here.client() as again:
            refusal = await asks(again, joining("Somebody", visitor="browser-of-bob-0"))
            assert refusal.code == "excluded"
        async with here.client() as resumed:
            await resumed.send(messages.Resume(9, 1, welcome.token, 0))
            assert (await resumed.hear_error()).code == "session-unknown"


async def test_ending_for_all_closes_everyone_and_whoever_waits() -> None:
    async with world() as here, here.joined("Alice") as alice, here.joined("Bob") as bob:
        async with here.client() as carol:
            await knocks(alice, carol)
            await alice.send(messages.EndConference(alice.ref()))
            for client in (alice, bob):
                assert (await client.hear_a(messages.Ended)).reason == "ended-for-all"
                assert await client.close_code() == 4006
            assert await carol.hear() == messages.Error("ended", 1)
            assert await carol.close_code() == 4006
        assert here.engine.endpoints == {}


async def test_who_thinks_about_a_password_makes_room_for_newcomers() -> None:
    async with (
        world(edge_limits=EdgeLimits(unauthenticated_sockets=1)) as here,
        here.joined("Alice") as alice,
    ):
        await lock_with(alice, PASSWORD)
        async with here.client() as bob:
            await asks(bob, joining("Bob"))
            async with here.client() as carol:
                assert await bob.close_code() == 4001
                await carol.send(joining("Carol", password=PASSWORD))
                await carol.hear_a(messages.Joined)
