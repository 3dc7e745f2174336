"""What a process and its core spend, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
USER, NICE, SYSTEM, _IDLE, _WAIT, IRQ, SOFTIRQ = range(7)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds since boot, or between two readings."""

    process: float
    """Of all threads, ended ones included."""
    core: float
    """Of the whole core, whoever it worked for."""
    softirq: float
    """The part of it that the kernel spent on packets outside any process."""

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.process - earlier.process, self.core - earlier.core, self.softirq - earlier.softirq)


def spent(pid: int, core: int) -> Spent:
    """Reads both meters."""
    busy, softirq = core_seconds(Path("/proc/stat").read_text(), core)
    return Spent(process_seconds(Path(f"/proc/{pid}/stat").read_text()), busy, softirq)


def process_seconds(stat: str) -> float:
    """Returns user and system time of a /proc/PID/stat line (proc_pid_stat(5), fields 14 and 15)."""
    fields = stat.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def core_seconds(stat: str, core: int) -> tuple[float, float]:
    """Returns busy and softirq time of one core from /proc/stat (proc_stat(5))."""
    for line in stat.splitlines():
        name, *numbers = line.split()
        if name == f"cpu{core}":
            values = [int(number) / TICKS for number in numbers]
            busy = sum(values[at] for at in (USER, NICE, SYSTEM, IRQ, SOFTIRQ))
            return busy, values[SOFTIRQ]
    raise ValueError(f"there is no core {core}")


def resident(pid: int) -> int:
    """Reads the bytes of memory that a process holds now."""
    return resident_bytes(Path(f"/proc/{pid}/status").read_text())


def resident_bytes(status: str) -> int:
    """Returns the resident memory of a /proc/PID/status text (VmRSS, in kB)."""
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError("no VmRSS: not a process in user space")
