"""What sealing and sending costs here, measured with the engine's own code; without a server or a room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from causerie.media.engine import measure_sending


@dataclass(frozen=True, slots=True)
class Shape:
    """What a source sends to each receiver: frames of `run` packets of `packet_bytes` each."""

    run: int
    packet_bytes: int


def packet_seconds(shape: Shape, threads: int, seconds: float) -> float:
    """Returns the processor seconds of one packet while so many threads send for `seconds` each.

    Raises EngineUnavailable where there are no sockets to send from.
    """
    with ThreadPoolExecutor(threads) as pool:
        begun = [pool.submit(measure_sending, shape.run, shape.packet_bytes, seconds) for _ in range(threads)]
        sent = [one.result() for one in begun]
    return sum(processor for _, processor in sent) / max(1, sum(packets for packets, _ in sent))


def available_bytes() -> int | None:
    """Returns the memory that programs may still take (proc_meminfo(5)); None where that is not told."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            told = dict(line.split(":", 1) for line in lines)
        return int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
