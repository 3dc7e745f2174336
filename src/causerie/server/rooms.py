"""Where records of rooms live (`ports.rooms.RoomStore`): in memory, and on disk for those that need it.

All kept rooms are read at start, some 300 bytes each; afterwards a worker thread writes what changed. Names
of people, messages and keys in the clear are never here.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import structlog

from causerie.conference.ids import RoomName
from causerie.conference.record import RoomRecord

FILE = "rooms.sqlite3"
ROOMS = 20_000
"""Kept rooms of a node: 6 MB of memory. Beyond that a room's record lives as long as its meeting."""

UNUSED_DAYS = 400
DAY_S = 86_400
NEW_ROOM = RoomRecord()
SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
    slug TEXT PRIMARY KEY,
    host_digest BLOB,
    password_hash TEXT,
    waiting_room INTEGER NOT NULL,
    created_day INTEGER NOT NULL,
    used_day INTEGER NOT NULL
) WITHOUT ROWID
"""
UPSERT = """
INSERT INTO room VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (slug) DO UPDATE SET
    host_digest = excluded.host_digest, password_hash = excluded.password_hash,
    waiting_room = excluded.waiting_room, used_day = excluded.used_day
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """A record with the days on which its room was first kept and last used, since 1970."""

    record: RoomRecord
    created_day: int
    used_day: int


class MemoryRooms:
    """Keeps records while the process lives."""

    def __init__(self, *, clock: Callable[[], float] = time.time, rooms: int = ROOMS) -> None:
        self._clock = clock
        self._bound = rooms
        self._rooms: dict[RoomName, Kept] = {}

    def find(self, room: RoomName) -> RoomRecord:
        """Returns the room's record; of a room that is not kept, the one of a new room."""
        kept = self._rooms.get(room)
        return NEW_ROOM if kept is None else kept.record

    def keep(self, room: RoomName, record: RoomRecord) -> None:
        """Keeps a record, or forgets the room when nothing of it outlives the meeting."""
        before = self._rooms.get(room)
        if not record.outlives_meeting:
            if before is not None:
                del self._rooms[room]
                self._changed(room, None)
            return
        if before is None and len(self._rooms) >= self._bound:
            log.warning("rooms-full", rooms=self._bound)
            return
        today = self._today()
        self._rooms[room] = Kept(record, before.created_day if before else today, today)
        self._changed(room, self._rooms[room])

    def _today(self) -> int:
        return int(self._clock() // DAY_S)

    def _changed(self, room: RoomName, kept: Kept | None) -> None:
        """Nothing more to do here: memory is all there is."""


class SqliteRooms(MemoryRooms):
    """Keeps records in a SQLite file of the data folder as well, readable by its owner alone."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time, rooms: int = ROOMS) -> None:
        """Reads what is kept. Raises: OSError, sqlite3.Error."""
        super().__init__(clock=clock, rooms=rooms)
        path = folder / FILE
        path.touch(mode=0o600)
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="rooms")
        self._lock = threading.Lock()
        self._unwritten: dict[RoomName, Kept | None] = {}
        """The newest state of what the worker has still to write."""
        self._read()

    def close(self) -> None:
        """Writes what is left, then closes the file; returns when that is done."""
        self._worker.shutdown(wait=True)
        self._file.close()

    def _read(self) -> None:
        self._file.execute("PRAGMA journal_mode = DELETE")
        self._file.execute("PRAGMA secure_delete = ON")
        self._file.execute(SCHEMA)
        self._file.execute("DELETE FROM room WHERE used_day < ?", (self._today() - UNUSED_DAYS,))
        rows = self._file.execute("SELECT * FROM room ORDER BY used_day DESC LIMIT ?", (self._bound,))
        for slug, digest, hash, waiting, created, used in rows:
            self._rooms[RoomName(slug)] = Kept(RoomRecord(digest, hash, bool(waiting)), created, used)

    def _changed(self, room: RoomName, kept: Kept | None) -> None:
        with self._lock:
            self._unwritten[room] = kept
        with contextlib.suppress(RuntimeError):  # closed: nobody is left to rely on it
            self._worker.submit(self._write)

    def _write(self) -> None:
        """Writes all that changed, on the worker."""
        with self._lock:
            changes, self._unwritten = self._unwritten, {}
        try:
            for room, kept in changes.items():
                self._write_one(room, kept)
        except sqlite3.Error as error:
            log.error("rooms-not-written", why=type(error).__name__)

    def _write_one(self, room: RoomName, kept: Kept | None) -> None:
        if kept is None:
            self._file.execute("DELETE FROM room WHERE slug = ?", (room,))
            return
        record = kept.record
        row = (room, record.host_digest, record.password_hash, int(record.waiting_room))
        self._file.execute(UPSERT, (*row, kept.created_day, kept.used_day))
