"""Argon2id (RFC 9106) in a few threads (`ports.rooms.Passwords`). Never on the event loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from causerie.ports.rooms import PasswordsBusy

MEMORY_KIB = 19 * 1024
ITERATIONS = 2
LANES = 1
"""m = 19 MiB, t = 2, p = 1: the least that OWASP's Password Storage Cheat Sheet recommends."""

SALT_BYTES = 16
HASH_BYTES = 32
PENDING = 64
"""Passwords that wait or are being hashed: some 2 s of two cores; beyond that people try again later."""

T = TypeVar("T")


class ArgonPasswords:
    """Hashes in at most as many threads as given; each uses 19 MiB while it does."""

    def __init__(self, threads: int, *, pending: int = PENDING) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._bound = pending
        self._pending = 0

    async def hash(self, password: str) -> str:
        """Returns the hash in PHC form, with a fresh salt. Raises: PasswordsBusy."""
        salt = secrets.token_bytes(SALT_BYTES)
        return await self._run(lambda: hashed(password, salt))

    async def verify(self, password: str, hash: str) -> bool:
        """Says whether a password is the one that was hashed. Raises: PasswordsBusy."""
        return await self._run(lambda: matches(password, hash))

    def close(self) -> None:
        """Lets the threads end; what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= self._bound:
            raise PasswordsBusy
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1


def hashed(password: str, salt: bytes) -> str:
    """Returns the PHC string of a password; takes tens of milliseconds."""
    kdf = Argon2id(salt=salt, length=HASH_BYTES, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB)
    return str(kdf.derive_phc_encoded(password.encode()))


def matches(password: str, hash: str) -> bool:
    """Says whether a PHC string is of this password; takes tens of milliseconds."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), hash)
    except InvalidKey:
        return False
    return True
