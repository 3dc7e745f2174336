"""Argon2id away from the loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from causerie.ports.rooms import PasswordsBusy
from causerie.server.passwords import ArgonPasswords, hashed


@pytest.fixture
def passwords() -> Iterator[ArgonPasswords]:
    made = ArgonPasswords(1, pending=3)
    yield made
    made.close()


async def test_ac_53_a_password_is_known_again_by_its_hash_alone(passwords: ArgonPasswords) -> None:
    kept = await passwords.hash("tournesol bleu")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "tournesol" not in kept
    assert await passwords.verify("tournesol bleu", kept)
    assert not await passwords.verify("tournesol blanc", kept)


async def test_ac_53_the_same_password_never_has_the_same_hash(passwords: ArgonPasswords) -> None:
    assert await passwords.hash("x") != await passwords.hash("x")


async def test_more_than_the_bound_are_refused_and_the_others_are_done(passwords: ArgonPasswords) -> None:
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(3)]
    await asyncio.sleep(0)

    with pytest.raises(PasswordsBusy):
        await passwords.hash("y")
    assert len(await asyncio.gather(*waiting)) == 3
    assert await passwords.hash("y")


async def test_the_loop_goes_on_while_passwords_are_hashed(passwords: ArgonPasswords) -> None:
    hashed("warm up", bytes(16))
    work = asyncio.gather(*(passwords.hash("x") for _ in range(3)))
    longest = 0.0
    while not work.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - before)
    await work

    assert longest < 0.1
