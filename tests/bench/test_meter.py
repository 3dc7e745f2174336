"""The meters read what the kernel writes."""

from __future__ import annotations

import os

import pytest
from bench.load.meter import TICKS, core_seconds, process_seconds, resident_bytes, spent

STAT = """cpu  300 0 100 900 5 1 50 0 0 0
cpu0 200 10 60 400 5 1 40 0 0 0
cpu1 100 0 40 500 0 0 10 0 0 0
intr 12345
"""


def test_a_process_name_with_spaces_and_brackets_does_not_shift_the_fields() -> None:
    line = "42 (a (b) c) S 1 42 42 0 -1 0 7 7 7 7 150 50 9 9 20 0 3 0 100 0 0"
    assert process_seconds(line) == 200 / TICKS


def test_a_core_is_busy_with_processes_and_interrupts_but_not_when_idle_or_waiting() -> None:
    assert core_seconds(STAT, 0) == pytest.approx((311 / TICKS, 40 / TICKS))


def test_core_1_is_not_taken_for_core_10() -> None:
    with pytest.raises(ValueError, match="no core 10"):
        core_seconds(STAT, 10)


def test_resident_memory_is_in_bytes() -> None:
    assert resident_bytes("Name:\tx\nVmSize:\t 900 kB\nVmRSS:\t  200 kB\n") == 204_800


def test_work_between_two_readings_is_seen() -> None:
    core = min(os.sched_getaffinity(0))
    before = spent(os.getpid(), core)
    while (used := spent(os.getpid(), core) - before).process == 0:
        sum(range(10_000))
    assert used.process < 10
