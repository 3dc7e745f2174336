"""Servers are compared fairly: in turn, at one size, and only by runs that the generator kept up with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.adapters.contract import Place, Unavailable
from bench.load.compare import compare, ratios, summary
from bench.load.run import Bench, counts, figures
from bench.load.scenarios import SCENARIOS, Scenario
from bench.load.table import table

BENCH = Bench(Path("generator"), Place(0, "127.0.0.1"), 1, "127.0.0.1", 10, "loopback")


class Named:
    """A server that is only told apart by its name."""

    def __init__(self, name: str, absent: str = "") -> None:
        self.name = name
        self.absent = absent

    def version(self) -> str:
        if self.absent:
            raise Unavailable(self.absent)
        return "1"


def run(packets: int = 100, late: float = 0.0, cores: float = 0.5) -> dict[str, Any]:
    return {
        "packets_per_cpu_second": packets, "packets_per_second": 50, "server_cores": cores,
        "latency_p50_us": 100, "latency_p99_us": 900, "lost_percent": 0.0, "generator_late_share": late,
    }  # fmt: skip


class Player:
    """Plays what a table says, and remembers in which order it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, server: Any, scenario: Scenario, bench: Bench) -> dict[str, Any]:
        self.asked.append((server.name, scenario.size))
        answer = self.answer(server.name, scenario)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


async def test_servers_are_played_in_turn_so_that_a_slow_minute_hits_all() -> None:
    player = Player(lambda name, scenario: run())
    await compare([Named("causerie"), Named("janus")], SCENARIOS["s3"], BENCH, 2, player)  # type: ignore[list-item]
    assert [name for name, _ in player.asked] == ["causerie", "janus", "causerie", "janus"]


async def test_all_are_played_smaller_when_the_generator_is_late_for_one() -> None:
    def answer(name: str, scenario: Scenario) -> dict[str, Any]:
        return run(late=0.5 if name == "janus" and scenario.factor == 1 else 0)

    player = Player(answer)
    result = await compare([Named("causerie"), Named("janus")], SCENARIOS["s1"], BENCH, 1, player)  # type: ignore[list-item]
    assert (result["size"], result["whole_size"], result["factor"]) == ("1→50", "1→100", 2)
    assert all(its["late"] == 0 for its in result["servers"].values())


async def test_a_server_that_is_not_there_is_named_with_the_reason() -> None:
    player = Player(lambda name, scenario: run())
    servers = [Named("causerie"), Named("janus", absent="not installed")]
    result = await compare(servers, SCENARIOS["s1"], BENCH, 1, player)  # type: ignore[arg-type]
    assert result["servers"]["janus"] == {"version": None, "absent": "not installed"}
    assert "| janus | not measured: not installed |" in "\n".join(table(result))


async def test_a_failed_run_is_counted_as_failed_and_printed() -> None:
    player = Player(lambda name, scenario: Unavailable("join was refused: room-full"))
    result = await compare([Named("causerie")], SCENARIOS["s2"], BENCH, 2, player)  # type: ignore[list-item]
    assert result["servers"]["causerie"]["counted"] == 0
    assert "failed: join was refused: room-full" in "\n".join(table(result))


def test_late_runs_are_kept_but_not_counted() -> None:
    its = summary([run(100), run(300), run(9000, late=0.5), run(200)])
    assert its["figures"]["packets_per_cpu_second"] == {"median": 200, "min": 100, "max": 300}
    assert (its["counted"], its["late"], len(its["runs"])) == (3, 1, 4)


def test_ratios_say_how_much_better_we_are_in_both_directions() -> None:
    ours, theirs = summary([run(400, cores=0.2)]), summary([run(100, cores=0.6)])
    got = ratios({"causerie": ours, "janus": theirs})
    assert got == {"janus": {"packets_per_cpu_second": 4.0, "cpu_of_the_scenario": 3.0}}


def test_figures_are_per_second_of_the_window_and_of_the_servers_cpu() -> None:
    report = {
        "seconds": 10.0,
        "received": {"packets": 20_000, "video_packets": 15_000},
        "lost": 20, "latency_us": {"p50": 200, "p99": 900}, "cpu_seconds": 4.0,
        "ticks": 50_000, "late_ticks": 250, "dropped": 0, "repaired": 3,
        "peers": {"p0": {"profile": "AEAD_AES_128_GCM"}, "p1": {"profile": None}},
    }  # fmt: skip
    got = figures(report, 2.0)
    assert (got["packets_per_cpu_second"], got["packets_per_second"]) == (10_000, 2_000)
    assert (got["server_cores"], got["generator_cores"], got["video_share"]) == (0.2, 0.4, 0.75)
    assert (got["lost_percent"], got["generator_late_share"]) == (0.1, 0.005)
    assert got["profiles"] == ["AEAD_AES_128_GCM"]
    assert "repaired_percent" not in got
    lossy = figures({**report, "dropped": 200, "repaired": 190}, 2.0)
    assert lossy["repaired_percent"] == 95.0


def test_lateness_is_the_share_of_the_generators_own_looks_at_the_clock() -> None:
    report = {
        "seconds": 10.0, "received": {"packets": 1, "video_packets": 0}, "lost": 0, "cpu_seconds": 1.0,
        "latency_us": {"p50": 1, "p99": 1}, "peers": {}, "dropped": 0, "repaired": 0,
    }  # fmt: skip
    busy = figures({**report, "ticks": 10_000, "late_ticks": 400}, 1.0)
    assert busy["generator_late_share"] == 0.04
    assert counts(busy, shared=False)
    idle = figures({**report, "ticks": 0, "late_ticks": 0}, 1.0)
    assert idle["generator_late_share"] == 0


def test_a_gallery_shrinks_by_its_members_and_a_stage_by_its_audience() -> None:
    assert SCENARIOS["s4"].scaled(2).size == "12×12"
    assert SCENARIOS["s1"].scaled(4).size == "1→25"


def test_beside_other_work_lateness_is_forgiven_but_not_a_generator_at_its_limit() -> None:
    late, full = {"generator_late_share": 0.5, "generator_cores": 0.1}, {"generator_cores": 0.95}
    assert counts(late, shared=True)
    assert not counts(late, shared=False)
    assert not counts(full, shared=True)
