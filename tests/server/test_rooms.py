"""What is kept of rooms: only of those that someone relies on, over restarts, for a year."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from causerie.conference.ids import RoomName
from causerie.conference.record import RoomRecord
from causerie.server.rooms import DAY_S, FILE, NEW_ROOM, UNUSED_DAYS, MemoryRooms, SqliteRooms

ROOM = RoomName("lundi")
PROTECTED = RoomRecord(b"digest", "a hash", waiting_room=True)


def slugs(folder: Path) -> list[str]:
    with sqlite3.connect(folder / FILE) as file:
        return [slug for (slug,) in file.execute("SELECT slug FROM room")]


def test_an_unknown_room_is_as_a_new_one() -> None:
    assert MemoryRooms().find(ROOM) == NEW_ROOM


def test_ac_53_a_protected_room_is_there_after_a_restart(tmp_path: Path) -> None:
    rooms = SqliteRooms(tmp_path)
    rooms.keep(ROOM, PROTECTED)
    rooms.close()

    again = SqliteRooms(tmp_path)
    assert again.find(ROOM) == PROTECTED
    again.close()


def test_a_room_without_password_and_waiting_room_is_never_written(tmp_path: Path) -> None:
    rooms = SqliteRooms(tmp_path)
    rooms.keep(ROOM, RoomRecord(b"digest"))
    rooms.close()

    assert slugs(tmp_path) == []


def test_a_room_whose_password_was_removed_is_forgotten_on_disk(tmp_path: Path) -> None:
    rooms = SqliteRooms(tmp_path)
    rooms.keep(ROOM, PROTECTED)
    rooms.keep(ROOM, RoomRecord(b"digest"))
    rooms.close()

    assert slugs(tmp_path) == []
    assert b"a hash" not in (tmp_path / FILE).read_bytes()


def test_the_newest_state_is_the_one_written(tmp_path: Path) -> None:
    rooms = SqliteRooms(tmp_path)
    for number in range(50):
        rooms.keep(ROOM, RoomRecord(b"digest", f"hash {number}"))
    rooms.close()

    again = SqliteRooms(tmp_path)
    assert again.find(ROOM).password_hash == "hash 49"
    again.close()


@pytest.mark.parametrize(("days", "kept"), [(UNUSED_DAYS, True), (UNUSED_DAYS + 1, False)])
def test_a_room_unused_for_too_long_goes(tmp_path: Path, days: int, kept: bool) -> None:
    rooms = SqliteRooms(tmp_path, clock=lambda: 0.0)
    rooms.keep(ROOM, PROTECTED)
    rooms.close()

    later = SqliteRooms(tmp_path, clock=lambda: float(days * DAY_S))
    assert (later.find(ROOM) == PROTECTED) == kept
    later.close()


def test_use_keeps_a_room(tmp_path: Path) -> None:
    now = [0.0]
    rooms = SqliteRooms(tmp_path, clock=lambda: now[0])
    rooms.keep(ROOM, PROTECTED)
    now[0] = 300.0 * DAY_S
    rooms.keep(ROOM, PROTECTED)
    rooms.close()

    later = SqliteRooms(tmp_path, clock=lambda: 600.0 * DAY_S)
    assert later.find(ROOM) == PROTECTED
    later.close()


def test_the_number_of_kept_rooms_is_bounded() -> None:
    rooms = MemoryRooms(rooms=1)
    rooms.keep(ROOM, PROTECTED)
    rooms.keep(RoomName("mardi"), PROTECTED)

    assert rooms.find(RoomName("mardi")) == NEW_ROOM


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    SqliteRooms(tmp_path).close()

    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
